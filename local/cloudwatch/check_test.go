package cloudwatch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// callJSON is the status and the body of a call in JSON.
func callJSON(t *testing.T, api *API, operation, body string) (int, string) {
	t.Helper()
	w := inJSONOf(t, api, operation, body)
	return w.Code, w.Body.String()
}

func inJSONOf(t *testing.T, api *API, operation, body string) *httptest.ResponseRecorder {
	t.Helper()
	return answer(t, api, http.MethodPost, "/", body, "X-Amz-Target: GraniteServiceVersion20100801."+operation)
}

const (
	hour    = `"StartTime": "2026-01-02T11:00:00Z", "EndTime": "2026-01-02T12:00:00Z"`
	latency = `"Namespace": "AWS/ApiGateway", "MetricName": "Latency", ` + hour
)

// A call that CloudWatch refuses is refused with its code and a message that names the member, and never answered by an empty list.
func TestRefusedCalls(t *testing.T) {
	api := called(t)
	for _, test := range []struct{ operation, body, code, message string }{
		{"DescribeAlarms", `{"StateValue": "alarm"}`, "ValidationError", "Value 'alarm' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"},
		{"DescribeAlarms", `{"AlarmTypes": ["MetricAlarm", "Metric"]}`, "ValidationError", "Value '[MetricAlarm, Metric]' at 'alarmTypes'"},
		{"DescribeAlarms", `{"MaxRecords": 101}`, "InvalidParameterValue", "MaxRecords must be 1 to 100"},
		{"DescribeAlarms", `{"NextToken": "x"}`, "InvalidNextToken", "next token"},
		{"DescribeAlarmHistory", `{"HistoryItemType": "State"}`, "ValidationError", "Value 'State' at 'historyItemType'"},
		{"DescribeAlarmHistory", `{"ScanBy": "Newest"}`, "ValidationError", "Value 'Newest' at 'scanBy'"},
		{"ListMetrics", `{"RecentlyActive": "PT1H"}`, "ValidationError", "Value 'PT1H' at 'recentlyActive'"},
		{"GetMetricStatistics", `{"MetricName": "Latency", ` + hour + `, "Period": 60}`, "MissingParameter", "Namespace"},
		{"GetMetricStatistics", `{` + latency + `}`, "MissingParameter", "Period"},
		{"GetMetricStatistics", `{` + latency + `, "Period": 60, "Statistics": ["p99"]}`, "ValidationError", "Value '[p99]' at 'statistics'"},
		{"GetMetricStatistics", `{` + latency + `, "Period": 60, "Statistics": ["Sum"], "Unit": "Second"}`, "ValidationError", "Value 'Second' at 'unit'"},
		{"GetMetricStatistics", `{` + latency + `, "Period": 60, "Statistics": ["Sum"], "ExtendedStatistics": ["p99"]}`, "InvalidParameterCombination", "cannot be given together"},
		{
			"GetMetricStatistics", `{"Namespace": "N", "MetricName": "m", "StartTime": "2025-12-31T12:00:00Z", "EndTime": "2026-01-02T12:01:00Z", "Period": 60, "Statistics": ["Sum"]}`,
			"InvalidParameterCombination", "You have requested up to 2881 datapoints, which exceeds the limit of 1440.",
		},
		{"GetMetricStatistics", `{` + latency + `, "Period": 60, "ExtendedStatistics": ["p101"]}`, "ValidationError", `the statistic \"p101\" is not imitated`},
		{"GetMetricData", `{` + hour + `}`, "MissingParameter", "MetricDataQueries"},
		{"GetMetricData", `{` + hour + `, "MaxDatapoints": 0, "MetricDataQueries": [` + queryOf("a", "") + `]}`, "InvalidParameterValue", "MaxDatapoints must be 1 to 100800"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [` + queryOf("a", `, "Unit": "Counts"`) + `]}`, "ValidationError", "Value 'Counts' at 'metricDataQueries.1.member.metricStat.unit'"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [` + queryOf("a", "") + `, ` + queryOf("5xx", "") + `]}`, "ValidationError", "The value 5xx for parameter MetricDataQueries.member.2.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [` + queryOf("a", "") + `, ` + queryOf("a", "") + `]}`, "ValidationError", `the id \"a\" is there twice`},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [` + strings.Replace(queryOf("a", ""), "{", `{"Expression": "1", `, 1) + `]}`, "ValidationError", "either MetricStat or Expression"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "a"}]}`, "ValidationError", "either MetricStat or Expression"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [` + strings.Replace(queryOf("a", ""), "{", `{"AccountId": "123456789012", `, 1) + `]}`, "ValidationError", "AccountId: other accounts are not imitated"},
		{"ListMetrics", `{"Namespace": 5}`, "SerializationException", "The member Namespace must be a string."},
		{"ListMetrics", `{"Dimensions": "StreamName"}`, "SerializationException", "The member Dimensions must be a list of structures."},
		{"ListMetrics", `{"Dimensions": [{"Value": "x"}]}`, "MissingParameter", "The parameter Dimensions.member.1.Name is required."},
		{"ListMetrics", `{"OwningAccount": "123456789012"}`, "ValidationError", "OwningAccount: other accounts are not imitated"},
		{"DescribeAlarms", `{"AlarmNames": "a"}`, "SerializationException", "The member AlarmNames must be a list of strings."},
		{"DescribeAlarms", `{"AlarmNames": [1]}`, "SerializationException", "The member AlarmNames must be a list of strings."},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "a", "MetricStat": 5}]}`, "SerializationException", "The member MetricDataQueries.member.1.MetricStat must be a structure."},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "a", "MetricStat": {"Period": 60, "Stat": "Sum"}}]}`, "MissingParameter", "The parameter MetricDataQueries.member.1.MetricStat.Metric is required."},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": {"Namespace": "N"}, "Period": 60, "Stat": "Sum"}}]}`, "MissingParameter", "MetricStat.Metric.MetricName is required."},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [` + queryOf("a", "") + `, {"Id": "e", "Expression": "SUM(a)"}]}`, "ValidationError", "not imitated on one machine; use arithmetic"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "e", "Expression": "b * 2"}]}`, "ValidationError", `MetricDataQueries: no query has the id \"b\"`},
		{"DescribeAlarms", `{"AlarmNames": ["a"` + strings.Repeat(`, "a"`, 100) + `]}`, "ValidationError", "'alarmNames' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"DescribeAlarms", `{"AlarmNames": ["` + strings.Repeat("n", 256) + `"]}`, "ValidationError", "at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"DescribeAlarms", `{"ActionPrefix": "` + strings.Repeat("n", 1025) + `"}`, "ValidationError", "at 'actionPrefix' failed"},
		{"ListMetrics", `{"Namespace": ":N"}`, "ValidationError", "Value ':N' at 'namespace' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:].*"},
		{"ListMetrics", `{"Dimensions": [{"Name": "n"}` + strings.Repeat(`, {"Name": "n"}`, 10) + `]}`, "ValidationError", "Value '[11 values]' at 'dimensions' failed to satisfy constraint: Member must have length less than or equal to 10"},
		{"GetMetricStatistics", `{` + latency + `, "Period": 60, "Statistics": ["Sum", "Sum", "Sum", "Sum", "Sum", "Sum"]}`, "ValidationError", "Value '[6 values]' at 'statistics'"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "m", "Dimensions": [{"Name": "n", "Value": "` + strings.Repeat("v", 1025) + `"}]}, "Period": 60, "Stat": "Sum"}}]}`, "ValidationError", "at 'metricDataQueries.1.member.metricStat.metric.dimensions.1.member.value' failed"},
		{"GetMetricData", `{` + hour + `, "MetricDataQueries": [{"Id": "a", "Label": "${LAST}", "Expression": "1"}]}`, "ValidationError", "dynamic labels are not imitated"},
	} {
		w := inJSONOf(t, api, test.operation, test.body)
		if said := w.Body.String(); w.Code != http.StatusBadRequest || w.Header().Get("X-Amzn-Query-Error") != test.code+";Sender" || !strings.Contains(said, test.message) {
			t.Errorf("%s %s: %d %v %s\nwant %s with %q", test.operation, test.body, w.Code, w.Header(), said, test.code, test.message)
		}
	}
}

// In JSON and CBOR an error is named by its shape, for which AWS's SDKs have a class, and not by its code in the query protocol.
func TestErrorsAreNamedByTheirShapes(t *testing.T) {
	for body, want := range map[string]string{
		`{"StateValue": "alarm"}`:                       "com.amazon.coral.validate#ValidationException",
		`{"MaxRecords": 101}`:                           "com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException",
		`{"NextToken": "x"}`:                            "com.amazonaws.cloudwatch.v2010_08_01#InvalidNextToken",
		`{"AlarmNames": ["a"], "AlarmNamePrefix": "b"}`: "com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterCombinationException",
	} {
		if _, said := callJSON(t, called(t), "DescribeAlarms", body); !strings.Contains(said, `"__type":"`+want+`"`) {
			t.Errorf("%s: %s, want %s", body, said, want)
		}
	}
	if _, said := callJSON(t, called(t), "GetMetricStatistics", "{}"); !strings.Contains(said, `#MissingRequiredParameterException"`) {
		t.Error(said)
	}
}

