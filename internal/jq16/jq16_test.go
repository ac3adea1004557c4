package jq16

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The results were recorded with the program jq 1.6: jq -r '{k:(QUERY)}|.k'.
func TestResultsAreThoseOfJQ16(t *testing.T) {
	for _, test := range []struct{ query, record, want string }{
		// Numbers are doubles, and have jq 1.6's text.
		{`.a`, `{"a":9007199254740993}`, "9007199254740992"},
		{`.a`, `{"a":123456789012345678}`, "123456789012345680"},
		{`.a`, `{"a":1.10}`, "1.1"},
		{`.a`, `{"a":1.0}`, "1"},
		{`.a`, `{"a":-0}`, "-0"},
		{`.a`, `{"a":0.0001}`, "0.0001"},
		{`.a`, `{"a":1e-5}`, "1e-05"},
		{`.a`, `{"a":1e15}`, "1000000000000000"},
		{`.a`, `{"a":1e16}`, "1e+16"},
		{`.a`, `{"a":123e15}`, "123000000000000000"},
		{`.a`, `{"a":1e1000}`, "1.7976931348623157e+308"},
		{`.a`, `{"a":-1e100}`, "-1e+100"},
		{`.a-1`, `{"a":9007199254740993}`, "9007199254740991"},
		{`.a+.b`, `{"a":1,"b":0.1}`, "1.1"},
		{`.a/3`, `{"a":10}`, "3.3333333333333335"},
		{`.a%3`, `{"a":10}`, "1"},
		{`.a|tostring`, `{"a":1e17}`, "1e+17"},
		{`.a|@text`, `{"a":1e17}`, "1e+17"},
		{`.a|@json`, `{"a":1e17}`, "1e+17"},
		{`"x\(.a)y"`, `{"a":100000000000000000000}`, "x1e+20y"},
		{`@uri "x=\(.a)"`, `{"a":"x y"}`, "x=x%20y"},
		{`.a|tonumber`, `{"a":"0012"}`, "12"},
		// Products.
		{`.a*.b`, `{"a":"ab","b":3}`, "ababab"},
		{`.a*.b`, `{"a":3,"b":"ab"}`, "ababab"},
		{`.a*.b`, `{"a":"ab","b":0.5}`, "ab"},
		{`.a*.b`, `{"a":"ab","b":1.5}`, "ab"},
		{`.a*.b`, `{"a":3,"b":3.5}`, "10.5"},
		// Indices, of which gojq also takes those of a string.
		{`.a[0]`, `{"a":["abc"]}`, "abc"},
		{`.a[0].b[1]`, `{"a":[{"b":[1,2]}]}`, "2"},
		{`.[0][1]`, `[[1,2]]`, "2"},
		{`.a[.i]`, `{"a":[5,6],"i":1}`, "6"},
		{`.a[1:3]`, `{"a":"abcdef"}`, "bc"},
		{`.a|split("-")[0]`, `{"a":"p-q"}`, "p"},
		{`try .a[0] catch .`, `{"a":"abc"}`, "Cannot index string with number"},
		{`.a[0]? // "none"`, `{"a":"abc"}`, "none"},
		{`.a["k"]? // "none"`, `{"a":"abc"}`, "none"},
		{`.a[0]?.b`, `{"a":[{"b":7}]}`, "7"},
		// Functions that gojq has with other results.
		{`.a|@uri`, `{"a":"O'Brien (x)!*~ é"}`, "O'Brien%20(x)!*~%20%C3%A9"},
		{`@uri "n=\(.a)"`, `{"a":"it's"}`, "n=it's"},
		{`.a|format("uri")`, `{"a":"(x)"}`, "(x)"},
		{`@json "\(.a)"`, `{"a":1e17}`, "1e+17"},
		{`@html "<\(.a)>"`, `{"a":"<"}`, "<&lt;>"},
		{`[.a,.b]|@csv`, `{"a":1e-5,"b":"x"}`, `1e-05,"x"`},
		{`[.a,.b]|@tsv`, `{"a":1e-5,"b":"x\ty"}`, `1e-05	x\ty`},
		{`[.a,.b]|@sh`, `{"a":1e17,"b":"x"}`, "1e+17 'x'"},
		{`.a|@base64`, `{"a":1e17}`, "MWUrMTc="},
		{`[.a,"x",null,true]|join("-")`, `{"a":1e17}`, "1e+17-x--true"},
		{`.a|ltrimstr("t-")|rtrimstr("x")`, `{"a":12}`, "12"},
		{`.a|ltrimstr("t-")|rtrimstr("x")`, `{"a":"t-1x"}`, "1"},
		{`.a|index("@")`, `{"a":"é@x"}`, "2"},
		{`.a|rindex("@")`, `{"a":"@é@x"}`, "3"},
		{`[.a|indices("aa")[]]|tojson`, `{"a":"aaa"}`, "[0,1]"},
		{`.a|index("b")`, `{"a":["a","b"]}`, "1"},
		{`.a|tonumber`, `{"a":" 7 "}`, "7"},
		{`limit(0;.a)`, `{"a":"x"}`, "x"},
		{`last(.a[])|tostring`, `{"a":[]}`, "null"},
		{`.a*.b|.x.z`, `{"a":{"x":{"y":1,"z":2}},"b":{"x":{"z":3}}}`, "3"},
		{`def first: "own"; .a|first`, `{"a":[1]}`, "own"},
		// Regular expressions are Oniguruma's, whose classes are Unicode's.
		{`.a|test("^\\w+$")`, `{"a":"Straße"}`, "true"},
		{`.a|gsub("\\W";"_")`, `{"a":"é-x"}`, "é_x"},
		{`.a|gsub("[\\W_]+";"-")`, `{"a":"é, _x"}`, "é-x"},
		{`.a|gsub("[^\\w.]";"-")`, `{"a":"日 .x"}`, "日-.x"},
		{`.a|test("^\\d$")`, `{"a":"٣"}`, "true"},
		{`.a|test("^\\S+$")`, `{"a":"a\u00a0b"}`, "false"},
		{`.a|test("^[[:alpha:]]+$")`, `{"a":"éß"}`, "true"},
		{`.a|test("^[[:^alpha:]]+$")`, `{"a":"éß"}`, "false"},
		{`.a|test("^[]a]+$")`, `{"a":"]a"}`, "true"},
		{`.a|test("^[^]a]+$")`, `{"a":"]a"}`, "false"},
		{`.a|test("\\Qa.b\\E")`, `{"a":"axb"}`, "false"},
		{`.a|test("\\bx")`, `{"a":"a x"}`, "true"},
		{`.a|test("c.";"p")`, `{"a":"c\n"}`, "true"},
		{`.a|test("c$";"s")`, `{"a":"abc"}`, "true"},
		{`.a|test(["ABC","i"])`, `{"a":"abc"}`, "true"},
		{`.r as $r|.a|test($r)`, `{"a":"é","r":"^\\w$"}`, "true"},
		// The rest of the language.
		{`.a // "none"`, `{}`, "none"},
		{`if .a == "" then "none" else .a end`, `{"a":""}`, "none"},
		{`.a`, `{"a":true}`, "true"},
		{`.a == 1`, `{"a":1}`, "true"},
		{`.["a b"]`, `{"a b":"v"}`, "v"},
		{`.t|strftime("%Y-%m-%d")`, `{"t":1700000000}`, "2023-11-14"},
		{`.t/1000|floor|strftime("%H")`, `{"t":1700000000123}`, "22"},
		{`.a|fromdate|strftime("%m")`, `{"a":"2024-02-03T04:05:06Z"}`, "02"},
		{`.a|strptime("%Y-%m-%d")|mktime`, `{"a":"2024-02-03"}`, "1706918400"},
		{`.a|capture("^x(?<n>.)").n`, `{"a":"xy"}`, "y"},
		{`.a|gsub("x";"z")`, `{"a":"xxy"}`, "zzy"},
		{`.a|ascii_downcase`, `{"a":"ÀB"}`, "Àb"},
		{`.a as [$x] | $x`, `{"a":["q"]}`, "q"},
		{`[.a[]|select(.n==1)|.v][0]`, `{"a":[{"n":1,"v":"p"}]}`, "p"},
		{`reduce .a[] as $i (0;.+$i)`, `{"a":[1,2]}`, "3"},
		{`def f: .a; f`, `{"a":5}`, "5"},
		{`.a|join("-")`, `{"a":["x",1,null]}`, "x-1-"},
		{`.a|@base64`, `{"a":"xx"}`, "eHg="},
		{`.and`, `{"and":"x"}`, "x"},
	} {
		got, err := run(t, test.query, test.record)
		if err != nil || got != test.want {
			t.Errorf("%s of %s: got %q, %v; want %q", test.query, test.record, got, err, test.want)
		}
	}
}

