package apigateway_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cdk.tf/go/ingest/local/apigateway"
)

// envelopes sends a signed body to the API of option-envelope, and returns the data of the records that the stream got.
func (g *gateway) envelopes(t *testing.T, path, body, agent string) (got, []string) {
	t.Helper()
	contentType := "application/json"
	if strings.HasSuffix(path, "lines") {
		path, contentType = "/submit/batch", "application/x-ndjson"
	}
	r := request(http.MethodPost, "/option-envelope"+path, body, "Content-Type: "+contentType, "User-Agent: "+agent)
	if err := v4.NewSigner().SignHTTP(t.Context(), annsKey, r, hashOf(body), "execute-api", region, g.clock.Now()); err != nil {
		t.Fatal(err)
	}
	before := len(g.kinesis.calls)
	answer := g.do(r)
	var data []string
	for _, call := range g.kinesis.calls[before:] {
		var put struct {
			Data    string
			Records []struct{ Data string }
		}
		if err := json.Unmarshal(call.Body, &put); err != nil {
			t.Fatalf("%v in %s", err, call.Body)
		}
		if put.Data != "" {
			put.Records = append(put.Records, struct{ Data string }{put.Data})
		}
		for _, record := range put.Records {
			text, err := base64.StdEncoding.DecodeString(record.Data)
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, string(text))
		}
	}
	return answer, data
}

func enveloping(t *testing.T) *gateway {
	t.Helper()
	return serve(t, loadRaw(t, "option-envelope"), unlimited)
}

// The body's own text is in the envelope, on one line, whatever its numbers and its white space are.
func TestTheBodyIsInItsEnvelope(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":1}`:                                      `{"a":1}`,
		"{\n  \"a\": 1,\r\n\t\"b\": [\n1 ]\r}":         "{   \"a\": 1,  \t\"b\": [ 1 ] }",
		`{"a":12345678901234567890.10e+2, "b" : 1.50}`: `{"a":12345678901234567890.10e+2, "b" : 1.50}`,
		`{"a":"ü\u00fc\n\\n \"$x $1 #set"}`:            `{"a":"ü\u00fc\n\\n \"$x $1 #set"}`,
		`{"sourceIp":"198.51.100.1","event":{}}`:       `{"sourceIp":"198.51.100.1","event":{}}`,
	} {
		g := enveloping(t)
		answer, data := g.envelopes(t, "/submit", body, "test")
		if answer.status != http.StatusOK || len(data) != 1 {
			t.Fatalf("%q: %d %s, records %q", body, answer.status, answer.body, data)
		}
		var id struct{ RequestID string }
		if err := json.Unmarshal([]byte(answer.body), &id); err != nil {
			t.Fatal(err)
		}
		envelope := `{"receivedAt":"2026-07-01T12:00:00.000Z","requestId":"` + id.RequestID + `","sourceIp":"192.0.2.7","userAgent":"test",` +
			`"principal":"arn:aws:iam::000000000000:user/ann","event":` + want + `}`
		if data[0] != envelope {
			t.Errorf("%q:\n got %s\nwant %s", body, data[0], envelope)
		}
	}
}

// A header is a client's text, and stays one JSON string.
func TestTheUserAgentIsOneString(t *testing.T) {
	for _, agent := range []string{`Mozilla/5.0 (X11)`, `"`, `\`, `\\/"'`, `'`, `","requestId":"forged`, `$context.requestId #end ${x}`, "Gerät", "a\tb", "\U0001f600"} {
		_, data := enveloping(t).envelopes(t, "/submit", `{"a":1}`, agent)
		var envelope struct {
			UserAgent string
			Event     map[string]int
		}
		if err := json.Unmarshal([]byte(data[0]), &envelope); err != nil {
			t.Fatalf("%q: %v in %s", agent, err, data[0])
		}
		if envelope.UserAgent != agent || envelope.Event["a"] != 1 {
			t.Errorf("%q is in the envelope as %s", agent, data[0])
		}
	}
}

func TestWhatIsAbsentIsNull(t *testing.T) {
	r := loadRaw(t, "option-envelope")
	r.body("method", "api_submit_post")["authorization"] = "NONE"
	g := serve(t, r, unlimited)
	g.do(request(http.MethodPost, "/option-envelope/submit", `{"a":1}`, "Content-Type: application/json"))
	record := string(dataOf(t, g.kinesis.calls[0]))
	for _, want := range []string{`,"userAgent":null,`, `,"principal":null,`} {
		if !strings.Contains(record, want) {
			t.Errorf("the record has no %s: %s", want, record)
		}
	}
}

func dataOf(t *testing.T, call apigateway.Call) []byte {
	t.Helper()
	var put struct{ Data []byte }
	if err := json.Unmarshal(call.Body, &put); err != nil {
		t.Fatalf("%v in %s", err, call.Body)
	}
	return put.Data
}

