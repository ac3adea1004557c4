package browse

import (
	"maps"
	"slices"

	"cdk.tf/go/ingest/local/kinesis"
)

// locate adds to records whether they are delivered, and where.
func (b *Browser) locate(records []record) {
	for _, delivery := range b.opts.Deliveries {
		wanted := map[kinesis.Place]*record{}
		states := map[*record]string{}
		for i := range records {
			if r := &records[i]; r.Stream == delivery.Stream {
				wanted[r.at] = r
				states[r] = delivery.state(r) // before the journal is read: a delivery may end meanwhile
			}
		}
		delivery.findParts(wanted)
		for r, state := range states {
			if r.State = state; len(r.Objects) > 0 {
				r.State = "delivered"
			}
		}
	}
}

// findParts adds to records their places in the objects of a delivery stream, in the order of the deliveries. An entry that cannot be
// read has no records.
func (d Delivery) findParts(wanted map[kinesis.Place]*record) {
	for _, number := range d.Journal().Covering(slices.Collect(maps.Keys(wanted))) {
		written, pieces, err := d.Journal().Entry(number)
		if err != nil {
			continue
		}
		offset := int64(0)
		for i, piece := range pieces {
			if r := wanted[piece.Place]; r != nil {
				r.Objects = append(r.Objects, part{Bucket: written.Bucket, Key: written.Key, Record: i + 1, Offset: offset, Bytes: piece.Bytes})
			}
			offset += int64(piece.Bytes)
		}
	}
}

// state is where a record without an object is on its way. One that is behind the checkpoint is in an object that the journal does not
// have.
func (d Delivery) state(r *record) string {
	read, delivered := d.Progress(r.ShardID)
	switch {
	case r.at.Index > indexOf(read):
		return "unread"
	case r.at.Index > indexOf(delivered):
		return "buffered"
	}
	return "unknown"
}

// indexOf is the index of a sequence number, 0 for the beginning.
func indexOf(sequenceNumber string) uint64 {
	place, err := kinesis.PlaceOf(sequenceNumber)
	if err != nil {
		return 0
	}
	return place.Index
}
