package policy

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	kmsKey       = "aws_kms_key"
	kmsKeyPolicy = "aws_kms_key_policy"
	viaService   = "kms:ViaService"
	alarmService = "cloudwatch.amazonaws.com"
)

// otherKeys are the types of keys that KMS does not rotate, with policies of their own: a replica decrypts what its primary key
// encrypts.
var otherKeys = []string{"aws_kms_external_key", "aws_kms_replica_external_key", "aws_kms_replica_key"}

func customerKey(c *checker) {
	for _, key := range c.stack.Resources(kmsKey) {
		c.want(in(key), "enable_key_rotation", "true")
		c.want(in(key), "is_enabled", "", "true")
		c.want(in(key), "bypass_policy_lockout_safety_check", "", "false")
		c.keyPolicy(key)
	}
	for _, typ := range otherKeys {
		for _, key := range c.stack.Resources(typ) {
			c.want(in(key), "bypass_policy_lockout_safety_check", "", "false")
			c.keyPolicy(key)
		}
	}
	for _, policy := range c.stack.Resources(kmsKeyPolicy) {
		c.keyPolicy(policy)
	}
	for _, grant := range c.stack.Resources("aws_kms_grant") {
		c.breach(grant.Address(), "allows the use of a key that its policy does not allow", "leave it out: allow it in a role's policy")
	}
	if len(c.stack.Resources(kmsKey)) > 0 {
		c.encryptedWithKeys()
		c.keyUsers()
	}
}

// keyPolicy: the principals that a key's policy names may use the key without another permission. A service that it names may
// do so on behalf of anybody.
func (c *checker) keyPolicy(r tfjson.Resource) {
	statements, ok := c.document(in(r), "policy")
	if !ok {
		return
	}
	kept := false
	for i, s := range statements {
		if s.effect != allow {
			continue
		}
		where := fmt.Sprintf("policy: statement %d", i+1)
		for _, element := range s.inverted {
			c.breach(r.Address(), where+" has "+element, "name what it allows")
		}
		for _, action := range s.actions {
			if strings.ContainsAny(action, "*?$") {
				c.breach(r.Address(), fmt.Sprintf("%s allows the action %q", where, action), "name each action in full")
			}
		}
		c.keyPrincipals(r, where, s)
		kept = kept || c.isAccount(s) && len(s.conditions) == 0 && coversAny(s.actions, "kms:PutKeyPolicy")
	}
	if !kept {
		c.breach(r.Address(), "policy: the account may not change it", "allow kms:PutKeyPolicy to the account's root, or nobody can manage the key when the principals that it names are gone")
	}
}

// administrative are the actions that neither read nor write data, and cannot allow others to do so without the policy.
var administrative = regexp.MustCompile(`(?i)^kms:(CancelKeyDeletion|DescribeKey|(Create|Delete|Update)Alias|(Disable|Enable)Key(Rotation)?|Get[A-Za-z]+|List[A-Za-z]+|PutKeyPolicy|RevokeGrant|RotateKeyOnDemand|ScheduleKeyDeletion|(Tag|Untag)Resource|UpdateKeyDescription)$`)

func (c *checker) keyPrincipals(r tfjson.Resource, where string, s statement) {
	for _, names := range s.principals {
		if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "*") }) {
			c.breach(r.Address(), where+" lets in "+principalsText(s), "name the principals that may")
			return
		}
	}
	foreign := statement{principals: map[string][]string{"AWS": slices.DeleteFunc(slices.Clone(s.principals["AWS"]), c.isOwn)}}
	switch {
	case slices.ContainsFunc(s.actions, changesKey) && len(foreign.principals["AWS"]) > 0:
		c.breach(r.Address(), where+" lets "+principalsText(foreign)+", which no JSON shows to be of this account, change the key",
			"write the account's id as ${data.aws_caller_identity.NAME.account_id}, or add it to allowed_account_ids of the provider: other accounts may only use the key")
	case s.principals["Service"] != nil && !hasBound(s, func(string) bool { return true }):
		c.breach(r.Address(), where+" lets in "+principalsText(s)+" on behalf of any caller",
			"add a condition on the encryption context, or on aws:SourceArn")
	case s.principals["Service"] != nil:
	case slices.ContainsFunc(s.actions, func(action string) bool { return !administrative.MatchString(action) }) && !limitsService(s):
		c.breach(r.Address(), where+" lets "+principalsText(s)+" use the key directly",
			"add a condition on "+viaService+" under StringEquals: read data through the service that stores it")
	}
}

func limitsService(s statement) bool {
	return len(s.folded()["StringEquals"][strings.ToLower(viaService)]) > 0
}

// readingKeys are the administrative actions that change nothing.
var readingKeys = regexp.MustCompile(`(?i)^kms:(Describe|Get|List)`)

func changesKey(action string) bool {
	return administrative.MatchString(action) && !readingKeys.MatchString(action)
}

