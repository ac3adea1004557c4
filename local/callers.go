package local

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/kinesis"
)

// callers is how API Gateway calls Kinesis: with an integration's role, held to what the role may do.
type callers struct {
	roles    *iam.Roles
	streams  *kinesis.Service
	logger   *slog.Logger
	keys     keys
	sessions sync.Map // by a role's ARN, of which the stack declares so many
	said     sayings
}

// sayings remembers what has been said, so that it is logged once and not ten thousand times a second.
type sayings struct {
	mutex sync.Mutex
	texts map[[sha256.Size]byte]bool
}

// maxSaid bounds what is remembered. A denial names its resource, which may be the client's word: without a bound a
// client could fill the memory and the log.
const maxSaid = 1000

// first tells whether a text is new; last is true of the last that is told from others.
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

// invoke makes one call. A role that cannot be assumed is an error, as on AWS, where the integration fails before the
// service is reached; a missing permission is the service's own answer, AccessDeniedException.
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
		c.logger.Error("the API's role has lacked so many permissions that no more are told", "count", maxSaid)
	}
}

// deny says once why a caller may not, and gives Kinesis its answer.
func (c *callers) deny(typ string, err error) *kinesis.Denial {
	c.sayOnce(err)
	return &kinesis.Denial{Type: typ, Message: err.Error()}
}
