package local

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
)

// A stack with alarms runs as without them, with one notice that nothing is notified.
func TestAWatchedPipelineRuns(t *testing.T) {
	const notice = "alarms are evaluated, and notify nobody; the dashboard is not shown"
	file := filepath.Join(t.TempDir(), "cdk.tf.json")
	watched := strings.Replace(string(goldens.Read(t, "dev")), `"resource": {`, `"resource": {
		"aws_sns_topic": {"t": {"name": "alarms"}},
		"aws_sns_topic_policy": {"p": {"arn": "${aws_sns_topic.t.arn}", "policy": "{}"}},
		"aws_sns_topic_subscription": {"s": {"topic_arn": "${aws_sns_topic.t.arn}", "protocol": "email", "endpoint": "a@example.com"}},
		"aws_cloudwatch_metric_alarm": {"a": {"alarm_name": "a", "alarm_actions": ["${aws_sns_topic.t.arn}"], "comparison_operator": "GreaterThanThreshold", "threshold": 1,
			"evaluation_periods": 1, "period": 60, "namespace": "AWS/Kinesis", "metric_name": "IncomingRecords", "statistic": "Sum", "dimensions": {"StreamName": "s"}}},
		"aws_cloudwatch_dashboard": {"d": {"dashboard_name": "d", "dashboard_body": "${aws_cloudwatch_metric_alarm.a.arn}"}},`, 1)
	if err := os.WriteFile(file, []byte(watched), 0o644); err != nil {
		t.Fatal(err)
	}
	with, err := readStack(Options{Stack: file}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	without, err := readStack(Options{Stack: goldens.File(t, "dev")}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	said := with.notices()
	at := slices.Index(said, notice)
	if at < 0 || !slices.Equal(slices.Delete(said, at, at+1), without.notices()) {
		t.Errorf("the notices are %q, want those of the same stack without alarms and %q", with.notices(), notice)
	}
}

// Each difference between prod and this machine has one line, though prod has three buckets.
func TestWhatIsNotImitatedOfProd(t *testing.T) {
	d, err := readStack(Options{Stack: goldens.File(t, "prod")}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	const buckets = "api-kinesis-access-log-prod, api-kinesis-firehose-bucket-prod, api-kinesis-query-prod"
	want := []string{
		queried,
		unwatched,
		unguarded,
		"nothing in " + buckets + " expires or changes its storage class",
		"everyone who reaches the AWS address may read and write " + buckets,
		"old versions of the objects in " + buckets + " are not kept",
		"requests to api-kinesis-firehose-bucket-prod are not logged to api-kinesis-access-log-prod",
		"log lines never expire",
		"X-Ray and encryption at rest are not imitated",
	}
	if diff := cmp.Diff(want, d.notices()); diff != "" {
		t.Errorf("the notices (-want +got):\n%s", diff)
	}
}
