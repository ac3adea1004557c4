package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// edited writes the dev stack with each old text replaced by its new one, as a person would edit it.
func edited(t *testing.T, replacements ...string) string {
	t.Helper()
	return editedOf(t, devStack, replacements...)
}

func editedOf(t *testing.T, stack string, replacements ...string) string {
	t.Helper()
	text, err := os.ReadFile(stack)
	must(t, err)
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(string(text), replacements[i]) {
			t.Fatalf("%s no longer holds %s", stack, replacements[i])
		}
	}
	file := filepath.Join(t.TempDir(), "cdk.tf.json")
	must(t, os.WriteFile(file, []byte(strings.NewReplacer(replacements...).Replace(string(text))), 0o644))
	return file
}

// A role without its permission fails as on AWS: the client's event is refused and the log says which statement is
// missing.
func TestTheAPIsRoleMayNotWrite(t *testing.T) {
	stack := edited(t, `\"kinesis:PutRecord\"`, `\"kinesis:PutRecords\"`)
	p := begin(t, stack, filepath.Join(t.TempDir(), "data"))
	if answer := p.mustPost(`{"id":"1"}`); answer.Status != http.StatusBadGateway {
		t.Errorf("the API answers %+v, want 502", answer)
	}
	for _, part := range []string{"not authorized to perform: kinesis:PutRecord", "it needs", "stream/api-kinesis-stream-dev"} {
		p.wait("the log's "+part, func() bool { return strings.Contains(p.stderr.String(), part) })
	}
}

// A delivery role without its permission delivers nothing, says which statement is missing, and loses nothing: with the
// permission back, all is delivered.
func TestTheDeliveryRoleMayNotPut(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, edited(t, `\"s3:PutObject\"`, `\"s3:PutObjectTagging\"`), data, "--buffer-interval", "1s")
	answer := p.mustPost(`{"id":"1"}`)
	if answer.Status != http.StatusOK {
		t.Fatalf("the API answers %+v", answer)
	}
	p.wait("a failed delivery", func() bool { return p.status().Deliveries[0].Failures > 0 })
	for _, part := range []string{"not authorized to perform: s3:PutObject", "it needs"} {
		p.wait("the log's "+part, func() bool { return strings.Contains(p.stderr.String(), part) })
	}
	p.kill()
	repaired := begin(t, devStack, data)
	if status := repaired.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, repaired.stderr)
	}
	checkDelivered(t, lines(t, data), map[string]string{"1": answer.SequenceNumber})
}

