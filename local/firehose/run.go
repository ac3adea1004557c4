package firehose

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/kinesis"
)

// batch is what one read of a shard gave.
type batch struct {
	shard   string
	records []kinesis.Record
}

// Run reads and delivers until ctx is done, and returns nil then. Failures of the stream, the bucket and the role are logged
// and tried again. It returns an error if it runs already, or if no object can be made of the buffer. What is in the buffer
// at the end stays there for another Run or [DeliveryStream.Flush]; after a restart it is read again.
//
// A shard is read ahead by one read, which is about one buffer, so that memory stays bounded however large the backlog is.
func (d *DeliveryStream) Run(ctx context.Context) error {
	select {
	case d.running <- struct{}{}:
		defer func() { <-d.running }()
	default:
		return fmt.Errorf("the delivery stream %s runs already", d.cfg.Name)
	}
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan batch)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel() // before that: whoever reads has to end with an error too
	reading.Go(func() { d.readAll(ctx, batches) })
	for ctx.Err() == nil {
		if err := d.step(ctx, batches); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// step accepts one batch, or delivers a buffer that is due.
func (d *DeliveryStream) step(ctx context.Context, batches <-chan batch) error {
	due, stop, err := d.due(ctx)
	if err != nil {
		return err
	}
	defer stop()
	select {
	case <-ctx.Done():
		return nil
	case b := <-batches:
		return d.withTurn(ctx, func() error {
			if err := d.accept(ctx, b.shard, b.records); err != nil {
				return err
			}
			if d.cfg.BufferInterval == 0 {
				return d.deliver(ctx)
			}
			return nil
		})
	case <-due:
		return d.withTurn(ctx, func() error {
			if d.dueIn() > 0 { // a flush has delivered what was due
				return nil
			}
			return d.deliver(ctx)
		})
	}
}

func (d *DeliveryStream) withTurn(ctx context.Context, do func() error) error {
	if err := d.take(ctx); err != nil {
		return err
	}
	defer d.give()
	return do()
}

// due is a channel that receives when the buffer's interval is over. It is nil while the buffer is empty.
func (d *DeliveryStream) due(ctx context.Context) (<-chan time.Time, func(), error) {
	if err := d.take(ctx); err != nil {
		return nil, nil, err
	}
	defer d.give()
	if d.buffer.records == 0 {
		return nil, func() {}, nil
	}
	timer := d.opts.Clock.NewTimer(max(d.dueIn(), 0))
	return timer.Chan(), func() { stopTimer(timer) }, nil
}

func stopTimer(timer clockwork.Timer) { timer.Stop() }

// dueIn is how long the buffer may still wait.
func (d *DeliveryStream) dueIn() time.Duration {
	if d.buffer.records == 0 {
		return d.cfg.BufferInterval
	}
	return d.buffer.since.Add(d.cfg.BufferInterval).Sub(d.opts.Clock.Now())
}

// readAll reads every shard until ctx ends.
//
// Assumption FH-8: the role needs kinesis:DescribeStream, ListShards, GetShardIterator and GetRecords on the stream, which
// Firehose retries indefinitely (developer guide, "Controlling access" and "Troubleshooting"), and s3:PutObject on the
// object, the call with which it delivers. "Controlling access" also lists s3:GetBucketLocation, ListBucket and
// ListBucketMultipartUploads on the bucket, and s3:AbortMultipartUpload and GetObject on its objects. One object of at most
// some MiB needs none of them, and AWS does not say what fails without them, so a denial of those is said and not enforced.
func (d *DeliveryStream) readAll(ctx context.Context, batches chan<- batch) {
	d.sayDenied()
	d.sayDocumented()
	r := readers{DeliveryStream: d, batches: batches, reading: map[string]bool{}}
	if d.take(ctx) != nil {
		return
	}
	r.ended = maps.Clone(d.read)
	d.give()
	var shards []kinesis.Shard
	err := d.persist(ctx, "reading of the stream", func() (err error) {
		for _, action := range []string{"kinesis:DescribeStream", "kinesis:ListShards", "kinesis:GetShardIterator"} {
			if err := d.allow(action, d.cfg.StreamARN); err != nil {
				return err
			}
		}
		shards, err = d.opts.Source.Shards(ctx, d.cfg.StreamName)
		return withRemedy(err)
	})
	if err != nil {
		return // ctx has ended
	}
	r.mu.Lock()
	r.start(ctx, shards)
	r.mu.Unlock()
	r.group.Wait()
}

// withRemedy says what to do where the stream was deleted beneath its readers.
func withRemedy(err error) error {
	if errors.Is(err, kinesis.ErrGone) {
		return fmt.Errorf("%w; make it again (aws kinesis create-stream, with the --endpoint-url of this machine), or start again", err)
	}
	return err
}

// sayDenied says at once, and not with the first delivery, that the role may not write objects. The key that it asks about
// is one that an object of now could have: the role may be held to others, so that nothing is refused for it.
func (d *DeliveryStream) sayDenied() {
	key, err := d.cfg.keyOf(d.prefix, d.opts.Clock.Now(), zeros{})
	if err == nil {
		err = d.allow("s3:PutObject", d.cfg.BucketARN+"/"+key)
	}
	if err != nil {
		d.opts.Logger.Error("nothing can be delivered as the role is now: it may not write an object of this prefix; what comes is kept in the stream",
			"prefix", d.cfg.Prefix, "error", err)
	}
}

// sayDocumented warns of what AWS documents as needed and nothing here needs.
func (d *DeliveryStream) sayDocumented() {
	objects := d.cfg.BucketARN + "/" + d.cfg.Prefix
	if fixed := d.prefix[0].literal; fixed != "" {
		objects = d.cfg.BucketARN + "/" + fixed + "x"
	}
	for _, needed := range []struct{ action, resource string }{
		{"s3:GetBucketLocation", d.cfg.BucketARN}, {"s3:ListBucket", d.cfg.BucketARN}, {"s3:ListBucketMultipartUploads", d.cfg.BucketARN},
		{"s3:AbortMultipartUpload", objects}, {"s3:GetObject", objects},
	} {
		if err := d.allow(needed.action, needed.resource); err != nil {
			d.opts.Logger.Warn("the role lacks a permission that AWS documents as needed; delivery here works without it",
				"action", needed.action, "error", err)
		}
	}
}

// readers read the shards of the stream, each by itself.
//
// Assumption FH-12: a shard that a split or a merge has made is read when its parents have been read to their end, so that the
// records of one partition key come in order. Amazon's own consumers read all data of the parent shards first (developer guide of
// Kinesis Data Streams, "Complete the resharding action"). AWS does not document what Firehose does.
type readers struct {
	*DeliveryStream
	batches chan<- batch
	group   sync.WaitGroup

	mu      sync.Mutex // held from asking for the stream's shards until it is known who reads them
	reading map[string]bool
	// ended are up to where shards have been read that nobody reads now.
	ended map[string]string
}

// start reads those shards that nobody reads yet, that are not read to their end, and whose parents are. It is called with mu
// held.
func (r *readers) start(ctx context.Context, shards []kinesis.Shard) {
	isEnded := map[string]bool{}
	for _, shard := range shards {
		isEnded[shard.ID] = shard.End != "" && r.ended[shard.ID] == shard.End
	}
	for _, shard := range shards {
		waits := slices.ContainsFunc(shard.Parents, func(parent string) bool {
			ended, known := isEnded[parent]
			return known && !ended
		})
		if !waits && !isEnded[shard.ID] && !r.reading[shard.ID] {
			r.reading[shard.ID] = true
			r.group.Go(func() { r.readShard(ctx, shard.ID) })
		}
	}
}

// finish notes that a shard has been read to its end, and reads those that it was split into or merged to.
func (r *readers) finish(ctx context.Context, shard, end string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.reading, shard)
	r.ended[shard] = end
	_ = r.persist(ctx, "reading of the stream", func() error { // fails when ctx has ended
		shards, err := r.opts.Source.Shards(ctx, r.cfg.StreamName)
		if err == nil {
			r.start(ctx, shards)
		}
		return withRemedy(err)
	})
}

