package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// bodied are the verbs with which a client sends an event.
var bodied = []string{"PATCH", "POST", "PUT"}

// intake checks that a method which can answer a success to a body writes the body to a stream. Another of the API's integrations may
// write one, so a delivery that reads a written stream does not show it.
func (c *checker) intake(m method) {
	succeeds := slices.ContainsFunc(m.responses, func(r tfjson.Resource) bool {
		status, _ := c.value(r.Body["status_code"]) // "fail-closed" reports an unknown one
		return strings.HasPrefix(status, "2")
	})
	if !slices.Contains(bodied, m.verb) || !succeeds {
		return
	}
	const remedy = "call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event"
	if len(m.integrations) == 0 {
		c.breach(m.Address(), "answers a success and has no integration", remedy)
	}
	for _, r := range m.integrations {
		if _, writes := c.putsTo(r); !writes {
			c.breach(r.Address(), "writes to no stream, and "+m.Address()+" answers a success", remedy)
		}
	}
}

// putsTo is the action with which an integration writes events, and whether it does.
func (c *checker) putsTo(r tfjson.Resource) (action string, writes bool) {
	uri, _ := r.Body["uri"].(string)
	found := putAction.FindStringSubmatch(c.settle(uri))
	if kind, _ := c.value(r.Body["type"]); kind != "AWS" || found == nil {
		return "", false
	}
	return found[1], true
}

var (
	putAction = regexp.MustCompile(`^arn:[^:]+:apigateway:[^:]+:kinesis:action/(PutRecords?)$`)
	// streamMember is the member of Kinesis's request that names the stream, and dataMember the one with the event.
	streamMember = regexp.MustCompile(`"Stream(?:Name|ARN)"\s*:\s*"([^"]*)"`)
	dataMember   = regexp.MustCompile(`"Data"\s*:`)
	bodyRead     = regexp.MustCompile(`\$!?\{?input\.(?:body\b|json\(|path\()`)
	variableOnly = regexp.MustCompile(`^\$!?(?:\$?\{)?(\w+)\}?$`)
	setToText    = `#set\(\s*\$%s\s*=\s*"([^"]*)"\s*\)`
)

// templateStreams are the streams to which the request templates refer. Each template must name one, and send it the body.
func (c *checker) templateStreams(r tfjson.Resource) []tfjson.Resource {
	templates, _ := r.Body["request_templates"].(map[string]any)
	if len(templates) == 0 {
		c.breach(r.Address(), "has no request template that names a stream", "declare one")
	}
	var streams []tfjson.Resource
	for _, kind := range slices.Sorted(maps.Keys(templates)) {
		text, _ := templates[kind].(string)
		found := c.streamsIn(text)
		if len(found) != 1 {
			c.breach(r.Address(), fmt.Sprintf("its request template for %q refers to %d streams of the stack", kind, len(found)), "refer to one")
		}
		for _, named := range streamMember.FindAllStringSubmatch(text, -1) {
			if len(found) == 1 && len(c.streamsIn(assigned(text, named[1]))) != 1 {
				c.breach(r.Address(), fmt.Sprintf("its request template for %q writes to %q, which is not %s", kind, named[1], found[0].Address()), "name that stream")
			}
		}
		if dataMember.MatchString(text) && !bodyRead.MatchString(velocity(text)) {
			c.breach(r.Address(), fmt.Sprintf("its request template for %q reads nothing of the body", kind), "write $input.body to the record")
		}
		streams = append(streams, found...)
	}
	return streams
}

// assigned is the text of a variable that a template sets once; another value is itself.
func assigned(template, value string) string {
	variable := variableOnly.FindStringSubmatch(value)
	if variable == nil {
		return value
	}
	sets := regexp.MustCompile(fmt.Sprintf(setToText, variable[1])).FindAllStringSubmatch(template, -1)
	if len(sets) != 1 {
		return value
	}
	return sets[0][1]
}

func (c *checker) streamsIn(template string) []tfjson.Resource {
	references, _ := tfjson.References(template)
	found := map[string]tfjson.Resource{}
	for _, ref := range references {
		if stream, ok := c.follow(tfjson.Part{Reference: &ref}.String(), kinesisStream, "arn", "name"); ok {
			found[stream.Address()] = stream
		}
	}
	var streams []tfjson.Resource
	for _, address := range slices.Sorted(maps.Keys(found)) {
		streams = append(streams, found[address])
	}
	return streams
}
