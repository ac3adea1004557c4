package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const logGroup = "aws_cloudwatch_log_group"

func logRetention(c *checker) {
	for _, group := range c.stack.Resources(logGroup) {
		days, ok := c.literal(in(group), "retention_in_days")
		if n, err := strconv.Atoi(days); ok && (err != nil || n <= 0) {
			c.breach(group.Address(), fmt.Sprintf("retention_in_days is %q", days), "set it to a number of days")
		}
	}
}

func stageLogs(c *checker) {
	settled := map[string]bool{}
	for _, stage := range c.stack.Resources(apiStage) {
		c.accessLog(stage)
		c.executionLog(stage)
		for _, s := range c.settingsOf(stage) {
			settled[s.Address()] = true
		}
	}
	for _, s := range c.stack.Resources(methodSettings) {
		if !settled[s.Address()] {
			c.breach(s.Address(), "stage_name is no stage of its API in the stack", "refer to a stage's stage_name")
		}
	}
}

// quoting are the variables that quote a request: the values that break the schema, a header Authorization that is not a
// signature, the service's message about a record, an authorizer's message about a token, and the API key and the access key themselves
// (developer guide, "Variables for access logging for API Gateway").
var quoting = regexp.MustCompile(`\$context\.(error\.(message|messageString|validationErrorString)|integration\.error|integrationErrorMessage|` +
	`(authorizer|authorize|authenticate)\.error|identity\.(apiKey|accessKey))\b`)

var requestID = regexp.MustCompile(`\$context\.requestId\b`)

func (c *checker) accessLog(stage tfjson.Resource) {
	settings := c.block(in(stage), "access_log_settings")
	if _, ok := c.follow(settings.body["destination_arn"], logGroup, "arn"); !ok {
		c.breachAt(settings, "access_log_settings.destination_arn refers to no log group of the stack", "refer to the ARN of one")
	}
	format, ok := c.literal(settings, "format")
	if !ok {
		return
	}
	if !requestID.MatchString(format) {
		c.breachAt(settings, "access_log_settings.format has no $context.requestId", "add it: each answer has the request ID")
	}
	found := quoting.FindAllString(strings.ReplaceAll(format, "${", "$"), -1)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(found))) {
		c.breachAt(settings, "access_log_settings.format has "+name+", which may contain a client's body or credentials",
			"leave it out: $context.error.responseType says what failed")
	}
}

// executionLog: API Gateway chooses the log group's name. If the group is missing, API Gateway makes it without retention.
func (c *checker) executionLog(stage tfjson.Resource) {
	name, nameOK := c.literal(in(stage), "stage_name")
	api, apiOK := c.api(stage)
	if !nameOK || !apiOK { // "readable" reports the second
		return
	}
	want := "API-Gateway-Execution-Logs_${" + api.Address() + ".id}/" + name
	for _, group := range c.stack.Resources(logGroup) {
		if text, _ := group.Body["name"].(string); c.settle(text) == want {
			return
		}
	}
	c.breach(stage.Address(), "no log group is named "+want, "declare one, which sets its retention")
}

// settingsOf checks a stage's method settings and returns them.
func (c *checker) settingsOf(stage tfjson.Resource) []tfjson.Resource {
	var found []tfjson.Resource
	forAll := false
	for _, s := range c.stack.Resources(methodSettings) {
		if !c.isOfStage(s, stage) {
			continue
		}
		found = append(found, s)
		path, _ := c.literal(in(s), "method_path")
		forAll = forAll || path == "*/*"
		settings := c.block(in(s), "settings")
		c.want(settings, "logging_level", "ERROR", "INFO", "OFF") // any level, but it must be set
		c.want(settings, "data_trace_enabled", "", "false")
	}
	if !forAll {
		c.breach(stage.Address(), `no method settings have its method_path "*/*"`, "declare them, with a logging_level")
	}
	return found
}

func (c *checker) isOfStage(settings, stage tfjson.Resource) bool {
	api, ok := c.api(stage)
	name, nameOK := c.value(settings.Body["stage_name"])
	stageName, stageOK := c.value(stage.Body["stage_name"])
	return ok && nameOK && stageOK && name == stageName && c.belongs(settings, api)
}
