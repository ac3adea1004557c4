// Package simulation says what bursts and hot keys do to a pipeline: how many answers are 429, how many events are given up, and how
// long an event takes to S3.
//
// A run is a sequence of events in simulated time, and depends on nothing but its seed: it uses whole numbers for the limits, so it is
// the same on each machine. [Play] sends the events of some [Traffic] to anything that accepts and throttles. [Run] plays it to a
// model of the pipeline. A test of package local plays the same to a running pipeline, and compares. The model shares the limits'
// numbers with it (package quota) and no code.
//
// The model has the stage's throttle, the shards' limits and Firehose's buffer. It leaves out the time of the network and of each
// service, Firehose's reading of the stream ("once per second for each shard",
// https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html), the account's throttle, and failures.
package simulation

import (
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

// Pipeline is what limits and delays events.
type Pipeline struct {
	// RateLimit and BurstLimit are the stage's throttle, in requests per second and in requests.
	RateLimit, BurstLimit int
	// Shards is the number of shards.
	Shards int
	// BufferBytes and BufferInterval are when Firehose writes an object.
	BufferBytes    int
	BufferInterval time.Duration
}

// Result is what happened in a run.
type Result struct {
	Outcome
	// ByStage and ByShards are the answers with 429, by what throttled.
	ByStage, ByShards int
	// Lag is from an event's first request to its object in S3. Flowing leaves out the last object, which waits for events that do
	// not come any more.
	Lag, Flowing Lag
}

// Run plays traffic to a model of a pipeline.
func Run(p Pipeline, t Traffic) Result {
	m := newModel(p)
	outcome := Play(t, func(at time.Duration, events []Event) []bool {
		accepted := make([]bool, len(events))
		for i, event := range events {
			accepted[i] = m.send(at, event, t.EventBytes)
		}
		return accepted
	})
	flowing := LagOf(m.delivery.lags)
	m.delivery.end()
	return Result{Outcome: outcome, ByStage: m.byStage, ByShards: m.byShards, Flowing: flowing, Lag: LagOf(m.delivery.lags)}
}

// model is a pipeline in simulated time.
type model struct {
	stage             *bucket
	shards            []shard
	delivery          delivery
	byStage, byShards int
}

// shard has the two limits of a shard. Each holds one second's worth: see assumption KIN-2 in local/kinesis.
type shard struct{ records, bytes *bucket }

func newModel(p Pipeline) *model {
	m := &model{stage: newBucket(p.RateLimit, p.BurstLimit), delivery: delivery{size: p.BufferBytes, interval: p.BufferInterval}}
	for range p.Shards {
		m.shards = append(m.shards, shard{newBucket(quota.ShardRecords, quota.ShardRecords), newBucket(quota.ShardBytes, quota.ShardBytes)})
	}
	return m
}

// send sends an event at a time, and reports whether the stream has it.
func (m *model) send(at time.Duration, event Event, bytes int) bool {
	if !m.stage.has(at, 1) {
		m.byStage++
		return false
	}
	m.stage.take(1)
	to, size := m.shards[shardOf(event.Key, len(m.shards))], bytes+len(event.Key)
	if !to.records.has(at, 1) || !to.bytes.has(at, size) {
		m.byShards++
		return false
	}
	to.records.take(1)
	to.bytes.take(size)
	m.delivery.accept(at, event.First, bytes+len("\n"))
	return true
}
