package replay

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/apigateway/vtl"
)

const (
	// mostBytes bounds a PutRecords call, partition keys included. It is AWS's former limit (quota.MaxPutBytes has today's), which is
	// safe everywhere.
	mostBytes = 5 << 20

	// shardBytes is the number of bytes that a shard accepts per second, by the lower reading of "1 MB" (API reference,
	// PutRecords). Without --rate a replay uses a share of these bytes, and of the records, and leaves the rest for new events.
	shardBytes = 1_000_000
	share      = 0.5

	// putTime bounds the time of one call.
	putTime = 30 * time.Second
	// patience is how long a replay continues while the stream accepts nothing.
	patience = 5 * time.Minute
	// The waits between two tries of a batch double from the first value to the last. Each is shortened by up to a half at
	// random.
	firstWait, lastWait = 200 * time.Millisecond, 10 * time.Second
)

// entry is one record to put.
type entry struct {
	object objectID
	line   int
	data   []byte
	key    string
	code   string
}

func (e entry) bytes() int { return len(e.data) + len(e.key) }

// partitionKey returns a key that spreads records evenly, and is always the same for a record. Neither error records nor delivered
// ones have the original partition key, so a replay cannot keep a record's shard, or its order with other records. A record that is
// put twice is in one shard twice.
func partitionKey(key string, line int) string {
	sum := sha256.Sum256([]byte(key + "\n" + strconv.Itoa(line)))
	return hex.EncodeToString(sum[:16])
}

// key returns the record's partition key: what the path finds in it, or a made one. It refuses a record that is too large with
// its key.
func (r *run) key(e entry) (string, error) {
	e.key = partitionKey(e.object.key, e.line)
	if r.KeyPath != nil {
		found, err := r.find(e.data)
		if err != nil {
			return "", err
		}
		e.key = cmp.Or(found, e.key)
	}
	if e.bytes() > r.limits.record {
		return "", fmt.Errorf("its %d bytes, partition key included, are more than the %d that a record of the stream may have", e.bytes(), r.limits.record)
	}
	return e.key, nil
}

// find returns what the path finds in a record, or "".
func (r *run) find(data []byte) (string, error) {
	payload, ok := vtl.ParsePayload(data)
	if !ok {
		return "", nil
	}
	found, err := r.KeyPath.Text(payload)
	if length := utf8.RuneCountInString(found); err == nil && length > quota.MaxPartitionKey {
		err = fmt.Errorf("its partition key has %d characters, more than the %d that Kinesis allows", length, quota.MaxPartitionKey)
	}
	return found, err
}

// limits are the limits of the stream.
type limits struct {
	shards int
	// record is the largest size of a record in bytes, partition key included.
	record int
	// rate is in records per second, and bytes in bytes per second.
	rate, bytes float64
	// now is the time of the answer by the clock of AWS, or by this machine's if the answer does not say it.
	now time.Time
}

func (r *run) describe(ctx context.Context) (limits, error) {
	answer, err := r.To.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(r.Stream)})
	if err != nil {
		return limits{}, fmt.Errorf("the stream %s in %s: %w%s", r.Stream, r.ToRegion, err, remedy(err, "kinesis:DescribeStreamSummary on it"))
	}
	described := answer.StreamDescriptionSummary
	if described == nil {
		return limits{}, fmt.Errorf("the stream %s in %s: the answer does not describe it%s", r.Stream, r.ToRegion, otherService)
	}
	l := limits{shards: max(int(aws.ToInt32(described.OpenShardCount)), 1), record: quota.MaxRecordBytes, now: r.Clock.Now()}
	if now, ok := middleware.GetServerTime(answer.ResultMetadata); ok {
		l.now = now
	}
	if kib := int(aws.ToInt32(described.MaxRecordSizeInKiB)); kib > 0 {
		l.record = kib << 10
	}
	l.rate, l.bytes = share*quota.ShardRecords*float64(l.shards), share*shardBytes*float64(l.shards)
	if r.Rate > 0 {
		l.rate, l.bytes = float64(r.Rate), shardBytes*float64(l.shards)
	}
	return l, nil
}

// mostAtOnce returns the largest number of records in a batch: at most those of one second.
func (l limits) mostAtOnce() int { return min(quota.MaxPutRecords, max(1, int(l.rate))) }

// cost returns the time that the records and bytes take at the limits.
func (l limits) cost(records, bytes int) time.Duration {
	seconds := max(float64(records)/l.rate, float64(bytes)/l.bytes)
	return time.Duration(seconds * float64(time.Second))
}

