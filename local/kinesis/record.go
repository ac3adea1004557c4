package kinesis

import "time"

// Record is one record of a shard.
type Record struct {
	// SequenceNumber is a decimal number that grows within its shard.
	SequenceNumber string
	PartitionKey   string
	// Data is at most 1 MiB together with the partition key.
	Data []byte
	// ArrivedAt is when the record was accepted, in milliseconds' precision as on AWS.
	ArrivedAt time.Time
}
