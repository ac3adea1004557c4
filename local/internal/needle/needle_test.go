package needle_test

import (
	"testing"

	"cdk.tf/go/ingest/local/internal/needle"
)

func TestIn(t *testing.T) {
	for _, test := range []struct {
		text, data string
		want       bool
	}{
		{"", "", true}, {"", "x", true}, {"x", "", false},
		{"sIgnup", `{"event":"SIGNUP"}`, true}, {"signup", `{"event":"sign up"}`, false},
		{`"id":"a-1_z"`, `{"ID":"A-1_Z"}`, true}, {"a@[z", "A@[Z", true},
		{"σίσυφος", `{"x":"ΣΊΣΥΦΟΣ"}`, true}, {"ΣΊΣΥΦΟΣ", `{"x":"σίσυφος"}`, true},
		{"é", "É", true}, {"straße", "STRASSE", true}, {"STRASSE", "straße", true}, {"k", "\u212a", true},
		{"b", "\xff\x00B", true}, {"é", "\xff\xc3", false},
	} {
		if got := needle.New(test.text).In([]byte(test.data)); got != test.want {
			t.Errorf("%q in %q is %v", test.text, test.data, got)
		}
	}
}
