// Package apigateway serves a REST API of API Gateway on one machine: what a resolved stack declares, at /STAGE/path.
//
// A request goes the way it goes on AWS: route, API key with its usage plan, authorisation, throttle, size, parameters and
// body, mapping, integration, and back through the integration response. The API's gateway responses are the answers that API
// Gateway gives itself. [Read] refuses by name what this package does not imitate.
//
// Assumption API-10: API Gateway passes the header names of an HTTP/1.1 request to mapping templates as the client sent them
// (aws/aws-sam-cli#1860). Here that needs KeepSpelling.
//
// Some differences remain. A client of a well-behaved API meets none of them. Without KeepSpelling, net/http writes header names in
// their canonical form. net/http answers malformed HTTP with 400 and without a gateway response, as a load balancer in front of API Gateway
// does. A status of 100 to 199 is refused. Large bodies wait for each other, and must keep arriving (assumption API-14). The usage of
// quotas is lost when the process ends.
package apigateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/internal/inflight"
)

// Call is one call of a service that an integration makes. It is read-only: calls share their headers.
type Call struct {
	// Service is the endpoint's name, "kinesis"; Action its action, such as "PutRecord".
	Service, Action string
	// RoleARN is the role that API Gateway assumes for the call.
	RoleARN string
	Header  http.Header
	Body    []byte
}

// Answer is a service's answer, whatever its status.
type Answer struct {
	// Status is HTTP's, 100 to 599.
	Status int
	// RequestID is the service's own, or empty.
	RequestID string
	Header    http.Header
	Body      []byte
}

// Options of an API.
type Options struct {
	// Invoke calls a service. It must return soon after its context is done. An error means that it could not call the service
	// at all: the client then gets INTEGRATION_TIMEOUT if the context is done, and otherwise INTEGRATION_FAILURE.
	Invoke func(context.Context, Call) (Answer, error)
	Clock  clockwork.Clock
	// Logger gets what API Gateway writes to a stage's execution log, as far as the stage's level allows. Failures of API
	// Gateway itself have the level ERROR, and everything else DEBUG.
	Logger *slog.Logger
	// AccessLog gets one line for each request, in the format of its stage, from one goroutine. With nil there is no access
	// log.
	AccessLog io.Writer
	// Credentials are the access keys that IAM authorisation knows, with their owner. nil knows none. Each key may invoke every
	// method, because a stack does not declare the permissions of people.
	Credentials func(accessKeyID string) (secret, principalARN string, ok bool)
	// Account has twelve digits. Region is the region that a signature must name.
	Account, Region string
	// AllowUnverified lets requests through authorizers that cannot run here (Cognito, Lambda), see [Config.Unverified].
	AllowUnverified bool
	// Submitted gets each submission before its client gets the answer, from many goroutines, or is nil. It must return soon.
	Submitted func(Submission)
	// Unlimited turns off all throttles and quotas, and nothing else: methods still require their API keys.
	Unlimited bool
	// Measure gets each answered request that reached a stage, from the goroutine that serves it. It must return at once. nil
	// measures nothing.
	Measure func(Measured)
}

// Measured is an answered request.
type Measured struct {
	Stage string
	// Method and Resource are those of the request's method, such as POST and /submit, if it has one and the stage has detailed
	// metrics for it.
	Method, Resource string
	// At is when the answer was complete.
	At     time.Time
	Status int
	// Latency is from the request's arrival to its answer. Integration is the part of it that the integration took; it is negative
	// without a call.
	Latency, Integration time.Duration
}

// API serves a REST API. It is an [http.Handler] for /STAGE/path, and safe for concurrent use.
type API struct {
	cfg       *Config
	opts      Options
	throttles *throttles
	accessLog *accessLog // nil without one
	signer    *v4.Signer
	roles     map[string][]string // by stage; index is method.number
	bodies    *inflight.Room
	turns     chan struct{} // one for each processor, see inTurn
	explained explained
	counters  counters
}

// New makes an API that is ready to serve. Close it after its last request. New returns an error for each authorizer that
// cannot run here, unless opts.AllowUnverified is set: then tell the user which they are ([Config.Unverified]).
func New(cfg Config, opts Options) (*API, error) {
	if opts.Credentials == nil {
		opts.Credentials = func(string) (string, string, bool) { return "", "", false }
	}
	if len(cfg.unverified) > 0 && !opts.AllowUnverified {
		var problems []error
		for _, a := range cfg.unverified {
			problems = append(problems, a.refuse())
		}
		return nil, errors.Join(problems...)
	}
	a := &API{
		cfg: &cfg, opts: opts, throttles: newThrottles(&cfg, opts.Clock, opts.Unlimited),
		signer: v4.NewSigner(), roles: map[string][]string{}, bodies: inflight.New(maxInFlight, opts.Clock),
		turns: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	a.explained.causes, a.counters.refused = map[string]bool{}, map[string]*atomic.Int64{}
	for typ := range cfg.gateway {
		a.counters.refused[typ] = new(atomic.Int64)
	}
	for name, s := range cfg.stages {
		for _, m := range cfg.methods {
			a.roles[name] = append(a.roles[name], s.fill(m.integration.roleARN))
		}
	}
	if opts.AccessLog != nil {
		a.accessLog = newAccessLog(opts.AccessLog, func(err error) {
			opts.Logger.Error("the access log cannot be written; its lines are dropped from here on", "error", err)
		})
	}
	return a, nil
}

// Close writes the pending lines of the access log. It does not wait for requests that are still being served.
func (a *API) Close() error {
	if a.accessLog == nil {
		return nil
	}
	return a.accessLog.close()
}

// Status has counters since the API was made.
type Status struct {
	// Requests that were answered, and those that are being served.
	Requests int64 `json:"requests"`
	InFlight int64 `json:"inFlight"`
	// Answers by HTTP status.
	Answers map[string]int64 `json:"answers"`
	// Refused counts the answers that API Gateway gave itself, by type of gateway response.
	Refused map[string]int64 `json:"refused"`
	// Calls counts the calls of services, and FailedCalls those that failed or took too long.
	Calls       int64 `json:"calls"`
	FailedCalls int64 `json:"failedCalls"`
	// UnloggedErrors counts the answers of API Gateway itself, of 500 and above, that the execution log does not show, because
	// it already has their cause or 1,000 others.
	UnloggedErrors int64 `json:"unloggedErrors"`
}

type counters struct {
	inFlight, calls, failedCalls atomic.Int64
	statuses                     [600]atomic.Int64
	refused                      map[string]*atomic.Int64
}

// Status returns the API's counters.
func (a *API) Status() Status {
	s := Status{
		InFlight: a.counters.inFlight.Load(), Calls: a.counters.calls.Load(), FailedCalls: a.counters.failedCalls.Load(),
		UnloggedErrors: a.explained.unlogged.Load(),
		Answers:        map[string]int64{}, Refused: map[string]int64{},
	}
	for code := range a.counters.statuses {
		if n := a.counters.statuses[code].Load(); n > 0 {
			s.Answers[strconv.Itoa(code)] = n
			s.Requests += n
		}
	}
	for typ, n := range a.counters.refused {
		if n := n.Load(); n > 0 {
			s.Refused[typ] = n
		}
	}
	return s
}
