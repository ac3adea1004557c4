package inflight

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

const (
	// Small is the largest body, in bytes, that needs no room. Only thousands of such bodies would use much memory, and to count each
	// would cost time.
	Small = 64 << 10
	// first is the room of the first part of a body, in bytes. Each further part makes it growth times as large.
	first  = 256 << 10
	growth = 4
)

// ErrTooLarge is the error of a body that is larger than its most.
var ErrTooLarge = errors.New("the body is too large")

// Pace is how fast a body has to arrive while it holds room: it may be Patience behind Rate, in bytes per second. Without these bounds
// clients that stall would block all other large bodies. A body that is later fails with [os.ErrDeadlineExceeded].
type Pace struct {
	Patience time.Duration
	Rate     int64
}

// deadline is what bounds a connection's reads: an [http.ResponseController], or a body that knows better.
type deadline interface {
	SetReadDeadline(at time.Time) error
}

// ReadBody reads the body of a request into the share. The body has at most so many bytes.
func (s *Share) ReadBody(w http.ResponseWriter, r *http.Request, most int64, pace Pace) ([]byte, error) {
	length := r.ContentLength
	switch {
	case r.Body == nil || length == 0:
		return nil, nil
	case length > most:
		return nil, ErrTooLarge
	case 0 < length && length <= Small:
		text := make([]byte, length)
		_, err := io.ReadFull(r.Body, text)
		return text, err
	}
	body := &steadyBody{body: r.Body, pace: pace, control: deadlineOf(w, r)}
	text, err := s.read(r.Context(), body, length, most)
	if body.limited && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = body.control.SetReadDeadline(time.Time{}) // worked before
	}
	return text, err
}

func deadlineOf(w http.ResponseWriter, r *http.Request) deadline {
	if own, ok := r.Body.(deadline); ok {
		return own
	}
	return http.NewResponseController(w)
}

// Read reads a text of unknown length into the share, beside what it holds already.
func (s *Share) Read(ctx context.Context, from io.Reader, most int64) ([]byte, error) {
	return s.read(ctx, &steadyBody{body: from}, -1, most)
}

// read reads a text of a length, or of an unknown one (-1).
func (s *Share) read(ctx context.Context, from *steadyBody, length, most int64) ([]byte, error) {
	has, size := s.held, length
	var start []byte
	if length < 0 {
		size = most + 1 // shows a text that is too large
		var err error
		if start, err = io.ReadAll(io.LimitReader(from, min(size, Small+1))); err != nil || int64(len(start)) < min(size, Small+1) {
			return start, err
		}
	}
	text, ended, err := s.readParts(ctx, from, start, size)
	switch {
	case err != nil:
		return nil, err
	case length < 0 && !ended:
		return nil, ErrTooLarge
	case length < 0:
		return s.fit(text, has), nil
	case ended:
		return nil, io.ErrUnexpectedEOF
	}
	return text, nil
}

// readParts reads up to size bytes, after those that are there already. It keeps the memory of a text in proportion to what has arrived.
func (s *Share) readParts(ctx context.Context, from *steadyBody, text []byte, size int64) (_ []byte, ended bool, err error) {
	has, part := s.held, min(first, size)
	for {
		if err := from.unhurried(func() error { return s.grow(ctx, has+part) }); err != nil {
			return nil, false, err
		}
		buffer := make([]byte, part)
		text, ended, err = fill(buffer, copy(buffer, text), from)
		if err != nil || ended || part == size {
			return text, ended, err
		}
		part = min(growth*part, size)
	}
}

// fit returns the memory that a text of unknown length does not need.
func (s *Share) fit(text []byte, has int64) []byte {
	if len(text) < cap(text)/2 {
		text = slices.Clone(text)
		s.Shrink(has + int64(len(text)))
	}
	return text
}

// fill reads into a buffer that has n bytes, until it is full or the reader has ended. Unlike io.ReadFull's, its error tells a
// reader that ends from one that breaks off.
func fill(buffer []byte, n int, from io.Reader) (text []byte, ended bool, err error) {
	for n < len(buffer) {
		more, err := from.Read(buffer[n:])
		n += more
		if errors.Is(err, io.EOF) {
			return buffer[:n], n < len(buffer), nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return buffer, false, nil
}

// steadyBody moves the connection's deadline with each read. It uses real time and no service's clock, because the network does.
type steadyBody struct {
	body    io.Reader
	pace    Pace
	control deadline
	began   time.Time
	read    int64
	limited bool
}

// unhurried does something for which the body has all the time: it does not count.
func (s *steadyBody) unhurried(do func() error) error {
	if s.control == nil {
		return do()
	}
	began := time.Now()
	if s.limited {
		_ = s.control.SetReadDeadline(time.Time{}) // worked before
	}
	err := do()
	if s.began.IsZero() {
		s.began = began
	}
	s.began = s.began.Add(time.Since(began))
	return err
}

// Read implements io.Reader. Until the body holds room, the server's own deadlines are enough for it.
func (s *steadyBody) Read(to []byte) (int, error) {
	if s.control != nil && !s.began.IsZero() {
		behind := time.Duration(s.read) * time.Second / time.Duration(s.pace.Rate)
		s.limited = s.control.SetReadDeadline(s.began.Add(s.pace.Patience+behind)) == nil
	}
	n, err := s.body.Read(to)
	s.read += int64(n)
	return n, err
}

const (
	// PassOverTime is the time for a body that is not needed.
	PassOverTime = time.Second
	// ServersOwn is the number of bytes that net/http itself reads and discards (maxPostHandlerReadBytes), to use a connection again.
	ServersOwn = 256 << 10
)

// PassOver reads and discards the rest of a body, at most so many bytes and for a second, and reports whether the body has ended.
// Without it a client that writes its whole request before it reads would get a connection reset and no answer.
//
// A small body is left to net/http. It discards none where the client asks to close the connection, so that one is read here, in the
// server's own time as well.
func PassOver(w http.ResponseWriter, r *http.Request, most int64) (ended bool) {
	if r.Body == nil || r.ContentLength == 0 {
		return true
	}
	if 0 < r.ContentLength && r.ContentLength <= ServersOwn {
		if !r.Close {
			return true
		}
		_, err := io.Copy(io.Discard, r.Body)
		return err == nil
	}
	control := deadlineOf(w, r)
	limited := control.SetReadDeadline(time.Now().Add(PassOverTime)) == nil
	_, err := io.CopyN(io.Discard, r.Body, most)
	if !errors.Is(err, io.EOF) {
		return false // and keep the deadline, for net/http reads on
	}
	if limited {
		_ = control.SetReadDeadline(time.Time{}) // worked before
	}
	return true
}
