package local

import (
	"cmp"
	"strings"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/tfjson"
)

// keys are the KMS keys of encrypted resources. Nothing is encrypted here, but the permissions to use a key are checked as on AWS.
type keys struct {
	// streams are by ARN.
	streams map[string]string
	buckets map[string]bucketKey
	// deliveries are the keys that the delivery streams name in their requests to S3, by delivery stream.
	deliveries map[string]string
	notices    []string
}

type bucketKey struct {
	key string
	// whole is true with an S3 Bucket Key: then the encryption context is the bucket's ARN, otherwise the object's (Amazon S3
	// User Guide, "Using server-side encryption with AWS KMS keys", Encryption context).
	whole bool
}

// awsManaged is the prefix of the aliases of AWS managed keys, which need no permission.
const awsManaged = "alias/aws/"

func readKeys(stack *tfjson.Stack, roles *iam.Roles) (keys, error) {
	k := keys{streams: map[string]string{}, buckets: map[string]bucketKey{}, deliveries: map[string]string{}}
	for _, r := range stack.Resources("aws_kinesis_stream") {
		arn, err := stack.Attribute(r.Address(), "arn")
		if err != nil {
			return k, err
		}
		if key, _ := r.Body["kms_key_id"].(string); k.counts(roles, key) {
			k.streams[arn] = key
		}
	}
	for _, r := range stack.Resources("aws_s3_bucket_server_side_encryption_configuration") {
		if err := k.readBucket(stack, roles, r); err != nil {
			return k, err
		}
	}
	for _, r := range stack.Resources("aws_kinesis_firehose_delivery_stream") {
		name, _ := r.Body["name"].(string)
		blocks, err := r.Blocks("extended_s3_configuration")
		if err != nil {
			return k, err
		}
		for _, block := range blocks {
			if key, _ := block["kms_key_arn"].(string); k.counts(roles, key) {
				k.deliveries[name] = key
			}
		}
	}
	return k, nil
}

func (k *keys) readBucket(stack *tfjson.Stack, roles *iam.Roles, r tfjson.Resource) error {
	rules, err := r.Blocks("rule")
	if err != nil {
		return err
	}
	for _, rule := range rules {
		defaults, err := tfjson.Blocks(rule, "apply_server_side_encryption_by_default")
		if err != nil {
			return err
		}
		for _, d := range defaults {
			bucket, _ := r.Body["bucket"].(string)
			if key, _ := d["kms_master_key_id"].(string); k.counts(roles, key) {
				k.buckets["arn:"+stack.Surroundings().Partition+":s3:::"+bucket] = bucketKey{key, tfjson.True(rule["bucket_key_enabled"])}
			}
		}
	}
	return nil
}

// counts reports whether permissions for a key can be checked. If the stack does not declare the key, it adds a notice.
func (k *keys) counts(roles *iam.Roles, key string) bool {
	if key == "" || strings.HasPrefix(key, awsManaged) || roles.HasKey(key) {
		return roles.HasKey(key)
	}
	k.notices = append(k.notices, "permissions for the key "+key+" are not checked, because the stack does not declare it")
	return false
}

// encrypt decides whether a session may write to a stream that is encrypted.
func (k *keys) encrypt(session *iam.Session, action, streamARN string) error {
	key, encrypted := k.streams[streamARN]
	if !encrypted || !strings.HasPrefix(action, "PutRecord") {
		return nil
	}
	return session.UseKey("kms:GenerateDataKey", key, "kinesis", streamARN)
}

// deliver decides whether a delivery may read records or write objects: by the role's policies, and by the permissions for the key.
// That is the stream's for reading; for writing it is the one that the delivery names, or else the bucket's.
func (k *keys) deliver(session *iam.Session, cfg firehose.Config, action, resource string) error {
	named := k.deliveries[cfg.Name]
	put := action == "s3:PutObject"
	var err error
	if put && named != "" {
		err = session.PutEncrypted(resource, named)
	} else {
		err = session.Allow(action, resource)
	}
	if err != nil {
		return err
	}
	if key, encrypted := k.streams[resource]; encrypted && action == "kinesis:GetRecords" {
		if err := session.UseKey("kms:Decrypt", key, "kinesis", resource); err != nil {
			return &firehose.KeyError{Code: kmsDenied, Err: err}
		}
		return nil
	}
	key := k.ofObjects(cfg)
	if !put || key == "" {
		return nil
	}
	if k.buckets[cfg.BucketARN].whole {
		resource = cfg.BucketARN
	}
	return session.UseKey("kms:GenerateDataKey", key, "s3", resource)
}

// ofObjects is the key of a delivery stream's objects: the one that it names, or else the bucket's. It is "" without one.
func (k *keys) ofObjects(cfg firehose.Config) string {
	return cmp.Or(k.deliveries[cfg.Name], k.buckets[cfg.BucketARN].key)
}

// kmsDenied is the type of Kinesis's answer where KMS denies (Amazon Kinesis Data Streams API Reference, PutRecord).
const kmsDenied = "KMSAccessDeniedException"
