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

// Integer is the member of an object by its name, if it is a whole number of 32 bits.
func (p Payload) Integer(name string) (int, bool) {
	o, ok := p.value.(*object)
	if !ok {
		return 0, false
	}
	value, _ := o.get(name)
	number, ok := value.(int32)
	return int(number), ok
}
