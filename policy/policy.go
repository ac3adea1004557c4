// Package policy has the rules that every synthesised stack must satisfy. It reads only the Terraform JSON, so a rule
// applies however the stack was made.
//
// If a rule cannot decide from the JSON, that is a breach too: a value that is known only after an apply never passes.
package policy

import (
	"errors"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Expect has the properties of an environment that the JSON does not contain.
type Expect struct {
	// Public is true if anybody may call the API.
	Public bool
}

// breach is one rule broken by one resource.
type breach struct { //nolint:errname // a breach is an error by itself; "breachError" would say it twice
	rule Rule
	// resource is an address, or a type if the stack has no resource of it.
	resource string
	problem  string
	remedy   string
}

// oneLine escapes the line breaks in texts from the stack.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// Error is the breach on one line: the rule, the resource, what is wrong, why that matters, and the remedy.
func (b breach) Error() string {
	return oneLine.Replace(fmt.Sprintf("%s: %s: %s (%s); %s", b.rule.Name, b.resource, b.problem, b.rule.Reason, b.remedy))
}

// Check applies every rule. It returns nil or all breaches joined, one on each line. Their order depends only on the stack. A stack
// that is nil, because it could not be read, is an error.
func Check(stack *tfjson.Stack, expect Expect) error {
	if stack == nil {
		return errors.New("policy: there is no stack to check; read one with tfjson.ReadFile, and handle its error first")
	}
	c := &checker{stack: stack, expect: expect}
	for _, rule := range Rules() {
		c.rule = rule
		rule.check(c)
	}
	return errors.Join(c.breaches...)
}
