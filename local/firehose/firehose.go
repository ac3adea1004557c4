// Package firehose delivers the records of a Kinesis data stream to a bucket, as a Firehose delivery stream does: joined
// in a buffer, compressed, and named by prefix expressions.
//
// It delivers each record that the stream acknowledged at least once, in order within its shard, also after a crash. A
// checkpoint on disk has the position up to which each shard has been delivered. It moves only after an object is written.
//
// With dynamic partitioning each partition has a buffer of its own. The checkpoint then stays before the first record that is in
// some buffer, so a process that starts again may deliver later records of other partitions again.
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

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/local/kinesis"
)

// Source is the stream to read. local/kinesis implements it.
type Source interface {
	// Shards returns a stream's shards, each after its parents. A closed shard is among them until its records have expired.
	Shards(ctx context.Context, stream string) ([]kinesis.Shard, error)
	// Latest is the sequence number of a shard's last record, or "" if it has none. For a closed shard it is the ending
	// sequence number.
	Latest(ctx context.Context, stream, shard string) (string, error)
	// Records returns at most limit records with sequence numbers greater than after, in order. With "" it begins with the
	// oldest record. The last record of a closed shard is empty and has the ending sequence number.
	Records(ctx context.Context, stream, shard, after string, limit int) ([]kinesis.Record, error)
	// Wait returns nil as soon as there is a record after the sequence number, or the shard is closed.
	Wait(ctx context.Context, stream, shard, after string) error
}

// Destination stores objects. local/s3 implements it. When Put returns nil, the whole object is stored durably. Put must not
// keep or change body.
type Destination interface {
	Put(ctx context.Context, bucket, key string, body []byte, contentType, contentEncoding string) error
}

// Object is a delivered object.
type Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Records in it, and their bytes before compression, delimiters included.
	Records int `json:"records"`
	Bytes   int `json:"bytes"`
	// Compression is the delivery stream's: UNCOMPRESSED, GZIP, ZIP, Snappy or HADOOP_SNAPPY.
	Compression string `json:"compression"`
	// TimeZone is the time zone of the dates in the key.
	TimeZone string `json:"timeZone"`
	// ErrorType is empty for delivered records. For records without a partition it is the type of the error.
	ErrorType string `json:"errorType,omitempty"`
	// DeliveredAt is when it was written.
	DeliveredAt time.Time `json:"deliveredAt"`
}

// Options of a delivery stream. Source, Destination and Checkpoint are required.
type Options struct {
	Source      Source
	Destination Destination
	// Allow returns an error if the delivery stream's role may not do an action. nil allows everything. A denial is a failure
	// like any other: it is logged with its text and retried. For actions on the stream the role is Config.SourceRoleARN. An error that
	// comes from KMS is a *[KeyError].
	Allow func(action, resource string) error
	// Checkpoint is the path of the checkpoint's file. Open makes its folder.
	Checkpoint string
	Clock      clockwork.Clock // nil: the real one
	Logger     *slog.Logger    // nil: none
	// Errors gets the lines of the log group in [Config.LogGroup], whole lines and from several goroutines. It must not block. nil: none.
	Errors io.Writer
	// Delivered is called after each delivery, one call at a time.
	Delivered func(Object)
	Measures  Measures
}

// DeliveryStream delivers. Its methods may be called at the same time.
type DeliveryStream struct {
	cfg    Config
	opts   Options
	prefix prefix
	// errors is the prefix of records without a partition, and queries take the keys from a record. Both are nil without dynamic
	// partitioning.
	errors  prefix
	queries *jq16.Queries
	size    int // bytes of a full buffer
	most    int // bytes in all buffers together, beyond which the largest is delivered
	random  io.Reader
	journal *Journal
	running chan struct{} // holds a token while Run runs

	// turn holds a token while nothing changes the fields below. It is not a mutex, because a delivery may be retried for
	// hours, and a goroutine that waits for it must be able to stop with its context.
	turn       chan struct{}
	buffers    map[string]*buffer
	bytes      int    // in all buffers together
	spare      []byte // memory for the next buffer
	checkpoint checkpoint
	// unsaved is true if the checkpoint has moved since it was last written.
	unsaved bool
	// read is the last record that was added to the buffer, by shard.
	read map[string]string

	mu     sync.Mutex
	status Status
	// seen and settled are read and checkpoint.After as of the last showBuffer.
	seen, settled map[string]string
	// unknown has the shards that had records when there was no checkpoint, with the oldest that the stream then kept, or else the
	// last. Nobody knows whether the records before it were delivered.
	unknown map[string]string
	// since is when the oldest record in the buffers came into one; zero with empty buffers. active is the number of active
	// partitions, and refused is true if a record had no buffer since the last [DeliveryStream.Measure] because there were too many.
	since   time.Time
	active  int
	refused bool
	// polls are the shards whose readers wait.
	polls map[string]*poll
	// lines are the lines of the current minute in the log group, by code.
	lines map[string]lines
	// expired is the position up to which records are known to have expired unread, by shard. It serves to report them only
	// once.
	expired map[string]string
}