func TestEachEventOfABatchHasItsEnvelope(t *testing.T) {
	g := enveloping(t)
	_, data := g.envelopes(t, "/submit/batch", "{\"events\": [{\"a\": 1,\n\"b\": 12345678901234567890}, {\"event\": {\"index\": 7}}]}", "test")
	if len(data) != 2 {
		t.Fatalf("the records are %q", data)
	}
	for i, want := range []string{`,"index":0,"event":{"a":1,"b":12345678901234567890}}`, `,"index":1,"event":{"event":{"index":7}}}`} {
		if !strings.HasSuffix(data[i], want) || !strings.HasPrefix(data[i], `{"receivedAt":"2026-07-01T12:00:00.000Z","requestId":"`) {
			t.Errorf("record %d is %s, want it to end with %s", i, data[i], want)
		}
	}
}

// Blank lines are no events, and have no place in the batch.
func TestEachLineHasItsEnvelope(t *testing.T) {
	_, data := enveloping(t).envelopes(t, "lines", "{\"a\":1.50}\r\n\n  {\"b\" :\r12345678901234567890} \n", "test")
	if len(data) != 2 {
		t.Fatalf("the records are %q", data)
	}
	for i, want := range []string{`,"index":0,"event":{"a":1.50}}`, `,"index":1,"event":{"b" : 12345678901234567890}}`} {
		if !strings.HasSuffix(data[i], want) {
			t.Errorf("record %d is %s, want it to end with %s", i, data[i], want)
		}
	}
}

// Without a validator, as behind one that reads only the first value of a body, no text ends the event and writes other members.
func TestNoBodyLeavesItsEnvelope(t *testing.T) {
	r := loadRaw(t, "option-envelope")
	delete(r.body("method", "api_submit_post"), "request_validator_id")
	g := serve(t, r, unlimited)
	for body, whole := range map[string]bool{
		`{"a":1},"requestId":"forged"`: false, `{"a":1},"event":{"b":2}`: false, `1,"event":2`: false, `{"a":"{"},"b":{"}":1}`: false,
		`[1],"type":"x"`: false, `"x","y":"z"`: false, `{"a":1}"b"`: false, `"a""b"`: false, `1 2`: false, `[1}`: false, deep(401): false,
		deep(400):              true,
		`{"a":{"b":[1,2,{}]}}`: true, `12.5e3`: true, `"a,b:{}"`: true, `null`: true, `[]`: true, `{"a":"\\\""}`: true,
	} {
		r := request(http.MethodPost, "/option-envelope/submit", body, "Content-Type: application/json", "User-Agent: test")
		if err := v4.NewSigner().SignHTTP(t.Context(), annsKey, r, hashOf(body), "execute-api", region, g.clock.Now()); err != nil {
			t.Fatal(err)
		}
		before := len(g.kinesis.calls)
		answer := g.do(r)
		if len(g.kinesis.calls) == before {
			t.Errorf("%s: no call; %d %s", body, answer.status, answer.body)
			continue
		}
		var put struct{ PartitionKey string }
		if err := json.Unmarshal(g.kinesis.calls[before].Body, &put); err != nil {
			t.Fatal(err)
		}
		if (put.PartitionKey != "") != whole {
			t.Errorf("%s has the partition key %q", body, put.PartitionKey)
		}
	}
}

// receivedAt is the time of the request's arrival to the millisecond, in every month.
func TestReceivedAt(t *testing.T) {
	g := enveloping(t)
	for range 14 {
		g.clock.Advance(27*24*time.Hour + 11*time.Hour + 59*time.Minute + 7*time.Second + 89*time.Millisecond)
		_, data := g.envelopes(t, "/submit", `{"a":1}`, "test")
		want := `{"receivedAt":"` + g.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z") + `",`
		if !strings.HasPrefix(data[0], want) {
			t.Errorf("the record is %s, want it to begin with %s", data[0], want)
		}
	}
}

func TestTheIDOfAKeyIsInTheEnvelope(t *testing.T) {
	r := loadRaw(t, "option-keys")
	cfg, err := apigateway.Read(r.resolve(t))
	if err != nil {
		t.Fatal(err)
	}
	g := serve(t, r, unlimited)
	ids := map[string]bool{}
	for _, key := range cfg.Keys() {
		g.do(request(http.MethodPost, "/option-keys/submit", `{"a":1}`, "Content-Type: application/json", "X-Api-Key: "+key))
		var envelope struct{ APIKeyID string }
		record := dataOf(t, g.kinesis.calls[len(g.kinesis.calls)-1])
		if err := json.Unmarshal(record, &envelope); err != nil {
			t.Fatal(err)
		}
		if envelope.APIKeyID == "" || strings.Contains(string(record), key) {
			t.Errorf("the record is %s", record)
		}
		ids[envelope.APIKeyID] = true
	}
	if len(ids) != 2 {
		t.Errorf("two keys have the ids %v", ids)
	}
}

func TestTheReasonOfAnEventThatIsTooDeep(t *testing.T) {
	r := loadRaw(t, "option-envelope")
	r.body("method", "api_submit_post")["authorization"] = "NONE"
	g := serve(t, r, unlimited)
	g.kinesis.answer = refuses(t, "1 validation error detected: Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1")
	a := g.do(request(http.MethodPost, "/option-envelope/submit", `{"a":`+deep(400)+`}`, "Content-Type: application/json"))
	checkReason(t, a, "the event is not one JSON value of at most 400 levels")
}
