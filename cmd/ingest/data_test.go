package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// Each environment has a data folder of its own, wherever its stack's file is.
func TestTheDataFolderIsTheEnvironments(t *testing.T) {
	encrypted, err := goldens.Write("option-encrypted", t.TempDir())
	must(t, err)
	named := edited(t, `"stackName": "dev"`, `"stackName": "qa"`)
	const unnamed = `{"resource": {}}`
	folder := t.TempDir()
	byFolder, byFile := filepath.Join(folder, "beta", "cdk.tf.json"), filepath.Join(folder, "mine.tf.json")
	must(t, os.Mkdir(filepath.Dir(byFolder), 0o755))
	for _, file := range []string{byFolder, byFile} {
		must(t, os.WriteFile(file, []byte(unnamed), 0o644))
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"by default", nil, ".ingest/dev"},
		{"another environment's", []string{"--env", "staging"}, ".ingest/staging"},
		{"a stack's", []string{"--stack", devStack}, ".ingest/dev"},
		{"another stack's", []string{"--stack", encrypted}, ".ingest/option-encrypted"},
		{"of the stack's name and not the file's", []string{"--stack", named}, ".ingest/qa"},
		{"a stack without a name, by its folder", []string{"--stack", byFolder}, ".ingest/beta"},
		{"a stack without a name, by its file", []string{"--stack", byFile}, ".ingest/mine"},
		{"one that is named", []string{"--stack", devStack, "--data", "here"}, "here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f upFlags
			command := upCommandOf(&f)
			must(t, command.ParseFlags(test.args))
			opts, err := f.options(command)
			if err != nil || opts.Data != test.want {
				t.Errorf("got %q (%v), want %q", opts.Data, err, test.want)
			}
		})
	}
}

// What lies where all environments had their data is neither used nor passed over in silence.
func TestTheFormerLayoutIsNamed(t *testing.T) {
	const begin = "note: .ingest holds the data of an earlier version, which all environments shared; this run uses .ingest/dev; to use that data, add --data .ingest"
	for _, test := range []struct {
		name  string
		files []string
		want  string
	}{
		{"nothing", nil, ""},
		{"another environment's", []string{".ingest/prod/kinesis.db"}, ""},
		{"an environment of that name", []string{".ingest/kinesis.db/kinesis.db"}, ""},
		{
			"all of it", []string{".ingest/kinesis.db", ".ingest/kinesis.db.damaged-1", ".ingest/s3/b/k", ".ingest/logs/l", ".ingest/firehose/f.json"},
			begin + ", or move it: mkdir -p .ingest/dev && mv .ingest/kinesis.db .ingest/kinesis.db.damaged-1 .ingest/firehose .ingest/logs .ingest/s3 .ingest/dev\n",
		},
		{"beside new data", []string{".ingest/kinesis.db", ".ingest/dev/kinesis.db"}, begin + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, file := range test.files {
				must(t, os.MkdirAll(filepath.Dir(file), 0o755))
				must(t, os.WriteFile(file, nil, 0o644))
			}
			var stderr strings.Builder
			sayFormerLayout(&stderr, filepath.Join(dataRoot, "dev"))
			if stderr.String() != test.want {
				t.Errorf("got %s\nwant %s", &stderr, test.want)
			}
		})
	}
}

// A run says so before it synthesises, and does not where the old folder is what it runs on. The move that it names keeps
// what was accepted.
func TestTheFormerLayoutMoves(t *testing.T) {
	atProject(t)
	p := begin(t, devStack, ".ingest", "--buffer-interval", "900s")
	answer := p.mustPost(`{"id":"1"}`)
	p.kill()
	if strings.Contains(p.stderr.String(), "note:") {
		t.Errorf("with --data .ingest it says %s", p.stderr)
	}
	status, _, stderr := ingest(t, "up", "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0")
	_, move, found := strings.Cut(strings.SplitN(stderr, "\n", 2)[0], ", or move it: ")
	if status != statusFailed || !found || !strings.Contains(stderr, "the synthesis (false) failed") {
		t.Fatalf("it ends with %d and says %s", status, stderr)
	}
	if output, err := exec.Command("sh", "-c", move).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", move, err, output)
	}
	again := spawn(t, "up", "--stack", devStack, "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0")
	again.waitFor("\n  AWS ")
	if status := again.end(); status != 0 || strings.Contains(again.stderr.String(), "note:") {
		t.Fatalf("it ends with %d and says %s", status, again.stderr)
	}
	checkDelivered(t, lines(t, filepath.Join(dataRoot, "dev")), map[string]string{"1": answer.SequenceNumber})
}
