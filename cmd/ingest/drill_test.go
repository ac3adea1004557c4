package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/drill"
	"cdk.tf/go/ingest/internal/goldens"
)

func drilled(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, problems bytes.Buffer
	status = run(ctx, append([]string{"drill"}, args...), &out, &problems)
	return status, out.String(), problems.String()
}

func TestDrillsAreListed(t *testing.T) {
	status, stdout, stderr := drilled(t.Context())
	if status != statusDone || stderr != "" {
		t.Errorf("it ends with %d: %s", status, stderr)
	}
	for _, d := range drill.All() {
		if !strings.Contains(stdout, "\n"+d.Name+" ") || !strings.Contains(stdout, d.Says+"\n") {
			t.Errorf("%s is not listed:\n%s", d.Name, stdout)
		}
	}
}

// A wrong command line says what is wrong and what to use, and does nothing.
func TestDrillRefuses(t *testing.T) {
	nowhere := "--local=http://127.0.0.1:1"
	for args, want := range map[string]struct {
		status int
		text   string
	}{
		"no-such-drill":                      {statusUsage, `error: there is no drill and no alarm "no-such-drill"; use submit-denied, `},
		"hot-ky":                             {statusUsage, `error: there is no drill and no alarm "hot-ky"; did you mean hot-key? There are submit-denied, `},
		"hot-key api-5xx":                    {statusUsage, `error: drill takes one NAME, and 2 were given: hot-key, api-5xx; run one drill at a time`},
		"--hold 5m":                          {statusUsage, `error: --hold needs the NAME of a drill; name one, or leave the flag out`},
		"hot-key --shell":                    {statusUsage, `error: --shell runs no drill, and hot-key is given; leave one out`},
		"--env dev":                          {statusUsage, `error: --env needs the NAME of a drill; name one, or leave the flag out`},
		"hot-key --hold 25h":                 {statusUsage, `error: --hold is 25h0m0s; use 0s to 24h`},
		"hot-key --hold -1s":                 {statusUsage, `error: --hold is -1s; use 0s to 24h`},
		"hot-key --env dev --stack drill.go": {statusUsage, `error: --env and --stack are both given; give one`},
		"hot-key --stack=":                   {statusUsage, `error: --stack is empty; give it a value, or leave the flag out`},
		"hot-key --local=":                   {statusUsage, `error: --local is empty; give it a value, or leave the flag out`},
		"hot-key --local 127.0.0.1:8080":     {statusUsage, `error: --local is "127.0.0.1:8080"; use an address such as http://127.0.0.1:8080`},
		"hot-key --stack no-such-file":       {statusFailed, `error: --stack: there is no file "no-such-file"`},
		"hot-key " + nowhere:                 {statusFailed, `start one with make up, or give its address: --local=URL`},
	} {
		status, stdout, stderr := drilled(t.Context(), strings.Fields(args)...)
		if status != want.status || stdout != "" || !strings.Contains(stderr, want.text) || strings.Count(stderr, "error:") != 1 {
			t.Errorf("drill %s ends with %d, %q and %q; want %d and %q", args, status, stdout, stderr, want.status, want.text)
		}
	}
}

// A drill finds out which stack the pipeline runs. Ctrl-C undoes its cause.
func TestDrillOfARunningPipeline(t *testing.T) {
	t.Run("no alarms", func(t *testing.T) {
		p := begin(t, devStack, filepath.Join(t.TempDir(), "data"))
		status, _, stderr := drilled(t.Context(), "hot-key", "--local", p.api)
		if status != statusFailed || !strings.Contains(stderr, "error: dev declares no alarms; set Alarms.Enabled") {
			t.Errorf("it ends with %d: %s", status, stderr)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		p := begin(t, goldens.File(t, "prod"), filepath.Join(t.TempDir(), "data"))
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for !strings.Contains(p.stdout.String(), "drill: the fault submit-denied begins") && t.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		status, stdout, stderr := drilled(ctx, "api-5xx", "--local", p.api)
		if status != statusInterrupted || !strings.Contains(stderr, "error: interrupted: nothing is broken any more; an alarm that went off returns to OK by itself") {
			t.Errorf("it ends with %d: %s", status, stderr)
		}
		if !strings.HasPrefix(stdout, "drill submit-denied on prod, "+p.api+"/\n") {
			t.Errorf("it begins with %s", stdout)
		}
		p.waitFor("drill: the fault submit-denied ends: it was undone")
	})
}

// The functions and names that --shell prints make a runbook's commands work in a shell, whatever the data folder is called.
func TestTheShellOfARunningPipeline(t *testing.T) {
	p := begin(t, goldens.File(t, "prod"), filepath.Join(t.TempDir(), "it's data"), "--buffer-interval", "0")
	status, stdout, stderr := drilled(t.Context(), "--shell", "--local", p.api)
	if status != statusDone || stderr != "" {
		t.Fatalf("it ends with %d: %s", status, stderr)
	}
	script := stdout + "\n" + `echo "$ENV $STREAM $DATA"; attempt '{"event": "signup", "user_id": 5}' 
		until ask "$ACCESS" 'stats count(*)' 2>/dev/null | grep requestId; do sleep 0.1; done`
	command := exec.CommandContext(t.Context(), "sh", "-euc", script) //nolint:gosec // of this program
	text, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"prod api-kinesis-stream-prod /", "/it's data\n", "HTTP/1.1 200 OK", `"sequenceNumber"`, `"status":"200"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// The names and the region are those of the pipeline, whatever its prefix and its account. With others the runbooks' commands would ask
// for what is not there, and answer that nothing is wrong.
func TestTheShellHasTheNamesOfThePipeline(t *testing.T) {
	stack := filepath.Join(t.TempDir(), "stack.json")
	text := strings.ReplaceAll(string(goldens.Read(t, "option-names")), "us-east-1", "eu-central-1")
	if err := os.WriteFile(stack, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := begin(t, stack, filepath.Join(t.TempDir(), "data"))
	status, stdout, stderr := drilled(t.Context(), "--shell", "--local", p.api)
	if status != statusDone || stderr != "" {
		t.Fatalf("it ends with %d: %s", status, stderr)
	}
	for expression, want := range map[string]string{
		"$ENV": "option-names", "$NAME": "web-clicks-option-names",
		"$STREAM": "web-clicks-stream-option-names", "$DELIVERY_STREAM": "web-clicks-firehose-option-names",
		"$BUCKET": "web-clicks-firehose-bucket-111122223333-option-names",
		"$ACCESS": "/aws/apigateway/web-clicks-option-names/access", "$DELIVERY": "/aws/kinesisfirehose/web-clicks-firehose-option-names",
		"$AWS_REGION $AWS_DEFAULT_REGION": "eu-central-1 eu-central-1", "$AWS_ENDPOINT_URL": p.aws,
		"$(attempt '{\"event\": \"signup\", \"user_id\": 5}' | head -n 1 | tr -d '\r')": "HTTP/1.1 200 OK",
		"$(out no_such_output 2>&1)": "out: the pipeline has no output no_such_output",
	} {
		command := exec.CommandContext(t.Context(), "sh", "-uc", stdout+"\nprintf %s \""+expression+"\"") //nolint:gosec // of this program
		if got, err := command.Output(); err != nil || string(got) != want {
			t.Errorf("%s is %q (%v), want %q", expression, got, err, want)
		}
	}
}