// What is edited in the JSON changes what runs.
func TestAnEditedStackRunsAsEdited(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	stack := edited(t,
		`{\"message\": \"accepted\"`, `{\"message\": \"taken\"`,
		`"path_part": "submit"`, `"path_part": "events"`,
		`"prefix": "events/year=!{timestamp:yyyy}`, `"prefix": "events/archive/year=!{timestamp:yyyy}`,
		`/events/year=*`, `/events/*`)
	p := begin(t, stack, data)
	p.submitURL = strings.Replace(p.submitURL, "/submit", "/events", 1)
	if answer := p.mustPost(`{"id":"1"}`); answer.Status != http.StatusOK || answer.Message != "taken" {
		t.Errorf("the API answers %+v", answer)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	if found, _ := filepath.Glob(filepath.Join(data, "s3", "*", "events", "archive", "year=*")); len(found) != 1 {
		t.Errorf("below the edited prefix there is %v", found)
	}
}

// Both addresses answer to a name that --allow-host gives, and to no other.
func TestAllowHost(t *testing.T) {
	p := begin(t, devStack, filepath.Join(t.TempDir(), "data"), "--allow-host", "a.example", "--allow-host", ".b.example")
	for host, wants := range map[string][2]int{
		"": {200, 200}, "a.example": {200, 200}, "b.example": {200, 200}, "c.example": {403, 403},
		"x.b.example:80": {200, 404}, // at the AWS address, a bucket that is not there
	} {
		for i, url := range []string{p.api + "/_local/status", p.aws + "/"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
			must(t, err)
			request.Host = host
			response, err := http.DefaultClient.Do(request)
			must(t, err)
			must(t, response.Body.Close())
			if response.StatusCode != wants[i] {
				t.Errorf("%s as %q: %d, want %d", url, host, response.StatusCode, wants[i])
			}
		}
	}
}

// Bad input is one line for each problem. The exit status is 2 where the command line is wrong in itself, and 1 where it asks for
// what is not there.
func TestBadInput(t *testing.T) {
	unknown := edited(t, `"aws_s3_bucket_versioning": {`, `"aws_sqs_queue": {"q": {"name": "q"}}, "aws_s3_bucket_versioning": {`)
	dangling := edited(t, `"${aws_iam_role.submit-role.arn}"`, `"${aws_iam_role.nobody.arn}"`)
	broken := filepath.Join(t.TempDir(), "broken.json")
	must(t, os.WriteFile(broken, []byte(`{"resource":`), 0o644))
	synthesised := filepath.Join(t.TempDir(), "cdktf.out")
	must(t, os.MkdirAll(filepath.Join(synthesised, "stacks/qa"), 0o755))
	must(t, os.WriteFile(filepath.Join(synthesised, "stacks/qa/cdk.tf.json"), []byte("{}"), 0o644))
	folderForFile := t.TempDir()
	must(t, os.Mkdir(filepath.Join(folderForFile, "kinesis.db"), 0o755))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	taken := listener.Addr().String()
	failures := []string{
		"a folder for a stack", "the folder of a stack", "the folder of all stacks", "no web application", "a folder for the stream's file", "a taken address, before a synthesis", "no such file", "not JSON",
		"an unknown resource type", "a reference to nothing", "a file for a folder",
	}
	for _, test := range []struct {
		name string
		args []string
		want []string // parts of standard error, one a line
	}{
		{"an unknown flag", []string{"--nonsense"}, []string{"ingest up has no flag --nonsense; see ingest up --help"}},
		{"a slip of the keyboard", []string{"--alow-host", "a"}, []string{"ingest up has no flag --alow-host; did you mean --allow-host?"}},
		{"an unknown letter", []string{"-x"}, []string{"ingest up has no flag -x; see ingest up --help"}},
		{"one dash", []string{"-env", "dev"}, []string{"ingest up has no flag -env; did you mean --env?"}},
		{"one dash and a value", []string{"-buffer-interval=1s"}, []string{"ingest up has no flag -buffer-interval; did you mean --buffer-interval?"}},
		{"no flag's value", []string{"--stack"}, []string{"--stack needs a value; see ingest up --help"}},
		{"a number without a unit", []string{"--buffer-interval", "5"}, []string{`--buffer-interval is "5"; use a number with its unit, such as 5s or 1m, or "stack"`}},
		{"no boolean", []string{"--unlimited=maybe"}, []string{`--unlimited is "maybe"; use true or false`}},
		{"an empty stack", []string{"--stack", ""}, []string{"--stack is empty; name a synthesised stack"}},
		{"a folder for a stack", []string{"--stack", filepath.Dir(broken)}, []string{"is a folder; name the file of a stack, such as cdktf.out/stacks/dev/cdk.tf.json"}},
		{"the folder of a stack", []string{"--stack", synthesised + "/stacks/qa"}, []string{"is a folder; name the file of a stack, such as " + synthesised + "/stacks/qa/cdk.tf.json"}},
		{"the folder of all stacks", []string{"--stack", synthesised}, []string{"is a folder; name the file of a stack, such as " + synthesised + "/stacks/qa/cdk.tf.json"}},
		{"an empty data folder", []string{"--stack", devStack, "--data", ""}, []string{"--data is empty; name a folder, such as .ingest/dev, or leave the flag out"}},
		{"no web application", []string{"--stack", devStack, "--web", "nowhere"}, []string{`--web: there is no index.html in "nowhere"; run make webapp, then name webapp/dist`}},
		{"a folder for the stream's file", []string{"--stack", devStack, "--data", folderForFile}, []string{"kinesis.db"}},
		{"a taken address, before a synthesis", []string{"--api", taken}, []string{"--api " + taken + " cannot be listened on"}},
		{"an argument", []string{"dev"}, []string{`ingest up takes no argument, but has "dev"; name an environment with --env dev`}},
		{"no such file", []string{"--stack", "nowhere.json"}, []string{`--stack: there is no file "nowhere.json"; run make synth`}},
		{"not JSON", []string{"--stack", broken}, []string{"--stack: " + broken + ": not JSON: unexpected end of JSON input; correct the file, or name one that make synth wrote, such as cdktf.out/stacks/dev/cdk.tf.json"}},
		{"an unknown resource type", []string{"--stack", unknown}, []string{"aws_sqs_queue.q: a resource of type aws_sqs_queue cannot run on one machine"}},
		{"a reference to nothing", []string{"--stack", dangling}, []string{"aws_iam_role.nobody"}},
		{"a bad interval", []string{"--stack", devStack, "--buffer-interval", "901s"}, []string{"--buffer-interval is 15m1s; use 0s to 900s, Firehose's own bounds, or stack for the stack's own"}},
		{"a bad key", []string{"--stack", devStack, "--access-key", "secret"}, []string{"--access-key number 1 is not of the form ID:SECRET"}},
		{"invalid hosts", []string{"--stack", devStack, "--allow-host", "http://a", "--allow-host", "a:80", "--allow-host", "*.a", "--allow-host", ""}, []string{
			`--allow-host is "http://a"; use a name or an IP address alone, without a port, such as host.docker.internal`,
			`--allow-host is "a:80"; use a name or an IP address alone, without a port, such as host.docker.internal`,
			`--allow-host is "*.a"; use a name or an IP address alone, without a port, such as host.docker.internal`,
			`--allow-host is ""; use a name or an IP address alone, without a port, such as host.docker.internal`,
		}},
		{"an id of two keys", []string{"--stack", devStack, "--access-key", "me:secret", "--access-key", "you:secret", "--access-key", "me:secret"}, []string{"--access-key number 3 has the id me of one before it; give each id once"}},
		{"a path for an environment", []string{"--env", "prod/"}, []string{`--env is "prod/"; use an environment's name, of a-z, 0-9 and "-", such as dev`}},
		{"no environment's name", []string{"--env", ""}, []string{`--env is ""; use an environment's name`}},
		{
			"two problems", []string{"--stack", "nowhere.json", "--env", "dev", "--buffer-interval", "-1s"},
			[]string{"--env and --stack are both given", "--buffer-interval is -1s", "there is no file"},
		},
		{"a file for a folder", []string{"--stack", devStack, "--data", broken}, []string{"is not a folder and cannot be created"}},
		{"one address for both", []string{"--api", "127.0.0.1:9999", "--aws", "127.0.0.1:9999"}, []string{"--api and --aws are both 127.0.0.1:9999; give each a port of its own"}},
		{"a bad address", []string{"--stack", devStack, "--api", "nonsense"}, []string{`--api is "nonsense"; use an address with a host and a port`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			p := spawn(t, append([]string{"up", "--data", data, "--aws", "127.0.0.1:0", "--api", "127.0.0.1:0"}, test.args...)...)
			<-p.exited
			stderr := strings.TrimSuffix(p.stderr.String(), "\n")
			got := strings.Split(stderr, "\n")
			status := statusUsage
			if slices.Contains(failures, test.name) {
				status = statusFailed
			}
			if p.command.ProcessState.ExitCode() != status || p.stdout.String() != "" || len(got) < len(test.want) {
				t.Fatalf("it ends with %d and says\n%s\n%s", p.command.ProcessState.ExitCode(), p.stdout, stderr)
			}
			for i, line := range got {
				if !strings.HasPrefix(line, "error: ") || i < len(test.want) && !strings.Contains(line, test.want[i]) {
					t.Errorf("line %d is %q, want an error with %q", i, line, test.want[min(i, len(test.want)-1)])
				}
			}
			if strings.Contains(stderr, "secret") && strings.Contains(test.name, "key") {
				t.Errorf("it shows a secret: %s", stderr)
			}
		})
	}
}

// An environment that a synthesis did not make is refused after it: before it nobody knows.
func TestAnUnknownEnvironment(t *testing.T) {
	atProject(t)
	must(t, os.WriteFile("cdktf.json", []byte(`{"app": "true"}`), 0o644))
	status, stdout, stderr := ingest(t, "up", "--env", "qa", "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0")
	if want := "error: --env: no environment is named \"qa\"; use dev\n"; status != statusUsage || stderr != want || strings.Count(stdout, "\n") != 1 {
		t.Errorf("it ends with %d and says\n%s\n%s; want the error %s", status, stdout, stderr, want)
	}
}

// The flag's help and its row in docs/local.md name all that local.Open refuses without it.
func TestAllowUnverifiedNamesAll(t *testing.T) {
	page, err := os.ReadFile("../../docs/local.md")
	must(t, err)
	help := upCommand().Flags().Lookup("allow-unverified").Usage
	_, row, _ := strings.Cut(string(page), "| `--allow-unverified` |")
	row, _, _ = strings.Cut(row, "\n")
	for _, what := range []string{"Cognito", "Lambda", "client certificates (mutual TLS)"} {
		if !strings.Contains(help, what) || !strings.Contains(row, what) {
			t.Errorf("%s is not in both of\n%s\n%s", what, help, row)
		}
	}
}
