package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// open returns the event of an envelope (API.Envelope), byte for byte. It refuses every other record: a part of the range may be from
// before the environment had envelopes, and nothing should be put in a form that its readers do not expect.
func open(record []byte) ([]byte, error) {
	var envelope struct {
		ReceivedAt *string         `json:"receivedAt"`
		RequestID  *string         `json:"requestId"`
		Event      json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(record, &envelope); err != nil {
		return nil, fmt.Errorf("it is no envelope: %w", err)
	}
	if envelope.ReceivedAt == nil || envelope.RequestID == nil || envelope.Event == nil {
		return nil, errors.New(`it is no envelope, which has "receivedAt", "requestId" and "event"`)
	}
	return bytes.Clone(envelope.Event), nil
}
