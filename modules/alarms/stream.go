package alarms

import (
	"fmt"
	"time"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/modules/cloudwatch"
)

// refusedWrites is the share of the calls that Kinesis refused for another reason than full shards, which throttledWrites
// watches. The usual reason is a key that is disabled, denied or scheduled for deletion. The Kinesis developer guide advises an
// alarm on the average of PutRecord.Success and PutRecords.Success ("Recommended … metrics"), and to watch the key of an
// encrypted stream by them ("Verifying and Troubleshooting KMS Key Permissions"). The sample count of either is the number of
// calls, and the sum is the number of successful ones. Kinesis counts throttling by record, and a refused batch has several, so
// the share is never too large. The threshold and the time are those of failedRequests. API Gateway counts its own answers, and
// this alarm works however an error is mapped.
//
// Firehose's metrics of key faults are about its own encryption, which a delivery stream that reads a Kinesis stream does not
// have (Firehose developer guide, "Data protection"). If Firehose may not decrypt, unreadStream goes off. If it may not encrypt,
// staleDelivery does.
func refusedWrites(p Pipeline) alarm {
	calls, taken := "one", "one_taken"
	metrics := []cloudwatch.Variable{
		{ID: "one", Metric: p.stream("PutRecord.Success", "SampleCount")},
		{ID: "one_taken", Metric: p.stream("PutRecord.Success", "Sum")},
		{ID: "throttled", Metric: p.stream("WriteProvisionedThroughputExceeded", "Sum")},
	}
	if p.Batch {
		calls, taken = "(FILL(one, 0) + FILL(many, 0))", "(FILL(one_taken, 0) + FILL(many_taken, 0))"
		metrics = append(metrics,
			cloudwatch.Variable{ID: "many", Metric: p.stream("PutRecords.Success", "SampleCount")},
			cloudwatch.Variable{ID: "many_taken", Metric: p.stream("PutRecords.Success", "Sum")})
	}
	return alarm{
		id: "stream-refused", level: page,
		says: "Kinesis refuses events, and not for want of room: they are not in the stream.",
		condition: cloudwatch.Condition{
			Metrics:    metrics,
			Expression: fmt.Sprintf("(%s - %s - FILL(throttled, 0)) / %s", calls, taken, calls),
			Comparison: cloudwatch.Above,
			Threshold:  failedShare,
			Period:     time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // no writes, so no refusals
		},
	}
}

// throttledShare is the share of writes that may be throttled. If a client sends a throttled event once more, as Retry-After
// says, the same share is throttled again: 0.01 × 0.01, one in 10,000.
const throttledShare = 0.01

// throttledWrites compares the throttled records with all records sent. Kinesis counts a call's throttled records in one metric
// and the accepted ones in another (Kinesis developer guide, "Monitoring the Amazon Kinesis Data Streams Service with Amazon
// CloudWatch"), so the share is the same for single events and for batches. Five minutes in a row are longer than a burst, because
// an idle shard takes one second's worth at once. If no record is accepted, the second metric has no data.
func throttledWrites(p Pipeline) alarm {
	return alarm{
		id: "stream-throttled", level: page,
		says: "The stream has no room for what is sent: events are refused with 429.",
		condition: cloudwatch.Condition{
			Metrics: []cloudwatch.Variable{
				{ID: "throttled", Metric: p.stream("WriteProvisionedThroughputExceeded", "Sum")},
				{ID: "taken", Metric: p.stream("IncomingRecords", "Sum")},
			},
			Expression: "throttled / (throttled + FILL(taken, 0))",
			Comparison: cloudwatch.Above,
			Threshold:  throttledShare,
			Period:     time.Minute,
			Periods:    5,
			Missing:    cloudwatch.MissingIsGood, // no writes, so no throttling
		},
	}
}

// fullPercent leaves a fifth of the shards for growth until somebody acts on the notice, and for partition keys that do not
// spread evenly.
const fullPercent = 80

