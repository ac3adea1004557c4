package firehose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cdk.tf/go/ingest/local/kinesis"
)

// Assumption FH-6: Firehose delivers a buffer when it holds the buffer's size or when the buffer's interval has passed since its
// first record, whichever is first; the size counts before compression (API reference, BufferingHints; developer guide, "Quota").
// One delivery stream has one buffer for all shards, as it has one pair of hints and joins "multiple incoming records" into an
// object ("Data Delivery Format"). AWS may deviate from the hints. Here, a buffer is full with the record that reaches the size,
// and does not grow when delivery falls behind.
//
// AppendDelimiterToRecord writes its delimiter after each record ("appends a new line character after every record",
// aws-cloudformation/cloudformation-coverage-roadmap#1935), so that objects can be joined. Another emulator's captures of AWS
// ("Firehose streaming behavior") reportedly have it only between records and not after an object's last one. AWS's
// documentation allows both readings, so do not depend on an object's last byte.
//
// This package has no limit for a record's size. The 1,000 KiB of the guide's quotas apply to Firehose's own PutRecord, which
// does not exist with a Kinesis source. The stream's limit applies.

// accept adds records of one shard to the buffers, and delivers each that is full. It skips records that it already
// has. The caller has the turn. When ctx ends, the remaining records are read again later.
func (d *DeliveryStream) accept(ctx context.Context, shard string, records []kinesis.Record) error {
	for _, record := range records {
		if !later(record.SequenceNumber, d.read[shard]) {
			continue
		}
		if record.Empty {
			d.pass(shard, record)
			continue
		}
		touched := d.add(shard, record)
		d.read[shard] = record.SequenceNumber
		if err := d.deliverFull(ctx, touched); err != nil {
			return err
		}
	}
	d.showBuffer()
	return nil
}

// add adds one record of the stream to its buffer. It is several records of the delivery stream, perhaps of several partitions, if the
// Kinesis Producer Library aggregated them. add returns the buffers that have become larger. The caller has the turn.
func (d *DeliveryStream) add(shard string, record kinesis.Record) []*buffer {
	var touched []*buffer
	for _, data := range userRecords(record.Data) {
		b, text, end := d.route(record, data)
		b.add(shard, d.read[shard], record, d.opts.Clock)
		b.data = append(append(b.data, text...), end...)
		b.pieces.add(record.SequenceNumber, len(text)+len(end))
		d.bytes += len(text) + len(end)
		if !slices.Contains(touched, b) {
			touched = append(touched, b)
		}
	}
	return touched
}

// deliverFull delivers the buffers that are full, and the largest ones while all together hold too much.
func (d *DeliveryStream) deliverFull(ctx context.Context, touched []*buffer) error {
	full := slices.DeleteFunc(touched, func(b *buffer) bool { return len(b.data) < d.size })
	if len(full) > 0 {
		return d.deliver(ctx, full)
	}
	if len(d.buffers) < 2 || d.bytes <= d.most {
		return nil
	}
	largest := slices.MaxFunc(d.byAge(), func(a, b *buffer) int { return cmp.Compare(len(a.data), len(b.data)) })
	return d.deliver(ctx, []*buffer{largest})
}

// pass continues after a place that holds no record, and reports what the stream could not read there. The caller has the turn.
func (d *DeliveryStream) pass(shard string, place kinesis.Record) {
	if place.Lost != "" {
		d.opts.Logger.Error("records of the stream are damaged and are not delivered; later records are", "shard", shard, "lost", place.Lost)
		d.showFailure(reading, fmt.Errorf("%s: %s", shard, place.Lost))
	}
	d.read[shard] = place.SequenceNumber
	if len(d.buffers) == 0 {
		d.settle()
	}
}

// deliver writes each of the buffers as one object and moves the checkpoint. It retries without end. It returns an error only if ctx
// ends first, or if it cannot make an object of a buffer, which then keeps its records. It does not write an object again
// because its checkpoint could not be written. Only a process that starts again does.
//
// Assumption FH-7: with a Kinesis source, Firehose retries a delivery as long as the stream keeps the records (developer guide,
// "Troubleshooting" and "Quota"). The guide gives no delays. Here a buffer keeps its records longer than that. A partition's
// retry duration changes nothing: "If Firehose cannot deliver the data in a partition to a destination, this partition is counted
// as active in the delivery buffer until it can be delivered" ("Buffer data for dynamic partitioning").
func (d *DeliveryStream) deliver(ctx context.Context, buffers []*buffer) error {
	var err error
	for _, b := range buffers {
		if err = d.writeObject(ctx, b); err != nil {
			break
		}
	}
	return errors.Join(err, d.saveCheckpoint(ctx))
}

