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
	// Missed says that the shard had records between the one before this, or where the reading began, and this one: they have
	// expired. It goes by the shard's own order, and so by no clock.
	Missed bool
	// Empty says that this is no record but a place in the shard: whoever reads goes on after it.
	Empty bool
	// Lost is what could not be read in this place, and the remedy; empty if nothing is missing.
	Lost string
}
