package firehose

import (
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// buffer is what the next object will hold, in the order in which it was read.
type buffer struct {
	data    []byte
	records int
	// oldest arrival of a record in it.
	oldest time.Time
	// since when there has been a record in it.
	since time.Time
	// after is the sequence number of the last record by shard.
	after map[string]string
}

// add appends one record of the stream, which is more than one of the delivery stream's if the Kinesis Producer Library
// has put them together. There is no other place for it to go: without transformation, conversion and partitioning no
// record can fail, so that nothing is ever written below the error prefix.
func (b *buffer) add(shard string, record kinesis.Record, delimiter string, clock clockwork.Clock) {
	if b.records == 0 {
		b.since, b.oldest = clock.Now(), record.ArrivedAt
		b.after = map[string]string{}
	}
	if record.ArrivedAt.Before(b.oldest) {
		b.oldest = record.ArrivedAt
	}
	for _, data := range userRecords(record.Data) {
		b.data = append(b.data, data...)
		b.data = append(b.data, delimiter...)
		b.records++
	}
	b.after[shard] = record.SequenceNumber
}

// reset empties the buffer and keeps its memory, unless one large record has made that large.
func (b *buffer) reset(size int) {
	data := b.data[:0]
	if cap(data) > 2*size {
		data = nil
	}
	*b = buffer{data: data}
}
