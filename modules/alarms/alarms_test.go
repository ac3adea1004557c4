package alarms

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

func TestMain(m *testing.M) { tftest.Main(m) }

// pipeline is the default environment's pipeline.
func pipeline() Pipeline {
	env := spec.Default("dev")
	return Pipeline{
		APIName: "api", Stage: "stage", LatencyP99: env.Alarms.LatencyP99, RefusedPercent: env.Alarms.RefusedPercent,
		StreamName: "stream", Capacity: env.Stream.Capacity, Retention: env.Stream.Retention,
		DeliveryStreamName: "delivery", DeliveryLogGroup: "log", BufferInterval: env.Delivery.BufferInterval,
		BucketName: "bucket",
	}
}

func config(p Pipeline) Config {
	return Config{Pipeline: p, Name: func(id string) string { return "alarm-" + id }, TopicARN: "arn:topic", Runbooks: "docs/runbooks"}
}

// thresholds are the alarms' thresholds by id, with the expressions that contain numbers.
func thresholds(p Pipeline) map[string]any {
	found := map[string]any{}
	for _, a := range all(p) {
		found[a.id] = a.condition.Threshold
		if strings.ContainsAny(a.condition.Expression, "0123456789") {
			found[a.id+" expression"] = a.condition.Expression
		}
	}
	return found
}

func TestThresholdsOfTheDefaults(t *testing.T) {
	want := map[string]any{
		"api-5xx":                     0.01,
		"api-4xx":                     5.0,
		"api-4xx expression":          "IF(requests >= 100, 100 * refused / requests, 0)",
		"api-latency":                 1000.0,
		"api-latency expression":      "IF(requests >= 100, slowest, 0)",
		"stream-refused":              0.01,
		"stream-refused expression":   "(one - one_taken - FILL(throttled, 0)) / one",
		"stream-throttled":            0.01,
		"stream-throttled expression": "throttled / (throttled + FILL(taken, 0))",
		"stream-full":                 80.0,
		"stream-full expression":      "100 * IF(bytes / 314572800 > records / 300000, bytes / 314572800, records / 300000)",
		"stream-unread":               1.0,
		"stream-age":                  21_600_000.0, // 6 of 24 hours
		"stream-reads-throttled":      0.0,
		"delivery-stale":              360.0, // 60 s of buffer and 300 s
		"delivery-failed":             1.0,
		"delivery-errors":             0.0,
	}
	if diff := cmp.Diff(want, thresholds(pipeline())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestThresholdsFollowTheEnvironment(t *testing.T) {
	p := pipeline()
	p.LatencyP99, p.RefusedPercent = 250*time.Millisecond, 3
	p.Capacity, p.Retention, p.BufferInterval = spec.Provisioned(4), 168*time.Hour, 15*time.Minute
	got := thresholds(p)
	want := map[string]any{
		"api-4xx":                3.0,
		"api-4xx expression":     "IF(requests >= 167, 100 * refused / requests, 0)", // 5 of 166 are more than 3 percent
		"api-latency":            250.0,
		"stream-full expression": "100 * IF(bytes / 1258291200 > records / 1200000, bytes / 1258291200, records / 1200000)",
		"stream-age":             151_200_000.0, // 42 of 168 hours
		"delivery-stale":         1200.0,
	}
	before := thresholds(pipeline())
	for id, value := range got {
		expected, changed := want[id]
		if !changed {
			expected = before[id]
		}
		if value != expected {
			t.Errorf("%s: got %v, want %v", id, value, expected)
		}
	}
}

// With partitions a record may wait longer, and there is another alarm, whose metric the dashboard shows.
func TestPartitionsAreWatched(t *testing.T) {
	p := pipeline()
	before := len(rows(p, nil))
	p.Partitioned = true
	got := thresholds(p)
	if got["delivery-partitions"] != 0.0 || got["delivery-stale"] != 390.0 || len(rows(p, nil)) != before {
		t.Errorf("got %v", got)
	}
	checkDrawn(t, p)
}

func TestABatchIsACallToo(t *testing.T) {
	p := pipeline()
	p.Batch = true
	const want = "((FILL(one, 0) + FILL(many, 0)) - (FILL(one_taken, 0) + FILL(many_taken, 0)) - FILL(throttled, 0)) / (FILL(one, 0) + FILL(many, 0))"
	if got := thresholds(p)["stream-refused expression"]; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if lines := p.successes(); len(lines) != 2 || lines[1].Name != "PutRecords.Success" {
		t.Errorf("the dashboard shows %v", lines)
	}
}

// Long before the stream loses a record, the record must be in the bucket or an alarm must call somebody, in every environment.
func TestSomebodyIsCalledLongBeforeTheRetentionEnds(t *testing.T) {
	p := pipeline()
	p.BufferInterval, p.Retention = 900*time.Second, 24*time.Hour // the longest, and the shortest
	stale, aged := staleDelivery(p).condition, agedRecords(p).condition
	called := time.Duration(stale.Threshold)*time.Second + time.Duration(stale.Periods)*stale.Period
	if called > p.Retention/24 {
		t.Errorf("a delivery that stands still calls somebody after %s of %s", called, p.Retention)
	}
	called = time.Duration(aged.Threshold)*time.Millisecond + time.Duration(aged.Periods)*aged.Period
	if called > p.Retention/2 {
		t.Errorf("a stream that is behind calls somebody after %s of %s", called, p.Retention)
	}
}

func TestAStreamOnDemandHasNoShardsToFill(t *testing.T) {
	p := pipeline()
	provisioned := thresholds(p)
	p.Capacity = spec.OnDemand()
	delete(provisioned, "stream-full")
	delete(provisioned, "stream-full expression")
	if diff := cmp.Diff(provisioned, thresholds(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, widget := range streamGraphs(p)[:2] {
		if widget.Limits != nil {
			t.Errorf("%s has the limits %v", widget.Title, widget.Limits)
		}
	}
}

// No alarm has a condition that CloudWatch would refuse, or a text that nobody would understand.
func TestConditions(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range all(pipeline()) {
		c := a.condition
		if seen[a.id] {
			t.Errorf("two alarms are called %s", a.id)
		}
		seen[a.id] = true
		if a.level != page && a.level != notice || !strings.HasSuffix(a.says, ".") {
			t.Errorf("%s is %q, %q", a.id, a.level, a.says)
		}
		if c.Period < time.Minute || c.Period%time.Minute != 0 || time.Duration(c.Periods)*c.Period > 24*time.Hour {
			t.Errorf("%s has %d periods of %s", a.id, c.Periods, c.Period)
		}
		if (c.Expression == "") != (len(c.Metrics) == 1) {
			t.Errorf("%s has %d metrics and the expression %q", a.id, len(c.Metrics), c.Expression)
		}
		for _, m := range c.Metrics {
			if c.Expression != "" && !strings.Contains(c.Expression, m.ID) {
				t.Errorf("%s: %q does not use %s", a.id, c.Expression, m.ID)
			}
			if m.Namespace == "AWS/Firehose" && c.Period < firehosePeriod {
				t.Errorf("%s looks every %s, and Firehose sends %s every %s", a.id, c.Period, m.Name, firehosePeriod)
			}
		}
	}
}

func TestNew(t *testing.T) {
	var arns []string
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cfg := config(pipeline())
		cfg.Runbooks = "https://example.com/runbooks/"
		arns = New(stack, "alarms", cfg)
	})
	if len(resources) != 12 || len(arns) != 12 {
		t.Errorf("%d resources and %d ARNs, want 12 alarms", len(resources), len(arns))
	}
	resources.Expect(t, "aws_cloudwatch_metric_alarm.alarms_stream-unread", `{
		"alarm_name": "alarm-stream-unread",
		"alarm_description": "page: Nothing reads the stream: events wait in it and are not delivered. Runbook: https://example.com/runbooks/stream-unread.md",
		"namespace": "AWS/Kinesis",
		"metric_name": "GetRecords.Success",
		"dimensions": {"StreamName": "stream"},
		"statistic": "Sum",
		"comparison_operator": "LessThanThreshold",
		"threshold": 1,
		"period": 60,
		"evaluation_periods": 15,
		"datapoints_to_alarm": 15,
		"treat_missing_data": "breaching",
		"alarm_actions": ["arn:topic"],
		"ok_actions": ["arn:topic"]
	}`)
}

func TestTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		for _, id := range []string{"first", "second"} {
			New(stack, id, config(pipeline()))
			NewDashboard(stack, id+"-dashboard", DashboardConfig{Pipeline: pipeline(), Name: id})
		}
	})
	if got := len(resources.Of("aws_cloudwatch_metric_alarm.first_")); got != 12 || len(resources) != 2*12+2 {
		t.Errorf("%d alarms are the first's, of %d resources", got, len(resources))
	}
}

