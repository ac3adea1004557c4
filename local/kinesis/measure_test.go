package kinesis_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// Each put and each read of a stream that exists is measured, with what it took and what was throttled.
func TestCallsAreMeasured(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	var written []kinesis.Written
	var read []kinesis.ReadCall
	s := open(t, kinesis.Options{Clock: clock, Measures: kinesis.Measures{
		Written: func(w kinesis.Written) { written = append(written, w) },
		Read:    func(r kinesis.ReadCall) { read = append(read, r) },
	}}, map[string]int{"m": 1})
	data := func(size int) string { return base64.StdEncoding.EncodeToString(make([]byte, size)) }
	call(t, s, "PutRecord", `{"StreamName":"m","PartitionKey":"key","Data":"`+data(7)+`"}`)
	call(t, s, "PutRecord", `{"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/m","PartitionKey":"key","Data":"`+data(2)+`"}`) // the slow way
	one := `{"PartitionKey":"k","Data":"` + data(400<<10) + `"}`
	call(t, s, "PutRecords", `{"StreamName":"m","Records":[`+strings.Repeat(one+",", 3)+one+`]}`) // two fit into a second
	s.Do(context.Background(), "PutRecord", []byte(`{"StreamName":"m","PartitionKey":"k","Data":"`+data(400<<10)+`"}`))
	s.Do(context.Background(), "PutRecord", []byte(`{"StreamName":"none","PartitionKey":"k","Data":""}`))
	s.DoAs(context.Background(), "PutRecord", []byte(`{"StreamName":"m","PartitionKey":"k","Data":""}`), func(string) *kinesis.Denial {
		return &kinesis.Denial{Type: "KMSAccessDeniedException", Message: "no"}
	})
	s.DoAs(context.Background(), "PutRecord", []byte(`{"StreamName":"m","PartitionKey":"k","Data":""}`), func(string) *kinesis.Denial {
		return &kinesis.Denial{Type: "AccessDeniedException", Message: "no"}
	})
	want := []kinesis.Written{
		{Stream: "m", At: noon, Records: 1, Bytes: 7},
		{Stream: "m", At: noon, Records: 1, Bytes: 2},
		{Stream: "m", Batch: true, At: noon, Records: 2, Bytes: 800 << 10, Throttled: 2},
		{Stream: "m", At: noon, Throttled: 1},
		{Stream: "m", At: noon},
	}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("puts (-want +got):\n%s", diff)
	}
	clock.Advance(time.Minute)
	iterator := call(t, s, "GetShardIterator", `{"StreamName":"m","ShardId":"shardId-0","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
	call(t, s, "GetRecords", `{"ShardIterator":"`+iterator+`","Limit":2}`)
	for range 5 { // a shard gives two MiB a second
		s.Do(context.Background(), "GetRecords", []byte(`{"ShardIterator":"`+iterator+`"}`))
	}
	at := noon.Add(time.Minute)
	all := kinesis.ReadCall{Stream: "m", At: at, Records: 4, Bytes: 9 + 800<<10}
	wantReads := []kinesis.ReadCall{{Stream: "m", At: at, Records: 2, Bytes: 9, Behind: time.Minute}, all, all}
	if diff := cmp.Diff(wantReads, read[:3]); diff != "" || !read[len(read)-1].Throttled {
		t.Errorf("reads (-want +got):\n%s\nthe last is %+v", diff, read[len(read)-1])
	}
}
