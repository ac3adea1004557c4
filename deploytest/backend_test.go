package deploytest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/backend"
	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestBackend makes a bucket for states and keeps an environment's state in it.
func TestBackend(t *testing.T) {
	inParallel(t)
	for name, cfg := range catalogue.Backends() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := startMoto(t)
			text, err := cfg.JSON()
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "main.tf.json"), text, 0o644); err != nil {
				t.Fatal(err)
			}
			p := openPipeline(t, endpoint, attached(t, endpoint, folder), folder)
			p.init()
			verdict, err := p.tf.Validate(p.context())
			if err != nil || len(verdict.Diagnostics) > 0 {
				t.Fatalf("Terraform finds it invalid: %v, %+v", err, verdict)
			}
			p.apply()
			p.expectPlan(map[string]string{})
			expect(t, "the outputs", map[string]string{"bucket": cfg.Bucket, "spec": cfg.Spec()}, p.outputs())
			checkStateBucket(t, p.cloud, cfg)
			expectRefusal(t, p.destroy(), "aws_s3_bucket_policy.state", "aws_s3_bucket_lifecycle_configuration.state")
			// The policy refuses requests without TLS, and moto has no TLS.
			call(t, p.cloud.s3.DeleteBucketPolicy, s3.DeleteBucketPolicyInput{Bucket: aws.String(cfg.Bucket)})
			keepState(t, endpoint, cfg)
		})
	}
}

func checkStateBucket(t *testing.T, c cloud, cfg backend.Config) {
	t.Helper()
	bucket := aws.String(cfg.Bucket)
	expect(t, "versioning", types.BucketVersioningStatusEnabled, call(t, c.s3.GetBucketVersioning, s3.GetBucketVersioningInput{Bucket: bucket}).Status)
	encryption := call(t, c.s3.GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: bucket}).ServerSideEncryptionConfiguration.Rules[0]
	want := types.ServerSideEncryptionAes256
	if cfg.KMSKeyARN != "" {
		want = types.ServerSideEncryptionAwsKms
	}
	expect(t, "encryption", want, encryption.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	expect(t, "the key", cfg.KMSKeyARN, deref(encryption.ApplyServerSideEncryptionByDefault.KMSMasterKeyID))
	access := call(t, c.s3.GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: bucket}).PublicAccessBlockConfiguration
	expect(t, "public access is blocked", []bool{true, true, true, true},
		[]bool{*access.BlockPublicAcls, *access.BlockPublicPolicy, *access.IgnorePublicAcls, *access.RestrictPublicBuckets})
	ownership := call(t, c.s3.GetBucketOwnershipControls, s3.GetBucketOwnershipControlsInput{Bucket: bucket}).OwnershipControls.Rules[0]
	expect(t, "ownership", types.ObjectOwnershipBucketOwnerEnforced, ownership.ObjectOwnership)
	policy := *call(t, c.s3.GetBucketPolicy, s3.GetBucketPolicyInput{Bucket: bucket}).Policy
	arn := "arn:aws:s3:::" + cfg.Bucket
	expectJSON(t, "the bucket's policy", `{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":["s3:*"],`+
		`"Resource":["`+arn+`","`+arn+`/*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`, policy)
	rules := call(t, c.s3.GetBucketLifecycleConfiguration, s3.GetBucketLifecycleConfigurationInput{Bucket: bucket}).Rules
	expect(t, "lifecycle rules", 2, len(rules))
	expect(t, "days that versions stay", int32(365), *rules[1].NoncurrentVersionExpiration.NoncurrentDays)
}

// keepState makes an environment keep its state in the bucket, by the line that ingest backend prints, and applies one of its
// resources: the test is about the state and its lock.
func keepState(t *testing.T, endpoint string, cfg backend.Config) {
	t.Helper()
	env := local(catalogue.Named("dev"))
	env.State.S3 = &spec.S3State{Bucket: cfg.Bucket, Region: cfg.Region, KMSKeyARN: cfg.KMSKeyARN}
	p := initialised(t, endpoint, env)
	p.apply(tfexec.Target("aws_iam_role.submit-role"))
	var keys []string
	for _, object := range call(t, p.cloud.s3.ListObjectsV2, s3.ListObjectsV2Input{Bucket: aws.String(cfg.Bucket)}).Contents {
		keys = append(keys, *object.Key)
	}
	expect(t, "the bucket's objects", []string{"api-kinesis/dev.tfstate"}, keys)
	text, err := p.tf.StatePull(p.context())
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "the state", []struct{ Type, Name string }{{"aws_iam_role", "submit-role"}}, decode[state](t, "the state", text).Resources)
	versions := call(t, p.cloud.s3.ListObjectVersions, s3.ListObjectVersionsInput{Bucket: aws.String(cfg.Bucket), Prefix: aws.String("api-kinesis/dev.tfstate.tflock")})
	if len(versions.DeleteMarkers) == 0 {
		t.Error("the state was never locked in the bucket")
	}
}
