package firehose

import (
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// buffer has the records of the next object, in the order in which they were read.
type buffer struct {
	data    []byte
	records int
	// oldest is the earliest arrival of its records.
	oldest time.Time
	// since is when the first record was added.
	since time.Time
	// after is the sequence number of the last record by shard.
	after map[string]string
}

// add appends one record of the stream. It is several records of the delivery stream if the Kinesis Producer Library aggregated
// them. No record can fail without transformation, conversion and partitioning, so nothing is ever written below the error
// prefix.
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

// reset empties the buffer. It keeps the memory, unless a large record has made it large.
func (b *buffer) reset(size int) {
	data := b.data[:0]
	if cap(data) > 2*size {
		data = nil
	}
	*b = buffer{data: data}
}
