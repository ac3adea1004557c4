package inflight

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"
)

const mib = 1 << 20

// zeros is a body of zeros that ends after so many, or then blocks until the channel is closed.
type zeros struct {
	left  int
	block chan struct{}
}

func (z *zeros) Read(to []byte) (int, error) {
	n := min(len(to), z.left)
	if z.left -= n; n > 0 {
		return n, nil
	}
	if z.block != nil {
		<-z.block
	}
	return 0, io.EOF
}

func (z *zeros) Close() error { return nil }

func (r *Room) read(body io.Reader, length int64) (*Share, []byte, error) {
	share := r.Share()
	request := httptest.NewRequest(http.MethodPost, "/", body)
	request.ContentLength = length
	text, err := share.ReadBody(httptest.NewRecorder(), request, 10*mib, Pace{Patience: 5 * time.Second, Rate: mib})
	return &share, text, err
}

// Clients that announce large bodies and send little hold little, and delay nobody.
func TestAStalledBodyHoldsLittle(t *testing.T) {
	for name, test := range map[string]struct {
		sent   int
		length int64
	}{"one byte": {1, 10 * mib}, "no byte": {0, 10 * mib}, "chunks": {68 << 10, -1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				room, block := New(54*mib, clockwork.NewRealClock()), make(chan struct{})
				for range 100 {
					go func() { _, _, _ = room.read(&zeros{test.sent, block}, test.length) }()
				}
				synctest.Wait()
				if held := room.Held(); held > 100*first {
					t.Errorf("100 bodies hold %d bytes", held)
				}
				if _, text, err := room.read(&zeros{left: 10 * mib}, 10*mib); len(text) != 10*mib || err != nil {
					t.Errorf("a body beside them: %d bytes, %v", len(text), err)
				}
				close(block)
			})
		})
	}
}

// Bodies that have to wait in the middle never wait for each other, and all together stay within the room and one body beyond it.
func TestBodiesThatWaitForEachOther(t *testing.T) {
	for name, length := range map[string]int64{"lengths": 9 * mib, "chunks": -1} {
		t.Run(name, func(t *testing.T) {
			room := New(12*mib, clockwork.NewRealClock())
			var group sync.WaitGroup
			for range 40 {
				group.Go(func() {
					share, text, err := room.read(&zeros{left: 9 * mib}, length)
					if len(text) != 9*mib || err != nil {
						t.Errorf("%d bytes, %v", len(text), err)
					}
					if held := room.Held(); held > 12*mib+10*mib+1 {
						t.Errorf("%d bytes are held", held)
					}
					share.Shrink(0)
				})
			}
			group.Wait()
			if held := room.Held(); held != 0 || len(room.beyond) != 0 || !room.shared.TryAcquire(12*mib) {
				t.Errorf("%d bytes are held at the end, %d bodies are beyond", held, len(room.beyond))
			}
		})
	}
}

// A request that ends while it waits returns what it has.
func TestAWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := New(mib, clockwork.NewRealClock())
		full, beyond := room.Share(), room.Share()
		if full.grow(t.Context(), mib) != nil || beyond.grow(t.Context(), 5*mib) != nil || !beyond.beyond {
			t.Fatal("there is no room at the start")
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			waiting := room.Share()
			ended <- waiting.grow(ctx, mib)
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, ErrNoRoom) || !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		full.Shrink(0)
		beyond.Shrink(mib / 2) // fits again
		if beyond.beyond || !full.TryGrow(mib/2) || full.TryGrow(mib) {
			t.Errorf("the room is not as large as before: %+v, %+v", beyond, full)
		}
	})
}

func TestBodiesThatFail(t *testing.T) {
	room := New(54*mib, clockwork.NewRealClock())
	for name, test := range map[string]struct {
		size   int
		length int64
		want   error
	}{
		"a length too large":  {0, 10*mib + 1, ErrTooLarge},
		"chunks too large":    {10*mib + 1, -1, ErrTooLarge},
		"fewer than it said":  {9 * mib, 10 * mib, io.ErrUnexpectedEOF},
		"a small one, fewer":  {9, 10, io.ErrUnexpectedEOF},
		"nothing":             {0, 10, io.EOF},
		"at the end of parts": {first, 2 * first, io.ErrUnexpectedEOF},
	} {
		if _, _, err := room.read(&zeros{left: test.size}, test.length); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// A body arrives whole, whatever its length.
func TestBodiesOfEachLength(t *testing.T) {
	room := New(54*mib, clockwork.NewRealClock())
	for _, size := range []int{0, 1, Small - 1, Small, Small + 1, first - 1, first, first + 1, growth*first - 1, growth * first, growth*first + 1, 10 * mib} {
		want := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		for _, length := range []int64{int64(size), -1} {
			share, text, err := room.read(strings.NewReader(want), length)
			if !bytes.Equal(text, []byte(want)) || err != nil || share.held > 2*int64(size)+1 && size > Small {
				t.Errorf("%d bytes, length %d: %d bytes, %d held, %v", size, length, len(text), share.held, err)
			}
			share.Shrink(0)
		}
	}
}

// slowConnection notes the deadlines of a body.
type slowConnection struct {
	zeros
	deadlines []time.Time
}

func (s *slowConnection) SetReadDeadline(at time.Time) error {
	s.deadlines = append(s.deadlines, at)
	return nil
}

// The wait for room is no time of the client's.
func TestAWaitForRoomIsNotTheClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := New(mib, clockwork.NewRealClock())
		full, beyond := room.Share(), room.Share()
		if full.grow(t.Context(), mib) != nil || beyond.grow(t.Context(), 5*mib) != nil {
			t.Fatal("there is no room at the start")
		}
		go func() {
			time.Sleep(time.Hour)
			full.Shrink(0)
		}()
		began := time.Now()
		body := &slowConnection{zeros: zeros{left: mib}}
		if _, _, err := room.read(body, mib); err != nil {
			t.Fatal(err)
		}
		if first := body.deadlines[0].Sub(began); first != time.Hour+5*time.Second || !body.deadlines[len(body.deadlines)-1].IsZero() {
			t.Errorf("the deadlines are %v, from %v", body.deadlines, began)
		}
	})
}

// Small bodies cost no collection, and large ones cost one for each time that they come.
func TestTheMemoryOfLargeBodiesIsReturned(t *testing.T) {
	returned := 0
	returnMemory = func() { returned++ }
	t.Cleanup(func() { returnMemory = debug.FreeOSMemory })
	synctest.Test(t, func(t *testing.T) {
		room := New(54*mib, clockwork.NewRealClock())
		for _, step := range []struct{ size, want int }{{mib, 0}, {9 * mib, 1}, {mib, 1}, {worthReturning, 2}} {
			for range 3 {
				share, _, err := room.read(&zeros{left: step.size}, int64(step.size))
				if err != nil {
					t.Fatal(err)
				}
				share.Shrink(0)
			}
			time.Sleep(quietTime + time.Second)
			synctest.Wait()
			if returned != step.want {
				t.Errorf("after bodies of %d bytes memory was returned %d times, want %d", step.size, returned, step.want)
			}
		}
	})
}
