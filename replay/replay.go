// Package replay puts the records that Firehose could not deliver, and wrote below its error prefix, back into the stream. It does
// the same with records that Firehose delivered.
//
// It reads the objects in the order of their keys, and their lines in order. It puts one batch after the other, and after each
// it records in the checkpoint what the stream has confirmed. So another replay with the same checkpoint continues where this
// one ended, for whatever reason. It deletes nothing: the objects stay, and Firehose delivers the records again, at least once.
// A crash between the confirmation of a batch and its entry in the checkpoint repeats at most that batch. A lost answer may
// also repeat its batch, as with every producer.
//
// A replay reads the objects that exist when it begins. Records that fail again meanwhile make new objects, which are left for
// the next replay. Delivered records that go through their own stream again make new objects too. No replay with the same checkpoint
// reads those.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/internal/unpack"
	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// Bucket is the part of S3 that a replay needs: s3:ListBucket and s3:GetObject.
type Bucket interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Stream is the part of Kinesis that a replay needs.
type Stream interface {
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// Options of a replay.
type Options struct {
	Target
	From Bucket
	To   Stream
	// Delivered replays delivered objects instead of error objects. Each of their lines is a record.
	Delivered bool
	// Feeds means that the records land in the bucket again, or may. Then a replay of delivered objects leaves out those that
	// were written after the first replay with its checkpoint began: they can hold what it has put.
	Feeds bool
	// Since and Until bound the time at which Firehose received a record: Since inclusive, Until exclusive. If a record does
	// not have that time, the time at which its object was written counts. So it is for every delivered record. Zero is no bound.
	Since, Until time.Time
	// OpenEnvelopes puts the event of each envelope in place of the envelope. A record that is none is rejected.
	OpenEnvelopes bool
	// KeyPath finds a record's partition key in it. Nil, or a record in which it finds nothing, means a key made of the object's
	// key and the line.
	KeyPath *vtl.Path
	// ErrorType is a part of the key: Firehose's error-output-type, such as processing-failed. Empty means any.
	ErrorType string
	// Rate is in records per second. 0 means half of what the stream's open shards accept.
	Rate int
	// Checkpoint and Rejected are paths of files. The first rejected record makes the latter.
	Checkpoint, Rejected string
	// DryRun reads and counts, and writes nothing.
	DryRun bool
	Clock  clockwork.Clock
	// Jitter returns a random number from 0 to 1.
	Jitter func() float64
	// Progress gets messages for the person who started the replay. Terminal means that a message can overwrite the one before.
	Progress io.Writer
	Terminal bool

	sync syncs
}

// Summary is what a replay did, or what a dry run would do.
type Summary struct {
	// Objects is the number of objects, and Begun the number of those that the replay has begun to read. Complete counts those
	// whose records an earlier replay has put completely, Gone those that were deleted meanwhile, and Archived those that you must
	// restore before a replay can read them.
	Objects, Begun, Complete, Gone, Archived int
	// Put is the number of confirmed records, and Bytes their size. ByCode counts them by Firehose's error code.
	Put    int
	Bytes  int64
	ByCode map[string]int
	// Earlier counts the records that were confirmed before, Outside those outside Since and Until, and Rejected those that can
	// never be put.
	Earlier, Outside, Rejected int
	// Retried counts the records that were put again because the stream had refused them.
	Retried int
	// Rate is the limit that applied, in records per second.
	Rate float64
}

// ErrInterrupted is the error of a replay that its context ended. The checkpoint has the records that were confirmed until
// then.
var ErrInterrupted = errors.New("interrupted")

// run is a running replay.
type run struct {
	Options
	limits     limits
	checkpoint *checkpoint
	rejects    rejects
	progress   *progress
	summary    Summary
	// batch has the records to put next, and size is their bytes.
	batch []entry
	size  int
	// free is when the next batch may be put.
	free time.Time
	// bounded means that bound has set Until.
	bounded bool
}

// Run replays. The summary is valid even if there is an error.
func Run(ctx context.Context, opts Options) (_ Summary, err error) {
	r := &run{Options: opts, rejects: rejects{path: opts.Rejected, sync: opts.sync}}
	r.summary.ByCode = map[string]int{}
	var lock *os.File
	r.checkpoint, lock, err = openCheckpoint(opts)
	defer func() { _ = lock.Close() }() // a dry run has none
	if err != nil {
		return r.summary, err
	}
	if r.limits, err = r.describe(ctx); err != nil {
		return r.summary, interrupted(ctx, err)
	}
	r.summary.Rate = r.limits.rate
	if err := r.bound(); err != nil {
		return r.summary, err
	}
	objects, err := r.list(ctx)
	if err != nil {
		return r.summary, interrupted(ctx, err)
	}
	r.progress = newProgress(r, objects)
	r.sayBound()
	r.sayRate()
	if len(objects) == 0 {
		r.progress.say("no object below s3://%s/%s is in the time range%s", r.Bucket, r.Prefix, ofType(r.ErrorType))
	}
	err = r.objects(ctx, objects)
	r.progress.end()
	if closing := r.rejects.close(); closing != nil {
		err = errors.Join(err, fmt.Errorf("--rejected: %w; the records are still in their objects", closing))
	}
	return r.summary, interrupted(ctx, err)
}

// interrupted returns ErrInterrupted instead of the error that the end of ctx has caused.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return ErrInterrupted
	}
	return err
}

