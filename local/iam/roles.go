package iam

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Roles are a stack's roles with their policies, and the policies of the stack's resources.
type Roles struct {
	account, partition, region, dnsSuffix string
	byARN                                 map[string]*role
	// resources are the policies of buckets, streams and keys, by the resource's ARN.
	resources map[string]attached
	// keys are the ARNs of the stack's KMS keys, by each name that a resource may use for one.
	keys map[string]string
}

type role struct {
	address, arn, name, uniqueID string
	trust                        attached
	policies                     []attached
	// inline counts the characters of its inline policies.
	inline int
	// idle is true for a role that no service here may assume, such as a function's. Its permissions are never evaluated.
	idle bool
}

// attached is a document and its place in the stack, for messages.
type attached struct {
	document
	place string
}

// reader collects the roles, the policies and the problems of a stack.
type reader struct {
	stack *tfjson.Stack
	roles *Roles
	// byName are the roles by name; managed are the stack's managed policies by ARN.
	byName  map[string]*role
	managed map[string]attached
	errs    []error
}

// Types are the resource types that Read reads, sorted. The policies of buckets, streams and keys are among them.
func Types() []string {
	return []string{
		"aws_iam_policy", "aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment",
		"aws_kinesis_resource_policy", "aws_kms_alias", "aws_kms_key", "aws_s3_bucket_policy",
	}
}

// Read reads the roles of a resolved stack and every policy that decides about them: aws_iam_role with its inline
// policies, aws_iam_role_policy, aws_iam_policy with aws_iam_role_policy_attachment, aws_s3_bucket_policy,
// aws_kinesis_resource_policy, aws_kms_key with aws_kms_alias. A document that cannot be read is an error. For a role that some
// service here may assume, settings that cannot be evaluated are errors too. The error holds all problems, a line each.
func Read(stack *tfjson.Stack) (*Roles, error) {
	where := stack.Surroundings()
	if where.Account == "" {
		return nil, errors.New("the stack is not resolved")
	}
	r := &reader{
		stack: stack, byName: map[string]*role{}, managed: map[string]attached{},
		roles: &Roles{
			account: where.Account, partition: where.Partition, region: stack.Region(), dnsSuffix: stack.DNSSuffix(),
			byARN: map[string]*role{}, resources: map[string]attached{}, keys: map[string]string{},
		},
	}
	r.each("aws_iam_policy", r.readManaged)
	r.each("aws_iam_role", r.readRole)
	r.each("aws_iam_role_policy", r.readRolePolicy)
	r.each("aws_iam_role_policy_attachment", r.readAttachment)
	r.each("aws_s3_bucket", r.readBucket)
	r.each("aws_s3_bucket_policy", r.readBucketPolicy)
	r.each("aws_kinesis_resource_policy", r.readStreamPolicy)
	r.each("aws_kms_key", r.readKey)
	r.each("aws_kms_alias", r.readAlias)
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return r.roles, nil
}

func (r *reader) each(typ string, read func(tfjson.Resource) error) {
	for _, resource := range r.stack.Resources(typ) {
		if err := read(resource); err != nil {
			r.errs = append(r.errs, err)
		}
	}
}

// roleBody is aws_iam_role's body.
type roleBody struct {
	Trust        string   `tf:"assume_role_policy"`
	Path         string   `tf:"path"`
	Boundary     string   `tf:"permissions_boundary"`
	ManagedARNs  []string `tf:"managed_policy_arns"`
	InlinePolicy []struct {
		Name   string `tf:"name"`
		Policy string `tf:"policy"`
	} `tf:"inline_policy"`

	// These have no effect here. The name is read as an attribute, because the provider may generate it. A session here does not
	// expire, as AWS's services renew theirs.
	Name        string         `tf:"name"`
	NamePrefix  string         `tf:"name_prefix"`
	Description string         `tf:"description"`
	ForceDetach bool           `tf:"force_detach_policies"`
	MaxSession  int            `tf:"max_session_duration"`
	Tags        map[string]any `tf:"tags"`
	TagsAll     map[string]any `tf:"tags_all"`
	ID          string         `tf:"id"`
}