func (d *DeliveryStream) writeObject(ctx context.Context, b *buffer) error {
	d.showBuffer()
	key, body, err := d.object(b)
	if err != nil {
		return err
	}
	encoding := d.compressionOf(b).encoding
	err = d.persist(ctx, delivering, func() error {
		err := d.allow("s3:PutObject", d.cfg.BucketARN+"/"+key)
		if err == nil {
			err = d.opts.Destination.Put(ctx, d.cfg.Bucket, key, body, contentType, encoding)
		}
		if ctx.Err() == nil {
			d.measureWrite(b, len(body), err)
		}
		return err
	})
	if err != nil {
		return err
	}
	object := Object{
		Bucket: d.cfg.Bucket, Key: key, Records: b.records, Bytes: len(b.data),
		Compression: d.cfg.Compression, TimeZone: d.cfg.TimeZone, ErrorType: b.to.errorType, DeliveredAt: d.opts.Clock.Now(),
	}
	if object.ErrorType != "" {
		object.Compression = uncompressed
	}
	d.keep(object, len(body), b)
	d.remove(b)
	d.settle()
	d.showDelivered(object)
	d.sayWritten(object)
	if d.opts.Delivered != nil {
		d.opts.Delivered(object)
	}
	return nil
}

// keep adds an object to the journal.
func (d *DeliveryStream) keep(object Object, stored int, b *buffer) {
	written := Written{Object: object, DeliveryStream: d.cfg.Name, Stored: stored, Partition: b.to.values}
	if err := d.journal.append(written, &b.pieces); err != nil {
		d.opts.Logger.Warn("the object is not in the journal, so its records cannot be found by their sequence numbers", "key", object.Key, "error", err)
	}
}

func (d *DeliveryStream) sayWritten(object Object) {
	say, what := d.opts.Logger.Info, "delivered"
	if object.ErrorType != "" {
		say, what = d.opts.Logger.Warn, "records have no partition and are below the error prefix"
	}
	args := []any{"bucket", object.Bucket, "key", object.Key, "records", object.Records, "bytes", object.Bytes}
	if object.ErrorType != "" {
		args = append(args, "error", object.ErrorType)
	}
	say(what, args...)
}

// saveCheckpoint writes the checkpoint if it has moved. The object exists, so the checkpoint is due even if ctx has ended:
// there is always one attempt, and a last one when ctx ends a wait. The next delivery or flush makes up for a failure.
func (d *DeliveryStream) saveCheckpoint(ctx context.Context) error {
	if !d.unsaved {
		return nil
	}
	save := func() error { return d.checkpoint.save(d.opts.Checkpoint) }
	err := d.persist(ctx, checkpointing, save)
	if err != nil && save() == nil {
		err = nil
	}
	d.unsaved = err != nil
	return err
}

// compressionOf returns the format of a buffer's object. Error objects are not compressed (see FH-15).
func (d *DeliveryStream) compressionOf(b *buffer) format {
	if b.to.errorType != "" {
		return formats[uncompressed]
	}
	return formats[d.cfg.Compression]
}

// object returns the key and content of a buffer's object.
func (d *DeliveryStream) object(b *buffer) (key string, body []byte, err error) {
	prefix := d.prefix
	if b.to.errorType != "" {
		prefix = d.errors
	}
	key, err = d.cfg.keyOf(prefix, b.oldest, d.random, b.to)
	if err != nil {
		return "", nil, err
	}
	compress := d.compressionOf(b).compress
	if compress == nil {
		return key, b.data, nil
	}
	body, err = compress(b.data, d.random)
	if err != nil {
		return "", nil, fmt.Errorf("compressing %s: %w", key, err)
	}
	return key, body, nil
}

const (
	firstDelay = time.Second
	mostDelay  = time.Minute
)

// delay returns the wait after a number of failures: 1 s, doubled each time, at most a minute.
func delay(failures int) time.Duration {
	return min(firstDelay<<min(failures-1, 10), mostDelay)
}

// persist calls attempt until it succeeds. It returns an error only when ctx has ended. It logs each failure with the time of
// the next attempt.
func (d *DeliveryStream) persist(ctx context.Context, what string, attempt func() error) error {
	for failures := 1; ; failures++ {
		err := attempt()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s of %s: %w", what, d.cfg.Name, err)
		}
		wait := delay(failures)
		d.showFailure(what, err)
		if what != checkpointing {
			d.logFailure(what, err)
		}
		d.opts.Logger.Error("the "+what+" failed and is tried again", "attempt", failures,
			"next_attempt", d.opts.Clock.Now().Add(wait).UTC(), "error", err)
		if !d.sleep(ctx, wait) {
			return fmt.Errorf("%s of %s: %w (%w)", what, d.cfg.Name, err, ctx.Err())
		}
	}
}

// sleep reports whether ctx is still valid after the wait.
func (d *DeliveryStream) sleep(ctx context.Context, wait time.Duration) bool {
	timer := d.opts.Clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.Chan():
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *DeliveryStream) allow(action, resource string) error {
	if d.opts.Allow == nil {
		return nil
	}
	err := d.opts.Allow(action, resource)
	var key *KeyError
	if err == nil || errors.As(err, &key) {
		return err
	}
	return &denial{err}
}
