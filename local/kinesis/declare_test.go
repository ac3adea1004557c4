package kinesis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/tfjson"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// open opens a service, at a new path if options have none, with streams by name and number of shards.
func open(t testing.TB, options kinesis.Options, streams map[string]int) *kinesis.Service {
	t.Helper()
	if options.Path == "" {
		options.Path = filepath.Join(t.TempDir(), "data", "kinesis.db")
	}
	s, err := kinesis.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, shards := range streams {
		if err := s.Declare(kinesis.Config{Name: name, Mode: "PROVISIONED", Shards: shards, Retention: 24 * time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// call makes a call that must succeed, and decodes its answer.
func call(t testing.TB, s *kinesis.Service, action, body string) map[string]any {
	t.Helper()
	r := s.Do(context.Background(), action, []byte(body))
	if r.Status != 200 {
		t.Fatalf("%s: %d %s", action, r.Status, r.Body)
	}
	if len(r.Body) == 0 {
		return nil
	}
	var answer map[string]any
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		t.Fatalf("%s: %v in %s", action, err, r.Body)
	}
	return answer
}

func TestReadOfThisProjectsStack(t *testing.T) {
	stack, err := tfjson.ReadFile(goldens.File(t, "dev"))
	if err != nil {
		t.Fatal(err)
	}
	if stack, err = stack.Resolve(tfjson.Surroundings{Account: "123456789012"}); err != nil {
		t.Fatal(err)
	}
	got, err := kinesis.Read(stack)
	if err != nil {
		t.Fatal(err)
	}
	want := []kinesis.Config{{
		Name: "api-kinesis-stream-dev", ARN: "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-dev",
		Mode: "PROVISIONED", Shards: 1, Retention: 24 * time.Hour, Encryption: "KMS", Key: "alias/aws/kinesis",
		Tags: map[string]string{"Environment": "dev", "ManagedBy": "cdktf", "Project": "api-kinesis"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// read reads a stack of one stream with this body.
func read(t *testing.T, body string) ([]kinesis.Config, error) {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(`{
		"provider": {"aws": [{"region": "eu-west-1"}]},
		"resource": {"aws_kinesis_stream": {"s": ` + body + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if stack, err = stack.Resolve(tfjson.Surroundings{Account: "123456789012"}); err != nil {
		t.Fatal(err)
	}
	return kinesis.Read(stack)
}

func TestRead(t *testing.T) {
	const arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/e"
	for _, test := range []struct {
		name, body string
		want       kinesis.Config
	}{
		{"all defaults", `{"name": "e", "shard_count": 2}`,
			kinesis.Config{Name: "e", ARN: arn, Mode: "PROVISIONED", Shards: 2, Retention: 24 * time.Hour, Encryption: "NONE"}},
		{"everything", `{"name": "e", "retention_period": "168", "encryption_type": "KMS", "kms_key_id": "alias/x", "shard_level_metrics": ["IncomingBytes"],
			"enforce_consumer_deletion": true, "tags": {"a": "b"}, "stream_mode_details": [{"stream_mode": "ON_DEMAND"}], "lifecycle": {"prevent_destroy": true}}`,
			kinesis.Config{Name: "e", ARN: arn, Mode: "ON_DEMAND", Retention: 168 * time.Hour, Encryption: "KMS", Key: "alias/x", Tags: map[string]string{"a": "b"}}},
	} {
		got, err := read(t, test.body)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff([]kinesis.Config{test.want}, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"an unknown attribute", `{"name": "e", "shard_count": 1, "max_record_size_in_kib": 2048}`,
			`aws_kinesis_stream.s: the attribute max_record_size_in_kib is not imitated on one machine; leave it out of the environment that runs here`},
		{"no shards", `{"name": "e"}`, `aws_kinesis_stream.s: stream "e": shard_count 0 is not 1 to 10000; set it to one of these`},
		{"too many shards", `{"name": "e", "shard_count": 10001}`, `aws_kinesis_stream.s: stream "e": shard_count 10001 is not 1 to 10000; set it to one of these`},
		{"shards on demand", `{"name": "e", "shard_count": 4, "stream_mode_details": {"stream_mode": "ON_DEMAND"}}`,
			`aws_kinesis_stream.s: stream "e": shard_count 4 is not allowed with stream_mode ON_DEMAND; leave it out`},
		{"encryption without a key", `{"name": "e", "shard_count": 1, "encryption_type": "KMS"}`,
			`aws_kinesis_stream.s: kms_key_id is missing, and encryption_type is KMS; name a key, such as alias/aws/kinesis`},
		{"several", `{"name": "a b", "shard_count": 1, "retention_period": 23, "encryption_type": "AES", "stream_mode_details": {"stream_mode": "X"}}`,
			`aws_kinesis_stream.s: stream "a b": its name must be 1 to 128 letters, digits, "_", "." and "-"
stream "a b": stream_mode "X" is unknown; use PROVISIONED or ON_DEMAND
stream "a b": retention_period 23h0m0s is not 24 to 8760 whole hours
stream "a b": encryption_type "AES" is unknown; use KMS or NONE`},
	} {
		if _, err := read(t, test.body); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestReadRefusesConsumers(t *testing.T) {
	stack, err := tfjson.Read(strings.NewReader(`{"provider": {"aws": [{"region": "eu-west-1"}]}, "resource": {"aws_kinesis_stream_consumer": {"c": {"name": "c"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = kinesis.Read(stack)
	const want = "aws_kinesis_stream_consumer.c: consumers with enhanced fan-out are not imitated on one machine; leave it out of the environment that runs here, and read with GetRecords"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if got := kinesis.Types(); !slices.Equal(got, []string{"aws_kinesis_stream", "aws_kinesis_stream_consumer"}) {
		t.Errorf("types %q", got)
	}
}

func TestDeclareAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kinesis.db")
	first := kinesis.Config{Name: "e", Mode: "PROVISIONED", Shards: 4, Retention: 24 * time.Hour}
	with := func(change func(*kinesis.Config)) kinesis.Config {
		cfg := first
		change(&cfg)
		return cfg
	}
	for _, test := range []struct {
		name string
		cfg  kinesis.Config
		want string // the error
		mode string
		hour float64
		// shards is the number of shards; 0 means 4.
		shards float64
	}{
		{name: "new", cfg: first, mode: "PROVISIONED", hour: 24},
		{name: "the same", cfg: first, mode: "PROVISIONED", hour: 24},
		{name: "longer", cfg: with(func(c *kinesis.Config) { c.Retention = 48 * time.Hour }), mode: "PROVISIONED", hour: 48},
		{name: "on demand", cfg: with(func(c *kinesis.Config) { c.Mode, c.Shards = "ON_DEMAND", 0 }), mode: "ON_DEMAND", hour: 24},
		{name: "back", cfg: first, mode: "PROVISIONED", hour: 24},
		{name: "too many more shards", cfg: with(func(c *kinesis.Config) { c.Shards, c.Retention = 9, 48*time.Hour }), mode: "PROVISIONED", hour: 24,
			want: `stream "e": shard_count 9, but in ` + path + ` the stream has 4 shards, and AWS would refuse the change (LimitExceededException: UpdateShardCount cannot scale up over double your ` +
				`current open shard count. Current open shard count: 4, Target shard count: 9); set shard_count to 2 to 8 and start again for each step, or start with another --data folder`},
		{name: "more shards", cfg: with(func(c *kinesis.Config) { c.Shards = 7 }), mode: "PROVISIONED", hour: 24, shards: 7},
		{name: "the same again", cfg: with(func(c *kinesis.Config) { c.Shards = 7 }), mode: "PROVISIONED", hour: 24, shards: 7},
		{name: "on demand with 7", cfg: with(func(c *kinesis.Config) { c.Mode, c.Shards = "ON_DEMAND", 0 }), mode: "ON_DEMAND", hour: 24, shards: 7},
		{name: "too few", cfg: with(func(c *kinesis.Config) { c.Shards = 3 }), mode: "ON_DEMAND", hour: 24, shards: 7,
			want: `stream "e": shard_count 3, but in ` + path + ` the stream has 7 shards, and AWS would refuse the change (LimitExceededException: UpdateShardCount cannot scale down below half your ` +
				`current open shard count. Current open shard count: 7, Target shard count: 3); set shard_count to 4 to 14 and start again for each step, or start with another --data folder`},
		{name: "provisioned with another number", cfg: first, mode: "PROVISIONED", hour: 24},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, kinesis.Options{Path: path}, nil)
			if err := s.Declare(test.cfg); fmt.Sprint(err) != fmt.Sprint(test.want) && (err != nil || test.want != "") {
				t.Errorf("error %v\nwant  %s", err, test.want)
			}
			d := call(t, s, "DescribeStreamSummary", `{"StreamName":"e"}`)["StreamDescriptionSummary"].(map[string]any)
			got := []any{d["StreamModeDetails"].(map[string]any)["StreamMode"], d["RetentionPeriodHours"], d["OpenShardCount"]}
			if want := []any{test.mode, test.hour, max(test.shards, 4)}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("it is %v, want %v", got, want)
			}
		})
	}
}

// A stream that is created again after the clock jumped back cannot be mistaken for the one before.
func TestSequenceNumbersGrowWhateverTheClockDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kinesis.db")
	clock := clockwork.NewFakeClockAt(noon)
	last := ""
	for _, jump := range []time.Duration{0, time.Second, -48 * time.Hour, time.Millisecond, -time.Second, 0} {
		clock = clockwork.NewFakeClockAt(clock.Now().Add(jump))
		s, err := kinesis.Open(kinesis.Options{Path: path, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Declare(kinesis.Config{Name: "e", Mode: "PROVISIONED", Shards: 1, Retention: 24 * time.Hour}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			number := call(t, s, "PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":""}`)["SequenceNumber"].(string)
			if len(number) != 56 || number <= last {
				t.Errorf("%s does not come after %s", number, last)
			}
			last = number
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCreateStreamWithoutShardCountIsOnDemand(t *testing.T) {
	s := open(t, kinesis.Options{Clock: clockwork.NewFakeClockAt(noon)}, nil)
	call(t, s, "CreateStream", `{"StreamName":"f"}`)
	described, _ := call(t, s, "DescribeStreamSummary", `{"StreamName":"f"}`)["StreamDescriptionSummary"].(map[string]any)
	if mode := fmt.Sprint(described["StreamModeDetails"]); mode != "map[StreamMode:ON_DEMAND]" || described["OpenShardCount"] != 4.0 {
		t.Errorf("the stream has %s and %v shards; AWS makes one of four shards", mode, described["OpenShardCount"])
	}
}