func run(t *testing.T, query, record string) (string, error) {
	t.Helper()
	if err := Check(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	queries, err := Parse(Object([]string{"k"}, []string{query}))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	values, err := queries.Run([]byte(record))
	return values["k"], err
}

func TestNoValue(t *testing.T) {
	const steps = "the query takes more than 1000000 steps"
	for _, test := range []struct{ query, record, want string }{
		{`.a`, `{}`, "k: a partition key is null or empty"},
		{`.a`, `{"a":null}`, "k: a partition key is null or empty"},
		{`.a`, `{"a":""}`, "k: a partition key is null or empty"},
		{`.a`, `{"a":[]}`, "k: a partition key is an array"},
		{`.a`, `{"a":{}}`, "k: a partition key is an object"},
		{`.a`, ``, "the record is not one JSON value"},
		{`.a`, `{"a":1}{"a":2}`, "the record is not one JSON value"},
		{`.a`, `{"a":`, "the record is not one JSON value"},
		{`.a`, "\xff", "the record is not one JSON value"},
		{`.a`, `[1]`, `the query fails: expected an object but got: array ([1])`},
		{`.a[0]`, `{"a":"abc"}`, "the query fails: error: Cannot index string with number"},
		{`.a[0].b[1]`, `{"a":[{"b":"xy"}]}`, "the query fails: error: Cannot index string with number"},
		{`.a?.b?`, `{"a":"s"}`, "the query has no result"},
		{`.a[]`, `{"a":[1,2]}`, "the query has more than one result"},
		{`.a*.b`, `{"a":"x","b":1e9}`, "the query fails: the product of a string and a number is longer than any partition key"},
		{`.a*.b`, `{"a":"ab","b":0}`, "k: a partition key is null or empty"},
		{`.a|first`, `{"a":"abc"}`, "the query fails: error: Cannot index string with number"},
		{`.a|last`, `{"a":"abc"}`, "the query fails: error: Cannot index string with number"},
		{`.a|nth(1)`, `{"a":"abc"}`, "the query fails: error: Cannot index string with number"},
		{`getpath(["a",0])`, `{"a":"abc"}`, "the query fails: error: Cannot index string with number"},
		{`.a[0]?`, `{"a":"abc"}`, "the query has no result"},
		{`.a*.b`, `{"a":"x","b":[]}`, "the query fails: these two cannot be multiplied"},
		{`.a|index("")`, `{"a":"x"}`, "the query fails: jq 1.6 does not end the search for an empty string"},
		{`.a|test("x$")`, `{"a":"x\n"}`, `the query fails: the regular expression "x$", with $, is not imitated on one machine for a text that ends with a newline`},
		{`.a|test("\\bx")`, `{"a":"é x"}`, `the query fails: the regular expression "\\bx", with \b or \B, is imitated on one machine for ASCII alone`},
		{`.f as $f|.a|test("x";$f)`, `{"a":"x","f":"x"}`, `the query fails: the flags of a regular expression have 'x', which is not imitated on one machine; write the expression without it`},
		{`.r as $r|.a|test($r)`, `{"a":"x","r":"[[]"}`, `the query fails: the regular expression "[[]", with a set in a set, which is not imitated on one machine; write one set, or \[ for the bracket`},
		// Queries without an end, or almost.
		{`repeat(.)`, `{}`, "the query has more than one result"},
		{`range(1e12)`, `{}`, "the query has more than one result"},
		{`[range(1e12)]|length`, `{}`, steps},
		{`def f: f; f`, `{}`, steps},
		{`last(repeat(1))`, `{}`, steps},
	} {
		got, err := run(t, test.query, test.record)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s of %s: got %q, %v; want %s", test.query, test.record, got, err, test.want)
		}
	}
	if _, err := run(t, ".a", "{"); !errors.Is(err, ErrNotJSON) {
		t.Errorf("half an object: %v is not ErrNotJSON", err)
	}
	if _, err := run(t, ".a", "{}"); !errors.Is(err, ErrEmpty) {
		t.Errorf("no member: %v is not ErrEmpty", err)
	}
}

