// Package alarms declares the alarms over a pipeline, from the request to the object, and a dashboard in the same order.
//
// An alarm's condition is plain data: each alarm is a function of the pipeline's configuration, with its arithmetic and
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

// Pipeline has the names of the watched parts, and the values from which the thresholds follow.
type Pipeline struct {
	APIName string
	Stage   string
	// Batch says whether the API also writes several records at once.
	Batch bool
	// LatencyP99 and RefusedPercent are the environment's options.
	LatencyP99     time.Duration
	RefusedPercent int

	StreamName string
	Capacity   spec.Capacity
	Retention  time.Duration

	DeliveryStreamName string
	DeliveryLogGroup   string
	BufferInterval     time.Duration
	// Partitioned says whether Firehose partitions the events by a field.
	Partitioned bool

	BucketName string
}

// Config of a pipeline's alarms.
type Config struct {
	Pipeline Pipeline
	// Name gives an alarm's full name to its id.
	Name func(id string) string
	// TopicARN of the topic that receives every alarm.
	TopicARN string
	// Runbooks is the address or the path of the folder with a page for each alarm.
	Runbooks string
}

// level says how urgent an alarm is. It begins the alarm's description, by which a subscription can filter.
type level string

const (
	// page needs somebody now: events are lost or refused, or soon will be.
	page level = "page"
	// notice can wait for working hours.
	notice level = "notice"
)

// alarm is one alarm over the pipeline.
type alarm struct {
	// id is the end of the alarm's name, and its runbook's name.
	id    string
	level level
	// says is a sentence about the problem.
	says      string
	condition cloudwatch.Condition
}

// all are the alarms of a pipeline, in the order in which an event passes the watched parts.
func all(p Pipeline) []alarm {
	alarms := []alarm{failedRequests(p), refusedRequests(p), slowRequests(p), refusedWrites(p), throttledWrites(p)}
	if p.Capacity.Mode == spec.ModeProvisioned {
		alarms = append(alarms, fullShards(p))
	}
	alarms = append(alarms, unreadStream(p), agedRecords(p), throttledReads(p),
		staleDelivery(p), failedDelivery(p), deliveryErrors(p))
	if p.Partitioned {
		alarms = append(alarms, manyPartitions(p))
	}
	return alarms
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

// api is a metric of the API's stage. It exists whether or not the stage has metrics for each method, which have more dimensions
// and are charged (API Gateway developer guide, "Amazon API Gateway dimensions and metrics").
func (p Pipeline) api(name, statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace:  "AWS/ApiGateway",
		Name:       name,
		Dimensions: map[string]string{"ApiName": p.APIName, "Stage": p.Stage},
		Statistic:  statistic,
	}
}

// stream is a metric of the stream. Kinesis sends it every minute, at no charge. The Kinesis developer guide lists all of them
// ("Monitoring … with Amazon CloudWatch").
func (p Pipeline) stream(name, statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/Kinesis", Name: name, Dimensions: map[string]string{"StreamName": p.StreamName}, Statistic: statistic,
	}
}

// delivery is a metric of the delivery stream. Firehose sends it every five minutes, at no charge. The Firehose developer guide
// lists all of them ("Monitoring … with CloudWatch metrics").
func (p Pipeline) delivery(name, statistic string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/Firehose", Name: name, Dimensions: map[string]string{"DeliveryStreamName": p.DeliveryStreamName}, Statistic: statistic,
	}
}

// deliveryLog is the number of lines in the delivery stream's log. CloudWatch Logs counts them at no charge.
func (p Pipeline) deliveryLog() cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/Logs", Name: "IncomingLogEvents", Dimensions: map[string]string{"LogGroupName": p.DeliveryLogGroup}, Statistic: "Sum",
	}
}

// bucket is a metric of the bucket's storage. S3 sends it once a day, at no charge.
func (p Pipeline) bucket(name, storage string) cloudwatch.Metric {
	return cloudwatch.Metric{
		Namespace: "AWS/S3", Name: name, Dimensions: map[string]string{"BucketName": p.BucketName, "StorageType": storage}, Statistic: "Average",
	}
}
