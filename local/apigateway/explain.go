package apigateway

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// maxExplained is how many causes are logged. Some name what a client sent, so that there is no end of them.
const maxExplained = 1000

// explained are the causes of errors that were logged: a stack with a mistake makes the same one thousands of times a second.
type explained struct {
	mutex    sync.Mutex
	causes   map[string]bool
	unlogged atomic.Int64
}

// isNew tells whether a cause is to be logged, which it is once.
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

// explain writes to the execution log why API Gateway answered itself, as far as the stage's level goes: an error once for
// each cause, and everything where the logger takes what is for debugging. It holds no values of the request: the client has
// the message, which may quote its Authorization, and the log has its type; of a body that breaks the schema, the rule.
// API Gateway's own execution log is not so careful: it has the validation's result (developer guide, "Request validation for
// REST APIs in API Gateway").
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
