package verify

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// rolesAsDeclared compares each role's trust and policies with the stack's.
func rolesAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	roles := r.stack.Resources("aws_iam_role")
	for _, role := range roles {
		if failed, ok := r.compareRole(ctx, &d, role.Body); !ok {
			return worse(d.outcome("", redeploy), failed)
		}
	}
	return d.outcome(itoa(len(roles))+" roles", redeploy)
}

// compareRole is not ok where a call fails.
func (r *run) compareRole(ctx context.Context, d *differences, body map[string]any) (outcome, bool) {
	name := text(body["name"])
	on := "the role " + name
	answer, err := r.AWS.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
	if err != nil {
		return unread(err, "iam:GetRole", on), false
	}
	if answer.Role == nil {
		return withoutMember("GetRole", "Role"), false
	}
	d.comparePolicy("the trust of "+name, r.actual(text(body["assume_role_policy"])), unescaped(aws.ToString(answer.Role.AssumeRolePolicyDocument)))
	boundary := ""
	if answer.Role.PermissionsBoundary != nil {
		boundary = aws.ToString(answer.Role.PermissionsBoundary.PermissionsBoundaryArn)
	}
	d.compare("the boundary of "+name, text(body["permissions_boundary"]), boundary)
	if failed, ok := r.compareInline(ctx, d, name); !ok {
		return failed, false
	}
	return r.compareAttached(ctx, d, name)
}

func (r *run) compareInline(ctx context.Context, d *differences, role string) (outcome, bool) {
	on := "the role " + role
	declared := map[string]string{}
	for _, policy := range r.of("aws_iam_role_policy", "role", role) {
		declared[text(policy["name"])] = r.actual(text(policy["policy"]))
	}
	pages := iam.NewListRolePoliciesPaginator(r.AWS.IAM, &iam.ListRolePoliciesInput{RoleName: aws.String(role)})
	var there []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err, "iam:ListRolePolicies", on), false
		}
		there = append(there, page.PolicyNames...)
	}
	for name, want := range sorted(declared) {
		if !slices.Contains(there, name) {
			d.add(on+" has the inline policy "+name, "it has none of that name")
			continue
		}
		got, err := r.AWS.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(name)})
		if err != nil {
			return unread(err, "iam:GetRolePolicy", on), false
		}
		d.comparePolicy(role+"'s "+name, want, unescaped(aws.ToString(got.PolicyDocument)))
	}
	for _, name := range there {
		if _, ok := declared[name]; !ok {
			d.add(on+" has only the stack's inline policies", "it also has "+name)
		}
	}
	return outcome{}, true
}

func (r *run) compareAttached(ctx context.Context, d *differences, role string) (outcome, bool) {
	var declared []string
	for _, attachment := range r.of("aws_iam_role_policy_attachment", "role", role) {
		declared = append(declared, r.actual(text(attachment["policy_arn"])))
	}
	pages := iam.NewListAttachedRolePoliciesPaginator(r.AWS.IAM, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(role)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err, "iam:ListAttachedRolePolicies", "the role "+role), false
		}
		for _, policy := range page.AttachedPolicies {
			arn := aws.ToString(policy.PolicyArn)
			if i := slices.Index(declared, arn); i >= 0 {
				declared = slices.Delete(declared, i, i+1)
				continue
			}
			d.add("the role "+role+" has only the stack's managed policies", "it also has "+arn)
		}
	}
	for _, arn := range declared {
		d.add("the role "+role+" has the managed policy "+arn, "it is not attached")
	}
	return outcome{}, true
}
