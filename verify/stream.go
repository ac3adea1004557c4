package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

func streamAsDeclared(ctx context.Context, r *run) outcome {
	declared := r.stack.Resources("aws_kinesis_stream")
	if len(declared) != 1 {
		return notShown("the stack declares no stream")
	}
	body := declared[0].Body
	answer, err := r.AWS.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(r.stream)})
	if err != nil {
		return unread(err, "kinesis:DescribeStreamSummary", "the stream "+r.stream)
	}
	is, d := answer.StreamDescriptionSummary, differences{}
	if is == nil {
		return withoutMember("DescribeStreamSummary", "StreamDescriptionSummary")
	}
	d.compare("status", types.StreamStatusActive, is.StreamStatus)
	mode := cmp.Or(text(tfjson.At(body, "stream_mode_details", "stream_mode")), string(types.StreamModeProvisioned))
	if is.StreamModeDetails != nil {
		d.compare("mode", mode, is.StreamModeDetails.StreamMode)
	}
	if mode == string(types.StreamModeProvisioned) {
		d.compare("shards", tfjson.Number(body["shard_count"]), aws.ToInt32(is.OpenShardCount))
	}
	d.compare("retention in hours", cmp.Or(tfjson.Number(body["retention_period"]), quota.DefaultRetention.Hours()), aws.ToInt32(is.RetentionPeriodHours))
	d.compare("KiB of a record", cmp.Or(tfjson.Number(body["max_record_size_in_kib"]), quota.MaxRecordBytes>>10), cmp.Or(aws.ToInt32(is.MaxRecordSizeInKiB), quota.MaxRecordBytes>>10))
	d.compare("metrics of shards", shardMetrics(list(body["shard_level_metrics"])), shardMetrics(shardMetricsNow(is)))
	if r.Local {
		return d.outcome("the encryption is not compared: ingest up has none", redeploy)
	}
	d.compare("encryption", cmp.Or(text(body["encryption_type"]), "NONE"), cmp.Or(is.EncryptionType, types.EncryptionTypeNone))
	if key := r.actual(text(body["kms_key_id"])); !sameKey(key, aws.ToString(is.KeyId)) {
		d.add("key "+quoteEmpty(key), "key "+quoteEmpty(aws.ToString(is.KeyId)))
	}
	return d.outcome("", redeploy)
}

// streamPolicy compares who may use the stream beside the account's own roles. Kinesis answers without a policy, or with
// ResourceNotFoundException, where there is none.
func streamPolicy(ctx context.Context, r *run) outcome {
	declared := r.stack.Resources("aws_kinesis_stream")
	if len(declared) != 1 {
		return notShown("the stack declares no stream")
	}
	arn, err := r.stack.Attribute(declared[0].Address(), "arn")
	if err != nil {
		return unknown(err, readStack)
	}
	answer, err := r.AWS.Kinesis.GetResourcePolicy(ctx, &kinesis.GetResourcePolicyInput{ResourceARN: aws.String(arn)})
	is := ""
	switch {
	case err == nil:
		is = aws.ToString(answer.Policy)
	case codeOf(err) != "ResourceNotFoundException":
		return unread(err, "kinesis:GetResourcePolicy", "the stream "+r.stream)
	}
	policy := ""
	for _, own := range r.of("aws_kinesis_resource_policy", "resource_arn", arn) {
		policy = text(own["policy"])
	}
	var d differences
	d.comparePolicy("the stream's policy", r.actual(policy), is)
	return d.outcome("", redeploy)
}

// shardMetricsNow are the metrics that the stream has of each shard.
func shardMetricsNow(is *types.StreamDescriptionSummary) []string {
	var names []string
	for _, enhanced := range is.EnhancedMonitoring {
		for _, name := range enhanced.ShardLevelMetrics {
			names = append(names, string(name))
		}
	}
	return names
}

// shardMetrics are names of metrics, sorted. ALL stands for each of them.
func shardMetrics(names []string) []string {
	if slices.Contains(names, string(types.MetricsNameAll)) {
		names = nil
		for _, name := range types.MetricsNameAll.Values() {
			if name != types.MetricsNameAll {
				names = append(names, string(name))
			}
		}
	}
	return slices.Sorted(slices.Values(names))
}

// sameKey compares a key with how a service names it: by its ARN, by its id or by its alias.
func sameKey(want, got string) bool {
	id := func(key string) string { return key[strings.LastIndex(key, ":")+1:] }
	return want == got || strings.TrimPrefix(id(want), "key/") == strings.TrimPrefix(id(got), "key/")
}
