package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// item is a line of an object, or several lines that are rejected together.
type item struct {
	// number is the number of the line, and last that of the last line.
	number, last int
	text         []byte
	// problem is the reason for which it can never be put, or nil.
	problem error
}

// delivered reads the records of an object that Firehose delivered: each line is one. A record ends where Firehose wrote a
// newline, and nothing in the object tells that newline from one within a record. So a record of several lines cannot be told
// from several records. But a JSON text is complete only in its last line. So a line that is not a complete JSON text is rejected,
// together with the lines after it that continue its JSON.
type delivered struct {
	*lines
	// held is a line that was read and not judged.
	held *item
}

// next returns the next line, or io.EOF after the last one. Every other error ends the object.
func (d *delivered) next() (item, error) {
	line, err := d.read()
	if err != nil || line.problem != nil || blank(line.text) || json.Valid(line.text) {
		return line, err
	}
	return d.span(line), nil
}

func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

func (d *delivered) read() (item, error) {
	if d.held != nil {
		line := *d.held
		d.held = nil
		return line, nil
	}
	return d.item()
}

// span rejects the line, which is not a JSON text, together with the lines after it that continue its JSON. A line that cannot
// continue it is judged by itself.
func (d *delivered) span(first item) item {
	s := &span{from: d, lines: []item{first}, unread: append(bytes.Clone(first.text), '\n')}
	err := s.parse()
	var syntax *json.SyntaxError
	if last := len(s.lines) - 1; errors.As(err, &syntax) && last > 0 {
		d.held = &s.lines[last]
		s.lines = s.lines[:last]
	}
	all := item{number: first.number, last: s.lines[len(s.lines)-1].last}
	texts := make([][]byte, len(s.lines))
	for i, line := range s.lines {
		texts[i] = line.text
	}
	all.text = bytes.Join(texts, []byte("\n"))
	switch {
	case len(s.lines) == 1:
		all.problem = fmt.Errorf("it is not one JSON text: %w", json.Unmarshal(first.text, new(json.RawMessage)))
	case err == nil:
		all.problem = errors.New("the JSON has several lines, and an event over several lines cannot be told from several events")
	default:
		all.problem = errors.New("the lines are no complete JSON")
	}
	return all
}

// span gives the JSON parser line after line, as long as it asks for more.
type span struct {
	from   *delivered
	lines  []item
	unread []byte
	size   int
}

// parse reads JSON texts until one ends with its line. An error means that none does.
func (s *span) parse() error {
	parser := json.NewDecoder(s)
	for {
		var text json.RawMessage
		if err := parser.Decode(&text); err != nil {
			return err
		}
		rest, err := io.ReadAll(parser.Buffered())
		if err != nil || blank(rest) && blank(s.unread) {
			return err
		}
	}
}

// Read returns a part of one line. The end of the object, a line that is too long, and more bytes than a record can have end the
// span.
func (s *span) Read(p []byte) (int, error) {
	if len(s.unread) == 0 {
		line, err := s.from.read()
		if err != nil {
			return 0, io.EOF // the next read returns the error again
		}
		if s.size += len(line.text); line.problem != nil || s.size > longestLine {
			s.from.held = &line
			return 0, io.EOF
		}
		s.lines, s.unread = append(s.lines, line), append(bytes.Clone(line.text), '\n')
	}
	n := copy(p, s.unread)
	s.unread = s.unread[n:]
	return n, nil
}