// bound leaves out the objects that can hold what replays with this checkpoint have put. The checkpoint keeps the time at which
// the first of them began, by the clock of AWS, before anything is put.
func (r *run) bound() error {
	if !r.Delivered || !r.Feeds {
		return nil
	}
	before := r.checkpoint.before
	if before.IsZero() {
		before = r.limits.now.Truncate(time.Second).UTC()
		if !r.Since.Before(before) {
			return fmt.Errorf("--since %s is in the future; use an earlier time", r.Since.UTC().Format(time.RFC3339))
		}
		r.checkpoint.before = before
		if !r.DryRun {
			if err := errors.Join(r.checkpoint.prepare(nil), r.checkpoint.commit(nil)); err != nil {
				return unwritten(err, "nothing was put")
			}
		}
	}
	if !r.Since.Before(before) {
		return fmt.Errorf("--since %s: the objects written from %s on can hold what replays with this checkpoint have put; use an earlier time, or name another --checkpoint to read them",
			r.Since.UTC().Format(time.RFC3339), before.Format(time.RFC3339))
	}
	if r.bounded = r.Until.IsZero() || r.Until.After(before); r.bounded {
		r.Until = before
	}
	return nil
}

// ofType is empty if the replay reads objects of every error type.
func ofType(errorType string) string {
	if errorType == "" {
		return ""
	}
	return fmt.Sprintf(" and has %q in its key: --error-type is a folder of the error prefix, and not an error code", errorType)
}

func (r *run) sayBound() {
	if r.bounded {
		r.progress.say("objects written from %s on are left out, because they can hold what this replay puts", r.Until.Format(time.RFC3339))
	}
}

func (r *run) sayRate() {
	text := fmt.Sprintf("at most %.0f records a second", r.limits.rate)
	if r.Rate == 0 {
		text += fmt.Sprintf(": half of the capacity of the stream's open shards (%d), and the rest is left for new events; --rate changes it", r.limits.shards)
	}
	r.progress.say("%s", text)
}

