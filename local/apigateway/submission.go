package apigateway

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Actions of Kinesis that put records into a stream. A method whose integration calls one of them takes events.
const (
	PutRecord  = "PutRecord"
	PutRecords = "PutRecords"
)

// Submission is a request that should put events into a stream, with everything that decides what became of them. All of it is
// read-only.
//
// These requests are submissions: those to a method whose integration calls PutRecord or PutRecords, and those with the method POST,
// PUT or PATCH that reach no method of the API, because a client that uses a wrong address means to submit something too.
type Submission struct {
	// At is when the request arrived.
	At time.Time
	// RequestID is API Gateway's. Method is the HTTP method and Path the escaped path, both as API Gateway routes them. ContentType
	// is the client's own, or empty.
	RequestID, Method, Path, ContentType string
	// Action is the action that the method's integration calls. It is empty if the request reached no method.
	Action string
	// Body is what the model and the mapping template read, decompressed. If API Gateway refused the request before it read the body,
	// it is what the client sent. It may be only the beginning, and unless Action is PutRecords it has at most 64 KiB.
	Body []byte
	// Length is the length of the whole body in bytes, or -1 if it is not known.
	Length int64
	// Status is the status of the answer to the client.
	Status int
	// Refusal is why API Gateway answered itself. The zero value means that the integration's answer was mapped.
	Refusal Refusal
	// Called means that the integration called the service, with the body Sent. Answer is what the service answered, or nil.
	Called bool
	Sent   []byte
	Answer *Answer
}

// Refusal is why API Gateway answered a request itself, in the words of its access log and its answer.
type Refusal struct {
	// Type is the type of gateway response, such as BAD_REQUEST_BODY. It is empty for an answer that belongs to no stage.
	Type string
	// ErrorType is the header x-amzn-ErrorType, or empty.
	ErrorType string
	// Message is $context.error.message, and Validation is $context.error.validationErrorString, or empty.
	Message, Validation string
}

// submits reports whether the request is a submission that somebody wants to know of.
func (x *exchange) submits() bool {
	if x.api.opts.Submitted == nil {
		return false
	}
	if x.method == nil {
		return slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, x.verb)
	}
	return x.action() != ""
}

// action is the action that the method's integration calls, if it puts records into a stream.
func (x *exchange) action() string {
	if x.method == nil || x.method.integration == nil || x.method.integration.kind != typeAWS {
		return ""
	}
	if action := x.method.integration.action; action == PutRecord || action == PutRecords {
		return action
	}
	return ""
}

// tell reports a submission before the client gets the answer: a client that has its answer finds its event in the list.
func (x *exchange) tell() {
	if !x.submits() {
		return
	}
	if x.kept == nil {
		x.keepBody(x.readRefused())
	}
	s := Submission{
		At: x.arrived, RequestID: x.requestID, Method: x.verb, Path: x.path, ContentType: x.r.Header.Get("Content-Type"), Action: x.action(),
		Body: x.kept, Length: x.length, Status: x.answer.status, Called: x.call.made, Sent: x.sent,
	}
	if f := x.failure; f != nil {
		s.Refusal = Refusal{Type: f.responseType, ErrorType: f.errorType, Message: f.message, Validation: f.broken.says}
	}
	if x.call.status != 0 {
		s.Answer = &Answer{Status: x.call.status, RequestID: x.call.requestID, Header: x.call.header, Body: x.response.text}
	}
	x.api.opts.Submitted(s)
}

// keepBody keeps what a submission shows of a body, before the exchange gives the body up. A large body of one event is cut, so that it
// does not stay in memory during the call. length is the length of the whole body.
func (x *exchange) keepBody(body []byte, length int64) {
	if len(body) > smallBody && x.action() != PutRecords {
		body = slices.Clone(body[:smallBody])
	}
	x.kept, x.length = body, length
	if x.kept == nil {
		x.kept = []byte{}
	}
}

// readRefused returns the body of a request that API Gateway answered itself, and the length of the whole body. If nobody has read the
// body, it reads up to 64 KiB, and a whole batch if there is room. That delays no answer: before net/http sends one, it reads and discards
// a whole body of up to 256 KiB that is unread (maxPostHandlerReadBytes), or passOver does, which reads a larger one, or one of unknown
// length, for passOverTime. So does this.
func (x *exchange) readRefused() ([]byte, int64) {
	switch {
	case x.hasBody:
		return x.request.text, int64(len(x.request.text))
	case x.r.Body == nil || x.r.ContentLength == 0:
		return nil, 0
	case x.reading || x.expectsContinue() || x.r.ContentLength > maxPayload:
		return nil, x.r.ContentLength
	}
	return x.readSome()
}

// readSome is the part of [exchange.readRefused] that reads.
func (x *exchange) readSome() ([]byte, int64) {
	length, room := x.r.ContentLength, int64(smallBody)
	holds := length > room && x.action() == PutRecords && x.share.TryGrow(length)
	if holds {
		room = length
	}
	if holds || length < 0 || length > serversOwn { // the server's own time for a body is up to a minute
		control := http.NewResponseController(x.w)
		if control.SetReadDeadline(time.Now().Add(passOverTime)) == nil { // the network's time, whatever the API's clock
			defer func() {
				if x.hasBody {
					_ = control.SetReadDeadline(time.Time{}) // worked before
				}
			}()
		}
	}
	x.reading = true
	body, err := io.ReadAll(io.LimitReader(x.r.Body, room))
	switch got := int64(len(body)); {
	case err != nil:
	case got == length, length < 0 && got < room:
		x.hasBody, length = true, got
	}
	return body, length
}

func (x *exchange) expectsContinue() bool {
	return strings.EqualFold(x.r.Header.Get("Expect"), "100-continue")
}
