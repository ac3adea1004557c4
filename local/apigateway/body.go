package apigateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"time"
)

// Bounds of requests' bodies, in bytes.
const (
	// maxPayload is API Gateway's largest request, 10 MB (developer guide, "Amazon API Gateway quotas"; the API counts
	// 10,485,760 bytes).
	maxPayload = 10 << 20
	// smallBody is the largest body that does not count as in flight. Only thousands of such bodies would use much memory, and
	// counting each would cost time.
	smallBody = 64 << 10
	// inTurn is the length from which on bodies are validated and mapped in turn, as many at once as there are processors. More
	// at once would not finish sooner, and each uses some ten times its length in memory meanwhile.
	inTurn = 16 << 10
	// maxInFlight bounds the bodies that are read and answered at the same time. Other bodies wait. In its template a body uses
	// some four times its length.
	maxInFlight = 64 << 20
	// maxPassedOver is the number of bytes that are read and discarded of a body that is not needed, and passOverTime the time
	// for it.
	maxPassedOver = 16 << 20
	passOverTime  = time.Second
	// patience is how long a body that holds room may be behind leastRate, in bytes per second. At leastRate the largest body
	// takes a minute. Without these bounds seven stalled clients would block all other large bodies.
	//
	// Assumption API-14: API Gateway documents how long a connection may be idle (developer guide, "Quotas for configuring and
	// running a REST API": 310 seconds), and not how long a body may take. Here a body of more than 64 KiB that is five seconds
	// behind a rate of 10 MB a minute gets 408. That bound exists only here.
	patience  = 5 * time.Second
	leastRate = maxPayload / 60
	// serversOwn is the number of bytes that net/http itself reads and discards (maxPostHandlerReadBytes).
	serversOwn = 256 << 10
)

var (
	errTooLarge = errors.New("the body is larger than API Gateway accepts")
	errNoRoom   = errors.New("waiting for the bodies of other requests")
)

// readBody reads the body once.
func (x *exchange) readBody() *failure {
	if x.hasBody {
		return nil
	}
	text, err := x.readAll()
	if err != nil {
		return x.failRead(err)
	}
	x.request.text, x.hasBody = text, true
	return nil
}

// failRead is the answer to a body that was not read as a whole. It returns the body's room.
func (x *exchange) failRead(err error) *failure {
	x.letGo(x.held)
	if errors.Is(err, errTooLarge) {
		return failTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{status: http.StatusRequestTimeout, responseType: default4xx, errorType: "RequestTimeoutException", message: "Request Timeout", cause: err}
	}
	// The client went away, or sent less than it said.
	return &failure{responseType: default4xx, errorType: "BadRequestException", message: "Bad Request", cause: err}
}

// readAll reads a body of a known length, or of an unknown one (-1).
func (x *exchange) readAll() ([]byte, error) {
	length := x.r.ContentLength
	switch {
	case x.r.Body == nil || length == 0:
		return nil, nil
	case length > maxPayload:
		return nil, errTooLarge
	case length < 0:
		return x.readChunks()
	}
	if err := x.hold(x.room(length)); err != nil {
		return nil, err
	}
	x.reading = true
	text := make([]byte, length)
	err := x.keepComing(func(body io.Reader) (err error) {
		_, err = io.ReadFull(body, text)
		return err
	})
	return text, err
}

// readChunks reads a body of unknown length. A body that is not small reserves the room of the largest one: bodies that
// reserved room while they grow could deadlock.
func (x *exchange) readChunks() ([]byte, error) {
	x.reading = true
	first, err := io.ReadAll(io.LimitReader(x.r.Body, smallBody+1))
	if err != nil || len(first) <= smallBody {
		return first, err
	}
	if err := x.hold(x.room(maxPayload)); err != nil {
		return nil, err
	}
	var text []byte
	err = x.keepComing(func(body io.Reader) (err error) {
		text, err = readLarge(first, body)
		return err
	})
	if err != nil {
		return nil, err
	}
	x.letGo(maxPayload - int64(len(text)))
	return text, nil
}

// readLarge returns what is already there of a body, and all that follows.
func readLarge(first []byte, rest io.Reader) ([]byte, error) {
	buffer := make([]byte, maxPayload+1)
	text, ended, err := fill(buffer, copy(buffer, first), rest)
	switch {
	case err != nil:
		return nil, err
	case !ended || len(text) > maxPayload:
		return nil, errTooLarge
	case len(text) < maxPayload/2:
		return slices.Clone(text), nil
	}
	return text, nil
}

