package deployer

import (
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Need is what a deployment must be allowed to do: each action on each resource.
type Need struct {
	Actions []string
	// Resources are ARNs, or "*". What AWS makes up is "*" in them.
	Resources []string
	// Context are the keys of the request that the permission of a narrow role compares, such as iam:PassedToService.
	Context map[string][]string
	// Lists are the keys of Context that have several values in a request, such as kms:ResourceAliases.
	Lists map[string]bool
}

// Needs are what an apply of a stack needs in an account. The state's own bucket is part of it where the stack names one. The error names
// resources of a type that nothing is known of.
func Needs(written *tfjson.Stack, accountID string) ([]Need, error) {
	stack, err := resolve(written)
	if err != nil {
		return nil, err
	}
	allowed, err := policiesOf(stack)
	if err != nil {
		return nil, err
	}
	if typ, _, err := stack.Backend(); err == nil && typ == "s3" {
		if err := allowed.addState(stack); err != nil {
			return nil, err
		}
	}
	known := strings.NewReplacer(partition, stack.resolved.Surroundings().Partition, account, accountID)
	var needs []Need
	for _, s := range statements(allowed.apply) {
		need := Need{Actions: s.Action, Context: map[string][]string{}, Lists: map[string]bool{}}
		for _, resource := range s.Resource {
			need.Resources = append(need.Resources, known.Replace(resource))
		}
		for operator, keys := range s.Condition {
			for key, values := range keys {
				need.Context[key], need.Lists[key] = values, strings.HasPrefix(operator, forAnyValue)
			}
		}
		needs = append(needs, need)
	}
	return needs, nil
}
