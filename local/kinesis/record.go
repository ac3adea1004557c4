package kinesis

import "time"

// Record is one record of a shard.
type Record struct {
	// SequenceNumber is a decimal number that grows within the shard.
	SequenceNumber string
	PartitionKey   string
	// Data is at most 1 MiB together with the partition key.
	Data []byte
	// ArrivedAt is when the record was accepted, in milliseconds as on AWS.
	ArrivedAt time.Time
	// Missed means that records between this one and the one before it, or the start of the read, have expired. It depends on the
	// shard's order and not on a clock.
	Missed bool
	// Empty means that this is a placeholder without an event. Continue reading after it.
	Empty bool
	// Lost describes the records that could not be read here, with the remedy; empty if none are missing.
	Lost string
}
