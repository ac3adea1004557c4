package deploytest

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// query calls one of AWS's older APIs, which take forms and answer with XML. The project has no other use for their clients.
func query(t *testing.T, endpoint, service, version, action string, form url.Values, answer any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	form.Set("Action", action)
	form.Set("Version", version)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// Moto finds the service by the credential's scope, and verifies no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260101/"+region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", action, response.Status, err, text)
	}
	if err := xml.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s: %v: %s", action, err, text)
	}
}

// deployedAlarm has the attributes of an alarm that the test reads.
type deployedAlarm struct {
	AlarmName        string
	AlarmDescription string
	MetricName       string
	Threshold        float64
	Period           int
	TreatMissingData string
	ActionsEnabled   bool
	AlarmActions     []string `xml:"AlarmActions>member"`
	OKActions        []string `xml:"OKActions>member"`
	Metrics          []struct {
		ID         string `xml:"Id"`
		Expression string
	} `xml:"Metrics>member"`
}

func describeAlarms(t *testing.T, endpoint string) []deployedAlarm {
	t.Helper()
	var answer struct {
		Alarms []deployedAlarm `xml:"DescribeAlarmsResult>MetricAlarms>member"`
	}
	query(t, endpoint, "monitoring", "2010-08-01", "DescribeAlarms", url.Values{}, &answer)
	return answer.Alarms
}

// topicARN is the topic of an environment's alarms.
func topicARN(env string) string {
	return "arn:aws:sns:us-east-1:123456789012:api-kinesis-alarms-" + env
}

func checkAlarms(t *testing.T, endpoint, env string) {
	t.Helper()
	topic, prefix := []string{topicARN(env)}, "api-kinesis-"+env+"-"
	byName := map[string]deployedAlarm{}
	for _, alarm := range describeAlarms(t, endpoint) {
		byName[alarm.AlarmName] = alarm
		expect(t, alarm.AlarmName+"'s actions", topic, alarm.AlarmActions)
		expect(t, alarm.AlarmName+"'s actions when it is over", topic, alarm.OKActions)
		id := strings.TrimPrefix(alarm.AlarmName, prefix)
		if !alarm.ActionsEnabled || !strings.HasSuffix(alarm.AlarmDescription, " Runbook: docs/runbooks/"+id+".md") {
			t.Errorf("%s is described as %q, its actions enabled: %t", alarm.AlarmName, alarm.AlarmDescription, alarm.ActionsEnabled)
		}
	}
	expect(t, "the number of alarms", 12, len(byName))
	one := byName[prefix+"delivery-stale"]
	expect(t, "delivery-stale", []any{"DeliveryToS3.DataFreshness", 360.0, 300, "notBreaching"},
		[]any{one.MetricName, one.Threshold, one.Period, one.TreatMissingData})
	var expressions []string
	for _, metric := range byName[prefix+"api-4xx"].Metrics {
		expressions = append(expressions, metric.ID+" "+metric.Expression)
	}
	slices.Sort(expressions)
	expect(t, "api-4xx", []string{"refused ", "requests ", "value IF(requests >= 100, 100 * refused / requests, 0)"}, expressions)
}

func topicAttributes(t *testing.T, endpoint, arn string) map[string]string {
	t.Helper()
	var topic struct {
		Attributes []struct {
			Key   string `xml:"key"`
			Value string `xml:"value"`
		} `xml:"GetTopicAttributesResult>Attributes>entry"`
	}
	query(t, endpoint, "sns", "2010-03-31", "GetTopicAttributes", url.Values{"TopicArn": {arn}}, &topic)
	found := map[string]string{}
	for _, attribute := range topic.Attributes {
		found[attribute.Key] = attribute.Value
	}
	return found
}

func checkTopic(t *testing.T, endpoint, env, key string) {
	t.Helper()
	arn := topicARN(env)
	attributes := topicAttributes(t, endpoint, arn)
	expect(t, "the topic's key", key, attributes["KmsMasterKeyId"])
	expectJSON(t, "the topic's policy", `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Publish", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["sns:Publish"], "Resource": ["`+arn+`"],
			"Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]},
				"ArnLike": {"aws:SourceArn": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:api-kinesis-`+env+`-*"]}}},
		{"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": ["sns:Publish"], "Resource": ["`+arn+`"],
			"Condition": {"Bool": {"aws:SecureTransport": ["false"]}}}]}`, attributes["Policy"])
	var subscriptions struct {
		Endpoints []string `xml:"ListSubscriptionsByTopicResult>Subscriptions>member>Endpoint"`
	}
	query(t, endpoint, "sns", "2010-03-31", "ListSubscriptionsByTopic", url.Values{"TopicArn": {arn}}, &subscriptions)
	expect(t, "who is told", []string{"on-call@example.com"}, subscriptions.Endpoints)
}

func checkDashboard(t *testing.T, endpoint, env string) {
	t.Helper()
	var answer struct {
		Body string `xml:"GetDashboardResult>DashboardBody"`
	}
	query(t, endpoint, "monitoring", "2010-08-01", "GetDashboard", url.Values{"DashboardName": {"api-kinesis-" + env}}, &answer)
	if !json.Valid([]byte(answer.Body)) || strings.Contains(answer.Body, "${") {
		t.Errorf("the dashboard's body is no JSON: %s", answer.Body)
	}
	expectText(t, "the dashboard", answer.Body, `["AWS/Kinesis","IncomingBytes","StreamName","api-kinesis-stream-`+env+`",{"label":"written","stat":"Sum"}]`)
	expectText(t, "the dashboard", answer.Body, `"arn:aws:cloudwatch:us-east-1:123456789012:alarm:api-kinesis-`+env+`-api-5xx"`)
}