// gojq is newer than jq 1.6, so it reads more; and a partition key may depend on nothing but the record.
func TestRefused(t *testing.T) {
	const (
		alone   = "; a partition key may depend on the record alone, so that a record that is delivered again lands in the same place"
		change  = ", which changes its input; compute the key without a change"
		unknown = ", which jq 1.6 does not have; use a function of jq 1.6's manual"
		dot     = `holds ".[" after a term, which jq 1.6 does not know; leave the "." out, as in .items[0]`
	)
	for query, want := range map[string]string{
		"":                        "is empty; write an expression of jq, such as .tenant",
		".a |":                    "is not an expression of jq 1.6 (unexpected EOF); correct it",
		".a\n":                    "holds a control character or is not UTF-8; write it on one line",
		".a # b":                  "holds a comment, which would hide what follows it on the line; leave it out",
		"now":                     "calls now/0" + alone,
		"env.HOME":                "calls env/0" + alone,
		"$ENV.HOME":               "reads $ENV" + alone,
		"$__loc__":                "reads $__loc__" + alone,
		"[input, inputs]":         "calls input/0" + alone,
		"{a:(.b|localtime)}|.a":   "calls localtime/0" + alone,
		".a|setpath([\"b\"];1)":   "calls setpath/2" + change,
		".a = 1":                  `changes its input with "="; compute the key without a change`,
		".a |= 1":                 `changes its input with "|="; compute the key without a change`,
		".a|ltrim":                "calls ltrim/0" + unknown,
		".a|abs":                  "calls abs/0" + unknown,
		".a|pick(.b)":             "calls pick/1" + unknown,
		"nonsense(1)":             "calls nonsense/1" + unknown,
		".a.[0]":                  dot,
		".and.[0]":                dot,
		"if .a then .b end":       `has an "if" without "else", which jq 1.6 does not know; add else .`,
		".a|@base32d":             "has the format @base32d, which jq 1.6 or the local pipeline lacks; use @text, @json, @csv, @tsv, @html, @uri, @sh, @base64 or @base64d",
		`import "a" as b; .a`:     "imports a module, and Firehose has none; leave it out",
		". as $if | 1":            "has a variable named $if, which is a keyword of jq 1.6; use another name",
		"keys_unsorted[0]":        "is not imitated on one machine (function not defined: keys_unsorted/0); write it otherwise",
		`"\(.a|now)"`:             "calls now/0" + alone,
		`.a[now]`:                 "calls now/0" + alone,
		`reduce now as $x (0; 1)`: "calls now/0" + alone,
		`try error catch now`:     "calls now/0" + alone,
		`def f: now; f`:           "calls now/0" + alone,
	} {
		if err := Check(query); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", query, err, want)
		}
	}
	for query, want := range map[string]string{
		`.a|test("x";"x")`:       `flags that have 'x', which is not imitated on one machine; write the expression without it`,
		`.a|test("x";"im")`:      `flags that have 'm', which jq 1.6 does not know; use g, i, s or p`,
		`.a|sub("x";"y";"z")`:    `flags that have 'z', which jq 1.6 does not know; use g, i, s or p`,
		`.a|test("\\pL")`:        `the regular expression "\\pL", with \p, which is the letter p without braces; write \p{L}`,
		`.a|test("(?iU)a")`:      `the regular expression "(?iU)a", with the flag U, which jq 1.6 does not know; write ? after what repeats`,
		`.a|test("[a[b]]")`:      "the regular expression \"[a[b]]\", with a set in a set, which is not imitated on one machine; write one set, or \\[ for the bracket",
		`.a|test("[a&&b]")`:      `the regular expression "[a&&b]", with "&&" in a set, which is not imitated on one machine; write the characters out, or \& for an ampersand`,
		`.a|test("[[:punct:]]")`: `the regular expression "[[:punct:]]", with the class [:punct:], which is not imitated on one machine; write the characters out`,
	} {
		if err := Check(query); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", query, err, want)
		}
	}
	if err := Check(`.a|test("(?=x)")`); err == nil || !strings.Contains(err.Error(), `calls test/1 with the regular expression "(?=x)", which the local pipeline does not know`) {
		t.Errorf("look-around: %v", err)
	}
	for _, query := range []string{".", ".a.b", "if .a then .[0] else .b end", ".a and .[0]", `"x.[y"`, `.a|test("^x(?<n>.)")`, "def f($x): $x; f(1)", `"now"`, `"#"`} {
		if err := Check(query); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	}
}

func TestParse(t *testing.T) {
	queries, err := Parse(`{type:(.type), "tenant": .event.tenant, and:.x}`)
	if err != nil || !slices.Equal(queries.Names, []string{"type", "tenant", "and"}) {
		t.Fatalf("got %+v, %v", queries, err)
	}
	got, err := queries.Run([]byte(`{"type":"order","event":{"tenant":7},"x":false}`))
	if want := map[string]string{"type": "order", "tenant": "7", "and": "false"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for text, want := range map[string]string{
		`.type`:              "is not the construction of one object; " + objectRemedy,
		`{type:.type}|.type`: "is not the construction of one object; " + objectRemedy,
		`{}`:                 "has no keys; " + objectRemedy,
		`{(.a):.b}`:          "has a key that is computed; " + objectRemedy,
		`{"a-b":.b}`:         "has a key that is computed; " + objectRemedy,
		`{a:.a, a:.b}`:       `has the key "a" twice; leave one out`,
		`{a}`:                `has the key "a" without a query; write a:.a`,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
