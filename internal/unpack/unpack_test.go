package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// xerialOf and hadoopOf are blocks of Snappy in the two formats, each with the text that its length says.
func xerialOf(blocks ...[]byte) []byte {
	object := append(bytes.Clone(xerialHead), make([]byte, xerialHeader-len(xerialHead))...)
	for _, block := range blocks {
		object = append(binary.BigEndian.AppendUint32(object, uint32(len(block))), block...)
	}
	return object
}

func hadoopOf(blocks ...[]byte) []byte {
	var object []byte
	for _, block := range blocks {
		size, _ := s2.DecodedLen(block)
		object = binary.BigEndian.AppendUint32(object, uint32(size))
		object = append(binary.BigEndian.AppendUint32(object, uint32(len(block))), block...)
	}
	return object
}

// A damaged block ends an object with an error, after the text before it. It is not passed over.
func TestADamagedBlock(t *testing.T) {
	t.Parallel()
	first, last := s2.EncodeSnappy(nil, []byte("first\n")), s2.EncodeSnappy(nil, []byte("last\n"))
	damaged := []byte{5, 0b001, 9} // five bytes, of which the first four are to be copied from nine bytes before
	if _, err := s2.Decode(nil, damaged); err == nil {
		t.Fatal("the block is not damaged")
	}
	for name, of := range map[string]func(...[]byte) []byte{"xerial": xerialOf, "Hadoop": hadoopOf} {
		for _, test := range []struct {
			name   string
			object []byte
			want   string
			fails  bool
		}{
			{"whole", of(first, last), "first\nlast\n", false},
			{"damaged in the middle", of(first, damaged, last), "first\n", true},
			{"damaged at the end", of(first, damaged), "first\n", true},
			{"cut off", of(first, last)[:len(of(first, last))-1], "first\n", true},
		} {
			reader, err := Reader(bytes.NewReader(test.object))
			if err != nil {
				t.Fatalf("%s, %s: %v", name, test.name, err)
			}
			got, err := io.ReadAll(reader)
			if string(got) != test.want || (err != nil) != test.fails {
				t.Errorf("%s, %s: %q, %v", name, test.name, got, err)
			}
			if _, again := reader.Read(make([]byte, 1)); test.fails && !errors.Is(again, err) {
				t.Errorf("%s, %s: another read gives %v", name, test.name, again)
			}
		}
	}
}

// Blocks of the longest length are read, and those that are longer are refused before memory is taken for them.
func TestTheLongestBlock(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("x", LongestBlock))
	reader, err := Reader(bytes.NewReader(xerialOf(s2.EncodeSnappy(nil, text))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, block := range [][]byte{s2.EncodeSnappy(nil, append(text, 'x')), binary.AppendUvarint(nil, LongestBlock+1)} {
		reader, err := Reader(bytes.NewReader(xerialOf(block)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(reader); err == nil || len(got) > 0 {
			t.Errorf("%d bytes of a longer block, %v", len(got), err)
		}
	}
}
