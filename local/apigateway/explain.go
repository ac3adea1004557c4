package apigateway

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// maxExplained is the number of causes that are logged. Some causes quote what a client sent, so their number has no other
// bound.
const maxExplained = 1000

// explained has the causes that were logged. A mistake in a stack can produce the same cause thousands of times per second.
type explained struct {
	mutex    sync.Mutex
	causes   map[string]bool
	unlogged atomic.Int64
}

// isNew reports whether to log a cause: each is logged once.
func (e *explained) isNew(cause string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.causes[cause] || len(e.causes) >= maxExplained {
		e.unlogged.Add(1)
		return false
	}
	e.causes[cause] = true
	return true
}

// explain writes to the execution log why API Gateway answered itself, as far as the stage's level allows: an error once for
// each cause, and everything if the logger accepts DEBUG. The log holds no values of the request. The client gets the message,
// which may quote its Authorization header. The log gets the message's type, or the rule of the schema that a body breaks. API
// Gateway's own execution log also holds the validation's result (developer guide, "Request validation for REST APIs in API
// Gateway").
func (x *exchange) explain(f *failure) {
	level := slog.LevelDebug
	if x.answer.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	log, ctx := x.api.opts.Logger, x.r.Context()
	if x.method != nil && x.stage.settings[x.method.number].logging == "OFF" || !log.Enabled(ctx, level) {
		return
	}
	attributes := []any{
		"requestId", x.requestID, "stage", x.stage.name, "method", x.verb, "path", x.path,
		"type", f.responseType, "status", x.answer.status, "errorType", f.errorType,
	}
	if f.broken.rule != "" {
		attributes = append(attributes, "rule", f.broken.rule)
	}
	cause := ""
	if f.cause != nil {
		cause = f.cause.Error()
		attributes = append(attributes, "cause", cause)
	}
	if !log.Enabled(ctx, slog.LevelDebug) {
		if !x.api.explained.isNew(strings.Join([]string{x.stage.name, x.verb, x.resourcePath(), f.responseType, cause}, "\n")) {
			return
		}
		attributes = append(attributes, "again", "is counted, not logged")
	}
	log.Log(ctx, level, "API Gateway answered itself", attributes...)
}
