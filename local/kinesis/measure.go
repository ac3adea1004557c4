package kinesis

import (
	"encoding/binary"
	"net/http"
	"strings"
	"time"
)

// Written is a PutRecord or PutRecords call about a stream that exists.
type Written struct {
	Stream string
	// Batch is true for PutRecords.
	Batch bool
	// At is when the call ended.
	At      time.Time
	Latency time.Duration
	// Records and Bytes are those that the stream has taken; Bytes leaves partition keys out. Throttled counts the records that
	// were refused because their shard was at its limit.
	Records, Bytes, Throttled int
}

// ReadCall is a GetRecords call about a shard that exists.
type ReadCall struct {
	Stream string
	// At is when the call ended.
	At      time.Time
	Latency time.Duration
	// Throttled is true for a call that was refused because the shard was at its limit. The others have succeeded.
	Throttled bool
	// Records and Bytes are those of the answer; Bytes leaves partition keys out.
	Records, Bytes int
	// Behind is how far the last of them is behind the newest record of the shard: 0 for a reader that has caught up.
	Behind time.Duration
}

// Measures gets calls as they end, from the goroutine of the call. Each function must return at once; nil measures nothing.
type Measures struct {
	Written func(Written)
	Read    func(ReadCall)
}

// dataSize is the size of a value's data.
func dataSize(value []byte) int {
	return len(value) - headerSize - int(binary.BigEndian.Uint16(value[keySizeAt:]))
}

// measurePut measures a call with one record.
func (s *Service) measurePut(stream string, bytes int, began time.Time, problem *refusal) {
	if s.options.Measures.Written == nil {
		return
	}
	now := s.options.Clock.Now()
	w := Written{Stream: stream, At: now, Latency: now.Sub(began)}
	switch {
	case problem == nil:
		w.Records, w.Bytes = 1, bytes
	case problem.Type == throughputExceeded:
		w.Throttled = 1
	}
	s.options.Measures.Written(w)
}

// measureBatch measures a batch that was written.
func (s *Service) measureBatch(stream string, b *batch, began time.Time) {
	if s.options.Measures.Written == nil {
		return
	}
	now := s.options.Clock.Now()
	w := Written{Stream: stream, Batch: true, At: now, Latency: now.Sub(began)}
	for i := range b.entries {
		switch e := &b.entries[i]; {
		case e.refused == nil:
			w.Records++
			w.Bytes += e.size
		case e.refused.Type == throughputExceeded:
			w.Throttled++
		}
	}
	s.options.Measures.Written(w)
}

// measureRefused measures a call that wrote nothing because its caller may not use the stream's key, or because Kinesis fails. A caller
// without permission is not measured.
func (s *Service) measureRefused(action, streamARN string, problem *refusal) {
	counts := strings.HasPrefix(problem.Type, "KMS") || problem.Status >= http.StatusInternalServerError
	if s.options.Measures.Written == nil || !counts || action != "PutRecord" && action != "PutRecords" {
		return
	}
	_, name, _ := strings.Cut(streamARN, ":stream/")
	if _, unknown := s.find(name); unknown != nil {
		return
	}
	s.options.Measures.Written(Written{Stream: name, Batch: action == "PutRecords", At: s.options.Clock.Now()})
}

// measureRead measures a call that was answered with records, or with none.
func (s *Service) measureRead(stream string, records, bytes int, behind int64, began time.Time) {
	if s.options.Measures.Read == nil {
		return
	}
	now := s.options.Clock.Now()
	s.options.Measures.Read(ReadCall{
		Stream: stream, At: now, Latency: now.Sub(began), Records: records, Bytes: bytes, Behind: time.Duration(max(0, behind)) * time.Millisecond,
	})
}

// measureThrottledRead measures a call that was refused because the shard was at its limit.
func (s *Service) measureThrottledRead(stream string, now time.Time) {
	if s.options.Measures.Read != nil {
		s.options.Measures.Read(ReadCall{Stream: stream, At: now, Throttled: true})
	}
}
