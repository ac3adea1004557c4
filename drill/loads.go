package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/internal/quota"
)

// Producer makes the client of Kinesis with which a drill writes and reads. It tries nothing again: a throttled call is what a drill wants.
func Producer(cfg aws.Config) *kinesis.Client {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return kinesis.NewFromConfig(cfg)
}

// maxInFlight bounds the requests that wait for an answer.
const maxInFlight = 100

// send sends requests in the background, so that a slow answer does not delay the next step, and counts the answers.
func (r *run) send(count int, one func(context.Context) (int, error)) error {
	counted := r.answers
	for range count {
		select {
		case r.slots <- struct{}{}:
		default:
			return fmt.Errorf("%d requests have no answer yet; look at the output of ingest up", maxInFlight)
		}
		r.sending.Go(func() {
			defer func() { <-r.slots }()
			status, err := one(r.ctx)
			counted.add(status, err)
		})
	}
	return nil
}

// answers count the answers of the API.
type answers struct {
	mu         sync.Mutex
	byStatus   map[int]int
	unanswered int
}

func (a *answers) add(status int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.unanswered++
		return
	}
	a.byStatus[status]++
}

func (a *answers) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var counted []string
	for _, status := range slices.Sorted(maps.Keys(a.byStatus)) {
		counted = append(counted, fmt.Sprintf("%d with %d", a.byStatus[status], status))
	}
	if a.unanswered > 0 {
		counted = append(counted, fmt.Sprintf("%d without an answer", a.unanswered))
	}
	return strings.Join(counted, ", ")
}

// events sends events through the API.
func events(count int) func(*run) error {
	return func(r *run) error { return r.send(count, r.Sender.Send) }
}

// badBodies sends bodies that the API refuses.
func badBodies(count int) func(*run) error {
	return func(r *run) error { return r.send(count, r.Sender.SendBad) }
}

func unlimited(r *run) string {
	if r.Unlimited {
		return "the pipeline runs with --unlimited, so no shard has limits; start it without"
	}
	return ""
}

// put writes records to the stream, as another producer does. A throttled record is not sent again.
func (r *run) put(entries []types.PutRecordsRequestEntry) error {
	for some := range slices.Chunk(entries, quota.MaxPutRecords) {
		if _, err := r.Kinesis.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String(r.Stream), Records: some}); err != nil && !isThrottled(err) {
			return fmt.Errorf("PutRecords: %w", err)
		}
	}
	return nil
}

func isThrottled(err error) bool {
	var throttled *types.ProvisionedThroughputExceededException
	return errors.As(err, &throttled)
}

// hotKey sends twice a second's worth of a shard at once, with one partition key.
func hotKey(r *run) error {
	entries := make([]types.PutRecordsRequestEntry, 2*quota.ShardRecords)
	for i := range entries {
		entries[i] = types.PutRecordsRequestEntry{Data: r.Sender.Event(), PartitionKey: aws.String("drill")}
	}
	return r.put(entries)
}

// fullPercent is the share of the shards' records that the drill full-shards sends. It is above the alarm's 80 percent, and leaves room for the
// pipeline's own events.
const fullPercent = 90

// fullShards sends each shard the records that are due since the last step, so that a slow machine sends as many in a minute as a quick
// one, but never more at once than a shard takes in a second.
func fullShards(r *run) error {
	keys, err := r.shardKeys()
	if err != nil {
		return err
	}
	now := r.Clock.Now()
	elapsed := time.Second
	if !r.filled.IsZero() {
		elapsed = min(now.Sub(r.filled), time.Second*100/fullPercent)
	}
	r.filled = now
	due := int(elapsed.Seconds() * quota.ShardRecords * fullPercent / 100)
	var filling errgroup.Group
	for _, key := range keys {
		filling.Go(func() error {
			entries := make([]types.PutRecordsRequestEntry, due)
			for i := range entries {
				entries[i] = types.PutRecordsRequestEntry{Data: r.Sender.Event(), PartitionKey: aws.String("drill"), ExplicitHashKey: aws.String(key)}
			}
			return r.put(entries)
		})
	}
	return filling.Wait()
}

