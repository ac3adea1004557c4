package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/tfjson"
)

func TestMain(m *testing.M) {
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

// The app's stacks hold the pipeline, what the app adds to it, and the modules that it takes alone.
func TestOwnApp(t *testing.T) {
	outdir := t.TempDir()
	if err := declare(cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(outdir), StackTraces: jsii.Bool(false)})); err != nil {
		t.Fatal(err)
	}
	orders := readStack(t, outdir, "orders")
	for _, typ := range []string{"aws_api_gateway_rest_api", "aws_kinesis_stream", "aws_kinesis_firehose_delivery_stream", "aws_sqs_queue"} {
		if got := len(orders.Resources(typ)); got != 1 {
			t.Errorf("orders has %d of %s, want 1", got, typ)
		}
	}
	notification := orders.Resources("aws_s3_bucket_notification")[0].Body
	if got := notification["bucket"]; got != "${aws_s3_bucket.bucket.bucket}" {
		t.Errorf("the notification is of the bucket %v", got)
	}
	queue, err := orders.Resources("aws_s3_bucket_notification")[0].Blocks("queue")
	if err != nil || len(queue) != 1 || queue[0]["queue_arn"] != "${aws_sqs_queue.new-objects.arn}" {
		t.Errorf("it goes to %v (%v)", queue, err)
	}
	allowed := orders.Resources("aws_sqs_queue_policy")[0].Body["policy"].(string)
	if !strings.Contains(allowed, `{"aws:SourceArn":["${aws_s3_bucket.bucket.arn}"]}`) {
		t.Errorf("the queue's policy is %s", allowed)
	}

	clicks := readStack(t, outdir, "clicks")
	if len(clicks.All()) != 3 {
		t.Errorf("clicks has the resources %v", clicks.All())
	}
	write := clicks.Resources("aws_iam_role_policy")[0].Body["policy"].(string)
	if !strings.Contains(write, `"Action":["kinesis:PutRecord"],"Resource":["${aws_kinesis_stream.stream.arn}"]`) {
		t.Errorf("the producer may %s", write)
	}
}

func readStack(t *testing.T, outdir, name string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.ReadFile(filepath.Join(outdir, "stacks", name, "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}
