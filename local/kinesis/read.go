package kinesis

import (
	"errors"
	"fmt"
	"time"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// resource is the body of an aws_kinesis_stream.
type resource struct {
	Name       string `tf:"name"`
	ShardCount int    `tf:"shard_count"`
	// RetentionPeriod is in hours.
	RetentionPeriod int    `tf:"retention_period"`
	EncryptionType  string `tf:"encryption_type"`
	Mode            []struct {
		StreamMode string `tf:"stream_mode"`
	} `tf:"stream_mode_details"`

	KMSKeyID string `tf:"kms_key_id"`
	ARN      string `tf:"arn"` // an output of the provider; Attribute computes it

	// These have no effect on one machine: nothing measures shards, and no consumer is registered
	// whose deletion could be enforced.
	ShardLevelMetrics       []string          `tf:"shard_level_metrics"`
	EnforceConsumerDeletion bool              `tf:"enforce_consumer_deletion"`
	Tags                    map[string]string `tf:"tags"` // read together with the provider's default tags
	TagsAll                 map[string]string `tf:"tags_all"`
}

const (
	streamType   = "aws_kinesis_stream"
	consumerType = "aws_kinesis_stream_consumer"
)

// Types are the resource types that [Read] reads, or refuses with a message of its own, sorted. local/iam reads
// aws_kinesis_resource_policy.
func Types() []string { return []string{streamType, consumerType} }

// Read reads the data streams (aws_kinesis_stream) of a resolved stack, in order of their resources' names. Its error holds every
// problem, each with the resource's address.
func Read(stack *tfjson.Stack) ([]Config, error) {
	var configs []Config
	var problems []error
	for _, r := range stack.Resources(consumerType) {
		problems = append(problems, fmt.Errorf("%s: consumers with enhanced fan-out are not imitated on one machine; leave it out of the environment that runs here, and read with GetRecords", r.Address()))
	}
	for _, r := range stack.Resources(streamType) {
		cfg, err := read(stack, r)
		if err != nil {
			problems = append(problems, err)
		}
		configs = append(configs, cfg)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return configs, nil
}

func read(stack *tfjson.Stack, from tfjson.Resource) (Config, error) {
	// The provider's own defaults (hashicorp/aws 5, aws_kinesis_stream).
	r := resource{RetentionPeriod: int(quota.DefaultRetention.Hours()), EncryptionType: unencrypted}
	if err := from.Into(&r); err != nil {
		return Config{}, err
	}
	cfg := Config{
		Name: r.Name, Mode: provisioned, Shards: r.ShardCount,
		Retention: time.Duration(r.RetentionPeriod) * time.Hour, Encryption: r.EncryptionType, Key: r.KMSKeyID,
	}
	cfg.Tags = stack.Tags(from.Address())
	if len(r.Mode) > 0 {
		cfg.Mode = r.Mode[0].StreamMode
	}
	if err := cfg.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", from.Address(), err)
	}
	if cfg.Encryption == encrypted && cfg.Key == "" { // the provider's own error, while it creates the stream
		return Config{}, fmt.Errorf("%s: kms_key_id is missing, and encryption_type is %s; name a key, such as alias/aws/kinesis", from.Address(), encrypted)
	}
	var err error
	cfg.ARN, err = stack.Attribute(from.Address(), "arn")
	return cfg, err
}
