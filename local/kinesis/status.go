package kinesis

import (
	"maps"
	"slices"
	"time"
)

// Status counts what a service has done since it was opened.
type Status struct {
	// Refused counts the calls that were answered with an error, whatever its reason.
	Refused int64          `json:"refused"`
	Streams []StreamStatus `json:"streams"`
}

// StreamStatus is the status of one stream.
type StreamStatus struct {
	Name   string        `json:"name"`
	Mode   string        `json:"mode"`
	Shards []ShardStatus `json:"shards"`
}

// ShardStatus is the status of one shard.
type ShardStatus struct {
	ID string `json:"id"`
	// Parents are the ids of the shards that it was made of by a split or a merge.
	Parents []string `json:"parents,omitempty"`
	// Closed is when the shard was split or merged, after which it takes no records; nil for an open shard. A closed shard is
	// listed until its records have expired.
	Closed *time.Time `json:"closed,omitempty"`
	// Records and Bytes (of data and partition keys) count the records acknowledged since the service was opened.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
	// Throttled counts the records refused by the shard's limits.
	Throttled int64 `json:"throttled"`
	// Failed counts the records that could not be written.
	Failed int64 `json:"failed"`
	// Latest is the newest record's sequence number; empty if there is none.
	Latest string `json:"latest"`
	// Damage describes records that could not be read and are not delivered, at most ten entries; Damages is the total number.
	Damage  []Damage `json:"damage,omitempty"`
	Damages int      `json:"damages,omitempty"`
}

// Status returns the status, with streams by name and shards in order.
func (s *Service) Status() Status {
	status := Status{Refused: s.refused.Load(), Streams: []StreamStatus{}}
	streams := *s.streams.Load()
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		stream := StreamStatus{Name: name, Mode: streams[name].description.Load().Mode}
		for _, shard := range streams[name].all() {
			stream.Shards = append(stream.Shards, shard.status())
		}
		status.Streams = append(status.Streams, stream)
	}
	return status
}

func (s *shard) status() ShardStatus {
	status := ShardStatus{
		ID: s.id, Parents: s.parentIDs(), Records: s.records.Load(), Bytes: s.bytes.Load(), Throttled: s.throttled.Load(), Failed: s.failed.Load(),
	}
	if closed := s.closed.Load(); closed != 0 {
		at := time.UnixMilli(closed).UTC()
		status.Closed = &at
	}
	damage := s.damaged()
	status.Damage, status.Damages = damage[:min(len(damage), mostSaid)], len(damage)
	if index, arrived := s.newest(); index != 0 {
		status.Latest = s.number(index, arrived).String()
	}
	return status
}
