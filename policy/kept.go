package policy

import (
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// keptBucket: S3 refuses to delete a bucket that contains objects, and by then Terraform has destroyed the bucket's settings. So
// either a destroy empties the bucket, or Terraform refuses to plan the destroy of the bucket and of its settings.
func keptBucket(c *checker) {
	for _, bucket := range c.stack.Resources(s3Bucket) {
		if emptied, _ := c.value(bucket.Body["force_destroy"]); tfjson.True(emptied) && !c.guarded(bucket) {
			continue
		}
		c.guard(bucket, "set it to true, or set force_destroy so that a destroy empties the bucket first")
		for _, r := range c.stack.All() {
			of, ok := c.follow(r.Body["bucket"], s3Bucket, "bucket", "id")
			if ok && strings.HasPrefix(r.Type, s3Bucket+"_") && of.Address() == bucket.Address() {
				c.guard(r, "set it to true, like that of "+bucket.Address()+", which is kept")
			}
		}
		if encryption, ok := c.bucketPart(bucket, s3Encryption); ok {
			byDefault := c.block(c.block(in(encryption), "rule"), "apply_server_side_encryption_by_default")
			if key, ok := c.keyOf(byDefault.body["kms_master_key_id"]); ok {
				c.guard(key, "set it to true: without the key nobody can read "+bucket.Address()+", which is kept")
			}
		}
	}
}

// guarded reports whether Terraform refuses to destroy the resource.
func (c *checker) guarded(r tfjson.Resource) bool {
	guard, _ := c.value(c.block(in(r), "lifecycle").body["prevent_destroy"])
	return tfjson.True(guard)
}

func (c *checker) guard(r tfjson.Resource, remedy string) {
	if !c.guarded(r) {
		c.breach(r.Address(), "lifecycle.prevent_destroy is not true", remedy)
	}
}
