package alarms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

func watchedStack(t *testing.T) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, "option-alarms")))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// An environment that tells somebody else's topic makes none, and subscribes nobody.
func TestAlarmsOfASharedTopic(t *testing.T) {
	const topic = "arn:aws-cn:sns:cn-north-1:111122223333:on-call"
	var stack struct {
		Resource map[string]map[string]map[string]any
		Output   map[string]struct{ Value string }
	}
	if err := json.Unmarshal(goldens.Read(t, "option-topic"), &stack); err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{"aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription", "aws_cloudwatch_dashboard"} {
		if found := stack.Resource[typ]; found != nil {
			t.Errorf("%s: %v", typ, found)
		}
	}
	alarm := stack.Resource["aws_cloudwatch_metric_alarm"]["alarms_api-5xx"]
	if diff := cmp.Diff([]any{topic}, alarm["alarm_actions"]); diff != "" {
		t.Errorf("alarm_actions (-want +got):\n%s", diff)
	}
	if text, _ := alarm["alarm_description"].(string); !strings.HasSuffix(text, " Runbook: https://git.example.com/runbooks/api-5xx.md") {
		t.Errorf("the description is %q", text)
	}
	if got := stack.Output["alarm_topic_arn"].Value; got != topic {
		t.Errorf("the output alarm_topic_arn is %q", got)
	}
}

// dimensionTypes are the resources that a metric's dimension names, by an attribute that is the name.
var dimensionTypes = map[string]struct{ namespace, typ, attribute string }{
	"ApiName":            {"AWS/ApiGateway", "aws_api_gateway_rest_api", "name"},
	"Stage":              {"AWS/ApiGateway", "aws_api_gateway_stage", "stage_name"},
	"StreamName":         {"AWS/Kinesis", "aws_kinesis_stream", "name"},
	"DeliveryStreamName": {"AWS/Firehose", "aws_kinesis_firehose_delivery_stream", "name"},
	"LogGroupName":       {"AWS/Logs", "aws_cloudwatch_log_group", "name"},
	"BucketName":         {"AWS/S3", "aws_s3_bucket", "bucket"},
}

// checkDimension fails the test where a dimension's value is no name of a declared resource of the metric's service.
func checkDimension(t *testing.T, stack *tfjson.Stack, where, namespace, name, value string) {
	t.Helper()
	if name == "StorageType" && namespace == "AWS/S3" {
		return // the only one that names no resource
	}
	want := dimensionTypes[name]
	parts, err := tfjson.Parse(value)
	if err != nil || len(parts) != 1 || parts[0].Reference == nil || want.namespace != namespace {
		t.Errorf("%s: %s of %s is %q", where, name, namespace, value)
		return
	}
	ref := *parts[0].Reference
	if _, declared := stack.Find(ref); !declared || ref.Type != want.typ || ref.Attribute != want.attribute {
		t.Errorf("%s: %s of %s refers to %s, which is no %s of a declared %s", where, name, namespace, value, want.attribute, want.typ)
	}
}

func TestAlarmsWatchDeclaredResources(t *testing.T) {
	stack := watchedStack(t)
	alarms := stack.Resources("aws_cloudwatch_metric_alarm")
	for _, alarm := range alarms {
		metrics := []map[string]any{alarm.Body}
		if queries, err := alarm.Blocks("metric_query"); err != nil {
			t.Fatal(err)
		} else if len(queries) > 0 {
			metrics = nil
			for _, query := range queries {
				inner, err := tfjson.Blocks(query, "metric")
				if err != nil {
					t.Fatal(err)
				}
				metrics = append(metrics, inner...)
			}
		}
		for _, metric := range metrics {
			namespace, _ := metric["namespace"].(string)
			dimensions, _ := metric["dimensions"].(map[string]any)
			if len(dimensions) == 0 {
				t.Errorf("%s watches %v everywhere", alarm.Address(), metric["metric_name"])
			}
			for name, value := range dimensions {
				text, _ := value.(string)
				checkDimension(t, stack, alarm.Address(), namespace, name, text)
			}
		}
	}
	if len(alarms) != 12 {
		t.Errorf("there are %d alarms", len(alarms))
	}
}

