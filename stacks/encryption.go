package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/kms"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

// encryption is the environment's own key, or none: then its ARN is empty, and nobody needs anything for it.
type encryption struct{ key *kms.Key }

// declareKey declares the key that everything else is encrypted with, where the environment wants one of its own.
//
// The execution log's group is named after the API's id, and the API comes after the stream and so after the key: any API's
// group of a stage of this name will do.
func declareKey(stack cdktf.TerraformStack, env spec.Environment, where surroundings) encryption {
	if !env.Encryption.CustomerKey {
		return encryption{}
	}
	groups := []string{"API-Gateway-Execution-Logs_*/" + env.Name, env.AccessLogGroupName(), env.DeliveryLogGroupName()}
	if env.Firewall.Enabled {
		groups = append(groups, env.FirewallLogGroupName())
	}
	return encryption{kms.New(stack, "key", kms.Config{
		Alias:              env.KeyAliasName(),
		Description:        "Encrypts the data and the logs of " + env.APIName(),
		LogGroups:          groups,
		Topic:              env.Alarms.Enabled && env.Alarms.TopicARN == "",
		DeletionWindowDays: env.Encryption.DeletionWindowDays,
		Protected:          env.Removal != spec.Disposable, // without it nobody reads what is kept
		Partition:          where.partition,
		Region:             where.region,
		Account:            where.account,
		DNSSuffix:          where.dnsSuffix,
	})}
}

func (e encryption) arn() string {
	if e.key == nil {
		return ""
	}
	return e.key.ARN
}

// made is what must not be gone before what it encrypts is: Terraform destroys in the reverse order.
func (e encryption) made() []cdktf.ITerraformDependable {
	if e.key == nil {
		return nil
	}
	return []cdktf.ITerraformDependable{e.key.Made}
}

// allow adds to a role's policies what the role may do with the key, in a policy of its own.
func (e encryption) allow(policies map[string]iam.Document, use func(key *kms.Key) iam.Document) map[string]iam.Document {
	if e.key != nil {
		policies["use-key"] = use(e.key)
	}
	return policies
}

// declareAccessLog has the requests to the bucket logged, where the environment wants it.
func declareAccessLog(stack cdktf.TerraformStack, env spec.Environment, where surroundings, bucket *s3.Bucket) []output {
	if !env.Bucket.AccessLog {
		return nil
	}
	log := s3.NewAccessLog(stack, "access-log", s3.AccessLogConfig{
		Name:            env.AccessLogBucketName(),
		Of:              bucket,
		Account:         where.account,
		ExpireAfterDays: env.Bucket.AccessLogExpireAfterDays,
		Disposable:      env.Removal == spec.Disposable,
	})
	return []output{{"access_log_bucket", "Where S3 logs the requests to the bucket", log.Name}}
}

// outputs are what a reader of the data needs.
func (e encryption) outputs() []output {
	if e.key == nil {
		return nil
	}
	return []output{{"key_arn", "The key; a reader of the data needs kms:Decrypt on it", e.key.ARN}}
}
