package kinesis

import (
	"maps"
	"slices"
	"time"
)

// Status is what a service has done since it was opened.
type Status struct {
	// Refused calls have been answered with an error, whatever its reason.
	Refused int64          `json:"refused"`
	Streams []StreamStatus `json:"streams"`
}

// StreamStatus is of one stream.
type StreamStatus struct {
	Name   string        `json:"name"`
	Mode   string        `json:"mode"`
	Shards []ShardStatus `json:"shards"`
}

// ShardStatus is of one shard.
type ShardStatus struct {
	ID string `json:"id"`
	// Parents are the ids of the shards that it was made of by a split or a merge.
	Parents []string `json:"parents,omitempty"`
	// Closed is when it was split or merged, so that it takes no more records; nil of an open shard. It is listed until its
	// records have expired.
	Closed *time.Time `json:"closed,omitempty"`
	// Records and Bytes (of data and partition keys) have been acknowledged since the service was opened.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
	// Throttled records met the shard's limits.
	Throttled int64 `json:"throttled"`
	// Failed records could not be written.
	Failed int64 `json:"failed"`
	// Latest is the newest record's sequence number, empty of a shard without.
	Latest string `json:"latest"`
	// Damage is records that could not be read and are not delivered, at most ten places; Damages is how many there are.
	Damage  []Damage `json:"damage,omitempty"`
	Damages int      `json:"damages,omitempty"`
}

// Status counts, streams by name and shards in order.
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
