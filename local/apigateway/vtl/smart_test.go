package vtl

import (
	"errors"
	"strings"
	"testing"
)

// ToQoz/api-gateway-mapping-template recorded some of these on AWS (test/_.md). The rest are results of netplex/json-smart-v2
// 2.6.
func TestPayloadsThatAreNoJSON(t *testing.T) {
	for _, test := range []struct{ body, path, json string }{
		{`a=b`, `a=b`, `"a=b"`}, {`"a=b"`, `a=b`, `"a=b"`}, {`name=toqoz`, `name=toqoz`, `"name=toqoz"`}, // these eight recorded
		{`a{b`, `a{b`, `"a{b"`}, {`a[`, `a[`, `"a["`}, {`null{`, `null{`, `"null{"`}, {`true{`, `true{`, `"true{"`}, {`undefined{`, `undefined{`, `"undefined{"`},
		{`a=1&b=2`, `a=1&b=2`, `"a=1&b=2"`}, {" a \n b ", "a \n b", `"a \n b"`}, {`<a b="c"/>`, `<a b="c"/>`, `"<a b=\"c\"/>"`},
		{`true`, `true`, `true`}, {`12`, `12`, `12`}, {`12 a`, `12 a`, `"12 a"`}, {`1-2`, `1-2`, `"1-2"`}, {`01`, `1`, `1`}, {`-`, `0`, `0`}, {`1.`, `1.0`, `1.0`},
		{`.5`, `.5`, `".5"`}, {`1e`, `1e`, `"1e"`}, {`1e2`, `100.0`, `100.0`}, {` `, ` `[:0], `""`}, {`'a"b'`, `a"b`, `"a\"b"`}, {`"a" b`, `a`, `"a"`},
		{`{"a":1,}`, `{a=1}`, `{"a":1}`}, {`{'a':1}`, `{a=1}`, `{"a":1}`}, {`{a:1}`, `{a=1}`, `{"a":1}`}, {`{a b : c d }`, `{a b=c d}`, `{"a b":"c d"}`},
		{`{,,"a":1}`, `{a=1}`, `{"a":1}`}, {`{"a":,}`, `{a=}`, `{"a":""}`}, {`{"a":1} x`, `{a=1}`, `{"a":1}`}, {`{"a":nul}`, `{a=nul}`, `{"a":"nul"}`},
		{`[1,,2]`, `[1,2]`, `[1,2]`}, {`["a" "b"]`, `["a","b"]`, `["a","b"]`}, {`[1 2]`, `["1 2"]`, `["1 2"]`}, {`[a, 'b']`, `["a","b"]`, `["a","b"]`},
		{`{"a":"x\qy\x41\'"}`, `{a=xyA'}`, `{"a":"xyA'"}`}, {"{\"a\":\"x\ty\"}", "{a=x\ty}", `{"a":"x\ty"}`}, {"{\"a\":\"\\nx\ty\"}", "{a=\nxy}", `{"a":"\nxy"}`},
		{"\"a\x7fb\"", "a\x7fb", `"a\u007Fb"`}, {"\"\x7fa\\t\x7fb\\u007f\"", "a\tb\x7f", `"a\tb\u007F"`}, {"{'\x7f\\t':'\x7f'}", "{\t=\x7f}", `{"\t":"\u007F"}`},
		{`"\u001f\u0001\u000b\u007f\b"`, "\x1f\x01\v\x7f\b", `"\u001F\u0001\u000B\u007F\b"`},
		{"a\x1ab", `a`, `"a"`}, {`[["a]`, "", ""},
		{`{a`, "", ""}, {`[a`, "", ""}, {`{`, "", ""}, {`[`, "", ""}, {`{"a"}`, "", ""}, {`{"a":}`, "", ""}, {`{"a":1`, "", ""}, {`"a`, "", ""}, {`:a`, "", ""},
		{`}`, "", ""}, {`]`, "", ""}, {`[1:2]`, `["1:2"]`, `["1:2"]`}, {`[:]`, "", ""}, {`{"a":1 b}`, `{a=1 b}`, `{"a":"1 b"}`}, {`{"a":"1" b}`, "", ""}, {`"\u00g1"`, "", ""}, {`-e5`, "", ""},
		{strings.Repeat("[", 401), "", ""}, {strings.Repeat("{a:", 401) + strings.Repeat("}", 401), "", ""}, {"1\x01", "", ""},
	} {
		for template, want := range map[string]string{`$input.path('$')`: test.path, `$input.json('$')`: test.json} {
			parsed, err := Parse(template)
			if err != nil {
				t.Fatal(err)
			}
			result, err := parsed.Render(t.Context(), &Request{Body: []byte(test.body)})
			if got := string(result.Body); got != want || errors.As(err, new(*PayloadError)) != (test.json == "") {
				t.Errorf("%.20q: %s is %q, %v; want %q", test.body, template, got, err, want)
			}
		}
	}
}

func TestAPathIntoText(t *testing.T) {
	parsed, err := Parse(`[$input.path('$.a')][$input.json('$.a')][$input.path('$[0]')][$input.json('$..a')]`)
	if err != nil {
		t.Fatal(err)
	}
	result, err := parsed.Render(t.Context(), &Request{Body: []byte("a=1&b=2")})
	if got := string(result.Body); err != nil || got != `[][""][][[]]` {
		t.Errorf("%s, %v", got, err)
	}
}

// A payload whose values no template uses need not be valid.
func TestAnUnreadablePayloadThatIsNotAsked(t *testing.T) {
	parsed, err := Parse(`$input.body`)
	if err != nil {
		t.Fatal(err)
	}
	result, err := parsed.Render(t.Context(), &Request{Body: []byte("{a")})
	if string(result.Body) != "{a" || err != nil {
		t.Errorf("%s, %v", result.Body, err)
	}
}

// The lenient parser reads what the strict parser reads, with the same result.
func FuzzSmart(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e3,null,true,"\ud83d\ude00\ud83d\/"],"a":{}}`, `{a:'b',}`, "{\"\\u\x1a", `[1 2,,x]`, `"\x4`, "\t-.e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\ufffd")
		p := smartParser{text: text}
		smart, smartOK := p.first()
		strict, err := parseJSON(text)
		if err != nil {
			return
		}
		var r run
		want, err := r.appendJSON(nil, strict, 0)
		if err != nil {
			return // an infinity
		}
		got, err := r.appendJSON(nil, smart, 0)
		if !smartOK || err != nil || string(got) != string(want) {
			t.Errorf("%q is read as %s, %t, %v; want %s", text, got, smartOK, err, want)
		}
	})
}

// $input and $util are written as {}, and a function of $util uses the text of a map or a list (assumption VTL-12).
func TestTextsOfVariablesAndMaps(t *testing.T) {
	for template, want := range map[string]string{
		`$input $util`: `{} {}`, `"$input"`: `"{}"`, `$util.base64Encode($input.path('$'))`: "e2E9WzFdfQ==", `$util.base64Encode($input.path('$.a'))`: "WzFd",
		`$util.escapeJavaScript($input.path('$'))`: `{a=[1]}`, `$util.urlEncode($input.path('$.a'))`: `%5B1%5D`, `$util.base64Encode($input)`: "e30=",
	} {
		parsed, err := Parse(template)
		if err != nil {
			t.Fatal(err)
		}
		result, err := parsed.Render(t.Context(), &Request{Body: []byte(`{"a":[1]}`)})
		if got := string(result.Body); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", template, got, err, want)
		}
	}
}
