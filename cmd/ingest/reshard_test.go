package main

import (
	"fmt"
	"math/big"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// scale reshards the stream until the process is gone.
func (p *process) scale() *sync.WaitGroup {
	client := kinesis.NewFromConfig(p.config(), func(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} })
	var scaling sync.WaitGroup
	scaling.Go(func() {
		for i := 0; ; i++ {
			_, err := client.UpdateShardCount(p.t.Context(), &kinesis.UpdateShardCountInput{
				StreamName: aws.String(stream), TargetShardCount: aws.Int32([]int32{4, 3, 2}[i%3]), ScalingType: types.ScalingTypeUniformScaling,
			})
			if err != nil && p.isGone() {
				return
			}
		}
	})
	return &scaling
}

func (p *process) isGone() bool {
	response, err := http.Get(p.api + "/_local/status")
	if err != nil {
		return true
	}
	_ = response.Body.Close()
	return false
}

// The stack declares another number of shards at each start, the stream is resharded under load, and the process is killed: of what
// was acknowledged all is delivered, and each shard's events first come in the order in which the stream took them.
func TestKilledWhileResharding(t *testing.T) {
	if testing.Short() {
		t.Skip("it kills processes under load; run it without -short")
	}
	data := filepath.Join(t.TempDir(), "data")
	acks := &acknowledged{sequence: map[string]string{}}
	for round := range 4 {
		stack := edited(t, `"shard_count": 1`, fmt.Sprintf(`"shard_count": %d`, 2+round%2))
		p := begin(t, stack, data, "--unlimited", "--buffer-interval", "1s")
		before := acks.count()
		clients, scaling := acks.load(p, round), p.scale()
		p.wait("more events", func() bool { return acks.count() >= before+500 })
		p.kill()
		clients.Wait()
		scaling.Wait()
	}
	p := begin(t, edited(t, `"shard_count": 1`, `"shard_count": 2`), data, "--unlimited")
	shards := len(p.status().Streams.Streams[0].Shards)
	if status := p.end(); status != 0 {
		t.Fatalf("the last process ends with %d:\n%s", status, p.stderr)
	}
	last := map[string]string{}
	for _, id := range checkNoneLost(t, lines(t, data), acks.sequence) {
		number := acks.sequence[id]
		shard := shardOf(t, number)
		if number <= last[shard] {
			t.Fatalf("%s with the sequence number %s comes after %s", id, number, last[shard])
		}
		last[shard] = number
	}
	if shards < 20 || len(last) < 10 {
		t.Errorf("there are %d shards, of which %d took events", shards, len(last))
	}
	t.Logf("%d events were acknowledged, in %d of %d shards, and all are delivered", acks.count(), len(last), shards)
}

// shardOf is the shard in a sequence number: its hexadecimal digits are 2, creation, shard, index, 00, arrival, shard (8), 2.
func shardOf(t *testing.T, number string) string {
	t.Helper()
	n, ok := new(big.Int).SetString(number, 10)
	if !ok {
		t.Fatalf("%q is no sequence number", number)
	}
	digits := n.Text(16)
	return digits[len(digits)-9 : len(digits)-1]
}

// Another shard_count on an existing data folder is what an apply makes of it: a step that AWS takes, or an error with the remedy.
func TestAnotherShardCount(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	with := func(shards string) string { return edited(t, `"shard_count": 1`, `"shard_count": `+shards) }
	p := begin(t, devStack, data)
	first := p.mustPost(`{"id":"first"}`)
	if status := p.end(); status != 0 {
		t.Fatal(p.stderr)
	}
	refused := spawn(t, "up", "--stack", with("3"), "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--data", data)
	<-refused.exited
	for _, part := range []string{
		`shard_count 3, but in `, " the stream has 1 shards, and AWS would refuse the change (LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. ",
		"set shard_count to 1 to 2 and start again for each step, or start with another --data folder",
	} {
		if stderr := refused.stderr.String(); !strings.Contains(stderr, part) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("it says %s\nwant in it %s", stderr, part)
		}
	}
	p = begin(t, with("2"), data)
	second := p.mustPost(`{"id":"second"}`)
	if first.ShardID != "shardId-000000000000" || second.ShardID <= first.ShardID {
		t.Errorf("the events are in %s and %s", first.ShardID, second.ShardID)
	}
	status := p.status().Streams.Streams[0].Shards
	if len(status) != 3 || status[0].Closed == nil || status[1].Closed != nil || status[2].Closed != nil || status[1].Parents[0] != status[0].ID {
		t.Errorf("status %+v", status)
	}
	if status := p.end(); status != 0 {
		t.Fatal(p.stderr)
	}
	if got := strings.Join(lines(t, data), " "); got != `{"id":"first"} {"id":"second"}` {
		t.Errorf("delivered are %s", got)
	}
}
