package browse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/kinesis"
)

const lastIndex = 1<<63 - 2

// position is a cursor of records: for each shard the next index to look at. A shard that it does not have is a newer one.
type position struct {
	Oldest bool              `json:"oldest,omitempty"`
	Next   map[string]uint64 `json:"next"`
}

// inCursor names a shard in a cursor. A stream that was made again has shards of the same ids.
func inCursor(shard string, created int64) string { return fmt.Sprintf("%s@%d", shard, created) }

func (p position) String() string { return encodeCursor(p) }

func parsePosition(text string, oldest bool) (p position, err error) {
	if !decodeCursor(text, &p) || p.Next == nil {
		return p, wrongf("cursor is %q, which is not a cursor of records; use the cursor or the tail of an answer", text)
	}
	return p, checkOrder(p.Oldest, oldest)
}

// lane is the walk through one shard, with the records that it has found and not given.
type lane struct {
	shard   string
	created int64
	look    kinesis.Look
	found   []record
	// bytes are those of the data of found, and most bounds them.
	bytes, most int
	// frontier is the arrival of the last record that the walk passed by.
	frontier time.Time
	begun    bool
}

// take takes the first record that was found.
func (l *lane) take() record {
	first := l.found[0]
	l.found, l.bytes = l.found[1:], l.bytes-first.size()
	return first
}

func (l *lane) ended() bool { return l.look.From > l.look.To }

// records finds records of the stream.
func (b *Browser) records(ctx context.Context, q query) (any, error) {
	lanes, tail, err := b.lanes(ctx, &q)
	if err != nil {
		return nil, err
	}
	budget, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer budget.end()
	answer := page{Records: []record{}, Tail: tail}
	size := 0
	for len(answer.Records) < q.limit {
		next := first(lanes, q.oldest)
		if next == nil {
			break
		}
		if len(next.found) > 0 {
			if size += next.found[0].size(); size > mostText && len(answer.Records) > 0 {
				break
			}
			answer.Records = append(answer.Records, next.take())
			continue
		}
		if next.begun && budget.spent() {
			break
		}
		if err := budget.step(ctx, func() (int, error) { return b.advance(ctx, next, q) }); err != nil {
			return nil, err
		}
	}
	answer.Scanned = budget.scanned
	if rest := cursorOf(lanes, q.oldest); rest != "" {
		answer.More, answer.Cursor = true, rest
	}
	b.locate(answer.Records)
	return answer, nil
}

// lanes are the walks that a query asks for, and the cursor of what comes after the newest records.
func (b *Browser) lanes(ctx context.Context, q *query) ([]*lane, string, error) {
	ids, err := b.shards(ctx, q)
	if err != nil {
		return nil, "", err
	}
	tail := position{Oldest: true, Next: map[string]uint64{}}
	var from position
	if q.cursor != "" {
		if from, err = parsePosition(q.cursor, q.oldest); err != nil {
			return nil, "", err
		}
	}
	newest := make([]kinesis.Place, len(ids))
	for i, id := range ids {
		if newest[i], err = b.newest(ctx, q.stream, id); err != nil {
			return nil, "", err
		}
		tail.Next[inCursor(id, newest[i].Created)] = newest[i].Index + 1
	}
	if q.shard != "" {
		newest = newest[slices.Index(ids, q.shard):][:1]
	}
	if err := b.findBounds(ctx, q, newest); err != nil {
		return nil, "", err
	}
	var lanes []*lane
	for _, place := range newest {
		if look, wanted := q.look(place, from); wanted {
			lanes = append(lanes, &lane{shard: place.Shard, created: place.Created, look: look})
		}
	}
	for _, l := range lanes {
		l.most = mostText / len(lanes)
	}
	return lanes, tail.String(), nil
}

// shards are the ids of the shards of a query's stream, which it completes and checks.
func (b *Browser) shards(ctx context.Context, q *query) (ids []string, err error) {
	if q.stream == "" && len(b.opts.Names) > 0 {
		q.stream = b.opts.Names[0]
	}
	if !slices.Contains(b.opts.Names, q.stream) {
		return nil, wrongf("stream is %q, which the stack does not declare; %s", q.stream, nearest.Remedy(q.stream, b.opts.Names))
	}
	shards, err := b.opts.Streams.Shards(ctx, q.stream)
	if err != nil {
		return nil, err
	}
	for _, shard := range shards {
		ids = append(ids, shard.ID)
	}
	if q.shard != "" && !slices.Contains(ids, q.shard) {
		return nil, wrongf("shard is %q, which the stream does not have; %s", q.shard, nearest.Remedy(q.shard, ids))
	}
	return ids, nil
}

// newest is the place of a shard's newest record. If it has none, only the shard's id is known.
func (b *Browser) newest(ctx context.Context, stream, shard string) (kinesis.Place, error) {
	latest, err := b.opts.Streams.Latest(ctx, stream, shard)
	if err != nil || latest == "" {
		return kinesis.Place{Shard: shard}, err
	}
	return kinesis.PlaceOf(latest)
}

