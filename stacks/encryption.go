package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/kms"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

// encryption is the environment's customer key. Without one, its ARN is empty, and no role needs a permission for it.
type encryption struct{ key *kms.Key }

// declareKey declares the key that encrypts everything else, if the environment has a customer key.
//
// The execution log group's name contains the API's id, and the API is made after the key. So the key allows the log groups of
// any API with a stage of this name.
func declareKey(stack cdktf.TerraformStack, env spec.Environment, where surroundings) encryption {
	if !env.Encryption.CustomerKey {
		return encryption{}
	}
	groups := []string{"API-Gateway-Execution-Logs_*/" + env.Name, env.AccessLogGroupName(), env.DeliveryLogGroupName()}
	if env.Firewall.Enabled {
		groups = append(groups, env.FirewallLogGroupName())
	}
	return encryption{kms.New(stack, keyID, kms.Config{
		Alias:              env.KeyAliasName(),
		Description:        "Encrypts the data and the logs of " + env.APIName(),
		LogGroups:          groups,
		Topic:              env.Alarms.Enabled && env.Alarms.TopicARN == "",
		DeletionWindowDays: env.Encryption.DeletionWindowDays,
		Protected:          env.Removal != spec.Disposable, // without it nobody can read the kept data
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

// made is the key as a dependency of the data that it encrypts. Terraform destroys in the reverse order, and so the key last.
func (e encryption) made() []cdktf.ITerraformDependable {
	if e.key == nil {
		return nil
	}
	return []cdktf.ITerraformDependable{e.key.Made}
}

// allow adds a separate policy to a role's policies, with the role's permissions on the key.
func (e encryption) allow(policies map[string]iam.Document, use func(key *kms.Key) iam.Document) map[string]iam.Document {
	if e.key != nil {
		policies["use-key"] = use(e.key)
	}
	return policies
}

// declareAccessLog declares the access log of the bucket, if the environment has one.
func declareAccessLog(stack cdktf.TerraformStack, env spec.Environment, where surroundings, bucket *s3.Bucket) []output {
	if !env.Bucket.AccessLog {
		return nil
	}
	log := s3.NewAccessLog(stack, accessLogID, s3.AccessLogConfig{
		Name:            env.AccessLogBucketName(),
		Of:              bucket,
		Account:         where.account,
		ExpireAfterDays: env.Bucket.AccessLogExpireAfterDays,
		Disposable:      env.Removal == spec.Disposable,
	})
	return []output{{"access_log_bucket", "Where S3 logs the requests to the bucket", log.Name}}
}

// outputs are the outputs that a reader of the data needs.
func (e encryption) outputs() []output {
	if e.key == nil {
		return nil
	}
	return []output{{"key_arn", "The key; a reader of the data needs kms:Decrypt on it", e.key.ARN}}
}
