package deploytest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// keptPattern is what the README has a user take out of the state, to destroy all but the buckets and their key.
const keptPattern = `^aws_(s3_bucket|kms)[a-z_]*\.(bucket|access-log|key)`

// TestRetained tries to destroy an environment with an event in its bucket, and then does so in the README's two ways.
func TestRetained(t *testing.T) {
	t.Parallel()
	env := local(catalogue.Named("staging"))
	env.Bucket.AccessLog = true
	p := newPipeline(t, env)
	p.apply()
	want := expected{env: env.Name, noncurrentDays: 30, key: p.outputs()["key_arn"]}
	putEvent(t, p.cloud, want.bucket())
	before, there := p.addresses(), p.cloud.inventory(t)

	refused := p.destroy()
	expect(t, "the state", before, p.addresses())
	expect(t, "what there is", there, p.cloud.inventory(t))
	checkKept(t, p, want)
	expectRefusal(t, refused, "aws_s3_bucket_policy.bucket_policy", "aws_s3_bucket_logging.access-log_logging")
	for _, address := range []string{
		"aws_s3_bucket.bucket", "aws_s3_bucket.access-log", "aws_s3_bucket_policy.bucket_policy", "aws_s3_bucket_versioning.bucket_versioning", "aws_kms_key.key",
	} {
		_, err := p.tf.Plan(p.context(), tfexec.Replace(address), tfexec.Target(address), tfexec.Refresh(false))
		expectRefusal(t, err, address)
	}

	expectDisposableInPlace(t, p, env)
	destroyAllButKept(t, p)
	expect(t, "what is left", []string{
		"account's logging role " + want.roleARN("logging"), "bucket " + want.accessLogBucket(), "bucket " + want.bucket(),
	}, p.cloud.inventory(t))
	checkKept(t, p, want)
}

func putEvent(t *testing.T, c cloud, bucket string) {
	t.Helper()
	call(t, c.s3.PutObject, s3.PutObjectInput{Bucket: &bucket, Key: ref("events/year=2026/object"), Body: strings.NewReader("{}\n")})
}

// checkKept reads the buckets back with all that protects them, the event and the key.
func checkKept(t *testing.T, p *pipeline, want expected) {
	t.Helper()
	checkBucket(t, p.cloud, want)
	checkBucketAccess(t, p.cloud, want)
	checkAccessLog(t, p.cloud, want.env)
	public := call(t, p.cloud.s3.GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: ref(want.accessLogBucket())})
	expect(t, "the access log is closed to the public", true, *public.PublicAccessBlockConfiguration.RestrictPublicBuckets)
	call(t, p.cloud.s3.HeadObject, s3.HeadObjectInput{Bucket: ref(want.bucket()), Key: ref("events/year=2026/object")})
	expect(t, "the alias's key", want.key, keyOf(t, p.endpoint, "alias/api-kinesis-"+want.env))
	key := kms[struct{ KeyMetadata struct{ KeyState string } }](t, p.endpoint, "DescribeKey", want.key)
	expect(t, "the key", "Enabled", key.KeyMetadata.KeyState)
}

// expectDisposableInPlace plans the way that destroys everything: it begins with a change of the environment, in place.
func expectDisposableInPlace(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	env.Removal = spec.Disposable
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	p.expectPlan(map[string]string{
		"aws_s3_bucket.bucket": "update", "aws_s3_bucket.access-log": "update", "aws_api_gateway_account.api_account": "update",
	})
	env.Removal = spec.Retained
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
}

// destroyAllButKept destroys as the README says: what is to stay is taken out of the state first.
func destroyAllButKept(t *testing.T, p *pipeline) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, "the README", string(readme), "grep -E '"+keptPattern+"'")
	kept := regexp.MustCompile(keptPattern)
	for _, address := range p.addresses() {
		if kept.MatchString(address) {
			if err := p.tf.StateRm(p.context(), address); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.destroy(); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
}
