package firehose

import (
	"time"

	"cdk.tf/go/ingest/local/kinesis"
)

// ReadCall is one GetRecords call of a delivery stream, or equal ones without records.
type ReadCall struct {
	At    time.Time
	Calls int
	// Records and Bytes are those of one call.
	Records, Bytes int
	// Behind is how far the last record that was read is behind the newest: 0 for a reader that has caught up.
	Behind  time.Duration
	Latency time.Duration
}

// Write is one attempt to write an object.
type Write struct {
	At time.Time
	// Success is false for an attempt that the bucket or the role refused. The others are 0 then.
	Success bool
	Records int
	// Bytes is the object's size.
	Bytes int
	// Age is how long the oldest record of the object was in the buffer.
	Age time.Duration
}

// Held is what a delivery stream holds at a time.
type Held struct {
	At time.Time
	// Age is how long the oldest record has been in a buffer; negative if the buffers are empty.
	Age time.Duration
	// Partitions is the number of active partitions, and Exceeded is true if another was refused; both only with dynamic
	// partitioning.
	Partitioned bool
	Partitions  int
	Exceeded    bool
}

// Measures gets what a delivery stream does, from its own goroutines. Each function must return at once; nil measures nothing.
type Measures struct {
	Read  func(ReadCall)
	Wrote func(Write)
	Held  func(Held)
	// Logged is called for each line that Firehose writes to the log group of cloudwatch_logging_options.
	Logged func(at time.Time)
}

// poll is a reader that waits: for a record, or until its records are taken.
type poll struct {
	// from is the time up to which its calls are measured.
	from time.Time
	// last is when the last record that it has read arrived in the stream, if the reader waits with it; else zero.
	last time.Time
}

// pollEvery is the time between two calls of a reader.
//
// Assumption FH-16: Firehose calls GetRecords once a second for each shard (developer guide, "Writing to Amazon Data Firehose Using
// Kinesis Data Streams"), whether or not there are records, and also while a delivery fails (the guide does not say so). A call that
// the role or the key does not allow is not successful.
//
// Here a reader waits instead of calling. For the metrics, each second of its wait counts as a call without records.
const pollEvery = time.Second

// beginPoll begins the wait of a shard's reader.
func (d *DeliveryStream) beginPoll(shard string, holds []kinesis.Record) {
	p := &poll{from: d.opts.Clock.Now()}
	if len(holds) > 0 {
		p.last = holds[len(holds)-1].ArrivedAt
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.polls[shard] = p
}

// endPoll ends it.
func (d *DeliveryStream) endPoll(shard string) {
	d.mu.Lock()
	p := d.polls[shard]
	delete(d.polls, shard)
	d.mu.Unlock()
	if p != nil {
		d.measurePolls(p, d.opts.Clock.Now())
	}
}

// measurePolls measures the calls of a waiting reader up to a time, with a sample in each minute. Nobody else may use p.
func (d *DeliveryStream) measurePolls(p *poll, until time.Time) {
	if d.opts.Measures.Read == nil || until.Sub(p.from) < pollEvery {
		return
	}
	allowed := d.allow("kinesis:GetRecords", d.cfg.StreamARN) == nil
	for until.Sub(p.from) >= pollEvery {
		end := p.from.Truncate(time.Minute).Add(time.Minute)
		if until.Before(end) {
			end = until
		}
		calls := max(1, int(end.Sub(p.from)/pollEvery))
		r := ReadCall{At: p.from, Calls: calls}
		if !p.last.IsZero() {
			r.Behind = end.Sub(p.last)
		}
		if allowed {
			d.opts.Measures.Read(r)
		}
		p.from = p.from.Add(time.Duration(calls) * pollEvery)
	}
}

// measureRead measures a call that gave records; more is true if the shard has later ones.
func (d *DeliveryStream) measureRead(records []kinesis.Record, bytes int, more bool, began time.Time) {
	if d.opts.Measures.Read == nil {
		return
	}
	now := d.opts.Clock.Now()
	r := ReadCall{At: now, Calls: 1, Bytes: bytes, Latency: now.Sub(began)}
	for _, record := range records {
		if !record.Empty {
			r.Records++
		}
	}
	if more {
		r.Behind = max(0, now.Sub(records[len(records)-1].ArrivedAt))
	}
	d.opts.Measures.Read(r)
}

// measureWrite measures an attempt to write a buffer's object.
func (d *DeliveryStream) measureWrite(b *buffer, bytes int, err error) {
	if d.opts.Measures.Wrote == nil {
		return
	}
	w := Write{At: d.opts.Clock.Now(), Success: err == nil}
	if err == nil {
		w.Records, w.Bytes, w.Age = b.records, bytes, w.At.Sub(b.since)
	}
	d.opts.Measures.Wrote(w)
}

// Measure measures what the delivery stream holds, and the calls of readers that wait, up to a time. Call it each minute.
func (d *DeliveryStream) Measure(until time.Time) {
	d.mu.Lock()
	var waiting []*poll
	for _, p := range d.polls {
		copied := *p
		waiting = append(waiting, &copied)
		p.from = p.from.Add(max(0, until.Sub(p.from)).Truncate(pollEvery))
	}
	held := Held{At: until.Add(-time.Nanosecond), Age: -1, Partitioned: d.queries != nil, Partitions: d.active, Exceeded: d.refused}
	if !d.since.IsZero() {
		held.Age = until.Sub(d.since)
	}
	d.refused = false
	d.mu.Unlock()
	for _, p := range waiting {
		d.measurePolls(p, until)
	}
	if d.opts.Measures.Held != nil {
		d.opts.Measures.Held(held)
	}
}
