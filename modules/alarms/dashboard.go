package alarms

import (
	"fmt"
	"time"

	"github.com/aws/constructs-go/constructs/v10"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/spec"
)

// DashboardConfig of a pipeline's dashboard.
type DashboardConfig struct {
	Pipeline Pipeline
	Name     string
	Region   string
	// AlarmARNs are the alarms whose states are at the top. They may be empty.
	AlarmARNs []string
}

// NewDashboard declares a dashboard that follows an event from the request to the object, and returns its name.
func NewDashboard(scope constructs.Construct, id string, cfg DashboardConfig) string {
	return cloudwatch.NewDashboard(scope, id, cloudwatch.DashboardConfig{
		Name: cfg.Name, Region: cfg.Region, Rows: rows(cfg.Pipeline, cfg.AlarmARNs),
	})
}

const (
	headingHeight = 1
	graphHeight   = 6
	alarmsHeight  = 4
)

func rows(p Pipeline, alarms []string) []cloudwatch.Row {
	var rows []cloudwatch.Row
	if len(alarms) > 0 {
		rows = append(rows, cloudwatch.Row{Height: alarmsHeight, Widgets: []cloudwatch.Widget{{Title: "Alarms", AlarmARNs: alarms}}})
	}
	return append(rows,
		heading("## 1. The request: API Gateway"), graphs(apiGraphs(p)),
		heading("## 2. The record: Kinesis"), graphs(streamGraphs(p)),
		heading("## 3. The delivery: Firehose"), graphs(deliveryGraphs(p)),
		heading("## 4. The object: S3, once a day"), graphs(bucketGraphs(p)))
}

func heading(markdown string) cloudwatch.Row {
	return cloudwatch.Row{Height: headingHeight, Widgets: []cloudwatch.Widget{{Markdown: markdown}}}
}

func graphs(widgets []cloudwatch.Widget) cloudwatch.Row {
	return cloudwatch.Row{Height: graphHeight, Widgets: widgets}
}

func apiGraphs(p Pipeline) []cloudwatch.Widget {
	return []cloudwatch.Widget{
		{
			Title: "Requests a minute", Period: time.Minute,
			Lines: []cloudwatch.Line{{Metric: p.api("Count", "SampleCount"), Label: "requests"}},
		},
		{
			Title: "Refused and failed a minute", Period: time.Minute,
			Lines: []cloudwatch.Line{
				{Metric: p.api("4XXError", "Sum"), Label: "refused (4xx)"},
				{Metric: p.api("5XXError", "Sum"), Label: "failed (5xx)"},
			},
		},
		{
			Title: "Latency, ms", Period: time.Minute,
			Lines: []cloudwatch.Line{
				{Metric: p.api("Latency", "p50"), Label: "p50"},
				{Metric: p.api("Latency", "p90"), Label: "p90"},
				{Metric: p.api("Latency", "p99"), Label: "p99"},
				{Metric: p.api("IntegrationLatency", "p99"), Label: "p99 of Kinesis alone"},
			},
			Limits: []cloudwatch.Limit{{Label: "p99 may be", Value: float64(p.LatencyP99.Milliseconds())}},
		},
	}
}

func streamGraphs(p Pipeline) []cloudwatch.Widget {
	return []cloudwatch.Widget{
		{
			Title: "Bytes a minute", Period: time.Minute,
			Lines:  []cloudwatch.Line{{Metric: p.stream("IncomingBytes", "Sum"), Label: "written"}},
			Limits: p.capacity(p.bytesPerMinute()),
		},
		{
			Title: "Records a minute", Period: time.Minute,
			Lines:  []cloudwatch.Line{{Metric: p.stream("IncomingRecords", "Sum"), Label: "written"}},
			Limits: p.capacity(p.recordsPerMinute()),
		},
		{
			Title: "Share of calls that Kinesis takes", Period: time.Minute,
			Lines: p.successes(),
		},
		{
			Title: "Throttled a minute", Period: time.Minute,
			Lines: []cloudwatch.Line{
				{Metric: p.stream("WriteProvisionedThroughputExceeded", "Sum"), Label: "records written"},
				{Metric: p.stream("ReadProvisionedThroughputExceeded", "Sum"), Label: "reads"},
			},
		},
		{
			Title: "Age of what is read, ms", Period: time.Minute,
			Lines:  []cloudwatch.Line{{Metric: p.stream("GetRecords.IteratorAgeMilliseconds", "Maximum"), Label: "oldest"}},
			Limits: []cloudwatch.Limit{{Label: fmt.Sprintf("1/%d of the retention", agedShare), Value: float64((p.Retention / agedShare).Milliseconds())}},
		},
	}
}

