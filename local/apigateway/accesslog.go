package apigateway

import (
	"io"
	"sync"
)

// maxPending is the number of bytes of the access log that may wait for its writer. Beyond it requests wait. API Gateway drops
// lines under load ("best effort"). This log loses none, so a slow disk slows the requests.
const maxPending = 1 << 20

// accessLog writes lines in the background, whole and in order. A request only appends a line to a buffer. Each write takes the
// lines that arrived during the one before it, so a busy API makes few large writes and an idle one writes at once.
type accessLog struct {
	mutex   sync.Mutex
	changed sync.Cond
	pending []byte
	closed  bool
	to      io.Writer
	done    chan struct{}
	failed  func(error)
	err     error // the first
}

// newAccessLog starts the writer. It reports the writer's first error to failed, and drops all lines after it.
func newAccessLog(to io.Writer, failed func(error)) *accessLog {
	l := &accessLog{to: to, done: make(chan struct{}), failed: failed}
	l.changed.L = &l.mutex
	go l.run()
	return l
}

func (l *accessLog) write(x *exchange, line format) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for len(l.pending) > maxPending && !l.closed {
		l.changed.Wait()
	}
	if l.closed {
		return
	}
	first := len(l.pending) == 0
	l.pending = append(line.append(l.pending, x, "-", true), '\n')
	if first {
		l.changed.Broadcast()
	}
}

func (l *accessLog) run() {
	defer close(l.done)
	var writing []byte
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for {
		for len(l.pending) == 0 && !l.closed {
			l.changed.Wait()
		}
		if len(l.pending) == 0 {
			return
		}
		writing, l.pending = l.pending, writing[:0]
		l.changed.Broadcast()
		l.mutex.Unlock()
		_, err := l.to.Write(writing)
		l.mutex.Lock()
		if err != nil && l.err == nil {
			l.err = err
			l.failed(err)
		}
	}
}

// close writes the pending lines. It returns the writer's first error.
func (l *accessLog) close() error {
	l.mutex.Lock()
	l.closed = true
	l.changed.Broadcast()
	l.mutex.Unlock()
	<-l.done
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.err
}
