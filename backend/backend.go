// Package backend declares the bucket of Terraform's state as a separate stack. The bucket must exist before any stack that keeps its
// state there, and must stay when those stacks are destroyed.
package backend

import (
	"errors"
	"fmt"
	"regexp"

	"cdk.tf/go/ingest/internal/bucketname"
	"cdk.tf/go/ingest/internal/plainjson"
	"cdk.tf/go/ingest/internal/region"
	"cdk.tf/go/ingest/internal/tfversion"
	"cdk.tf/go/ingest/tfjson"
)

const (
	// keptDays is how long S3 keeps a version of a state after the next one. You go back to a version from before a mistake, and in
	// a stack that is seldom applied a mistake is found late. A version has some 100 KB.
	keptDays = 365
	// abortUploadsAfterDays is the data bucket's default (spec.Default).
	abortUploadsAfterDays = 7
)

// Config describes the bucket of a state.
type Config struct {
	Bucket string
	Region string
	// KMSKeyARN is the ARN of a key or an alias in the same region; empty encrypts with S3's own keys.
	KMSKeyARN string
}

// Of reads the bucket of a synthesised stack's state. If the stack keeps its state elsewhere, the error says how to keep it in S3.
func Of(stack *tfjson.Stack) (Config, error) {
	typ, arguments, err := stack.Backend()
	if err != nil {
		return Config{}, err
	}
	const remedy = `set env.State.S3 = &spec.S3State{Bucket: "NAME"} in its file in stacks/ and synthesise again, or name --bucket and --region`
	switch typ {
	case "s3":
	case "cloud":
		return Config{}, errors.New("its state is in HCP Terraform, which needs no bucket; for S3 " + remedy)
	case "local":
		return Config{}, errors.New("its state is in a local file; " + remedy)
	default:
		return Config{}, fmt.Errorf("its state is in a backend of type %q; for S3 %s", typ, remedy)
	}
	var c Config
	for name, value := range map[string]*string{"bucket": &c.Bucket, "region": &c.Region, "kms_key_id": &c.KMSKeyARN} {
		*value, _ = arguments[name].(string)
	}
	return c, nil
}