// add adds a record to the batch. If there is no room, it puts the batch first.
func (r *run) add(ctx context.Context, e entry) error {
	full := len(r.batch) >= r.limits.mostAtOnce() || r.size+e.bytes() > min(mostBytes, int(r.limits.bytes))
	if full && len(r.batch) > 0 {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	r.batch = append(r.batch, e)
	r.size += e.bytes()
	return nil
}

// flush puts the batch, and retries the records that the stream refuses.
func (r *run) flush(ctx context.Context) error {
	if r.DryRun {
		r.count(r.batch)
		r.batch, r.size = nil, 0
		return nil
	}
	for began, tries := r.Clock.Now(), 0; len(r.batch) > 0; {
		if err := r.sleep(ctx, r.free.Sub(r.Clock.Now())); err != nil {
			return err
		}
		confirmed, refusal, err := r.put(ctx)
		if err != nil {
			return err
		}
		r.progress.tick()
		if len(r.batch) == 0 {
			return nil
		}
		r.summary.Retried += len(r.batch)
		tries++
		if confirmed > 0 {
			began, tries = r.Clock.Now(), 1
		}
		if r.Clock.Since(began) > patience {
			return fmt.Errorf("the stream %s has accepted nothing for %s (%w); the checkpoint has the confirmed records: try again later, or with a lower --rate", r.Stream, patience, refusal)
		}
		if err := r.sleep(ctx, r.backoff(tries)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) backoff(tries int) time.Duration {
	wait := min(firstWait<<min(tries-1, 10), lastWait)
	return wait - time.Duration(r.Jitter()*float64(wait)/2)
}

// sleep ends early with ctx.
func (r *run) sleep(ctx context.Context, wait time.Duration) error {
	if ctx.Err() != nil || wait <= 0 {
		return ctx.Err()
	}
	timer := r.Clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.Chan():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put puts the batch once, and keeps in it the records that the stream refused. refusal is the reason. err is an error that a
// retry does not fix.
func (r *run) put(ctx context.Context) (confirmed int, refusal, err error) {
	r.free = r.Clock.Now().Add(r.limits.cost(len(r.batch), r.size))
	if err := r.checkpoint.prepare(r.batch); err != nil {
		return 0, nil, unwritten(err, "nothing was put since the last batch")
	}
	input := &kinesis.PutRecordsInput{StreamName: aws.String(r.Stream)}
	for _, e := range r.batch {
		input.Records = append(input.Records, types.PutRecordsRequestEntry{Data: e.data, PartitionKey: aws.String(e.key)})
	}
	// ctx does not end a call that has begun: it would be unknown whether the call put records.
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), putTime)
	defer cancel()
	answer, err := r.To.PutRecords(call, input, once)
	if err != nil {
		if again(err) {
			return 0, err, nil
		}
		return 0, nil, fmt.Errorf("putting into %s: %w%s", r.Stream, err, remedy(err, "kinesis:PutRecords on it, and kms:GenerateDataKey if you manage its key"))
	}
	if len(answer.Records) != len(r.batch) {
		return 0, nil, fmt.Errorf("putting into %s: the answer has %d of %d records; it is unknown whether the stream has them, and the next replay puts them again", r.Stream, len(answer.Records), len(r.batch))
	}
	for i, result := range answer.Records {
		if result.ErrorCode == nil && aws.ToString(result.SequenceNumber) == "" {
			return 0, nil, fmt.Errorf("putting into %s: the answer neither confirms record %d of %d nor refuses it; it is unknown whether the stream has them, and the next replay puts them again%s",
				r.Stream, i+1, len(r.batch), otherService)
		}
	}
	return r.confirm(answer.Records)
}

// otherService is the remedy where an answer lacks what each answer of AWS has.
const otherService = "; look whether --endpoint-url, AWS_ENDPOINT_URL or a proxy leads to another service than AWS, and run the same command again"

// confirm records in the checkpoint what the stream has accepted.
func (r *run) confirm(results []types.PutRecordsResultEntry) (confirmed int, refusal, err error) {
	var taken, left []entry
	for i, result := range results {
		if result.ErrorCode == nil {
			taken = append(taken, r.batch[i])
			continue
		}
		left = append(left, r.batch[i])
		refusal = fmt.Errorf("%s: %s", *result.ErrorCode, aws.ToString(result.ErrorMessage))
	}
	if len(taken) > 0 {
		if len(left) > 0 {
			err = r.checkpoint.prepare(taken)
		}
		if err == nil {
			err = r.checkpoint.commit(taken)
		}
		if err != nil {
			return 0, nil, fmt.Errorf("--checkpoint: %w; the last %d records are in the stream and not in the checkpoint, so the next replay puts them again", err, len(taken))
		}
	}
	r.count(taken)
	r.batch, r.size = left, 0
	for _, e := range left {
		r.size += e.bytes()
	}
	return len(taken), refusal, nil
}

func (r *run) count(taken []entry) {
	r.summary.Put += len(taken)
	for _, e := range taken {
		r.summary.Bytes += int64(len(e.data))
		if !r.Delivered {
			r.summary.ByCode[e.code]++
		}
	}
}

// once turns off the SDK's own retries: they would send the whole batch again at once, without regard to the rate.
func once(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

var retryable = retry.NewStandard()

// again reports whether a retry may succeed: after throttling, a failure of AWS, or one of the network.
func again(err error) bool {
	return retryable.IsErrorRetryable(err) || code(err) == "KMSThrottlingException" || errors.Is(err, context.DeadlineExceeded)
}
