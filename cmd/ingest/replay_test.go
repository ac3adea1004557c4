package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// atProject goes to a folder like the project's, with the dev stack synthesised in it.
func atProject(t *testing.T) {
	t.Helper()
	atProjectOf(t, "dev", devStack)
}

// atProjectOf goes to one with another environment's stack, which is in a file.
func atProjectOf(t *testing.T, env, file string) {
	t.Helper()
	stack, err := os.ReadFile(file)
	must(t, err)
	folder := t.TempDir()
	made := filepath.Join(folder, "cdktf.out", "stacks", env)
	must(t, os.MkdirAll(made, 0o755))
	must(t, os.WriteFile(filepath.Join(made, "cdk.tf.json"), stack, 0o644))
	must(t, os.WriteFile(filepath.Join(folder, "cdktf.json"), []byte(`{"app":"false"}`), 0o644))
	t.Chdir(folder)
	noAWS(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
}

// noAWS takes away what the caller's shell says of AWS.
func noAWS(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

// fail writes what Firehose would write of events that it could not deliver, one object each, and returns them.
func (p *process) fail(t *testing.T, count int) []string {
	t.Helper()
	client := s3.NewFromConfig(p.config(), func(o *s3.Options) { o.UsePathStyle = true })
	var events []string
	for i := range count {
		event := fmt.Sprintf(`{"id":"%03d"}`, i)
		events = append(events, event)
		text := fmt.Sprintf("{\"attemptsMade\":4,\"arrivalTimestamp\":1772895845000,\"errorCode\":\"Lambda.FunctionError\",\"rawData\":%q}\n", base64.StdEncoding.EncodeToString([]byte(event)))
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: aws.String(fmt.Sprintf("errors/processing-failed/year=2026/%03d", i)), Body: strings.NewReader(text),
		})
		must(t, err)
	}
	return events
}

// ingest runs a command in this process.
func ingest(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

// What Firehose could not deliver is delivered after a replay, and once.
func TestReplayEndToEnd(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--buffer-interval", "900s")
	atProject(t)
	events := p.fail(t, 25)
	status, stdout, stderr := ingest(t, "replay", "--env", "dev", "--endpoint-url", p.aws, "--dry-run")
	if want := "dry run: nothing was put or written\nwould put 25 records (300 bytes) from 25 objects, in 1s or more at 500 a second\n  25 Lambda.FunctionError\n"; status != 0 || stdout != want {
		t.Fatalf("a dry run ends with %d and says\n%s\n%s", status, stdout, stderr)
	}
	status, stdout, stderr = ingest(t, "replay", "--env", "dev", "--endpoint-url", p.aws)
	wantErr := "from s3://api-kinesis-firehose-bucket-dev/errors/ to api-kinesis-stream-dev in us-east-1\n" +
		"at most 500 records a second: half of the capacity of the stream's open shards (1), and the rest is left for new events; --rate changes it\n"
	if status != 0 || stdout != "put 25 records from 25 objects\n  25 Lambda.FunctionError\n" || stderr != wantErr {
		t.Fatalf("it ends with %d and says\n%s\n%s", status, stdout, stderr)
	}
	status, stdout, _ = ingest(t, "replay", "--env", "dev", "--endpoint-url", p.aws)
	if status != 0 || stdout != "put 0 records from 0 objects\n25 objects put completely by an earlier replay\n" {
		t.Fatalf("another one ends with %d and says\n%s", status, stdout)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	checkReplayed(t, data, events, 1)
}

// checkReplayed: each event is delivered, and at most so often.
func checkReplayed(t *testing.T, data string, events []string, most int) {
	t.Helper()
	got := map[string]int{}
	for _, line := range lines(t, data) {
		got[line]++
	}
	for _, event := range events {
		if got[event] < 1 || got[event] > most {
			t.Errorf("%s is delivered %d times", event, got[event])
		}
		delete(got, event)
	}
	if len(got) > 0 {
		t.Errorf("these are delivered too: %v", got)
	}
}

// Ctrl-C and kill -9 in the middle: the same command continues. Only what was on its way when a process was killed may come
// twice, here one record, because a batch is no more than a second's worth.
func TestReplayGoesOn(t *testing.T) {
	for name, stop := range map[string]func(p *process) int{"Ctrl-C": (*process).end, "kill -9": func(p *process) int { p.kill(); return 130 }} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			up := begin(t, devStack, data, "--buffer-interval", "900s")
			atProject(t)
			events := up.fail(t, 40)
			args := []string{"replay", "--env", "dev", "--endpoint-url", up.aws, "--checkpoint", "c.json"}
			p := spawn(t, append(slices.Clone(args), "--rate", "1")...)
			p.wait("the first confirmed record", func() bool { _, err := os.Stat("c.json"); return err == nil })
			if status := stop(p); status != 130 {
				t.Fatalf("it ends with %d:\n%s", status, p.stderr)
			}
			if want := "error: interrupted; c.json has the confirmed records; run the same command again to continue\n"; name == "Ctrl-C" && !strings.HasSuffix(p.stderr.String(), want) {
				t.Errorf("it says %s", p.stderr)
			}
			status, stdout, stderr := ingest(t, args...)
			if status != 0 || strings.HasPrefix(stdout, "put 40 records") {
				t.Fatalf("going on ends with %d and says\n%s%s", status, stdout, stderr)
			}
			if status := up.end(); status != 0 {
				t.Fatalf("the process ends with %d:\n%s", status, up.stderr)
			}
			most := 1
			if name == "kill -9" {
				most = 2
			}
			checkReplayed(t, data, events, most)
		})
	}
}