// Every metric that an alarm watches is on the dashboard, so a person who is called sees its cause.
func TestTheDashboardShowsWhatTheAlarmsWatch(t *testing.T) { checkDrawn(t, pipeline()) }

func checkDrawn(t *testing.T, p Pipeline) {
	t.Helper()
	drawn := map[string]bool{}
	for _, row := range rows(p, nil) {
		for _, widget := range row.Widgets {
			for _, line := range widget.Lines {
				drawn[line.Namespace+" "+line.Name] = true
			}
		}
	}
	for _, a := range all(p) {
		for _, m := range a.condition.Metrics {
			// The age of the read records shows whether anything reads at all: each read sends it.
			if name := m.Namespace + " " + m.Name; !drawn[name] && name != "AWS/Kinesis GetRecords.Success" {
				t.Errorf("%s is not on the dashboard", name)
			}
		}
	}
}

func TestTheDashboardsFirstRow(t *testing.T) {
	arns := []string{"arn:a", "arn:b"}
	with, without := rows(pipeline(), arns), rows(pipeline(), nil)
	want := cloudwatch.Row{Height: alarmsHeight, Widgets: []cloudwatch.Widget{{Title: "Alarms", AlarmARNs: arns}}}
	if diff := cmp.Diff(append([]cloudwatch.Row{want}, without...), with); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each metric has its service's dimensions.
func TestDimensions(t *testing.T) {
	p := pipeline()
	for _, test := range []struct {
		metric cloudwatch.Metric
		want   []string
	}{
		{p.api("Count", "Sum"), []string{"ApiName=api", "Stage=stage"}},
		{p.stream("IncomingBytes", "Sum"), []string{"StreamName=stream"}},
		{p.delivery("DeliveryToS3.Bytes", "Sum"), []string{"DeliveryStreamName=delivery"}},
		{p.deliveryLog(), []string{"LogGroupName=log"}},
		{p.bucket("NumberOfObjects", "AllStorageTypes"), []string{"BucketName=bucket", "StorageType=AllStorageTypes"}},
	} {
		var got []string
		for _, name := range slices.Sorted(maps.Keys(test.metric.Dimensions)) {
			got = append(got, name+"="+test.metric.Dimensions[name])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.metric.Name, got, test.want)
		}
	}
}
