package apigateway

import (
	"errors"
	"net/http"
	"os"
	"time"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/internal/inflight"
)

// Bounds of requests' bodies, in bytes.
const (
	// maxPayload is API Gateway's largest request.
	maxPayload = quota.MaxBody
	// smallBody is the largest body that does not count as in flight.
	smallBody = inflight.Small
	// inTurn is the length from which on bodies are validated and mapped in turn, as many at once as there are processors. More
	// at once would not finish sooner, and each uses some ten times its length in memory meanwhile.
	inTurn = 16 << 10
	// maxInFlight bounds the bodies that are read and answered at the same time, beside one that may grow beyond it. Other bodies
	// wait. In its template a body uses some four times its length.
	maxInFlight = 54 << 20
	// maxPassedOver is the number of bytes that are read and discarded of a body that is not needed, and passOverTime the time
	// that a refused body is waited for.
	maxPassedOver = 16 << 20
	passOverTime  = inflight.PassOverTime
	// patience is how long a body that holds room may be behind leastRate, in bytes per second. At leastRate the largest body
	// takes a minute.
	//
	// Assumption API-14: API Gateway documents how long a connection may be idle (developer guide, "Quotas for configuring and
	// running a REST API": 310 seconds), and not how long a body may take. Here a body of more than 64 KiB that is five seconds
	// behind a rate of 10 MB a minute gets 408. That bound exists only here.
	patience   = 5 * time.Second
	leastRate  = maxPayload / 60
	serversOwn = inflight.ServersOwn
)

// pace is how fast a body has to arrive.
var pace = inflight.Pace{Patience: patience, Rate: leastRate}

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
	x.share.Shrink(0)
	if errors.Is(err, inflight.ErrTooLarge) {
		return failTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{status: http.StatusRequestTimeout, responseType: default4xx, errorType: "RequestTimeoutException", message: "Request Timeout", cause: err}
	}
	// The client went away, or sent less than it said.
	return &failure{responseType: default4xx, errorType: "BadRequestException", message: "Bad Request", cause: err}
}

// readAll reads a body within bounds.
func (x *exchange) readAll() ([]byte, error) {
	x.reading = x.r.ContentLength <= maxPayload // otherwise nobody asks for it
	return x.share.ReadBody(x.w, x.r, maxPayload, pace)
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

// passOver reads and discards the rest of an unread body, within bounds, and reports whether the connection can be used again. A client
// that waits for "100 Continue" has sent nothing yet.
func (x *exchange) passOver() (ended bool) {
	length := x.r.ContentLength
	if x.hasBody || length >= 0 && length <= serversOwn && !x.r.Close {
		return true
	}
	if !x.reading && x.expectsContinue() {
		return false
	}
	if x.failure != nil && x.failure.status == http.StatusRequestTimeout {
		return false // the deadline has passed, and net/http will not read on
	}
	return inflight.PassOver(x.w, x.r, maxPassedOver)
}
