package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/jonboulle/clockwork"
)

// Sender sends events to a pipeline's API as its clients do. It is safe for concurrent use.
type Sender struct {
	run       *run
	to        route
	event     []byte
	good, bad request
}

// NewSender makes the sender of a pipeline's single events. mark names the sender in its events, where their schema allows it.
func NewSender(p *Pipeline, caller Caller, client *http.Client, clock clockwork.Clock, mark string) (*Sender, error) {
	s := &Sender{run: &run{
		Options:  Options{Mark: mark, Caller: caller, HTTP: client, Clock: clock},
		Pipeline: p, report: &Report{},
	}}
	for _, to := range p.routes {
		if to.batch {
			continue
		}
		event, err := s.run.make(to, 1)
		if err != nil {
			return nil, fmt.Errorf("%w; %s", err, knowEvent)
		}
		s.to, s.event, s.good = to, event, request{body: event}
		s.bad = request{body: event, contentType: ownType}
		if body, known := s.run.broken(to); known {
			s.bad = request{body: body}
		}
		return s, nil
	}
	return nil, errors.New("no method of the stack takes a single event")
}

// Event is the event that the sender sends.
func (s *Sender) Event() []byte { return s.event }

// Send sends an event, and returns the status of the answer.
func (s *Sender) Send(ctx context.Context) (int, error) { return s.send(ctx, s.good) }

// SendBad sends a body that the API answers with 400 or 415: one that breaks the schema, or one of a content type that no API declares.
func (s *Sender) SendBad(ctx context.Context) (int, error) { return s.send(ctx, s.bad) }

func (s *Sender) send(ctx context.Context, what request) (int, error) {
	req, err := s.run.build(ctx, s.to, what)
	if err != nil {
		return 0, err
	}
	response, err := s.run.HTTP.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)); err != nil {
		return 0, fmt.Errorf("the answer to POST %s: %w", s.to.path, err)
	}
	return response.StatusCode, nil
}
