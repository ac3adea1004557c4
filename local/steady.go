package local

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/internal/inflight"
)

// How long a client may neither send more of a body nor take more of an answer. Each piece renews the time, so a slow client has as
// long as it needs. These are real time, not the pipeline's clock.
const (
	bodyStall = time.Minute
	// answerStall is longer, because the system continues a write only when a third of its buffer is free. With a buffer of 4 MiB
	// that allows clients from 5 KB a second.
	answerStall = 5 * time.Minute
	// maxPassedOver is the number of bytes that are read and discarded of a body that a handler has refused.
	maxPassedOver = 128 << 20
)

// steadyAnswers ends a connection whose client takes nothing of its answer.
func steadyAnswers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		steady := &steadyWriter{ResponseWriter: w, control: http.NewResponseController(w)}
		next.ServeHTTP(steady, r)
		if !steady.ended {
			steady.move() // net/http sends what is left
		}
	})
}

// steadyWriter moves the connection's deadline with each write. It hides io.ReaderFrom, which would send a whole file under one
// deadline.
type steadyWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	// limit is a deadline that the handler has set; zero for none.
	limit time.Time
	ended bool
}

// Unwrap is used by [http.ResponseController].
func (s *steadyWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *steadyWriter) move() {
	at := time.Now().Add(answerStall)
	if !s.limit.IsZero() && s.limit.Before(at) {
		at = s.limit
	}
	_ = s.control.SetWriteDeadline(at) // a recorder has none
}

// [http.ResponseController] looks for this interface.
var _ interface{ SetWriteDeadline(at time.Time) error } = (*steadyWriter)(nil)

// SetWriteDeadline is for a handler that has a bound of its own.
func (s *steadyWriter) SetWriteDeadline(at time.Time) error {
	s.limit = at
	return nil // each write moves the connection's
}

// Write implements http.ResponseWriter. It writes in pieces that even a slow client takes in time.
func (s *steadyWriter) Write(text []byte) (written int, err error) {
	const piece = 16 << 10
	for {
		s.move()
		n, err := s.ResponseWriter.Write(text[:min(piece, len(text))])
		if written += n; err != nil || n == len(text) {
			s.ended = err != nil
			return written, err
		}
		text = text[n:]
	}
}

// steadyBodies ends a connection whose client sends nothing more of its body. It discards what a handler has left of one, so that a
// client that writes its whole request before it reads gets the answer.
//
// Assumption LOC-7: S3 answers a request with "Expect: 100-continue" that it refuses by its headers at once, without its body (S3 API
// reference, "Common Request Headers"), and each other one with 100 Continue first, also if the body is empty (boto/boto3#3757).
//
// So the handler gets a copy of the request: net/http looks for its own body in the original, to see that the client waits. It writes
// no 100 Continue for an empty body, and botocore then takes the final answer's status for that of the next answer (boto/botocore#3755).
func steadyBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			if expectsContinue(r) && r.ProtoAtLeast(1, 1) {
				w.WriteHeader(http.StatusContinue)
			}
			next.ServeHTTP(w, r)
			return
		}
		body := &steadyReader{Reader: r.Body, control: http.NewResponseController(w)}
		watched := *r
		watched.Body = body
		next.ServeHTTP(w, &watched)
		if !body.ended && (body.begun || !expectsContinue(r)) {
			inflight.PassOver(w, &watched, maxPassedOver)
		}
		if !body.ended {
			body.move() // net/http reads on, to use the connection again
		}
	})
}

func expectsContinue(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Expect"), "100-continue")
}

type steadyReader struct {
	io.Reader
	control *http.ResponseController
	// limit is a deadline that the handler has set; zero for none.
	limit        time.Time
	begun, ended bool
}

func (s *steadyReader) move() {
	at := time.Now().Add(bodyStall)
	if !s.limit.IsZero() && s.limit.Before(at) {
		at = s.limit
	}
	_ = s.control.SetReadDeadline(at) // a recorder has none
}

// SetReadDeadline is for package inflight, which prefers it to the connection's own. The deadline holds from the next read on.
func (s *steadyReader) SetReadDeadline(at time.Time) error {
	s.limit = at
	return nil
}

// Read implements io.Reader. At the end of the body it removes the deadline, because net/http then watches the connection. After an
// error the deadline stays, because net/http would read on.
func (s *steadyReader) Read(to []byte) (int, error) {
	s.move()
	s.begun = true
	n, err := s.Reader.Read(to)
	s.ended = err != nil
	if errors.Is(err, io.EOF) {
		_ = s.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Close implements io.Closer. It does nothing: net/http closes the body after the answer, and waits for the rest of it to do so.
func (*steadyReader) Close() error { return nil }

// serverLog takes the lines of net/http's servers. Most are about single clients, and for debugging. A connection that cannot be accepted
// is a fault of this machine, which net/http meets again every second; it is shown once a minute.
type serverLog struct {
	logger *slog.Logger
	clock  clockwork.Clock

	mu   sync.Mutex
	said time.Time
}

// Write implements io.Writer. net/http writes whole lines.
func (l *serverLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.clock.Now(); strings.Contains(text, "Accept error") && now.Sub(l.said) >= time.Minute {
		l.said = now
		l.logger.Error("connections cannot be accepted and have to wait; if files are the limit, raise it (ulimit -n) or keep fewer connections open", "error", text)
	} else {
		l.logger.Debug(text)
	}
	return len(line), nil
}
