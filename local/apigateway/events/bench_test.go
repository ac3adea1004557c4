package events

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// BenchmarkAdd measures what the list adds to a request: of one event of 500 bytes, and of a batch of them.
func BenchmarkAdd(b *testing.B) {
	const body = `{"id":1,"type":"page_view","pad":"`
	one := body + strings.Repeat("x", 500-len(body)-2) + `"}`
	const answer = `{"ShardId":"shardId-000000000000","SequenceNumber":"49590338271490256608559692538361571095921575989136588898"}`
	for _, n := range []int{1, 100, 500} {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			s := single(one, 200, answer)
			if n > 1 {
				s = batch(`{"events":[`+strings.Repeat(one+",", n-1)+one+`]}`, 200, `{"FailedRecordCount":0,"Records":[`+strings.Repeat(answer+",", n-1)+answer+`]}`)
				s.Sent = []byte(`{"StreamName":"s","Records":[` + strings.Repeat(`{"Data":"`+strings.Repeat("eA==", 167)+`","PartitionKey":"k"},`, n-1) + `{"Data":"eA==","PartitionKey":"k"}]}`)
			}
			s.At = time.Now()
			l := New(clockwork.NewRealClock())
			b.ReportAllocs()
			for b.Loop() {
				l.Add(s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
		})
	}
}

// BenchmarkSearch measures a search of a full list for a text.
func BenchmarkSearch(b *testing.B) {
	l := New(clockwork.NewRealClock())
	s := single(`{"id":1,"type":"page_view","pad":"`+strings.Repeat("x", 464)+`"}`, 200, stored)
	s.At = time.Now()
	for range maxEvents {
		l.Add(s)
	}
	for b.Loop() {
		if got := get(b, l, "text=nothing"); got.Matched != 0 {
			b.Fatal(got.Matched)
		}
	}
}
