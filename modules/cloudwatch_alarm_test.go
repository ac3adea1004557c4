package modules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/internal/tftest"
)

func cloudwatchRequests(statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/ApiGateway", Name: "Count", Dimensions: map[string]string{"ApiName": "a", "Stage": "s"}, Statistic: statistic,
	}
}

func cloudwatchSlow(statistic string) cloudwatch.AlarmConfig {
	return cloudwatch.AlarmConfig{
		Name: "slow", Description: "Slow.", TopicARN: "arn:topic",
		Condition: cloudwatch.Condition{
			Metrics:    []cloudwatch.Variable{{Metric: cloudwatchRequests(statistic)}},
			Comparison: cloudwatch.Above,
			Threshold:  0.5,
			Period:     time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood,
		},
	}
}

func TestCloudWatchAlarmOnOneMetric(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { cloudwatch.NewAlarm(stack, "slow", cloudwatchSlow("Sum")) })
	resources.Expect(t, "aws_cloudwatch_metric_alarm.slow", `{
		"alarm_name": "slow",
		"alarm_description": "Slow.",
		"namespace": "AWS/ApiGateway",
		"metric_name": "Count",
		"dimensions": {"ApiName": "a", "Stage": "s"},
		"statistic": "Sum",
		"comparison_operator": "GreaterThanThreshold",
		"threshold": 0.5,
		"period": 60,
		"evaluation_periods": 3,
		"datapoints_to_alarm": 3,
		"treat_missing_data": "notBreaching",
		"alarm_actions": ["arn:topic"],
		"ok_actions": ["arn:topic"]
	}`)
}

func TestCloudWatchAlarmOnAPercentile(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { cloudwatch.NewAlarm(stack, "slow", cloudwatchSlow("p99")) })
	alarm := resources["aws_cloudwatch_metric_alarm.slow"]
	if diff := cmp.Diff([]any{nil, "p99"}, []any{alarm["statistic"], alarm["extended_statistic"]}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCloudWatchAlarmOnAnExpression(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudwatch.NewAlarm(stack, "few", cloudwatch.AlarmConfig{
			Name: "few", Description: "Few.", TopicARN: "arn:topic",
			Condition: cloudwatch.Condition{
				Metrics:    []cloudwatch.Variable{{ID: "a", Metric: cloudwatchRequests("Sum")}, {ID: "b", Metric: cloudwatchRequests("SampleCount")}},
				Expression: "a / b",
				Comparison: cloudwatch.Below,
				Threshold:  1,
				Period:     5 * time.Minute,
				Periods:    1,
				Missing:    cloudwatch.MissingIsBad,
			},
		})
	})
	metric := func(id, statistic string) string {
		return `{"id": "` + id + `", "metric": {"namespace": "AWS/ApiGateway", "metric_name": "Count", "stat": "` + statistic +
			`", "period": 300, "dimensions": {"ApiName": "a", "Stage": "s"}}}`
	}
	resources.Expect(t, "aws_cloudwatch_metric_alarm.few", `{
		"alarm_name": "few",
		"alarm_description": "Few.",
		"metric_query": [{"id": "value", "expression": "a / b", "return_data": true}, `+metric("a", "Sum")+`, `+metric("b", "SampleCount")+`],
		"comparison_operator": "LessThanThreshold",
		"threshold": 1,
		"evaluation_periods": 1,
		"datapoints_to_alarm": 1,
		"treat_missing_data": "breaching",
		"alarm_actions": ["arn:topic"],
		"ok_actions": ["arn:topic"]
	}`)
}

func TestCloudWatchTwoAlarmsInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		for _, id := range []string{"first", "second"} {
			c := constructs.NewConstruct(stack, jsii.String(id))
			cloudwatch.NewAlarm(c, "slow", cloudwatchSlow("Sum"))
			cloudwatch.NewDashboard(c, "dashboard", cloudwatch.DashboardConfig{Name: id})
		}
	})
	resources.ExpectAddresses(t,
		"aws_cloudwatch_dashboard.first_dashboard", "aws_cloudwatch_dashboard.second_dashboard",
		"aws_cloudwatch_metric_alarm.first_slow", "aws_cloudwatch_metric_alarm.second_slow")
}

func TestCloudWatchEmptyDashboard(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudwatch.NewDashboard(stack, "dashboard", cloudwatch.DashboardConfig{Name: "empty"})
	})
	resources.Expect(t, "aws_cloudwatch_dashboard.dashboard", `{"dashboard_name": "empty", "dashboard_body": "{\"widgets\":[]}"}`)
}

func TestCloudWatchDashboard(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudwatch.NewDashboard(stack, "dashboard", cloudwatch.DashboardConfig{
			Name: "all", Region: "eu-west-1",
			Rows: []cloudwatch.Row{
				{Height: 1, Widgets: []cloudwatch.Widget{{Markdown: "a > b & c"}}},
				{Height: 6, Widgets: []cloudwatch.Widget{
					{Title: "Alarms", AlarmARNs: []string{"arn:alarm"}},
					{
						Title: "Requests", Period: time.Hour, Days: 3,
						Lines:  []cloudwatch.Line{{Metric: cloudwatchRequests("Sum"), Label: "all"}},
						Limits: []cloudwatch.Limit{{Label: "most", Value: 1.5}},
					},
				}},
				{Height: 2, Widgets: []cloudwatch.Widget{{Markdown: "end"}}},
			},
		})
	})
	want := strings.Join([]string{
		`{"widgets":[{"type":"text","x":0,"y":0,"width":24,"height":1,"properties":{"markdown":"a > b & c"}},`,
		`{"type":"alarm","x":0,"y":1,"width":12,"height":6,"properties":{"alarms":["arn:alarm"],"title":"Alarms"}},`,
		`{"type":"metric","x":12,"y":1,"width":12,"height":6,"properties":{`,
		`"annotations":{"horizontal":[{"label":"most","value":1.5}]},`,
		`"metrics":[["AWS/ApiGateway","Count","ApiName","a","Stage","s",{"label":"all","stat":"Sum"}]],`,
		`"period":3600,"region":"eu-west-1","start":"-P3D","title":"Requests","view":"timeSeries","yAxis":{"left":{"min":0}}}},`,
		`{"type":"text","x":0,"y":7,"width":24,"height":2,"properties":{"markdown":"end"}}]}`,
	}, "")
	if diff := cmp.Diff(want, resources["aws_cloudwatch_dashboard.dashboard"]["dashboard_body"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
