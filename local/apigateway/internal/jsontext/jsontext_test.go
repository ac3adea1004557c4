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

func TestValidUTF8(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "ü€": "ü€", "a\xff\xfeb": "a\ufffd\ufffdb", "\xe2\x82": "\ufffd\ufffd", "\ufffd": "\ufffd",
	} {
		if got := string(ValidUTF8([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
