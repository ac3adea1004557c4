package apigateway_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// keyedByID is dev, whose partition key is the event's id in both ways to submit.
func keyedByID(t testing.TB) *gateway {
	t.Helper()
	r := loadRaw(t, "dev")
	for integration, key := range map[string]struct{ set, name, file string }{
		"api_submit_post_integration":       {`#set($key = $context.requestId)`, "$.id", "key-json-path.vtl"},
		"api_submit_batch_post_integration": {`#set($key = "$context.requestId/$foreach.index")`, ".id", "batch-key-json-path.vtl"},
	} {
		text, err := os.ReadFile("../../modules/apigateway/templates/" + key.file)
		if err != nil {
			t.Fatal(err)
		}
		templates := r.body("integration", integration)["request_templates"].(map[string]any)
		template := templates["application/json"].(string)
		if !strings.Contains(template, key.set) {
			t.Fatalf("%s no longer holds %s", integration, key.set)
		}
		templates["application/json"] = strings.Replace(template, key.set, "#set($keyName = '"+key.name+"')\n"+string(text), 1)
	}
	return serve(t, r, unlimited)
}

// deep is a value of n arrays within each other.
func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// The record of an accepted body has the event's own key, whatever else the body holds.
func TestTheEventsKeyCountsOrTheAnswerIs400(t *testing.T) {
	for name, test := range map[string]struct {
		event  string
		reason string // part of the answer's; "" is that the event is accepted
	}{
		"plain":                        {`{"id":"k","v":1}`, ""},
		"beyond a double":              {`{"id":"k","v":1e400}`, ""},
		"beyond a double, negative":    {`{"v":-1E+999,"id":"k"}`, ""},
		"close to zero":                {`{"id":"k","v":1e-400}`, ""},
		"a decimal beyond a double":    {`{"id":"k","v":1.00000000000000000001e400}`, ""},
		"a long number":                {`{"id":"k","v":` + strings.Repeat("9", 9_000) + `}`, ""},
		"as deep as json-smart reads":  {`{"id":"k","v":` + deep(399) + `}`, ""},
		"one level deeper":             {`{"id":"k","v":` + deep(400) + `}`, "400 levels"},
		"520 levels":                   {`{"id":"k","v":` + deep(520) + `}`, "400 levels"},
		"an exponent beyond all":       {`{"id":"k","v":1.00000000000000000001e99999}`, "10000 digits"},
		"an exponent beyond an int":    {`{"id":"k","v":1.5e99999999999999999999}`, "10000 digits"},
		"a number of too many digits":  {`{"id":"k","v":` + strings.Repeat("9", 20_000) + `}`, "10000 digits"},
		"a fraction of too many":       {`{"id":"k","v":0.` + strings.Repeat("9", 20_000) + `}`, "10000 digits"},
		"white space beyond JSON's":    {"\u00a0" + `{"id":"k"}`, "not JSON"},
		"a vertical tab at the end":    {`{"id":"k"}` + "\v", "not JSON"},
		"a next-line at the beginning": {"\u0085" + `{"id":"k"}`, "not JSON"},
		"no UTF-8":                     {"{\"id\":\"k\",\"v\":\"\xff\"}", ""},
		"half a surrogate pair":        {`{"id":"k","v":"\ud83d"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := keyedByID(t)
			a := g.post(test.event)
			checkKeyed(t, g, a, test.event, test.reason)
		})
	}
}

func checkKeyed(t *testing.T, g *gateway, a got, event, reason string) {
	t.Helper()
	if reason != "" {
		if a.status != 400 || !strings.Contains(a.body, reason) || len(g.kinesis.calls) != 0 {
			t.Errorf("%.60q: %d %.200s and %d records, want 400 with %q", event, a.status, a.body, len(g.kinesis.calls), reason)
		}
		return
	}
	if a.status != 200 || len(g.kinesis.calls) != 1 {
		t.Fatalf("%.60q: %d %.200s", event, a.status, a.body)
	}
	var record struct{ PartitionKey, Data string }
	if err := json.Unmarshal(g.kinesis.calls[0].Body, &record); err != nil {
		t.Fatal(err)
	}
	if record.PartitionKey != "k" {
		t.Errorf("%.60q has the key %q, want its own", event, record.PartitionKey)
	}
}

// Each value but null and the empty text is a key. "" stands for the request's ID, with an index in a batch.
func TestTheKeysOfValues(t *testing.T) {
	for id, want := range map[string]string{
		`false`: "false", `true`: "true", `0`: "0", `0.0`: "0.0", `" "`: " ", `{}`: "{}", `[]`: "[]", `null`: "", `""`: "", `"false"`: "false",
	} {
		g := keyedByID(t)
		g.post(`{"id":` + id + `}`)
		g.do(request("POST", "/dev/submit/batch", `[{"id":"k"},{"id":`+id+`}]`, "Content-Type: application/json"))
		var single, second struct{ PartitionKey string }
		batch := struct{ Records []any }{[]any{&struct{}{}, &second}}
		if err := errors.Join(json.Unmarshal(g.kinesis.calls[0].Body, &single), json.Unmarshal(g.kinesis.calls[1].Body, &batch)); err != nil {
			t.Fatal(err)
		}
		ofRequest := strings.HasSuffix(second.PartitionKey, "/1") && !strings.Contains(single.PartitionKey, "/") && len(single.PartitionKey) > 30
		if want == "" && !ofRequest || want != "" && (single.PartitionKey != want || second.PartitionKey != want) {
			t.Errorf("%s: the keys are %q and %q, want %q", id, single.PartitionKey, second.PartitionKey, want)
		}
	}
}

// The template writes each event of a batch anew. An event with a value that this would change is refused.
func TestABatchsEventKeepsItsKeyAndItsValues(t *testing.T) {
	for event, reason := range map[string]string{
		`{"id":"k","v":12345678901234567890.123456789}`:      "",
		`{"id":"k","v":` + deep(390) + `}`:                   "",
		`{"id":"k","v":` + deep(520) + `}`:                   "400 levels",
		`{"id":"k","v":1e400}`:                               "1.7976931348623157E308",
		`{"id":"k","v":-1e400}`:                              "1.7976931348623157E308",
		`{"id":"k","v":"\ud800"}`:                            "half of a surrogate pair",
		`{"id":"k","v":["\uDFFF\ud83d\ude00"]}`:              "half of a surrogate pair",
		`{"id":"k","\ud83d\u0041":1}`:                        "half of a surrogate pair",
		`{"id":"k","v":"\\ud800"}`:                           "",
		`{"id":"k","v":` + strings.Repeat("9", 20_000) + `}`: "10000 digits",
	} {
		g := keyedByID(t)
		a := g.do(request("POST", "/dev/submit/batch", `{"events":[{"id":"first"},`+event+`]}`, "Content-Type: application/json"))
		if reason != "" {
			if a.status != 400 || !strings.Contains(a.body, reason) || len(g.kinesis.calls) != 0 {
				t.Errorf("%.60q: %d %.200s and %d calls, want 400 with %q", event, a.status, a.body, len(g.kinesis.calls), reason)
			}
			continue
		}
		if len(g.kinesis.calls) != 1 {
			t.Fatalf("%.60q: %d %.200s", event, a.status, a.body)
		}
		var call struct {
			Records []struct{ PartitionKey, Data string }
		}
		if err := json.Unmarshal(g.kinesis.calls[0].Body, &call); err != nil {
			t.Fatal(err)
		}
		data, err := base64.StdEncoding.DecodeString(call.Records[1].Data)
		if err != nil || string(data) != event || call.Records[1].PartitionKey != "k" {
			t.Errorf("%.60q became %.60q with the key %q, error %v", event, data, call.Records[1].PartitionKey, err)
		}
	}
}

// A template reads every body that a validator accepts, or the answer is 400: no body loses its key.
func FuzzTheKeyIsNeverLost(f *testing.F) {
	for _, value := range []string{`1e400`, `1e-400`, `"\ud83d"`, deep(7), `{"a":[1.5,{}]}`, `-0`, `0.1e+1`, "\"\xff\"", `null`, `1E99999`, ` [ ] `} {
		f.Add(value, "", "")
		f.Add(`1`, "\u00a0", value)
	}
	all := keyedByID(f)
	f.Fuzz(func(t *testing.T, value, before, after string) {
		g := *all
		g.t, g.kinesis.calls = t, nil
		body := before + `{"v":` + value + `,"id":"k"}` + after
		switch a := g.post(body); {
		case a.status == 400 && len(g.kinesis.calls) == 0:
		case a.status != 200:
			t.Errorf("%q: %d %s", body, a.status, a.body)
		default:
			var record struct{ PartitionKey string }
			if err := json.Unmarshal(g.kinesis.calls[0].Body, &record); err != nil {
				t.Fatal(err)
			}
			if want := keyOf(body); want != "" && record.PartitionKey != want {
				t.Errorf("%q has the key %q, want %q", body, record.PartitionKey, want)
			}
		}
	})
}

// keyOf returns the id of an event by encoding/json. It returns "" if there is none: a fuzzer may close the object.
func keyOf(body string) string {
	var event map[string]any
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&event); err != nil {
		return "not JSON: " + err.Error()
	}
	text, _ := event["id"].(string)
	return text
}
