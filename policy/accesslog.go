package policy

import (
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	s3Encryption = "aws_s3_bucket_server_side_encryption_configuration"
	s3Lock       = "aws_s3_bucket_object_lock_configuration"
	s3Logging    = "aws_s3_bucket_logging"
	logDelivery  = "logging.s3.amazonaws.com"
)

// accessLog: S3 reports no error if it cannot deliver an access log. For its requirements on the bucket, see Amazon S3 User
// Guide, "Enabling Amazon S3 server access logging".
func accessLog(c *checker) {
	for _, r := range c.stack.Resources(s3Logging) {
		source, sourceOK := c.follow(r.Body["bucket"], s3Bucket, "bucket", "id")
		target, targetOK := c.follow(r.Body["target_bucket"], s3Bucket, "bucket", "id")
		switch {
		case !sourceOK || !targetOK:
			c.breach(r.Address(), "bucket and target_bucket do not both refer to buckets of the stack", "refer to them")
		case source.Address() == target.Address():
			c.breach(r.Address(), "logs "+source.Address()+" to itself, so each delivered log causes another", "use another bucket")
		default:
			c.logTarget(r, source, target)
		}
	}
	for _, lock := range c.stack.Resources(s3Lock) {
		c.lock(lock)
	}
}

func (c *checker) logTarget(r, source, target tfjson.Resource) {
	if encryption, ok := c.bucketPart(target, s3Encryption); ok {
		byDefault := c.block(c.block(in(encryption), "rule"), "apply_server_side_encryption_by_default")
		c.want(byDefault, "sse_algorithm", "AES256")
	}
	if lock, ok := c.bucketPart(target, s3Lock); ok {
		c.breach(lock.Address(), "locks "+target.Address()+", which receives an access log", "leave it out: S3 delivers no log to a locked bucket")
	}
	prefix, ok := c.literal(in(r), "target_prefix")
	policy, hasPolicy := c.bucketPart(target, s3BucketPolicy)
	if !ok || !hasPolicy {
		return
	}
	statements, _ := c.parseDocument(policy.Body["policy"]) // reported with the other bucket policies
	for _, s := range statements {
		if s.effect == allow && service(s) == logDelivery && coversAny(s.actions, "s3:PutObject") &&
			len(s.resources) == 1 && includes(s.resources[0], arnOf(target)+"/"+prefix+"*") && c.isOf(s, source) {
			return
		}
	}
	c.breach(policy.Address(), "does not let S3 write the access log of "+source.Address(),
		"allow s3:PutObject on "+arnOf(target)+"/"+prefix+"* to "+logDelivery+", where aws:SourceArn is the bucket's and aws:SourceAccount the account")
}

// isOf reports whether a statement allows a service to act only on behalf of one bucket of the account.
func (c *checker) isOf(s statement, bucket tfjson.Resource) bool {
	conditions := s.folded()
	for _, keys := range conditions {
		if len(keys) != 1 {
			return false // a condition that S3 may not fulfil
		}
	}
	arns, accounts := conditions["ArnLike"]["aws:sourcearn"], conditions["StringEquals"]["aws:sourceaccount"]
	return len(conditions) == 2 && len(arns) == 1 && arns[0] == arnOf(bucket) && len(accounts) == 1 && c.mayBeThisAccount(accounts[0])
}

// lock: a destroy would try to empty the bucket and fail until the lock ends.
func (c *checker) lock(r tfjson.Resource) {
	retention := c.block(c.block(in(r), "rule"), "default_retention")
	c.want(retention, "mode", "GOVERNANCE", "COMPLIANCE")
	mode, _ := c.value(retention.body["mode"])
	bucket, ok := c.follow(r.Body["bucket"], s3Bucket, "bucket", "id")
	if emptied, _ := c.value(bucket.Body["force_destroy"]); ok && mode == "COMPLIANCE" && tfjson.True(emptied) {
		c.breach(r.Address(), "locks "+bucket.Address()+" for everybody, and a destroy must empty it", "use the mode GOVERNANCE or leave force_destroy out")
	}
}

// receivesLogs reports whether S3 writes an access log to the bucket.
func (c *checker) receivesLogs(bucket tfjson.Resource) bool {
	for _, r := range c.stack.Resources(s3Logging) {
		if target, ok := c.follow(r.Body["target_bucket"], s3Bucket, "bucket", "id"); ok && target.Address() == bucket.Address() {
			return true
		}
	}
	return false
}

// bucketPart is the first resource of a type that refers to the bucket. The rule "private-bucket" checks that there is one.
func (c *checker) bucketPart(bucket tfjson.Resource, typ string) (tfjson.Resource, bool) {
	for _, r := range c.stack.Resources(typ) {
		if b, ok := c.follow(r.Body["bucket"], s3Bucket, "bucket", "id"); ok && b.Address() == bucket.Address() {
			return r, true
		}
	}
	return tfjson.Resource{}, false
}

// conditionsText writes conditions for a remedy.
func conditionsText(conditions map[string]map[string][]string) string {
	var parts []string
	for _, operator := range []string{"Null", "StringNotEquals"} {
		for key, values := range conditions[operator] {
			verb := "is not " + strings.Join(values, ", ")
			if operator == "Null" {
				verb = "is given"
			}
			parts = append(parts, key+" "+verb)
		}
	}
	return "where " + strings.Join(parts, " and ")
}
