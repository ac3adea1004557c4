package browse

import (
	"context"
	"time"
)

const (
	// stepRecords bounds the records of one read transaction, and stepBytes those of a piece of an object's text that is read at once.
	stepRecords = 2000
	// mostScanned and longest bound one request.
	mostScanned = 200_000
	longest     = 250 * time.Millisecond
	// rest is how many times as long as it worked a search rests while the pipeline is busy.
	rest = 20
)

// budget is what one request may still look at.
type budget struct {
	of      *Browser
	until   time.Time
	scanned int
}

// begin waits for the turn; end gives it back.
func (b *Browser) begin(ctx context.Context) (*budget, error) {
	select {
	case <-b.turn:
		return &budget{of: b, until: b.opts.Clock.Now().Add(longest)}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *budget) end() { g.of.turn <- struct{}{} }

// spent reports whether the request has looked at enough.
func (g *budget) spent() bool {
	return g.scanned >= mostScanned || g.of.opts.Clock.Now().After(g.until)
}

// step does a piece of work, and then rests if the pipeline is busy.
func (g *budget) step(ctx context.Context, work func() (scanned int, err error)) error {
	clock := g.of.opts.Clock
	began := clock.Now()
	scanned, err := work()
	g.scanned += scanned
	if err != nil || g.of.opts.Busy == nil || !g.of.opts.Busy() {
		return err
	}
	select {
	case <-clock.After(rest * clock.Since(began)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
