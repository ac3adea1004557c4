package local

import (
	"context"
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
	sessions   sync.Map // of a role's ARN
	said       sync.Map // denials by their text: each is logged once, not ten thousand times a second
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
	if err := session.Allow("kinesis:"+call.Action, c.streamARN(call.Body)); err != nil {
		c.sayOnce(err)
		return denied(err), nil
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

// streamARN is the resource that a call is about. A body that names none is Kinesis's to refuse.
func (c *callers) streamARN(body []byte) string {
	var named struct{ StreamName, StreamARN string }
	_ = json.Unmarshal(body, &named)
	if named.StreamARN != "" {
		return named.StreamARN
	}
	return c.streamARNs + named.StreamName
}

func (c *callers) sayOnce(err error) {
	if _, said := c.said.LoadOrStore(err.Error(), true); !said {
		c.logger.Error("the API's role lacks a permission", "error", withRemedy(err))
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