// readShard hands on a shard's records in order.
func (r *readers) readShard(ctx context.Context, shard string) {
	if r.take(ctx) != nil {
		return
	}
	reader := shardReader{shard: shard, after: r.read[shard], limit: firstLimit}
	r.give()
	for ctx.Err() == nil {
		var records []kinesis.Record
		failed, gone := false, false
		err := r.persist(ctx, "reading of the stream", func() (err error) {
			if failed {
				gone, err = r.look(ctx, &reader)
			}
			if err == nil && !gone {
				records, err = r.next(ctx, &reader)
			}
			failed = err != nil
			return withRemedy(err)
		})
		if err != nil || gone {
			return // ctx has ended, or the shard
		}
		if len(records) == 0 {
			continue
		}
		select {
		case r.batches <- batch{shard, records}: // is accepted before the next one is taken, of whatever shard
		case <-ctx.Done():
			return
		}
		if last := records[len(records)-1].SequenceNumber; kinesis.IsEnd(last) {
			r.finish(ctx, shard, last)
			return
		}
	}
}

// look looks at the stream after a read has failed, because it may have been deleted and made again: its shards may be
// others, and those that were there begin anew. It says whether the reader's own is gone.
func (r *readers) look(ctx context.Context, reader *shardReader) (gone bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	shards, err := r.opts.Source.Shards(ctx, r.cfg.StreamName)
	if err != nil {
		return false, err
	}
	r.start(ctx, shards)
	if !hasShard(shards, reader.shard) {
		delete(r.reading, reader.shard)
		r.sayGone(reader.shard, reader.after)
		return true, nil
	}
	latest, err := r.opts.Source.Latest(ctx, r.cfg.StreamName, reader.shard)
	if err != nil || !r.isForeign(ctx, reader.shard, reader.after, latest) {
		return false, err
	}
	return false, r.withTurn(ctx, func() error {
		r.dropForeign(ctx, reader.shard, latest)
		reader.after = r.read[reader.shard]
		return nil
	})
}

