package tfjson

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	for text, want := range map[string]string{
		`{"//": {"metadata": {"stackName": "dev", "version": "0.21.0"}}}`: "dev",
		`{"//": {"metadata": {"stackName": 1}}}`:                          "",
		`{"//": "a comment"}`:                                             "",
		`{}`:                                                              "",
	} {
		stack, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := stack.Name(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
