package tfjson_test

import "testing"

// The values are those of an apply of a topic, an alarm and a dashboard with the AWS provider 5.100.0 on moto.
func TestResolveWhatWatches(t *testing.T) {
	resolved := resolve(t, read(t, inStack(`"resource": {
		"aws_sns_topic": {"t": {"name": "alarms"}},
		"aws_sns_topic_policy": {"p": {"arn": "${aws_sns_topic.t.arn}", "policy": "{}"}},
		"aws_cloudwatch_metric_alarm": {"a": {"alarm_name": "slow", "alarm_actions": ["${aws_sns_topic.t.id}"]}},
		"aws_cloudwatch_dashboard": {"d": {"dashboard_name": "all"}}
	}`)), here)
	for _, want := range [][3]string{
		{"aws_sns_topic.t", "arn", "arn:aws:sns:us-east-1:123456789012:alarms"},
		{"aws_sns_topic.t", "id", "arn:aws:sns:us-east-1:123456789012:alarms"},
		{"aws_sns_topic.t", "owner", "123456789012"},
		{"aws_sns_topic_policy.p", "id", "arn:aws:sns:us-east-1:123456789012:alarms"},
		{"aws_cloudwatch_metric_alarm.a", "arn", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:slow"},
		{"aws_cloudwatch_metric_alarm.a", "id", "slow"},
		{"aws_cloudwatch_metric_alarm.a", "treat_missing_data", "missing"},
		{"aws_cloudwatch_dashboard.d", "id", "all"},
		{"aws_cloudwatch_dashboard.d", "dashboard_arn", "arn:aws:cloudwatch::123456789012:dashboard/all"},
	} {
		if got, err := resolved.Attribute(want[0], want[1]); err != nil || got != want[2] {
			t.Errorf("%s.%s is %q, error %v; want %q", want[0], want[1], got, err, want[2])
		}
	}
}