// shardKeys are hash keys, one of each open shard. They are read once: a drill reshards nothing.
func (r *run) shardKeys() ([]string, error) {
	if r.keys != nil {
		return r.keys, nil
	}
	ask := &kinesis.ListShardsInput{StreamName: aws.String(r.Stream), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}
	for {
		page, err := r.Kinesis.ListShards(r.ctx, ask)
		if err != nil {
			return nil, fmt.Errorf("ListShards: %w", err)
		}
		for _, shard := range page.Shards {
			r.keys = append(r.keys, aws.ToString(shard.HashKeyRange.StartingHashKey))
			r.shards = append(r.shards, aws.ToString(shard.ShardId))
		}
		if page.NextToken == nil {
			return r.keys, nil
		}
		ask = &kinesis.ListShardsInput{NextToken: page.NextToken}
	}
}

// iterator is an iterator at the oldest record of a shard.
func (r *run) iterator(shard string) (*string, error) {
	answer, err := r.Kinesis.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{
		StreamName: aws.String(r.Stream), ShardId: aws.String(shard), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return nil, fmt.Errorf("GetShardIterator: %w", err)
	}
	return answer.ShardIterator, nil
}

// readOldest puts a record into a shard, and reads the oldest record of each: the reader is as far behind as the oldest one is old.
func readOldest(r *run) error {
	keys, err := r.shardKeys()
	if err != nil {
		return err
	}
	if err := r.put([]types.PutRecordsRequestEntry{{Data: r.Sender.Event(), PartitionKey: aws.String("drill"), ExplicitHashKey: aws.String(keys[0])}}); err != nil {
		return err
	}
	_, err = r.oldest()
	return err
}

// oldest reads the oldest record of each open shard, and returns when the oldest of them arrived; zero without one.
func (r *run) oldest() (arrived time.Time, err error) {
	if _, err := r.shardKeys(); err != nil {
		return time.Time{}, err
	}
	for _, shard := range r.shards {
		record, err := r.oldestOf(shard)
		if err != nil {
			return time.Time{}, err
		}
		if record == nil {
			continue
		}
		if at := aws.ToTime(record.ApproximateArrivalTimestamp); arrived.IsZero() || at.Before(arrived) {
			arrived = at
		}
	}
	return arrived, nil
}

// oldestOf reads the oldest record of a shard; nil without one.
func (r *run) oldestOf(shard string) (*types.Record, error) {
	iterator, err := r.iterator(shard)
	if err != nil {
		return nil, err
	}
	for range maxEmptyReads {
		answer, err := r.Kinesis.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(1)})
		if isThrottled(err) {
			if err := r.Wait(r.ctx, time.Second); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("GetRecords: %w", err)
		}
		if len(answer.Records) > 0 {
			return &answer.Records[0], nil
		}
		if aws.ToInt64(answer.MillisBehindLatest) == 0 {
			return nil, nil
		}
		iterator = answer.NextShardIterator
	}
	return nil, nil
}

// maxEmptyReads bounds the reads on the way to the oldest record.
const maxEmptyReads = 20

// untilOld is how long the oldest record takes until the alarm's threshold.
func untilOld(r *run, a alarm) (time.Duration, error) {
	need := time.Duration(a.Threshold) * time.Millisecond
	arrived, err := r.oldest()
	if err != nil || arrived.IsZero() {
		return need, err
	}
	return max(0, need-r.Clock.Since(arrived)), nil
}

// readsAtOnce are twice the reads that a shard allows in a second.
const readsAtOnce = 10

// readTooOften reads a shard more often than it allows.
func readTooOften(r *run) error {
	if _, err := r.shardKeys(); err != nil {
		return err
	}
	iterator, err := r.iterator(r.shards[0])
	if err != nil {
		return err
	}
	for range readsAtOnce {
		_, err := r.Kinesis.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(1)})
		if err != nil && !isThrottled(err) {
			return fmt.Errorf("GetRecords: %w", err)
		}
	}
	return nil
}