// dashboard is as much of a dashboard's body as the test reads.
type dashboard struct {
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Title, Region, Markdown string
			Period                  int
			Metrics                 [][]any
			Alarms                  []string
		}
	}
}

func TestDashboard(t *testing.T) {
	stack := watchedStack(t)
	var board dashboard
	body, _ := stack.Resources("aws_cloudwatch_dashboard")[0].Body["dashboard_body"].(string)
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{}
	var kinds []string
	for _, w := range board.Widgets {
		kinds = append(kinds, w.Type)
		title := w.Type + " " + w.Properties.Title + w.Properties.Markdown
		if w.X < 0 || w.Y < 0 || w.Width < 1 || w.Height < 1 || w.X+w.Width > 24 {
			t.Errorf("%s is out of the grid: %d, %d, %d wide, %d high", title, w.X, w.Y, w.Width, w.Height)
		}
		for x := w.X; x < w.X+w.Width; x++ {
			for y := w.Y; y < w.Y+w.Height; y++ {
				if other, overlap := taken[[2]int{x, y}]; overlap {
					t.Fatalf("%s lies over %s", title, other)
				}
				taken[[2]int{x, y}] = title
			}
		}
		for _, metric := range w.Properties.Metrics {
			checkGraphed(t, stack, title, metric)
		}
		if w.Type == "metric" && (w.Properties.Region != "${data.aws_region.current.id}" || w.Properties.Period < 60 || len(w.Properties.Metrics) == 0) {
			t.Errorf("%s has the region %q, the period %d and %d metrics", title, w.Properties.Region, w.Properties.Period, len(w.Properties.Metrics))
		}
	}
	if got, want := len(board.Widgets[0].Properties.Alarms), len(stack.Resources("aws_cloudwatch_metric_alarm")); got != want {
		t.Errorf("the dashboard shows %d of %d alarms", got, want)
	}
	want := strings.Fields("alarm text metric metric metric text metric metric metric metric metric text metric metric metric metric text metric metric")
	if !slices.Equal(kinds, want) {
		t.Errorf("the widgets are %v, want %v", kinds, want)
	}
}

// checkGraphed checks one line of a graph: namespace, name, names and values of dimensions, and how it is drawn.
func checkGraphed(t *testing.T, stack *tfjson.Stack, where string, metric []any) {
	t.Helper()
	var texts []string
	for _, part := range metric[:len(metric)-1] {
		text, isText := part.(string)
		if !isText {
			t.Fatalf("%s: %v in %v", where, part, metric)
		}
		texts = append(texts, text)
	}
	if len(texts) < 4 || len(texts)%2 != 0 {
		t.Fatalf("%s: %v", where, metric)
	}
	for i := 2; i < len(texts); i += 2 {
		checkDimension(t, stack, where, texts[0], texts[i], texts[i+1])
	}
	drawn, _ := metric[len(metric)-1].(map[string]any)
	if drawn["stat"] == nil || drawn["label"] == nil {
		t.Errorf("%s: %s is drawn as %v", where, texts[1], drawn)
	}
}

// A graph's words follow from its numbers: a changed period or threshold changes the title or the label with it.
func TestWordsOfTheDashboardFollowItsNumbers(t *testing.T) {
	p := Pipeline{Retention: 240 * time.Hour}
	for _, w := range streamGraphs(p) {
		for _, limit := range w.Limits {
			if share, found := strings.CutSuffix(limit.Label, " of the retention"); found {
				if want := fmt.Sprintf("1/%d", int(float64(p.Retention.Milliseconds())/limit.Value)); share != want {
					t.Errorf("the limit %q is %s of the retention", limit.Label, want)
				}
			}
		}
	}
	for _, w := range slices.Concat(apiGraphs(p), streamGraphs(p), deliveryGraphs(p)) {
		if strings.HasSuffix(w.Title, "a minute") && w.Period != time.Minute {
			t.Errorf("%q has the period %s", w.Title, w.Period)
		}
		if _, text, found := strings.Cut(w.Title, " in "); found && text != minutes(w.Period) {
			t.Errorf("%q has the period %s", w.Title, w.Period)
		}
	}
}
