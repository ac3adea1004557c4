package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/internal/wholefile"
)

// rejection is a line of the file of rejected records: a record that can never be put unchanged. Its object stays in the
// bucket.
type rejection struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	ETag   string `json:"etag"`
	// Line is 0 if the whole object cannot be read.
	Line int `json:"line"`
	// LastLine is the last of several lines that are rejected together, or 0.
	LastLine  int    `json:"lastLine,omitempty"`
	Reason    string `json:"reason"`
	ErrorCode string `json:"errorCode,omitempty"`
	// Record is the line, or the lines, as Firehose wrote them. It is empty if they are not text, or a line is too long.
	Record string `json:"record,omitempty"`
}

// rejects is the file of rejected records. Each record is in it once, even if several replays reject it.
type rejects struct {
	path string
	sync syncs
	file *os.File
	// regular means that the file keeps what is written to it. A pipe or a device does not.
	regular bool
	known   map[position]bool
}

// position is a line of an object.
type position struct {
	object objectID
	line   int
}

// add appends a record. The first one makes the file.
func (r *rejects) add(rejected rejection) error {
	if r.file == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	at := position{objectID{rejected.Key, rejected.ETag}, rejected.Line}
	if r.known[at] {
		return nil
	}
	r.known[at] = true
	if !utf8.ValidString(rejected.Record) {
		rejected.Record = ""
	}
	text, err := json.Marshal(rejected)
	if err != nil {
		return err
	}
	_, err = r.file.Write(append(text, '\n'))
	return err
}

func (r *rejects) open() (err error) {
	folder := filepath.Dir(r.path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return readable.ExplainWrite(folder, err)
	}
	r.known = map[position]bool{}
	if _, r.regular, err = wholefile.Target(r.path); err != nil {
		return err
	}
	access := os.O_RDWR
	if !r.regular { // nothing comes back from a pipe or a device
		access = os.O_WRONLY
	}
	r.file, err = os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|access, 0o600)
	if err != nil {
		return readable.ExplainWrite(r.path, err)
	}
	if !r.regular {
		return nil
	}
	reader := bufio.NewReader(r.file)
	for {
		line, err := reader.ReadBytes('\n')
		var known rejection
		if json.Unmarshal(line, &known) == nil {
			r.known[position{objectID{known.Key, known.ETag}, known.Line}] = true
		}
		switch {
		case errors.Is(err, io.EOF) && len(line) > 0:
			_, err = r.file.WriteString("\n") // a crash has truncated the last line
			return err
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// close syncs the file to disk. A pipe and a device refuse that.
func (r *rejects) close() error {
	switch {
	case r.file == nil:
		return nil
	case !r.regular:
		return r.file.Close()
	}
	return errors.Join(r.sync.of(r.file), r.file.Close())
}
