// Package unpack reads the text of an object that Firehose wrote, in any of its compressions.
package unpack

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
)

// Assumption REPLAY-4: the first bytes of an object of Firehose's show its compression. Firehose writes GZIP, ZIP with one entry,
// the stream format of snappy-java for Snappy, and Hadoop's block format for HADOOP_SNAPPY (objects that AWS delivered,
// floci-io/floci#2328 and #2410; assumption FH-4).
//
// Snappy's framing format is read too, because AWS does not document which format it writes. No JSON text begins like one of
// them. Hadoop's format has no signature: it begins with a length below 2^24, and so with a NUL byte, and the length of its first
// block must match (kubo/snzip#12).
var (
	gzipHead   = []byte{0x1f, 0x8b}
	zipHead    = []byte("PK\x03\x04")
	framedHead = []byte("\xff\x06\x00\x00sNaPpY")
	xerialHead = []byte("\x82SNAPPY\x00")
)

// xerialHeader is the length of snappy-java's header: the signature, and two numbers of four bytes (dpkp/kafka-python#127).
const xerialHeader = 16

// LongestBlock bounds a block of Snappy, in bytes, compressed and not. snappy-java writes blocks of 32 KiB, and Hadoop of
// 256 KiB.
const LongestBlock = 16 << 20

// Content is an object's bytes.
type Content interface {
	io.Reader
	io.ReaderAt
	Size() int64
}

// Reader returns a reader of the text of an object that Firehose wrote, in any of its compressions. An object without compression is
// its text.
func Reader(object Content) (io.Reader, error) {
	reader := bufio.NewReaderSize(object, 64<<10)
	head, err := reader.Peek(32)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, gzipHead):
		return gzip.NewReader(reader)
	case bytes.HasPrefix(head, zipHead):
		return unzip(object)
	case bytes.HasPrefix(head, framedHead):
		return s2.NewReader(reader), nil
	case bytes.HasPrefix(head, xerialHead):
		if _, err := reader.Discard(xerialHeader); err != nil {
			return nil, io.ErrUnexpectedEOF
		}
		return &blocks{from: reader}, nil
	case hadoop(head):
		return &blocks{from: reader, hadoop: true}, nil
	}
	return reader, nil
}

func unzip(object Content) (io.Reader, error) {
	archive, err := zip.NewReader(object, object.Size())
	if err != nil {
		return nil, err
	}
	if len(archive.File) != 1 {
		return nil, fmt.Errorf("the ZIP archive has %d entries, and one of Firehose's has 1", len(archive.File))
	}
	return archive.File[0].Open()
}

// hadoop reports whether an object begins with a length, the length of a block, and a block of Snappy that is no longer than
// the first length says.
func hadoop(head []byte) bool {
	if len(head) < 9 {
		return false
	}
	whole, packed := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	block, err := s2.DecodedLen(head[8:])
	return err == nil && whole < 1<<24 && packed > 0 && packed <= LongestBlock && block > 0 && block <= int(whole)
}

// blocks reads blocks of Snappy, each with its compressed length before it. In Hadoop's format the length of the text of one or
// more blocks precedes them.
type blocks struct {
	from   io.Reader
	hadoop bool
	// left is how much text follows until the next length of text, in Hadoop's format.
	left int
	// text is what Read has not returned.
	text, packed, decoded []byte
	// ended is the error that ended the object.
	ended error
}

func (b *blocks) Read(p []byte) (int, error) {
	for len(b.text) == 0 {
		if b.ended == nil {
			b.ended = b.fill()
		}
		if b.ended != nil {
			return 0, b.ended
		}
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

// fill decodes the next block. It returns io.EOF only between blocks.
func (b *blocks) fill() (err error) {
	if b.hadoop && b.left == 0 {
		b.left, err = b.length()
		return err
	}
	if err := b.next(); err != nil {
		return err
	}
	size, err := s2.DecodedLen(b.packed)
	if err != nil || size > LongestBlock {
		return fmt.Errorf("a block of Snappy is damaged, or longer than %d MiB", LongestBlock>>20)
	}
	if b.decoded, err = s2.Decode(b.decoded[:cap(b.decoded)], b.packed); err != nil {
		return err
	}
	if b.text = b.decoded; !b.hadoop {
		return nil
	}
	if b.left -= len(b.text); b.left < 0 {
		return errors.New("a block of Snappy is longer than the length before it says")
	}
	return nil
}

// next reads the next block.
func (b *blocks) next() error {
	size, err := b.length()
	switch {
	case b.hadoop && errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	}
	b.packed = slices.Grow(b.packed[:0], size)[:size]
	if _, err := io.ReadFull(b.from, b.packed); err != nil {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (b *blocks) length() (int, error) {
	var number [4]byte
	if _, err := io.ReadFull(b.from, number[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(number[:])
	if n > LongestBlock {
		return 0, fmt.Errorf("a block of Snappy has a length of %d bytes, and %d MiB is the most that is read", n, LongestBlock>>20)
	}
	return int(n), nil
}
