package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/replay"
)

// longAgo gives every object of the local bucket an earlier time. A replay leaves out the objects of the second in which it
// begins.
func longAgo(t *testing.T, data string) {
	t.Helper()
	at := time.Now().Add(-time.Hour)
	must(t, filepath.WalkDir(filepath.Join(data, "s3"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return os.Chtimes(path, at, at)
	}))
}

// yesterday is a value of --since.
func yesterday() string { return time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339) }

// delivered posts events to a stack, and ends it, so that all are in its bucket.
func delivered(t *testing.T, stack, data string, events []string) {
	t.Helper()
	p := begin(t, stack, data, "--unlimited", "--buffer-interval", "900s")
	for _, event := range events {
		if answer := p.mustPost(event); answer.Status != http.StatusOK {
			t.Fatalf("%.80s is answered with %+v", event, answer)
		}
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	longAgo(t, data)
}

// addEnvironment synthesises a second environment in the folder of atProject.
func addEnvironment(t *testing.T, env string) (file string) {
	t.Helper()
	folder := filepath.Join("cdktf.out", "stacks", env)
	must(t, os.MkdirAll(folder, 0o755))
	file, err := filepath.Abs(filepath.Join(folder, "cdk.tf.json"))
	must(t, err)
	must(t, os.WriteFile(file, goldens.Read(t, env), 0o644))
	return file
}

// What each compression of Firehose's delivered goes to another environment, byte for byte.
func TestReplayDeliveredToAnotherEnvironment(t *testing.T) {
	for i, format := range []string{"UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"} {
		t.Run(format, func(t *testing.T) {
			events := []string{fmt.Sprintf(`{"event": "signup", "user_id": %d}`, i), `{"big":12345678901234567890,"quotes":"\"'\\"}`, padded(100_000)}
			stack := edited(t, `"compression_format": "UNCOMPRESSED"`, `"compression_format": "`+format+`"`)
			data := filepath.Join(t.TempDir(), "data")
			delivered(t, stack, data, events)
			from := begin(t, stack, data)
			atProjectOf(t, "dev", stack)
			toData := filepath.Join(t.TempDir(), "data")
			to := begin(t, addEnvironment(t, "staging"), toData, "--buffer-interval", "900s")
			status, stdout, stderr := ingest(t, "replay", "--env", "dev", "--delivered", "--since", yesterday(), "--endpoint-url", from.aws, "--to-env", "staging", "--to-endpoint-url", to.aws)
			wantErr := "from s3://" + bucket + "/events/ to api-kinesis-stream-staging in us-east-1 at " + to.aws +
				"\nat most 500 records a second: half of the capacity of the stream's open shards (1), and the rest is left for new events; --rate changes it\n"
			if status != 0 || stdout != "put 3 records from 1 object\n" || stderr != wantErr {
				t.Fatalf("it ends with %d and says\n%s%s", status, stdout, stderr)
			}
			if status := to.end(); status != 0 {
				t.Fatalf("staging ends with %d:\n%s", status, to.stderr)
			}
			got := linesOf(t, toData, "api-kinesis-firehose-bucket-staging")
			slices.Sort(got)
			slices.Sort(events)
			if !slices.Equal(got, events) {
				t.Errorf("staging has %.300q, want %.300q", got, events)
			}
		})
	}
}

// What goes into the stream that it came from is in the bucket twice, and not more often: the copies are not replayed.
func TestReplayDeliveredIntoItself(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	events := []string{`{"id":"1"}`, `{"id":"2"}`}
	delivered(t, devStack, data, events)
	p := begin(t, devStack, data, "--buffer-interval", "1s")
	atProject(t)
	args := []string{"replay", "--env", "dev", "--delivered", "--since", yesterday(), "--endpoint-url", p.aws}
	status, stdout, stderr := ingest(t, append(slices.Clone(args), "--dry-run")...)
	if status != 0 || stdout != "dry run: nothing was put or written\nwould put 2 records (20 bytes) from 1 object, in 1s or more at 500 a second\n" ||
		!strings.Contains(stderr, "\nthe records go into the stream that they came from: the bucket gets a second copy of each record, in new objects\nobjects written from ") {
		t.Fatalf("a dry run ends with %d and says\n%s%s", status, stdout, stderr)
	}
	if _, err := os.Stat(".replay"); err == nil {
		t.Error("a dry run writes a checkpoint")
	}
	if status, stdout, stderr = ingest(t, args...); status != 0 || stdout != "put 2 records from 1 object\n" {
		t.Fatalf("it ends with %d and says\n%s%s", status, stdout, stderr)
	}
	p.wait("the copies", func() bool { return len(lines(t, data)) == 4 })
	if status, stdout, stderr = ingest(t, args...); status != 0 || stdout != "put 0 records from 0 objects\n1 object put completely by an earlier replay\n" {
		t.Fatalf("another one ends with %d and says\n%s%s", status, stdout, stderr)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	checkReplayed(t, data, events, 2)
}

// Ctrl-C in the middle: the same command continues. Without --env, a replay cannot know whether the stream feeds the bucket.
func TestReplayDeliveredGoesOn(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	up := begin(t, devStack, data, "--buffer-interval", "900s")
	atProject(t)
	client := s3.NewFromConfig(up.config(), func(o *s3.Options) { o.UsePathStyle = true })
	var events []string
	for i := range 20 {
		events = append(events, fmt.Sprintf(`{"id":"%03d"}`, i))
	}
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("kept/1"), Body: strings.NewReader(strings.Join(events, "\n") + "\n")})
	must(t, err)
	longAgo(t, data)
	args := []string{"replay", "--delivered", "--since", yesterday(), "--bucket", bucket, "--prefix", "kept/", "--stream", stream, "--region", "us-east-1", "--endpoint-url", up.aws, "--checkpoint", "c.json"}
	p := spawn(t, append(slices.Clone(args), "--rate", "1")...)
	p.wait("the first confirmed record", func() bool {
		text, err := os.ReadFile("c.json")
		return err == nil && strings.Contains(string(text), "kept/1")
	})
	if status := p.end(); status != 130 {
		t.Fatalf("it ends with %d:\n%s", status, p.stderr)
	}
	status, stdout, stderr := ingest(t, args...)
	if status != 0 || strings.HasPrefix(stdout, "put 20 records") || !strings.Contains(stderr, "\nif this stream's records land in this bucket, the bucket gets a second copy") {
		t.Fatalf("going on ends with %d and says\n%s%s", status, stdout, stderr)
	}
	if status := up.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, up.stderr)
	}
	checkReplayed(t, data, events, 1)
}

