package jsontape

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// tree converts a value to encoding/json's form.
func tree(v Value) any {
	switch v.Kind() {
	case '{':
		members := map[string]any{}
		for name, value := range v.Members() {
			members[name.Text()] = tree(value)
		}
		return members
	case '[':
		items := make([]any, v.Len())
		for i, item := range v.Items() {
			items[i] = tree(item)
		}
		return items
	case '"':
		return v.Text()
	case '0':
		return json.Number(v.Raw())
	case 't', 'f':
		return v.Kind() == 't'
	}
	return nil
}

// readsAlike fails if encoding/json reads a text differently.
func readsAlike(t *testing.T, text string) {
	t.Helper()
	value, err := Read([]byte(text))
	if valid := json.Valid([]byte(text)); valid != (err == nil) {
		t.Fatalf("%q: %v, for encoding/json it is %v", text, err, valid)
	}
	if err != nil {
		return
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var want any
	if err := decoder.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if got := tree(value); !reflect.DeepEqual(got, want) {
		t.Errorf("%q: %v, want %v", text, got, want)
	}
	if got, want := string(value.Raw()), strings.Trim(text, " \t\r\n"); got != want {
		t.Errorf("%q: the text of all is %q", text, got)
	}
}

var texts = []string{
	``, ` `, `{}`, "\t{ }\r\n", `[]`, `[ ]`, `[1]`, `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `[`, `]`, `{`, `}`, `[}`, `{]`, `[[[]]]`, `[[],[[1],{}]]`,
	`{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a" : [ 1 , {"b":null} ] , "c":true}`, `{"a":1,"a":2}`, `{"a":1 "b":2}`, `{1:2}`, `{,}`,
	`true`, `false`, `null`, `nul`, `truex`, `tru`, `0`, `-0`, `01`, `-`, `+1`, `1.`, `.5`, `1.5`, `1e5`, `1E+5`, `1e-5`, `1e`, `1e+`, `-1.25e-07`, `1x`, `1 1`,
	`""`, `"a`, `"`, `"a\"b"`, `"\\"`, `"\"`, `"\u00e9\ud83d\ude00\ud83d"`, `"\u00g0"`, `"\u00`, `"\x"`, `"\/\b\f\n\r\t"`, "\"a\nb\"", "\"\x00\"", "\"\x7f\"", "\"a\xffb\"", `"é"`, "\x00",
	`{"a":"}\"]"}`, `["\\"]`, "[1]\x00", "\u00a0[]", `[1]]`, `{"":""}`, `{"a":{"b":[{}]},"c":[]}`,
}

func TestReadsAsEncodingJSONDoes(t *testing.T) {
	for _, text := range texts {
		readsAlike(t, text)
	}
	for _, depth := range []int{maxNesting, maxNesting + 1} {
		readsAlike(t, strings.Repeat("[", depth)+strings.Repeat("]", depth))
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(readsAlike)
}

// A list of values takes only a few allocations, however many values it has.
func TestReadAllocates(t *testing.T) {
	text := []byte("[" + strings.Repeat("{},", 1_000_000) + "[]]")
	allocations := testing.AllocsPerRun(1, func() {
		if v, err := Read(text); err != nil || v.Len() != 1_000_001 {
			t.Fatal(err)
		}
	})
	if allocations > 16 {
		t.Errorf("%v allocations", allocations)
	}
	if text := []byte(`"` + strings.Repeat(`,`, 1<<20) + `"`); !bytes.Equal(must(t, text).Raw(), text) {
		t.Error("a string of commas is cut")
	}
}

func must(t *testing.T, text []byte) Value {
	t.Helper()
	v, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
