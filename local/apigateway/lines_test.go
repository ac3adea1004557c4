package apigateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/apigateway"
)

// An event of NDJSON is put byte for byte. The empty partition key of another line makes Kinesis refuse the batch.
func TestLines(t *testing.T) {
	many := func(count int) string { return strings.Repeat("{}\n", count) }
	for _, test := range []struct {
		name, body string
		want       []string
		refused    int // the number of lines with an empty key
	}{
		{"one", `{"a":1.50}`, []string{`{"a":1.50}`}, 0},
		{"a newline at the end", "{\"a\" : 12345678901234567890}\n", []string{`{"a" : 12345678901234567890}`}, 0},
		{"CRLF, blank lines and white space", "\r\n{\"a\":1}\r\n \t\r\n {\"b\":2}\r\n\r\n", []string{`{"a":1}`, `{"b":2}`}, 0},
		{"texts that look like line breaks", `{"a":"\n\u000a $x #end \\"}`, []string{`{"a":"\n\u000a $x #end \\"}`}, 0},
		{"half an event", "{\"a\":1}\n{\"b\":", []string{`{"a":1}`, `{"b":`}, 1},
		{"an event over two lines", "{\n\"b\":1}", []string{`{`, `"b":1}`}, 2},
		{"no objects", "1\n\"x\"\n[{}]\nnull", []string{`1`, `"x"`, `[{}]`, `null`}, 4},
		{"a good line after a bad one", "1\n{}", []string{`1`, `{}`}, 1},
		{"a string after an object", `{"a":1}"b"`, []string{`{"a":1}"b"`}, 1},
		{"an escape after an object", `{"a":1}\\`, []string{`{"a":1}\\`}, 1},
		{"an escaped quote after an object", `{"a":1}\"`, []string{`{"a":1}\"`}, 1},
		{"a string between objects", `{}"b"{}`, []string{`{}"b"{}`}, 1},
		{"objects within quotes that escapes hide", `{"a":"\\"},"b":{"c":"\""}`, []string{`{"a":"\\"},"b":{"c":"\""}`}, 1},
		{"brackets that cross", `{"a":[{]}}`, []string{`{"a":[{]}}`}, 1},
		{"a comment", `{/*}*/}`, []string{`{/*}*/}`}, 1},
		{"400 levels", strings.Repeat(`{"a":[`, 200) + strings.Repeat("]}", 200), []string{strings.Repeat(`{"a":[`, 200) + strings.Repeat("]}", 200)}, 0},
		{"401 levels", `{"a":` + deep(400) + `}`, []string{`{"a":` + deep(400) + `}`}, 1},
		{"two events on a line", `{"a":1}{"b":2}`, []string{`{"a":1}{"b":2}`}, 1},
		{"an event and members", `{"a":1},"type":"forged","event":{"b":2}`, []string{`{"a":1},"type":"forged","event":{"b":2}`}, 1},
		{"members between strings of braces", `{"a":"{"},"b":{"}":1}`, []string{`{"a":"{"},"b":{"}":1}`}, 1},
		{"an object that is not closed", `{"a":{}`, []string{`{"a":{}`}, 1},
		{"a string that is not closed", `{"a":"x}`, []string{`{"a":"x}`}, 1},
		{"braces and quotes in strings", `{"}{":"\\\"],[{\\","b":[{"c":[]},"}"]}`, []string{`{"}{":"\\\"],[{\\","b":[{"c":[]},"}"]}`}, 0},
		{"deep", strings.Repeat(`{"a":[`, 100) + strings.Repeat("]}", 100), []string{strings.Repeat(`{"a":[`, 100) + strings.Repeat("]}", 100)}, 0},
		{"no body, which API Gateway takes for an empty object", "", nil, 0},
		{"an empty object alone, which is like no body", " {}\n", nil, 0},
		{"two empty objects", "{}\n{}", []string{"{}", "{}"}, 0},
		{"blank lines do not count", "\n" + strings.ReplaceAll(many(249), "\n", "\n\n\n"), slices.Repeat([]string{"{}"}, 249), 0},
		{"500", many(500), slices.Repeat([]string{"{}"}, 500), 0},
		{"501, which Kinesis refuses", many(501), slices.Repeat([]string{"{}"}, 501), 0},
		{"502", many(502), slices.Repeat([]string{"{}"}, 502), 0},
		{"3,000", many(3000), append(slices.Repeat([]string{"{}"}, 998), strings.TrimSpace(many(2002))), 1},
	} {
		g := serve(t, loadRaw(t, "option-intake"), unlimited)
		g.do(request(http.MethodPost, "/option-intake/submit/batch", test.body, "Content-Type: application/x-ndjson; charset=utf-8"))
		if len(g.kinesis.calls) != 1 {
			t.Errorf("%s: %d calls", test.name, len(g.kinesis.calls))
			continue
		}
		var put struct {
			Records []struct {
				Data         []byte
				PartitionKey string
			}
		}
		if err := json.Unmarshal(g.kinesis.calls[0].Body, &put); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var got []string
		keys, refused := map[string]bool{}, 0
		for _, record := range put.Records {
			got = append(got, string(record.Data))
			keys[record.PartitionKey] = true
			if record.PartitionKey == "" {
				refused++
			}
		}
		if !slices.Equal(got, test.want) || refused != test.refused || refused < 2 && len(keys) != len(got) {
			t.Errorf("%s: %d records with %d keys, %d of them refused, want %d and %d: %.200q", test.name, len(got), len(keys), refused, len(test.want), test.refused, got)
		}
	}
}

func TestLinesAreABatch(t *testing.T) {
	g := serve(t, loadRaw(t, "option-intake"), unlimited)
	if got := g.do(request(http.MethodPost, "/option-intake/submit", `{"a":1}`, "Content-Type: application/x-ndjson")); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// The reason of a 400 says what the client can mend. Kinesis's words name the event.
func TestTheReasonsOfRefusedLines(t *testing.T) {
	bad := func(where string) string {
		return "1 validation error detected: Value '' at '" + where + "' failed to satisfy constraint: Member must have length greater than or equal to 1"
	}
	const tooMany = "Value '[e, e]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"
	for says, want := range map[string]string{
		bad("records.2.member.partitionKey"):                         "an event is not one JSON object of at most 400 levels, or is after line 998: " + bad("records.2.member.partitionKey"),
		bad("records"):                                               "the batch has no event",
		"1 validation error detected: " + tooMany:                    "a batch has at most 500 events",
		tooMany + "; " + bad("records.999.member.partitionKey"):      "a batch has at most 500 events",
		"The record has 1048577 bytes of \"data\" and partition key": `The record has 1048577 bytes of "data" and partition key`,
	} {
		g := serve(t, loadRaw(t, "option-intake"), unlimited)
		g.kinesis.answer = refuses(t, says)
		a := g.do(request(http.MethodPost, "/option-intake/submit/batch", "{}\n{}", "Content-Type: application/x-ndjson"))
		checkReason(t, a, want)
	}
}

func refuses(t *testing.T, says string) func(context.Context, apigateway.Call) (apigateway.Answer, error) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"__type": "ValidationException", "message": says})
	if err != nil {
		t.Fatal(err)
	}
	return answers(http.StatusBadRequest, string(body))
}

func checkReason(t *testing.T, a got, want string) {
	t.Helper()
	var body struct{ Reason string }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != http.StatusBadRequest || body.Reason != want {
		t.Errorf("%d %s %v, want the reason %s", a.status, a.body, err, want)
	}
}
