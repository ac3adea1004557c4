package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	s3Bucket       = "aws_s3_bucket"
	s3BucketPolicy = "aws_s3_bucket_policy"
)

// separate are the settings of a bucket that have a resource of their own, which the rules read, with the end of its type.
var separate = map[string]string{
	"cors_rule":                            "cors_configuration",
	"lifecycle_rule":                       "lifecycle_configuration",
	"logging":                              "logging",
	"object_lock_configuration":            "object_lock_configuration",
	"replication_configuration":            "replication_configuration",
	"server_side_encryption_configuration": "server_side_encryption_configuration",
	"versioning":                           "versioning",
}

func privateBucket(c *checker) {
	for _, bucket := range c.stack.Resources(s3Bucket) {
		c.want(in(bucket), "acl", "", "private")
		for _, key := range []string{"grant", "policy"} {
			if bucket.Body[key] != nil {
				c.breach(bucket.Address(), key+" is set in the bucket itself", "leave it out: BucketOwnerEnforced and an aws_s3_bucket_policy control access")
			}
		}
		for _, key := range slices.Sorted(maps.Keys(separate)) {
			if bucket.Body[key] != nil {
				c.breach(bucket.Address(), key+" is set in the bucket itself", "leave it out: it and "+s3Bucket+"_"+separate[key]+" undo each other")
			}
		}
		c.companions(bucket)
	}
	for _, acl := range c.stack.Resources("aws_s3_bucket_acl") {
		c.want(in(acl), "acl", "private", "bucket-owner-full-control")
		if acl.Body["access_control_policy"] != nil {
			c.breach(acl.Address(), "access_control_policy lets others in", "leave it out: a bucket policy controls access")
		}
	}
	// Every bucket policy, whether or not the stack has the bucket.
	for _, policy := range c.stack.Resources(s3BucketPolicy) {
		c.closed(in(policy), "policy")
	}
	for _, account := range c.stack.Resources("aws_s3_account_public_access_block") {
		for _, key := range publicAccess {
			c.want(in(account), key, "true") // the provider's default is false
		}
	}
	c.otherReaders()
	c.copies()
	c.notifications()
}

// readers are the types whose policies let others read or write events: access points of a bucket, and the stream. A document is
// in an argument of the resource, or of its block.
var readers = []struct{ typ, block, key string }{
	{"aws_kinesis_resource_policy", "", "policy"},
	{"aws_s3_access_point", "", "policy"},
	{"aws_s3control_access_grants_instance_resource_policy", "", "policy"},
	{"aws_s3control_access_point_policy", "", "policy"},
	{"aws_s3control_bucket_policy", "", "policy"},
	{"aws_s3control_multi_region_access_point_policy", "details", "policy"},
	{"aws_s3control_object_lambda_access_point_policy", "", "policy"},
	{"aws_s3tables_table_bucket_policy", "", "resource_policy"},
	{"aws_s3tables_table_policy", "", "resource_policy"},
}

// otherReaders checks the policies of other ways to the events, and the public access that an access point allows.
func (c *checker) otherReaders() {
	for _, reader := range readers {
		for _, r := range c.stack.Resources(reader.typ) {
			places := []place{in(r)}
			if reader.block != "" {
				places = c.blocks(in(r), reader.block)
			}
			for _, p := range places {
				if p.body[reader.key] != nil {
					c.closed(p, reader.key)
				}
			}
		}
	}
	for _, point := range c.stack.Resources("aws_s3_access_point") {
		c.blocksPublic(in(point), "public_access_block_configuration")
	}
	for _, point := range c.stack.Resources("aws_s3control_multi_region_access_point") {
		c.blocksPublic(c.block(in(point), "details"), "public_access_block")
	}
}

func (c *checker) blocksPublic(p place, name string) {
	for _, access := range c.blocks(p, name) {
		for _, key := range publicAccess {
			c.want(access, key, "", "true")
		}
	}
}

// closed checks that a policy names those whom it lets in, for which accounts a service may act, and that none of them may change
// who else is let in or destroy what must be recoverable.
func (c *checker) closed(p place, key string) {
	if statements, ok := c.document(p, key); ok {
		c.namesPrincipals(p, key, statements)
		c.boundServices(p, key, statements)
		c.keepsControl(p, key, statements)
	}
}

// control are the actions on a bucket or a stream that change who may do what, or destroy what cannot be recovered.
var control = []string{
	"kinesis:DeleteResourcePolicy", "kinesis:DeleteStream", "kinesis:PutResourcePolicy", "kinesis:StopStreamEncryption",
	"s3:BypassGovernanceRetention", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObjectVersion", "s3:PutBucketAcl",
	"s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning",
	"s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration",
}

