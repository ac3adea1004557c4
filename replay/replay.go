// Package replay puts the records that Firehose could not deliver, and wrote below its error prefix, back into the stream.
//
// It reads the objects in the order of their keys, and their lines in order. It puts one batch after the other, and after each
// it records in the checkpoint what the stream has confirmed. So another replay with the same checkpoint continues where this
// one ended, for whatever reason. It deletes nothing: the objects stay, and Firehose delivers the records again, at least once.
// A crash between the confirmation of a batch and its entry in the checkpoint repeats at most that batch. A lost answer may
// also repeat its batch, as with every producer.
//
// A replay reads the objects that exist when it begins. Records that fail again meanwhile make new objects, which are left for
// the next replay.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jonboulle/clockwork"
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
	// Since and Until bound the time at which Firehose received a record: Since inclusive, Until exclusive. If a record does
	// not have that time, the time at which its object was written counts. Zero is no bound.
	Since, Until time.Time
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
}

// Summary is what a replay did, or what a dry run would do.
type Summary struct {
	// Objects is the number of objects. Complete counts those whose records an earlier replay has put completely, Gone those
	// that were deleted meanwhile, and Archived those that you must restore before a replay can read them.
	Objects, Complete, Gone, Archived int
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
}

// Run replays. The summary is valid even if there is an error.
func Run(ctx context.Context, opts Options) (_ Summary, err error) {
	r := &run{Options: opts, rejects: rejects{path: opts.Rejected}}
	r.summary.ByCode = map[string]int{}
	if !opts.DryRun {
		lock, err := lockCheckpoint(opts.Checkpoint)
		if err != nil {
			return r.summary, err
		}
		defer func() { _ = lock.Close() }()
	}
	r.checkpoint, err = loadCheckpoint(opts.Checkpoint, identity{opts.Bucket, opts.Stream, opts.Region, opts.Endpoint})
	if err != nil {
		return r.summary, err
	}
	if r.limits, err = r.describe(ctx); err != nil {
		return r.summary, interrupted(ctx, err)
	}
	r.summary.Rate = r.limits.rate
	objects, err := r.list(ctx)
	if err != nil {
		return r.summary, interrupted(ctx, err)
	}
	r.progress = newProgress(r, objects)
	r.sayRate()
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
		} else if err := r.object(ctx, o); err != nil {
			return err
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
	text, err := readLines(spooled)
	if err != nil {
		return r.reject(o, 0, failed{}, nil, err)
	}
	known := r.checkpoint.object(o.id)
	known.version = o.version
	for {
		line, err := text.next()
		if errors.Is(err, io.EOF) {
			known.lines = text.number
			return nil
		}
		if err == nil || errors.Is(err, errLong) {
			err = r.line(ctx, o, text.number, line, err)
		} else {
			return r.reject(o, 0, failed{}, nil, fmt.Errorf("it cannot be read after line %d: %w", text.number, err))
		}
		if err != nil {
			return err
		}
	}
}

// line adds one line to the batch, or rejects it with a reason.
func (r *run) line(ctx context.Context, o object, number int, line []byte, problem error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.checkpoint.has(o.id, number) {
		if len(line) > 0 {
			r.summary.Earlier++
		}
		return nil
	}
	if problem != nil {
		return r.reject(o, number, failed{}, nil, problem)
	}
	if len(line) == 0 {
		known := r.checkpoint.object(o.id)
		known.done = known.done.add(number)
		return nil
	}
	record, err := decode(line)
	if r.outside(record, o) {
		r.summary.Outside++
		return nil
	}
	key := partitionKey(o.id.key, number)
	if size := len(record.data) + len(key); err == nil && size > r.limits.record {
		err = fmt.Errorf("its %d bytes, partition key included, are more than the %d that a record of the stream may have", size, r.limits.record)
	}
	if err != nil {
		return r.reject(o, number, record, line, err)
	}
	return r.add(ctx, entry{object: o.id, line: number, data: record.data, key: key, code: record.code})
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
func (r *run) reject(o object, number int, record failed, line []byte, reason error) error {
	r.summary.Rejected++
	place := fmt.Sprintf("s3://%s/%s", r.Bucket, o.id.key)
	if number > 0 {
		place += fmt.Sprintf(" line %d", number)
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
	err := r.rejects.add(rejection{
		Bucket: r.Bucket, Key: o.id.key, ETag: o.id.etag, Line: number,
		Reason: reason.Error(), ErrorCode: record.code, Record: string(line),
	})
	if err != nil {
		return fmt.Errorf("--rejected: %w; make room, or name another file", err)
	}
	return nil
}
