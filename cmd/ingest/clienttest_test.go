package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// The documented test of a client passes for its client, and fails for each that is wrong, with the reason.
func TestDocumentedClientTest(t *testing.T) {
	folder := filepath.Join(goldens.Root(), "docs/examples/clienttest")
	p := begin(t, devStack, t.TempDir(), "--buffer-interval", "1s")
	run := func(client string) (string, error) {
		file := filepath.Join(t.TempDir(), "client.sh")
		must(t, os.WriteFile(file, []byte(client), 0o600))
		command := exec.CommandContext(t.Context(), "sh", filepath.Join(folder, "test.sh"), "sh", file)
		command.Env = append(os.Environ(), "API="+p.api, "WAIT=1s")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	right := read(t, filepath.Join(folder, "client.sh"))
	const order = `submit "{\"event\": \"order\"`
	for _, test := range []struct{ name, old, with, says string }{
		{"an event of another name", `order`, `purchase`, "FAILED: one order is in the stream: 0 events, want 1"},
		{"an event that is sent twice", order, "submit '{\"event\": \"order\"}'\n" + order, "FAILED: one order is in the stream: 2 events, want 1"},
		{"an event too many", order, "submit '{\"event\": \"left\"}'\n" + order, "FAILED: nothing else is in the stream: 3 events, want 2"},
		{"an event that breaks the schema", order, "submit '{}' || true\n" + order, "FAILED: no event was rejected: 1 events, want 0"},
		{"a wrong address", `"$SUBMIT_URL"`, `"$SUBMIT_URL/x"`, `"reason":"MISSING_AUTHENTICATION_TOKEN: Missing Authentication Token"`},
		{"a wrong content type", `application/json`, `text/html`, `"reason":"UNSUPPORTED_MEDIA_TYPE: Unsupported Media Type"`},
		{"a client that sends nothing", `submit "`, `: "`, "FAILED: one sign-up is in the stream: 0 events, want 1"},
		{"a client that fails", `set -eu`, `exit 3`, "FAILED: the client ended with 3"},
		{"the right client", "", "", "ok: the sign-up is in the bucket"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := strings.ReplaceAll(right, test.old, test.with)
			if test.old == "" {
				client = right
			} else if client == right {
				t.Fatalf("the client no longer holds %s", test.old)
			}
			out, err := run(client)
			if passed := err == nil; passed != (test.old == "") || !strings.Contains(out, test.says) {
				t.Errorf("%v:\n%s\nwant %s", err, out, test.says)
			}
		})
	}
}
