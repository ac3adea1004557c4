// Package policy holds the rules that every synthesised stack must satisfy. It reads the Terraform JSON alone, so a
// rule holds however the stack was made.
//
// What a rule cannot decide from the JSON is a breach that says so: a value that is known only at apply is never taken
// for a good one.
package policy

import (
	"errors"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Expect is what an environment says of itself and the JSON cannot know.
type Expect struct {
	// Public is true where anybody may call the API.
	Public bool
}

// breach is one rule broken by one resource.
type breach struct { //nolint:errname // what is broken is a rule; "breachError" would say it twice
	rule string
	// resource is an address, or a type where a resource of it is missing.
	resource string
	problem  string
	remedy   string
}

// oneLine is for texts that come from the stack.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// Error is the breach on one line.
func (b breach) Error() string {
	return oneLine.Replace(fmt.Sprintf("%s: %s: %s; %s", b.rule, b.resource, b.problem, b.remedy))
}

// rule is one of the project's rules.
type rule struct {
	name   string
	reason string
	check  func(*checker)
}

// rules are all rules, in the order in which Check applies them.
func rules() []rule {
	return []rule{
		{"readable", "what the other rules cannot see they cannot check", readable},
		{"least-privilege", "a role that is taken over can do what it is for and nothing else", leastPrivilege},
		{"trust", "only the service that a role is for can take it, and API Gateway really can", trust},
		{"private-bucket", "events are seen by who is let in, encrypted at rest and in transit, and kept when overwritten", privateBucket},
		{"kept-bucket", "who keeps a bucket keeps its protection, and knows before anything is destroyed", keptBucket},
		{"web-page", "a page is what its distribution serves, over TLS and with headers that bind it, and nothing else is public", webPage},
		{"authorization", "an environment that is not public has no way in for strangers", authorization},
		{"access", "where a caller comes from is no substitute for who it is", access},
		{"domain", "a name leads to a stage, over TLS 1.2, and nobody goes round the certificate that it asks for", domain},
		{"firewall", "what a firewall is for is behind it, and what its rules find is blocked and logged", firewall},
		{"log-retention", "a log group without retention keeps, and costs, for ever", logRetention},
		{"cors", "a web page can read every answer, failures included", cors},
		{"stage-logs", "a request can be followed by its id, and no log holds an event's body", stageLogs},
		{"flow", "an event that the API takes reaches the bucket", flow},
		{"query", "SQL reads what was delivered, its cost is bounded and its results are private", query},
		{"stream-encryption", "events wait in the stream encrypted", streamEncryption},
		{"customer-key", "data of which one part has a key of its own has it in every part, and the key serves nothing else", customerKey},
		{"access-log", "requests to the bucket are logged where S3 can write, and what is locked can be destroyed one day", accessLog},
		{"deployment", "what is declared is what is deployed", deployment},
		{"alarms", "an alarm reaches somebody and says what to do", alarms},
		{"closed-topic", "nobody but this account's own services can raise an alarm", closedTopic},
		{"fail-closed", "an event that is not in the stream is never answered with success", failClosed},
	}
}

// Check applies every rule. It returns nil, or every breach joined, a line each, in an order that depends on the stack alone.
func Check(stack *tfjson.Stack, expect Expect) error {
	c := &checker{stack: stack, expect: expect}
	for _, rule := range rules() {
		c.rule = rule.name
		rule.check(c)
	}
	return errors.Join(c.breaches...)
}
