// Package deployer declares the roles that a GitHub workflow deploys environments with, as a Terraform stack of its own: for each
// environment one that may plan and one that may apply. What they may do is derived from the environment's synthesised stack.
package deployer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"cdk.tf/go/ingest/internal/plainjson"
	"cdk.tf/go/ingest/internal/tfversion"
	"cdk.tf/go/ingest/tfjson"
)

const (
	// issuer is GitHub's, and audience what aws-actions/configure-aws-credentials asks for
	// (https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws).
	issuer   = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"

	// maxPolicy is the size of a managed policy in characters, white space not counted, and maxPolicies the number of those that a role can
	// have without a request for more (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
	maxPolicy   = 6144
	maxPolicies = 10
	// maxRoleName is a role's longest name (same page).
	maxRoleName = 64
)

// Config of the roles.
type Config struct {
	// Stacks are those of the environments, as they are synthesised and not resolved. All are deployed to one account.
	Stacks []*tfjson.Stack
	// Repository is what GitHub writes after "repo:" in a token's subject: OWNER/NAME, or OWNER@ID/NAME@ID.
	Repository string
	// Branch is the branch whose workflows may apply. Empty means that jobs in the GitHub environment of the same name as the stack's may.
	Branch string
	// ExistingProvider takes GitHub's identity provider from the account, where another stack made it.
	ExistingProvider bool
	// BoundaryARN is a managed policy's, which bounds both roles; empty is none.
	BoundaryARN string
}

