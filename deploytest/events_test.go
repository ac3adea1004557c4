package deploytest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/firehose"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestEvents creates dev with event types in envelopes, other content types, compressed answers and partitions by field. It changes
// a query of the partitions in place and turns the content types and the compression off, plans to turn the partitions off, which
// replaces the delivery stream, and destroys it.
func TestEvents(t *testing.T) {
	inParallel(t)
	env := local(catalogue.Named("dev"))
	env.Delivery, env.Query = catalogue.Named("option-partitions").Delivery, catalogue.Named("option-partitions").Query
	typed, intake := catalogue.Named("option-types").API, catalogue.Named("option-intake").API
	env.API.Envelope, env.API.EventTypes, env.API.Example = typed.Envelope, typed.EventTypes, typed.Example
	env.API.ContentTypes, env.API.MinimumCompressionBytes = intake.ContentTypes, intake.MinimumCompressionBytes
	endpoint := startMoto(t)
	p := initialised(t, endpoint, env)
	p.apply()
	api := p.outputs()["api_id"]
	checkEventTypes(t, p)
	checkTypes(t, p.cloud, api, []string{"application/cloudevents+json", "application/json", "text/plain"}, spec.NDJSON)
	expect(t, "the smallest compressed answer", int32(0), *restAPI(t, p.cloud, api).MinimumCompressionSize)
	checkPartitions(t, p.cloud, env)
	checkProjections(t, endpoint)
	p.expectPlan(map[string]string{})

	fields := append([]spec.PartitionField{}, env.Delivery.PartitionBy...)
	fields[1].Query = `.tenant // "${none}"`
	env.Delivery.PartitionBy = fields
	env.API.ContentTypes, env.API.MinimumCompressionBytes = nil, -1
	become(t, p, env, redeployed, withoutIntake(env))
	checkTypes(t, p.cloud, api, []string{"application/json"})
	expect(t, "the smallest compressed answer", (*int32)(nil), restAPI(t, p.cloud, api).MinimumCompressionSize)
	checkPartitions(t, p.cloud, env)

	without := env
	without.Delivery.PartitionBy, without.Delivery.PartitionRetry = nil, 0
	planOf(t, p, without, map[string]string{
		"aws_athena_named_query.query_count-by-type":     "destroy before create",
		"aws_athena_named_query.query_latest":            "destroy before create",
		"aws_glue_catalog_table.events-table":            "update",
		"aws_iam_role_policy.delivery-role_write-bucket": "update",
		"aws_kinesis_firehose_delivery_stream.delivery":  "destroy before create",
	})
	destroyDev(t, p, unread)
}

// withoutIntake are the changes of a plan that turns content types and compression off, and changes a query of the partitions.
func withoutIntake(env spec.Environment) map[string]string {
	changes := map[string]string{
		"aws_kinesis_firehose_delivery_stream.delivery":               "update",
		"aws_api_gateway_rest_api.api":                                "update",
		"aws_api_gateway_gateway_response.api_unsupported-media-type": "update",
	}
	paths := []string{"submit"}
	for _, of := range env.API.EventTypes {
		paths = append(paths, "submit_types_"+of.Name)
	}
	for _, path := range paths {
		for _, at := range []string{path, path + "_batch"} {
			changes["aws_api_gateway_method.api_"+at+"_post"] = "update"
			changes["aws_api_gateway_integration.api_"+at+"_post_integration"] = "update"
		}
		// A batch's 400 named lines of NDJSON.
		changes["aws_api_gateway_integration_response.api_"+path+"_batch_post_400-mapping"] = "update"
	}
	return changes
}

// checkEventTypes compares the paths and the outputs of the event types.
func checkEventTypes(t *testing.T, p *pipeline) {
	t.Helper()
	outputs := p.outputs()
	urls := decode[map[string]string](t, "the URLs", string(p.state().Outputs["event_type_urls"].Value))
	expect(t, "URL of orders", outputs["submit_url"]+"/order", urls["order"])
	found := map[string]bool{}
	for _, resource := range call(t, p.cloud.apigateway.GetResources, apigateway.GetResourcesInput{RestApiId: ref(outputs["api_id"])}).Items {
		found[*resource.Path] = true
	}
	for _, path := range []string{"/submit/order", "/submit/order/batch", "/submit/page-view", "/submit/post/batch"} {
		expect(t, path, true, found[path])
	}
}

func checkPartitions(t *testing.T, c cloud, env spec.Environment) {
	t.Helper()
	to := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{
		DeliveryStreamName: ref("api-kinesis-firehose-dev"),
	}).DeliveryStreamDescription.Destinations[0].ExtendedS3DestinationDescription
	expect(t, "MiB", 64, *to.BufferingHints.SizeInMBs)
	expect(t, "prefix", env.Delivery.KeyPrefix(), *to.Prefix)
	expect(t, "partitioning", true, *to.DynamicPartitioningConfiguration.Enabled)
	expect(t, "seconds of retries", 600, *to.DynamicPartitioningConfiguration.RetryOptions.DurationInSeconds)
	parameters := map[string]string{}
	for _, processor := range to.ProcessingConfiguration.Processors {
		for _, parameter := range processor.Parameters {
			parameters[string(processor.Type)+" "+string(parameter.ParameterName)] = *parameter.ParameterValue
		}
	}
	expect(t, "parameters", map[string]string{
		"MetadataExtraction MetadataExtractionQuery": env.Delivery.PartitionQuery(),
		"MetadataExtraction JsonParsingEngine":       "JQ-1.6",
		"AppendDelimiterToRecord Delimiter":          `\n`,
	}, parameters)
}

func checkProjections(t *testing.T, endpoint string) {
	t.Helper()
	_, answer := ask(t, endpoint, "glue", "AWSGlue.GetTable", map[string]any{"DatabaseName": "api_kinesis_dev", "Name": "events"})
	table := decode[struct {
		Table struct {
			Parameters    map[string]string
			PartitionKeys []struct{ Name, Type string }
		}
	}](t, "the table", string(answer)).Table
	expect(t, "values of kind", "order,view,other", table.Parameters["projection.kind.values"])
	expect(t, "projection of tenant", "injected", table.Parameters["projection.tenant.type"])
	expect(t, "template", "s3://api-kinesis-firehose-bucket-dev/events/kind=${kind}/tenant=${tenant}/year=${year}/month=${month}/day=${day}/hour=${hour}/",
		table.Parameters["storage.location.template"])
	expect(t, "partition keys", []struct{ Name, Type string }{
		{"kind", "string"}, {"tenant", "string"}, {"year", "string"}, {"month", "string"}, {"day", "string"}, {"hour", "string"},
	}, table.PartitionKeys)
}
