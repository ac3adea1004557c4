package local

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// How long a client may leave a body, or an answer, where it is. Both move with every piece: a slow client has as long as it
// needs. They are the network's time, whatever the pipeline's clock.
const (
	bodyStall = time.Minute
	// answerStall is longer, because a write goes on only when a third of the system's buffer is free: of 4 MiB, that is from
	// 5 KB a second on.
	answerStall = 5 * time.Minute
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

// steadyWriter moves the connection's deadline with each write. It hides that a file could be sent at once: that would have one
// deadline for all of it.
type steadyWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	ended   bool
}

// Unwrap is for [http.ResponseController].
func (s *steadyWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *steadyWriter) move() { _ = s.control.SetWriteDeadline(time.Now().Add(answerStall)) } // a recorder has none

// Write implements http.ResponseWriter, in pieces that even a slow client takes in time.
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

// steadyBodies ends a connection whose client sends nothing more of its body.
func steadyBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &steadyReader{ReadCloser: r.Body, control: http.NewResponseController(w)}
		r.Body = body
		next.ServeHTTP(w, r)
		if !body.ended {
			body.move() // net/http reads on, to use the connection again
		}
	})
}

type steadyReader struct {
	io.ReadCloser
	control *http.ResponseController
	ended   bool
}

func (s *steadyReader) move() { _ = s.control.SetReadDeadline(time.Now().Add(bodyStall)) } // a recorder has none

// Read implements io.Reader. After the end there is no deadline: net/http watches the connection then. After an error it stays,
// because net/http would read on.
func (s *steadyReader) Read(to []byte) (int, error) {
	s.move()
	n, err := s.ReadCloser.Read(to)
	s.ended = err != nil
	if errors.Is(err, io.EOF) {
		_ = s.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