// The forms of what a trust policy compares. None may hold a wildcard. GitHub's names and ids:
// https://docs.github.com/en/actions/reference/security/oidc.
var (
	repositoryPattern = regexp.MustCompile(`^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$`)
	branchPattern     = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
	boundaryPattern   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$`)
)

// Check finds every problem of what the command's flags say at once, named by them.
func (c Config) Check() error {
	var errs []error
	if !repositoryPattern.MatchString(c.Repository) {
		errs = append(errs, fmt.Errorf("--repository is %q; use OWNER/NAME, or OWNER@ID/NAME@ID where GitHub puts ids into the subject of its tokens", c.Repository))
	}
	if c.Branch != "" && !branchPattern.MatchString(c.Branch) {
		errs = append(errs, fmt.Errorf("--branch is %q; use the name of one branch, such as main", c.Branch))
	}
	if c.BoundaryARN != "" && !boundaryPattern.MatchString(c.BoundaryARN) {
		errs = append(errs, fmt.Errorf("--permissions-boundary is %q; use the ARN of a managed policy, such as arn:aws:iam::111122223333:policy/boundary", c.BoundaryARN))
	}
	return errors.Join(errs...)
}

// object is a JSON object.
type object = map[string]any

// JSON is the whole stack as Terraform JSON. It is the same for the same configuration.
func (c Config) JSON() ([]byte, error) {
	b := builder{config: c, resources: map[string]object{}, outputs: object{}, names: map[string]bool{}}
	provider, region, place := object{}, "", ""
	for i, written := range c.Stacks {
		stack, err := resolve(written)
		if err != nil {
			return nil, err
		}
		if err := b.environment(stack); err != nil {
			return nil, err
		}
		if i == 0 {
			provider, region, place = providerOf(stack), stack.resolved.Region(), stack.resolved.Surroundings().Partition
		} else if account := providerOf(stack)["allowed_account_ids"]; fmt.Sprint(account) != fmt.Sprint(provider["allowed_account_ids"]) {
			return nil, errors.New("the environments are deployed to different accounts; print the roles of each account by themselves")
		} else if other := stack.resolved.Surroundings().Partition; other != place { // the ARNs have the partition of whoever applies
			return nil, fmt.Errorf("the environments are in the partitions %s and %s, of which an account is in one; print the roles of each account by themselves", place, other)
		}
	}
	data := object{"aws_caller_identity": object{"current": object{}}, "aws_partition": object{"current": object{}}}
	if c.ExistingProvider {
		data["aws_iam_openid_connect_provider"] = object{"github": object{"url": "https://" + issuer}}
	} else {
		b.add("aws_iam_openid_connect_provider", "github", object{"url": "https://" + issuer, "client_id_list": []string{audience}})
	}
	return plainjson.Indented(object{
		"terraform": tfversion.Block(region),
		"provider":  object{"aws": provider},
		"data":      data,
		"resource":  b.resources,
		"output":    b.outputs,
	})
}

// providerOf is the provider's block for the roles of a stack. IAM has no regions; the provider asks for one.
func providerOf(stack stackOf) object {
	provider := object{
		"region":       stack.resolved.Region(),
		"default_tags": object{"tags": object{"ManagedBy": "terraform", "Purpose": "deployment"}},
	}
	if accounts := stack.AllowedAccounts(); len(accounts) > 0 {
		provider["allowed_account_ids"] = accounts
	}
	return provider
}

// builder collects the resources and outputs of several environments.
type builder struct {
	config    Config
	resources map[string]object
	outputs   object
	names     map[string]bool
}

func (b builder) add(typ, name string, body object) {
	if b.resources[typ] == nil {
		b.resources[typ] = object{}
	}
	b.resources[typ][name] = body
}

func (b builder) environment(stack stackOf) error {
	project, name, err := nameOf(stack)
	if err != nil {
		return err
	}
	if b.names[name] {
		return fmt.Errorf("%s: the environment is given twice; name it once", name)
	}
	b.names[name] = true
	allowed, err := policiesOf(stack)
	if err := errors.Join(err, allowed.addState(stack)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	apply := "environment:" + name
	if b.config.Branch != "" {
		apply = "ref:refs/heads/" + b.config.Branch
	}
	// A pull request's token says the same of every branch, so that its role may only read.
	if err := b.role(project, "plan", name, "pull_request", allowed.plan); err != nil {
		return err
	}
	return b.role(project, "deploy", name, apply, allowed.apply)
}

// role adds a role of an environment, which tokens of one subject may assume.
func (b builder) role(project, task, environment, subject string, allowed map[permission]bool) error {
	name := project + "-" + task + "-" + environment
	if len(name) > maxRoleName {
		return fmt.Errorf("%s: the role's name has %d characters, and IAM takes %d; shorten Names.Prefix or the environment's name", name, len(name), maxRoleName)
	}
	id := task + "-" + environment
	body := object{
		"name":               name,
		"description":        fmt.Sprintf("GitHub Actions of %s: %s %s", b.config.Repository, task, environment),
		"assume_role_policy": compact(b.trust(subject)),
	}
	if b.config.BoundaryARN != "" {
		body["permissions_boundary"] = b.config.BoundaryARN
	}
	b.add("aws_iam_role", id, body)
	documents := split(statements(allowed))
	if len(documents) > maxPolicies {
		return fmt.Errorf("%s needs %d managed policies, and a role has at most %d; turn options off that it does not need", name, len(documents), maxPolicies)
	}
	for i, document := range documents {
		part := fmt.Sprintf("%s-%d", id, i+1)
		b.add("aws_iam_policy", part, object{"name": fmt.Sprintf("%s-%d", name, i+1), "policy": document})
		b.add("aws_iam_role_policy_attachment", part, object{
			"role": "${aws_iam_role." + id + ".name}", "policy_arn": "${aws_iam_policy." + part + ".arn}",
		})
	}
	b.outputs[task+"_role_"+environment] = object{
		"description": fmt.Sprintf("The role of the workflow's %s job for %s", task, environment), "value": "${aws_iam_role." + id + ".arn}",
	}
	return nil
}

// trust lets in tokens that GitHub made for one subject and for AWS alone.
func (b builder) trust(subject string) object {
	provider := "${aws_iam_openid_connect_provider.github.arn}"
	if b.config.ExistingProvider {
		provider = "${data.aws_iam_openid_connect_provider.github.arn}"
	}
	return object{"Version": "2012-10-17", "Statement": []any{object{
		"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": object{"Federated": provider},
		"Condition": object{"StringEquals": object{
			issuer + ":aud": audience,
			issuer + ":sub": "repo:" + b.config.Repository + ":" + subject,
		}},
	}}}
}

// split makes policy documents of statements, each as large as a managed policy may be.
func split(all []statement) []string {
	var documents []string
	var some []statement
	for _, statement := range all {
		if size(document(append(some, statement))) > maxPolicy && len(some) > 0 {
			documents, some = append(documents, document(some)), nil
		}
		some = append(some, statement)
	}
	return append(documents, document(some))
}

func document(statements []statement) string {
	return compact(object{"Version": "2012-10-17", "Statement": statements})
}

// size is a policy's as IAM counts it, at the most: an account's id has 12 digits, and no partition's name is longer than aws-us-gov.
func size(document string) int {
	document = strings.NewReplacer(account, someAccount, partition, "aws-us-gov").Replace(document)
	count := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			count++
		}
	}
	return count
}

func compact(value any) string {
	text, _ := plainjson.Line(value) // maps and texts always become JSON
	return text
}
