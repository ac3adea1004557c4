package kinesis

import (
	"context"
	"time"
)

// Backlog describes a stream's events after given positions.
type Backlog struct {
	Events int
	// Until is when the oldest of them expires; zero if there are no events.
	Until time.Time
}

// Backlog counts a stream's events after a sequence number in each shard. All events of a shard count if after has no number for it,
// or one from another stream.
func (s *Service) Backlog(ctx context.Context, stream string, after map[string]string) (Backlog, error) {
	var backlog Backlog
	found, problem := s.find(stream)
	if problem != nil {
		return backlog, problem
	}
	retention := time.Duration(found.description.Load().RetentionHours) * time.Hour
	for _, shard := range found.all() {
		_, position, err := s.position(stream, shard.id, after[shard.id])
		if err != nil {
			position = 0
		}
		events, oldest, err := s.count(ctx, shard, position+1)
		if err != nil {
			return backlog, err
		}
		backlog.Events += events
		if until := oldest.Add(retention); events > 0 && (backlog.Until.IsZero() || until.Before(backlog.Until)) {
			backlog.Until = until
		}
	}
	return backlog, nil
}

// count counts a shard's events from an index on, and returns the arrival of the first.
func (s *Service) count(ctx context.Context, shard *shard, from uint64) (events int, oldest time.Time, err error) {
	for {
		before := events
		from, err = s.read(ctx, shard, query{from: from, limit: readMost}, func(r stored) {
			if events++; events == 1 {
				oldest = time.UnixMilli(r.arrived)
			}
		})
		if err != nil || events == before {
			return events, oldest, err
		}
	}
}
