// Package firehose delivers the records of a Kinesis data stream to a bucket, as a Firehose delivery stream does: joined
// in a buffer, compressed, and named by prefix expressions.
//
// What was acknowledged by the stream is delivered at least once, in order within its shard, whatever happens between: a
// checkpoint on disk says up to where each shard has been delivered, and it moves only after an object is written.
package firehose

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// Source is the stream that is read, which local/kinesis is.
type Source interface {
	// Shards are the ids of a stream's shards.
	Shards(ctx context.Context, stream string) ([]string, error)
	// Latest is the sequence number of a shard's last record; "" where it has none.
	Latest(ctx context.Context, stream, shard string) (string, error)
	// Records are at most limit records with sequence numbers beyond after, in order; after "" is the oldest kept.
	Records(ctx context.Context, stream, shard, after string, limit int) ([]kinesis.Record, error)
	// Wait returns nil once there is a record beyond after.
	Wait(ctx context.Context, stream, shard, after string) error
}

// Destination is where objects go, which local/s3 is. An object is there, whole and for good, once Put returns nil. body
// must not be kept or changed.
type Destination interface {
	Put(ctx context.Context, bucket, key string, body []byte, contentType, contentEncoding string) error
}

// Object is what was delivered.
type Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Records in it, and their bytes before compression, delimiters included.
	Records int `json:"records"`
	Bytes   int `json:"bytes"`
	// At is when it was written.
	At time.Time `json:"at"`
}

// Options of a delivery stream. Source, Destination and Checkpoint are required.
type Options struct {
	Source      Source
	Destination Destination
	// Allow says whether the delivery stream's role may do an action; nil allows everything. A denial is a failure like
	// any other: logged with its text and tried again. The stream's actions are Config.SourceRoleARN's to be allowed.
	Allow func(action, resource string) error
	// Checkpoint is the path of the checkpoint's file. Its folder is made.
	Checkpoint string
	// BufferInterval replaces the stack's own; 0 keeps it.
	BufferInterval time.Duration
	Clock          clockwork.Clock // nil: the real one
	Logger         *slog.Logger    // nil: none
	// Delivered is called after each delivery, one call at a time.
	Delivered func(Object)
}

// DeliveryStream delivers. Its methods may be called at the same time.
type DeliveryStream struct {
	cfg      Config
	opts     Options
	prefix   prefix
	interval time.Duration
	size     int // bytes of a full buffer
	random   io.Reader
	running  chan struct{} // holds a token while Run runs

	// turn holds a token while nobody changes what follows. It is no mutex, because a delivery may be tried for hours
	// and whoever waits for it has a context.
	turn       chan struct{}
	buffer     buffer
	checkpoint checkpoint
	// read is the last record that came into the buffer, by shard.
	read map[string]string

	mu     sync.Mutex
	status Status
}

// Open opens a delivery stream. The first time, it begins at the end of the stream, and that position is on disk when
// Open returns: a record that is put after that is delivered, also if the process dies before the first delivery.
//
// Assumption 5: a delivery stream reads its source from LATEST, as of its own creation (developer guide, "Writing to
// Amazon Data Firehose Using Kinesis Data Streams"). Here it is created when a stack is started for the first time, and
// what its role may do has no say in where that is. A shard that appears later is read from its beginning, as a shard is
// that a split or merge has made.
func Open(cfg Config, opts Options) (*DeliveryStream, error) {
	opts.Clock = cmp.Or[clockwork.Clock](opts.Clock, clockwork.NewRealClock())
	opts.Logger = cmp.Or(opts.Logger, slog.New(slog.DiscardHandler))
	opts.Logger = opts.Logger.With("delivery_stream", cfg.Name)
	if err := errors.Join(cfg.check()...); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	parsed, err := parsePrefix(cfg.Prefix, cfg.zone())
	if err != nil {
		return nil, fmt.Errorf("%s: prefix %w", cfg.Name, err)
	}
	d := &DeliveryStream{
		cfg: cfg, opts: opts, prefix: parsed, random: rand.Reader,
		interval: cmp.Or(opts.BufferInterval, cfg.BufferInterval), size: max(cfg.BufferMiB, 1) << 20,
		running: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		status: Status{Name: cfg.Name},
	}
	if err := d.openCheckpoint(context.Background()); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	d.read = d.checkpoint.with(nil).After
	d.turn <- struct{}{}
	return d, nil
}

