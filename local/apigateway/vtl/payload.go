package vtl

import "cdk.tf/go/ingest/local/apigateway/internal/jsontext"

// Payload is a text, parsed as a template's payload is (assumption VTL-11).
type Payload struct{ value any }

// ParsePayload parses a text. It returns false if it cannot read the text. The text must not change afterwards, because the
// payload refers to it.
func ParsePayload(text []byte) (Payload, bool) {
	value, err := parseSmart(asText(jsontext.ValidUTF8(text)))
	return Payload{value}, err == nil
}

// IsZero reports whether the payload is null or the zero Payload.
func (p Payload) IsZero() bool { return p.value == nil }

// Integer returns the member of an object with the name, if it is a whole number of 32 bits.
func (p Payload) Integer(name string) (int, bool) {
	o, ok := p.value.(*object)
	if !ok {
		return 0, false
	}
	value, _ := o.get(name)
	number, ok := value.(int32)
	return int(number), ok
}