func (r *reader) readRole(resource tfjson.Resource) error {
	address := resource.Address()
	name, err := r.stack.Attribute(address, "name")
	if err != nil {
		return err
	}
	if r.byName[name] != nil {
		return fmt.Errorf("%s: name is %q, but another role has that name; use another", address, name)
	}
	found := &role{address: address, name: name}
	r.byName[name] = found // even with a problem, so that its policies are read and their problems reported
	var body roleBody
	if err := resource.Into(&body); err != nil {
		return err
	}
	if found.arn, err = r.stack.Attribute(address, "arn"); err != nil {
		return err
	}
	if found.uniqueID, err = r.stack.Attribute(address, "unique_id"); err != nil {
		return err
	}
	if found.trust, err = parse(address+": assume_role_policy", body.Trust, trustPolicy); err != nil {
		return err
	}
	if err := bound(found.trust.place, body.Trust, maxTrust, "allow fewer principals"); err != nil {
		return err
	}
	found.idle = !found.trust.namesService()
	r.roles.byARN[found.arn] = found
	return r.readInline(found, body)
}

// readInline reads the policies in a role's own body.
func (r *reader) readInline(found *role, body roleBody) error {
	if body.Boundary != "" && !found.idle {
		return fmt.Errorf("%s: permissions_boundary is not evaluated on one machine; leave it out of the environment that runs here", found.address)
	}
	for i, inline := range body.InlinePolicy {
		if err := found.add(fmt.Sprintf("%s: inline_policy[%d].policy", found.address, i), inline.Policy); err != nil {
			return err
		}
	}
	for _, arn := range body.ManagedARNs {
		if err := r.attach(found, found.address+": managed_policy_arns", arn); err != nil {
			return err
		}
	}
	return nil
}

// add gives a role an inline policy.
func (r *role) add(place, text string) error {
	kind := identityPolicy
	if r.idle {
		kind = idlePolicy
	}
	policy, err := parse(place, text, kind)
	if err != nil {
		return err
	}
	r.policies = append(r.policies, policy)
	if r.inline += length(text); r.inline > maxInline {
		return fmt.Errorf("%s: with it the inline policies of the role %s have %d characters without white space, and IAM takes %d; move statements to an aws_iam_policy",
			place, r.name, r.inline, maxInline)
	}
	return nil
}

