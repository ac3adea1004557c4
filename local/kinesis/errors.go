package kinesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// ErrLocked is returned by [Open] where another process has the file open.
var ErrLocked = errors.New("in use by another process")

// ErrClosed is returned to consumers of a service that is closed.
var ErrClosed = errors.New("the local Kinesis is closed")

// Error is a refusal as AWS words it.
type Error struct {
	// Status is the HTTP status, 400 or 500.
	Status int
	// Type is AWS's name, such as ResourceNotFoundException.
	Type string
	// Message may be empty, where AWS sends none.
	Message string
	// capital says that AWS names the member Message and not message, as it does where JSON has the wrong type.
	capital bool
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Type
	}
	return e.Type + ": " + e.Message
}

func (e *Error) body() []byte {
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

func refuse(typ, format string, values ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: typ, Message: fmt.Sprintf(format, values...)}
}

func invalid(format string, values ...any) *Error {
	return refuse("InvalidArgumentException", format, values...)
}

func failure(err error) *Error {
	if err == nil {
		return &Error{Status: http.StatusInternalServerError, Type: "InternalFailure"}
	}
	return &Error{Status: http.StatusInternalServerError, Type: "InternalFailure", Message: err.Error()}
}