// kmsKeyPattern is that of spec: the key ARNs that Terraform's S3 backend accepts. Its groups are the partition and the region.
var kmsKeyPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):kms:([a-z0-9-]+):[0-9]{12}:(` +
	`key/[a-f0-9]{8}-[a-f0-9]{4}-[1-5][a-f0-9]{3}-[ab89][a-f0-9]{3}-[a-f0-9]{12}|` +
	`key/mrk-[a-f0-9]{32}|alias/[a-zA-Z0-9/_-]+)$`)

// Check finds every problem at once, named by the command's flags.
func (c Config) Check() error {
	var errs []error
	if remedy := bucketname.Remedy(c.Bucket); remedy != "" {
		errs = append(errs, fmt.Errorf("--bucket is %q; %s", c.Bucket, remedy))
	}
	if !region.Valid(c.Region) {
		errs = append(errs, fmt.Errorf("--region is %q; %s", c.Region, region.Remedy(c.Region)))
	}
	if c.KMSKeyARN == "" {
		return errors.Join(errs...)
	}
	key := kmsKeyPattern.FindStringSubmatch(c.KMSKeyARN)
	if key == nil {
		errs = append(errs, fmt.Errorf("--kms-key is %q; use the ARN of an alias or a key, such as arn:aws:kms:eu-west-1:111122223333:alias/state or …:key/ and a UUID, whose version Terraform checks too", c.KMSKeyARN))
	} else if key[2] != c.Region {
		errs = append(errs, fmt.Errorf("--kms-key is in %s and the bucket in %s; S3 takes only a key of the bucket's region", key[2], c.Region))
	} else if own := region.Partition(c.Region); own != "" && key[1] != own {
		errs = append(errs, fmt.Errorf("--kms-key is in the partition %q; use one in %q, the partition of %s", key[1], own, c.Region))
	}
	return errors.Join(errs...)
}

// Spec is the line of Go that makes an environment keep its state in the bucket.
func (c Config) Spec() string {
	key := ""
	if c.KMSKeyARN != "" {
		key = fmt.Sprintf(", KMSKeyARN: %q", c.KMSKeyARN)
	}
	return fmt.Sprintf("env.State.S3 = &spec.S3State{Bucket: %q, Region: %q%s}", c.Bucket, c.Region, key)
}

// object is a JSON object.
type object = map[string]any

// JSON returns the whole stack as Terraform JSON. The same configuration gives the same bytes.
func (c Config) JSON() ([]byte, error) {
	return plainjson.Indented(object{
		"terraform": tfversion.Block(c.Region),
		"provider": object{"aws": object{
			"region":       c.Region,
			"default_tags": object{"tags": object{"ManagedBy": "terraform", "Purpose": "terraform-state"}},
		}},
		"resource": c.resources(),
		"output": object{
			"bucket": object{"description": "The bucket of the state", "value": "${aws_s3_bucket.state.bucket}"},
			"spec":   object{"description": "What an environment sets to keep its state there", "value": c.Spec()},
		},
	})
}

func (c Config) resources() object {
	const bucket = "${aws_s3_bucket.state.bucket}"
	// Terraform may destroy neither the bucket nor its settings, because the bucket must not lose its protection.
	kept := object{"prevent_destroy": true}
	encryption := object{"sse_algorithm": "AES256"}
	rule := object{"apply_server_side_encryption_by_default": encryption}
	if c.KMSKeyARN != "" {
		encryption["sse_algorithm"], encryption["kms_master_key_id"] = "aws:kms", c.KMSKeyARN
		rule["bucket_key_enabled"] = true
	}
	return object{
		"aws_s3_bucket": object{"state": object{
			"bucket": c.Bucket, "force_destroy": false, "lifecycle": kept,
		}},
		"aws_s3_bucket_versioning": object{"state": object{
			"bucket": bucket, "versioning_configuration": object{"status": "Enabled"}, "lifecycle": kept,
		}},
		"aws_s3_bucket_server_side_encryption_configuration": object{"state": object{
			"bucket": bucket, "rule": []any{rule}, "lifecycle": kept,
		}},
		"aws_s3_bucket_ownership_controls": object{"state": object{
			"bucket": bucket, "rule": object{"object_ownership": "BucketOwnerEnforced"}, "lifecycle": kept,
		}},
		"aws_s3_bucket_public_access_block": object{"state": object{
			"bucket": bucket, "lifecycle": kept,
			"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
		}},
		"aws_s3_bucket_policy": object{"state": object{
			"bucket": bucket, "policy": tlsOnly, "lifecycle": kept,
			// S3 refuses two changes of a bucket's access at the same time.
			"depends_on": []string{"aws_s3_bucket_public_access_block.state"},
		}},
		"aws_s3_bucket_lifecycle_configuration": object{"state": object{
			"bucket": bucket, "rule": lifecycleRules(), "lifecycle": kept,
			// A rule for noncurrent versions has no meaning before versioning is on.
			"depends_on": []string{"aws_s3_bucket_versioning.state"},
		}},
	}
}

// tlsOnly is the same policy as the data bucket's (modules/s3).
const tlsOnly = `{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":["s3:*"],` +
	`"Resource":["${aws_s3_bucket.state.arn}","${aws_s3_bucket.state.arn}/*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`

func lifecycleRules() []any {
	wholeBucket := object{"prefix": ""}
	return []any{
		object{
			"id": "abort-uploads", "status": "Enabled", "filter": wholeBucket,
			"abort_incomplete_multipart_upload": object{"days_after_initiation": abortUploadsAfterDays},
		},
		object{
			"id": "expire-noncurrent", "status": "Enabled", "filter": wholeBucket,
			"noncurrent_version_expiration": object{"noncurrent_days": keptDays},
		},
	}
}
