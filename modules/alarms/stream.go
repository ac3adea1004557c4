package alarms

import (
	"fmt"
	"time"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/modules/cloudwatch"
)

// refusedWrites are the share of the calls that Kinesis refused for something else than the room in its shards, which
// throttledWrites watches: a key that is disabled, denied or about to be deleted, most of all. The Kinesis developer guide
// advises an alarm on the average of PutRecord.Success and PutRecords.Success ("Recommended … metrics"), and for an encrypted
// stream to watch the key by these ("Verifying and Troubleshooting KMS Key Permissions"). The sample count of either is its
// calls and the sum those that succeeded. Throttling is counted by record, of which a refused batch has several, so that the
// share is never too large. It is held to failedShare, for as long as failedRequests is: API Gateway counts what it answers
// itself, and this is there whatever the mapping of an error says.
//
// Firehose has metrics of key faults too, which are of its own encryption, and a delivery stream that reads a Kinesis stream
// has none (Firehose developer guide, "Data protection"). What it may not decrypt is an unread stream, and what it may not
// encrypt a stale delivery.
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
			Missing:    cloudwatch.MissingIsGood, // no write, none that was refused
		},
	}
}

// throttledShare is the share of writes that may be throttled: a client that sends a throttled event once more, as
// Retry-After says, is throttled again with the same share, which leaves 0.01 × 0.01, one in 10,000.
const throttledShare = 0.01

// throttledWrites compares the records that were throttled with all that were sent. Kinesis counts a call's throttled records
// in one metric and those that it took in another (Kinesis developer guide, "Monitoring the Amazon Kinesis Data Streams
// Service with Amazon CloudWatch"), so that the share is the same whether events come alone or in batches. Five minutes in a
// row are no burst: a shard that has been idle takes a second's worth at once. Where nothing is taken that metric has no data.
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
			Missing:    cloudwatch.MissingIsGood, // no write, none that was throttled
		},
	}
}

// fullPercent leaves a fifth of the shards for what arrives while somebody reads the notice, and for partition keys that do
// not spread evenly.
const fullPercent = 80

// bytesPerMinute and recordsPerMinute are what the stream takes; 0 on demand.
func (p Pipeline) bytesPerMinute() int   { return p.Capacity.Shards * quota.ShardBytes * 60 }
func (p Pipeline) recordsPerMinute() int { return p.Capacity.Shards * quota.ShardRecords * 60 }

// fullShards compares a period's bytes and records, whichever come nearer, with what the shards take in it: of one shard
// in five minutes 1,048,576 × 300 = 314,572,800 bytes and 1,000 × 300 = 300,000 records. The bytes are those of the
// events, without the partition keys, which the limit counts too.
//
// A stream on demand has no such limit: Kinesis gives it twice its peak of the last 30 days, which no metric tells. There
// throttledWrites has to do.
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
			Missing:    cloudwatch.MissingIsGood, // nothing came
		},
	}
}

// unreadStream: Firehose reads each shard once a second, whether or not there is something (Firehose developer guide,
// "Writing … using Kinesis Data Streams"), so that without a successful read nothing reads at all, and Kinesis, which counts
// reads, sends no data. A role that may not read, a key that may not be used and a delivery stream that is gone look like
// this, and show in no metric of Firehose's.
func unreadStream(p Pipeline) alarm {
	return alarm{
		id: "stream-unread", level: page,
		says: "Nothing reads the stream: events wait in it and are not delivered.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.stream("GetRecords.Success", "Sum")),
			Comparison: cloudwatch.Below,
			Threshold:  1,
			Period:     5 * time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsBad,
		},
	}
}

// agedShare of the retention: at half of it there is "risk for data loss due to record expiration", says the Kinesis
// developer guide, which advises an alarm on the maximum before that ("Recommended … metrics"). A quarter leaves three
// times as long to mend what is broken as it took to be noticed: 18 of 24 hours.
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
			Missing:    cloudwatch.MissingIsGood, // what is not read has no age; unreadStream watches that
		},
	}
}

// throttledReads: a shard answers five reads a second, of which Firehose makes one. With more it is another reader's doing,
// and Firehose asks again. AWS Solutions Constructs alarms on any as well (kinesis-streams-helper.ts, average above 0, five
// minutes); here a quarter of an hour of them is a notice.
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
			Missing:    cloudwatch.MissingIsGood, // no read, none that was throttled
		},
	}
}
