package local

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/kinesis"
)

// callers is how API Gateway calls Kinesis: with an integration's role, held to what the role may do.
type callers struct {
	roles   *iam.Roles
	streams *kinesis.Service
	// streamARNs is what the ARN of every stream here begins with.
	streamARNs string
	logger     *slog.Logger
	keys       keys
	sessions   sync.Map // by a role's ARN, of which the stack declares so many
	said       sayings
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
	if stream, ok := c.streamARN(call.Body); ok {
		if err := session.Allow("kinesis:"+call.Action, stream); err != nil {
			c.sayOnce(err)
			return denied(err), nil
		}
		if err := c.keys.encrypt(session, call.Action, stream); err != nil {
			c.sayOnce(err)
			return keyDenied(err), nil
		}
	}
	response := c.streams.Do(ctx, call.Action, call.Body)
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

// streamARN is the resource that a call is about; of a call that names no stream, all of it but the name.
// Names are told apart by their case and the last of two counts, as Kinesis reads them: what is allowed is what is done.
// A body that is no JSON is Kinesis's to refuse: ok is false.
func (c *callers) streamARN(body []byte) (arn string, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return "", false
	}
	if arn := text(members["StreamARN"]); arn != "" {
		return arn, true
	}
	return c.streamARNs + text(members["StreamName"]), true
}

// text is a JSON string's, or "" of anything else.
func text(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
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

func denied(err error) apigateway.Answer {
	message := err.Error()
	var d *iam.Denied
	if errors.As(err, &d) {
		message = d.Error()
	}
	body, _ := json.Marshal(map[string]string{"__type": "AccessDeniedException", "Message": message}) // strings are JSON
	return apigateway.Answer{Status: http.StatusBadRequest, Body: body}
}
