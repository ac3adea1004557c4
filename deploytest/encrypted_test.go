package deploytest

import (
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

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestEncrypted turns on a key, an access log and a lock in a running environment, and destroys it all.
func TestEncrypted(t *testing.T) {
	inParallel(t)
	env := catalogue.Named("option-none")
	env.Name, env.Removal = "encrypted", spec.Disposable
	env.API.Batch, env.Alarms.Enabled, env.Query.Enabled = true, true, true
	p := newPipeline(t, env)
	p.apply()

	on := catalogue.Named("option-encrypted")
	env.Encryption, env.Bucket.AccessLog, env.Bucket.ObjectLock = on.Encryption, true, on.Bucket.ObjectLock
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	p.apply(tfexec.DirOrPlan(p.expectPlan(turningOnInPlace())))
	p.expectPlan(map[string]string{})

	key := p.outputs()["key_arn"]
	checkKey(t, p.endpoint, key, "alias/api-kinesis-encrypted")
	checkEncrypted(t, p.cloud, key)
	expect(t, "the topic's key", key, topicAttributes(t, p.endpoint, topicARN("encrypted"))["KmsMasterKeyId"])
	checkKeyRoles(t, p.cloud, key)
	checkAccessLog(t, p.cloud, "encrypted")
	checkLock(t, p.cloud)
	destroyLocked(t, p, key)
}

// turningOnInPlace are a plan's changes to a running environment: none is a replacement.
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

func checkKey(t *testing.T, endpoint, key, alias string) {
	t.Helper()
	rotation := kms[struct{ KeyRotationEnabled bool }](t, endpoint, "GetKeyRotationStatus", key)
	expect(t, "rotation", true, rotation.KeyRotationEnabled)
	policy := decode[struct{ Statement []struct{ Sid string } }](t, "the key's policy",
		kms[struct{ Policy string }](t, endpoint, "GetKeyPolicy", key).Policy)
	var sids []string
	for _, statement := range policy.Statement {
		sids = append(sids, statement.Sid)
	}
	expect(t, "the key policy's statements", []string{"AdministrationByIAM", "UseThroughServicesByIAM", "LogGroups", "Alarms"}, sids)
	expect(t, "the alias's key", key, keyOf(t, endpoint, alias))
}

// kms asks about a key, or about an alias of one.
func kms[T any](t *testing.T, endpoint, action, key string) T {
	t.Helper()
	status, answer := ask(t, endpoint, "kms", "TrentService."+action, map[string]any{"KeyId": key, "PolicyName": "default"})
	expect(t, "status of "+action, http.StatusOK, status)
	return decode[T](t, action, string(answer))
}

// keyOf is the ARN of the key with an alias.
func keyOf(t *testing.T, endpoint, alias string) string {
	t.Helper()
	return kms[struct{ KeyMetadata struct{ Arn string } }](t, endpoint, "DescribeKey", alias).KeyMetadata.Arn
}

// useKey is a statement that lets a role use the key through a service and for one of its resources.
func useKey(key, service, resource, actions string) string {
	return `{"Effect": "Allow", "Action": [` + actions + `], "Resource": ["` + key + `"], "Condition": {"StringEquals": {
		"kms:ViaService": ["` + service + `.us-east-1.amazonaws.com"], "kms:EncryptionContext:aws:` + service + `:arn": ["` + resource + `"]}}}`
}

// noOtherKey are the statements that deny a bucket objects with another encryption.
func noOtherKey(bucket, key string) string {
	return `{"Sid": "NoOtherKey", "Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject"], "Resource": ["` + bucket + `/*"],
		"Condition": {"Null": {"s3:x-amz-server-side-encryption": ["false"]},
			"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": ["` + key + `"]}}},
		{"Sid": "NoKeyOfTheClients", "Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject"], "Resource": ["` + bucket + `/*"],
		"Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": ["false"]}}}`
}

func checkEncrypted(t *testing.T, c cloud, key string) {
	t.Helper()
	stream := call(t, c.kinesis.DescribeStreamSummary, kinesis.DescribeStreamSummaryInput{StreamName: ref("api-kinesis-stream-encrypted")}).StreamDescriptionSummary
	expect(t, "the stream's encryption", kinesistypes.EncryptionTypeKms, stream.EncryptionType)
	expect(t, "the stream's key", key, *stream.KeyId)
	checkBucketKey(t, c, "api-kinesis-firehose-bucket-encrypted", key)
	delivery := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{DeliveryStreamName: ref("api-kinesis-firehose-encrypted")}).DeliveryStreamDescription
	expect(t, "the delivery's key", key, *delivery.Destinations[0].ExtendedS3DestinationDescription.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN)
	for _, group := range call(t, c.logs.DescribeLogGroups, cloudwatchlogs.DescribeLogGroupsInput{}).LogGroups {
		expect(t, "the key of "+*group.LogGroupName, key, deref(group.KmsKeyId))
	}
}

