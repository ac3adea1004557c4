package apigateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Bounds of requests' bodies, in bytes.
const (
	// maxPayload is API Gateway's largest request, 10 MB (developer guide, "Amazon API Gateway quotas"; the API counts
	// 10,485,760 bytes).
	maxPayload = 10 << 20
	// smallBody is the largest body that does not count among those in flight: only thousands of them would take memory
	// worth counting, and each of them should take no time for it.
	smallBody = 64 << 10
	// inTurn is from which length on bodies are validated and mapped in turn, as many at once as there are processors: more
	// are not done sooner, and each takes some ten times its length meanwhile.
	inTurn = 16 << 10
	// maxInFlight bounds the bodies that are read and answered at one time; others wait their turn. On the way through its
	// template a body takes some four times its length.
	maxInFlight = 64 << 20
	// maxPassedOver is how much of a body that nobody wants is read all the same, and passOverTime how long that may take.
	maxPassedOver = 16 << 20
	passOverTime  = time.Second
	// patience is how long a body that holds room may be behind leastRate, in bytes a second, at which the largest takes a
	// minute. Without them seven clients that stall would keep everybody else's large bodies out.
	//
	// Assumption API-14: API Gateway says only how long a connection may be idle (developer guide, "Quotas for configuring and
	// running a REST API": 310 seconds), and not how long a body may take: these bounds are of this machine alone, and so is
	// their 408.
	patience  = 5 * time.Second
	leastRate = maxPayload / 60
	// serversOwn is what net/http passes over itself (maxPostHandlerReadBytes).
	serversOwn = 256 << 10
)

var errTooLarge = errors.New("the body is larger than API Gateway takes")

// readBody reads the body once.
func (x *exchange) readBody() *failure {
	if x.hasBody {
		return nil
	}
	text, err := x.readAll()
	if err != nil {
		x.letGo(x.held)
	}
	if errors.Is(err, errTooLarge) {
		return failTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{status: http.StatusRequestTimeout, responseType: default4xx, errorType: "RequestTimeoutException", message: "Request Timeout", cause: err}
	}
	if err != nil { // the client went away, or sent less than it said
		return &failure{responseType: default4xx, errorType: "BadRequestException", message: "Bad Request", cause: err}
	}
	x.request.text, x.hasBody = text, true
	return nil
}

// readAll reads a body of a length that is known, or of one that is not (-1).
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
	if err := x.hold(length); err != nil {
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

// readChunks reads a body of unknown length. Once it is not small, it holds the room of the largest: bodies that took room
// as they grow could all wait for each other.
func (x *exchange) readChunks() ([]byte, error) {
	x.reading = true
	first, err := io.ReadAll(io.LimitReader(x.r.Body, smallBody+1))
	if err != nil || len(first) <= smallBody {
		return first, err
	}
	if err := x.hold(maxPayload); err != nil {
		return nil, err
	}
	text := make([]byte, maxPayload+1)
	n := copy(text, first)
	err = x.keepComing(func(body io.Reader) error {
		more, err := io.ReadFull(body, text[n:])
		n += more
		return err
	})
	switch {
	case err == nil:
		return nil, errTooLarge
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, err
	}
	x.letGo(maxPayload - int64(n))
	if n < maxPayload/2 {
		return slices.Clone(text[:n]), nil
	}
	return text[:n], nil
}

// keepComing has the body read by read, and ends that with [os.ErrDeadlineExceeded] where a body that holds room does not
// keep coming. A small one holds none: the server's own time for a request is enough for it.
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

// steadyBody moves the connection's deadline with each read. It is the network's time, whatever the API's clock.
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

// hold waits for room for a body, in the order in which requests ask for it, until the request is over.
func (x *exchange) hold(length int64) error {
	if length <= smallBody {
		return nil
	}
	if err := x.api.bodies.Acquire(x.r.Context(), length); err != nil {
		return fmt.Errorf("waiting for room among the bodies that are being served: %w", err)
	}
	x.held = length
	x.api.heldBytes.Add(length)
	return nil
}

// letGo gives back room that was held.
func (x *exchange) letGo(length int64) {
	if length > 0 {
		x.api.bodies.Release(length)
		x.held -= length
		if x.api.heldBytes.Add(-length) == 0 {
			x.api.giveMemoryBack()
		}
	}
}

// takeTurn waits for a large body's turn to be validated and mapped. There is nothing to wait for in a turn but a processor.
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

// quietTime is how long no large body comes before their memory is given back.
const quietTime = 5 * time.Second

// giveMemoryBack returns to the system what large bodies took, once they are over for a while: Go itself would keep it until
// its next collection, which a process with little to do makes two minutes later.
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

// passOver reads what is left of a body that nobody looked at, within bounds, and tells whether the connection can be used
// again. A client that writes all of its request before it reads would find its connection reset, and no answer. One that
// waits for "100 Continue" has sent nothing yet, and need not.
func (x *exchange) passOver() (ended bool) {
	length := x.r.ContentLength
	if x.hasBody || x.r.Body == nil || length >= 0 && length <= serversOwn {
		return true
	}
	if !x.reading && strings.EqualFold(x.r.Header.Get("Expect"), "100-continue") {
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