func (c *checker) keepsControl(p place, key string, statements []statement) {
	for i, s := range statements {
		if s.effect != allow || letsInAnybody(s) {
			continue
		}
		if slices.Contains(s.inverted, "NotAction") {
			c.breachAt(p, fmt.Sprintf("%s: statement %d has NotAction", p.path+key, i+1), "name what it allows")
			continue
		}
		for _, action := range control {
			if coversAny(s.actions, action) {
				c.breachAt(p, fmt.Sprintf("%s: statement %d allows %s to %s", p.path+key, i+1, action, everybodyOr(s)),
					"name only actions that read or write data: the account's own principals need their own policies for the others")
				break
			}
		}
	}
}

// copies checks that S3 copies objects, and lists of them, only to buckets of the stack, and Firehose its backup of the records.
func (c *checker) copies() {
	var targets []place
	for _, r := range c.stack.Resources("aws_s3_bucket_replication_configuration") {
		for _, rule := range c.blocks(in(r), "rule") {
			targets = append(targets, c.blocks(rule, "destination")...)
		}
	}
	for _, r := range c.stack.Resources("aws_s3_bucket_inventory") {
		targets = append(targets, c.blocks(c.block(in(r), "destination"), "bucket")...)
	}
	for _, r := range c.stack.Resources("aws_s3_bucket_analytics_configuration") {
		for _, analysis := range c.blocks(in(r), "storage_class_analysis") {
			export := c.block(c.block(analysis, "data_export"), "destination")
			targets = append(targets, c.blocks(export, "s3_bucket_destination")...)
		}
	}
	for _, d := range c.deliveries() {
		targets = append(targets, c.blocks(d.place, "s3_backup_configuration")...)
	}
	for _, target := range targets {
		arn := target.body["bucket_arn"]
		if arn == nil {
			arn = target.body["bucket"]
		}
		if _, ok := c.follow(arn, s3Bucket, "arn"); !ok {
			c.breachAt(target, target.path+"bucket refers to no bucket of the stack", "refer to the ARN of one, which is known to be private")
		}
	}
}

// notified are the blocks of a bucket's notifications, with the argument that has the receiver's ARN.
var notified = []struct{ block, key string }{
	{"lambda_function", "lambda_function_arn"},
	{"queue", "queue_arn"},
	{"topic", "topic_arn"},
}

// notifications checks that S3 announces new objects only within the account. A notification has the object's name, which may
// contain fields of events.
func (c *checker) notifications() {
	for _, r := range c.stack.Resources("aws_s3_bucket_notification") {
		for _, n := range notified {
			for _, p := range c.blocks(in(r), n.block) {
				if !c.isOurs(p.body[n.key]) {
					text, _ := tfjson.Scalar(p.body[n.key])
					c.breachAt(p, fmt.Sprintf("%s%s is %q, which may be another account's", p.path, n.key, text),
						"refer to the ARN of a resource of the stack, or write the account of the ARN as ${data.aws_caller_identity.NAME.account_id}")
				}
			}
		}
	}
}

// accountOfARN is the account of an ARN that is written out, as far as the stack shows it.
var accountOfARN = regexp.MustCompile(`^arn:[^:*?]+:[a-z0-9]+:[^:*?]+:\$\{data\.aws_caller_identity\.[^}.]+\.account_id\}:[^*?]+$`)

// isOurs reports whether an ARN is that of a resource of the stack, or has the stack's own account.
func (c *checker) isOurs(arn any) bool {
	text, _ := tfjson.Scalar(arn)
	text = c.settle(text)
	if ref, ok := reference(text); ok {
		_, declared := c.stack.Find(ref)
		return declared && !ref.Data
	}
	return accountOfARN.MatchString(text) && !c.isComposed(text)
}

