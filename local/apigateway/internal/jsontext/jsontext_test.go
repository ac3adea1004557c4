package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAppendEscaped(t *testing.T) {
	for text, want := range map[string]string{
		``: ``, `plain ü €`: `plain ü €`, `"\`: `\"\\`, "\b\f\n\r\t\x01": `\b\f\n\r\t\u0001`, "a\xffb\xfe": "a\ufffdb\ufffd",
		strings.Repeat("x", 9): "xxxxxxxxx", "</&>\u2028": "</&>\u2028",
	} {
		got := string(AppendEscaped(nil, text))
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		var back string
		if err := json.Unmarshal([]byte(`"`+got+`"`), &back); err != nil || back != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("%q is read as %q: %v", got, back, err)
		}
	}
}

func TestOf(t *testing.T) {
	for want, value := range map[string]any{
		`["<a>&"]`: []string{"<a>&"}, `{"a":1,"b":[null]}`: map[string]any{"b": []any{nil}, "a": json.Number("1")}, "+Inf": json.Number("+Inf"),
	} {
		if got := Of(value); got != want {
			t.Errorf("%v: %s, want %s", value, got, want)
		}
	}
}

// These are the results of new String(bytes, UTF_8) in Java 17.
func TestValidUTF8(t *testing.T) {
	const bad = "\ufffd"
	for text, want := range map[string]string{
		"": "", "ü€😀": "ü€😀", bad: bad, "a\xff\xfeb": "a" + bad + bad + "b", "\x80\xbf": bad + bad, "\xc0\xaf": bad + bad, "\xc3": bad, "\xc3(": bad + "(",
		"\xe2\x82": bad, "\xe2\x82A": bad + "A", "\xe2A": bad + "A", "\xe0\x80\x80": bad + bad + bad, "\xed\xa0\x80": bad, "\xed\xb0\xbfA": bad + "A", "\xed\xa0": bad,
		"\xf0\x9f\x98": bad, "\xf0\x9f\x98A": bad + "A", "\xf0\x80\x80\x80": bad + bad + bad + bad, "\xf4\x90\x80\x80": bad + bad + bad + bad, "\xf5\x80": bad + bad,
		"\xe2\x82\xe2\x82\xac": bad + "€", "caf\xe9": "caf" + bad,
	} {
		if got := string(ValidUTF8([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