// fill reads into a buffer that has n bytes, until it is full or the reader has ended. Unlike io.ReadFull's, its error tells a
// reader that ends from one that breaks off.
func fill(buffer []byte, n int, from io.Reader) (text []byte, ended bool, err error) {
	for n < len(buffer) {
		more, err := from.Read(buffer[n:])
		n += more
		if errors.Is(err, io.EOF) {
			return buffer[:n], true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return buffer, false, nil
}

// keepComing calls read with the body. If the body holds room and stops arriving, reads fail with [os.ErrDeadlineExceeded]. A
// small body holds no room: the server's own timeout is enough for it.
func (x *exchange) keepComing(read func(io.Reader) error) error {
	if x.held == 0 {
		return read(x.r.Body)
	}
	body := &steadyBody{body: x.r.Body, control: http.NewResponseController(x.w), began: time.Now()}
	err := read(body)
	if body.limited && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = body.control.SetReadDeadline(time.Time{}) // worked before
	}
	return err
}

// steadyBody moves the connection's deadline with each read. It uses real time and not the API's clock, because the network
// does.
type steadyBody struct {
	body    io.Reader
	control *http.ResponseController
	began   time.Time
	read    int64
	limited bool
}

func (s *steadyBody) Read(to []byte) (int, error) {
	if s.limited || s.read == 0 {
		behind := time.Duration(s.read) * time.Second / leastRate
		s.limited = s.control.SetReadDeadline(s.began.Add(patience+behind)) == nil
	}
	n, err := s.body.Read(to)
	s.read += int64(n)
	return n, err
}

// hold reserves room for a body. Requests wait in order. The wait ends with the request.
func (x *exchange) hold(length int64) error {
	if length <= smallBody {
		return nil
	}
	if err := x.api.bodies.Acquire(x.r.Context(), length); err != nil {
		return fmt.Errorf("%w: %w", errNoRoom, err)
	}
	x.held = length
	x.api.heldBytes.Add(length)
	return nil
}

// tryHold reserves room for a body if there is some without a wait.
func (x *exchange) tryHold(length int64) bool {
	if !x.api.bodies.TryAcquire(length) {
		return false
	}
	x.held = length
	x.api.heldBytes.Add(length)
	return true
}

// letGo returns reserved room.
func (x *exchange) letGo(length int64) {
	if length > 0 {
		x.api.bodies.Release(length)
		x.held -= length
		if x.api.heldBytes.Add(-length) == 0 {
			x.api.giveMemoryBack()
		}
	}
}

// takeTurn waits until a large body may be validated and mapped. During a turn a request waits for nothing but a processor.
func (x *exchange) takeTurn() {
	if len(x.request.text) >= inTurn {
		x.api.turns <- struct{}{}
		x.hasTurn = true
	}
}

// endTurn may be called without a turn.
func (x *exchange) endTurn() {
	if x.hasTurn {
		x.hasTurn = false
		<-x.api.turns
	}
}

// quietTime is the time without large bodies after which their memory goes back to the system.
const quietTime = 5 * time.Second

// giveMemoryBack returns the memory of large bodies to the system when none has arrived for quietTime. Go itself would keep it
// until the next collection, which an idle process makes only after two minutes.
func (a *API) giveMemoryBack() {
	if !a.givingBack.CompareAndSwap(false, true) {
		return
	}
	a.opts.Clock.AfterFunc(quietTime, func() {
		a.givingBack.Store(false)
		if a.heldBytes.Load() == 0 {
			debug.FreeOSMemory()
		}
	})
}

// passOver reads and discards the rest of an unread body, within bounds, and reports whether the connection can be used again.
// Without it a client that writes its whole request before it reads would get a connection reset and no answer. A client that
// waits for "100 Continue" has sent nothing yet.
func (x *exchange) passOver() (ended bool) {
	length := x.r.ContentLength
	if x.hasBody || x.r.Body == nil || length >= 0 && length <= serversOwn {
		return true
	}
	if !x.reading && x.expectsContinue() {
		return false
	}
	if x.failure != nil && x.failure.status == http.StatusRequestTimeout {
		return false // the deadline has passed, and net/http will not read on
	}
	control := http.NewResponseController(x.w)
	limited := control.SetReadDeadline(time.Now().Add(passOverTime)) == nil // the network's time, whatever the API's clock
	_, err := io.CopyN(io.Discard, x.r.Body, maxPassedOver)
	if !errors.Is(err, io.EOF) {
		return false // and keep the deadline, for net/http reads on
	}
	if limited {
		_ = control.SetReadDeadline(time.Time{}) // worked before
	}
	return true
}