// What can never be put ends a replay with status 1, after everything else.
func TestReplayRejects(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--buffer-interval", "900s")
	atProject(t)
	file := filepath.Join(data, "s3", bucket, "errors", "by-hand")
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte("{\"rawData\":\"eyJpZCI6IjEifQ==\"}\n{}\n"), 0o644))
	status, stdout, stderr := ingest(t, "replay", "--endpoint-url", p.aws, "--bucket", bucket, "--prefix", "errors/", "--stream", stream, "--region", "us-east-1", "--rejected", "r.jsonl")
	want := "error: not everything could be put: 1 reject, each a record or a whole object; r.jsonl has the reasons, and their objects are still there\n"
	if status != 1 || !strings.HasSuffix(stderr, want) || stdout != "put 1 record from 1 object\n  1 (no error code)\n1 reject in total, each a record or a whole object\n" {
		t.Errorf("it ends with %d and says\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr := ingest(t, "replay", "--env", "dev", "--endpoint-url", p.aws, "--rejected", data); status != 1 || stderr != "error: --rejected: "+data+" is a folder; name a file\n" {
		t.Errorf("it ends with %d and says %s", status, stderr)
	}
	for _, rejected := range []string{"c.json", "./c.json", "c.json.lock", "c.json.tmp"} {
		status, _, stderr := ingest(t, "replay", "--env", "dev", "--endpoint-url", p.aws, "--checkpoint", "c.json", "--rejected", rejected)
		if want := "error: --checkpoint and --rejected both use " + rejected + "; name two files\n"; status != 2 || stderr != want {
			t.Errorf("it ends with %d and says %s, want %s", status, stderr, want)
		}
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	checkReplayed(t, data, []string{`{"id":"1"}`}, 1)
}

func TestReplayBadInput(t *testing.T) {
	explicit := []string{"--bucket", "b", "--prefix", "p/", "--stream", "s"}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"nothing", nil, "--bucket is missing; name it, or an environment with --env\n--prefix is missing; name it, such as errors/, or an environment with --env\n--stream is missing; name it, or an environment with --env"},
		{"no region", explicit, "--region is missing; name it, or an environment with --env"},
		{"an unknown environment", []string{"--env", "qa"}, `--env: no environment named "qa" is synthesised (make synth synthesises all); use dev`},
		{"an empty environment", []string{"--env", ""}, `--env: no environment named "" is synthesised (make synth synthesises all); use dev`},
		{"bad times", append([]string{"--since", "yesterday", "--until", "2026-13-01"}, explicit...), `--since is "yesterday"; use a time such as 2026-03-07T15:00:00Z, or a day such as 2026-03-07 (UTC)` + "\n" + `--until is "2026-13-01"; use a time such as 2026-03-07T15:00:00Z, or a day such as 2026-03-07 (UTC)`},
		{"times in the wrong order", append([]string{"--since", "2026-03-08", "--until", "2026-03-07"}, explicit...), "--since 2026-03-08 is not before --until 2026-03-07; swap them"},
		{"times with nothing between", append([]string{"--since", "2026-03-08", "--until", "2026-03-08"}, explicit...), "--since and --until are both 2026-03-08, so nothing is between them; use a later --until"},
		{"a rate of nothing", append([]string{"--rate", "0"}, explicit...), "--rate is 0; use 1 or more records a second"},
		{"no number", []string{"--rate", "fast"}, `--rate is "fast"; use a whole number`},
		{"delivered objects of any time", append([]string{"--delivered"}, explicit...), "--since is missing, and --delivered needs it; use a time such as 2026-03-07T15:00:00Z, or a day such as 2026-03-07 (UTC)"},
		{"delivered error objects", append([]string{"--delivered", "--since", "2026-03-07", "--error-type", "x"}, explicit...), "--error-type selects error objects; leave it out, or leave out --delivered"},
		{"two streams", append([]string{"--to-env", "dev"}, explicit...), "--stream and --to-env both name the stream; use one of them"},
		{"an unknown destination", []string{"--env", "dev", "--to-env", "qa"}, `--to-env: no environment named "qa" is synthesised (make synth synthesises all); use dev`},
		{"no JSONPath", append([]string{"--partition-key", "$.a["}, explicit...), `--partition-key: "$.a[" is not a JSONPath expression: not terminated at 5 in $.a[; use a path such as $.user_id`},
		{"another address without a scheme", append([]string{"--to-endpoint-url", "127.0.0.1:4566"}, explicit...), `--to-endpoint-url is "127.0.0.1:4566"; use an address such as http://127.0.0.1:4566`},
		{"an unknown profile", append([]string{"--region", "us-east-1", "--to-profile", "nobody"}, explicit...), "AWS's configuration cannot be read: failed to get shared config profile, nobody; correct it, or choose another profile in --to-profile"},
		{"an address without a scheme", append([]string{"--endpoint-url", "127.0.0.1:4566"}, explicit...), `--endpoint-url is "127.0.0.1:4566"; use an address such as http://127.0.0.1:4566`},
		{"an address of another kind", append([]string{"--endpoint-url", "httpx://127.0.0.1:4566"}, explicit...), `--endpoint-url is "httpx://127.0.0.1:4566"; use an address such as http://127.0.0.1:4566`},
		{"addresses for names", []string{"--bucket", "s3://b", "--prefix", "p/", "--stream", "arn:aws:kinesis:us-east-1:111122223333:stream/s", "--region", "ireland"},
			`--bucket is "s3://b"; use the bucket's name alone, and --prefix for the beginning of the keys` + "\n" +
				`--stream is "arn:aws:kinesis:us-east-1:111122223333:stream/s"; use the stream's name alone, without its ARN` + "\n" +
				`--region is "ireland"; use a region such as "eu-west-1": an area, a direction and a number`},
		{"no folder for the checkpoint", append([]string{"--region", "us-east-1", "--checkpoint", "cdktf.json/c.json"}, explicit...), "--checkpoint: mkdir cdktf.json: not a directory; name a file in a folder that can be written"},
		{"another command's flag", []string{"--unlimted"}, "ingest replay has no flag --unlimted; ingest up has --unlimited; see ingest replay --help"},
		{"an unknown flag", []string{"--strem", "s"}, "ingest replay has no flag --strem; did you mean --stream?"},
		{"an argument", []string{"dev"}, `ingest replay takes no argument, but has "dev"; name an environment with --env dev`},
	} {
		t.Run(test.name, func(t *testing.T) {
			atProject(t)
			status, stdout, stderr := ingest(t, append([]string{"replay"}, test.args...)...)
			_, stderr, _ = strings.Cut(stderr, "error: ")
			got := strings.ReplaceAll(strings.TrimSuffix(stderr, "\n"), "\nerror: ", "\n")
			want := statusUsage
			if strings.HasPrefix(test.want, "--checkpoint") || strings.HasPrefix(test.want, "AWS's") { // this machine's fault
				want = statusFailed
			}
			if status != want || stdout != "" || got != test.want {
				t.Errorf("it ends with %d and says\n%s%s", status, stdout, got)
			}
		})
	}
	t.Run("out of the project", func(t *testing.T) {
		atProject(t)
		outside := t.TempDir()
		t.Chdir(outside)
		status, _, stderr := ingest(t, "replay", "--env", "dev")
		want := "error: --env: no cdktf.json in " + outside + " or above; run this in the project's folder, or leave the flag out and use the others\n"
		if status != 1 || stderr != want {
			t.Errorf("%d %s\nwant %s", status, stderr, want)
		}
	})
	t.Run("no credentials", func(t *testing.T) {
		atProject(t)
		noAWS(t)
		status, _, stderr := ingest(t, "replay", "--env", "dev")
		if status != 1 || !strings.HasPrefix(stderr, "error: there are no AWS credentials (") ||
			!strings.HasSuffix(stderr, "); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for ingest up: test and test)\n") {
			t.Errorf("it ends with %d and says %s", status, stderr)
		}
	})
	t.Run("nothing synthesised", func(t *testing.T) {
		atProject(t)
		must(t, os.RemoveAll("cdktf.out"))
		status, _, stderr := ingest(t, "replay", "--env", "dev")
		if want := "error: --env: nothing is synthesised in cdktf.out/stacks; run make synth\n"; status != 1 || stderr != want {
			t.Errorf("it ends with %d and says %s", status, stderr)
		}
	})
}

