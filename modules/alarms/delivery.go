package alarms

import (
	"time"

	"cdk.tf/go/ingest/modules/cloudwatch"
)

// firehosePeriod is how often Firehose sends its metrics.
const firehosePeriod = 5 * time.Minute

// freshness is how old a record in Firehose may be: the buffer's interval, which each waits for, and another
// firehosePeriod for writing the object, for a retry, and for a metric that is late. The Firehose developer guide advises an
// alarm at the interval ("Implement best practices with CloudWatch alarms"), at which a healthy delivery stands.
//
// The longest interval, 900 s, makes 1,200 s; with three periods in a row somebody is called after 35 minutes at most, and
// the shortest retention is 24 hours.
func (p Pipeline) freshness() time.Duration { return p.BufferInterval + firehosePeriod }

func staleDelivery(p Pipeline) alarm {
	return alarm{
		id: "delivery-stale", level: page,
		says: "Events are in Firehose for longer than its buffer lasts: they are not in the bucket.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.delivery("DeliveryToS3.DataFreshness", "Maximum")),
			Comparison: cloudwatch.Above,
			Threshold:  p.freshness().Seconds(), // the metric's unit
			Period:     firehosePeriod,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // nothing waits
		},
	}
}

// failedDelivery is on writes to the bucket that S3 refused or failed, of those that Firehose made: the metric is the share
// of the successful ones. Firehose tries again for as long as the stream keeps the records, so that it is a notice;
// staleDelivery calls somebody when trying again does not help.
//
// The bucket's own error metrics would need request metrics, which are charged, and see no more: nothing but Firehose writes
// to it.
func failedDelivery(p Pipeline) alarm {
	return alarm{
		id: "delivery-failed", level: notice,
		says: "Some writes to the bucket fail; Firehose tries again.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.delivery("DeliveryToS3.Success", "Average")),
			Comparison: cloudwatch.Below,
			Threshold:  1,
			Period:     firehosePeriod,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // nothing was written
		},
	}
}

// deliveryErrors: Firehose logs nothing but errors (developer guide, "Monitoring … using CloudWatch Logs"), so that the
// first line is one: an error of S3's, of KMS's, of reading the stream, and of records that went below the error prefix.
func deliveryErrors(p Pipeline) alarm {
	return alarm{
		id: "delivery-errors", level: notice,
		says: "Firehose has logged an error.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.deliveryLog()),
			Comparison: cloudwatch.Above,
			Threshold:  0,
			Period:     5 * time.Minute,
			Periods:    1,
			Missing:    cloudwatch.MissingIsGood, // the metric has data only where there was a line
		},
	}
}
