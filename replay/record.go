package replay

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/unpack"
)

// Assumption REPLAY-1: below the error prefix Firehose writes one JSON object on each line, with the record in base64 as
// rawData. The developer guide has two forms: that of a failed transformation ("Handle failure in data transformation":
// attemptsMade, arrivalTimestamp, errorCode, errorMessage, attemptEndingTimestamp, rawData, lambdaArn), and that of a
// conversion to Parquet or ORC ("Handling errors for data format conversion": the same with ErrorCode and ErrorMessage, or
// lastErrorCode and lastErrorMessage in earlier editions, and with a Kinesis source sequenceNumber, subSequenceNumber and
// dataCatalogTable). Neither has the partition key.
//
// Assumption REPLAY-2: the times in Firehose's error records are milliseconds since 1970. The developer guide shows them as
// strings in one form and as numbers in the other; published objects hold numbers. Both are read.
//
// Assumption REPLAY-3: AWS does not document whether Firehose compresses the objects below its error prefix like the delivered
// ones. Here an object that begins like a compressed one (REPLAY-4) is decompressed, whatever its name, and anything else that is
// not JSON is rejected with its reason.

// failed is one record that Firehose could not deliver.
type failed struct {
	data []byte
	// code is Firehose's error code, such as Lambda.FunctionError, or "" if the line has none.
	code string
	// arrived is when Firehose received the record, or zero if the line does not say it.
	arrived time.Time
}

// decode reads one line. A retry does not fix its errors.
func decode(line []byte) (failed, error) {
	// encoding/json ignores the case of names.
	var written struct {
		RawData          *string
		ErrorCode        string
		LastErrorCode    string
		ArrivalTimestamp json.RawMessage
	}
	if err := json.Unmarshal(line, &written); err != nil {
		return failed{}, fmt.Errorf("not one of Firehose's error records: %w", err)
	}
	record := failed{code: written.ErrorCode, arrived: milliseconds(written.ArrivalTimestamp)}
	if record.code == "" {
		record.code = written.LastErrorCode
	}
	if written.RawData == nil {
		return record, errors.New("it has no rawData")
	}
	data, err := base64.StdEncoding.DecodeString(*written.RawData)
	if err != nil {
		return record, fmt.Errorf("its rawData is not base64: %w", err)
	}
	record.data = data
	return record, nil
}

// milliseconds reads a time from a number, or from a string with one. It returns zero for anything else.
func milliseconds(written json.RawMessage) time.Time {
	ms, err := strconv.ParseInt(strings.Trim(string(written), `"`), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// longestLine bounds a line, in bytes: the largest record of a stream, 10 MiB, in base64, and room for the rest.
const longestLine = 16 << 20

// lines reads an object line by line.
type lines struct {
	reader *bufio.Reader
	// number is the number of the last line that was read, from 1.
	number int
	// ended is the error that ended the object.
	ended error
}

// errNotLines is the error of an object that holds something other than error records.
var errNotLines = errors.New("the object holds no JSON lines, as Firehose writes its error records")

// errLong is the error of one line. The next one can be read.
var errLong = fmt.Errorf("the line is longer than %d MiB, more than any record can have", longestLine>>20)

// errTable is the error of an object that Firehose converted.
var errTable = errors.New("the object is Parquet or ORC, and a replay reads lines; convert it to lines of JSON first, for example with UNLOAD of Athena")

// readLines decompresses an object and reads its lines. wanted are the bytes with which an object may begin, or "" for any.
func readLines(object unpack.Content, wanted string) (*lines, error) {
	text, err := unpack.Reader(object)
	if err != nil {
		return nil, err
	}
	reader := bufio.NewReaderSize(text, 64<<10)
	first, _ := reader.Peek(4)
	switch {
	case string(first) == "PAR1" || strings.HasPrefix(string(first), "ORC"):
		return nil, errTable
	case wanted != "" && len(first) > 0 && strings.IndexByte(wanted, first[0]) < 0:
		return nil, errNotLines
	}
	return &lines{reader: reader}, nil
}

// failures reads the records of an object below the error prefix, one a line.
type failures struct{ *lines }

func (f failures) next() (item, error) {
	line, err := f.item()
	line.text = bytes.TrimSpace(line.text)
	return line, err
}

// item returns the next line. If it is too long, that is its problem.
func (l *lines) item() (item, error) {
	text, err := l.next()
	if errors.Is(err, errLong) {
		return item{number: l.number, last: l.number, problem: err}, nil
	}
	return item{number: l.number, last: l.number, text: text}, err
}

// next returns the next line without its end, or io.EOF after the last one. Every other error except errLong ends the object.
func (l *lines) next() ([]byte, error) {
	var line []byte
	for long := false; l.ended == nil; {
		part, err := l.reader.ReadSlice('\n')
		if long = long || len(line)+len(part) > longestLine; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (len(line) > 0 || long), err == nil:
			l.number++
			if long {
				return nil, errLong
			}
			return bytes.TrimSuffix(line, []byte("\n")), nil
		default:
			l.ended = err
		}
	}
	return nil, l.ended
}
