package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/internal/s3list"
	"cdk.tf/go/ingest/internal/unpack"
	"cdk.tf/go/ingest/local/firehose"
)

func notInLines(r *run) string {
	switch {
	case r.delivery.parquet:
		return "the objects are Parquet, which has no lines; Athena reads them"
	case nothingSent(r) != "":
		return nothingSent(r)
	case len(r.readInStream()) == 0:
		return "no event of this run was read in the stream"
	}
	return ""
}

// bucketHas waits until each event is in an object.
func bucketHas(ctx context.Context, r *run) outcome {
	seen, lines := map[string]bool{}, 0
	fmt.Fprintln(r.Progress, "waiting until the events are in the bucket;", r.writes())
	for deadline := r.Clock.Now().Add(r.Timeout); ; {
		err := r.readObjects(ctx, seen, &lines)
		missing := r.missing()
		switch {
		case err != nil:
			return unread(err, "s3:ListBucket and s3:GetObject, and kms:Decrypt on its key,", "the bucket "+r.delivery.bucket)
		case len(missing) == 0:
			return holds("%s in %s", events(len(r.readInStream())), r.objects())
		case !r.Clock.Now().Before(deadline):
			return differs(events(len(r.readInStream())), fmt.Sprintf("after %s %s missing, the first that of request %s", r.Timeout, events(len(missing)), missing[0].requestID),
				"read docs/runbooks/delivery-stale.md; the error prefix and the output delivery_log_group have what Firehose could not deliver; a delivery stream that is new may need some minutes: --timeout waits longer")
		}
		select {
		case <-ctx.Done():
			return unknown(ctx.Err(), "")
		case <-r.Clock.After(r.Poll):
		}
	}
}

// writes says when the delivery stream writes an object. ingest up has an interval of its own, which its outputs do not have.
func (r *run) writes() string {
	if r.Local {
		return "ingest up writes at its own interval (--buffer-interval)"
	}
	return fmt.Sprintf("the delivery stream writes every %s or %d MiB", r.delivery.interval, r.delivery.mebibytes)
}

// readInStream are the events whose record the run knows.
func (r *run) readInStream() []*event {
	return slices.DeleteFunc(slices.Clone(r.events), func(e *event) bool { return e.data == nil })
}

func (r *run) missing() []*event {
	return slices.DeleteFunc(r.readInStream(), func(e *event) bool { return e.object != "" })
}

// objects says how many objects have the run's events.
func (r *run) objects() string {
	found := map[string]bool{}
	for _, e := range r.events {
		found[e.object] = true
	}
	return counted(len(found), "object")
}

// readObjects looks for the events in objects that were written since they were sent, and that it has not read.
func (r *run) readObjects(ctx context.Context, seen map[string]bool, lines *int) error {
	began := slices.MinFunc(r.events, func(a, b *event) int { return a.asked.Compare(b.asked) }).asked
	// An object's prefix has the time of its oldest record, which may be older than the run's by the buffer's interval. Both clocks
	// may differ by some seconds.
	from, to := began.Add(-r.delivery.interval-clocks), r.Clock.Now().Add(clocks)
	prefixes, err := firehose.KeyPrefixes(r.delivery.prefix, r.delivery.zone, from, to)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		pages := s3.NewListObjectsV2Paginator(r.AWS.S3, s3list.Input(r.delivery.bucket, prefix))
		for pages.HasMorePages() {
			if err := r.read(); err != nil {
				return err
			}
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, object := range page.Contents {
				key, err := s3list.Key(page, object)
				if err != nil {
					return err
				}
				object.Key = &key
				if seen[key] || aws.ToTime(object.LastModified).Before(began.Add(-clocks)) {
					continue
				}
				seen[key] = true
				if err := r.readObject(ctx, object, lines); err != nil {
					return fmt.Errorf("s3://%s/%s: %w", r.delivery.bucket, key, err)
				}
			}
		}
	}
	return nil
}

// clocks is by how much the clocks of AWS and of this machine may differ. Signatures allow five minutes.
const clocks = time.Minute

// head is the Content-Encoding of an object, and its first bytes.
type head struct {
	encoding string
	bytes    []byte
}

// maxObject is the largest object that is read: Firehose buffers 128 MiB at most, and GZIP makes them smaller.
const maxObject = 160 << 20

func (r *run) readObject(ctx context.Context, listed types.Object, lines *int) error {
	if err := r.load(aws.ToInt64(listed.Size)); err != nil {
		return err
	}
	key, written := aws.ToString(listed.Key), aws.ToTime(listed.LastModified)
	object, err := r.AWS.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(r.delivery.bucket), Key: aws.String(key)})
	if codeOf(err) == "NoSuchKey" {
		return nil // somebody deleted it since the listing, as another run does with --clean
	}
	if err != nil {
		return err
	}
	defer func() { _ = object.Body.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(object.Body, maxObject))
	if err != nil {
		return err
	}
	r.heads[key] = head{aws.ToString(object.ContentEncoding), content[:min(len(content), 16)]}
	text, err := unpack.Reader(bytes.NewReader(content))
	if err != nil {
		return err
	}
	if !r.delivery.delimited {
		return r.foundWithin(text, key, written, lines)
	}
	reader := bufio.NewReader(text)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 {
			*lines++
			r.lines[key]++
			if record, ended := bytes.CutSuffix(line, []byte("\n")); ended {
				r.found(record, key, written, *lines)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			delete(r.own, key) // --clean deletes only what was read to its end
			return err
		}
	}
}

// foundWithin notes the events that an object has where nothing stands between its records. Their order is that of their places.
func (r *run) foundWithin(text io.Reader, key string, written time.Time, before *int) error {
	content, err := io.ReadAll(io.LimitReader(text, maxText))
	if err != nil {
		return err
	}
	r.lines[key] = 1 // --clean takes no such object for the run's own
	for _, e := range r.events {
		if at := bytes.Index(content, e.data); e.object == "" && e.data != nil && at >= 0 {
			e.object, e.delivered, e.position = key, written, *before+at
		}
	}
	*before += len(content)
	return nil
}

// maxText is the most text of an object without lines that is held in memory: the largest buffer of Firehose.
const maxText = quota.MaxBufferMiB << 20

// found notes an event whose record is a line. Delivery is at least once, so that another line may be a copy.
func (r *run) found(line []byte, key string, written time.Time, position int) {
	own := false
	for _, e := range r.events {
		if e.data == nil || !bytes.Equal(line, e.data) {
			continue
		}
		own = true
		if e.object == "" {
			e.object, e.delivered, e.position = key, written, position
			break
		}
	}
	if own {
		r.own[key]++
	}
}

// inOrder compares the order of events of one partition key in the bucket with that of the stream.
func inOrder(_ context.Context, r *run) outcome {
	last := map[string]*event{}
	inStream := slices.SortedFunc(slices.Values(r.readInStream()), func(a, b *event) int { return compareNumbers(a.number, b.number) })
	if len(r.missing()) > 0 || len(inStream) < len(r.events) {
		return notShown("not every event is in the bucket")
	}
	for _, e := range inStream {
		place := e.shard + " " + e.key
		if before := last[place]; before != nil && (e.object == before.object && e.position < before.position || e.delivered.Before(before.delivered)) {
			return differs("the events of the key "+e.key+" in their order", fmt.Sprintf("%s lies before %s", e.number, before.number), "a processor or a reader of the stream changes the order; compare the deployment with the stack: make diff")
		}
		last[place] = e
	}
	return holds("")
}

// compareNumbers compares sequence numbers, which are decimal numbers of any length.
func compareNumbers(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
