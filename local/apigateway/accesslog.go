package apigateway

import (
	"io"
	"sync"
)

// maxPending is how many bytes of the access log wait for its writer before requests do. API Gateway drops lines under
// load ("best effort"); here none is lost, at the price of waiting for a slow disk.
const maxPending = 1 << 20

// accessLog writes lines in the background, whole and in order: a request only appends to what waits. What is written at
// once is what came meanwhile, so that a busy API makes few large writes and an idle one is not behind.
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

// newAccessLog starts the writer; failed is told of its first error, after which lines are dropped.
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

// close writes what waits. It returns the writer's first error.
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
