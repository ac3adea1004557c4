package s3

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"cdk.tf/go/ingest/internal/bucketname"
	"cdk.tf/go/ingest/tfjson"
)

// Config is a declared bucket.
type Config struct {
	Name string
	ARN  string
	// Notices say what the stack declares and the local S3 does not imitate, each with %s for the bucket's name.
	Notices []string
}

// Types are the resource types that [Read] reads, refuses with a message of its own, or knows to have no effect here, sorted.
// local/iam reads aws_s3_bucket_policy.
func Types() []string {
	return slices.Sorted(maps.Keys(parts))
}

// parts are S3's resource types, each with the function that reads it. It returns the bucket that the resource configures, and notices
// of what has no effect here.
var parts = map[string]func(tfjson.Resource) (bucket string, notices []string, err error){
	"aws_s3_bucket":                                      nil, // readBucket's
	"aws_s3_bucket_lifecycle_configuration":              readLifecycle,
	"aws_s3_bucket_logging":                              readLogging,
	"aws_s3_bucket_object_lock_configuration":            readLock,
	"aws_s3_bucket_ownership_controls":                   readRule, // one account owns everything here
	"aws_s3_bucket_public_access_block":                  readPublicAccess,
	"aws_s3_bucket_server_side_encryption_configuration": readRule, // a notice for the whole pipeline says that nothing is encrypted
	"aws_s3_bucket_versioning":                           readVersioning,

	"aws_s3_bucket_cors_configuration":        refused("no web page may read or write a bucket here"),
	"aws_s3_bucket_notification":              refused("new objects cause no notifications here"),
	"aws_s3_bucket_replication_configuration": refused("objects are copied to no other bucket here"),
	"aws_s3_bucket_website_configuration":     refused("no website is served from a bucket here"),
}

// refused returns the reader of a type that is refused; why says what the stack would lack without it.
func refused(why string) func(tfjson.Resource) (string, []string, error) {
	return func(r tfjson.Resource) (string, []string, error) {
		return "", nil, fmt.Errorf("%s: %s is not imitated on one machine (%s); leave it out of the environment that runs here", r.Address(), r.Type, why)
	}
}