// An envelope is a part of the record: it stays as it was, and is not put into another one.
func TestReplayDeliveredEnvelopes(t *testing.T) {
	stack, err := goldens.Write("option-envelope", t.TempDir())
	must(t, err)
	stack = editedOf(t, stack, `"AWS_IAM"`, `"NONE"`)
	data := filepath.Join(t.TempDir(), "data")
	delivered(t, stack, data, []string{"{\n  \"user_id\": 123\n}"})
	p := begin(t, stack, data, "--buffer-interval", "900s")
	atProjectOf(t, "option-envelope", stack)
	status, stdout, stderr := ingest(t, "replay", "--env", "option-envelope", "--delivered", "--since", yesterday(), "--endpoint-url", p.aws, "--partition-key", "$.event.user_id")
	if status != 0 || stdout != "put 1 record from 1 object\n" {
		t.Fatalf("it ends with %d and says\n%s%s", status, stdout, stderr)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	got := linesOf(t, data, "api-kinesis-firehose-bucket-option-envelope")
	if len(got) != 2 || got[0] != got[1] || !strings.HasPrefix(got[0], `{"receivedAt":"`) || !strings.HasSuffix(got[0], `"event":{   "user_id": 123 }}`) {
		t.Errorf("the bucket has %q", got)
	}
}

// What is put without its envelope is what the client sent, on one line.
func TestReplayOpensEnvelopes(t *testing.T) {
	stack, err := goldens.Write("option-envelope", t.TempDir())
	must(t, err)
	stack = editedOf(t, stack, `"AWS_IAM"`, `"NONE"`)
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	delivered(t, stack, from, []string{"{\n  \"user_id\": 1.50\n}"})
	p, other := begin(t, stack, from), begin(t, devStack, to)
	atProjectOf(t, "option-envelope", stack)
	status, stdout, stderr := ingest(t, "replay", "--env", "option-envelope", "--delivered", "--open-envelopes", "--since", yesterday(),
		"--endpoint-url", p.aws, "--to-endpoint-url", other.aws, "--stream", "api-kinesis-stream-dev")
	if status != 0 || stdout != "put 1 record from 1 object\n" {
		t.Fatalf("it ends with %d and says\n%s%s", status, stdout, stderr)
	}
	if status := other.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, other.stderr)
	}
	if got := linesOf(t, to, "api-kinesis-firehose-bucket-dev"); len(got) != 1 || got[0] != `{   "user_id": 1.50 }` {
		t.Errorf("the bucket has %q", got)
	}
}

