package alarms

import (
	"time"

	"cdk.tf/go/ingest/modules/cloudwatch"
)

// firehosePeriod is the period of Firehose's metrics.
const firehosePeriod = 5 * time.Minute

// freshness is the greatest age of a record in Firehose: the buffer's interval, for which each record waits, and another
// firehosePeriod to write the object, for a retry, and for a late metric. The Firehose developer guide advises an alarm at the
// interval ("Implement best practices with CloudWatch alarms"), but a healthy delivery reaches that.
//
// With the longest interval, 900 s, it is 1,200 s. With three periods in a row, the alarm calls somebody after 35 minutes at
// most. The shortest retention is 24 hours.
//
// With dynamic partitioning a record may wait 1.5 times as long, because Firehose has several stages of buffers (developer guide,
// "Buffer data for dynamic partitioning"). With 900 s that is 1,650 s.
func (p Pipeline) freshness() time.Duration {
	wait := p.BufferInterval
	if p.Partitioned {
		wait = wait * 3 / 2
	}
	return wait + firehosePeriod
}

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

// failedDelivery watches Firehose's writes to the bucket that S3 refused or failed: the metric is the share of successful writes.
// It is a notice, because Firehose tries again for as long as the stream keeps the records. staleDelivery calls somebody when
// that does not help.
//
// The bucket's own error metrics would need request metrics, which are charged, and would show no more: only Firehose writes to
// the bucket.
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

// deliveryErrors counts any line, because Firehose logs only errors (developer guide, "Monitoring … using CloudWatch Logs"):
// errors of S3, of KMS, of reading the stream, and of records that it wrote below the error prefix.
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
			Missing:    cloudwatch.MissingIsGood, // the metric has data only for periods with a line
		},
	}
}

// manyPartitions watches the quota of active partitions: the metric is 1 while Firehose exceeds it, and else 0 (developer guide,
// "Monitoring … with CloudWatch metrics", dynamic partitioning). It is a notice, because Firehose writes the events of further
// partitions below the error prefix and keeps delivering the others.
func manyPartitions(p Pipeline) alarm {
	return alarm{
		id: "delivery-partitions", level: notice,
		says: "Firehose has more active partitions than it may: events of others are below the error prefix.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.delivery("PartitionCountExceeded", "Maximum")),
			Comparison: cloudwatch.Above,
			Threshold:  0,
			Period:     firehosePeriod,
			Periods:    1,
			Missing:    cloudwatch.MissingIsGood, // nothing was partitioned
		},
	}
}
