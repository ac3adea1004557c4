// Package inflight bounds the memory of the bodies that a server reads and answers at the same time. A body reserves room as it
// arrives, so a client that announces much and sends little holds little.
package inflight

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/semaphore"
)

// ErrNoRoom is the error of a body whose request ended while it waited for room.
var ErrNoRoom = errors.New("waiting for the bodies of other requests")

// Room is memory that bodies share. One body at a time may grow beyond it: if all bodies waited for room to grow, none would ever
// return any.
type Room struct {
	shared *semaphore.Weighted // in bytes
	beyond chan struct{}       // holds a token while a body is beyond the room
	clock  clockwork.Clock
	// held is what all bodies hold, and most the most since their memory was last returned. givingBack is true while a timer waits to
	// return it.
	held, most atomic.Int64
	givingBack atomic.Bool
}

// New returns room for so many bytes, beside the one body that may grow beyond it.
func New(size int64, clock clockwork.Clock) *Room {
	return &Room{shared: semaphore.NewWeighted(size), beyond: make(chan struct{}, 1), clock: clock}
}

// Held is what all bodies hold, in bytes.
func (r *Room) Held() int64 { return r.held.Load() }

// Share returns a share of no bytes. It is for one goroutine at a time.
func (r *Room) Share() Share { return Share{room: r} }

// Share is the part of a room that one request holds.
type Share struct {
	room   *Room
	held   int64
	beyond bool
}

// Add makes the share larger by so many bytes. It waits for room, in order, and no longer than ctx.
func (s *Share) Add(ctx context.Context, more int64) error { return s.grow(ctx, s.held+more) }

// grow makes the share as large as to. It waits for room, in order, and no longer than ctx.
func (s *Share) grow(ctx context.Context, to int64) error {
	if to <= s.held || s.TryGrow(to) {
		return nil
	}
	if err := s.wait(ctx, to-s.held); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	s.become(to)
	return nil
}

// TryGrow makes the share as large as to, without a wait. It reports whether there was room.
func (s *Share) TryGrow(to int64) bool {
	if to > s.held {
		if !s.beyond && !s.room.shared.TryAcquire(to-s.held) {
			return false
		}
		s.become(to)
	}
	return true
}

// wait waits for more bytes of the room, or until the share may be beyond it.
func (s *Share) wait(ctx context.Context, more int64) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	got := make(chan error, 1)
	go func() { got <- s.room.shared.Acquire(waiting, more) }()
	select {
	case err := <-got:
		return err
	case s.room.beyond <- struct{}{}:
	}
	cancel()
	returned := s.held
	if <-got == nil {
		returned += more
	}
	s.beyond = true
	s.room.shared.Release(returned)
	return nil
}

// Shrink returns all of the share but so many bytes.
func (s *Share) Shrink(to int64) {
	if to >= s.held {
		return
	}
	had := s.held
	s.become(to) // before others can have the room, so that Held never counts it twice
	switch {
	case !s.beyond:
		s.room.shared.Release(had - to)
	case to == 0 || s.room.shared.TryAcquire(to):
		s.beyond = false
		<-s.room.beyond
	}
	if s.room.held.Load() == 0 {
		s.room.giveBack()
	}
}

func (s *Share) become(size int64) {
	held := s.room.held.Add(size - s.held)
	for most := s.room.most.Load(); held > most && !s.room.most.CompareAndSwap(most, held); {
		most = s.room.most.Load()
	}
	s.held = size
}

// quietTime is the time without large bodies after which their memory goes back to the system.
const quietTime = 5 * time.Second

// worthReturning is how many bytes bodies must have held at once for their memory to be returned. Go's smallest heap has as many, and a
// collection for a few small bodies would take more processor time than their requests.
const worthReturning = 4 << 20

// returnMemory is a variable for tests.
var returnMemory = debug.FreeOSMemory

// giveBack returns the memory of large bodies to the system when none has arrived for quietTime. Go itself would keep it until the
// next collection, which an idle process makes only after two minutes.
func (r *Room) giveBack() {
	if r.most.Load() < worthReturning || !r.givingBack.CompareAndSwap(false, true) {
		return
	}
	r.clock.AfterFunc(quietTime, func() {
		r.givingBack.Store(false)
		if r.held.Load() == 0 {
			r.most.Store(0)
			returnMemory()
		}
	})
}
