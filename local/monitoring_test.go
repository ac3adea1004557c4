package local

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/sdkhttp"
)

// alarmed is a pipeline whose alarm api-4xx is in ALARM after 14 minutes of bad bodies, with the address of its AWS services.
func alarmed(t *testing.T) (*Pipeline, *clockwork.FakeClock, string) {
	t.Helper()
	p, clock, _ := watched(t, "option-partitions", nil)
	for range 14 { // the alarm goes off as soon as its oldest period has 100 requests; nothing reads the stream here, which a minute later is an alarm too
		for range 24 {
			post(p, "oops")
		}
		post(p, `{"event":"signup","user_id":1}`)
		clock.Advance(time.Minute)
		p.endMinute(clock.Now())
	}
	server := httptest.NewServer(p.awsEndpoint())
	t.Cleanup(server.Close)
	return p, clock, server.URL
}

func monitoringClient(url string) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: sdkhttp.Keep(nil),
	})
}

// AWS's Go client, which sends CBOR, sees the alarms and their history.
func TestGoClientSeesTheAlarms(t *testing.T) {
	p, clock, url := alarmed(t)
	client, ctx := monitoringClient(url), t.Context()
	all, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{MaxRecords: aws.Int32(5)})
	if err != nil || len(all.MetricAlarms) != 5 || all.NextToken == nil {
		t.Fatalf("%+v %v", all, err)
	}
	rest, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{NextToken: all.NextToken})
	if err != nil || len(rest.MetricAlarms) != len(p.declared.alarms)-5 || rest.NextToken != nil {
		t.Fatalf("%+v %v", rest, err)
	}
	raised, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm})
	if err != nil || len(raised.MetricAlarms) != 1 {
		t.Fatalf("%+v %v", raised, err)
	}
	a := raised.MetricAlarms[0]
	if *a.AlarmName != "api-kinesis-option-partitions-api-4xx" || *a.Threshold != 5 || *a.EvaluationPeriods != 3 || len(a.Metrics) != 3 || len(a.AlarmActions) != 1 ||
		!strings.HasPrefix(*a.StateReason, "Threshold Crossed: 3 out of the last 3 datapoints [96.0 (") || !a.StateUpdatedTimestamp.Equal(clock.Now()) ||
		*a.Metrics[1].MetricStat.Metric.MetricName != "4XXError" || *a.Metrics[1].MetricStat.Period != 300 || !*a.Metrics[0].ReturnData || *a.Metrics[1].ReturnData {
		t.Errorf("%+v", a)
	}
	plain, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"api-kinesis-option-partitions-api-5xx"}})
	if err != nil || len(plain.MetricAlarms) != 1 || plain.MetricAlarms[0].Statistic != types.StatisticAverage || len(plain.MetricAlarms[0].Dimensions) != 2 {
		t.Errorf("%+v %v", plain, err)
	}
	history, err := client.DescribeAlarmHistory(ctx, &cloudwatch.DescribeAlarmHistoryInput{AlarmName: a.AlarmName, HistoryItemType: types.HistoryItemTypeStateUpdate})
	if err != nil || len(history.AlarmHistoryItems) != 2 || *history.AlarmHistoryItems[0].HistorySummary != "Alarm updated from OK to ALARM" ||
		!strings.Contains(*history.AlarmHistoryItems[0].HistoryData, `"newState":{"stateValue":"ALARM","stateReason":"Threshold Crossed: 3`) {
		t.Errorf("%+v %v", history, err)
	}
	since := clock.Now().Add(-30 * time.Second)
	late, err := client.DescribeAlarmHistory(ctx, &cloudwatch.DescribeAlarmHistoryInput{StartDate: &since, ScanBy: types.ScanByTimestampAscending})
	if err != nil || len(late.AlarmHistoryItems) != 1 {
		t.Errorf("%+v %v", late, err)
	}
	for _, bad := range []*cloudwatch.DescribeAlarmsInput{{NextToken: aws.String("x")}, {MaxRecords: aws.Int32(101)}, {ParentsOfAlarmName: aws.String("x")}} {
		if _, err := client.DescribeAlarms(ctx, bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	_, err = client.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("N"), MetricData: []types.MetricDatum{{MetricName: aws.String("m")}}})
	if err == nil || !strings.Contains(err.Error(), "monitoring (PutMetricData) is not imitated on one machine") {
		t.Error(err)
	}
}