func (r *reader) readRolePolicy(resource tfjson.Resource) error {
	var body struct {
		Role   string `tf:"role"`
		Policy string `tf:"policy"`
		// A policy's name has no effect.
		Name       string `tf:"name"`
		NamePrefix string `tf:"name_prefix"`
		ID         string `tf:"id"`
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	found, err := r.role(resource.Address(), body.Role)
	if err != nil {
		return err
	}
	return found.add(resource.Address()+": policy", body.Policy)
}

func (r *reader) readManaged(resource tfjson.Resource) error {
	var body struct {
		Policy string `tf:"policy"`
		// The ARN is read as an attribute; the rest has no effect.
		Name        string         `tf:"name"`
		NamePrefix  string         `tf:"name_prefix"`
		Path        string         `tf:"path"`
		Description string         `tf:"description"`
		Tags        map[string]any `tf:"tags"`
		TagsAll     map[string]any `tf:"tags_all"`
		ID          string         `tf:"id"`
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	arn, err := r.stack.Attribute(resource.Address(), "arn")
	if err != nil {
		return err
	}
	if r.managed[arn], err = parse(resource.Address()+": policy", body.Policy, identityPolicy); err != nil {
		return err
	}
	return bound(resource.Address()+": policy", body.Policy, maxManaged, "divide it into several")
}

func (r *reader) readAttachment(resource tfjson.Resource) error {
	var body struct {
		Role string `tf:"role"`
		ARN  string `tf:"policy_arn"`
		ID   string `tf:"id"` // no effect
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	found, err := r.role(resource.Address(), body.Role)
	if err != nil {
		return err
	}
	return r.attach(found, resource.Address()+": policy_arn", body.ARN)
}

// attach gives a role a managed policy. It refuses AWS's managed policies: AWS may change them, and the stack does not hold them.
func (r *reader) attach(found *role, place, arn string) error {
	policy, ok := r.managed[arn]
	switch {
	case ok:
		found.policies = append(found.policies, policy)
	case !found.idle:
		return fmt.Errorf("%s: the stack does not hold the policy %s, so its permissions are not known here; write its statements as an aws_iam_role_policy",
			place, arn)
	}
	return nil
}

func (r *reader) role(address, name string) (*role, error) {
	found := r.byName[name]
	if found == nil {
		return nil, fmt.Errorf("%s: role is %q, but no aws_iam_role of the stack has that name; refer to one that is declared", address, name)
	}
	return found, nil
}

// readBucket reads the argument policy of a bucket, the older way to give it a policy. It reads nothing else of the bucket.
func (r *reader) readBucket(resource tfjson.Resource) error {
	policy, _ := resource.Body["policy"].(string)
	if policy == "" {
		return nil
	}
	arn, err := r.stack.Attribute(resource.Address(), "arn")
	if err != nil {
		return err
	}
	return r.addResourcePolicy(arn, resource.Address()+": policy", policy)
}

func (r *reader) readBucketPolicy(resource tfjson.Resource) error {
	var body struct {
		Bucket string `tf:"bucket"`
		Policy string `tf:"policy"`
		ID     string `tf:"id"` // no effect
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	return r.addResourcePolicy("arn:"+r.roles.partition+":s3:::"+body.Bucket, resource.Address()+": policy", body.Policy)
}

func (r *reader) readStreamPolicy(resource tfjson.Resource) error {
	var body struct {
		ARN    string `tf:"resource_arn"`
		Policy string `tf:"policy"`
		ID     string `tf:"id"` // no effect
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	return r.addResourcePolicy(body.ARN, resource.Address()+": policy", body.Policy)
}

func (r *reader) addResourcePolicy(arn, place, text string) error {
	if other, twice := r.roles.resources[arn]; twice {
		return fmt.Errorf("%s: %s has a policy already, %s; AWS keeps only one, so join them", place, arn, other.place)
	}
	document, err := parse(place, text, resourcePolicy)
	if err == nil {
		r.roles.resources[arn] = document
	}
	return err
}

// policyKind decides what a document may hold.
type policyKind int

const (
	identityPolicy policyKind = iota
	idlePolicy                // of an idle role
	resourcePolicy
	trustPolicy
)

func parse(place, text string, kind policyKind) (attached, error) {
	if text == "" {
		return attached{}, fmt.Errorf("%s is empty; write a policy document", place)
	}
	document, err := parseDocument(text)
	if err == nil {
		err = kind.check(document)
	}
	if err == nil {
		err = kind.checkKeys(document)
	}
	if err != nil {
		return attached{}, fmt.Errorf("%s: %w", place, err)
	}
	return attached{document, place}, nil
}

// check refuses what AWS refuses in this kind of document.
func (k policyKind) check(d document) error {
	for i, s := range d.statements {
		problem := ""
		switch {
		case k <= idlePolicy && s.principals != nil:
			problem = `a role's policy has no "Principal"; the principal is the role`
		case k > idlePolicy && s.principals == nil:
			problem = `"Principal" is missing`
		case k == trustPolicy && s.resources.patterns != nil:
			problem = `a trust policy has no "Resource"; the resource is the role`
		case k == resourcePolicy && s.resources.patterns == nil:
			problem = `"Resource" is missing`
		}
		if problem != "" {
			return fmt.Errorf("statement %d: %s", i+1, problem)
		}
	}
	if k == resourcePolicy { // is no policy of IAM
		return nil
	}
	return d.checkIDs()
}

// checkKeys refuses a condition key whose value on AWS is not known here. Without the value, a Deny that depends on it could be
// missed.
func (k policyKind) checkKeys(d document) error {
	known := sessionKeys
	switch k {
	case idlePolicy:
		return nil
	case trustPolicy:
		known = trustKeys
	}
	for _, key := range d.conditionKeys() {
		if !slices.Contains(known, key) && (k == trustPolicy || !isKeyCondition(key)) {
			return fmt.Errorf("the condition key %s has no value on one machine; leave it out of the environment that runs here", key)
		}
	}
	return nil
}

// sessionKeys are the condition keys of a call that an AWS service makes with a role's session: those that Session fills in, and
// those that such a call does not have on AWS (IAM User Guide, reference_policies_condition-keys).
//
// Assumption IAM-3: the calls that API Gateway and Firehose make with a role go through no VPC endpoint, and have no
// aws:CalledVia: it is not in a call that a service makes "using a service role" (IAM User Guide,
// reference_policies_condition-keys).
var sessionKeys = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principaltype", "aws:requestedregion",
	"aws:resourceaccount", "aws:securetransport", "aws:userid", "aws:viaawsservice", "s3:resourceaccount",

	"aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:principalservicename",
	"aws:principalservicenameslist", "aws:sourceaccount", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce",
	"aws:username", "aws:vpcsourceip",
}

// trustKeys are the condition keys that a service can give when it assumes a role. The caller of Assume decides which it gives.
var trustKeys = []string{"aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "sts:externalid"}

// bucketARN matches the ARN of a bucket, or the bucket's part of an object's ARN.
var bucketARN = regexp.MustCompile(`^arn:[^:]*:s3:::[^/]*`)

// policyOf is the policy of a resource; ok is false if it has none.
func (r *Roles) policyOf(resource string) (document attached, ok bool) {
	if bucket := bucketARN.FindString(resource); bucket != "" {
		resource = bucket
	} else if at := strings.Index(resource, "/consumer/"); at >= 0 {
		resource = resource[:at]
	}
	document, ok = r.resources[resource]
	return document, ok
}