func (d *DeliveryStream) openCheckpoint(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(d.opts.Checkpoint), 0o755); err != nil {
		return err
	}
	if err := removeLeftovers(d.opts.Checkpoint); err != nil {
		return err
	}
	shards, err := d.opts.Source.Shards(ctx, d.cfg.StreamName)
	if err != nil {
		return err
	}
	saved, err := loadCheckpoint(d.opts.Checkpoint, d.cfg)
	if err != nil {
		return err
	}
	d.checkpoint = checkpoint{DeliveryStream: d.cfg.ARN, Stream: d.cfg.StreamARN, After: map[string]string{}}
	if saved != nil {
		d.checkpoint = d.checkpoint.with(saved.After)
	}
	changed := saved == nil
	for _, shard := range shards {
		moved, err := d.begin(ctx, shard, saved == nil)
		if err != nil {
			return err
		}
		changed = changed || moved
	}
	if !changed {
		return nil
	}
	return d.checkpoint.save(d.opts.Checkpoint)
}

// begin finds where to begin in a shard, and says whether that is anywhere else than the checkpoint has it.
func (d *DeliveryStream) begin(ctx context.Context, shard string, first bool) (moved bool, err error) {
	latest, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, shard)
	if err != nil {
		return false, err
	}
	after, known := d.checkpoint.After[shard]
	if first {
		d.checkpoint.After[shard] = latest
		return true, nil
	}
	if !known {
		d.checkpoint.After[shard] = ""
		return true, nil
	}
	if !d.isForeign(ctx, shard, after, latest) {
		d.sayAllExpired(ctx, shard, after, latest)
		return false, nil
	}
	d.opts.Logger.Error("the checkpoint is not one of this stream, which must have been deleted and made again; delivering from its beginning",
		"shard", shard, "checkpoint", after, "end", latest)
	d.checkpoint.After[shard] = ""
	return true, nil
}

// sayAllExpired says loudly that records came after the last delivered one, and that retention has left none of them. Where
// it has left some, reading the first of those says so, and a stream that cannot be read now is read later.
func (d *DeliveryStream) sayAllExpired(ctx context.Context, shard, after, latest string) {
	if !later(latest, after) {
		return
	}
	kept, err := d.opts.Source.Records(ctx, d.cfg.StreamName, shard, after, 1)
	if err != nil || len(kept) > 0 {
		return
	}
	d.opts.Logger.Error("records have expired in the stream before they were delivered, and are lost: nothing was delivered for longer than its retention",
		"shard", shard, "delivered_up_to", after, "expired_up_to", latest)
	d.showFailure("reading of the stream", fmt.Errorf("records of %s after %q up to %s have expired before they were delivered", shard, after, latest))
}

// isForeign says whether a checkpoint's sequence number is that of another stream of the same name: it is beyond the end,
// or the stream refuses it and nothing else.
func (d *DeliveryStream) isForeign(ctx context.Context, shard, after, latest string) bool {
	if after == "" {
		return false
	}
	if latest != "" && later(after, latest) {
		return true
	}
	_, refused := d.opts.Source.Records(ctx, d.cfg.StreamName, shard, after, 1)
	if refused == nil {
		return false
	}
	_, failed := d.opts.Source.Records(ctx, d.cfg.StreamName, shard, "", 1)
	return failed == nil
}

// take takes the turn. It fails when ctx ends first.
func (d *DeliveryStream) take(ctx context.Context) error {
	select {
	case <-d.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *DeliveryStream) give() { d.turn <- struct{}{} }
