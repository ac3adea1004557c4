// Package sns declares a topic to which one AWS service publishes, and its subscriptions.
package sns

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// Config of a topic.
type Config struct {
	Name string
	// Service is the service that publishes, such as "cloudwatch.amazonaws.com". It may do so only on behalf of Sources, a
	// pattern of ARNs, in Account.
	Service string
	Account string
	Sources string
	// KeyARN of the customer key that encrypts messages. Its policy must let Service decrypt and generate data keys. Empty
	// means no encryption: with the AWS-managed alias/aws/sns no alarm would reach the topic, because that key's policy does not
	// let CloudWatch use it and cannot be changed (repost.aws, "cloudwatch-configure-alarm-sns").
	KeyARN string
}

// Topic is the declared topic.
type Topic struct {
	ARN string
}

// New declares a topic to which only the service may publish, and only over TLS. The account's own principals manage it and
// subscribe to it by their own policies.
func New(scope constructs.Construct, id string, cfg Config) *Topic {
	c := constructs.NewConstruct(scope, jsii.String(id))
	config := &snstopic.SnsTopicConfig{Name: jsii.String(cfg.Name)}
	if cfg.KeyARN != "" {
		config.KmsMasterKeyId = jsii.String(cfg.KeyARN)
	}
	topic := tf.New(c, "Default", snstopic.NewSnsTopic, config)
	arn := topic.Arn()
	tf.New(c, "policy", snstopicpolicy.NewSnsTopicPolicy, &snstopicpolicy.SnsTopicPolicyConfig{
		Arn:    arn,
		Policy: jsii.String(access(cfg, *arn).JSON()),
	})
	return &Topic{ARN: *arn}
}

// access has both conditions with which the SNS developer guide restricts a service ("Example cases for Amazon SNS access
// control"): the account and the ARN of the source.
func access(cfg Config, topic string) iam.Document {
	return iam.Document{
		{
			Sid:       "Publish",
			Principal: map[string]string{"Service": cfg.Service},
			Actions:   []string{"sns:Publish"},
			Resources: []string{topic},
			Conditions: map[string]map[string][]string{
				"StringEquals": {"aws:SourceAccount": {cfg.Account}},
				"ArnLike":      {"aws:SourceArn": {cfg.Sources}},
			},
		},
		{
			Sid:       "TLSOnly",
			Effect:    "Deny",
			Principal: "*",
			Actions:   []string{"sns:Publish"},
			Resources: []string{topic},
			Conditions: map[string]map[string][]string{
				"Bool": {"aws:SecureTransport": {"false"}},
			},
		},
	}
}

// Subscribe declares a subscription for each e-mail address. SNS first sends each a request to confirm.
func Subscribe(scope constructs.Construct, id, topicARN string, emails []string) {
	c := constructs.NewConstruct(scope, jsii.String(id))
	for _, email := range emails {
		// The id depends on the address and not on its index, so that removing one address does not replace the later ones.
		sum := sha256.Sum256([]byte(email))
		tf.New(c, hex.EncodeToString(sum[:4]), snstopicsubscription.NewSnsTopicSubscription,
			&snstopicsubscription.SnsTopicSubscriptionConfig{
				TopicArn: jsii.String(topicARN),
				Protocol: jsii.String("email"),
				Endpoint: jsii.String(email),
			})
	}
}