// findBounds finds the arrivals of the records whose sequence numbers bound a query, which bound the other shards. newest are the
// places of the newest records of the shards that the query asks for.
func (b *Browser) findBounds(ctx context.Context, q *query, newest []kinesis.Place) error {
	for _, bound := range []*bound{&q.from, &q.to} {
		others := slices.ContainsFunc(newest, func(p kinesis.Place) bool { return p.Index > 0 && !bound.in(p) })
		if bound.place.Shard == "" {
			continue
		}
		seen, found, err := b.at(ctx, q.stream, bound.place)
		if err != nil {
			return err
		}
		if found {
			bound.millis = seen.UnixMilli()
		} else if others {
			return wrongf("%s is %q, and the stream has no such record any more, whose time bounds the other shards; use a time", bound.name, bound.text)
		}
	}
	return q.checkBounds()
}

// at is the arrival of the record at a place, if the stream still has it.
func (b *Browser) at(ctx context.Context, stream string, at kinesis.Place) (arrived time.Time, found bool, err error) {
	one := kinesis.Look{From: at.Index, To: at.Index, Limit: 1}
	_, _, err = b.opts.Streams.Look(ctx, stream, at.Shard, one, func(seen kinesis.Seen) bool {
		if seen.Place() == at { // not a former stream's
			arrived, found = seen.ArrivedAt, true
		}
		return true
	})
	if errors.Is(err, kinesis.ErrGone) {
		err = nil
	}
	return arrived, found, err
}

// look is the walk up to the newest record of a shard that a query asks for. A bound that is a record of that shard bounds its places:
// arrivals follow the clock, which may jump back.
func (q query) look(newest kinesis.Place, from position) (look kinesis.Look, wanted bool) {
	look = kinesis.Look{From: 1, To: min(newest.Index, lastIndex), Newest: !q.oldest, Limit: stepRecords}
	if q.sequence.Shard != "" {
		look.From, look.To = q.sequence.Index, q.sequence.Index
	}
	if q.from.in(newest) {
		look.From = max(look.From, q.from.place.Index)
	} else {
		look.Since = q.from.millis
	}
	if q.to.in(newest) {
		look.To = min(look.To, q.to.place.Index)
	} else {
		look.Until = q.to.millis
	}
	if next, known := from.Next[inCursor(newest.Shard, newest.Created)]; known && q.oldest {
		look.From = max(look.From, next)
	} else if from.Next != nil && !q.oldest {
		look.To = min(look.To, next) // 0 for a shard that is newer than the cursor
	}
	return look, q.sequence.Shard == "" || bound{place: q.sequence}.in(newest)
}

// first is the lane that goes on: the one whose next record, found or not yet looked at, is the first in the order.
func first(lanes []*lane, oldest bool) *lane {
	var best *lane
	for _, l := range lanes {
		if len(l.found) == 0 && l.ended() {
			continue
		}
		if !l.begun {
			return l
		}
		if best == nil || l.before(best, oldest) {
			best = l
		}
	}
	return best
}

// next is the arrival of the lane's next record, or a bound for it.
func (l *lane) next() time.Time {
	if len(l.found) > 0 {
		return *l.found[0].ArrivedAt
	}
	return l.frontier
}

func (l *lane) before(other *lane, oldest bool) bool {
	if oldest {
		return l.next().Before(other.next())
	}
	return l.next().After(other.next())
}

// advance looks at the next records of a lane, and keeps those that a query selects.
func (b *Browser) advance(ctx context.Context, l *lane, q query) (int, error) {
	l.begun = true
	rest, passed, err := b.opts.Streams.Look(ctx, q.stream, l.shard, l.look, func(seen kinesis.Seen) bool {
		if len(l.found) >= q.limit || l.bytes > l.most {
			return false
		}
		l.frontier = seen.ArrivedAt
		if q.key != "" && string(seen.Key) != q.key || !q.text.In(seen.Data) && !q.text.In(seen.Key) {
			return true
		}
		arrived := seen.ArrivedAt.UTC()
		r := record{
			Stream: q.stream, ShardID: l.shard, SequenceNumber: seen.SequenceNumber(), PartitionKey: string(seen.Key), ArrivedAt: &arrived, at: seen.Place(),
		}
		r.setData(seen.Data, q.most)
		l.found = append(l.found, r)
		l.bytes += r.size()
		return true
	})
	l.look.From, l.look.To = rest.From, rest.To
	return passed, err
}

// cursorOf continues after the records that were given; empty if there are no more.
func cursorOf(lanes []*lane, oldest bool) string {
	more := false
	at := position{Oldest: oldest, Next: map[string]uint64{}}
	for _, l := range lanes {
		next := l.look.To
		if oldest {
			next = l.look.From
		}
		if l.ended() && !oldest {
			next = 0
		}
		if len(l.found) > 0 {
			next = l.found[0].at.Index
		}
		at.Next[inCursor(l.shard, l.created)] = next
		more = more || len(l.found) > 0 || !l.ended()
	}
	if !more {
		return ""
	}
	return at.String()
}
