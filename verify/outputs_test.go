package verify

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"
)

func TestParseOutputs(t *testing.T) {
	for name, test := range map[string]struct{ content, want, fault string }{
		"terraform output -json":       {content: `{"submit_url": {"sensitive": false, "type": "string", "value": "https://a/dev/submit"}, "event_type_urls": {"sensitive": false, "type": ["map", "string"], "value": {"order": "x"}}}`, want: "https://a/dev/submit"},
		"cdktf output --outputs-file":  {content: `{"dev": {"submit_url": "https://a/dev/submit"}, "prod": {"submit_url": "https://b"}}`, want: "https://a/dev/submit"},
		"plain":                        {content: `{"submit_url": "https://a/dev/submit"}`, want: "https://a/dev/submit"},
		"of another environment":       {content: `{"prod": {"submit_url": "https://b"}}`, fault: `has the outputs of "prod", and none of "dev"; choose that environment`},
		"of no deployment":             {content: `{"a": "b"}`, fault: `has no output submit_url of "dev"; name the file of this environment`},
		"of nothing that was deployed": {content: `{}`, fault: "has no outputs; deploy the stack first"},
		"no JSON":                      {content: `submit_url = "x"`, fault: "is no JSON object: invalid character 's'"},
	} {
		t.Run(name, func(t *testing.T) {
			outputs, err := ParseOutputs([]byte(test.content), "dev")
			switch {
			case test.fault != "" && (err == nil || !strings.HasPrefix(err.Error(), test.fault)):
				t.Errorf("the error is %v, want %s", err, test.fault)
			case test.fault == "" && (err != nil || outputs.Text("submit_url") != test.want):
				t.Errorf("submit_url is %q (%v), want %s", outputs.Text("submit_url"), err, test.want)
			}
		})
	}
}

// A run would send its events to the deployment that the outputs name, so the outputs of another are refused.
func TestOutputsOfAnother(t *testing.T) {
	t.Parallel()
	of := func() Outputs { return deployedRun(t, "dev", newAccount(t, nil)).Outputs }
	for name, other := range map[string]string{"api_stage": "prod", "region": "eu-central-1", "stream_name": "api-kinesis-stream-prod"} {
		outputs := of()
		outputs[name] = other
		_, err := Read(stackOf(t, "dev"), outputs)
		if want := fmt.Sprintf("the output %s is %q, and the stack has ", name, other); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
		delete(outputs, name) // an older deployment may lack it
		if _, err := Read(stackOf(t, "dev"), outputs); err != nil {
			t.Errorf("without %s: %v", name, err)
		}
	}
	outputs := of()
	outputs["api_stage"] = "prod"
	_, err := Preflight(t.Context(), PreflightOptions{Stack: stackOf(t, "dev"), Outputs: outputs, AWS: newAccount(t, nil).clients(), Clock: clockwork.NewRealClock(), Progress: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "are of another deployment") {
		t.Errorf("a preflight with them says %v", err)
	}
}

// The event is the last word of the command, however it is broken into lines.
func TestExampleIn(t *testing.T) {
	for curl, want := range map[string]string{
		`curl -sS -X POST http://x/submit -d '{"a": "b"}'`:           `{"a": "b"}`,
		"curl -sS \\\n  http://x/submit \\\n  -d '{\"a\": \"b\"}'\n": `{"a": "b"}`,
		`curl -d '{"a": "it'\''s"}'`:                                 `{"a": "it's"}`,
		`curl http://x/submit`:                                       "",
		"":                                                           "",
	} {
		if got := exampleIn(curl); got != want {
			t.Errorf("%s: %q, want %q", curl, got, want)
		}
	}
}

func TestWithMark(t *testing.T) {
	for example, want := range map[string]string{
		`{"a": 1}`:  `{"a": 1, "ingest_verify": "m/1"}`,
		`{"a": 1 }`: `{"a": 1, "ingest_verify": "m/1"}`,
		`{}`:        `{"ingest_verify": "m/1"}`,
		` { } `:     `{"ingest_verify": "m/1"}`,
		`[1]`:       "",
		`"text"`:    "",
	} {
		got, ok := withMark(example, "m/1")
		if ok != (want != "") || string(got) != want {
			t.Errorf("%s becomes %s, want %s", example, got, want)
		}
	}
}
