package vtl

import "cdk.tf/go/ingest/local/apigateway/internal/jsontext"

// Payload is a text, taken apart as a template's payload is (assumption VTL-11).
type Payload struct{ value any }

// ParsePayload takes a text apart, unless it cannot be read. The text must not change afterwards: what is in it is in the payload.
func ParsePayload(text []byte) (Payload, bool) {
	value, err := parseSmart(asText(jsontext.ValidUTF8(text)))
	return Payload{value}, err == nil
}

// IsZero is true of null, and of the zero Payload.
func (p Payload) IsZero() bool { return p.value == nil }
