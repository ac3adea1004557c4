// Package stacks has the environments, one file each, and the wiring that makes a Terraform stack from one.
package stacks

import (
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawspartition"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsregion"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/plainjson"
	"cdk.tf/go/ingest/modules/alarms"
	"cdk.tf/go/ingest/modules/apigateway"
	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/firehose"
	"cdk.tf/go/ingest/modules/glue"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/kinesis"
	"cdk.tf/go/ingest/modules/kms"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

// Pipeline is an environment's stack and its parts, for an app that declares further resources.
type Pipeline struct {
	Stack    cdktf.TerraformStack
	API      *apigateway.API
	Stream   *kinesis.Stream
	Delivery *firehose.DeliveryStream
	Bucket   *s3.Bucket
}

// New declares an environment's stack: the roles, the stream and the bucket, the delivery stream between them, and then the API.
// Firehose reads a stream from the moment that it is active, and would not deliver an earlier event. A hosted page comes after
// the API, because it has the API's address. page are its files, which
// [spec.Environment.Page] reads: New panics without an index.html. The environment must be valid.
func New(scope constructs.Construct, env spec.Environment, page []spec.PageFile) *Pipeline {
	stack := cdktf.NewTerraformStack(scope, jsii.String(env.Name))
	configureTerraform(stack, env)
	where := look(stack)
	protected := env.Removal == spec.Protected
	encryption := declareKey(stack, env, where)
	roles := declareRoles(stack, env, where)

	stream := kinesis.New(stack, "stream", kinesis.Config{
		Name:      env.StreamName(),
		Capacity:  env.Stream.Capacity,
		Retention: env.Stream.Retention,
		KeyARN:    encryption.arn(),
		DependsOn: roles.made(),
		Protected: protected,
	})
	bucket := s3.New(stack, "bucket", s3.Config{
		Name:       env.BucketName(),
		Lifecycle:  env.Bucket,
		KeyARN:     encryption.arn(),
		DependsOn:  encryption.made(),
		Disposable: env.Removal == spec.Disposable,
	})
	table := declareTable(stack, env, bucket)
	delivery, deliveryLogs := declareDelivery(stack, env, where, encryption, roles, stream, bucket, table)
	api := declareAPI(stack, env, where, encryption, roles, stream, delivery)
	guarding := declareFirewall(stack, env, encryption, api)
	api, addressed := declareDomain(stack, env, api)

	watched := watch(stack, env, where, encryption, alarms.Pipeline{
		APIName:            api.Name,
		Batch:              env.API.Batch,
		Stage:              api.Stage,
		LatencyP99:         env.Alarms.LatencyP99,
		RefusedPercent:     env.Alarms.RefusedPercent,
		StreamName:         stream.Name,
		Capacity:           env.Stream.Capacity,
		Retention:          env.Stream.Retention,
		DeliveryStreamName: delivery.Name,
		DeliveryLogGroup:   deliveryLogs.Name,
		BufferInterval:     env.Delivery.Interval(),
		Partitioned:        len(env.Delivery.PartitionBy) > 0,
		BucketName:         bucket.Name,
	})

	outputs := append(apiOutputs(env, api), []output{
		{"stream_name", "The Kinesis data stream", stream.Name},
		{"stream_arn", "ARN of the Kinesis data stream", stream.ARN},
		{"delivery_stream_name", "The Firehose delivery stream", delivery.Name},
		{"bucket_name", "The bucket that events land in", bucket.Name},
		{"delivery_log_group", "Firehose's errors", deliveryLogs.Name},
	}...)
	outputs = slices.Concat(outputs, addressed, guarding, encryption.outputs(), declareAccessLog(stack, env, where, bucket), watched,
		declareQuery(stack, env, where, encryption, table), expectedLoad(env))
	if env.Web.Hosted {
		url := declareWeb(stack, env, page, api, pageSettings(env.Name, outputs))
		outputs = append(outputs, output{"web_url", "The web page", url})
	}
	declareOutputs(stack, outputs)
	forget(stack, env)
	return &Pipeline{Stack: stack, API: api, Stream: stream, Delivery: delivery, Bucket: bucket}
}

// surroundings are references to facts about the account, which Terraform reads at plan time, so the stack does not contain them.
type surroundings struct {
	partition string
	dnsSuffix string
	region    string
	account   string
}

func look(stack cdktf.TerraformStack) surroundings {
	partition := dataawspartition.NewDataAwsPartition(stack, jsii.String("current-partition"), nil)
	region := dataawsregion.NewDataAwsRegion(stack, jsii.String("current-region"), nil)
	identity := dataawscalleridentity.NewDataAwsCallerIdentity(stack, jsii.String("current-identity"), nil)
	for _, source := range []cdktf.TerraformDataSource{partition, region, identity} {
		source.OverrideLogicalId(jsii.String("current"))
	}
	return surroundings{
		partition: *partition.Partition(),
		dnsSuffix: *partition.DnsSuffix(),
		// In version 6 of the provider "name" is deprecated, and version 5 has no "region".
		region:  *region.Id(),
		account: *identity.AccountId(),
	}
}

// declareDelivery declares the delivery stream with its role's policies and its error log. Firehose reads the table only for the
// columns of Parquet files.
func declareDelivery(stack cdktf.TerraformStack, env spec.Environment, where surroundings, encryption encryption, roles roles, stream *kinesis.Stream, bucket *s3.Bucket, table *glue.Table) (*firehose.DeliveryStream, *cloudwatch.LogGroup) {
	logs := cloudwatch.New(stack, "delivery-log", cloudwatch.Config{
		Name:          env.DeliveryLogGroupName(),
		RetentionDays: env.Logs.RetentionDays,
		Stream:        "S3Delivery",
		KeyARN:        encryption.arn(),
	})
	policies := map[string]iam.Document{
		"read-stream":  {stream.Read()},
		"write-bucket": bucket.Deliver(env.Delivery.KeyPrefix(), env.Delivery.ErrorPrefix),
		"write-log":    {logs.Write()},
	}
	var schema firehose.Schema
	if env.Delivery.Format == spec.FormatParquet {
		policies["read-table"] = iam.Document{table.Read(where.partition, where.region, where.account)}
		schema = firehose.Schema{Database: table.Database, Table: table.Name}
	}
	role := roles.delivery
	role.Allow(encryption.allow(policies, func(key *kms.Key) iam.Document {
		return iam.Document{key.DecryptStream(stream.ARN), key.WriteBucket(bucket.ARN)}
	}))
	delivery := firehose.New(stack, "delivery", firehose.Config{
		Name:      env.DeliveryStreamName(),
		Delivery:  env.Delivery,
		StreamARN: stream.ARN,
		BucketARN: bucket.ARN,
		RoleARN:   role.ARN,
		KeyARN:    encryption.arn(),
		LogGroup:  logs.Name,
		LogStream: logs.StreamName,
		Protected: env.Removal == spec.Protected,
		Schema:    schema,
		DependsOn: append(role.Ready, bucket.Ready...),
	})
	return delivery, logs
}

// declareAPI declares the API with the policies of the role that writes to the stream.
func declareAPI(stack cdktf.TerraformStack, env spec.Environment, where surroundings, encryption encryption, roles roles, stream *kinesis.Stream, delivery *firehose.DeliveryStream) *apigateway.API {
	write := stream.WriteOne()
	if env.API.Batch {
		write = stream.WriteMany()
	}
	submit := roles.submit
	submit.Allow(encryption.allow(map[string]iam.Document{"put-record": {write}}, func(key *kms.Key) iam.Document {
		return iam.Document{key.EncryptStream(stream.ARN)}
	}))
	cfg := apigateway.Config{
		Name:           env.APIName(),
		Stage:          env.Name,
		API:            env.API,
		Logs:           env.Logs,
		AccessLogGroup: env.AccessLogGroupName(),
		KeyARN:         encryption.arn(),
		StreamName:     stream.Name,
		SubmitRoleARN:  submit.ARN,
		Ready:          append(submit.Ready, delivery.Ready),
		Partition:      where.partition,
		Region:         where.region,
		Account:        where.account,
		ResetAccount:   env.Removal == spec.Disposable && env.Provider == spec.Provider5,
		Protected:      env.Removal == spec.Protected,
	}
	if roles.logging != nil {
		cfg.LoggingRoleARN, cfg.LoggingReady = roles.logging.ARN, roles.logging.Ready
	}
	if roles.authorizer != nil {
		cfg.AuthorizerRoleARN = roles.authorizer.ARN
		cfg.Ready = append(cfg.Ready, roles.authorizer.Ready...)
	}
	return apigateway.New(stack, "api", cfg)
}

// output is one Terraform output. Its value is a text, or texts by name.
type output struct {
	id, description string
	value           any
}

// apiOutputs are the outputs that a client of the API needs.
func apiOutputs(env spec.Environment, api *apigateway.API) []output {
	outputs := []output{
		{"submit_url", "Where events are posted", api.SubmitURL},
		{"curl", "A command that submits one event", curl(env, api.SubmitURL, env.API.ExampleEvent)},
		{"api_id", "The REST API", api.ID},
		{"api_stage", "The API's stage", api.Stage},
		{"authorization", "What submitting takes: none, iam, api_key, cognito or lambda", authorization[env.API.Authorization.Kind]},
		{"region", "The region of the pipeline, which a signature names", env.Region},
		{"submit_arn", "What a caller needs execute-api:Invoke on", api.SubmitARN},
		{"access_log_group", "One JSON line a request", api.AccessLogGroup},
		{"execution_log_group", "API Gateway's own account of requests", api.ExecutionLogGroup},
	}
	if api.BatchURL != "" {
		outputs = append(outputs,
			output{"batch_url", "Where up to 500 events at once are posted", api.BatchURL},
			output{"batch_arn", "What a caller of it needs execute-api:Invoke on", api.BatchARN})
	}
	if len(api.Types) > 0 {
		outputs = append(outputs, typeOutputs(env, api)...)
	}
	if len(api.APIKeys) > 0 {
		outputs = append(outputs, output{"api_key_ids", "The API keys' ids by client; aws apigateway get-api-key --include-value tells a key", api.APIKeys})
	}
	return outputs
}

// typeOutputs are what a client of the event types needs, by the types' names.
func typeOutputs(env spec.Environment, api *apigateway.API) []output {
	urls, arns := map[string]string{}, map[string]string{}
	var curls []output
	for _, of := range env.API.EventTypes {
		urls[of.Name], arns[of.Name] = api.TypeURL(of.Name), api.TypeARN(of.Name)
		// cdktf prints a map as JSON, which escapes quotes, and terraform output -raw prints no map. So each command is an output.
		curls = append(curls, output{typeCurl + of.Name, "A command that submits one event of the type " + of.Name, curl(env, urls[of.Name], of.ExampleEvent)})
	}
	return append([]output{
		{"event_type_urls", "Where events of each type are posted; batches below /batch", urls},
		{"event_type_arns", "What a caller needs execute-api:Invoke on for events of each type", arns},
	}, curls...)
}

func declareOutputs(stack cdktf.TerraformStack, outputs []output) {
	for _, o := range outputs {
		cdktf.NewTerraformOutput(stack, jsii.String(o.id), &cdktf.TerraformOutputConfig{
			Value: o.value, Description: jsii.String(o.description),
		})
	}
}

// forThePage are the outputs that a hosted page publishes to everybody. They include no ARNs, because these name the account.
// It also gets the commands of the event types.
var forThePage = []string{"submit_url", "batch_url", "curl", "event_type_urls", "authorization", "region"}

// pageSettings is the page's config.json: some of the outputs, in the form of `cdktf output --outputs-file`. The API's address is
// a reference, whose value the apply inserts; JSON need not escape anything in an address.
func pageSettings(stack string, outputs []output) string {
	settings := map[string]any{}
	for _, o := range outputs {
		if slices.Contains(forThePage, o.id) || strings.HasPrefix(o.id, typeCurl) {
			settings[o.id] = o.value
		}
	}
	text, err := plainjson.Indented(map[string]map[string]any{stack: settings})
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return string(text)
}

// authorization are the values of the output by which the web application knows which credentials to ask for.
var authorization = map[spec.AuthorizationKind]string{
	spec.ByNothing: "none", spec.ByIAM: "iam", spec.ByAPIKey: "api_key", spec.ByCognito: "cognito", spec.ByLambda: "lambda",
}
