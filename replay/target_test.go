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
	return readGolden(t, "prod", replacements...)
}

func readGolden(t *testing.T, name string, replacements ...string) *tfjson.Stack {
	t.Helper()
	text := goldens.Read(t, name)
	stack, err := tfjson.Read(strings.NewReader(strings.NewReplacer(replacements...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestTargetOf(t *testing.T) {
	got, err := TargetOf(readStack(t))
	want := Target{Bucket: "api-kinesis-firehose-bucket-prod", Prefix: "errors/", Stream: "api-kinesis-stream-prod", Region: "us-east-1", ToRegion: "us-east-1"}
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

func TestDeliveredOf(t *testing.T) {
	got, err := DeliveredOf(readStack(t))
	want := Target{Bucket: "api-kinesis-firehose-bucket-prod", Prefix: "events/", Stream: "api-kinesis-stream-prod", Region: "us-east-1", ToRegion: "us-east-1"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	got, err = DeliveredOf(readStack(t, `"events/year=!{timestamp`, `"!{timestamp`))
	if err != nil || got.Prefix != "" {
		t.Errorf("a prefix that begins with an expression: %+v, %v", got, err)
	}
	got, err = DeliveredOf(readStack(t, `"errors/!{`, `"events/errors/!{`))
	if err != nil || got.Prefix != "events/year=" {
		t.Errorf("a folder that also has error objects: %+v, %v", got, err)
	}
	got, err = StreamOf(readStack(t))
	if err != nil || got != (Target{Stream: want.Stream, ToRegion: want.ToRegion}) {
		t.Errorf("the stream: %+v, %v", got, err)
	}
}

func TestDeliveredOfRefuses(t *testing.T) {
	const (
		address = "aws_kinesis_firehose_delivery_stream.delivery"
		lines   = address + " ends no record with a newline, so that a replay cannot tell its records apart; if the objects have one record on each line, name --bucket, --prefix, --stream and --region instead of --env"
		table   = address + " delivers Parquet or ORC, and a replay reads lines; convert the objects to lines of JSON, for example with UNLOAD of Athena, and name those with --bucket, --prefix, --stream and --region instead of --env"
	)
	for name, test := range map[string]struct {
		stack *tfjson.Stack
		want  string
	}{
		"Parquet":    {readGolden(t, "option-parquet"), table},
		"no newline": {readGolden(t, "option-tuned"), lines},
		"a processor that is off": {readStack(t, `"enabled": true,
            "processors"`, `"enabled": false,
            "processors"`), lines},
		"another processor":      {readStack(t, `"AppendDelimiterToRecord"`, `"Decompression"`), lines},
		"error objects below it": {readStack(t, `"errors/!{`, `"events/year=0/!{`), address + " writes error objects below events/year= too, where they cannot be told from delivered ones; name --bucket, --prefix, --stream and --region instead of --env"},
		"no delivery stream":     {readStack(t, `"aws_kinesis_firehose_delivery_stream": {`, `"aws_sqs_queue": {`, `${aws_kinesis_firehose_delivery_stream.delivery.name}`, ``, `aws_kinesis_firehose_delivery_stream.delivery`, `aws_s3_bucket.bucket`), "it declares 0 delivery streams, and a replay needs exactly one; name --bucket, --prefix, --stream and --region"},
	} {
		if _, err := DeliveredOf(test.stack); fmt.Sprint(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
