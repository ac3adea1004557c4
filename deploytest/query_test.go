package deploytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestQuery creates dev with Query for events of any shape, changes how its objects are named, changes it to Parquet, and destroys it.
func TestQuery(t *testing.T) {
	inParallel(t)
	env := local(catalogue.Named("dev"))
	env.Query = catalogue.Named("option-query").Query
	endpoint := startMoto(t)
	p := initialised(t, endpoint, env)
	p.apply()
	checkTable(t, endpoint, "dev", "2026,NOW", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
	checkWorkgroup(t, endpoint, "dev", map[string]string{"EncryptionOption": "SSE_S3"})
	outputs := p.outputs()
	expect(t, "workgroup", "api-kinesis-dev", outputs["query_workgroup"])
	expect(t, "table", "api_kinesis_dev.events", outputs["query_table"])
	p.expectPlan(map[string]string{})

	env.Delivery = catalogue.Named("option-delivery").Delivery
	toOtherNames(t, p, env)
	checkTable(t, endpoint, "dev", "2026,NOW+14HOURS", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
	checkObjectNames(t, p.cloud)

	toParquet(t, p, env)
	checkTable(t, endpoint, "dev", "2026,NOW+14HOURS", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe")
	checkConversion(t, p.cloud)

	destroyDev(t, p, unread)
	status, answer := ask(t, endpoint, "glue", "AWSGlue.GetDatabase", map[string]any{"Name": "api_kinesis_dev"})
	expect(t, "status of the database that is gone", http.StatusBadRequest, status)
	expectText(t, "the answer", string(answer), "EntityNotFoundException")
}

// toOtherNames changes the time zone, the compression and the extension of the objects, which replaces no delivery stream.
func toOtherNames(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	become(t, p, env, map[string]string{
		"aws_athena_named_query.query_count-by-type":    "destroy before create",
		"aws_athena_named_query.query_latest":           "destroy before create",
		"aws_glue_catalog_table.events-table":           "update",
		"aws_kinesis_firehose_delivery_stream.delivery": "update",
	})
}

func checkObjectNames(t *testing.T, c cloud) {
	t.Helper()
	to := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{
		DeliveryStreamName: ref("api-kinesis-firehose-dev"),
	}).DeliveryStreamDescription.Destinations[0].ExtendedS3DestinationDescription
	expect(t, "time zone", "Asia/Tokyo", *to.CustomTimeZone)
	expect(t, "extension", ".json.gz", *to.FileExtension)
	expect(t, "compression", firehosetypes.CompressionFormatGzip, to.CompressionFormat)
}

func toParquet(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	env.Delivery.Format, env.Delivery.Compression, env.Delivery.FileExtension = spec.FormatParquet, spec.Uncompressed, ""
	env.Query.Columns = []spec.Column{
		{Name: "type", Type: "string", Comment: "What happened"}, {Name: "user", Type: "struct<id:string>"},
	}
	become(t, p, env, map[string]string{
		"aws_athena_named_query.query_count-by-type":    "destroy before create",
		"aws_glue_catalog_table.events-table":           "update",
		"aws_iam_role_policy.delivery-role_read-table":  "create",
		"aws_kinesis_firehose_delivery_stream.delivery": "update",
	})
}

// ask calls an action of a JSON protocol for which the tests have no SDK.
func ask(t *testing.T, endpoint, service, target string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", target)
	// Moto finds the service by the signature's scope, and does not verify the signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

func checkTable(t *testing.T, endpoint, env, years, serde string) {
	t.Helper()
	_, answer := ask(t, endpoint, "glue", "AWSGlue.GetTable", map[string]any{"DatabaseName": "api_kinesis_" + env, "Name": "events"})
	table := decode[struct {
		Table struct {
			Parameters        map[string]string
			PartitionKeys     []struct{ Name, Type string }
			StorageDescriptor struct {
				Location  string
				SerdeInfo struct{ SerializationLibrary string }
			}
		}
	}](t, "the table", string(answer)).Table
	bucket := "s3://api-kinesis-firehose-bucket-" + env
	expect(t, "location", bucket+"/events/", table.StorageDescriptor.Location)
	expect(t, "template", bucket+"/events/year=${year}/month=${month}/day=${day}/hour=${hour}/",
		table.Parameters["storage.location.template"])
	expect(t, "years", years, table.Parameters["projection.year.range"])
	expect(t, "partition keys", []struct{ Name, Type string }{
		{"year", "string"}, {"month", "string"}, {"day", "string"}, {"hour", "string"},
	}, table.PartitionKeys)
	expect(t, "SerDe", serde, table.StorageDescriptor.SerdeInfo.SerializationLibrary)
}

func checkWorkgroup(t *testing.T, endpoint, env string, encryption map[string]string) {
	t.Helper()
	_, answer := ask(t, endpoint, "athena", "AmazonAthena.GetWorkGroup", map[string]any{"WorkGroup": "api-kinesis-" + env})
	configuration := decode[struct {
		WorkGroup struct {
			Configuration struct {
				EnforceWorkGroupConfiguration bool
				BytesScannedCutoffPerQuery    int
				ResultConfiguration           struct {
					OutputLocation, ExpectedBucketOwner string
					EncryptionConfiguration             map[string]string
				}
			}
		}
	}](t, "the workgroup", string(answer)).WorkGroup.Configuration
	expect(t, "enforced", true, configuration.EnforceWorkGroupConfiguration)
	expect(t, "bytes a query may read", 10737418240, configuration.BytesScannedCutoffPerQuery)
	expect(t, "results", "s3://api-kinesis-query-"+env+"/", configuration.ResultConfiguration.OutputLocation)
	expect(t, "results' owner", "123456789012", configuration.ResultConfiguration.ExpectedBucketOwner)
	expect(t, "results' encryption", encryption, configuration.ResultConfiguration.EncryptionConfiguration)
}

func checkConversion(t *testing.T, c cloud) {
	t.Helper()
	to := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{
		DeliveryStreamName: ref("api-kinesis-firehose-dev"),
	}).DeliveryStreamDescription.Destinations[0].ExtendedS3DestinationDescription
	expect(t, "MiB", 128, *to.BufferingHints.SizeInMBs)
	conversion := to.DataFormatConversionConfiguration
	expect(t, "compression", firehosetypes.ParquetCompressionSnappy, conversion.OutputFormatConfiguration.Serializer.ParquetSerDe.Compression)
	expect(t, "database", "api_kinesis_dev", *conversion.SchemaConfiguration.DatabaseName)
	expect(t, "table", "events", *conversion.SchemaConfiguration.TableName)
	policy := call(t, c.iam.GetRolePolicy, iam.GetRolePolicyInput{
		RoleName: ref("api-kinesis-delivery-dev"), PolicyName: ref("read-table"),
	})
	document, err := url.QueryUnescape(*policy.PolicyDocument)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range []string{"catalog", "database/api_kinesis_dev", "table/api_kinesis_dev/events"} {
		expectText(t, "the role's policy", document, `"arn:aws:glue:us-east-1:123456789012:`+resource+`"`)
	}
}