func checkKeyRoles(t *testing.T, c cloud, key string) {
	t.Helper()
	const (
		stream = "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-encrypted"
		bucket = "arn:aws:s3:::api-kinesis-firehose-bucket-encrypted"
	)
	for role, want := range map[string]string{
		"submit":   useKey(key, "kinesis", stream, `"kms:GenerateDataKey"`),
		"delivery": useKey(key, "kinesis", stream, `"kms:Decrypt"`) + "," + useKey(key, "s3", bucket, `"kms:Decrypt", "kms:GenerateDataKey"`),
	} {
		checkPolicy(t, c, "api-kinesis-"+role+"-encrypted", "use-key", want)
	}
}

func checkAccessLog(t *testing.T, c cloud, env string) {
	t.Helper()
	log := "api-kinesis-access-log-" + env
	logging := call(t, c.s3.GetBucketLogging, s3.GetBucketLoggingInput{Bucket: ref("api-kinesis-firehose-bucket-" + env)}).LoggingEnabled
	expect(t, "the access log's bucket", log, *logging.TargetBucket)
	expect(t, "the access log's prefix", "access/", *logging.TargetPrefix)
	checkBucketKey(t, c, log, "")
}

func checkLock(t *testing.T, c cloud) {
	t.Helper()
	lock := call(t, c.s3.GetObjectLockConfiguration, s3.GetObjectLockConfigurationInput{
		Bucket: ref("api-kinesis-firehose-bucket-encrypted"),
	}).ObjectLockConfiguration
	expect(t, "the lock", s3types.ObjectLockEnabledEnabled, lock.ObjectLockEnabled)
	expect(t, "the lock's mode", s3types.ObjectLockRetentionModeGovernance, lock.Rule.DefaultRetention.Mode)
	expect(t, "the lock's days", 30, *lock.Rule.DefaultRetention.Days)
}

// destroyLocked destroys the environment with a locked event, which Disposable allows, and checks that the key can be restored.
func destroyLocked(t *testing.T, p *pipeline, key string) {
	t.Helper()
	bucket := ref("api-kinesis-firehose-bucket-encrypted")
	call(t, p.cloud.s3.PutObject, s3.PutObjectInput{
		Bucket: bucket, Key: ref("events/year=2026/object"), Body: strings.NewReader("{}\n"),
		ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256, ObjectLockMode: s3types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: ref(time.Now().AddDate(0, 0, 30)),
	})
	// It must read the bucket: the lock is a resource of its own, and the destroy deletes locked objects if the bucket's state has it.
	if err := p.destroy(); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
	expect(t, "the alarms that are left", nil, describeAlarms(t, p.endpoint))
	expect(t, "the key", "PendingDeletion", kms[struct{ KeyMetadata struct{ KeyState string } }](t, p.endpoint, "DescribeKey", key).KeyMetadata.KeyState)
}
