package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

func failClosed(c *checker) {
	for _, r := range c.stack.Resources(integration) {
		// A proxy has no integration responses, so the JSON does not show its answers.
		c.want(in(r), "type", "AWS", "HTTP", "MOCK")
		if kind, ok := c.value(r.Body["type"]); ok && kind == "AWS" {
			c.want(in(r), "passthrough_behavior", "NEVER")
		}
	}
	for _, m := range c.methods() {
		if !c.isMock(m) {
			c.validated(m)
			c.answers(m)
		}
	}
	c.refusals()
	for _, r := range c.stack.Resources(methodSettings) {
		// A cached success is for the event of another request.
		c.want(c.block(in(r), "settings"), "caching_enabled", "", "false")
	}
	for _, acl := range c.stack.Resources(webACL) {
		c.blocksWithFailure(in(acl), acl.Body)
	}
}

// answers checks the integration responses of a method.
func (c *checker) answers(m method) {
	many := slices.ContainsFunc(m.integrations, func(r tfjson.Resource) bool {
		action, _ := c.putsTo(r)
		return action == "PutRecords"
	})
	for _, r := range m.responses {
		c.succeedsOnSuccess(r)
		c.overridesWithFailure(r)
		if many {
			c.confirmsEach(r)
		}
	}
}

// refusals checks API Gateway's own answers.
func (c *checker) refusals() {
	for _, r := range c.stack.Resources(gatewayResponse) {
		status, ok := c.literal(in(r), "status_code")
		if ok && status != "" && !isFailure(status) {
			c.breach(r.Address(), fmt.Sprintf("status_code is %q", status), "leave it out, or use one from 400 to 599")
		}
	}
}

// blocksWithFailure checks each custom response of a web ACL, which answers a request that it blocks.
func (c *checker) blocksWithFailure(acl place, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			c.blocksWithFailure(acl, item)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			c.blocksWithFailure(acl, v[key])
		}
		answers, err := tfjson.Blocks(v, "custom_response")
		if err != nil {
			c.breachAt(acl, "custom_response cannot be read: "+err.Error(), "write it as a block")
		}
		for _, answer := range answers {
			status, ok := c.literal(place{acl.resource, "custom_response.", answer}, "response_code")
			if ok && !isFailure(status) {
				c.breachAt(acl, fmt.Sprintf("custom_response.response_code is %q", status), "use one from 400 to 599")
			}
		}
	}
}

var failureStatus = regexp.MustCompile(`^[45][0-9]{2}$`)

func isFailure(status string) bool { return failureStatus.MatchString(status) }

var statusOverride = regexp.MustCompile(`#set\s*\(\s*\$context\.responseOverride\.status\s*=\s*(.*?)\s*\)`)

// multiStatus is the only success that a template may set, and only in a success: its body says for each event whether it failed.
const multiStatus = "207"

// overridesWithFailure checks that no template turns a failure into a success.
func (c *checker) overridesWithFailure(r tfjson.Resource) {
	status, _ := c.value(r.Body["status_code"]) // succeedsOnSuccess reports an unknown one
	for _, template := range responseTemplates(r) {
		plain := len(statusOverride.FindAllString(template, -1)) + len(override.FindAllString(template, -1))
		if strings.Count(template, "responseOverride") != plain {
			c.breach(r.Address(), "a response template uses $context.responseOverride in an unknown way", "write #set($context.responseOverride.status = 502), or the like with a header")
		}
		for _, set := range statusOverride.FindAllStringSubmatch(template, -1) {
			partly := set[1] == multiStatus && strings.HasPrefix(status, "2")
			if !isFailure(set[1]) && !partly {
				c.breach(r.Address(), "a response template sets the status to "+set[1], "set one from 400 to 599")
			}
		}
	}
}

// confirmation is the part of the answer of PutRecords that says whether a record is in the stream.
var confirmation = regexp.MustCompile(`\b(ErrorCode|FailedRecordCount|SequenceNumber)\b`)

// confirmsEach checks that a success of PutRecords, which it is even if no record is in the stream, can become a failure.
func (c *checker) confirmsEach(r tfjson.Resource) {
	status, _ := c.value(r.Body["status_code"])
	if !strings.HasPrefix(status, "2") {
		return
	}
	templates := responseTemplates(r)
	confirms := func(template string) bool {
		return confirmation.MatchString(template) && statusOverride.MatchString(template)
	}
	if len(templates) == 0 || slices.ContainsFunc(templates, func(template string) bool { return !confirms(template) }) {
		c.breach(r.Address(), "answers with "+status+" whatever PutRecords says of each record", "let the template read Records or FailedRecordCount, and set the status of a failure")
	}
}

// succeedsOnSuccess checks that a response with a status of success is only for a success. An integration response without a
// pattern, or with a wide one, would hide a failure.
func (c *checker) succeedsOnSuccess(r tfjson.Resource) {
	status, ok := c.literal(in(r), "status_code")
	pattern, patternOK := c.literal(in(r), "selection_pattern")
	if !ok || !patternOK || !strings.HasPrefix(status, "2") {
		return
	}
	if pattern == "" {
		c.breach(r.Address(), "answers with "+status+" when no other pattern matches", `set its selection_pattern, such as "200"`)
		return
	}
	// For a pattern over three digits, Java's and Go's regular expressions do not differ.
	matcher, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		c.breach(r.Address(), fmt.Sprintf("selection_pattern %q is not a valid regular expression", pattern), `write a plain one, such as "200"`)
		return
	}
	for failure := 300; failure <= 599; failure++ {
		if matcher.MatchString(strconv.Itoa(failure)) {
			c.breach(r.Address(), fmt.Sprintf("selection_pattern %q answers %d with %s", pattern, failure, status), `match successes only, such as "200"`)
			return
		}
	}
}