// dropForeign forgets up to where a shard has been read if that was in another stream. The caller has the turn.
func (d *DeliveryStream) dropForeign(ctx context.Context, shard, latest string) {
	if after := d.read[shard]; d.isForeign(ctx, shard, after, latest) {
		d.sayForeign(shard, after, latest)
		d.read[shard] = ""
	}
}

// firstLimit is how many records the first read of a shard asks for. Each of the most that there can be is 10 MiB.
const firstLimit = 16

// shardReader is where the reading of one shard has come to.
type shardReader struct {
	shard, after string
	// limit is how many records the next read asks for: about as many as fill one buffer, going by the last ones.
	limit int
	// waited says that a record was waited for, and that none was read since.
	waited bool
}

// next reads once, and waits where there is nothing.
func (d *DeliveryStream) next(ctx context.Context, r *shardReader) ([]kinesis.Record, error) {
	records, err := d.readOnce(ctx, r)
	if err != nil || len(records) > 0 {
		r.waited = false
		return records, err
	}
	if r.waited { // the record that was waited for has expired, or the source is wrong: no reason to spin
		d.sleep(ctx, firstDelay)
	}
	err = d.opts.Source.Wait(ctx, d.cfg.StreamName, r.shard, r.after)
	r.waited = true
	return nil, err
}

func (d *DeliveryStream) readOnce(ctx context.Context, r *shardReader) ([]kinesis.Record, error) {
	if err := d.allow("kinesis:GetRecords", d.cfg.StreamARN); err != nil {
		return nil, err
	}
	latest, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, r.shard) // first, so that records up to it can be read unless they have expired
	if err != nil {
		return nil, err
	}
	records, err := d.opts.Source.Records(ctx, d.cfg.StreamName, r.shard, r.after, r.limit)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		if later(latest, r.after) {
			d.sayAllExpired(r.shard, r.after, latest)
			r.after = latest
		}
		return nil, nil
	}
	d.sayMissed(r.shard, r.after, records)
	bytes := 0
	for _, record := range records {
		bytes += len(record.Data)
	}
	r.after = records[len(records)-1].SequenceNumber
	r.limit = min(max(d.size/max(bytes/len(records), 1), 1), 4*r.limit, quota.MaxGetRecords)
	return records, nil
}

// sayMissed says where records have expired before they were read: the shard has had some between these and those before,
// whatever any clock says. Without a checkpoint nobody knows whether those before the first were delivered.
func (d *DeliveryStream) sayMissed(shard, after string, records []kinesis.Record) {
	for _, record := range records {
		if record.Missed && (after != "" || !d.unknown[shard]) {
			d.sayExpired(shard, after, record.SequenceNumber, "before")
		}
		after = record.SequenceNumber
	}
}

// Flush delivers what is in the buffer and what the stream holds when it is called, and does not wait for an interval. It
// may be called while Run runs, and after it. It ends with ctx; what was not delivered by then is delivered later.
func (d *DeliveryStream) Flush(ctx context.Context) error {
	err := d.withTurn(ctx, func() error {
		err := d.drainAll(ctx)
		return errors.Join(err, d.deliver(ctx))
	})
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w (%w)", err, ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("flushing %s: %w", d.cfg.Name, err)
	}
	return nil
}

// drainAll goes from parents to children.
func (d *DeliveryStream) drainAll(ctx context.Context) error {
	shards, err := d.opts.Source.Shards(ctx, d.cfg.StreamName)
	if err != nil {
		return err
	}
	for _, shard := range shards {
		if err := d.drain(ctx, shard.ID); err != nil {
			return err
		}
	}
	return nil
}

// drain accepts what a shard holds now. What comes meanwhile is not waited for.
func (d *DeliveryStream) drain(ctx context.Context, shard string) error {
	end, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, shard)
	if err != nil {
		return err
	}
	d.dropForeign(ctx, shard, end)
	reader := shardReader{shard: shard, after: d.read[shard], limit: firstLimit}
	for later(end, reader.after) {
		var records []kinesis.Record
		err := d.persist(ctx, "reading of the stream", func() (err error) {
			records, err = d.readOnce(ctx, &reader)
			return err
		})
		if err != nil || len(records) == 0 {
			return err
		}
		if err := d.accept(ctx, shard, records); err != nil {
			return err
		}
	}
	return ctx.Err()
}