var (
	// principalAccount's groups are the account of a principal, in an ARN or alone, and the rest of the ARN.
	principalAccount = regexp.MustCompile(`^(?:arn:[^:*]+:(?:iam|sts)::)?([0-9]{12}|\$\{data\.[^}]+\})(:.+)?$`)
	// principalOfStack is the ARN of a resource of the stack.
	principalOfStack = regexp.MustCompile(`^\$\{aws_iam_[a-z_]+\.[^.}]+\.arn\}$`)
)

// isOwn reports whether a principal is shown to be of the stack's account.
func (c *checker) isOwn(principal string) bool {
	parts := principalAccount.FindStringSubmatch(principal)
	return principalOfStack.MatchString(principal) || parts != nil && c.isThisAccount(parts[1])
}

// isAccount reports whether a statement names the account, whose IAM policies then decide.
func (c *checker) isAccount(s statement) bool {
	return slices.ContainsFunc(s.principals["AWS"], func(principal string) bool {
		parts := principalAccount.FindStringSubmatch(principal)
		return parts != nil && (parts[2] == ":root" || parts[2] == "") && c.isThisAccount(parts[1])
	})
}

// encryptedWithKeys checks that all data has a key of the stack. If the stack has a key, other encryption is an oversight.
func (c *checker) encryptedWithKeys() {
	for _, kind := range []struct{ typ, key string }{
		{kinesisStream, "kms_key_id"}, {logGroup, "kms_key_id"},
	} {
		for _, r := range c.stack.Resources(kind.typ) {
			c.encryptedWith(in(r), kind.key)
		}
	}
	for _, topic := range c.stack.Resources(snsTopic) {
		if key, ok := c.encryptedWith(in(topic), "kms_master_key_id"); ok {
			c.alarmsMayUse(key, topic)
		}
	}
	for _, group := range c.stack.Resources(athenaWorkgroup) {
		results := c.block(c.block(c.block(in(group), "configuration"), "result_configuration"), "encryption_configuration")
		c.want(results, "encryption_option", "SSE_KMS")
		c.encryptedWith(results, "kms_key_arn")
	}
	for _, d := range c.deliveries() {
		if d.body["kms_key_arn"] != nil {
			c.encryptedWith(d.place, "kms_key_arn")
		}
	}
	for _, bucket := range c.stack.Resources(s3Bucket) {
		if !c.receivesLogs(bucket) && !c.isPublished(bucket) { // which "access-log" and "web-page" check
			c.encryptedBucket(bucket)
		}
	}
}

// isPublished reports whether CloudFront serves the bucket to everybody. Then its objects are not secret.
func (c *checker) isPublished(bucket tfjson.Resource) bool {
	policy, _ := c.bucketPart(bucket, s3BucketPolicy)
	statements, err := c.parseDocument(policy.Body["policy"])
	return err == nil && slices.ContainsFunc(statements, func(s statement) bool {
		return s.effect == allow && service(s) == cloudFrontService
	})
}

// alarmsMayUse: SNS encrypts a message with the publisher's permissions, and CloudWatch reports no error if it lacks them.
func (c *checker) alarmsMayUse(key, topic tfjson.Resource) {
	needed := []string{"kms:Decrypt", "kms:GenerateDataKey"}
	statements, err := c.parseDocument(key.Body["policy"])
	if err != nil {
		return // reported with the key
	}
	if !slices.ContainsFunc(statements, func(s statement) bool {
		return s.effect == allow && service(s) == alarmService && c.forThisAccount(s) && coversEach(s.actions, needed)
	}) {
		c.breach(key.Address(), "policy: "+alarmService+" may not use it, so no alarm reaches "+topic.Address(),
			"allow it "+strings.Join(needed, ", ")+" where aws:SourceAccount is the account's")
	}
}

func coversEach(actions, needed []string) bool {
	return !slices.ContainsFunc(needed, func(action string) bool { return !coversAny(actions, action) })
}

// encryptedWith is the key of the stack that a place names. It reports a place that names none.
func (c *checker) encryptedWith(p place, attribute string) (tfjson.Resource, bool) {
	key, ok := c.keyOf(p.body[attribute])
	if !ok {
		c.breachAt(p, p.path+attribute+" refers to no key of the stack", "refer to the ARN of one")
	}
	return key, ok
}

func (c *checker) keyOf(v any) (tfjson.Resource, bool) { return c.follow(v, kmsKey, "arn") }

func (c *checker) encryptedBucket(bucket tfjson.Resource) {
	encryption, ok := c.bucketPart(bucket, s3Encryption)
	if !ok {
		return // "private-bucket" reports it
	}
	rule := c.block(in(encryption), "rule")
	c.want(rule, "bucket_key_enabled", "true")
	byDefault := c.block(rule, "apply_server_side_encryption_by_default")
	c.want(byDefault, "sse_algorithm", "aws:kms", "aws:kms:dsse")
	key, ok := c.encryptedWith(byDefault, "kms_master_key_id")
	if !ok {
		return
	}
	if !slices.Contains(list(bucket.Body["depends_on"]), key.Address()) {
		c.breach(bucket.Address(), "does not depend on "+key.Address(), "add it to depends_on, or a destroy that cannot delete the bucket deletes the key of its objects")
	}
	c.deniesOtherKeys(bucket, key)
}

