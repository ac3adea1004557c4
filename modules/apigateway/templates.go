package apigateway

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/spec"
)

// templates are API Gateway's mapping templates (VTL), its gateway responses (which know variables only) and the
// access log's format, as they are deployed. They hold no "${", because Terraform would take it for its own.
//
//go:embed templates
var templates embed.FS

func template(name string) string {
	text, err := templates.ReadFile("templates/" + name)
	if err != nil {
		panic(err) // a name that this package does not embed: a mistake found by its first test
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
func submitTemplate(streamName string, key spec.PartitionKey) string {
	set := fmt.Sprintf("#set($stream = \"%s\")\n", streamName)
	if key.Name != "" {
		set += fmt.Sprintf("#set($keyName = %s)\n", literal(key.Name))
	}
	return set + template(keyTemplates[key.Source]) + template("put-record.vtl")
}

// batchKeyTemplates set $key for each event of a batch, whose JSONPath is $at. A header is the same for all of them, and
// is read once, before the loop.
var batchKeyTemplates = map[spec.PartitionKeySource]string{
	spec.KeyFromRequestID: "batch-key-request-id.vtl",
	spec.KeyFromJSONPath:  "batch-key-json-path.vtl",
}

// batchTemplate turns a request into Kinesis's PutRecords.
func batchTemplate(streamName string, key spec.PartitionKey) string {
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
	return set + template("records-begin.vtl") + perEvent + template("records-end.vtl")
}

// literal is a partition key's path or header as a string of Velocity's. Between single quotes Velocity evaluates nothing.
// A name in brackets has single quotes of its own, the form that json-path/JsonPath documents, so such a path goes between
// double ones, as in $input.json("$['name']"). There "$" begins a reference before a letter, "!" or "{" alone, and spec lets
// through no such "$" and no "#".
func literal(name string) string {
	if strings.Contains(name, "'") {
		return `"` + name + `"`
	}
	return "'" + name + "'"
}

// responseTemplate is a response's template, with the origin echoed where several are allowed. The templates are of one
// event, or with many of several.
func responseTemplate(name string, many bool, cors spec.CORS) string {
	text := template(name)
	if many {
		text = strings.NewReplacer("the event;", "the events;", "the event\"", "the events\"", "the event again", "the events again", "send it ", "send them ").Replace(text)
	}
	return echoOrigin(cors) + text
}

// echoOrigin is empty where one origin is allowed: then a fixed header says it.
func echoOrigin(cors spec.CORS) string {
	if len(cors.AllowOrigins) < 2 {
		return ""
	}
	return fmt.Sprintf("#set($origins = [\"%s\"])\n", strings.Join(cors.AllowOrigins, `", "`)) +
		template("echo-origin.vtl")
}

// accessLogFormat is the access log's format on one line: API Gateway takes no other.
//
// It has no variable that holds what a client sent in a body or as a credential. $context.error.validationErrorString quotes the
// values that broke the schema; $context.error.message quotes the header Authorization of a request that is not signed as it
// should be; and $context.integration.error is "the error message returned from an integration", where Kinesis quotes the
// partition key (developer guide, "Variables for access logging for API Gateway"). None of them can be rewritten there.
// $context.error.responseType says which check failed. A policy rule refuses the others.
func accessLogFormat() string {
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(template("access-log.json"))); err != nil {
		panic(err) // the embedded file is not JSON
	}
	return line.String()
}
