package reference

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/spec"
)

func declared(t *testing.T) *declarations {
	t.Helper()
	d, err := read(filepath.Join(goldens.Root(), "spec"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A value stands on the page as an environment's file writes it.
func TestValue(t *testing.T) {
	d := declared(t)
	for want, value := range map[string]any{
		"24 * time.Hour":                       24 * time.Hour,
		"time.Hour":                            time.Hour,
		"90 * time.Second":                     90 * time.Second,
		"1500 * time.Millisecond":              1500 * time.Millisecond,
		"0":                                    time.Duration(0),
		"1000":                                 float64(1000),
		"0.5":                                  0.5,
		"10":                                   10,
		"true":                                 true,
		`"a"`:                                  "a",
		`[]string{"a", "b"}`:                   []string{"a", "b"},
		"spec.LogErrors":                       spec.LogErrors,
		`"other"`:                              spec.ExecutionLevel("other"),
		"spec.AuthorizeIAM()":                  spec.AuthorizeIAM(),
		"spec.AuthorizeAPIKey(…)":              spec.AuthorizeAPIKey(spec.UsagePlan{}),
		"spec.Provisioned(3)":                  spec.Provisioned(3),
		"spec.OnDemand()":                      spec.OnDemand(),
		"spec.PartitionByRequestID()":          spec.PartitionByRequestID(),
		`spec.PartitionByJSONPath("$.user")`:   spec.PartitionByJSONPath("$.user"),
		`spec.PartitionByHeader("X-Device-I")`: spec.PartitionByHeader("X-Device-I"),
	} {
		if got := d.value(reflect.ValueOf(value)); got != want {
			t.Errorf("%#v is %s, want %s", value, got, want)
		}
	}
}

func TestByDefault(t *testing.T) {
	d := declared(t)
	for path, want := range map[string]string{
		"Name":                        " the argument of `spec.Default`",
		"Account":                     " none",
		"Tags":                        " none",
		"API.Batch":                   " `false`",
		"Bucket.ExpireAfterDays":      " `0`",
		"Bucket.Name":                 " `\"\"`, which means `\"api-kinesis-firehose-bucket-ENV\"`",
		"Logs.ExecutionRetentionDays": " `0`, which means `30`",
		"State.S3.Bucket":             " none",
		"State.Cloud.Workspace":       " `\"\"`, which means `\"api-kinesis-ENV\"`",
	} {
		if got := d.byDefault(path); got != want {
			t.Errorf("the default of %s is %s, want %s", path, got, want)
		}
	}
}

// Bounds and needs are those of the validation.
func TestValidated(t *testing.T) {
	queried := spec.Default("queried")
	queried.Query = spec.Query{Enabled: true, Since: 2020, ScanLimitMiB: 100, ResultExpireAfterDays: 1}
	o := options{declarations: declared(t), catalogue: []spec.Environment{queried}}
	for path, want := range map[string][2]string{
		"Query.ScanLimitMiB": {"10 to 104857600", "Query.Enabled is false"},
		"Stream.Retention":   {"whole hours, 24 to 8760", ""},
		"Region":             {`a region such as "eu-west-1": an area, a direction and a number`, ""},
		"API.Batch":          {"", ""},
		"Query.Enabled":      {"", ""},
	} {
		if got := [2]string{o.bounds(path), o.needs(path)}; got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
	if queried.Query.ScanLimitMiB != 100 {
		t.Error("an environment was changed")
	}
}

// A comment's links lead to the options that they name, and none to the one that it is about.
func TestMarkdown(t *testing.T) {
	d := declared(t)
	d.here = "API.Batch"
	for text, want := range map[string]string{
		"[LogOff] and API.CORS.MaxAge":              "[LogOff](#logsexecution) and [API.CORS.MaxAge](#apicorsmaxage)",
		"[Environment.Account], [AuthorizeIAM].":    "[Environment.Account](#account), [AuthorizeIAM](#apiauthorization).",
		"[Producers] in API.Access":                 "[Producers](#apiaccessproducers) in [API.Access](#apiaccess)",
		"[Transition] of [Transition.StorageClass]": "[Transition](#buckettransitions) of [Transition.StorageClass](#buckettransitions)",
		"with API.Batch, as [Default] has it":       "with API.Batch, as Default has it",
		"run `make it_all`, and a_b":                "run `make it_all`, and a\\_b",
		"see https://app.example.com":               "see https://app.example.com",
		"a:\n\n\tb := 1\n\tc := 2\n\nd":             "a:\n\n```go\nb := 1\nc := 2\n```\n\nd",
	} {
		if got := d.markdown(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Every option and section has a comment, and what this package says of an option is about one that is there.
func TestEveryOptionIsExplained(t *testing.T) {
	d := declared(t)
	for place, path := range d.paths {
		typ, field, _ := strings.Cut(place, ".")
		value := elem(reflect.ValueOf(at(&spec.Environment{}, path).Interface()).Type())
		explained := d.field(typ, field) != "" || isSection(value) && d.types[value.Name()].Doc != ""
		if !explained {
			t.Errorf("%s of spec.%s has no comment", field, typ)
		}
		if _, ok := derived[path]; !ok && strings.Contains(d.field(typ, field), "Empty derives") {
			t.Errorf("%s is derived where it is empty, and its default does not say so", path)
		}
	}
	for path := range derived {
		if !d.known[path] {
			t.Errorf("there is no option %s to derive", path)
		}
	}
	for path := range guides {
		if !d.known[path] {
			t.Errorf("there is no option %s to have a guide", path)
		}
	}
}