// successes are the shares of successful calls, of single records and of batches.
func (p Pipeline) successes() []cloudwatch.Line {
	lines := []cloudwatch.Line{{Metric: p.stream("PutRecord.Success", "Average"), Label: "one record"}}
	if p.Batch {
		lines = append(lines, cloudwatch.Line{Metric: p.stream("PutRecords.Success", "Average"), Label: "a batch"})
	}
	return lines
}

// capacity is a line at the shards' limit. A stream on demand has none.
func (p Pipeline) capacity(limit int) []cloudwatch.Limit {
	if p.Capacity.Mode != spec.ModeProvisioned {
		return nil
	}
	return []cloudwatch.Limit{{Label: "what the shards take", Value: float64(limit)}}
}

func deliveryGraphs(p Pipeline) []cloudwatch.Widget {
	widgets := []cloudwatch.Widget{
		{
			Title: "Age of what waits, s", Period: firehosePeriod,
			Lines:  []cloudwatch.Line{{Metric: p.delivery("DeliveryToS3.DataFreshness", "Maximum"), Label: "oldest"}},
			Limits: []cloudwatch.Limit{{Label: "may be", Value: p.freshness().Seconds()}},
		},
		{
			Title: "Records in " + minutes(firehosePeriod), Period: firehosePeriod,
			Lines: []cloudwatch.Line{
				{Metric: p.delivery("DataReadFromKinesisStream.Records", "Sum"), Label: "read"},
				{Metric: p.delivery("DeliveryToS3.Records", "Sum"), Label: "delivered"},
			},
		},
		{
			Title: "Share of writes that succeed", Period: firehosePeriod,
			Lines: []cloudwatch.Line{{Metric: p.delivery("DeliveryToS3.Success", "Average"), Label: "successful"}},
		},
		{
			Title: "Errors in " + minutes(firehosePeriod), Period: firehosePeriod,
			Lines: []cloudwatch.Line{
				{Metric: p.deliveryLog(), Label: "logged by Firehose"},
			},
		},
	}
	if p.Partitioned {
		widgets = append(widgets, cloudwatch.Widget{
			Title: "Active partitions", Period: firehosePeriod,
			Lines: []cloudwatch.Line{
				{Metric: p.delivery("PartitionCount", "Maximum"), Label: "active"},
				{Metric: p.delivery("PartitionCountExceeded", "Maximum"), Label: "1: more than there may be"},
			},
			Limits: []cloudwatch.Limit{{Label: "may be, unless AWS has raised it", Value: quota.ActivePartitions}},
		})
	}
	return widgets
}

// minutes writes a period of whole minutes in words.
func minutes(period time.Duration) string { return fmt.Sprintf("%d minutes", int(period.Minutes())) }

// bucketDays is the number of days in a graph with one value a day.
const bucketDays = 30

func bucketGraphs(p Pipeline) []cloudwatch.Widget {
	return []cloudwatch.Widget{
		{
			Title: "Objects, old versions among them", Period: 24 * time.Hour, Days: bucketDays,
			Lines: []cloudwatch.Line{{Metric: p.bucket("NumberOfObjects", "AllStorageTypes"), Label: "objects"}},
		},
		{
			Title: "Bytes in the standard class", Period: 24 * time.Hour, Days: bucketDays,
			Lines: []cloudwatch.Line{{Metric: p.bucket("BucketSizeBytes", "StandardStorage"), Label: "bytes"}},
		},
	}
}
