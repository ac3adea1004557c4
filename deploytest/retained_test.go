package deploytest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/tfjson"
)

// TestRetained tries to destroy an environment with an event in its bucket, turns off the options of the access log and the key, and
// destroys the rest in the ways of docs/deploy.md.
func TestRetained(t *testing.T) {
	inParallel(t)
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
	checkPattern(t, p)
	expectNewBuckets(t, p, env)
	turnOff(t, p, env)
	checkLetGoOf(t, p, want)
	destroyAllButKept(t, p)
	expect(t, "what is left", []string{
		"account's logging role " + want.roleARN("logging"), "bucket " + want.accessLogBucket(), "bucket " + want.bucket(),
	}, p.cloud.inventory(t))
	checkLetGoOf(t, p, want)
	want.key = "" // for new objects
	checkBucket(t, p.cloud, want)
	checkBucketAccess(t, p.cloud, want)
	call(t, p.cloud.s3.HeadObject, s3.HeadObjectInput{Bucket: ref(want.bucket()), Key: ref("events/year=2026/object")})
}

func putEvent(t *testing.T, c cloud, bucket string) {
	t.Helper()
	call(t, c.s3.PutObject, s3.PutObjectInput{Bucket: &bucket, Key: ref("events/year=2026/object"), Body: strings.NewReader("{}\n")})
}

// checkKept reads back the buckets with all of their protection, the event and the key.
func checkKept(t *testing.T, p *pipeline, want expected) {
	t.Helper()
	checkBucket(t, p.cloud, want)
	checkBucketAccess(t, p.cloud, want)
	checkAccessLog(t, p.cloud, want.env)
	checkLetGoOf(t, p, want)
	call(t, p.cloud.s3.HeadObject, s3.HeadObjectInput{Bucket: ref(want.bucket()), Key: ref("events/year=2026/object")})
	expect(t, "the alias's key", want.key, keyOf(t, p.endpoint, "alias/api-kinesis-"+want.env))
}

// checkLetGoOf reads back the access log's bucket and the key.
func checkLetGoOf(t *testing.T, p *pipeline, want expected) {
	t.Helper()
	checkBucketKey(t, p.cloud, want.accessLogBucket(), "")
	policy := call(t, p.cloud.s3.GetBucketPolicy, s3.GetBucketPolicyInput{Bucket: ref(want.accessLogBucket())})
	expectText(t, "the access log's policy", *policy.Policy, `"TLSOnly"`)
	public := call(t, p.cloud.s3.GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: ref(want.accessLogBucket())})
	expect(t, "the access log is closed to the public", true, *public.PublicAccessBlockConfiguration.RestrictPublicBuckets)
	key := kms[struct{ KeyMetadata struct{ KeyState string } }](t, p.endpoint, "DescribeKey", want.key)
	expect(t, "the key", "Enabled", key.KeyMetadata.KeyState)
}

// expectDisposableInPlace plans the first step of destroying everything: a change of the environment in place.
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

