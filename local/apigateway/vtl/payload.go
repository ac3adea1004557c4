package vtl

import (
	"encoding/json"
	"math/big"
	"strconv"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

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

// Type is a JSON schema's name for the payload: null, boolean, integer, number, string, array or object. A number that is
// not written as a whole one is a number, whatever its value.
func (p Payload) Type() string {
	switch p.value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case *list:
		return "array"
	case *object:
		return "object"
	case float64, *decimal:
		return "number"
	}
	return "integer"
}

// Len is the number of an array's elements, or of an object's members; 0 of anything else.
func (p Payload) Len() int {
	switch v := p.value.(type) {
	case *list:
		return len(v.items)
	case *object:
		return v.size()
	}
	return 0
}

// Element is an array's element, or an object's member in the order of the text; i is from 0 to below [Payload.Len].
func (p Payload) Element(i int) Payload {
	if o, ok := p.value.(*object); ok {
		return Payload{o.vals[i]}
	}
	return Payload{p.value.(*list).items[i]}
}

// Name is the name of an object's member; i is as [Payload.Element] has it.
func (p Payload) Name(i int) string {
	name, _ := p.value.(*object).keys[i].(string)
	return name
}

// Has tells whether an object has a member of a name.
func (p Payload) Has(name string) bool {
	o, ok := p.value.(*object)
	return ok && o.place(name) >= 0
}

// Instance is the payload as encoding/json has it with UseNumber. It is not ok where there is a number that is not
// written as a whole one, because not all of its digits are known.
func (p Payload) Instance() (_ any, ok bool) {
	switch v := p.value.(type) {
	case nil, bool, string:
		return v, true
	case int32:
		return json.Number(strconv.Itoa(int(v))), true
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), true
	case *big.Int:
		return json.Number(v.String()), true
	case *list:
		items := make([]any, len(v.items))
		for i, item := range v.items {
			if items[i], ok = (Payload{item}).Instance(); !ok {
				return nil, false
			}
		}
		return items, true
	case *object:
		members := make(map[string]any, v.size())
		for i := range v.keys {
			if members[p.Name(i)], ok = (Payload{v.vals[i]}).Instance(); !ok {
				return nil, false
			}
		}
		return members, true
	}
	return nil, false
}