// bytesPerMinute and recordsPerMinute are the stream's limits; 0 on demand.
func (p Pipeline) bytesPerMinute() int   { return p.Capacity.Shards * quota.ShardBytes * 60 }
func (p Pipeline) recordsPerMinute() int { return p.Capacity.Shards * quota.ShardRecords * 60 }

// fullShards compares a period's bytes or records, whichever are nearer to the limit, with the limit of the shards: for one shard
// and five minutes 1,048,576 × 300 = 314,572,800 bytes and 1,000 × 300 = 300,000 records. The bytes are those of the events,
// without the partition keys, which the limit counts too.
//
// A stream on demand has no such limit: Kinesis gives it twice its peak of the last 30 days, for which there is no metric. Only
// throttledWrites watches such a stream.
func fullShards(p Pipeline) alarm {
	bytes, records := 5*p.bytesPerMinute(), 5*p.recordsPerMinute()
	return alarm{
		id: "stream-full", level: notice,
		says: "The shards are nearly full: with more events they throttle.",
		condition: cloudwatch.Condition{
			Metrics: []cloudwatch.Variable{
				{ID: "bytes", Metric: p.stream("IncomingBytes", "Sum")},
				{ID: "records", Metric: p.stream("IncomingRecords", "Sum")},
			},
			Expression: fmt.Sprintf("100 * IF(bytes / %d > records / %d, bytes / %d, records / %d)", bytes, records, bytes, records),
			Comparison: cloudwatch.Above,
			Threshold:  fullPercent,
			Period:     5 * time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // no records came
		},
	}
}

// unreadStream: Firehose reads each shard once a second, even if it is empty (Firehose developer guide, "Writing … using Kinesis
// Data Streams"). So without a successful read nothing reads at all, and Kinesis, which counts reads, sends no data. The causes
// are a role that may not read, a key that the role may not use, or a deleted delivery stream. No metric of Firehose shows them.
//
// Missing data breaches only once the last good data has left the evaluation range, which is longer than the periods (user guide,
// "How alarm state is evaluated when data is missing"). With three periods of five minutes the range has five, and the alarm took 25
// minutes. With 15 periods of one minute and a range of 17 it takes 17, and is OK again after the first minute with a read.
func unreadStream(p Pipeline) alarm {
	return alarm{
		id: "stream-unread", level: page,
		says: "Nothing reads the stream: events wait in it and are not delivered.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.stream("GetRecords.Success", "Sum")),
			Comparison: cloudwatch.Below,
			Threshold:  1,
			Period:     time.Minute,
			Periods:    15,
			Missing:    cloudwatch.MissingIsBad,
		},
	}
}

// agedShare is the divisor of the retention. At half of the retention there is "risk for data loss due to record expiration", and
// the Kinesis developer guide advises an alarm on the maximum before that ("Recommended … metrics"). At a quarter, you have three
// times as long for the repair as it took to notice the problem: 18 of 24 hours.
const agedShare = 4

func agedRecords(p Pipeline) alarm {
	return alarm{
		id: "stream-age", level: page,
		says: "Records wait long in the stream, which lets go of them when their retention ends.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.stream("GetRecords.IteratorAgeMilliseconds", "Maximum")),
			Comparison: cloudwatch.Above,
			Threshold:  float64((p.Retention / agedShare).Milliseconds()),
			Period:     5 * time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // without reads there is no age, and unreadStream goes off
		},
	}
}

// throttledReads: a shard answers five reads a second, and Firehose makes one. If reads are throttled, another reader causes it,
// and Firehose reads again. AWS Solutions Constructs also has an alarm on any throttled read (kinesis-streams-helper.ts, average
// above 0, five minutes). This one is a notice after a quarter of an hour.
func throttledReads(p Pipeline) alarm {
	return alarm{
		id: "stream-reads-throttled", level: notice,
		says: "Reads of the stream are throttled: something reads it besides the delivery.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.stream("ReadProvisionedThroughputExceeded", "Average")),
			Comparison: cloudwatch.Above,
			Threshold:  0,
			Period:     5 * time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // no reads, so no throttling
		},
	}
}
