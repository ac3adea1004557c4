package vtl

import "cdk.tf/go/ingest/local/apigateway/internal/jsontext"

// Payload is a JSON text, taken apart.
type Payload struct{ value any }

// ParsePayload takes a text apart, unless it is no JSON or nested more than 200 levels deep. The text must not change
// afterwards: what is in it is in the payload.
func ParsePayload(text []byte) (Payload, bool) {
	value, ok := parseJSON(asText(jsontext.ValidUTF8(text)))
	return Payload{value}, ok
}

// IsZero is true of null, and of the zero Payload.
func (p Payload) IsZero() bool { return p.value == nil }
