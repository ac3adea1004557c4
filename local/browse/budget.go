package browse

import (
	"context"
	"time"
)

const (
	// stepRecords and stepBytes bound what one step looks at, without a look at the clock or a rest.
	stepRecords = 2000
	stepBytes   = 4 << 20
	// mostScanned and longest bound one request.
	mostScanned = 200_000
	mostEntries = 20_000
	longest     = 250 * time.Millisecond
	// rest is how many times as long as it worked a search rests while the pipeline is busy.
	rest = 20
)

// budget is what one request may still look at.
type budget struct {
	of      *Browser
	until   time.Time
	scanned int
	// entries counts the entries of journals that were read.
	entries int
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
	return g.scanned >= mostScanned || g.entries >= mostEntries || g.of.opts.Clock.Now().After(g.until)
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
	case <-clock.After(max(0, min(rest*clock.Since(began), g.until.Sub(clock.Now())))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