// publicAccess are the settings of a public access block.
var publicAccess = []string{"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}

// companions checks the resources that each have one setting of a bucket.
func (c *checker) companions(bucket tfjson.Resource) {
	if access, ok := c.companion(bucket, "aws_s3_bucket_public_access_block"); ok {
		for _, key := range publicAccess {
			c.want(access, key, "true")
		}
	}
	if ownership, ok := c.companion(bucket, "aws_s3_bucket_ownership_controls"); ok {
		c.want(c.block(ownership, "rule"), "object_ownership", "BucketOwnerEnforced")
	}
	if encryption, ok := c.companion(bucket, s3Encryption); ok {
		c.want(c.block(c.block(encryption, "rule"), "apply_server_side_encryption_by_default"), "sse_algorithm",
			"AES256", "aws:kms", "aws:kms:dsse")
	}
	if versioning, ok := c.companion(bucket, "aws_s3_bucket_versioning"); ok {
		c.want(c.block(versioning, "versioning_configuration"), "status", "Enabled")
	}
	if policy, ok := c.companion(bucket, s3BucketPolicy); ok {
		c.requiresTLS(bucket, policy.resource)
	}
}

// companion is the only resource of a type that refers to the bucket. If there were two, the one applied last would win.
func (c *checker) companion(bucket tfjson.Resource, typ string) (place, bool) {
	var found []tfjson.Resource
	for _, r := range c.stack.Resources(typ) {
		if b, ok := c.follow(r.Body["bucket"], s3Bucket, "bucket", "id"); ok && b.Address() == bucket.Address() {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		c.breach(bucket.Address(), fmt.Sprintf("%d resources of type %s refer to it", len(found), typ), "declare exactly one")
		return place{}, false
	}
	return in(found[0]), true
}

func (c *checker) requiresTLS(bucket, policy tfjson.Resource) {
	statements, err := c.parseDocument(policy.Body["policy"])
	if err != nil {
		return // reported with the other bucket policies
	}
	var denied []string
	for _, s := range statements {
		if deniesPlaintext(s) {
			denied = append(denied, s.resources...)
		}
	}
	for _, resource := range []string{arnOf(bucket), arnOf(bucket) + "/*"} {
		if !slices.Contains(denied, resource) {
			c.breach(policy.Address(), "does not deny requests without TLS on "+resource,
				`deny s3:* there to the principal "*" where aws:SecureTransport is false`)
		}
	}
}

func deniesPlaintext(s statement) bool {
	everything := slices.ContainsFunc(s.actions, func(action string) bool { return action == "*" || strings.EqualFold(action, "s3:*") })
	return s.effect == deny && len(s.inverted) == 0 && isEverybody(s) && everything && onlyCondition(s, "Bool", "aws:SecureTransport", "false")
}

func isEverybody(s statement) bool {
	return slices.Contains(s.principals["*"], "*") || slices.Contains(s.principals["AWS"], "*")
}

// onlyCondition: a second condition would narrow the statement.
func onlyCondition(s statement, operator, key, value string) bool {
	if len(s.conditions) != 1 || len(s.conditions[operator]) != 1 {
		return false
	}
	for k, values := range s.conditions[operator] {
		if !strings.EqualFold(k, key) || !slices.Equal(values, []string{value}) {
			return false
		}
	}
	return true
}

func (c *checker) namesPrincipals(p place, key string, statements []statement) {
	for i, s := range statements {
		if s.effect == allow && letsInAnybody(s) {
			c.breachAt(p, fmt.Sprintf("%s: statement %d lets in %s", p.path+key, i+1, everybodyOr(s)), "name the principals that may")
		}
	}
}

// letsInAnybody reports whether a statement's principals are not named.
func letsInAnybody(s statement) bool {
	if slices.Contains(s.inverted, "NotPrincipal") {
		return true
	}
	for _, names := range s.principals {
		if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "*") }) {
			return true
		}
	}
	return false
}

// boundServices: a service acts for any account that asks it to, unless a condition names the source.
func (c *checker) boundServices(p place, key string, statements []statement) {
	for i, s := range statements {
		if s.effect == allow && len(s.principals["Service"]) > 0 && !namesSource(s) {
			c.breachAt(p, fmt.Sprintf("%s: statement %d lets in %s on behalf of any account", p.path+key, i+1, principalsText(s)),
				"add a condition on aws:SourceArn or aws:SourceAccount")
		}
	}
}

// namesSource reports whether a condition names the resources or the accounts for which a service acts.
func namesSource(s statement) bool {
	return hasBound(s, func(key string) bool {
		return strings.EqualFold(key, "aws:SourceArn") || strings.EqualFold(key, "aws:SourceAccount")
	})
}

// hasBound reports whether a statement has a condition on such a key that is true only for named resources or accounts.
func hasBound(s statement, wanted func(key string) bool) bool {
	for _, operator := range []string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"} {
		for key, values := range s.conditions[operator] {
			if wanted(key) && len(values) > 0 && !slices.ContainsFunc(values, isOpen) {
				return true
			}
		}
	}
	return false
}

// withinResource is what begins with the ARN of a resource of the stack, such as the methods of an API. A wildcard directly after
// the ARN could continue the name.
var withinResource = regexp.MustCompile(`^\$\{[A-Za-z0-9_.-]+\.(execution_)?arn\}[/:]`)

// isOpen reports whether a condition's value includes what other accounts have: it has a wildcard, and is not an ARN of one service
// and one account.
func isOpen(value string) bool {
	if !strings.ContainsAny(value, "*?") || withinResource.MatchString(value) {
		return false
	}
	const account = 4 // arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
	parts := strings.SplitN(value, ":", account+2)
	return len(parts) < account+2 || strings.ContainsAny(parts[0]+parts[1]+parts[2], "*?") || !accountID.MatchString(parts[account])
}

func everybodyOr(s statement) string {
	if slices.Contains(s.inverted, "NotPrincipal") {
		return "all but NotPrincipal"
	}
	return principalsText(s)
}

// arnOf is a resource's ARN as a document writes it.
func arnOf(r tfjson.Resource) string { return "${" + r.Address() + ".arn}" }
