package vtl

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf16"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// input is $input and util is $util. The run has the data that they read.
type (
	input struct{}
	util  struct{}
)

// payload is the body. It is decoded when a template first uses it.
type payload struct {
	text   any // a string, once asked for
	parsed bool
	json   any
	whole  bool // it has been looked through, and has no half of a surrogate pair
}

// body is the payload as text, "{}" for none (assumption VTL-4).
func (r *run) body() any {
	if r.payload.text == nil {
		text := asText(jsontext.ValidUTF8(r.request.Body))
		if text == "" {
			text = "{}"
		}
		r.payload.text = text
	}
	return r.payload.text
}

// path evaluates a JSONPath expression over the payload. found is false for a missing value.
func (r *run) path(expression string) (value any, found bool, err error) {
	if err := r.pay(min(len(expression), maxPath)); err != nil {
		return nil, false, err
	}
	compiled, err := paths.get(expression)
	if err != nil {
		return nil, false, err
	}
	if !r.payload.parsed {
		text, _ := r.body().(string)
		if r.payload.json = r.request.Payload.value; r.payload.json == nil {
			var err error
			if r.payload.json, err = parseSmart(text); err != nil {
				return nil, false, err
			}
		}
		r.payload.parsed = true
		if err := r.spendBytes(len(text), nowhere); err != nil {
			return nil, false, err
		}
	}
	if compiled.definite {
		value, found = compiled.one(r.payload.json)
		return value, found, nil
	}
	value, err = r.everywhere(compiled)
	return value, true, err
}

// everywhere returns everything that an indefinite path finds.
func (r *run) everywhere(path *Path) (any, error) {
	size, err := r.size(r.payload.json, 0)
	if err != nil {
		return nil, err
	}
	if err := r.pay(size * path.passes()); err != nil {
		return nil, err
	}
	items, err := path.all(r.payload.json)
	if err != nil {
		return nil, err
	}
	return &list{kind: jsonArray, items: items}, r.pay(stepsOfList + len(items))
}

var inputClass = &type1{methods: map[string]signature{
	"getBody": {0, 0, func(c *call) (any, error) { return c.run.body(), nil }},
	"path":    {1, 1, inputPath},
	"json":    {1, 1, inputJSON},
	"params":  {0, 1, inputParams},
}}

func inputPath(c *call) (any, error) {
	expression, ok := c.text(0)
	if !ok {
		return nil, failuref("$input.path takes a JSONPath expression, not %s", typeName(c.args[0]))
	}
	value, _, err := c.run.path(expression)
	return value, err
}

// inputJSON returns "" with its quotes for a missing value (assumption VTL-5).
func inputJSON(c *call) (any, error) {
	expression, ok := c.text(0)
	if !ok {
		return nil, failuref("$input.json takes a JSONPath expression, not %s", typeName(c.args[0]))
	}
	value, found, err := c.run.path(expression)
	if err != nil {
		return nil, err
	}
	if !found {
		return `""`, nil
	}
	if err := c.run.whole(); err != nil {
		return nil, err
	}
	out, err := c.run.appendJSON(make([]byte, 0, c.run.jsonSize), value, 0)
	if err != nil {
		return nil, err
	}
	if len(out) <= large {
		c.run.jsonSize = len(out) + len(out)/8
	}
	return asText(out), c.run.spendBytes(len(out), nowhere)
}

// whole returns an error for a payload with a text that $input.json cannot write (assumption VTL-20).
func (r *run) whole() error {
	text, _ := r.body().(string)
	if r.payload.whole = r.payload.whole || !hasHalf(text); !r.payload.whole {
		return errHalf
	}
	return nil
}

// inputParams searches path, query string and header in that order (developer guide). A missing parameter is empty.
func inputParams(c *call) (any, error) {
	request := c.run.request
	if len(c.args) == 1 {
		name, ok := c.text(0)
		if !ok {
			return nil, errNoMethod
		}
		for _, parameters := range [...]map[string]string{request.Path, request.Query, request.Header} {
			if value, ok := parameters[name]; ok {
				return value, nil
			}
		}
		return "", nil
	}
	if c.run.params == nil {
		all := newObject(3)
		all.put("path", sorted(request.Path))
		all.put("querystring", sorted(request.Query))
		all.put("header", sorted(request.Header))
		c.run.params = all
	}
	return c.run.params, nil
}

