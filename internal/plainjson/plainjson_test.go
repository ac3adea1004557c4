package plainjson_test

import (
	"math"
	"testing"

	"cdk.tf/go/ingest/internal/plainjson"
)

var value = map[string]any{"z": []int{1}, "a": "<b> & \"c\""}

func TestLine(t *testing.T) {
	const want = `{"a":"<b> & \"c\"","z":[1]}`
	if got, err := plainjson.Line(value); got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if got, err := plainjson.Line(math.NaN()); got != "" || err == nil {
		t.Errorf("NaN is %q, %v; want an error", got, err)
	}
}

func TestIndented(t *testing.T) {
	const want = "{\n  \"a\": \"<b> & \\\"c\\\"\",\n  \"z\": [\n    1\n  ]\n}\n"
	if got, err := plainjson.Indented(value); string(got) != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}
