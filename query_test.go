package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/synth"
)

// queryEnvironments are those of the option's goldens: with nothing said, and with all of it.
func queryEnvironments() []spec.Environment {
	events := spec.Default("query")
	events.Query.Enabled = true
	parquet := spec.Default("parquet")
	parquet.Removal = spec.Protected
	parquet.Delivery.Format = spec.FormatParquet
	parquet.Delivery.Prefix = "facts/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
	parquet.Query = spec.Query{
		Enabled: true, Since: 2027, ScanLimitMiB: 100 * 1024, ResultBucket: "facts-results", ResultExpireAfterDays: 7,
		Columns: []spec.Column{
			{Name: "type", Type: "string", Comment: "What happened"},
			{Name: "user", Type: "struct<id:string,tags:array<string>>"},
			{Name: "amount", Type: "decimal(12,2)"},
		},
	}
	return []spec.Environment{events, parquet}
}

// Of an option that no environment has to have, the goldens are of some that have it. Synthesis holds them to the policy.
func TestGoldensOfQuery(t *testing.T) {
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	if err := synth.Run(t.Context(), queryEnvironments(), outdir); err != nil {
		t.Fatal(err)
	}
	for _, env := range queryEnvironments() {
		got := read(t, filepath.Join(outdir, synth.StackFile(env.Name)))
		golden := filepath.Join("testdata", env.Name+".tf.json")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(strings.Split(read(t, golden), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s is synthesised otherwise than %s has it; if that is meant, `go test . -update` and review the change (-golden +synthesised):\n%s",
				env.Name, golden, diff)
		}
	}
}
