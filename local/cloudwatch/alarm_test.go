package cloudwatch

import (
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/tfjson"
)

// alarmsOf reads the alarm a with the given attributes, over those of a plain one.
func alarmsOf(t *testing.T, attributes string) ([]Alarm, error) {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(`{"provider": {"aws": {"region": "eu-west-1"}}, "resource": {"aws_cloudwatch_metric_alarm": {"a": {` + attributes + `}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: "111122223333", Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	return ReadAlarms(resolved)
}

const (
	compared = `"alarm_name": "n", "comparison_operator": "GreaterThanThreshold", "threshold": 1, "evaluation_periods": 3`
	single   = `"namespace": "AWS/Kinesis", "metric_name": "m", "period": 60, "statistic": "Sum"`
	plain    = compared + ", " + single
)

func TestReadAlarms(t *testing.T) {
	alarms, err := alarmsOf(t, plain+`, "datapoints_to_alarm": 2, "treat_missing_data": "ignore", "actions_enabled": false, "alarm_actions": ["arn:a"], "ok_actions": ["arn:b"]`)
	if err != nil || len(alarms) != 1 {
		t.Fatal(alarms, err)
	}
	a := alarms[0]
	if a.arn != "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:n" || a.periods != 3 || a.datapoints != 2 || a.missing != "ignore" || a.actionsEnabled ||
		a.actions[Alarming][0] != "arn:a" || a.actions[OK][0] != "arn:b" || a.period.Seconds() != 60 {
		t.Errorf("%+v", a)
	}
	if alarms, err := alarmsOf(t, plain); err != nil || alarms[0].datapoints != 3 || alarms[0].missing != "missing" || !alarms[0].actionsEnabled {
		t.Errorf("%+v %v", alarms, err)
	}
}

// What cannot be evaluated here is refused by name.
func TestReadAlarmsRefuses(t *testing.T) {
	const (
		elsewhere = " is not imitated on one machine; leave the alarm out of the environment that runs here"
		metric    = `"metric": {"namespace": "N", "metric_name": "m", "period": 60, "stat": "Sum"}`
	)
	for name, test := range map[string]struct{ attributes, want string }{
		"anomaly detection": {`"alarm_name": "n", "comparison_operator": "GreaterThanUpperThreshold", "threshold_metric_id": "e1", "evaluation_periods": 3`,
			`anomaly detection (comparison_operator GreaterThanUpperThreshold, threshold_metric_id "e1")` + elsewhere},
		"high resolution":   {compared + `, "namespace": "N", "metric_name": "m", "statistic": "Sum", "period": 10`, "a period of 10 s (a high-resolution alarm)" + elsewhere},
		"a trimmed mean":    {compared + `, "namespace": "N", "metric_name": "m", "extended_statistic": "tm90", "period": 60`, `the statistic "tm90" is not imitated on one machine; use SampleCount, Sum, Average, Minimum, Maximum or a percentile such as p99`},
		"two statistics":    {plain + `, "extended_statistic": "p99"`, "statistic and extended_statistic: set one of them"},
		"few samples":       {plain + `, "evaluate_low_sample_count_percentiles": "ignore"`, `evaluate_low_sample_count_percentiles = "ignore"` + elsewhere},
		"a long look back":  {compared + `, "namespace": "N", "metric_name": "m", "statistic": "Sum", "period": 28800`, "an evaluation of 40h0m0s" + elsewhere},
		"a long percentile": {compared + `, "namespace": "N", "metric_name": "m", "extended_statistic": "p99", "period": 3600`, "a percentile over 5h0m0s" + elsewhere},
		"a treatment":       {plain + `, "treat_missing_data": "good"`, `treat_missing_data is "good"; use missing, ignore, breaching or notBreaching`},
		"too many":          {plain + `, "datapoints_to_alarm": 4`, "datapoints_to_alarm is 4, and evaluation_periods 3; use 1 to as many datapoints as periods"},
		"no threshold":      {`"alarm_name": "n", "comparison_operator": "GreaterThanThreshold", "evaluation_periods": 3, ` + single, "threshold is not set; set it"},
		"another account":   {compared + `, "metric_query": [{"id": "a", "account_id": "1", "return_data": true, ` + metric + `}]`, `metric_query a: a metric of another account (account_id "1")` + elsewhere},
		"a function":        {compared + `, "metric_query": [{"id": "e", "expression": "RATE(a)", "return_data": true}, {"id": "a", ` + metric + `}]`, `metric_query e: the expression "RATE(a)": the function RATE of metric math` + elsewhere},
		"no such variable":  {compared + `, "metric_query": [{"id": "e", "expression": "a + b", "return_data": true}, {"id": "a", ` + metric + `}]`, `metric_query: no query has the id "b"; declare it`},
		"a circle":          {compared + `, "metric_query": [{"id": "e", "expression": "f + 1", "return_data": true}, {"id": "f", "expression": "e + 1"}]`, `metric_query: the expression "f + 1" needs itself`},
		"nothing compared":  {compared + `, "metric_query": [{"id": "a", ` + metric + `}]`, "metric_query: none has return_data; set it in the one that is compared"},
		"an attribute":      {plain + `, "colour": "red"`, "the attribute colour is not imitated on one machine; leave it out of the environment that runs here"},
	} {
		want := "aws_cloudwatch_metric_alarm.a: " + test.want
		if _, err := alarmsOf(t, test.attributes); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant: %s", name, err, want)
		}
	}
}

func TestUnmeasuredMetrics(t *testing.T) {
	alarms, err := alarmsOf(t, compared+`, "namespace": "AWS/WAFV2", "metric_name": "BlockedRequests", "period": 60, "statistic": "Sum"`)
	if got := Unmeasured(alarms); err != nil || len(got) != 1 || got[0] != "AWS/WAFV2 BlockedRequests" {
		t.Errorf("%v %v", got, err)
	}
	for metric, want := range map[string]string{
		`"namespace": "AWS/Kinesis", "metric_name": "IncomingBytes", "dimensions": {"StreamName": "s"}`:                  "",
		`"namespace": "AWS/Kinesis", "metric_name": "IncomingBytes", "dimensions": {"StreamName": "s"}, "unit": "Bytes"`: "",
		`"namespace": "AWS/Kinesis", "metric_name": "IncomingBytes", "dimensions": {"StreamName": "s"}, "unit": "Count"`: "AWS/Kinesis IncomingBytes by StreamName in Count",
		`"namespace": "AWS/Kinesis", "metric_name": "IncomingBytes", "dimensions": {"StreamName": "s", "ShardId": "1"}`:  "AWS/Kinesis IncomingBytes by ShardId, StreamName",
		`"namespace": "AWS/Kinesis", "metric_name": "IncomingByte", "dimensions": {"StreamName": "s"}`:                   "AWS/Kinesis IncomingByte by StreamName",
		`"namespace": "AWS/ApiGateway", "metric_name": "Latency", "dimensions": {"ApiName": "a"}`:                        "",
		`"namespace": "AWS/ApiGateway", "metric_name": "Latency", "dimensions": {"Stage": "a"}`:                          "AWS/ApiGateway Latency by Stage",
	} {
		alarms, err := alarmsOf(t, compared+`, "period": 60, "statistic": "Sum", `+metric)
		if got := strings.Join(Unmeasured(alarms), "; "); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", metric, got, err, want)
		}
	}
}

// An alarm in another unit than the metric's finds no data.
func TestAnAlarmInAnotherUnit(t *testing.T) {
	for unit, state := range map[string]State{"Bytes": Alarming, "Count": InsufficientData} {
		alarms, err := alarmsOf(t, compared+`, "namespace": "AWS/Kinesis", "metric_name": "IncomingBytes", "dimensions": {"StreamName": "s"}, "period": 60, "statistic": "Sum", "unit": "`+unit+`", "datapoints_to_alarm": 1`)
		if err != nil {
			t.Fatal(err)
		}
		metrics := NewMetrics()
		NewStreamMetrics(metrics, "s").Written(kinesis.Written{Stream: "s", At: noon, Records: 1, Bytes: 1000})
		if got := alarms[0].evaluate(metrics, noon.Add(time.Minute)); got.state != state {
			t.Errorf("in %s it is %s, want %s", unit, got.state, state)
		}
	}
}
