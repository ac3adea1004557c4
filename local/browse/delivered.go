package browse

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"cdk.tf/go/ingest/internal/unpack"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

const (
	// longestLine bounds a line of an object that the journal does not have, in bytes. A record has at most 1 MiB, and its line in an
	// error object a third more.
	longestLine = 4 << 20
)

// delivered finds records in objects.
func (b *Browser) delivered(ctx context.Context, q query) (any, error) {
	walk, err := b.shelves(&q)
	if err != nil {
		return nil, err
	}
	budget, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer budget.end()
	s := search{b: b, q: q, budget: budget, page: page{Records: []record{}}, skip: max(walk.record, q.record-1)}
	walk.budget = budget
	s.sayJournals()
	if q.object != "" {
		err = s.one(ctx, walk)
	} else {
		err = s.all(ctx, walk)
	}
	if err != nil {
		return nil, err
	}
	s.page.Scanned = budget.scanned
	b.identify(ctx, s.page.Records)
	return s.page, nil
}

// sayJournals reports the journals that are damaged: their objects may be missing.
func (s *search) sayJournals() {
	for _, d := range s.b.opts.Deliveries {
		if problem := d.Journal().Problem(); problem != "" {
			s.page.Problems = append(s.page.Problems, problem)
		}
	}
}

// search is a search through objects.
type search struct {
	b      *Browser
	q      query
	budget *budget
	page   page
	// bytes are those of the data in page.
	bytes int
	// skip is how many records of the next object are passed over.
	skip int
}

// one searches the object that the query names. Without an entry in a journal, each of its lines is a record.
func (s *search) one(ctx context.Context, walk *shelves) error {
	o := walk.named()
	next, err := s.object(ctx, &o)
	if err == nil && next >= 0 {
		s.more(shelf{Oldest: s.q.oldest, Next: map[string]int{}, Record: next})
	}
	return err
}

// all searches the objects of a walk. One that cannot be read does not end the search.
func (s *search) all(ctx context.Context, walk *shelves) error {
	for {
		at := walk.position()
		o, ok := walk.next()
		if !ok && walk.paused {
			s.more(walk.position())
		}
		if !ok {
			return nil
		}
		next, err := s.object(ctx, &o)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !errors.Is(err, s3.ErrNotFound): // not deleted since
			s.page.Problems = append(s.page.Problems, err.Error())
		case err == nil && next >= 0:
			at.Record = next
			s.more(at)
			return nil
		}
		s.skip = 0
		if s.budget.spent() {
			s.more(walk.position())
			return nil
		}
	}
}

// more lets the client continue at a place.
func (s *search) more(at shelf) { s.page.Cursor, s.page.More = at.String(), true }

// object searches one object. It returns the number of the record to continue with, counted from 0, or -1 at the object's end.
func (s *search) object(ctx context.Context, o *object) (next int, err error) {
	content, info, err := s.b.opts.Buckets.Open(o.Bucket, o.Key)
	if err != nil {
		return 0, err
	}
	defer func() { _ = content.Close() }() // it was only read
	if int(info.Size()) == o.Stored {      // no other program has replaced it
		o.readPieces()
	}
	text, err := o.text(sized{content, info.Size()})
	if err != nil {
		return 0, unreadable(o, err)
	}
	pieces := cutter{of: o, from: bufio.NewReaderSize(text, 64<<10), part: part{Bucket: o.Bucket, Key: o.Key}}
	for {
		full := false
		err := s.budget.step(ctx, func() (passed int, err error) {
			full, passed, err = s.cut(&pieces)
			return passed, err
		})
		switch {
		case errors.Is(err, io.EOF):
			return -1, nil
		case err != nil:
			return 0, unreadable(o, err)
		case full:
			return pieces.part.Record - 1, nil
		case s.budget.spent() && pieces.part.Record > s.skip: // each request passes by at least one record more
			return pieces.part.Record, nil
		}
	}
}

// text reads an object's content. The first bytes show its compression, unless the journal says that it has none.
func (o *object) text(content sized) (io.Reader, error) {
	if o.pieces != nil && o.Compression == "UNCOMPRESSED" {
		return content, nil
	}
	return unpack.Reader(content)
}

