package plan

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cdk.tf/go/ingest/internal/prices"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/apigateway/vtl"
	"cdk.tf/go/ingest/local/kinesis"
)

// Sample is what real events would be in the pipeline's stream. The stack's own mapping template makes a record of each, so the
// sizes include an envelope, and the keys are those that API Gateway would send.
type Sample struct {
	Events int `json:"events"`
	// MeanBytes to MaxBytes are the sizes of the records, without partition keys.
	MeanBytes   int `json:"meanBytes"`
	MedianBytes int `json:"medianBytes"`
	P99Bytes    int `json:"p99Bytes"`
	MaxBytes    int `json:"maxBytes"`
	// TooLarge is how many records Kinesis refuses.
	TooLarge int `json:"tooLarge"`
	// Rounded is how much Firehose charges for: the sum of the records rounded up to 5 KB, divided by their sum.
	Rounded float64 `json:"firehoseRoundsUpBy"`
	// Keys is the number of different partition keys, and Hottest those with most events.
	Keys    int   `json:"keys"`
	Hottest []Key `json:"hottestKeys"`
	// Shards are the shards with their part of the sample. A new stream on demand has four.
	Shards []Shard `json:"shards"`
	// MaxPerSecond is the most events a second, spread as in the sample, before Kinesis throttles the hottest shard.
	MaxPerSecond float64 `json:"maxEventsPerSecond"`
	// ByRequest is whether no event has a partition key of its own, so that each has its request ID.
	ByRequest bool `json:"keyedByRequestID"`
}

// Key is a partition key, and its part of the events.
type Key struct {
	Key  string  `json:"key"`
	Part float64 `json:"part"`
}

// Shard is a shard, and its part of the events and of their bytes.
type Shard struct {
	Shard   int     `json:"shard"`
	Records float64 `json:"recordsPart"`
	Bytes   float64 `json:"bytesPart"`
}

const (
	// maxLine is the longest line of a sample: API Gateway's largest body.
	maxLine = quota.MaxBody
	// shownKeys is how many of the hottest keys a report has.
	shownKeys = 5
	// onDemandShards is how many shards a new stream on demand has (developer guide, "Choose the right mode to stream in": 4 MB/s
	// of writes, of 1 MB/s for each shard).
	onDemandShards = 4
)

// record is one event as the stream would have it.
type record struct {
	key   string
	bytes int
}

// Sample reads events, one in each line, and says what they would be in the stream.
func (p *Pipeline) Sample(ctx context.Context, events io.Reader) (*Sample, error) {
	render, err := p.renderer(ctx)
	if err != nil {
		return nil, err
	}
	var records []record
	own := false
	lines := bufio.NewScanner(events)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if !json.Valid([]byte(line)) {
			return nil, fmt.Errorf("line %d is not JSON; write one event in each line", n)
		}
		id := requestID(len(records))
		one, err := render(line, id)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		own = own || one.key != id
		records = append(records, one)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("a line is longer than %d bytes; API Gateway takes no such body", maxLine)
	} else if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("there are no events; write one in each line")
	}
	return p.summarise(records, !own), nil
}

// requestID is the request ID of the nth event, the same in each run.
func requestID(n int) string {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.Uint32N(1<<16), random.Uint32N(1<<12), random.Uint32N(1<<12), random.Uint64N(1<<48))
}

// renderer makes records with the stack's mapping template.
func (p *Pipeline) renderer(ctx context.Context) (func(event, id string) (record, error), error) {
	if p.template == "" {
		return nil, errors.New("the stack has no integration with PutRecord and a template for application/json, which would make records of the events")
	}
	template, err := vtl.Parse(p.template)
	if err != nil {
		return nil, err
	}
	return func(event, id string) (record, error) {
		result, err := template.Render(ctx, &vtl.Request{Body: []byte(event), Context: map[string]any{
			"requestId": id, "requestTime": "24/Nov/2026:13:05:09 +0000", "requestTimeEpoch": "1795525509123", "resourcePath": "/submit", "stage": "stage", "accountId": account,
			// Values as long as common ones.
			"identity": map[string]any{
				"sourceIp": "203.0.113.100", "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
				"userArn": "arn:aws:sts::" + account + ":assumed-role/producer/session", "apiKeyId": "abcdefghij",
			},
			"authorizer": map[string]any{"principalId": id, "claims": map[string]any{"sub": id}},
		}})
		if err != nil {
			return record{}, err
		}
		var put struct {
			Data         []byte
			PartitionKey string
		}
		if err := json.Unmarshal(result.Body, &put); err != nil {
			return record{}, fmt.Errorf("the mapping template makes no PutRecord of it: %w", err)
		}
		return record{put.PartitionKey, len(put.Data)}, nil
	}, nil
}

