package apigateway

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/spec"
)

// templates are API Gateway's mapping templates (VTL), its gateway responses (which have only variables) and the access log's
// format, as they are deployed. They contain no "${", because Terraform would evaluate it.
//
//go:embed templates
var templates embed.FS

func template(name string) string {
	text, err := templates.ReadFile("templates/" + name)
	if err != nil {
		panic(err) // the package does not embed this name: a bug that its first test finds
	}
	return string(text)
}

// keyTemplates sets $key, the partition key, from each source.
var keyTemplates = map[spec.PartitionKeySource]string{
	spec.KeyFromRequestID: "key-request-id.vtl",
	spec.KeyFromJSONPath:  "key-json-path.vtl",
	spec.KeyFromHeader:    "key-header.vtl",
}

// submitTemplate turns a request into Kinesis's PutRecord.
func submitTemplate(streamName string, api spec.API, of kind) string {
	set := fmt.Sprintf("#set($stream = \"%s\")\n", streamName)
	key := api.PartitionKey
	if key.Name != "" {
		set += fmt.Sprintf("#set($keyName = %s)\n", literal(key.Name))
	}
	set += template(keyTemplates[key.Source])
	if api.Envelope.Enabled {
		return set + envelope(api, of) + template("one-line.vtl") + template("one-value.vtl") + template("put-record-envelope.vtl")
	}
	return set + template("put-record.vtl")
}

// principals are the variables that tell who sent a request (developer guide, "Variables for data transformations").
var principals = map[spec.AuthorizationKind]string{
	spec.ByIAM:     "$!context.identity.userArn",
	spec.ByCognito: "$!context.authorizer.claims.sub",
	spec.ByLambda:  "$!context.authorizer.principalId",
}

// envelope sets $envelope, the text of an event's envelope up to the event.
func envelope(api spec.API, of kind) string {
	text := template("envelope-begin.vtl")
	switch {
	case of.eventType != "":
		text += fmt.Sprintf("#set($envelope = $envelope.concat(',\"type\":\"%s\"'))\n", of.eventType)
	case len(api.EventTypes) > 0:
		text += "#set($envelope = $envelope.concat(',\"type\":null'))\n"
	}
	for _, field := range []struct {
		on             bool
		name, variable string
	}{
		{api.Envelope.SourceIP, "sourceIp", "$!context.identity.sourceIp"},
		{api.Envelope.UserAgent, "userAgent", "$!context.identity.userAgent"},
		{api.Envelope.Principal, "principal", principals[api.Authorization.Kind]},
		{api.Envelope.APIKeyID, "apiKeyId", "$!context.identity.apiKeyId"},
	} {
		if field.on {
			text += fmt.Sprintf("#set($envelope = $envelope.concat(',\"%s\":'))\n#set($value = \"%s\")\n", field.name, field.variable) +
				template("envelope-field.vtl")
		}
	}
	return text
}

// batchKeyTemplates set $key for each event of a batch, whose JSONPath is $at. A header is the same for all events, so its template
// reads it once, before the loop.
var batchKeyTemplates = map[spec.PartitionKeySource]string{
	spec.KeyFromRequestID: "batch-key-request-id.vtl",
	spec.KeyFromJSONPath:  "batch-key-json-path.vtl",
}

// batchTemplate turns a request into Kinesis's PutRecords.
func batchTemplate(streamName string, api spec.API, of kind) string {
	key, end := api.PartitionKey, "records-end.vtl"
	set := fmt.Sprintf("#set($stream = \"%s\")\n", streamName)
	perEvent := ""
	switch key.Source {
	case spec.KeyFromHeader:
		set += fmt.Sprintf("#set($keyName = %s)\n", literal(key.Name)) + template(keyTemplates[key.Source])
	case spec.KeyFromJSONPath:
		set += fmt.Sprintf("#set($keyName = %s)\n", literal(strings.TrimPrefix(key.Name, "$")))
		fallthrough
	default:
		perEvent = template(batchKeyTemplates[key.Source])
	}
	if api.Envelope.Enabled {
		set += envelope(api, of)
		end = "records-end-envelope.vtl"
	}
	return set + template("records-begin.vtl") + perEvent + template(end)
}

// linesTemplate turns a request of NDJSON into Kinesis's PutRecords. spec refuses a partition key by JSON path, which no documented
// function finds in a text.
func linesTemplate(streamName string, api spec.API, of kind) string {
	set := fmt.Sprintf("#set($stream = \"%s\")\n", streamName)
	perEvent := template("line.vtl")
	if api.Envelope.Enabled {
		set += envelope(api, of)
		perEvent = template("line-envelope.vtl")
	}
	if key := api.PartitionKey; key.Source == spec.KeyFromHeader {
		set += fmt.Sprintf("#set($keyName = %s)\n", literal(key.Name)) + template(keyTemplates[key.Source])
	} else {
		perEvent = template(batchKeyTemplates[key.Source]) + perEvent
	}
	return set + template("lines-begin.vtl") + perEvent + template("one-value.vtl") + template("lines-end.vtl")
}

// literal is a partition key's path or header as a Velocity string. Velocity evaluates nothing between single quotes. A name in
// brackets has its own single quotes, the form that json-path/JsonPath documents, so such a path goes between double quotes, as
// in $input.json("$['name']"). There, "$" begins a reference only before a letter, "!" or "{", and spec allows neither such a
// "$" nor "#".
func literal(name string) string {
	if strings.Contains(name, "'") {
		return `"` + name + `"`
	}
	return "'" + name + "'"
}

// responseTemplate is a response's template. It echoes the origin if several are allowed. many selects the template of a batch.
func responseTemplate(name string, many bool, api spec.API) string {
	text := template(name)
	if name == refusedTemplate {
		text = reason(many, api) + text
	}
	if many {
		text = strings.NewReplacer("the event;", "the events;", "the event\"", "the events\"", "the event again", "the events again", "send it ", "send them ").Replace(text)
	}
	return echoOrigin(api.CORS) + text
}

const refusedTemplate = "refused.vtl"

// reason sets $reason, a JSON string: Kinesis's words, or this project's where a request's template makes Kinesis refuse the events.
func reason(many bool, api spec.API) string {
	text := template("reason.vtl")
	switch {
	case !many && api.Envelope.Enabled:
		return text + template("reason-value.vtl")
	case many && slices.Contains(api.ContentTypes, spec.NDJSON):
		return text + template("reason-lines.vtl")
	}
	return text
}

// echoOrigin is empty if one origin is allowed: then a fixed header names it.
func echoOrigin(cors spec.CORS) string {
	if len(cors.AllowOrigins) < 2 {
		return ""
	}
	return fmt.Sprintf("#set($origins = [\"%s\"])\n", strings.Join(cors.AllowOrigins, `", "`)) +
		template("echo-origin.vtl")
}

// accessLogFormat is the access log's format on one line, because API Gateway accepts no other.
//
// It has no variable that contains a client's body or credentials. $context.error.validationErrorString quotes the values that
// break the schema. $context.error.message quotes the header Authorization of a wrongly signed request. $context.integration.error
// is "the error message returned from an integration", where Kinesis quotes the partition key (developer guide, "Variables for
// access logging for API Gateway"). A format cannot rewrite a value. $context.error.responseType says which check failed. A policy
// rule refuses the others.
func accessLogFormat() string {
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(template("access-log.json"))); err != nil {
		panic(err) // the embedded file is not JSON
	}
	return line.String()
}
