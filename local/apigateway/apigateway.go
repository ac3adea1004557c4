// Package apigateway serves a REST API of API Gateway on one machine: what a resolved stack declares, at /STAGE/path.
//
// A request goes the way it goes on AWS: route, API key with its usage plan, authorisation, throttle, size, parameters
// and body, mapping, integration, and back through the integration response. Whatever API Gateway would answer itself is
// answered by the API's gateway responses. What is not imitated is refused when the stack is read, by name.
//
// Differences that remain, none of which a client of a well-behaved API meets: net/http writes header names in their
// canonical form, so that mapping templates see Content-Type for whatever the client sent (Assumption API-10: HTTP/1.1 names
// pass as they were sent on AWS; aws/aws-sam-cli#1860); malformed HTTP is answered by net/http, with 400 and no gateway response, as a load
// balancer before API Gateway does; a status of 100 to 199 is refused; bodies of more than 64 MiB together wait for each
// other, and have to keep coming (assumption API-14); and usage of quotas is forgotten with the process.
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

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/semaphore"
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
	// Invoke calls a service. It must return soon after its context is done. An error is that the service could not be
	// called at all: INTEGRATION_TIMEOUT once the context is done, INTEGRATION_FAILURE otherwise.
	Invoke func(context.Context, Call) (Answer, error)
	Clock  clockwork.Clock
	// Logger takes what API Gateway writes to a stage's execution log too, by the stage's level: what API Gateway could not
	// do itself as an error, everything else for debugging.
	Logger *slog.Logger
	// AccessLog takes one line a request in the format of its stage, from one goroutine; nil takes none.
	AccessLog io.Writer
	// Credentials are the access keys that IAM authorisation knows, with their owner; nil knows none. Each of them may
	// invoke every method: what a person may do is no part of a stack.
	Credentials func(accessKeyID string) (secret, principalARN string, ok bool)
	// Account has twelve digits; Region is the one that a signature must be for.
	Account, Region string
	// AllowUnverified lets requests through authorizers that cannot run here (Cognito, Lambda), see [Config.Unverified].
	AllowUnverified bool
	// Unlimited turns all throttles and quotas off, and nothing else: keys are still asked for.
	Unlimited bool
}

// API serves a REST API. It is an [http.Handler] for /STAGE/path, and safe for concurrent use.
type API struct {
	cfg       *Config
	opts      Options
	throttles *throttles
	accessLog *accessLog // nil without one
	signer    *v4.Signer
	roles     map[string][]string // by stage; index is method.number
	bodies    *semaphore.Weighted // of requests in flight, in bytes
	turns     chan struct{}       // one for each processor, see inTurn
	// heldBytes is what they hold of it, and givingBack is true while their memory is about to be given back.
	heldBytes  atomic.Int64
	givingBack atomic.Bool
	explained  explained
	counters   counters
}

// New makes an API ready to serve. Close it after its last request. It refuses authorizers that cannot run here, each with
// an error of its own, unless it is told to let their requests through; whoever starts it is to be told which
// ([Config.Unverified]).
func New(cfg Config, opts Options) (*API, error) {
	if opts.Credentials == nil {
		opts.Credentials = func(string) (string, string, bool) { return "", "", false }
	}
	var problems []error
	for _, a := range cfg.unverified {
		if !opts.AllowUnverified {
			problems = append(problems, a.refuse())
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	a := &API{
		cfg: &cfg, opts: opts, throttles: newThrottles(&cfg, opts.Unlimited),
		signer: v4.NewSigner(), roles: map[string][]string{}, bodies: semaphore.NewWeighted(maxInFlight),
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

// Close writes what waits to be written to the access log. Requests that are still served are not in it.
func (a *API) Close() error {
	if a.accessLog == nil {
		return nil
	}
	return a.accessLog.close()
}

// Status counts what an API did since it was made.
type Status struct {
	// Requests that were answered, and those that are being served.
	Requests int64 `json:"requests"`
	InFlight int64 `json:"inFlight"`
	// Answers by HTTP status.
	Answers map[string]int64 `json:"answers"`
	// Refused are the answers that API Gateway gave itself, by type of gateway response.
	Refused map[string]int64 `json:"refused"`
	// Calls of services, and those that could not be made or took too long.
	Calls       int64 `json:"calls"`
	FailedCalls int64 `json:"failedCalls"`
	// UnloggedErrors are answers of API Gateway's own, of 500 and above, that the execution log does not show: their cause
	// is in it already, or it has 1,000 others.
	UnloggedErrors int64 `json:"unloggedErrors"`
}

type counters struct {
	inFlight, calls, failedCalls atomic.Int64
	statuses                     [600]atomic.Int64
	refused                      map[string]*atomic.Int64
}

// Status is the state of the API's counters.
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
