package local

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/faults"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/kinesis"
)

// callers makes API Gateway's calls to Kinesis, each with the permissions of its integration's role.
type callers struct {
	roles    *iam.Roles
	streams  *kinesis.Service
	logger   *slog.Logger
	keys     keys
	faults   *faults.Set
	sessions sync.Map // by a role's ARN, so the stack bounds their number
	said     sayings
}

// sayings remembers logged messages, so each is logged once and not ten thousand times a second.
type sayings struct {
	mutex sync.Mutex
	texts map[[sha256.Size]byte]bool
}

// maxSaid bounds the remembered messages. A denial names its resource, which may be a client's input: without a bound a client could
// fill the memory and the log.
const maxSaid = 1000

// first reports whether a text is new; last is true for the last text that is remembered.
func (s *sayings) first(text string) (first, last bool) {
	sum := sha256.Sum256([]byte(text))
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.texts[sum] || len(s.texts) == maxSaid {
		return false, false
	}
	if s.texts == nil {
		s.texts = map[[sha256.Size]byte]bool{}
	}
	s.texts[sum] = true
	return true, len(s.texts) == maxSaid
}

// invoke makes one call. If the role cannot be assumed it returns an error: on AWS the integration fails before it reaches the
// service. If a permission is missing it returns the service's own answer, AccessDeniedException.
func (c *callers) invoke(ctx context.Context, call apigateway.Call) (apigateway.Answer, error) {
	if call.Service != "kinesis" {
		return apigateway.Answer{}, fmt.Errorf("the service %q does not run on one machine", call.Service)
	}
	session, err := c.session(call.RoleARN)
	if err != nil {
		c.sayOnce(err)
		return apigateway.Answer{}, err
	}
	response := c.streams.DoAs(ctx, call.Action, call.Body, func(stream string) *kinesis.Denial {
		if denial := c.fault(session, call.Action, stream); denial != nil {
			return denial
		}
		if err := session.Allow("kinesis:"+call.Action, stream); err != nil {
			return c.deny("AccessDeniedException", err)
		}
		if err := c.keys.encrypt(session, call.Action, stream); err != nil {
			return c.deny(kmsDenied, err)
		}
		return nil
	})
	return apigateway.Answer{Status: response.Status, RequestID: response.RequestID, Body: response.Body}, nil
}

func (c *callers) session(role string) (*iam.Session, error) {
	if session, ok := c.sessions.Load(role); ok {
		return session.(*iam.Session), nil
	}
	session, err := c.roles.Assume(role, "apigateway.amazonaws.com", nil)
	if err != nil {
		return nil, err
	}
	c.sessions.Store(role, session)
	return session, nil
}

func (c *callers) sayOnce(err error) {
	first, last := c.said.first(err.Error())
	if first {
		c.logger.Error("the API's role lacks a permission", "error", withRemedy(err))
	}
	if last {
		c.logger.Error("the API's role lacks too many permissions: no more are logged", "count", maxSaid)
	}
}

// deny logs once why a caller is denied, and returns Kinesis's answer.
func (c *callers) deny(typ string, err error) *kinesis.Denial {
	c.sayOnce(err)
	return &kinesis.Denial{Type: typ, Message: err.Error()}
}