func (r *run) objects(ctx context.Context, objects []object) error {
	for _, o := range objects {
		if r.checkpoint.complete(o.id) {
			r.summary.Complete++
		} else {
			r.summary.Begun++
			if err := r.object(ctx, o); err != nil {
				return err
			}
		}
		r.progress.objectDone(o)
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	return r.saveEnds()
}

// saveEnds saves which objects were read to their end, unless a later batch has saved it.
func (r *run) saveEnds() error {
	if r.DryRun || len(r.checkpoint.file().Objects) == 0 {
		return nil
	}
	if err := errors.Join(r.checkpoint.prepare(nil), r.checkpoint.commit(nil)); err != nil {
		return fmt.Errorf("--checkpoint: %w; all records are confirmed, but the next replay reads some objects again needlessly", err)
	}
	return nil
}

// object reads one object, and puts each batch when it is full.
func (r *run) object(ctx context.Context, o object) error {
	spooled, err := r.fetch(ctx, &o)
	switch {
	case errors.Is(err, errGone):
		r.summary.Gone++
		return nil
	case errors.Is(err, errArchived):
		r.summary.Archived++
		r.progress.say("s3://%s/%s is archived and was not read; restore it, then replay again", r.Bucket, o.id.key)
		return nil
	case err != nil:
		return err
	}
	defer spooled.close()
	r.progress.reading(spooled)
	text, err := r.read(spooled)
	if err != nil {
		return r.reject(o, item{}, "", err)
	}
	known := r.checkpoint.object(o.id)
	known.version = o.version
	for last := 0; ; {
		line, err := text.next()
		switch {
		case errors.Is(err, io.EOF):
			known.lines = last
			return nil
		case err != nil:
			return r.reject(o, item{}, "", fmt.Errorf("it cannot be read after line %d: %w", last, err))
		}
		last = line.last
		if err := r.line(ctx, o, line); err != nil {
			return err
		}
	}
}

// reader reads an object's lines. Its error is io.EOF after the last one, and every other error ends the object.
type reader interface{ next() (item, error) }

func (r *run) read(object unpack.Content) (reader, error) {
	if r.Delivered {
		text, err := readLines(object, "")
		return &delivered{lines: text}, err
	}
	text, err := readLines(object, "{ \t\r\n")
	return failures{text}, err
}

// line adds one line to the batch, or rejects it with a reason.
func (r *run) line(ctx context.Context, o object, line item) error {
	empty := line.problem == nil && blank(line.text)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.checkpoint.has(o.id, line.number):
		if !empty {
			r.summary.Earlier++
		}
		return nil
	case line.problem != nil:
		return r.reject(o, line, "", line.problem)
	case empty:
		known := r.checkpoint.object(o.id)
		known.done = known.done.add(line.number)
		return nil
	}
	record, err := r.decode(line.text)
	if r.outside(record, o) {
		r.summary.Outside++
		return nil
	}
	if err == nil && r.OpenEnvelopes {
		record.data, err = open(record.data)
	}
	e := entry{object: o.id, line: line.number, data: record.data, code: record.code}
	if err == nil {
		e.key, err = r.key(e)
	}
	if err != nil {
		return r.reject(o, line, record.code, err)
	}
	return r.add(ctx, e)
}

func (r *run) decode(line []byte) (failed, error) {
	if r.Delivered {
		return failed{data: line}, nil
	}
	return decode(line)
}

func (r *run) outside(record failed, o object) bool {
	at := record.arrived
	if at.IsZero() {
		at = o.modified
	}
	return !r.Since.IsZero() && at.Before(r.Since) || !r.Until.IsZero() && !at.Before(r.Until)
}

// shown is the number of rejected records that get a message. The file has all of them.
const shown = 10

// reject writes a record that can never be put to the file, or as line 0 an object that cannot be read. The checkpoint does not
// have it, so the next replay tries it again. That helps, for example, after an increase of the stream's limit.
func (r *run) reject(o object, line item, code string, reason error) error {
	r.summary.Rejected++
	place := fmt.Sprintf("s3://%s/%s", r.Bucket, o.id.key)
	switch {
	case line.last > line.number:
		place += fmt.Sprintf(" lines %d to %d", line.number, line.last)
	case line.number > 0:
		place += fmt.Sprintf(" line %d", line.number)
	}
	switch {
	case r.summary.Rejected <= shown:
		r.progress.say("rejected: %s: %v", place, reason)
	case r.summary.Rejected == shown+1 && !r.DryRun:
		r.progress.say("rejected: further records are only in %s", r.Rejected)
	}
	if r.DryRun {
		return nil
	}
	rejected := rejection{
		Bucket: r.Bucket, Key: o.id.key, ETag: o.id.etag, Line: line.number,
		Reason: reason.Error(), ErrorCode: code, Record: string(line.text),
	}
	if line.last > line.number {
		rejected.LastLine = line.last
	}
	if err := r.rejects.add(rejected); err != nil {
		if readable.HasRemedy(err) {
			return fmt.Errorf("--rejected: %w, or name another file", err)
		}
		return fmt.Errorf("--rejected: %w; make room, or name another file", err)
	}
	return nil
}
