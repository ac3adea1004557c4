package deploytest

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/spec"
)

// TestEncrypted turns a key, an access log and a lock on where events are taken already, and destroys it all.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	env := spec.Default("encrypted")
	env.Removal = spec.Disposable
	env.API.Batch, env.Alarms.Enabled, env.Query.Enabled = true, true, true
	p := newPipeline(t, env)
	p.apply()

	env.Encryption = spec.Encryption{CustomerKey: true, DeletionWindowDays: 7}
	env.Bucket.AccessLog = true
	env.Bucket.ObjectLock = spec.ObjectLock{Mode: spec.Governance, Days: 30}
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	p.apply(tfexec.DirOrPlan(p.expectPlan(turningOnInPlace())))
	p.expectPlan(map[string]string{})

	key := p.outputs()["key_arn"]
	checkKey(t, p.cloud, key)
	checkEncrypted(t, p.cloud, key)
	checkKeyRoles(t, p.cloud, key)
	checkAudit(t, p.cloud)
	destroyLocked(t, p, key)
}

// turningOnInPlace is what a plan does to an environment that runs: it replaces nothing.
func turningOnInPlace() map[string]string {
	want := map[string]string{
		"aws_kms_key.key":                                                             "create",
		"aws_kms_alias.key_alias":                                                     "create",
		"aws_kinesis_stream.stream":                                                   "update",
		"aws_cloudwatch_log_group.api_access":                                         "update",
		"aws_cloudwatch_log_group.api_execution":                                      "update",
		"aws_cloudwatch_log_group.delivery-log":                                       "update",
		"aws_iam_role_policy.submit-role_use-key":                                     "create",
		"aws_iam_role_policy.delivery-role_use-key":                                   "create",
		"aws_kinesis_firehose_delivery_stream.delivery":                               "update",
		"aws_s3_bucket_policy.bucket_policy":                                          "update",
		"aws_s3_bucket_server_side_encryption_configuration.bucket_encryption":        "update",
		"aws_s3_bucket_object_lock_configuration.bucket_lock":                         "create",
		"aws_s3_bucket.access-log":                                                    "create",
		"aws_sns_topic.alarm-topic":                                                   "update",
		"aws_athena_workgroup.query":                                                  "update",
		"aws_s3_bucket_policy.query-results_policy":                                   "update",
		"aws_s3_bucket_server_side_encryption_configuration.query-results_encryption": "update",
		"output.key_arn":                                                              "create",
		"output.access_log_bucket":                                                    "create",
	}
	for _, part := range []string{
		"lifecycle_configuration.access-log_lifecycle", "logging.access-log_logging", "ownership_controls.access-log_ownership",
		"policy.access-log_policy", "public_access_block.access-log_access", "versioning.access-log_versioning",
		"server_side_encryption_configuration.access-log_encryption",
	} {
		want["aws_s3_bucket_"+part] = "create"
	}
	return want
}

func checkKey(t *testing.T, c cloud, key string) {
	t.Helper()
	rotation := kms[struct{ KeyRotationEnabled bool }](t, c, "GetKeyRotationStatus", key)
	expect(t, "rotation", true, rotation.KeyRotationEnabled)
	policy := decode[struct{ Statement []struct{ Sid string } }](t, "the key's policy", kms[struct{ Policy string }](t, c, "GetKeyPolicy", key).Policy)
	var sids []string
	for _, statement := range policy.Statement {
		sids = append(sids, statement.Sid)
	}
	expect(t, "the key policy's statements", []string{"AdministrationByIAM", "UseThroughServicesByIAM", "LogGroups", "Alarms"}, sids)
	aliases := kms[struct{ Aliases []struct{ AliasName string } }](t, c, "ListAliases", key).Aliases
	if len(aliases) != 1 || aliases[0].AliasName != "alias/api-kinesis-encrypted" {
		t.Errorf("the key's aliases are %v", aliases)
	}
}