// A day of minutes is as many points as a call may ask for, also where it does not begin with a minute.
func TestADayOfMinutes(t *testing.T) {
	const body = `{"Namespace": "N", "MetricName": "m", "StartTime": "2026-01-01T11:59:30.5Z", "EndTime": "2026-01-02T11:59:%sZ", "Period": 60, "Statistics": ["Sum"]}`
	for end, want := range map[string]int{"30.5": http.StatusOK, "30.6": http.StatusBadRequest} {
		if status, said := callJSON(t, called(t), "GetMetricStatistics", fmt.Sprintf(body, end)); status != want {
			t.Errorf("until 11:59:%s: %d %s", end, status, said)
		}
	}
}

// A target names the service with the version of its API: that of another one is no operation of CloudWatch.
func TestTheTargetNamesTheService(t *testing.T) {
	w := answer(t, called(t), http.MethodPost, "/", "{}", "X-Amz-Target: GraniteServiceVersion20200801.ListMetrics")
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "UnknownOperationException") || !strings.Contains(w.Body.String(), "write GraniteServiceVersion20100801.OPERATION") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// In the query protocol a client writes an empty list as an empty text.
func TestEmptyListsOfTheQueryProtocol(t *testing.T) {
	const when = "&StartTime=2026-01-02T11:00:00Z&EndTime=2026-01-02T12:00:00Z"
	for _, body := range []string{
		"Action=DescribeAlarms&Version=2010-08-01&AlarmNames=", "Action=ListMetrics&Version=2010-08-01&Dimensions=",
		"Action=GetMetricStatistics&Version=2010-08-01&Namespace=N&MetricName=m&Period=60&Statistics.member.1=Sum&Dimensions=" + when,
	} {
		if w := answer(t, called(t), http.MethodPost, "/", body, "Content-Type: application/x-www-form-urlencoded"); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// queryOf is a query of the sums of the metric m, with additional members of its MetricStat.
func queryOf(id, additional string) string {
	return fmt.Sprintf(`{"Id": %q, "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"%s}}`, id, additional)
}

// The pages of every size have each data point of each query once and in order, and say which query goes on.
func TestPagesOfData(t *testing.T) {
	api := called(t)
	for minute := range 7 {
		api.Watch.opts.Metrics.series("N", "m", "Count", nil).add(noon.Add(-time.Duration(minute+1)*time.Minute), float64(minute+1))
	}
	queries := strings.Join([]string{queryOf("a", ""), queryOf("b", `, "Unit": "Count"`), queryOf("otherUnit", `, "Unit": "Bytes"`)}, ", ")
	newestFirst := []float64{1, 2, 3, 4, 5, 6, 7}
	want := map[string][]float64{"a": newestFirst, "b": newestFirst, "otherUnit": nil}
	for size := 1; size <= 15; size++ {
		got, token, pages := map[string][]float64{}, "", 0
		for ; pages == 0 || token != ""; pages++ {
			page := pageOf(t, api, fmt.Sprintf(`{%s, "MaxDatapoints": %d, "NextToken": %q, "MetricDataQueries": [%s]}`, hour, size, token, queries))
			points := 0
			for _, r := range page.MetricDataResults {
				got[r.ID] = append(got[r.ID], r.Values...)
				points += len(r.Values)
				if complete := len(got[r.ID]) == len(want[r.ID]); (r.StatusCode == "Complete") != complete {
					t.Errorf("size %d: after %v of %s the status is %s", size, got[r.ID], r.ID, r.StatusCode)
				}
			}
			if points > size {
				t.Errorf("a page of %d points at size %d", points, size)
			}
			token = page.NextToken
		}
		if !reflect.DeepEqual(got, want) || pages != (14+size-1)/size {
			t.Errorf("size %d: %d pages of %v", size, pages, got)
		}
	}
}

type dataPage struct {
	MetricDataResults []struct {
		ID         string `json:"Id"`
		StatusCode string
		Values     []float64
	}
	NextToken string
}

func pageOf(t *testing.T, api *API, body string) (page dataPage) {
	t.Helper()
	status, said := callJSON(t, api, "GetMetricData", body)
	if err := json.Unmarshal([]byte(said), &page); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, said)
	}
	return page
}

func TestRecentlyActive(t *testing.T) {
	api := called(t)
	api.Watch.opts.Metrics.series("N", "new", "Count", nil).add(noon.Add(-3*time.Hour), 1)
	api.Watch.opts.Metrics.series("N", "old", "Count", nil).add(noon.Add(-3*time.Hour-time.Minute), 1)
	if _, said := callJSON(t, api, "ListMetrics", `{"RecentlyActive": "PT3H"}`); !strings.Contains(said, `"new"`) || strings.Contains(said, `"old"`) {
		t.Error(said)
	}
	if _, said := callJSON(t, api, "ListMetrics", `{}`); !strings.Contains(said, `"new"`) || !strings.Contains(said, `"old"`) {
		t.Error(said)
	}
}
