package replay

import (
	"fmt"
	"io"
	"time"
)

// These are the intervals of progress messages: on a terminal they overwrite one line, any other output grows.
const (
	onTerminal = time.Second
	elsewhere  = 10 * time.Second
)

// progress shows a person how far a replay has come.
type progress struct {
	run   *run
	out   io.Writer
	began time.Time
	said  time.Time
	// line is true while a line on the terminal has not ended.
	line bool
	// objects and bytes count all objects to read. The fields with done count those that have been read.
	objects, doneObjects int
	bytes, doneBytes     int64
	current              *spool
}

func newProgress(r *run, objects []object) *progress {
	now := r.Clock.Now()
	p := &progress{run: r, out: r.Progress, began: now, said: now}
	for _, o := range objects {
		if !r.checkpoint.complete(o.id) {
			p.objects++
			p.bytes += o.size
		}
	}
	return p
}

func (p *progress) reading(s *spool) { p.current = s }

func (p *progress) objectDone(o object) {
	if p.current != nil {
		p.doneObjects++
		p.doneBytes += o.size
		p.current = nil
	}
	p.tick()
}

// tick shows the progress, unless it did so a moment ago.
func (p *progress) tick() {
	every := elsewhere
	if p.run.Terminal {
		every = onTerminal
	}
	now := p.run.Clock.Now()
	if now.Sub(p.said) < every {
		return
	}
	p.said = now
	text := p.text(now.Sub(p.began))
	if p.run.Terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", text)
		p.line = true
		return
	}
	fmt.Fprintln(p.out, text)
}

func (p *progress) text(elapsed time.Duration) string {
	s := p.run.summary
	text := fmt.Sprintf("objects %d of %d, records %d, %.0f a second", p.doneObjects, p.objects, s.Put, float64(s.Put)/elapsed.Seconds())
	if s.Rejected > 0 {
		text += fmt.Sprintf(", rejected %d", s.Rejected)
	}
	done := p.doneBytes
	if p.current != nil {
		done += p.current.read
	}
	if done > 0 && done < p.bytes {
		left := time.Duration(float64(elapsed) * float64(p.bytes-done) / float64(done))
		text += fmt.Sprintf(", about %s left", left.Round(time.Second))
	}
	return text
}

// say writes a message on its own line.
func (p *progress) say(format string, args ...any) {
	p.end()
	fmt.Fprintf(p.out, format+"\n", args...)
}

// end ends a line on the terminal.
func (p *progress) end() {
	if p.line {
		fmt.Fprintln(p.out)
		p.line = false
	}
}
