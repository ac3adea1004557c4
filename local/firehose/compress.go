package firehose

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy/xerial"
)

// format is the effect of a compression format on an object.
type format struct {
	extension string
	// encoding is the object's Content-Encoding.
	encoding string
	compress func(data []byte, random io.Reader) ([]byte, error) // nil: no compression
}

const uncompressed = "UNCOMPRESSED"

// Assumption FH-4: Firehose ends a compressed object's name with the extensions of the developer guide ("Configure Amazon S3
// object name format"), but for HADOOP_SNAPPY, where the guide says ".hsnappy" and AWS writes ".snappy". The guide says nothing
// of the container formats and of Content-Encoding; they are those of objects that AWS delivered, looked at by
// floci-io/floci#2328 and #2410 (2026-08): one deflated entry with a UUID for a name in a ZIP, snappy-java's (xerial's) stream
// format for Snappy and not the official framing format, Hadoop's block format for HADOOP_SNAPPY.
var formats = map[string]format{
	uncompressed:    {},
	"GZIP":          {".gz", "gzip", gzipped},
	"ZIP":           {".zip", "zip", zipped},
	"Snappy":        {".snappy", "snappy-java", func(data []byte, _ io.Reader) ([]byte, error) { return xerial.Encode(nil, data), nil }},
	"HADOOP_SNAPPY": {".snappy", "hadoop-snappy", func(data []byte, _ io.Reader) ([]byte, error) { return hadoopSnappy(data), nil }},
}

// contentType is the Content-Type of every object, whatever its content (the objects of floci-io/floci#2410;
// honeycombio/agentless-integrations-for-aws#12).
const contentType = "application/octet-stream"

func gzipped(data []byte, _ io.Reader) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

func zipped(data []byte, random io.Reader) ([]byte, error) {
	name, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	entry, err := w.Create(name.String())
	if err != nil {
		return nil, err
	}
	if _, err := entry.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// hadoopBlock is the number of bytes that snappy-java compresses at once.
const hadoopBlock = 32 << 10

// hadoopSnappy has, for each block, its length, the length of its compressed form, and that form. Lengths are big-endian
// numbers of four bytes (Hadoop's BlockCompressorStream).
func hadoopSnappy(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		block := data[:min(hadoopBlock, len(data))]
		data = data[len(block):]
		compressed := s2.EncodeSnappy(nil, block)
		out = binary.BigEndian.AppendUint32(out, uint32(len(block)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(compressed)))
		out = append(out, compressed...)
	}
	return out
}
