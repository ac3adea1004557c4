package apigateway

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"cdk.tf/go/ingest/spec"
)

const putRecord = `## The whole body, byte for byte, is the record's data. escapeJavaScript writes ' as \', which JSON does not know.
{
  "StreamName": "$stream",
  "PartitionKey": "$util.escapeJavaScript($key).replaceAll("\\'", "'")",
  "Data": "$util.base64Encode($input.body)"
}
`

func TestSubmitTemplate(t *testing.T) {
	for _, test := range []struct {
		name string
		key  spec.PartitionKey
		want string
	}{
		{"request id", spec.PartitionByRequestID(), `#set($stream = "events")
#set($key = $context.requestId)
` + putRecord},
		{"JSON path", spec.PartitionByJSONPath("$.user.id"), `#set($stream = "events")
#set($keyName = '$.user.id')
` + template("key-json-path.vtl") + putRecord},
		{"JSON path in brackets", spec.PartitionByJSONPath("$.user['device-id'][0]"), `#set($stream = "events")
#set($keyName = "$.user['device-id'][0]")
` + template("key-json-path.vtl") + putRecord},
		{"header", spec.PartitionByHeader("X-Device-Id"), `#set($stream = "events")
#set($keyName = 'X-Device-Id')
## A client over HTTP/2 sends the name in lower case, so it is looked for without regard to case.
#set($key = $context.requestId)
#foreach($name in $input.params().header.keySet())
#if($name.equalsIgnoreCase($keyName) && $input.params().header.get($name) != "")
#set($key = $input.params().header.get($name))
#end
#end
` + putRecord},
	} {
		if got := submitTemplate("events", spec.API{PartitionKey: test.key}, kind{}); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestBatchTemplate(t *testing.T) {
	begin, end := template("records-begin.vtl"), template("records-end.vtl")
	for _, test := range []struct {
		name string
		key  spec.PartitionKey
		want string
	}{
		{"request id", spec.PartitionByRequestID(), "#set($stream = \"events\")\n" + begin + template("batch-key-request-id.vtl") + end},
		{
			"JSON path", spec.PartitionByJSONPath("$.user.id"),
			"#set($stream = \"events\")\n#set($keyName = '.user.id')\n" + begin + template("batch-key-json-path.vtl") + end,
		},
		{
			"JSON path in brackets", spec.PartitionByJSONPath("$['user-id']"),
			"#set($stream = \"events\")\n#set($keyName = \"['user-id']\")\n" + begin + template("batch-key-json-path.vtl") + end,
		},
		{
			"header", spec.PartitionByHeader("X-Device-Id"),
			"#set($stream = \"events\")\n#set($keyName = 'X-Device-Id')\n" + template("key-header.vtl") + begin + end,
		},
	} {
		if got := batchTemplate("events", spec.API{PartitionKey: test.key}, kind{}); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestLinesTemplate(t *testing.T) {
	begin, end := template("lines-begin.vtl"), template("one-value.vtl")+template("lines-end.vtl")
	const stream = "#set($stream = \"events\")\n"
	enveloped := spec.API{PartitionKey: spec.PartitionByRequestID(), Envelope: spec.Envelope{Enabled: true}}
	for _, test := range []struct {
		name string
		api  spec.API
		want string
	}{
		{"request id", spec.API{PartitionKey: spec.PartitionByRequestID()}, stream + begin + template("batch-key-request-id.vtl") + template("line.vtl") + end},
		{
			"header", spec.API{PartitionKey: spec.PartitionByHeader("X-Device-Id")},
			stream + "#set($keyName = 'X-Device-Id')\n" + template("key-header.vtl") + begin + template("line.vtl") + end,
		},
		{
			"envelope", enveloped,
			stream + envelope(enveloped, kind{"order", ""}) + begin + template("batch-key-request-id.vtl") + template("line-envelope.vtl") + end,
		},
	} {
		if got := linesTemplate("events", test.api, kind{"order", ""}); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestAnswersOfABatchSpeakOfSeveralEvents(t *testing.T) {
	for name, want := range map[string]string{
		"failed.vtl":  `{"message": "the stream could not take the events; send them again", "requestId": "$context.requestId"}` + "\n",
		"refused.vtl": `{"message": "the stream refused the events", "reason"`,
	} {
		got := responseTemplate(name, true, spec.API{CORS: spec.CORS{AllowOrigins: []string{"*"}}})
		if !strings.Contains(got, want) || strings.Contains(got, "the event ") || strings.Contains(got, "send it") {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestOneOriginIsNotEchoed(t *testing.T) {
	cors := spec.CORS{AllowOrigins: []string{"https://a.example.com"}}
	if got, want := responseTemplate("failed.vtl", false, spec.API{CORS: cors}), template("failed.vtl"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSeveralOriginsAreEchoed(t *testing.T) {
	cors := spec.CORS{AllowOrigins: []string{"https://a.example.com", "https://b.example.com"}}
	got := responseTemplate("failed.vtl", false, spec.API{CORS: cors})
	want := `#set($origins = ["https://a.example.com", "https://b.example.com"])
` + template("echo-origin.vtl") + template("failed.vtl")
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Terraform would evaluate "${" and "%{" in a template.
func TestNoTemplateHoldsATerraformExpression(t *testing.T) {
	err := fs.WalkDir(templates, "templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := templates.ReadFile(path)
		if strings.Contains(string(text), "${") || strings.Contains(string(text), "%{") {
			t.Errorf("%s holds a Terraform expression", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAccessLogFormat(t *testing.T) {
	line := accessLogFormat()
	if strings.Contains(line, "\n") {
		t.Errorf("the format has more than one line: %s", line)
	}
	var fields map[string]string
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		t.Fatalf("the format is not a JSON object of strings: %v", err)
	}
	// API Gateway refuses a format without a request id. The other variables say what went wrong.
	for name, variable := range map[string]string{
		"requestId":            "$context.requestId",
		"status":               "$context.status",
		"integrationStatus":    "$context.integration.status",
		"integrationLatencyMs": "$context.integration.latency",
		"errorType":            "$context.error.responseType",
	} {
		if fields[name] != variable {
			t.Errorf("%s is %q, want %q", name, fields[name], variable)
		}
	}
}

// A gateway response has only variables, and is JSON with their values. messageString has its own quotes.
func TestGatewayResponsesAreJSON(t *testing.T) {
	for _, answer := range gatewayAnswers(spec.API{Authorization: spec.AuthorizeAPIKey(spec.UsagePlan{Quota: 1})}) {
		filled := strings.NewReplacer("$context.error.messageString", `"Invalid request body"`).Replace(template(answer.template))
		var body map[string]string
		if err := json.Unmarshal([]byte(filled), &body); err != nil {
			t.Errorf("%s: %v in %s", answer.template, err, filled)
		}
		if body["message"] == "" || body["requestId"] != "$context.requestId" {
			t.Errorf("%s has no message or no request id: %v", answer.template, body)
		}
	}
}