// The stream may be in another account: its calls have the credentials of another profile.
func TestReplayToAnotherProfile(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	delivered(t, devStack, data, []string{`{"id":"1"}`})
	p := begin(t, devStack, data)
	atProject(t)
	var signed []string
	upstream, err := url.Parse(p.aws)
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	stream := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		signed = append(signed, strings.Split(r.Header.Get("Authorization"), "/")[0])
		proxy.ServeHTTP(out, r)
	}))
	t.Cleanup(stream.Close)
	must(t, os.WriteFile("credentials", []byte("[other]\naws_access_key_id = OTHER\naws_secret_access_key = secret\n"), 0o600))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "credentials")
	status, stdout, stderr := ingest(t, "replay", "--env", "dev", "--delivered", "--since", yesterday(), "--endpoint-url", p.aws, "--to-endpoint-url", stream.URL, "--to-profile", "other")
	if want := []string{"AWS4-HMAC-SHA256 Credential=OTHER", "AWS4-HMAC-SHA256 Credential=OTHER"}; status != 0 || stdout != "put 1 record from 1 object\n" || !slices.Equal(signed, want) {
		t.Errorf("it ends with %d, calls the stream with %q, and says\n%s%s", status, signed, stdout, stderr)
	}
}

// The address of one service counts as one of --endpoint-url does, which goes before it.
func TestAddressesOfOneService(t *testing.T) {
	noAWS(t)
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": "http://a:1"} {
		t.Setenv(name, value)
	}
	for _, test := range []struct {
		flags    replayFlags
		from, to string
	}{
		{replayFlags{}, "http://a:1", ""},
		{replayFlags{endpoint: "http://b:1"}, "http://b:1", "http://b:1"},
		{replayFlags{toEndpoint: "http://c:1"}, "http://a:1", "http://c:1"},
	} {
		opts := replay.Options{Target: replay.Target{Endpoint: test.flags.endpoint}}
		must(t, test.flags.connect(t.Context(), &opts))
		if opts.Endpoint != test.from || opts.ToEndpoint != test.to {
			t.Errorf("%+v: from %q to %q, want %q and %q", test.flags, opts.Endpoint, opts.ToEndpoint, test.from, test.to)
		}
	}
}

// Each destination has its own words, its own checkpoint, and its own answer to whether the records land in the bucket again.
func TestDestinations(t *testing.T) {
	own := replay.Target{Bucket: "b", Prefix: "events/", Stream: "s", Region: "us-east-1", ToRegion: "us-east-1"}
	for name, test := range map[string]struct {
		change      func(t *replay.Target)
		route, file string
		feeds       bool
	}{
		"itself":          {func(*replay.Target) {}, "from s3://b/events/ to s in us-east-1", "b--s--delivered", true},
		"a folder":        {func(t *replay.Target) { t.Prefix = "events/1/" }, "from s3://b/events/1/ to s in us-east-1", "b--s--delivered", true},
		"another stream":  {func(t *replay.Target) { t.Stream = "z" }, "from s3://b/events/ to z in us-east-1", "b--z--delivered", false},
		"another bucket":  {func(t *replay.Target) { t.Bucket = "c" }, "from s3://c/events/ to s in us-east-1", "c--s--delivered", false},
		"another region":  {func(t *replay.Target) { t.ToRegion = "eu-west-1" }, "from s3://b/events/ in us-east-1 to s in eu-west-1", "b--s--delivered--eu-west-1", false},
		"another address": {func(t *replay.Target) { t.ToEndpoint = "http://a:1" }, "from s3://b/events/ to s in us-east-1 at http://a:1", "b--s--delivered--a-1", false},
		"AWS's stream":    {func(t *replay.Target) { t.Endpoint = "http://a:1" }, "from s3://b/events/ to s in us-east-1 at AWS", "b--s--delivered--a-1--AWS", false},
		"one address":     {func(t *replay.Target) { t.Endpoint, t.ToEndpoint = "http://a:1", "http://a:1" }, "from s3://b/events/ to s in us-east-1", "b--s--delivered--a-1", true},
	} {
		opts := replay.Options{Target: own, Delivered: true}
		test.change(&opts.Target)
		replayFlags{}.files(&opts)
		if got := route(opts.Target); got != test.route {
			t.Errorf("%s: %s", name, got)
		}
		if want := filepath.Join(".replay", test.file+".json"); opts.Checkpoint != want {
			t.Errorf("%s: the checkpoint is %s", name, opts.Checkpoint)
		}
		if got := feeds(own, opts.Target); got != test.feeds || !feeds(replay.Target{}, opts.Target) {
			t.Errorf("%s: feeds is %t", name, got)
		}
	}
}