// deniesOtherKeys: the writer of an object may choose another encryption than the bucket's.
func (c *checker) deniesOtherKeys(bucket, key tfjson.Resource) {
	policy, ok := c.bucketPart(bucket, s3BucketPolicy)
	if !ok {
		return
	}
	statements, err := c.parseDocument(policy.Body["policy"])
	if err != nil {
		return // reported with the other bucket policies
	}
	for _, want := range []map[string]map[string][]string{
		{
			"Null":            {"s3:x-amz-server-side-encryption": {"false"}},
			"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": {arnOf(key)}},
		},
		{"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": {"false"}}},
	} {
		denied := func(s statement) bool {
			return s.effect == deny && len(s.inverted) == 0 && isEverybody(s) && coversAny(s.actions, "s3:PutObject") &&
				slices.Contains(s.resources, arnOf(bucket)+"/*") && reflect.DeepEqual(s.folded(), want)
		}
		if !slices.ContainsFunc(statements, denied) {
			c.breach(policy.Address(), "does not deny objects with another encryption than "+key.Address(),
				"deny s3:PutObject to the principal \"*\" "+conditionsText(want))
		}
	}
}

// keyUsers: if a role may not use the key, Kinesis or S3 refuses it when the first event comes.
func (c *checker) keyUsers() {
	for _, r := range c.stack.Resources(integration) {
		role, ok := c.follow(r.Body["credentials"], iamRole, "arn")
		uri, _ := r.Body["uri"].(string)
		if !ok || !putAction.MatchString(c.settle(uri)) {
			continue
		}
		templates, _ := r.Body["request_templates"].(map[string]any)
		for _, kind := range slices.Sorted(maps.Keys(templates)) {
			text, _ := templates[kind].(string)
			for _, stream := range c.streamsIn(text) {
				c.mayUse(role, r, stream.Body["kms_key_id"], "kinesis", arnOf(stream), "kms:GenerateDataKey")
			}
		}
	}
	for _, d := range c.deliveries() {
		c.deliveryMayUse(d)
	}
}

func (c *checker) deliveryMayUse(d delivery) {
	source := c.block(in(d.resource), "kinesis_source_configuration")
	if stream, ok := c.follow(source.body["kinesis_stream_arn"], kinesisStream, "arn"); ok {
		if role, ok := c.follow(source.body["role_arn"], iamRole, "arn"); ok {
			c.mayUse(role, d.resource, stream.Body["kms_key_id"], "kinesis", arnOf(stream), "kms:Decrypt")
		}
	}
	role, ok := c.follow(d.body["role_arn"], iamRole, "arn")
	encryption, encrypted := c.bucketPart(d.bucket, s3Encryption)
	if !ok || !d.hasBucket || !encrypted {
		return
	}
	byDefault := c.block(c.block(in(encryption), "rule"), "apply_server_side_encryption_by_default")
	c.mayUse(role, d.resource, byDefault.body["kms_master_key_id"], "s3", arnOf(d.bucket), "kms:Decrypt", "kms:GenerateDataKey")
}

// mayUse checks that a role may use a key through a service for one resource. The allowing statement may have only the two
// conditions for that service and resource.
func (c *checker) mayUse(role, user tfjson.Resource, keyID any, service, resource string, actions ...string) {
	key, ok := c.keyOf(keyID)
	if !ok {
		return // reported with what it encrypts
	}
	var missing []string
	for _, action := range actions {
		if !c.allowsWhere(role, action, arnOf(key), func(s statement) bool { return isThrough(s, service, resource) }) {
			missing = append(missing, action)
		}
	}
	if missing != nil {
		c.breach(role.Address(), fmt.Sprintf("is not allowed %s on %s through %s for %s, which %s needs",
			strings.Join(missing, ", "), arnOf(key), service, resource, user.Address()),
			"allow it in an inline policy, with conditions on "+viaService+" and on kms:EncryptionContext:aws:"+service+":arn at most")
	}
}

// isThrough reports whether a statement's conditions are true for every call of a service for one resource.
func isThrough(s statement, service, resource string) bool {
	for operator, keys := range s.conditions {
		for key, values := range keys {
			var holds bool
			switch {
			case operator != "StringEquals":
			case strings.EqualFold(key, viaService):
				holds = slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, service+".") })
			case strings.EqualFold(key, "kms:EncryptionContext:aws:"+service+":arn"):
				holds = slices.Contains(values, resource)
			}
			if !holds {
				return false
			}
		}
	}
	return true
}