var utilClass = &type1{methods: map[string]signature{
	"escapeJavaScript": {1, 1, textFunction(func(s string) (string, error) { return escapeJavaScript(s), nil })},
	"base64Encode":     {1, 1, textFunction(func(s string) (string, error) { return base64Encode(s), nil })},
	"base64Decode":     {1, 1, textFunction(base64Decode)},
	"urlEncode":        {1, 1, textFunction(func(s string) (string, error) { return urlEncode(s), nil })},
	"urlDecode": {1, 1, textFunction(func(s string) (string, error) {
		out, err := url.QueryUnescape(s)
		if err != nil {
			return "", failuref("$util.urlDecode: %s is not URL-encoded", quote(s))
		}
		return asText(jsontext.ValidUTF8([]byte(out))), nil
	})},
	"parseJson": {1, 1, func(c *call) (any, error) {
		s, ok := c.text(0)
		if !ok {
			return nil, failuref("$util.parseJson takes text, not %s", typeName(c.args[0]))
		}
		value, steps, err := weighJSON(s)
		if err != nil {
			return nil, failuref("$util.parseJson: %s is not JSON", quote(s))
		}
		return value, c.run.pay(steps)
	}},
}, unknown: setOf("toJson", "quiet", "qr", "error", "time", "autoId", "dynamodb", "defaultIfNull", "isNull", "validate")}

// textFunction makes a function of the text of its argument (assumption VTL-12).
func textFunction(do func(string) (string, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		s, err := c.run.textOf(c.args[0])
		if err != nil {
			return nil, err
		}
		out, err := do(s)
		if err != nil {
			return nil, err
		}
		return out, c.run.spendBytes(len(out), nowhere)
	}
}

func base64Encode(s string) string {
	out := make([]byte, base64.StdEncoding.EncodedLen(len(s)))
	base64.StdEncoding.Encode(out, []byte(s)) // the compiler does not copy the string
	return asText(out)
}

func base64Decode(s string) (string, error) {
	out, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		out, err = base64.RawStdEncoding.DecodeString(s) // Java's decoder also accepts it without padding
	}
	if err != nil {
		return "", failuref("$util.base64Decode: %s is not base64", quote(s))
	}
	return asText(jsontext.ValidUTF8(out)), nil
}

// urlEncode is java.net.URLEncoder's: letters, digits and ".-*_" stay, a space is "+".
func urlEncode(s string) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s)+len(s)/2)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlpha(c), isDigit(c), c == '.', c == '-', c == '*', c == '_':
			out = append(out, c)
		case c == ' ':
			out = append(out, '+')
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return asText(out)
}

// escapeJavaScript is org.apache.commons.lang.StringEscapeUtils.escapeJavaScript (assumption VTL-6).
func escapeJavaScript(s string) string {
	at := 0
	for at < len(s) && !needsEscape(s[at]) {
		at++
	}
	if at == len(s) {
		return s
	}
	out := append(make([]byte, 0, len(s)+len(s)/8+8), s[:at]...)
	for _, c := range s[at:] {
		switch {
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			out = appendUnit(appendUnit(out, high), low)
		case c > 0x7F:
			out = appendUnit(out, c)
		case needsEscape(byte(c)):
			out = appendEscape(out, byte(c))
		default:
			out = append(out, byte(c))
		}
	}
	return asText(out)
}

func needsEscape(c byte) bool {
	return c < ' ' || c > 0x7F || c == '\'' || c == '"' || c == '\\' || c == '/'
}

func appendEscape(out []byte, c byte) []byte {
	if c >= ' ' {
		return append(out, '\\', c)
	}
	if at := strings.IndexByte("\b\n\t\f\r", c); at >= 0 {
		return append(out, '\\', "bntfr"[at])
	}
	return appendUnit(out, rune(c))
}

func appendUnit(out []byte, unit rune) []byte {
	const digits = "0123456789ABCDEF"
	return append(out, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