// summarise says what records are together.
func (p *Pipeline) summarise(records []record, byRequest bool) *Sample {
	shards := cmp.Or(p.shape.Shards, onDemandShards)
	place, parts := kinesis.Placer(shards), make([]Shard, shards)
	counts, sizes := map[string]int{}, make([]int, len(records))
	sum, charged, rounded := 0, 0, 0
	s := &Sample{Events: len(records), ByRequest: byRequest}
	for i, r := range records {
		at, size := place(r.key), r.bytes+len(r.key)
		parts[at].Records++
		parts[at].Bytes += float64(size)
		counts[r.key]++
		sizes[i] = r.bytes
		sum, charged, rounded = sum+r.bytes, charged+size, rounded+prices.RoundUp(r.bytes, prices.DeliveredUnit)
		if size > quota.MaxRecordBytes {
			s.TooLarge++
		}
	}
	slices.Sort(sizes)
	s.MeanBytes, s.MedianBytes, s.P99Bytes, s.MaxBytes = sum/len(sizes), sizes[len(sizes)/2], sizes[len(sizes)*99/100], sizes[len(sizes)-1]
	s.Rounded = float64(rounded) / float64(max(1, sum))
	s.Keys, s.Hottest = len(counts), hottest(counts, len(records))
	events := float64(len(records))
	for i := range parts {
		// A second of the sample's events has this many records and bytes in the shard for each event.
		perEvent := max(parts[i].Records/events/quota.ShardRecords, parts[i].Bytes/events/quota.ShardBytes)
		if most := 1 / perEvent; perEvent > 0 && (s.MaxPerSecond == 0 || most < s.MaxPerSecond) {
			s.MaxPerSecond = most
		}
		parts[i].Shard, parts[i].Records, parts[i].Bytes = i, parts[i].Records/events, parts[i].Bytes/float64(charged)
	}
	s.Shards = parts
	return s
}

// hottest are the keys with most events, the first of them the hottest. Keys with one event are no hot keys.
func hottest(counts map[string]int, events int) []Key {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	found := []Key{}
	for _, key := range keys[:min(len(keys), shownKeys)] {
		if counts[key] > 1 {
			found = append(found, Key{key, float64(counts[key]) / float64(events)})
		}
	}
	return found
}

// printable is a key as a report shows it. A key comes from an event: a line break in it would break the table, and a terminal would obey
// an escape sequence.
func printable(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(key)
	}
	return key
}

// tables are what a report says of a sample.
func (s *Sample) tables() []table {
	sizes := table{heading: "The sample's records", columns: []string{"", "bytes"}, rows: [][]string{
		{"mean", count(float64(s.MeanBytes))}, {"median", count(float64(s.MedianBytes))}, {"99th percentile", count(float64(s.P99Bytes))}, {"largest", count(float64(s.MaxBytes))},
	}, after: []string{fmt.Sprintf("Firehose rounds each record up to 5 KB and charges for %.1f times the bytes.", s.Rounded)}}
	if s.TooLarge > 0 {
		sizes.after = append(sizes.after, fmt.Sprintf("Kinesis refuses %d of %d records: they are larger than 1 MiB.", s.TooLarge, s.Events))
	}
	keys := table{heading: "The sample's partition keys", columns: []string{"key", "part of the events"}}
	for _, key := range s.Hottest {
		keys.rows = append(keys.rows, []string{printable(key.Key), percent(key.Part)})
	}
	keys.after = []string{fmt.Sprintf("%s events have %s different keys.", count(float64(s.Events)), count(float64(s.Keys)))}
	if s.ByRequest {
		keys.after = []string{"No event has a partition key of its own, so each has its request ID. A key from a header is not in a file of events."}
	}
	shards := table{heading: "The sample on the shards, the fullest first", columns: []string{"shard", "records", "bytes"}}
	full := slices.SortedFunc(slices.Values(s.Shards), func(a, b Shard) int { return cmp.Compare(max(b.Records, b.Bytes), max(a.Records, a.Bytes)) })
	for _, shard := range full[:min(len(full), 2*shownKeys)] {
		shards.rows = append(shards.rows, []string{fmt.Sprint(shard.Shard), percent(shard.Records), percent(shard.Bytes)})
	}
	shards.after = []string{fmt.Sprintf("Kinesis throttles the fullest shard above %s such events a second.", count(s.MaxPerSecond))}
	return []table{sizes, keys, shards}
}