func unreadable(o *object, err error) error {
	return fmt.Errorf("s3://%s/%s cannot be read: %w", o.Bucket, o.Key, err)
}

// cut looks at the next records of an object, until the answer is full. It returns io.EOF at the object's end.
func (s *search) cut(pieces *cutter) (full bool, passed int, err error) {
	for read := 0; passed < stepRecords && read < stepBytes; {
		data, err := pieces.next()
		if err != nil {
			return false, passed, err
		}
		read += len(data)
		if pieces.part.Record <= s.skip {
			continue
		}
		passed++
		if !s.take(pieces, data) {
			return true, passed, nil
		}
	}
	return false, passed, nil
}

// take adds a record if the query selects it. It returns false if the answer is full.
func (s *search) take(from *cutter, data []byte) bool {
	if !s.q.text.In(data) {
		return true
	}
	if len(s.page.Records) >= s.q.limit || s.bytes > mostText {
		return false
	}
	r := record{Objects: []part{from.part}}
	if at := from.place(); at.Shard != "" {
		r.Stream, r.ShardID, r.at, r.State = from.of.of.Stream, at.Shard, at, "delivered"
	}
	r.setData(from.of.trim(data), s.q.most)
	s.page.Records = append(s.page.Records, r)
	s.bytes += r.size()
	return true
}

// trim removes the delimiter from a piece. A record without a partition always ends with a newline (see FH-15).
func (o *object) trim(data []byte) []byte {
	delimiter := o.of.Delimiter
	if o.pieces == nil || o.ErrorType != "" {
		delimiter = "\n"
	}
	return bytes.TrimSuffix(data, []byte(delimiter))
}

// cutter cuts an object into its pieces, or into lines if they are not known.
type cutter struct {
	of   *object
	from *bufio.Reader
	// part is the place of the last piece.
	part part
	data []byte
}

// next is the next piece, valid until the next call.
func (c *cutter) next() (data []byte, err error) {
	if c.of.pieces == nil {
		data, err = c.line()
	} else {
		data, err = c.piece()
	}
	if err == nil {
		c.part.Record++
		c.part.Offset += int64(c.part.Bytes)
		c.part.Bytes = len(data)
	}
	return data, err
}

func (c *cutter) piece() ([]byte, error) {
	if c.part.Record >= len(c.of.pieces) {
		return nil, io.EOF
	}
	length := c.of.pieces[c.part.Record].Bytes
	if cap(c.data) < length {
		c.data = make([]byte, length)
	}
	data := c.data[:length]
	if _, err := io.ReadFull(c.from, data); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return data, nil
}

func (c *cutter) line() ([]byte, error) {
	c.data = c.data[:0]
	for {
		part, err := c.from.ReadSlice('\n')
		c.data = append(c.data, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(c.data) < longestLine:
			continue
		case err == nil, errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF) && len(c.data) > 0:
			return c.data, nil
		}
		return nil, err
	}
}

// place is the stream's record of the last piece.
func (c *cutter) place() kinesis.Place {
	if c.of.pieces == nil {
		return kinesis.Place{}
	}
	return c.of.pieces[c.part.Record-1].Place
}

// identify adds to records of objects what only the stream knows, if it still has them and their shard.
func (b *Browser) identify(ctx context.Context, records []record) {
	for i := range records {
		r := &records[i]
		if r.ShardID == "" {
			continue
		}
		one := kinesis.Look{From: r.at.Index, To: r.at.Index, Limit: 1}
		_, _, err := b.opts.Streams.Look(ctx, r.Stream, r.ShardID, one, func(seen kinesis.Seen) bool {
			if seen.Place() != r.at {
				return true // the stream of that time was deleted
			}
			arrived := seen.ArrivedAt.UTC()
			r.SequenceNumber, r.PartitionKey, r.ArrivedAt = seen.SequenceNumber(), string(seen.Key), &arrived
			return true
		})
		if err != nil && ctx.Err() != nil {
			return
		}
	}
}

// sized gives an opened object a size.
type sized struct {
	io.ReadSeekCloser
	size int64
}

func (s sized) Size() int64 { return s.size }

// ReadAt implements [io.ReaderAt] for one reader at a time, which ZIP needs.
func (s sized) ReadAt(p []byte, offset int64) (int, error) {
	if _, err := s.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.ReadSeekCloser, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