// expectNewBuckets plans the changes of docs/renaming.md to the buckets' names, which Terraform refuses while the state has the old
// buckets.
func expectNewBuckets(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	state, err := os.ReadFile(p.stateFile())
	if err != nil {
		t.Fatal(err)
	}
	events, log := env, env
	events.Bucket.Name, log.Bucket.AccessLogName = "new-events", "new-log"
	for _, one := range []struct {
		heading string
		env     spec.Environment
		create  string
	}{
		{"## A bucket", events, "aws_s3_bucket.bucket"},
		{"### The access log's bucket", log, "aws_s3_bucket.access-log"},
	} {
		synthesise(t, one.env, filepath.Dir(filepath.Dir(p.folder)))
		_, err := p.tf.Plan(p.context(), unread)
		expectRefusal(t, err, one.create)
		removeFromState(t, p, patternIn(t, "docs/renaming.md", one.heading))
		file, _ := p.plan(unread)
		for address, action := range changesOf(t, file) {
			if strings.HasPrefix(address, "aws_s3_") && action != "create" && action != "update" || strings.HasPrefix(address, "aws_kms_") {
				t.Errorf("%s: the plan would %s %s", one.heading, action, address)
			}
		}
		expect(t, one.create, "create", changesOf(t, file)[one.create])
		if err := os.WriteFile(p.stateFile(), state, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
}

// checkPattern checks that the pattern of docs/deploy.md matches the guarded resources and the key's alias.
func checkPattern(t *testing.T, p *pipeline) {
	t.Helper()
	stack, err := tfjson.ReadFile(filepath.Join(p.folder, "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	kept := keptPattern(t)
	var guarded, matched []string
	for _, r := range stack.All() {
		blocks, err := r.Blocks("lifecycle")
		if err != nil {
			t.Fatal(err)
		}
		if len(blocks) > 0 && blocks[0]["prevent_destroy"] == true || r.Type == "aws_kms_alias" {
			guarded = append(guarded, r.Address())
		}
		if kept.MatchString(r.Address()) {
			matched = append(matched, r.Address())
		}
	}
	slices.Sort(guarded)
	slices.Sort(matched)
	expect(t, "what the pattern of docs/deploy.md matches", guarded, matched)
}

// turnOff turns off the access log and the key. Terraform forgets the log's bucket and the key, and does not destroy them.
func turnOff(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	env.Bucket.AccessLog, env.Encryption.CustomerKey = false, false
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	want := map[string]string{
		"aws_kms_key.key":                                                      "forget",
		"aws_s3_bucket.access-log":                                             "forget",
		"aws_kms_alias.key_alias":                                              "delete",
		"aws_iam_role_policy.delivery-role_use-key":                            "delete",
		"aws_iam_role_policy.submit-role_use-key":                              "delete",
		"aws_s3_bucket_logging.access-log_logging":                             "delete",
		"aws_cloudwatch_log_group.api_access":                                  "update",
		"aws_cloudwatch_log_group.api_execution":                               "update",
		"aws_cloudwatch_log_group.delivery-log":                                "update",
		"aws_kinesis_firehose_delivery_stream.delivery":                        "update",
		"aws_kinesis_stream.stream":                                            "update",
		"aws_s3_bucket_policy.bucket_policy":                                   "update",
		"aws_s3_bucket_server_side_encryption_configuration.bucket_encryption": "update",
		"output.access_log_bucket":                                             "delete",
		"output.key_arn":                                                       "delete",
	}
	for _, part := range []string{
		"lifecycle_configuration.access-log_lifecycle", "ownership_controls.access-log_ownership", "policy.access-log_policy",
		"public_access_block.access-log_access", "versioning.access-log_versioning", "server_side_encryption_configuration.access-log_encryption",
	} {
		want["aws_s3_bucket_"+part] = "forget"
	}
	p.apply(tfexec.DirOrPlan(p.expectPlan(want, unread)))
	p.expectPlan(map[string]string{})
}

// destroyAllButKept destroys as docs/deploy.md says: it first removes the kept resources from the state.
func destroyAllButKept(t *testing.T, p *pipeline) {
	t.Helper()
	removeFromState(t, p, keptPattern(t))
	if err := p.destroy(); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
}

// keptPattern matches the resources that docs/deploy.md tells a user to remove from the state, to destroy all but the buckets and their
// key.
func keptPattern(t *testing.T) *regexp.Regexp {
	t.Helper()
	return patternIn(t, "docs/deploy.md", "## Tear down")
}

// grepPattern is the pattern of a command that selects addresses.
var grepPattern = regexp.MustCompile(`terraform state list \| grep -E '([^']+)' \| xargs terraform state rm\n`)

// patternIn is the pattern of the first such command below a heading of a page.
func patternIn(t *testing.T, page, heading string) *regexp.Regexp {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	command := grepPattern.FindStringSubmatch(section)
	if !found || command == nil {
		t.Fatalf("%s has no command that removes resources from the state below %q", page, heading)
	}
	return regexp.MustCompile(command[1])
}

// removeFromState removes the resources whose addresses the pattern matches, and destroys nothing.
func removeFromState(t *testing.T, p *pipeline, pattern *regexp.Regexp) {
	t.Helper()
	remove := []string{"state", "rm"}
	for _, address := range p.addresses() {
		if pattern.MatchString(address) {
			remove = append(remove, address)
		}
	}
	if output, err := command(t, p.folder, environment(p.endpoint), p.tf.ExecPath(), remove...).CombinedOutput(); err != nil {
		t.Fatalf("terraform state rm: %v\n%s", err, output)
	}
}
