package firehose

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the library's own checksum
	"encoding/binary"
)

// Assumption FH-9: Firehose de-aggregates records that the Kinesis Producer Library aggregated, before it delivers them
// (developer guide, "Data Delivery", Important). Such a record is four bytes, a protocol buffer whose field 3 holds the
// records, each with its data in a field 3, and the MD5 of the protocol buffer (awslabs/amazon-kinesis-producer,
// aggregation-format.md). A record of any other form stays as it is.

var kplMagic = []byte{0xF3, 0x89, 0x9A, 0xC2}

// userRecords returns the records that were aggregated into one, or the record itself.
func userRecords(data []byte) [][]byte {
	message, ok := bytes.CutPrefix(data, kplMagic)
	if !ok || len(message) <= md5.Size {
		return [][]byte{data}
	}
	message, sum := message[:len(message)-md5.Size], message[len(message)-md5.Size:]
	if got := md5.Sum(message); !bytes.Equal(got[:], sum) { //nolint:gosec // as above
		return [][]byte{data}
	}
	records, ok := fields(message, 3)
	if !ok || len(records) == 0 {
		return [][]byte{data}
	}
	user := make([][]byte, len(records))
	for i, record := range records {
		found, ok := fields(record, 3)
		if !ok || len(found) != 1 {
			return [][]byte{data}
		}
		user[i] = found[0]
	}
	return user
}

// The two wire types of protocol buffers that the format uses.
const (
	varint = 0
	sized  = 2
)

// fields returns the contents of a message's sized fields with one number, in order. It skips other fields.
func fields(message []byte, number uint64) (found [][]byte, ok bool) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil, false
		}
		value, m := binary.Uvarint(message[n:])
		if m <= 0 {
			return nil, false
		}
		message = message[n+m:]
		switch tag & 7 {
		case varint:
		case sized:
			if value > uint64(len(message)) {
				return nil, false
			}
			if tag>>3 == number {
				found = append(found, message[:value])
			}
			message = message[value:]
		default:
			return nil, false
		}
	}
	return found, true
}
