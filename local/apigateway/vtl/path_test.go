package vtl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		`{}`: true, ` [1] `: true, `null`: true, ``: true, `{`: false, `{'a':1}`: true, `{} {}`: true, `"` + "\xff" + `"`: true,
		strings.Repeat("[", 400) + strings.Repeat("]", 400): true,
		strings.Repeat("[", 401) + strings.Repeat("]", 401): false,
	} {
		if _, ok := ParsePayload([]byte(text)); ok != want {
			t.Errorf("%.20q is JSON: %t", text, ok)
		}
	}
}

type broken struct{}

func (broken) Get(any) []any { panic("a mistake of the library's") }
func (broken) First(any) any { panic("a mistake of the library's") }

// A panic of the library ends one request, with an error.
func TestAPathThatPanics(t *testing.T) {
	path := &Path{expr: jp.Expr{&jp.Proc{Procedure: broken{}, Script: []byte("(x)")}}}
	const want = `the JSONPath expression "[(x)]" cannot be evaluated: a mistake of the library's`
	if text, err := path.Text(Payload{}); text != "" || err == nil || err.Error() != want {
		t.Errorf("%q, %v\nwant %s", text, err, want)
	}
}

// A template treats a payload that it is given like one that it parses.
func TestGivenPayload(t *testing.T) {
	read := func(text string, names ...string) string {
		for _, name := range names {
			part, err := os.ReadFile(filepath.Join("../../../modules/apigateway/templates", name+".vtl"))
			if err != nil {
				t.Fatal(err)
			}
			text += string(part)
		}
		return text
	}
	templates := []string{
		read("#set($keyName = '.a')", "records-begin", "batch-key-json-path", "records-end"), read("", "records-begin", "batch-key-request-id", "records-end"),
		read("#set($keyName = '$.a')", "key-json-path", "put-record"), read("", "accepted-batch"), read("", "accepted"), read("", "refused"),
		`$input.path("$") $input.json("$..*") $input.body#set($x = $input.path("$.events").add(1))$input.json("$.events")`,
	}
	for _, body := range []string{
		`{"events":[{"a":1,"b":[1.50,{"a":null}]},{"b":"\u00e9\ud83d\ude00\/","a":12345678901234567890},{"":true,"a":1e2}]}`,
		`[{"a":1,"b":[1.50,{"a":null}]},{"b":"\u00e9"},{"":true,"a":1e2}]`,
		`{"Records":[{"ShardId":"s","SequenceNumber":"1"},{"SequenceNumber":null,"ErrorCode":"Throttling"}]}`, `{"__type":"x","message":"m"}`, `[]`, ` "a" `, `-0`,
	} {
		for _, text := range templates {
			template, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			payload, ok := ParsePayload([]byte(body))
			given := &Request{Body: []byte(body), Payload: payload, Context: map[string]any{"requestId": "r"}}
			own := &Request{Body: []byte(body), Context: map[string]any{"requestId": "r"}}
			got, gotErr := template.Render(t.Context(), given)
			want, wantErr := template.Render(t.Context(), own)
			if diff := cmp.Diff(want, got); !ok || diff != "" || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("%s of %s: %v, want %v: %s", body, text, gotErr, wantErr, diff)
			}
		}
	}
}

// A text that the strict parser reads is also JSON for encoding/json, with the same meaning: the validator reads the same text.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[1.5,-0,1e2,null,true],"a":"\ud83d\ude00\ud83d\/"}`, `[{"a":1,"b":2},{"a":1,"c":2},{"a\"":{"a":1}}]`, "\"\xff\t\"",
		`[{"a\\":1},{"a\\":2},{"a\\\\":3}]`, `01`, `1.`, `.5`, `+1`, `"\u+123"`, `{"a":1,}`, `12345678901234567890`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := parseJSON(string(text))
		if err != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil || !json.Valid(text) {
			t.Fatalf("%q is read: %v", text, err)
		}
		got, ok := instance(value)
		if ok && !strings.Contains(string(text), "-0") && !strings.Contains(string(text), deleted) && // 0 here, and nothing
			!reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %v, want %v", text, got, want)
		}
	})
}

// instance converts a payload to encoding/json's form with UseNumber. ok is false if it has a number with a fraction or an
// exponent, because not all of its digits are known.
func instance(value any) (_ any, ok bool) {
	switch v := value.(type) {
	case nil, bool, string:
		return v, true
	case int32, int64, *big.Int:
		return json.Number(fmt.Sprint(v)), true
	case *list:
		items := make([]any, len(v.items))
		for i, item := range v.items {
			if items[i], ok = instance(item); !ok {
				return nil, false
			}
		}
		return items, true
	case *object:
		members := make(map[string]any, v.size())
		for i, key := range v.keys {
			name, _ := key.(string)
			if members[name], ok = instance(v.vals[i]); !ok {
				return nil, false
			}
		}
		return members, true
	}
	return nil, false
}
