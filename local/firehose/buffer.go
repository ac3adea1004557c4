package firehose

import (
	"cmp"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// buffer has the records of the next object, in the order in which they were read. A delivery stream has one, or with dynamic
// partitioning one for each partition and for each type of error.
type buffer struct {
	id string
	to place

	data    []byte
	records int
	// oldest is the earliest arrival of its records.
	oldest time.Time
	// since is when the first record was added.
	since time.Time
	// before is the position before its first record, by shard. The checkpoint cannot be after it.
	before map[string]string
	pieces pieces
}

// add notes one record of the stream. position is the one before it.
func (b *buffer) add(shard, position string, record kinesis.Record, clock clockwork.Clock) {
	if b.records == 0 {
		b.since, b.oldest = clock.Now(), record.ArrivedAt
	}
	if record.ArrivedAt.Before(b.oldest) {
		b.oldest = record.ArrivedAt
	}
	if known, ok := b.before[shard]; !ok || later(known, position) {
		b.before[shard] = position
	}
	b.records++
}

// bufferOf returns a buffer by its ID, and makes it if there is none.
func (d *DeliveryStream) bufferOf(id string, to place) *buffer {
	found := d.buffers[id]
	if found == nil {
		found = &buffer{id: id, to: to, data: d.spare, before: map[string]string{}}
		d.spare, d.buffers[id] = nil, found
	}
	return found
}

// remove removes a delivered buffer. Another one takes over its memory, unless a large record has made it large.
func (d *DeliveryStream) remove(b *buffer) {
	delete(d.buffers, b.id)
	d.bytes -= len(b.data)
	if d.spare == nil && cap(b.data) <= 2*d.size {
		d.spare = b.data[:0]
	}
}

// byAge returns the buffers, the oldest first.
func (d *DeliveryStream) byAge() []*buffer {
	var all []*buffer
	for _, b := range d.buffers {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *buffer) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.id, b.id)) })
	return all
}

// buffered returns the records in all buffers.
func (d *DeliveryStream) buffered() (records int) {
	for _, b := range d.buffers {
		records += b.records
	}
	return records
}

// settle moves the checkpoint as far as it can: to the last record that was read, but not after one that is in a buffer.
func (d *DeliveryStream) settle() {
	after := map[string]string{}
	for shard, position := range d.read {
		for _, b := range d.buffers {
			if before, ok := b.before[shard]; ok && later(position, before) {
				position = before
			}
		}
		if known, ok := d.checkpoint.After[shard]; !ok || known != position {
			after[shard] = position
		}
	}
	if len(after) > 0 {
		d.checkpoint, d.unsaved = d.checkpoint.with(after), true
	}
}
