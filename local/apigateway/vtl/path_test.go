package vtl

import (
	"strings"
	"testing"

	"github.com/ohler55/ojg/jp"
)

func TestPathText(t *testing.T) {
	payload, ok := ParsePayload([]byte(`{"a": [1, {"b": "x<y"}, null], "big": 12345678901234567890, "price": 1.50, "no-dots": true, "text": "a \u00fc",
		"deep": {"z": "<&>", "a": [1.0, "\t"]}}`))
	if !ok {
		t.Fatal("not read")
	}
	for path, want := range map[string]string{
		"$.text": "a ü", "text": "a ü", "$.big": "12345678901234567890", "$.price": "1.5", "$.no-dots": "true", "$['no-dots']": "true",
		"$.a": `[1,{"b":"x<y"},null]`, "$.a[1].b": "x<y", "$.a[-2]": `{"b":"x<y"}`, "$.a[2]": "", "$.a[3]": "", "$.none.of.it": "",
		"$.deep": `{"z":"<&>","a":[1.0,"\t"]}`, "$.a[*]": "1", "$..b": "x<y", "$.a[?(@.b)]": `{"b":"x<y"}`, "$.a[?(@.c)]": "",
	} {
		parsed, err := ParsePath(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := parsed.Text(payload); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
}

func TestParsePayload(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, ` [1] `: true, `null`: true, ``: false, `{`: false, `{'a':1}`: false, `{} {}`: false, `"` + "\xff" + `"`: true,
		strings.Repeat("[", 200) + strings.Repeat("]", 200): true,
		strings.Repeat("[", 300) + strings.Repeat("]", 300): false,
	} {
		if _, ok := ParsePayload([]byte(text)); ok != want {
			t.Errorf("%.20q is JSON: %t", text, ok)
		}
	}
}

type broken struct{}

func (broken) Get(any) []any { panic("a mistake of the library's") }
func (broken) First(any) any { panic("a mistake of the library's") }

// A panic of the library ends one request, and is said.
func TestAPathThatPanics(t *testing.T) {
	path := &Path{expr: jp.Expr{&jp.Proc{Procedure: broken{}, Script: []byte("(x)")}}}
	const want = `the JSONPath expression "[(x)]" cannot be evaluated: a mistake of the library's`
	if text, err := path.Text(Payload{}); text != "" || err == nil || err.Error() != want {
		t.Errorf("%q, %v\nwant %s", text, err, want)
	}
}