// Open opens a delivery stream. When it returns, the positions at which the delivery begins are on disk.
//
// Assumption FH-5: on AWS a delivery stream reads its source from LATEST, as of its own creation (developer guide, "Writing to
// Amazon Data Firehose Using Kinesis Data Streams"). Here one without a checkpoint begins with the oldest record that the stream
// keeps. For a new stream, which has none, that is the same.
//
// Otherwise Open cannot distinguish a delivery stream that was added to the stack from one whose checkpoint was lost, or that was
// renamed while records waited for it. To begin at the end would lose acknowledged records. To begin at the beginning may deliver
// records again, which at-least-once permits and Open logs. A shard that appears later is also read from its beginning, like one
// that a split or merge makes (see FH-12).
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
		cfg: cfg, opts: opts, prefix: parsed, random: rand.Reader, buffers: map[string]*buffer{},
		size:    max(cfg.BufferMiB, 1) << 20,
		running: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		status: Status{Name: cfg.Name}, expired: map[string]string{}, unknown: map[string]string{}, polls: map[string]*poll{}, lines: map[string]lines{},
	}
	if err := d.openPartitions(); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	if err := d.openCheckpoint(context.Background()); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	d.read = d.checkpoint.with(nil).After
	if d.journal, err = openJournal(strings.TrimSuffix(opts.Checkpoint, ".json") + ".objects"); err != nil {
		d.opts.Logger.Warn("the journal cannot be opened: events are delivered, but cannot be found in their objects", "error", err)
	}
	if problem := d.journal.Problem(); problem != "" {
		d.opts.Logger.Warn(problem)
	}
	d.showBuffer()
	d.turn <- struct{}{}
	return d, nil
}

// Close closes the journal, after the last delivery.
func (d *DeliveryStream) Close() error { return d.journal.close() }

// Journal lists what the delivery stream has written.
func (d *DeliveryStream) Journal() *Journal { return d.journal }

// mostBuffered bounds the memory of all partitions together. AWS keeps up to 500 buffers of 64 MiB or more.
const mostBuffered = 256 << 20

func (d *DeliveryStream) openPartitions() (err error) {
	d.most = max(2*d.size, mostBuffered)
	if d.cfg.PartitionQuery == "" {
		return nil
	}
	if d.queries, err = jq16.Parse(d.cfg.PartitionQuery); err != nil {
		return fmt.Errorf("MetadataExtractionQuery %w", err)
	}
	if d.errors, err = parseErrorPrefix(d.cfg.ErrorOutputPrefix, d.cfg.zone(), true); err != nil {
		return fmt.Errorf("error_output_prefix %w", err)
	}
	return nil
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
	for _, shard := range shards {
		latest, err := d.opts.Source.Latest(ctx, d.cfg.StreamName, shard.ID)
		if err != nil {
			return err
		}
		if saved == nil && latest != "" {
			d.unknown[shard.ID] = d.oldest(ctx, shard.ID, latest)
		}
		d.begin(ctx, shard.ID, latest)
	}
	d.forget(shards)
	if len(d.unknown) > 0 {
		d.opts.Logger.Warn("there is no checkpoint, and the stream has had records: every record that it still keeps is delivered, perhaps some of them again",
			"checkpoint", d.opts.Checkpoint, "stream", d.cfg.StreamName)
	}
	if !d.unsaved {
		return nil
	}
	d.unsaved = false
	return d.checkpoint.save(d.opts.Checkpoint)
}

// oldest returns the oldest record that a shard keeps. It returns the last one if the shard keeps none, or cannot be read now.
func (d *DeliveryStream) oldest(ctx context.Context, shard, latest string) string {
	kept, err := d.opts.Source.Records(ctx, d.cfg.StreamName, shard, "", 1)
	if err != nil || len(kept) == 0 {
		return latest
	}
	return kept[0].SequenceNumber
}

// begin finds the position to begin at in a shard. Without a checkpoint it is unknown whether expired records were delivered.
func (d *DeliveryStream) begin(ctx context.Context, shard, latest string) {
	after, known := d.checkpoint.After[shard]
	begin := after
	switch {
	case d.isForeign(ctx, shard, after, latest):
		d.sayForeign(shard, after, latest)
		begin = ""
	case d.allExpired(ctx, shard, after, latest):
		if _, unknown := d.unknown[shard]; !unknown {
			d.sayAllExpired(shard, after, latest)
		}
		begin = latest
	}
	d.checkpoint.After[shard] = begin
	d.unsaved = d.unsaved || !known || begin != after
}

// forget removes the shards from the checkpoint that the stream no longer has. It reports one that was not delivered to its
// end.
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

// sayGone reports a shard that no longer exists and was not delivered to its end.
func (d *DeliveryStream) sayGone(shard, after string) {
	d.opts.Logger.Error("the stream no longer has this shard, and its undelivered records are lost: the records of a closed shard have expired, or the stream was deleted and made again",
		"shard", shard, "delivered_up_to", after)
	d.showFailure(reading, fmt.Errorf("%s is gone; its records after %q were not delivered", shard, after))
}

// allExpired reports whether there were records after the last delivered one that have all expired. latest must be an earlier
// answer of the stream. A stream that cannot be read now is read later.
func (d *DeliveryStream) allExpired(ctx context.Context, shard, after, latest string) bool {
	if !later(latest, after) {
		return false
	}
	kept, err := d.opts.Source.Records(ctx, d.cfg.StreamName, shard, after, 1)
	return err == nil && len(kept) == 0
}

// sayAllExpired reports that all records after the last delivered one have expired.
func (d *DeliveryStream) sayAllExpired(shard, after, latest string) {
	d.sayExpired(shard, after, latest, "up to")
}

// sayExpired reports lost records as an error, once. They came after the number after, and up to or before the number end.
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
	d.showFailure(reading, fmt.Errorf("records of %s after %q %s %s have expired before they were delivered", shard, after, until, end))
}

// isForeign reports whether a sequence number belongs to another stream of the same name: it is beyond the end, or the stream
// refuses only that number.
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
	d.opts.Logger.Error("the last record that was read is not in this stream, so the stream must have been deleted and made again; delivering from its beginning. Undelivered records of the former stream are lost",
		"shard", shard, "read_up_to", after, "end", latest)
}

// take takes the turn. It fails if ctx ends first.
func (d *DeliveryStream) take(ctx context.Context) error {
	select {
	case <-d.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *DeliveryStream) give() { d.turn <- struct{}{} }