func TestGoClientSeesTheMetrics(t *testing.T) {
	_, clock, url := alarmed(t)
	client, ctx := monitoringClient(url), t.Context()
	listed, err := client.ListMetrics(ctx, &cloudwatch.ListMetricsInput{
		Namespace: aws.String("AWS/ApiGateway"), Dimensions: []types.DimensionFilter{{Name: aws.String("Stage"), Value: aws.String("option-partitions")}, {Name: aws.String("Method")}},
	})
	if err != nil || len(listed.Metrics) != 5 {
		t.Fatalf("%+v %v", listed, err)
	}
	dimensions := []types.Dimension{{Name: aws.String("ApiName"), Value: listed.Metrics[0].Dimensions[0].Value}, {Name: aws.String("Stage"), Value: aws.String("option-partitions")}}
	from, until := clock.Now().Add(-10*time.Minute), clock.Now()
	metric := func(id, name, stat string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, ReturnData: aws.Bool(id == "requests"), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("AWS/ApiGateway"), MetricName: &name, Dimensions: dimensions}, Period: aws.Int32(300), Stat: &stat,
		}}
	}
	data, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{StartTime: &from, EndTime: &until, MetricDataQueries: []types.MetricDataQuery{
		{Id: aws.String("share"), Expression: aws.String("100 * refused / requests"), Label: aws.String("refused")},
		metric("refused", "4XXError", "Sum"), metric("requests", "Count", "SampleCount"),
	}})
	if err != nil || len(data.MetricDataResults) != 2 {
		t.Fatalf("%+v %v", data, err)
	}
	share, requests := data.MetricDataResults[0], data.MetricDataResults[1]
	if *share.Label != "refused" || len(share.Values) != 2 || share.Values[0] != 96 || !share.Timestamps[0].Equal(until.Add(-5*time.Minute)) ||
		*requests.Label != "Count" || requests.Values[1] != 125 || requests.StatusCode != types.StatusCodeComplete {
		t.Errorf("%+v\n%+v", share, requests)
	}
	first := func(plain []types.Statistic, extended []string) types.Datapoint {
		t.Helper()
		statistics, err := client.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: aws.String("AWS/ApiGateway"), MetricName: aws.String("4XXError"), Dimensions: dimensions, StartTime: &from, EndTime: &until, Period: aws.Int32(60),
			Statistics: plain, ExtendedStatistics: extended,
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(statistics.Datapoints); n != 10 {
			t.Fatalf("%d data points", n)
		}
		return statistics.Datapoints[0]
	}
	if d := first([]types.Statistic{types.StatisticSum, types.StatisticAverage}, nil); *d.Sum != 24 || *d.Average != 0.96 || d.Unit != types.StandardUnitCount || !d.Timestamp.Equal(from) {
		t.Errorf("%+v", d)
	}
	if d := first(nil, []string{"p99"}); d.ExtendedStatistics["p99"] != 1 || d.Unit != types.StandardUnitCount {
		t.Errorf("%+v", d)
	}
	_, err = client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{StartTime: &from, EndTime: &until, MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("s"), Expression: aws.String(`SEARCH('x', 'Sum', 300)`)}}})
	if err == nil || !strings.Contains(err.Error(), "the function SEARCH of metric math is not imitated on one machine") {
		t.Error(err)
	}
	if _, err := client.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("N"), MetricName: aws.String("m"), StartTime: &until, EndTime: &from, Period: aws.Int32(60), Statistics: []types.Statistic{types.StatisticSum},
	}); err == nil || !strings.Contains(err.Error(), "StartTime must be less than") {
		t.Error(err)
	}
}

// boto3 sends JSON.
func TestPythonClientSeesAlarmsAndMetrics(t *testing.T) {
	_, _, url := alarmed(t)
	drivePython(t, url, "monitoring.py")
}

// Older clients send the query protocol.
func TestTheQueryProtocolSeesAlarmsAndMetrics(t *testing.T) {
	_, clock, address := alarmed(t)
	ask := func(form url.Values) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=x")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	at := func(minutes int) []string {
		return []string{clock.Now().Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)}
	}
	for name, test := range map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"alarms": {url.Values{"Action": {"DescribeAlarms"}, "AlarmNames.member.1": {"api-kinesis-option-partitions-api-4xx"}}, 200,
			"<DescribeAlarmsResult><CompositeAlarms></CompositeAlarms><MetricAlarms><member><AlarmName>api-kinesis-option-partitions-api-4xx</AlarmName>"},
		"statistics": {url.Values{
			"Action": {"GetMetricStatistics"}, "Namespace": {"AWS/Kinesis"}, "MetricName": {"PutRecord.Success"}, "Statistics.member.1": {"Sum"}, "Period": {"300"},
			"StartTime": at(-5), "EndTime": at(0), "Dimensions.member.1.Name": {"StreamName"}, "Dimensions.member.1.Value": {"api-kinesis-stream-option-partitions"},
		}, 200, "<Label>PutRecord.Success</Label><Datapoints><member><Timestamp>2026-01-02T12:09:00.000Z</Timestamp><Unit>Count</Unit><Sum>5</Sum></member></Datapoints>"},
		"a missing time": {url.Values{"Action": {"GetMetricStatistics"}, "Namespace": {"AWS/Kinesis"}, "MetricName": {"PutRecord.Success"}}, 400, "<Code>MissingParameter</Code><Message>The parameter StartTime is required.</Message>"},
		"an unknown one": {url.Values{"Action": {"ListDashboards"}}, 501, "monitoring (ListDashboards) is not imitated on one machine"},
	} {
		test.form.Set("Version", "2010-08-01")
		if status, text := ask(test.form); status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
}
