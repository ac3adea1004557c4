package replay

import (
	"fmt"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

func readStack(t *testing.T, replacements ...string) *tfjson.Stack {
	t.Helper()
	text := goldens.Read(t, "prod")
	stack, err := tfjson.Read(strings.NewReader(strings.NewReplacer(replacements...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestTargetOf(t *testing.T) {
	got, err := TargetOf(readStack(t))
	want := Target{Bucket: "api-kinesis-firehose-bucket-prod", Prefix: "errors/", Stream: "api-kinesis-stream-prod", Region: "us-east-1"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	got, err = TargetOf(readStack(t, `"errors/!{firehose`, `"!{firehose`))
	if err != nil || got.Prefix != "" {
		t.Errorf("an error prefix that begins with an expression: %+v, %v", got, err)
	}
}

func TestTargetOfRefuses(t *testing.T) {
	const address = "aws_kinesis_firehose_delivery_stream.delivery"
	for name, test := range map[string]struct {
		replace []string
		want    string
	}{
		"no delivery stream": {
			[]string{`"aws_kinesis_firehose_delivery_stream": {`, `"aws_sqs_queue": {`, `${aws_kinesis_firehose_delivery_stream.delivery.name}`, ``, `aws_kinesis_firehose_delivery_stream.delivery`, `aws_s3_bucket.bucket`},
			"it declares 0 delivery streams, and a replay needs exactly one; name --bucket, --prefix, --stream and --region",
		},
		"another source and destination": {
			[]string{`"kinesis_source_configuration"`, `"msk_source_configuration"`, `"extended_s3_configuration"`, `"splunk_configuration"`},
			address + " has no extended_s3_configuration; a replay reads from the delivery stream's bucket and writes to the Kinesis stream that it reads\n" +
				address + " has no kinesis_source_configuration; a replay reads from the delivery stream's bucket and writes to the Kinesis stream that it reads\n" +
				address + " has no extended_s3_configuration; a replay reads from the delivery stream's bucket and writes to the Kinesis stream that it reads",
		},
		"no ARN": {
			[]string{`"bucket_arn": "${aws_s3_bucket.bucket.arn}"`, `"bucket_arn": "bucket"`},
			address + `: extended_s3_configuration.bucket_arn is "bucket", which has no name`,
		},
	} {
		_, err := TargetOf(readStack(t, test.replace...))
		if fmt.Sprint(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
