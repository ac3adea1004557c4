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

// batch is the result of one read of a shard.
type batch struct {
	shard   string
	records []kinesis.Record
}

// Run reads and delivers until ctx is done, and then returns nil. It logs and retries failures of the stream, the bucket and
// the role. It returns an error if it already runs, or if it cannot make an object of the buffer. Records that are in the
// buffer at the end stay there for another Run or [DeliveryStream.Flush]. After a restart they are read again.
//
// Run reads at most one read ahead of each shard, which is about one buffer. So memory stays bounded with any backlog.
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
	defer cancel() // runs before the wait, because the readers must also end with an error
	reading.Go(func() { d.readAll(ctx, batches) })
	for ctx.Err() == nil {
		if err := d.step(ctx, batches); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// step accepts one batch, or delivers the buffers that are due.
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
				return d.deliver(ctx, d.byAge())
			}
			return nil
		})
	case <-due:
		return d.withTurn(ctx, func() error {
			due := slices.DeleteFunc(d.byAge(), func(b *buffer) bool { return d.dueIn(b) > 0 }) // none if a flush has delivered them
			if len(due) == 0 {
				return nil
			}
			return d.deliver(ctx, due)
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

// due returns a channel that receives when the oldest buffer's interval is over. The channel is nil while there is no buffer.
func (d *DeliveryStream) due(ctx context.Context) (<-chan time.Time, func(), error) {
	if err := d.take(ctx); err != nil {
		return nil, nil, err
	}
	defer d.give()
	buffers := d.byAge()
	if len(buffers) == 0 {
		return nil, func() {}, nil
	}
	timer := d.opts.Clock.NewTimer(max(d.dueIn(buffers[0]), 0))
	return timer.Chan(), func() { stopTimer(timer) }, nil
}

func stopTimer(timer clockwork.Timer) { timer.Stop() }

// dueIn returns how long a buffer may still wait.
func (d *DeliveryStream) dueIn(b *buffer) time.Duration {
	return b.since.Add(d.cfg.BufferInterval).Sub(d.opts.Clock.Now())
}

// readAll reads every shard until ctx ends.
//
// Assumption FH-8: Firehose's role needs kinesis:DescribeStream, ListShards, GetShardIterator and GetRecords on the stream, which
// Firehose retries indefinitely (developer guide, "Controlling access" and "Troubleshooting"), and s3:PutObject on the object,
// the call with which it delivers. "Controlling access" also lists s3:GetBucketLocation, ListBucket and
// ListBucketMultipartUploads on the bucket, and s3:AbortMultipartUpload and GetObject on its objects. One object of at most some
// MiB needs none of them, and AWS does not document what fails without them. So here a denial of those is logged and not
// enforced.
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
	err := d.persist(ctx, reading, func() (err error) {
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

// withRemedy adds the remedy to an error of a stream that was deleted while it was read.
func withRemedy(err error) error {
	if errors.Is(err, kinesis.ErrGone) {
		return fmt.Errorf("%w; make the stream again (aws kinesis create-stream, with the --endpoint-url of this machine), or start again", err)
	}
	return err
}

// sayDenied logs at the start, before the first delivery, that the role may not write objects. It checks a key that an object
// could have now. The role may allow other keys, so this check refuses nothing.
func (d *DeliveryStream) sayDenied() {
	key, err := d.cfg.keyOf(d.prefix, d.opts.Clock.Now(), zeros{}, place{values: d.prefix.samples()})
	if err == nil {
		err = d.allow("s3:PutObject", d.cfg.BucketARN+"/"+key)
	}
	if err != nil {
		d.opts.Logger.Error("nothing can be delivered: the role may not write objects with this prefix; the stream keeps the records",
			"prefix", d.cfg.Prefix, "error", err)
	}
}

// sayDocumented warns of missing permissions that AWS documents as required and that local delivery does not need. Without that of the
// log, no error is logged.
func (d *DeliveryStream) sayDocumented() {
	objects := d.cfg.BucketARN + "/" + d.cfg.Prefix
	if fixed := d.prefix[0].literal; fixed != "" {
		objects = d.cfg.BucketARN + "/" + fixed + "x"
	}
	type permission struct{ action, resource string }
	documented := []permission{
		{"s3:GetBucketLocation", d.cfg.BucketARN}, {"s3:ListBucket", d.cfg.BucketARN}, {"s3:ListBucketMultipartUploads", d.cfg.BucketARN},
		{"s3:AbortMultipartUpload", objects}, {"s3:GetObject", objects},
	}
	if d.cfg.LogGroup != "" {
		documented = append(documented, permission{"logs:PutLogEvents", d.cfg.logStreamARN()})
	}
	for _, needed := range documented {
		if err := d.allow(needed.action, needed.resource); err != nil {
			d.opts.Logger.Warn("the role lacks a permission that AWS documents as required; local delivery works without it",
				"action", needed.action, "error", err)
		}
	}
}

// readers read the shards of the stream, each in its own goroutine.
//
// Assumption FH-12: Firehose reads a shard that a split or a merge made after its parents have been read to their end, so the
// records of a partition key stay in order. Amazon's own consumers read all data of the parent shards first (developer guide of
// Kinesis Data Streams, "Complete the resharding action"). AWS does not document what Firehose does.
type readers struct {
	*DeliveryStream
	batches chan<- batch
	group   sync.WaitGroup

	mu      sync.Mutex // held from the listing of the stream's shards until each has a reader
	reading map[string]bool
	// ended are the positions up to which shards without a reader have been read.
	ended map[string]string
}

// start starts a reader for each shard that has none, is not read to its end, and whose parents are. The caller holds mu.
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

// finish records that a shard has been read to its end, and starts readers for the shards that it was split into or merged to.
func (r *readers) finish(ctx context.Context, shard, end string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.reading, shard)
	r.ended[shard] = end
	_ = r.persist(ctx, reading, func() error { // fails when ctx has ended
		shards, err := r.opts.Source.Shards(ctx, r.cfg.StreamName)
		if err == nil {
			r.start(ctx, shards)
		}
		return withRemedy(err)
	})
}

// readShard sends a shard's records in order.
func (r *readers) readShard(ctx context.Context, shard string) {
	if r.take(ctx) != nil {
		return
	}
	reader := shardReader{shard: shard, after: r.read[shard], limit: firstLimit}
	r.give()
	for ctx.Err() == nil {
		var records []kinesis.Record
		failed, gone := false, false
		err := r.persist(ctx, reading, func() (err error) {
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
		r.beginPoll(shard, records)
		select {
		case r.batches <- batch{shard, records}: // is accepted before the next one is taken, of whatever shard
			r.endPoll(shard)
		case <-ctx.Done():
			r.endPoll(shard)
			return
		}
		if last := records[len(records)-1].SequenceNumber; kinesis.IsEnd(last) {
			r.finish(ctx, shard, last)
			return
		}
	}
}

// look checks the stream after a failed read, because somebody may have deleted and made it again. It may then have other
// shards, and the same shards begin anew. look reports whether the reader's own shard is gone.
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

// dropForeign drops the position of a shard if it belongs to another stream. The caller has the turn.
func (d *DeliveryStream) dropForeign(ctx context.Context, shard, latest string) {
	if after := d.read[shard]; d.isForeign(ctx, shard, after, latest) {
		d.sayForeign(shard, after, latest)
		d.read[shard] = ""
	}
}

// firstLimit is the number of records that the first read of a shard asks for. A record has at most 10 MiB.
const firstLimit = 16

// shardReader is the state of reading one shard.
type shardReader struct {
	shard, after string
	// limit is the number of records that the next read asks for: about as many as fill one buffer, by the size of the last
	// ones.
	limit int
	// waited is true if the reader has waited for a record and has read none since.
	waited bool
}

// next reads once, and waits if there is nothing to read.
func (d *DeliveryStream) next(ctx context.Context, r *shardReader) ([]kinesis.Record, error) {
	records, err := d.readOnce(ctx, r)
	if err != nil || len(records) > 0 {
		r.waited = false
		return records, err
	}
	if r.waited { // the record has expired meanwhile, or the source is wrong: do not spin
		d.sleep(ctx, firstDelay)
	}
	d.beginPoll(r.shard, nil)
	err = d.opts.Source.Wait(ctx, d.cfg.StreamName, r.shard, r.after)
	d.endPoll(r.shard)
	r.waited = true
	return nil, err
}

func (d *DeliveryStream) readOnce(ctx context.Context, r *shardReader) ([]kinesis.Record, error) {
	if err := d.allow("kinesis:GetRecords", d.cfg.StreamARN); err != nil {
		return nil, err
	}
	began := d.opts.Clock.Now()
	latest, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, r.shard) // before the read, so a missing record up to it has expired
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
	d.measureRead(records, bytes, later(latest, r.after), began)
	r.limit = min(max(d.size/max(bytes/len(records), 1), 1), 4*r.limit, quota.MaxGetRecords)
	return records, nil
}

// sayMissed reports records that expired before they were read: the shard had records between these and the ones before,
// whatever any clock says. Records that had expired before there was a checkpoint may have been delivered.
func (d *DeliveryStream) sayMissed(shard, after string, records []kinesis.Record) {
	for _, record := range records {
		oldest, unknown := d.unknown[shard]
		if record.Missed && (after != "" || !unknown || later(record.SequenceNumber, oldest)) {
			d.sayExpired(shard, after, record.SequenceNumber, "before")
		}
		after = record.SequenceNumber
	}
}

// Flush delivers the records in the buffers and those that the stream holds when you call it, without waiting for an interval.
// You can call it while Run runs, and after it. It ends with ctx. The remaining records are delivered later.
func (d *DeliveryStream) Flush(ctx context.Context) error {
	err := d.withTurn(ctx, func() error {
		err := d.drainAll(ctx)
		return errors.Join(err, d.deliver(ctx, d.byAge()))
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

// drain accepts the records that a shard holds now. It does not wait for later ones.
func (d *DeliveryStream) drain(ctx context.Context, shard string) error {
	end, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, shard)
	if err != nil {
		return err
	}
	d.dropForeign(ctx, shard, end)
	reader := shardReader{shard: shard, after: d.read[shard], limit: firstLimit}
	for later(end, reader.after) {
		var records []kinesis.Record
		err := d.persist(ctx, reading, func() (err error) {
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
