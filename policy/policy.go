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
	rule Rule
	// resource is an address, or a type where a resource of it is missing.
	resource string
	problem  string
	remedy   string
}

// oneLine is for texts that come from the stack.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// Error is the breach on one line: the rule, the resource, what is wrong, why that matters, and the remedy.
func (b breach) Error() string {
	return oneLine.Replace(fmt.Sprintf("%s: %s: %s (%s); %s", b.rule.Name, b.resource, b.problem, b.rule.Reason, b.remedy))
}

// Check applies every rule. It returns nil, or every breach joined, a line each, in an order that depends on the stack alone.
func Check(stack *tfjson.Stack, expect Expect) error {
	c := &checker{stack: stack, expect: expect}
	for _, rule := range Rules() {
		c.rule = rule
		rule.check(c)
	}
	return errors.Join(c.breaches...)
}