// untilStale is how long events must wait until the alarm delivery-stale has bad data.
func untilStale(_ *run, a alarm) (time.Duration, error) {
	if a.id != "delivery-stale" {
		return 0, nil
	}
	return time.Duration(a.Threshold) * time.Second, nil
}

// burst is how many values a burst has: more than there are active partitions, and fewer records than a shard takes in a second.
const burst = quota.ActivePartitions * 5 / 4

// paths finds what a query of jq reads: .tenant, .event.tenant, ."a-b", .["a b"].
var (
	paths = regexp.MustCompile(`(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|"[^"\\]+"|\["[^"\\]+"\]))+`)
	steps = regexp.MustCompile(`\.(?:([A-Za-z_][A-Za-z0-9_]*)|\["([^"\\]+)"\]|"([^"\\]+)")`)
)

func noPartitions(r *run) string {
	if r.PartitionQuery == "" {
		return "the delivery stream does not partition; run an environment with Delivery.PartitionBy"
	}
	if records, err := r.manyValues(); err != nil {
		return err.Error()
	} else if records == nil {
		return fmt.Sprintf("the drill finds no field that gives more than %d partitions (the query is %s)", quota.ActivePartitions, r.PartitionQuery)
	}
	return ""
}

// manyValues makes records with more values of one field than Firehose has active partitions for; nil where no field has them.
func (r *run) manyValues() ([][]byte, error) {
	queries, err := jq16.Parse(r.PartitionQuery)
	if err != nil {
		return nil, fmt.Errorf("the query of the partitions: %w", err)
	}
	for _, path := range slices.Compact(slices.Sorted(slices.Values(paths.FindAllString(r.PartitionQuery, -1)))) {
		for _, value := range []func(int) any{func(int) any { return uuid.NewString() }, func(i int) any { return 1_000_000 + i }} {
			if records, err := r.withValues(path, value); err != nil {
				return nil, err
			} else if partitionsOf(queries, records) > quota.ActivePartitions {
				return records, nil
			}
		}
	}
	return nil, nil
}

// withValues makes a burst of records that differ in the field of a path.
func (r *run) withValues(path string, value func(int) any) ([][]byte, error) {
	var names []string
	for _, found := range steps.FindAllStringSubmatch(path, -1) {
		names = append(names, found[1]+found[2]+found[3])
	}
	records := make([][]byte, burst)
	for i := range records {
		var err error
		if records[i], err = withValue(r.Sender.Event(), names, value(i)); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// partitionsOf counts the partitions of records.
func partitionsOf(queries *jq16.Queries, records [][]byte) int {
	found := map[string]bool{}
	for _, record := range records {
		if values, err := queries.Run(record); err == nil {
			found[fmt.Sprint(values)] = true
		}
	}
	return len(found)
}

// manyPartitions sends a burst of partitions, past the API.
func manyPartitions(r *run) error {
	records, err := r.manyValues()
	if err != nil {
		return err
	}
	entries := make([]types.PutRecordsRequestEntry, len(records))
	for i, record := range records {
		entries[i] = types.PutRecordsRequestEntry{Data: record, PartitionKey: aws.String(fmt.Sprintf("drill-%d", i))}
	}
	return r.put(entries)
}

// withValue gives a field of an event a value.
func withValue(event []byte, path []string, value any) ([]byte, error) {
	var object map[string]any
	if err := json.Unmarshal(event, &object); err != nil {
		return nil, fmt.Errorf("the event is no JSON object: %w", err)
	}
	at := object
	for _, name := range path[:len(path)-1] {
		below, is := at[name].(map[string]any)
		if !is {
			below = map[string]any{}
			at[name] = below
		}
		at = below
	}
	at[path[len(path)-1]] = value
	return json.Marshal(object)
}