// Read finds the buckets of a resolved stack, and the settings of theirs that have no effect on one machine. Its error holds every
// problem.
func Read(stack *tfjson.Stack) ([]Config, error) {
	var buckets []Config
	var errs []error
	var failed []any // names of buckets with a problem: their other resources are not a second one
	for _, r := range stack.Resources("aws_s3_bucket") {
		cfg, err := readBucket(stack, r)
		if err != nil {
			errs, failed = append(errs, err), append(failed, r.Body["bucket"])
			continue
		}
		buckets = append(buckets, cfg)
	}
	for _, r := range stack.All() {
		readPart := parts[r.Type]
		if readPart == nil {
			continue
		}
		name, notices, err := readPart(r)
		if err == nil && !note(buckets, name, notices) && !slices.Contains(failed, any(name)) {
			err = fmt.Errorf("%s: the stack does not declare the bucket %q; declare it", r.Address(), name)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return buckets, nil
}

func readBucket(stack *tfjson.Stack, r tfjson.Resource) (Config, error) {
	var body struct {
		Bucket string `tf:"bucket"`
		// These have no effect here: you delete the folder yourself, and tags are for the account's bills.
		ForceDestroy bool              `tf:"force_destroy"`
		Tags         map[string]string `tf:"tags"`
		Timeouts     any               `tf:"timeouts"`
	}
	if err := r.Into(&body); err != nil {
		return Config{}, err
	}
	if body.Bucket == "" {
		return Config{}, fmt.Errorf("%s: bucket is missing; name the bucket: names that AWS generates are not imitated on one machine", r.Address())
	}
	if remedy := bucketname.Remedy(body.Bucket); remedy != "" {
		return Config{}, fmt.Errorf("%s: bucket is %q, which S3 does not take as a name; %s", r.Address(), body.Bucket, remedy)
	}
	arn, err := stack.Attribute(r.Address(), "arn")
	return Config{Name: body.Bucket, ARN: arn}, err
}

// note adds notices to the bucket of a name, and reports whether there is one.
func note(buckets []Config, name string, notices []string) bool {
	for i := range buckets {
		if buckets[i].Name == name {
			buckets[i].Notices = append(buckets[i].Notices, notices...)
			return true
		}
	}
	return false
}

// part holds the attributes that every resource of a bucket has. Owner has no effect, because there is one account here.
type part struct {
	Bucket string `tf:"bucket"`
	Owner  string `tf:"expected_bucket_owner"`
}

// readRule reads a part whose one argument, a rule, has no effect here.
func readRule(r tfjson.Resource) (string, []string, error) {
	var body struct {
		part `tf:",squash"`
		Rule any `tf:"rule"`
	}
	err := r.Into(&body)
	return body.Bucket, nil, err
}

// readPublicAccess reads a public access block, which has no effect here: this server has no ACLs, and does not check who may do
// what. By default it listens on this machine alone.
func readPublicAccess(r tfjson.Resource) (string, []string, error) {
	var body struct {
		part                  `tf:",squash"`
		BlockPublicACLs       bool `tf:"block_public_acls"`
		BlockPublicPolicy     bool `tf:"block_public_policy"`
		IgnorePublicACLs      bool `tf:"ignore_public_acls"`
		RestrictPublicBuckets bool `tf:"restrict_public_buckets"`
	}
	err := r.Into(&body)
	return body.Bucket, []string{"everyone who reaches the AWS address may read and write %s"}, err
}

func readLogging(r tfjson.Resource) (string, []string, error) {
	var body struct {
		part         `tf:",squash"`
		TargetBucket string `tf:"target_bucket"`
		TargetPrefix string `tf:"target_prefix"`
		TargetGrant  any    `tf:"target_grant"`
		KeyFormat    any    `tf:"target_object_key_format"`
	}
	err := r.Into(&body)
	return body.Bucket, []string{"requests to %s are not logged to " + body.TargetBucket}, err
}

func readLock(r tfjson.Resource) (string, []string, error) {
	var body struct {
		part    `tf:",squash"`
		Enabled string `tf:"object_lock_enabled"`
		Token   string `tf:"token"`
		Rule    any    `tf:"rule"`
	}
	err := r.Into(&body)
	return body.Bucket, []string{"objects in %s are not locked: everyone with access to the folder may delete them"}, err
}

func readVersioning(r tfjson.Resource) (string, []string, error) {
	var body struct {
		part          `tf:",squash"`
		MFA           string `tf:"mfa"`
		Configuration []struct {
			Status    string `tf:"status"`
			MFADelete string `tf:"mfa_delete"`
		} `tf:"versioning_configuration"`
	}
	if err := r.Into(&body); err != nil {
		return "", nil, err
	}
	if len(body.Configuration) != 1 || body.Configuration[0].Status != "Enabled" {
		return body.Bucket, nil, nil
	}
	return body.Bucket, []string{"old versions of the objects in %s are not kept"}, nil
}

func readLifecycle(r tfjson.Resource) (string, []string, error) {
	var body struct {
		part  `tf:",squash"`
		Rules []struct {
			Status string         `tf:"status"`
			Rest   map[string]any `tf:",remain"`
		} `tf:"rule"`
		DefaultMinimum string `tf:"transition_default_minimum_object_size"`
		Timeouts       any    `tf:"timeouts"`
	}
	if err := r.Into(&body); err != nil {
		return "", nil, err
	}
	for _, rule := range body.Rules {
		if rule.Status == "Enabled" {
			return body.Bucket, []string{"nothing in %s expires or changes its storage class"}, nil
		}
	}
	return body.Bucket, nil, nil
}
