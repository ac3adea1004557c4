package tfjson

import "testing"

// Terraform's conversions between the scalar types (https://developer.hashicorp.com/terraform/language/expressions/types).
func TestScalars(t *testing.T) {
	for _, c := range []struct {
		value  any
		text   string
		scalar bool
		is     bool
		number float64
	}{
		{value: true, text: "true", scalar: true, is: true},
		{value: "true", text: "true", scalar: true, is: true},
		{value: "1", text: "1", scalar: true, is: true, number: 1},
		{value: 1.0, text: "1", scalar: true, number: 1},
		{value: false, text: "false", scalar: true},
		{value: "True", text: "True", scalar: true},
		{value: 0.5, text: "0.5", scalar: true, number: 0.5},
		{value: 1e21, text: "1000000000000000000000", scalar: true, number: 1e21},
		{value: nil},
		{value: []any{true}},
	} {
		text, ok := Scalar(c.value)
		if text != c.text || ok != c.scalar || True(c.value) != c.is || Number(c.value) != c.number {
			t.Errorf("%#v is %q, %t, %t, %v; want %+v", c.value, text, ok, True(c.value), Number(c.value), c)
		}
	}
}