// kms asks about a key in KMS's protocol; its SDK is none of this project's.
func kms[T any](t *testing.T, c cloud, action, key string) T {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *c.kinesis.Options().BaseEndpoint, bytes.NewBufferString(`{"KeyId": "`+key+`", "PolicyName": "default"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "TrentService."+action)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	// Moto tells services apart by the signature's scope, and checks no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260101/"+region+"/kms/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s (%v): %s", action, response.Status, err, text)
	}
	return decode[T](t, action, string(text))
}

func checkEncrypted(t *testing.T, c cloud, key string) {
	t.Helper()
	stream := call(t, c.kinesis.DescribeStreamSummary, kinesis.DescribeStreamSummaryInput{StreamName: ref("api-kinesis-stream-encrypted")}).StreamDescriptionSummary
	expect(t, "the stream's encryption", kinesistypes.EncryptionTypeKms, stream.EncryptionType)
	expect(t, "the stream's key", key, *stream.KeyId)
	rule := call(t, c.s3.GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: ref("api-kinesis-firehose-bucket-encrypted")}).ServerSideEncryptionConfiguration.Rules[0]
	expect(t, "the bucket's encryption", s3types.ServerSideEncryptionAwsKms, rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	expect(t, "the bucket's key", key, *rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID)
	expect(t, "the bucket's bucket key", true, *rule.BucketKeyEnabled)
	delivery := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{DeliveryStreamName: ref("api-kinesis-firehose-encrypted")}).DeliveryStreamDescription
	expect(t, "the delivery's key", key, *delivery.Destinations[0].ExtendedS3DestinationDescription.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN)
	for _, group := range call(t, c.logs.DescribeLogGroups, cloudwatchlogs.DescribeLogGroupsInput{}).LogGroups {
		expect(t, "the key of "+*group.LogGroupName, key, deref(group.KmsKeyId))
	}
	const topic = "arn:aws:sns:us-east-1:123456789012:api-kinesis-alarms-encrypted"
	expect(t, "the topic's key", key, topicAttributes(t, *c.kinesis.Options().BaseEndpoint, topic)["KmsMasterKeyId"])
}

func checkKeyRoles(t *testing.T, c cloud, key string) {
	t.Helper()
	use := func(service, resource, actions string) string {
		return `{"Effect": "Allow", "Action": [` + actions + `], "Resource": ["` + key + `"], "Condition": {"StringEquals": {
			"kms:ViaService": ["` + service + `.us-east-1.amazonaws.com"], "kms:EncryptionContext:aws:` + service + `:arn": ["` + resource + `"]}}}`
	}
	const (
		stream = "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-encrypted"
		bucket = "arn:aws:s3:::api-kinesis-firehose-bucket-encrypted"
	)
	for role, want := range map[string]string{
		"submit":   use("kinesis", stream, `"kms:GenerateDataKey"`),
		"delivery": use("kinesis", stream, `"kms:Decrypt"`) + "," + use("s3", bucket, `"kms:Decrypt", "kms:GenerateDataKey"`),
	} {
		checkPolicy(t, c, "api-kinesis-"+role+"-encrypted", "use-key", want)
	}
}

func checkAudit(t *testing.T, c cloud) {
	t.Helper()
	events, log := ref("api-kinesis-firehose-bucket-encrypted"), ref("api-kinesis-access-log-encrypted")
	logging := call(t, c.s3.GetBucketLogging, s3.GetBucketLoggingInput{Bucket: events}).LoggingEnabled
	expect(t, "the access log's bucket", *log, *logging.TargetBucket)
	expect(t, "the access log's prefix", "access/", *logging.TargetPrefix)
	lock := call(t, c.s3.GetObjectLockConfiguration, s3.GetObjectLockConfigurationInput{Bucket: events}).ObjectLockConfiguration
	expect(t, "the lock", s3types.ObjectLockEnabledEnabled, lock.ObjectLockEnabled)
	expect(t, "the lock's mode", s3types.ObjectLockRetentionModeGovernance, lock.Rule.DefaultRetention.Mode)
	expect(t, "the lock's days", 30, *lock.Rule.DefaultRetention.Days)
	encryption := call(t, c.s3.GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: log}).ServerSideEncryptionConfiguration
	expect(t, "the access log's encryption", s3types.ServerSideEncryptionAes256, encryption.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
}

// destroyLocked destroys it with an event that is locked, as Disposable may, and leaves a key that can be brought back.
func destroyLocked(t *testing.T, p *pipeline, key string) {
	t.Helper()
	bucket := ref("api-kinesis-firehose-bucket-encrypted")
	call(t, p.cloud.s3.PutObject, s3.PutObjectInput{
		Bucket: bucket, Key: ref("events/year=2026/object"), Body: strings.NewReader("{}\n"),
		ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256, ObjectLockMode: s3types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: ref(time.Now().AddDate(0, 0, 30)),
	})
	if err := p.destroy(); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
	expect(t, "the key", "PendingDeletion", kms[struct{ KeyMetadata struct{ KeyState string } }](t, p.cloud, "DescribeKey", key).KeyMetadata.KeyState)
}
