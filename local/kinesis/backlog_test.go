package kinesis_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

func TestBacklog(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock, Unlimited: true}, map[string]int{"e": 2, "other": 1})
	check := func(what string, after map[string]string, want int, until time.Time) {
		t.Helper()
		got, err := s.Backlog(t.Context(), "e", after)
		if err != nil || got.Events != want || !got.Until.Equal(until) {
			t.Errorf("%s: got %d until %s (%v), want %d until %s", what, got.Events, got.Until, err, want, until)
		}
	}
	check("nothing", nil, 0, time.Time{})
	last := map[string]string{}
	add := func(keys ...string) {
		for _, key := range keys {
			shard, number := put(t, s, "e", key, "x")
			last[shard] = number
		}
	}
	add("a", "b", "a")
	_, foreign := put(t, s, "other", "a", "x")
	if len(last) != 2 {
		t.Fatalf("the keys go to %v", last)
	}
	check("all", nil, 3, noon.Add(24*time.Hour))
	check("a number of another stream", map[string]string{"shardId-000000000000": foreign, "shardId-000000000001": "7"}, 3, noon.Add(24*time.Hour))
	check("none after the last", last, 0, time.Time{})
	delivered := map[string]string{"shardId-000000000000": last["shardId-000000000000"], "shardId-000000000001": last["shardId-000000000001"]}
	clock.Advance(time.Hour)
	add("b")
	check("one later", delivered, 1, noon.Add(25*time.Hour))
	clock.Advance(23*time.Hour + time.Second)
	check("what is kept", nil, 1, noon.Add(25*time.Hour))
	reshard(t, s, "MergeShards", `"ShardToMerge":"0","AdjacentShardToMerge":"1"`)
	add("b")
	check("a closed shard's and its child's", nil, 2, noon.Add(25*time.Hour))
	end, err := s.Latest(t.Context(), "e", "shardId-000000000001")
	if err != nil {
		t.Fatal(err)
	}
	check("after the end of a closed shard", map[string]string{"shardId-000000000001": end}, 1, clock.Now().Add(24*time.Hour))
	if _, err := s.Backlog(t.Context(), "nowhere", nil); err == nil {
		t.Error("a stream that does not exist causes no error")
	}
}

// A backlog longer than one read is counted whole.
func TestALongBacklog(t *testing.T) {
	s := open(t, kinesis.Options{Unlimited: true}, map[string]int{"e": 1})
	records := strings.TrimSuffix(strings.Repeat(`{"PartitionKey":"a","Data":"eA=="},`, 500), ",")
	const calls = 21 // 10,500 records; a read gives 10,000
	for range calls {
		call(t, s, "PutRecords", fmt.Sprintf(`{"StreamName":"e","Records":[%s]}`, records))
	}
	if got, err := s.Backlog(t.Context(), "e", nil); err != nil || got.Events != calls*500 {
		t.Errorf("got %d (%v), want %d", got.Events, err, calls*500)
	}
}
