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
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// Source is the stream that is read, which local/kinesis is.
type Source interface {
	// Shards are a stream's, each after its parents, the closed ones among them until their records have expired.
	Shards(ctx context.Context, stream string) ([]kinesis.Shard, error)
	// Latest is the sequence number of a shard's last record, and of a closed shard its ending one; "" where it has none.
	Latest(ctx context.Context, stream, shard string) (string, error)
	// Records are at most limit records with sequence numbers beyond after, in order; after "" is the oldest kept. A closed
	// shard's last is empty and has its ending sequence number.
	Records(ctx context.Context, stream, shard, after string, limit int) ([]kinesis.Record, error)
	// Wait returns nil once there is a record beyond after, or the shard is closed.
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
	// Compression is the delivery stream's: UNCOMPRESSED, GZIP, ZIP, Snappy or HADOOP_SNAPPY.
	Compression string `json:"compression"`
	// DeliveredAt is when it was written.
	DeliveredAt time.Time `json:"deliveredAt"`
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
	Clock      clockwork.Clock // nil: the real one
	Logger     *slog.Logger    // nil: none
	// Delivered is called after each delivery, one call at a time.
	Delivered func(Object)
}

// DeliveryStream delivers. Its methods may be called at the same time.
type DeliveryStream struct {
	cfg     Config
	opts    Options
	prefix  prefix
	size    int // bytes of a full buffer
	random  io.Reader
	running chan struct{} // holds a token while Run runs

	// turn holds a token while nobody changes what follows. It is no mutex, because a delivery may be tried for hours
	// and whoever waits for it has a context.
	turn       chan struct{}
	buffer     buffer
	checkpoint checkpoint
	// unsaved says that the checkpoint has moved since it was last written.
	unsaved bool
	// read is the last record that came into the buffer, by shard.
	read map[string]string

	mu     sync.Mutex
	status Status
	// unknown are the shards that there were without a checkpoint.
	unknown map[string]bool
	// expired is up to where records are known to have expired unread, by shard, so that it is said once.
	expired map[string]string
}

// Open opens a delivery stream. Where it begins is on disk when Open returns.
//
// Assumption FH-5: on AWS a delivery stream reads its source from LATEST, as of its own creation (developer guide, "Writing
// to Amazon Data Firehose Using Kinesis Data Streams"). Here one without a checkpoint begins with the oldest record that
// the stream keeps. For a new stream, which has none, that is the same. Otherwise nothing tells a delivery stream that has been
// added to the stack from one whose checkpoint was lost, or that was renamed while records waited for it. To begin at the
// end would lose acknowledged records; to begin at the beginning delivers some again, which at-least-once permits, and is
// said. A shard that appears later is read from its beginning too, as one is that a split or merge has made (see FH-12).
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
		size:    max(cfg.BufferMiB, 1) << 20,
		running: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		status: Status{Name: cfg.Name}, expired: map[string]string{}, unknown: map[string]bool{},
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
	had := false
	for _, shard := range shards {
		latest, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, shard.ID)
		if err != nil {
			return err
		}
		had = had || latest != ""
		d.unknown[shard.ID] = saved == nil
		d.begin(ctx, shard.ID, latest)
	}
	d.forget(shards)
	if saved == nil && had {
		d.opts.Logger.Warn("there is no checkpoint, and the stream has had records: all that it still keeps is delivered, some of it perhaps again",
			"checkpoint", d.opts.Checkpoint, "stream", d.cfg.StreamName)
	}
	if !d.unsaved {
		return nil
	}
	d.unsaved = false
	return d.checkpoint.save(d.opts.Checkpoint)
}

// begin finds where to begin in a shard. Without a checkpoint nobody knows whether what has expired was delivered.
func (d *DeliveryStream) begin(ctx context.Context, shard, latest string) {
	after, known := d.checkpoint.After[shard]
	begin := after
	switch {
	case d.isForeign(ctx, shard, after, latest):
		d.sayForeign(shard, after, latest)
		begin = ""
	case d.allExpired(ctx, shard, after, latest):
		if !d.unknown[shard] {
			d.sayAllExpired(shard, after, latest)
		}
		begin = latest
	}
	d.checkpoint.After[shard] = begin
	d.unsaved = d.unsaved || !known || begin != after
}

// forget drops the shards that the stream has no more from the checkpoint. One that was not delivered to its end is said.
func (d *DeliveryStream) forget(shards []kinesis.Shard) {
	for id, after := range d.checkpoint.After {
		if hasShard(shards, id) {
			continue
		}
		if !kinesis.IsEnd(after) {
			d.sayGone(id, after)
		}
		delete(d.checkpoint.After, id)
		d.unsaved = true
	}
}

func hasShard(shards []kinesis.Shard, id string) bool {
	return slices.ContainsFunc(shards, func(shard kinesis.Shard) bool { return shard.ID == id })
}

// sayGone says that a shard is no more which was not delivered to its end.
func (d *DeliveryStream) sayGone(shard, after string) {
	d.opts.Logger.Error("the stream has this shard no more, and what it held and was not delivered is lost: the records of a closed shard have expired, or the stream was deleted and made again",
		"shard", shard, "delivered_up_to", after)
	d.showFailure("reading of the stream", fmt.Errorf("%s is gone; its records after %q were not delivered", shard, after))
}

// allExpired says whether records came after the last delivered one, and retention has left none of them. latest has to be
// what the stream said before now. A stream that cannot be read now is read later.
func (d *DeliveryStream) allExpired(ctx context.Context, shard, after, latest string) bool {
	if !later(latest, after) {
		return false
	}
	kept, err := d.opts.Source.Records(ctx, d.cfg.StreamName, shard, after, 1)
	return err == nil && len(kept) == 0
}

// sayAllExpired says that nothing is left of what came after the last delivered record.
func (d *DeliveryStream) sayAllExpired(shard, after, latest string) {
	d.sayExpired(shard, after, latest, "up to")
}

// sayExpired says so loudly, and once. The records that are lost came after one number, and until another or before it.
func (d *DeliveryStream) sayExpired(shard, after, end, until string) {
	d.mu.Lock()
	said := d.expired[shard] == end
	d.expired[shard] = end
	d.mu.Unlock()
	if said {
		return
	}
	d.opts.Logger.Error("records have expired in the stream before they were delivered, and are lost: nothing was delivered for longer than its retention",
		"shard", shard, "delivered_up_to", after, "expired_"+strings.ReplaceAll(until, " ", "_"), end)
	d.showFailure("reading of the stream", fmt.Errorf("records of %s after %q %s %s have expired before they were delivered", shard, after, until, end))
}

// isForeign says whether a sequence number is that of another stream of the same name: it is beyond the end, or the stream
// refuses it and nothing else.
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

func (d *DeliveryStream) sayForeign(shard, after, latest string) {
	d.opts.Logger.Error("what was read last is not of this stream, which must have been deleted and made again; delivering from its beginning. What the one before held and was not delivered is lost",
		"shard", shard, "read_up_to", after, "end", latest)
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
