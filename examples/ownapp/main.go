// The command ownapp is a CDKTF app that uses this project's pipeline and modules beside resources of its own. Copy it to a project
// of yours: docs/modules.md says how.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/jsii-runtime-go"
	awsprovider "github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketnotification"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/sqsqueue"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/sqsqueuepolicy"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/kinesis"
	"cdk.tf/go/ingest/policy"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
	_ "cdk.tf/go/ingest/synth" // its runtime loads only what the stacks use of the AWS provider, which saves time and memory
	"cdk.tf/go/ingest/tfjson"
)

func main() {
	app := cdktf.NewApp(&cdktf.AppConfig{StackTraces: jsii.Bool(false)})
	if err := declare(app); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// declare declares both stacks, synthesises them, and holds the pipeline's to this project's rules.
func declare(app cdktf.App) error {
	env := orders()
	if err := spec.ValidateAll([]spec.Environment{env}); err != nil {
		return err
	}
	notifyOfObjects(stacks.New(app, env, nil))
	declareClicks(app)
	app.Synth()

	stack, err := tfjson.ReadFile(filepath.Join(*app.Outdir(), "stacks", env.Name, "cdk.tf.json"))
	if err != nil {
		return err
	}
	return policy.Check(stack, policy.Expect{Public: env.API.Authorization.Kind == spec.ByNothing})
}

// orders is a pipeline for orders.
func orders() spec.Environment {
	env := spec.Default("orders")
	env.Names.Prefix = "example"
	env.API.Authorization = spec.AuthorizeIAM()
	return env
}

// notifyOfObjects adds a queue to the pipeline's stack. S3 sends it a message for each object that is delivered.
func notifyOfObjects(pipeline *stacks.Pipeline) {
	queue := sqsqueue.NewSqsQueue(pipeline.Stack, jsii.String("new-objects"), &sqsqueue.SqsQueueConfig{
		Name:                 jsii.String("example-new-objects"),
		SqsManagedSseEnabled: true,
	})
	let := iam.Document{{
		Principal:  map[string]string{"Service": "s3.amazonaws.com"},
		Actions:    []string{"sqs:SendMessage"},
		Resources:  []string{*queue.Arn()},
		Conditions: map[string]map[string][]string{"ArnEquals": {"aws:SourceArn": {pipeline.Bucket.ARN}}},
	}}
	allowed := sqsqueuepolicy.NewSqsQueuePolicy(pipeline.Stack, jsii.String("new-objects-policy"), &sqsqueuepolicy.SqsQueuePolicyConfig{
		QueueUrl: queue.Url(), Policy: jsii.String(let.JSON()),
	})
	s3bucketnotification.NewS3BucketNotification(pipeline.Stack, jsii.String("new-objects-notification"), &s3bucketnotification.S3BucketNotificationConfig{
		Bucket: jsii.String(pipeline.Bucket.Name),
		Queue: []*s3bucketnotification.S3BucketNotificationQueue{{
			QueueArn: queue.Arn(), Events: jsii.Strings("s3:ObjectCreated:*"), FilterPrefix: jsii.String("events/"),
		}},
		DependsOn: &[]cdktf.ITerraformDependable{allowed}, // S3 tries the queue
		// A rule of the project: what is set on a bucket that is kept is kept.
		Lifecycle: &cdktf.TerraformResourceLifecycle{PreventDestroy: jsii.Bool(true)},
	})
}

// declareClicks is a stack of one's own that takes two modules alone: a stream, and a role that may write to it.
func declareClicks(app cdktf.App) {
	stack := cdktf.NewTerraformStack(app, jsii.String("clicks"))
	awsprovider.NewAwsProvider(stack, jsii.String("aws"), &awsprovider.AwsProviderConfig{Region: jsii.String("us-east-1")})
	stream := kinesis.New(stack, "stream", kinesis.Config{Name: "example-clicks", Capacity: spec.Provisioned(1), Retention: 24 * time.Hour})
	role := iam.New(stack, "producer", iam.Config{Name: "example-clicks-producer", Description: "Writes clicks", Service: "lambda.amazonaws.com"})
	role.Allow(map[string]iam.Document{"write": {stream.WriteOne()}})
}