// What a command reads of the project may be anything: each kind has an error that says what it is, and the command's remedy.
func TestUnreadableFiles(t *testing.T) {
	const loop = " is, or lies below, a symbolic link that leads back to itself; remove the link"
	kinds := map[string]struct {
		put           func(path string) error
		project, file string // what is said of cdktf.json and of a stack
	}{
		"empty":    {func(path string) error { return os.WriteFile(path, nil, 0o600) }, " is not a CDKTF project file: it is empty; correct it", ": "},
		"{}":       {func(path string) error { return os.WriteFile(path, []byte("{}"), 0o600) }, ` has no command in "app"; correct it`, ""},
		"cut off":  {func(path string) error { return os.WriteFile(path, []byte(`{"app":`), 0o600) }, " is not a CDKTF project file: its end is cut off; correct it", ": "},
		"a list":   {func(path string) error { return os.WriteFile(path, []byte("[]"), 0o600) }, " is not a CDKTF project file: it is no JSON object; correct it", ": "},
		"a folder": {func(path string) error { return os.Mkdir(path, 0o755) }, " is a folder; name a file", " is a folder; name "},
		"a loop":   {func(path string) error { return os.Symlink(filepath.Base(path), path) }, loop, loop},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			atProject(t)
			folder, err := os.Getwd()
			must(t, err)
			stack := filepath.Join("cdktf.out", "stacks", "dev", "cdk.tf.json")
			must(t, os.Remove(stack))
			must(t, kind.put(stack))
			status, _, stderr := ingest(t, "replay", "--env", "dev")
			if kind.file != "" && (status != 1 || !strings.HasPrefix(stderr, "error: --env: "+stack+kind.file) || !strings.HasSuffix(stderr, "; run make synth again\n")) {
				t.Errorf("replay, the stack: %d %s", status, stderr)
			}
			status, _, stderr = ingest(t, "up", "--stack", stack, "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0")
			if status != 1 || !strings.Contains(stderr, stack) || strings.Contains(stderr, "too many levels") {
				t.Errorf("up, the stack: %d %s", status, stderr)
			}
			must(t, os.Remove("cdktf.json"))
			must(t, kind.put("cdktf.json"))
			for command, remedy := range map[string]string{"replay": "leave the flag out and use the others", "up": "name a synthesised stack with --stack"} {
				status, _, stderr = ingest(t, command, "--env", "dev")
				if want := filepath.Join(folder, "cdktf.json") + kind.project + ", or " + remedy + "\n"; status != 1 || !strings.HasSuffix(stderr, want) {
					t.Errorf("%s, the project: %d %s\nwant %s", command, status, stderr, want)
				}
			}
		})
	}
}
