package kinesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// errLocked is returned by [Open] if another process has the file open.
var errLocked = errors.New("in use by another process")

// errClosed is returned to consumers of a closed service.
var errClosed = errors.New("the local Kinesis is closed")

// ErrGone is returned if a stream does not exist, or was deleted or created again, or if the file was removed while it was in use.
var ErrGone = errors.New("it is gone")

// throughputExceeded is the type of the error for a shard that is at its limit.
const throughputExceeded = "ProvisionedThroughputExceededException"

// refusal is an error in AWS's form.
type refusal struct {
	// Status is the HTTP status, 400 or 500.
	Status int
	// Type is AWS's name, such as ResourceNotFoundException.
	Type string
	// Message may be empty, where AWS sends none.
	Message string
	// capital means that AWS names the member Message and not message, as it does if a JSON value has the wrong type.
	capital bool
}

func (e *refusal) Error() string {
	if e.Message == "" {
		return e.Type
	}
	return e.Type + ": " + e.Message
}

// Is makes AWS's ResourceNotFoundException match [ErrGone].
func (e *refusal) Is(target error) bool {
	return target == ErrGone && e.Type == "ResourceNotFoundException"
}

func (e *refusal) body() []byte {
	var body any = struct {
		Type    string `json:"__type"`
		Message string `json:"message,omitempty"`
	}{e.Type, e.Message}
	if e.capital {
		body = struct {
			Type    string `json:"__type"`
			Message string `json:"Message"`
		}{e.Type, e.Message}
	}
	text, err := json.Marshal(body)
	if err != nil { // two strings always encode
		return []byte(`{"__type":"InternalFailure"}`)
	}
	return text
}

func refuse(typ, format string, values ...any) *refusal {
	return &refusal{Status: http.StatusBadRequest, Type: typ, Message: fmt.Sprintf(format, values...)}
}

func invalid(format string, values ...any) *refusal {
	return refuse("InvalidArgumentException", format, values...)
}

func failure(err error) *refusal {
	if err == nil {
		return &refusal{Status: http.StatusInternalServerError, Type: "InternalFailure"}
	}
	return &refusal{Status: http.StatusInternalServerError, Type: "InternalFailure", Message: err.Error()}
}
