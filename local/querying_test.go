package local

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
)

// A stack with a table and a workgroup runs, with one notice that nothing answers SQL.
func TestAQueriedPipelineRuns(t *testing.T) {
	d, err := readStack(Options{Stack: goldens.File(t, "option-query")}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, notice := range d.notices() {
		if notice == "Glue and Athena are not imitated: DuckDB reads the same objects" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the notices are %q", d.notices())
	}
	buckets := make([]string, len(d.buckets))
	for i, bucket := range d.buckets {
		buckets[i] = bucket.Name
	}
	slices.Sort(buckets)
	if want := []string{"api-kinesis-firehose-bucket-option-query", "api-kinesis-query-option-query"}; !slices.Equal(buckets, want) {
		t.Errorf("the buckets are %q, want %q", buckets, want)
	}
}

// An environment with a time zone and an extension names its objects by both. The last evening of a year in UTC is in the next
// year in Tokyo.
func TestAnEnvironmentsObjectNames(t *testing.T) {
	opts := optionsOf(t, goldens.File(t, "option-delivery"))
	opts.Clock = clockwork.NewFakeClockAt(time.Date(2026, 12, 31, 18, 30, 0, 0, time.UTC))
	p, said, err := opened(t, opts)
	if err != nil || said != "" {
		t.Fatalf("%v, warnings %s", err, said)
	}
	p.mustPut(t, "api-kinesis-stream-option-delivery")
	p.close()
	deliverAll(t, opts)

	found, err := filepath.Glob(filepath.Join(opts.Data, "s3", "api-kinesis-firehose-bucket-option-delivery", "events",
		"year=2027", "month=01", "day=01", "hour=03", "api-kinesis-firehose-option-delivery-1-2027-01-01-03-30-00-*.json.gz"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the objects are %q, %v", found, err)
	}
	file, err := os.Open(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unzipped); err != nil || string(text) != "{}\n" {
		t.Errorf("the object is %q, %v", text, err)
	}
}

// Parquet is refused, and not written in another format.
func TestAPipelineOfParquetIsRefused(t *testing.T) {
	file := goldens.File(t, "option-parquet")
	_, err := readStack(Options{Stack: file}, "http://127.0.0.1:8080")
	want := file + ": aws_kinesis_firehose_delivery_stream.delivery: data_format_conversion_configuration (Parquet, ORC) is not imitated on one machine; leave it out"
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func TestWhereATablesFilesAre(t *testing.T) {
	d, err := readStack(Options{Stack: goldens.File(t, "option-query")}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	p := &Pipeline{opts: Options{Data: "data"}, declared: d}
	if got, want := p.tables(), []string{filepath.FromSlash("data/s3/api-kinesis-firehose-bucket-option-query/events/**/*")}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A key that you chose may be in use elsewhere too, so its secret is not shown.
func TestSecretsOfACurlCommand(t *testing.T) {
	p := &Pipeline{opts: Options{AccessKeys: map[string]string{"test": "test", "mine": "s3cret"}}}
	const want = "with AWS_ACCESS_KEY_ID=mine AWS_SECRET_ACCESS_KEY=… (--access-key)\nwith AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n"
	if got := p.secrets(`curl --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
