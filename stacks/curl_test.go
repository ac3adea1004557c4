package stacks

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"cdk.tf/go/ingest/spec"
)

const submitURL = "https://abcdefghij.execute-api.us-east-1.amazonaws.com/staging/submit"

func curlOf(env spec.Environment, event string) string {
	return curl(env, submitURL, func() (string, bool) { return event, true })
}

func TestCurl(t *testing.T) {
	env := spec.Default("staging")
	const long = `{"order": "o-1", "total": 89.90, "lines": [{"sku": "it's a keyboard", "count": 2}, {"sku": "mouse"}]}`
	begin := "curl -sS -X POST \\\n  " + submitURL + " \\\n  -H 'Content-Type: application/json' \\\n"
	for event, want := range map[string]string{
		`{"event": "signup", "user_id": 123}`: begin + `  -d '{"event": "signup", "user_id": 123}'`,
		`{"a": "it's ${a} %{b}"}`:             begin + `  -d '{"a": "it'\''s $${a} %%{b}"}'`,
		long: "printf %s '\n" + `{"order": "o-1", "total": 89.90, "lines": [{"sku": "it'\''s a keyboard",` + "\n" +
			` "count": 2}, {"sku": "mouse"}]}` + "\n' | " + begin + "  -d @-",
	} {
		if got := curlOf(env, event); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	env.API.Authorization = spec.AuthorizeIAM()
	want := begin + `  --aws-sigv4 aws:amz:us-east-1:execute-api \
  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
  -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
  -d '{}'`
	if got := curlOf(env, "{}"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	env.API.Authorization = spec.AuthorizeLambda(spec.LambdaAuthorizer{Kind: spec.RequestAuthorizer, IdentitySources: []string{
		"method.request.querystring.t", "method.request.header.X-Client", "context.path", "method.request.querystring.u",
	}})
	want = "curl -sS -X POST \\\n  \"" + submitURL + "?t=$TOKEN&u=$TOKEN\" \\\n" + `  -H 'Content-Type: application/json' \
  -H "X-Client: $TOKEN" \
  -d '{}'`
	if got := curlOf(env, "{}"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A shell passes curl the event, whatever is in it and whoever prints the command.
func TestCurlIsPastedIntoAShell(t *testing.T) {
	bin, record := t.TempDir(), filepath.Join(t.TempDir(), "record")
	stub := "#!/bin/sh\nprintf '%s\\0' \"$@\" > " + record + "\nfor last; do :; done\nif [ \"$last\" = @- ]; then tr -d '\\r\\n' > " + record + ".body; fi\n"
	if err := os.WriteFile(filepath.Join(bin, "curl"), []byte(stub), 0o755); err != nil {
		t.Fatal(err)
	}
	env := spec.Default("staging")
	env.API.Authorization = spec.AuthorizeIAM()
	long := strings.Repeat(`,{"text":"it's \"quoted\", ${a} %{b} $HOME \\n !1 ; & * 日本 é","number":-1.50e3, "list": [[1,2],[]] }`, 20)
	for name, event := range map[string]string{
		"short":          `{"event": "signup", "user_id": 123}`,
		"for the shell":  `{"a":"it's $HOME \\n '' ` + "`id` !1" + `"}`,
		"for Terraform":  `{"a":"${a} %{b} $${c}"}`,
		"long":           "[0" + long + "]",
		"a long text":    `{"text":"` + strings.Repeat("it's, [long] {text}: ", 20) + `"}`,
		"not an object":  `"` + strings.Repeat(`\\\"'`, 40) + `"`,
		"the width":      `{"a":"` + strings.Repeat("x", lineWidth-14) + `"}`,
		"over the width": `{"a":"` + strings.Repeat("x", lineWidth-13) + `"}`,
	} {
		command := evaluated(t, curlOf(env, event))
		for printer, printed := range map[string]string{
			"raw": command, "by cdktf": "  " + strings.ReplaceAll(command, "\n", "\n  "), "in cdktf's log": strings.ReplaceAll(command, "\n", "\n           "),
		} {
			t.Run(name+", "+printer, func(t *testing.T) {
				shell := exec.Command("sh", "-c", printed)
				shell.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=/", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b c", "AWS_SESSION_TOKEN="}
				if text, err := shell.CombinedOutput(); err != nil || len(text) > 0 {
					t.Fatalf("%v: %s\n%s", err, text, printed)
				}
				words, got := recorded(t, record)
				body := event
				if printer != "raw" { // an indentation is white space between tokens
					got, body = compact(t, got), compact(t, event)
				}
				if got != body {
					t.Errorf("curl sends\n%s\nwant\n%s", got, body)
				}
				want := []string{"-sS", "-X", "POST", submitURL, "-H", "Content-Type: application/json", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", "a:b c", "-H", "X-Amz-Security-Token: ", "-d"}
				if diff := cmp.Diff(want, words); diff != "" {
					t.Errorf("curl's arguments (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// No line is longer than cdktf prints unbroken, but for a long text in the event.
func TestCurlHasShortLines(t *testing.T) {
	event := `{"a":1` + strings.Repeat(`, "some key": "some 'value'", "list":[1,2,{"b":null}]`, 40) + "}"
	for _, line := range strings.Split(curlOf(spec.Default("staging"), event), "\n") {
		if len(line) > lineWidth {
			t.Errorf("a line has %d bytes: %s", len(line), line)
		}
	}
}

// evaluated is a text as Terraform reads it.
func evaluated(t *testing.T, text string) string {
	t.Helper()
	expression, diagnostics := hclsyntax.ParseTemplate([]byte(text), "", hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	value, diagnostics := expression.Value(nil)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return value.AsString()
}

// recorded are the arguments of the stub of curl before the body, and the body.
func recorded(t *testing.T, record string) ([]string, string) {
	t.Helper()
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
	last := len(words) - 1
	if words[last] != "@-" {
		return words[:last], words[last]
	}
	body, err := os.ReadFile(record + ".body")
	if err != nil {
		t.Fatal(err)
	}
	return words[:last], string(body)
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var compacted bytes.Buffer
	if err := json.Compact(&compacted, []byte(text)); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return compacted.String()
}
