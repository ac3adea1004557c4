package cloudwatch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchdashboard"

	"cdk.tf/go/ingest/internal/plainjson"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// DashboardConfig of a dashboard.
type DashboardConfig struct {
	Name   string
	Region string
	// Rows from top to bottom.
	Rows []Row
}

// Row has the widgets that are side by side on a dashboard: at most 24, of equal width.
type Row struct {
	// Height in the dashboard's units. A graph needs about 6.
	Height  int
	Widgets []Widget
}

// Widget is one part of a dashboard: a text, the state of alarms, or a graph.
type Widget struct {
	Title string
	// Markdown makes it a text.
	Markdown string
	// AlarmARNs make it a list of alarms with their states.
	AlarmARNs []string
	// Lines make it a graph.
	Lines []Line
	// Period of a graph's values.
	Period time.Duration
	// Limits are horizontal lines across a graph.
	Limits []Limit
	// Days that a graph shows, if not the dashboard's time range; 0 shows the dashboard's.
	Days int
}

// Line is one metric in a graph.
type Line struct {
	Metric
	Label string
}

// Limit is a horizontal line.
type Limit struct {
	Label string
	Value float64
}

// NewDashboard declares a dashboard and returns its name.
func NewDashboard(scope constructs.Construct, id string, cfg DashboardConfig) string {
	dashboard := tf.New(scope, id, cloudwatchdashboard.NewCloudwatchDashboard,
		&cloudwatchdashboard.CloudwatchDashboardConfig{
			DashboardName: jsii.String(cfg.Name),
			DashboardBody: jsii.String(dashboardBody(cfg)),
		})
	return *dashboard.DashboardName()
}

// gridWidth is the width of every dashboard. For the format of the body, see CloudWatch API reference, "Dashboard Body Structure
// and Syntax".
const gridWidth = 24

type widgetJSON struct {
	Type       string         `json:"type"`
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// dashboardBody is the dashboard's JSON. The same configuration gives the same text, because the keys of objects are sorted.
func dashboardBody(cfg DashboardConfig) string {
	placed := []widgetJSON{}
	y := 0
	for _, row := range cfg.Rows {
		for i, widget := range row.Widgets {
			kind, properties := widget.properties(cfg.Region)
			width := gridWidth / len(row.Widgets)
			placed = append(placed, widgetJSON{kind, i * width, y, width, row.Height, properties})
		}
		y += row.Height
	}
	text, err := plainjson.Line(map[string]any{"widgets": placed}) // CloudWatch returns a ">" in a title unescaped
	if err != nil {
		panic(err) // a number that JSON cannot represent: a bug of the module
	}
	return text
}

func (w Widget) properties(region string) (string, map[string]any) {
	switch {
	case w.Markdown != "":
		return "text", map[string]any{"markdown": w.Markdown}
	case w.AlarmARNs != nil:
		return "alarm", map[string]any{"title": w.Title, "alarms": w.AlarmARNs}
	default:
		return "metric", w.graph(region)
	}
}

func (w Widget) graph(region string) map[string]any {
	metrics := make([][]any, len(w.Lines))
	for i, line := range w.Lines {
		metrics[i] = line.json()
	}
	properties := map[string]any{
		"title":   w.Title,
		"region":  region,
		"view":    "timeSeries",
		"period":  int(w.Period.Seconds()),
		"metrics": metrics,
		"yAxis":   map[string]any{"left": map[string]any{"min": 0}},
	}
	if len(w.Limits) > 0 {
		lines := make([]map[string]any, len(w.Limits))
		for i, limit := range w.Limits {
			lines[i] = map[string]any{"label": limit.Label, "value": limit.Value}
		}
		properties["annotations"] = map[string]any{"horizontal": lines}
	}
	if w.Days > 0 {
		properties["start"] = fmt.Sprintf("-P%dD", w.Days)
	}
	return properties
}

// json is the line in the form of a dashboard's body: namespace, name, each dimension's name and value, and the rendering.
func (l Line) json() []any {
	metric := []any{l.Namespace, l.Name}
	for _, dimension := range slices.Sorted(maps.Keys(l.Dimensions)) {
		metric = append(metric, dimension, l.Dimensions[dimension])
	}
	return append(metric, map[string]any{"stat": l.Statistic, "label": l.Label})
}
