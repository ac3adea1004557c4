// Package alarms declares the alarms over a pipeline, from the request to the object, and a dashboard in the same order.
//
// What sets an alarm off is plain data: each alarm is a function of the pipeline's configuration, with its arithmetic and
// its sources in the comment. Each has a page of its name in docs/runbooks.
package alarms

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/spec"
)

// Pipeline is what is watched: the names of its parts, and the values that the thresholds follow from.
type Pipeline struct {
	APIName string
	Stage   string
	// Batch is whether the API writes several records at once too.
	Batch bool
	// LatencyP99 and RefusedPercent are the environment's own.
	LatencyP99     time.Duration
	RefusedPercent int

	StreamName string
	Capacity   spec.Capacity
	Retention  time.Duration

	DeliveryStreamName string
	DeliveryLogGroup   string
	BufferInterval     time.Duration

	BucketName string
}

// Config of a pipeline's alarms.
type Config struct {
	Pipeline Pipeline
	// Name gives an alarm's full name to its id.
	Name func(id string) string
	// TopicARN of the topic that every alarm is sent to.
	TopicARN string
	// Runbooks is the address or the path of the folder that holds a page for each alarm.
	Runbooks string
}

// level is what an alarm asks for. It begins the alarm's description, by which a subscription can filter.
type level string

const (
	// page is for somebody now: events are lost or refused, or will be.
	page level = "page"
	// notice is for somebody in working hours.
	notice level = "notice"
)

// alarm is one of the pipeline's.
type alarm struct {
	// id ends the alarm's name and is its runbook's.
	id    string
	level level
	// says what is wrong in a sentence.
	says      string
	condition cloudwatch.Condition
}

// all are the alarms of a pipeline in the order in which an event meets what they watch.
func all(p Pipeline) []alarm {
	alarms := []alarm{failedRequests(p), refusedRequests(p), slowRequests(p), refusedWrites(p), throttledWrites(p)}
	if p.Capacity.Mode == spec.ModeProvisioned {
		alarms = append(alarms, fullShards(p))
	}
	return append(alarms, unreadStream(p), agedRecords(p), throttledReads(p),
		staleDelivery(p), failedDelivery(p), deliveryErrors(p))
}

// New declares the alarms and returns their ARNs.
func New(scope constructs.Construct, id string, cfg Config) []string {
	c := constructs.NewConstruct(scope, jsii.String(id))
	var arns []string
	for _, a := range all(cfg.Pipeline) {
		arns = append(arns, cloudwatch.NewAlarm(c, a.id, cloudwatch.AlarmConfig{
			Name:        cfg.Name(a.id),
			Description: a.description(cfg.Runbooks),
			Condition:   a.condition,
			TopicARN:    cfg.TopicARN,
		}))
	}
	return arns
}

func (a alarm) description(runbooks string) string {
	return fmt.Sprintf("%s: %s Runbook: %s/%s.md", a.level, a.says, strings.TrimSuffix(runbooks, "/"), a.id)
}

// single is the metric of a condition without an expression.
func single(metric cloudwatch.Metric) []cloudwatch.Variable {
	return []cloudwatch.Variable{{Metric: metric}}
}

// api is a metric of the API's stage. These are there whether or not the stage has metrics per method, which have more
// dimensions and are charged (API Gateway developer guide, "Amazon API Gateway dimensions and metrics").
func (p Pipeline) api(name, statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace:  "AWS/ApiGateway",
		Name:       name,
		Dimensions: map[string]string{"ApiName": p.APIName, "Stage": p.Stage},
		Statistic:  statistic,
	}
}

// stream is a metric of the stream, which Kinesis sends every minute and at no charge (Kinesis developer guide,
// "Monitoring … with Amazon CloudWatch", which has all of them).
func (p Pipeline) stream(name, statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/Kinesis", Name: name, Dimensions: map[string]string{"StreamName": p.StreamName}, Statistic: statistic,
	}
}

// delivery is a metric of the delivery stream, which Firehose sends every five minutes and at no charge (Firehose developer
// guide, "Monitoring … with CloudWatch metrics", which has all of them).
func (p Pipeline) delivery(name, statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/Firehose", Name: name, Dimensions: map[string]string{"DeliveryStreamName": p.DeliveryStreamName}, Statistic: statistic,
	}
}

// deliveryLog is the number of lines in the delivery stream's log, which CloudWatch Logs counts at no charge.
func (p Pipeline) deliveryLog() cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/Logs", Name: "IncomingLogEvents", Dimensions: map[string]string{"LogGroupName": p.DeliveryLogGroup}, Statistic: "Sum",
	}
}

// bucket is a metric of the bucket's storage, which S3 sends once a day and at no charge.
func (p Pipeline) bucket(name, storage string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/S3", Name: name, Dimensions: map[string]string{"BucketName": p.BucketName, "StorageType": storage}, Statistic: "Average",
	}
}
