package verify

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"cdk.tf/go/ingest/tfjson"
)

// workgroupsAsDeclared compares what a query may read in each workgroup, and where its results are kept.
func workgroupsAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	declared := r.stack.Resources("aws_athena_workgroup")
	for _, workgroup := range declared {
		name := text(workgroup.Body["name"])
		answer, err := r.AWS.Athena.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: aws.String(name)})
		switch {
		case noWorkgroup(err):
			d.add("the workgroup "+name, "it does not exist")
			continue
		case err != nil:
			return worse(d.outcome("", redeploy), unread(err, "athena:GetWorkGroup", "the workgroup "+name))
		}
		if answer.WorkGroup == nil {
			return worse(d.outcome("", redeploy), withoutMember("GetWorkGroup", "WorkGroup"))
		}
		r.compareWorkgroup(&d, name, workgroup.Body, answer.WorkGroup)
	}
	return d.outcome(counted(len(declared), "workgroup"), redeploy)
}

// noWorkgroup reports whether Athena knows no workgroup of a name. It has no code of its own for that (provider,
// internal/service/athena/workgroup.go).
func noWorkgroup(err error) bool {
	return codeOf(err) == "InvalidRequestException" && strings.Contains(err.Error(), "is not found")
}

// compareWorkgroup compares what the stack declares with defaults of the provider (aws_athena_workgroup).
func (r *run) compareWorkgroup(d *differences, name string, body map[string]any, is *types.WorkGroup) {
	want := func(path ...string) any { return tfjson.At(body, append([]string{"configuration"}, path...)...) }
	orYes := func(value any) bool { return value == nil || tfjson.True(value) }
	now := cmp.Or(is.Configuration, &types.WorkGroupConfiguration{})
	results := cmp.Or(now.ResultConfiguration, &types.ResultConfiguration{})
	encryption := cmp.Or(results.EncryptionConfiguration, &types.EncryptionConfiguration{})
	engine := cmp.Or(now.EngineVersion, &types.EngineVersion{})
	d.compare(name+": state", cmp.Or(text(body["state"]), string(types.WorkGroupStateEnabled)), is.State)
	d.compare(name+": bytes that a query may read", tfjson.Number(want("bytes_scanned_cutoff_per_query")), aws.ToInt64(now.BytesScannedCutoffPerQuery))
	d.compare(name+": clients keep to these settings", orYes(want("enforce_workgroup_configuration")), aws.ToBool(now.EnforceWorkGroupConfiguration))
	d.compare(name+": metrics", orYes(want("publish_cloudwatch_metrics_enabled")), aws.ToBool(now.PublishCloudWatchMetricsEnabled))
	d.compare(name+": requester pays", tfjson.True(want("requester_pays_enabled")), aws.ToBool(now.RequesterPaysEnabled))
	d.compare(name+": engine", cmp.Or(text(want("engine_version", "selected_engine_version")), "AUTO"), cmp.Or(aws.ToString(engine.SelectedEngineVersion), "AUTO"))
	d.compare(name+": results in", strings.TrimSuffix(r.actual(text(want("result_configuration", "output_location"))), "/"), strings.TrimSuffix(aws.ToString(results.OutputLocation), "/"))
	d.compare(name+": account of the results' bucket", text(want("result_configuration", "expected_bucket_owner")), aws.ToString(results.ExpectedBucketOwner))
	d.compare(name+": encryption of results", text(want("result_configuration", "encryption_configuration", "encryption_option")), encryption.EncryptionOption)
	key := r.actual(text(want("result_configuration", "encryption_configuration", "kms_key_arn")))
	if got := aws.ToString(encryption.KmsKey); !sameKey(key, got) {
		d.add(name+": key of results "+quoteEmpty(key), name+": key of results "+quoteEmpty(got))
	}
}
