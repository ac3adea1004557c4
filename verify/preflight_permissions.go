package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"cdk.tf/go/ingest/deployer"
)

// permissions asks IAM's simulator whether the caller may do what an apply does. The simulator knows the caller's own policies, its
// boundary and the organisation's policies without conditions, and no resource policies (IAM user guide, "Testing IAM policies with the
// IAM policy simulator").
func (p *preflight) permissions(ctx context.Context) outcome {
	if p.failed != nil {
		return unread(p.failed, "sts:GetCallerIdentity", "the account")
	}
	principal, why := p.principal(ctx)
	if why != "" {
		return notShown(why)
	}
	needs, err := deployer.Needs(p.written, p.Account)
	if err != nil {
		return unknown(err, "add the type to deployer/grants.go")
	}
	var refused []string
	asked := 0
	for _, need := range needs {
		some, n, err := p.simulate(ctx, principal, need)
		if err != nil {
			if found := unread(err, "iam:SimulatePrincipalPolicy", principal); !slices.Contains(denied, codeOf(err)) {
				return found
			}
			return notShown("the credentials may not call iam:SimulatePrincipalPolicy; allow it on " + principal + " to see this check")
		}
		refused, asked = append(refused, some...), asked+n
	}
	if len(refused) > 0 {
		return differs(fmt.Sprintf("%d permissions", asked), fmt.Sprintf("%d are missing%s", len(refused), named(refused)),
			"allow them to "+principal+"; ingest deployer prints roles that have them")
	}
	return holds("%d permissions of %s", asked, principal)
}

// principal is the user or role whose policies the credentials have, or why there is none to simulate.
func (p *preflight) principal(ctx context.Context) (arn, why string) {
	arn = aws.ToString(p.caller.Arn)
	kind, rest, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
	switch kind {
	case "user":
		return arn, ""
	case "root":
		return "", "the credentials are the account's root user's, which may do everything; use a role with fewer permissions"
	case "assumed-role":
		// The session's ARN lacks the role's path.
		name, _, _ := strings.Cut(rest, "/")
		role, err := p.AWS.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
		if err != nil {
			return "", "the role " + name + " cannot be read (" + oneLine(err) + "); allow iam:GetRole on it to see this check"
		}
		if role.Role == nil {
			return "", "the answer to GetRole has no role " + name
		}
		return aws.ToString(role.Role.Arn), ""
	}
	return "", "IAM simulates users and roles, and the credentials are of " + arn
}

// maxActions is how many actions a simulation has here. Each is evaluated for each resource, so few of them keep the answers short.
const maxActions = 50

// simulate gives the refused of a need's permissions, and how many it asked for.
func (p *preflight) simulate(ctx context.Context, principal string, need deployer.Need) (refused []string, asked int, err error) {
	var entries []types.ContextEntry
	for key, values := range need.Context {
		kind := types.ContextKeyTypeEnumString
		if need.Lists[key] || len(values) > 1 {
			kind = types.ContextKeyTypeEnumStringList
		}
		entries = append(entries, types.ContextEntry{ContextKeyName: aws.String(key), ContextKeyType: kind, ContextKeyValues: values})
	}
	var resources []string
	for _, resource := range need.Resources {
		if resource != "*" {
			resource = strings.ReplaceAll(resource, "*", "preflight") // an id that AWS makes up
		}
		resources = append(resources, resource)
	}
	for actions := range slices.Chunk(need.Actions, maxActions) {
		pages := iam.NewSimulatePrincipalPolicyPaginator(p.AWS.IAM, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(principal), ActionNames: actions, ResourceArns: resources, ContextEntries: entries,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, 0, err
			}
			for _, result := range page.EvaluationResults {
				some, n := decisions(result)
				refused, asked = append(refused, some...), asked+n
			}
		}
	}
	return refused, asked, nil
}

// decisions gives the refused of an action's permissions, and how many it has. The simulator answers once for each action: its decision
// is the most restrictive of all resources, and each resource's own stands below it (IAM API reference, EvaluationResult).
func decisions(result types.EvaluationResult) (refused []string, asked int) {
	each := result.ResourceSpecificResults
	if len(each) == 0 {
		each = []types.ResourceSpecificResult{{EvalResourceName: result.EvalResourceName, EvalResourceDecision: result.EvalDecision}}
	}
	for _, one := range each {
		if one.EvalResourceDecision != types.PolicyEvaluationDecisionTypeAllowed {
			refused = append(refused, aws.ToString(result.EvalActionName)+" on "+aws.ToString(one.EvalResourceName))
		}
	}
	return refused, len(each)
}
