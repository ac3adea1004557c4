package cloudwatch

import (
	"strings"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// Metric is one of CloudWatch's metrics, with a statistic.
type Metric struct {
	Namespace  string
	Name       string
	Dimensions map[string]string
	// Statistic is Average, Maximum, Minimum, SampleCount or Sum, or a percentile such as p99.
	Statistic string
}

// Variable is a metric with its name in an expression: a lower-case letter, then letters, digits and "_". The only metric of a
// condition without an expression needs no name.
type Variable struct {
	ID string
	Metric
}

// Comparison of an alarm's value with its threshold.
type Comparison string

const (
	// Above is true for a value above the threshold.
	Above Comparison = "GreaterThanThreshold"
	// Below is true for a value below the threshold.
	Below Comparison = "LessThanThreshold"
)

// Missing is the meaning of a period without data.
type Missing string

const (
	// MissingIsGood is for metrics that have data only when something happens.
	MissingIsGood Missing = "notBreaching"
	// MissingIsBad is for metrics that always have data.
	MissingIsBad Missing = "breaching"
)

// Condition is when an alarm goes off.
type Condition struct {
	// Metrics are the metrics of the expression, or one metric without an expression.
	Metrics []Variable
	// Expression is CloudWatch's metric math over the metrics. Without one, the alarm compares the only metric.
	Expression string
	Comparison Comparison
	Threshold  float64
	// Period in whole minutes; CloudWatch makes one value of each.
	Period time.Duration
	// Periods is the number of consecutive periods that must breach the threshold.
	Periods int
	Missing Missing
}

// AlarmConfig of an alarm.
type AlarmConfig struct {
	Name        string
	Description string
	Condition   Condition
	// TopicARN of the SNS topic that receives a message when the alarm goes off, and when it returns to OK.
	TopicARN string
}

// NewAlarm declares an alarm and returns its ARN.
func NewAlarm(scope constructs.Construct, id string, cfg AlarmConfig) string {
	condition := cfg.Condition
	config := &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
		AlarmName:          jsii.String(cfg.Name),
		AlarmDescription:   jsii.String(cfg.Description),
		ComparisonOperator: jsii.String(string(condition.Comparison)),
		Threshold:          jsii.Number(condition.Threshold),
		EvaluationPeriods:  jsii.Number(condition.Periods),
		DatapointsToAlarm:  jsii.Number(condition.Periods),
		TreatMissingData:   jsii.String(string(condition.Missing)),
		AlarmActions:       jsii.Strings(cfg.TopicARN),
		OkActions:          jsii.Strings(cfg.TopicARN),
	}
	if condition.Expression == "" {
		watchOne(config, condition)
	} else {
		config.MetricQuery = queries(condition)
	}
	return *tf.New(scope, id, cloudwatchmetricalarm.NewCloudwatchMetricAlarm, config).Arn()
}

// watchOne sets an alarm on a single metric. It compares a percentile however few samples a period has. A condition that needs
// many samples has an expression that counts them.
func watchOne(config *cloudwatchmetricalarm.CloudwatchMetricAlarmConfig, condition Condition) {
	metric := condition.Metrics[0].Metric
	config.Namespace, config.MetricName = jsii.String(metric.Namespace), jsii.String(metric.Name)
	config.Dimensions = tf.StringMap(metric.Dimensions)
	config.Period = jsii.Number(condition.Period.Seconds())
	if isPercentile(metric.Statistic) {
		config.ExtendedStatistic = jsii.String(metric.Statistic)
	} else {
		config.Statistic = jsii.String(metric.Statistic)
	}
}

func isPercentile(statistic string) bool { return strings.HasPrefix(statistic, "p") }

// queries are an expression and its metrics. CloudWatch compares the value of the only one with return_data.
func queries(condition Condition) []*cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery {
	all := []*cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{{
		Id:         jsii.String("value"),
		Expression: jsii.String(condition.Expression),
		ReturnData: jsii.Bool(true),
	}}
	for _, variable := range condition.Metrics {
		all = append(all, &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{
			Id: jsii.String(variable.ID),
			Metric: &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQueryMetric{
				Namespace:  jsii.String(variable.Namespace),
				MetricName: jsii.String(variable.Name),
				Dimensions: tf.StringMap(variable.Dimensions),
				Stat:       jsii.String(variable.Statistic),
				Period:     jsii.Number(condition.Period.Seconds()),
			},
		})
	}
	return all
}
