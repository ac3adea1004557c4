package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cdk.tf/go/ingest/tfjson"
)

// bucketReplications compares where S3 copies the objects of each bucket.
func bucketReplications(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: aws.String(bucket)})
		if err != nil && codeOf(err) != "ReplicationConfigurationNotFoundError" {
			return unread(err, "s3:GetReplicationConfiguration", "the bucket "+bucket), false
		}
		is := &types.ReplicationConfiguration{}
		if err == nil {
			is = cmp.Or(answer.ReplicationConfiguration, is)
		}
		body := r.setting("aws_s3_bucket_replication_configuration", bucket)
		d.compare(bucket+": role of the replication", r.actual(text(body["role"])), aws.ToString(is.Role))
		d.compare(bucket+": copies", strings.Join(r.copiesOf(body), "; "), strings.Join(copiesNow(is), "; "))
		return outcome{}, true
	})
}

// copiesOf and copiesNow are the rules of a replication, each on one line.
func (r *run) copiesOf(body map[string]any) []string {
	rules, _ := tfjson.Blocks(body, "rule")
	var all []string
	for _, rule := range rules {
		at := func(path ...string) string { return text(tfjson.At(rule, path...)) }
		all = append(all, copyText(text(rule["status"]), r.actual(at("destination", "bucket")), at("destination", "account"), at("destination", "storage_class"),
			cmp.Or(text(rule["prefix"]), at("filter", "prefix"), at("filter", "and", "prefix")), declaredTags(rule), at("delete_marker_replication", "status")))
	}
	slices.Sort(all)
	return all
}

func copiesNow(is *types.ReplicationConfiguration) []string {
	var all []string
	for _, rule := range is.Rules {
		filter, to := cmp.Or(rule.Filter, &types.ReplicationRuleFilter{}), cmp.Or(rule.Destination, &types.Destination{})
		and := cmp.Or(filter.And, &types.ReplicationRuleAndOperator{})
		markers := ""
		if rule.DeleteMarkerReplication != nil {
			markers = string(rule.DeleteMarkerReplication.Status)
		}
		//nolint:staticcheck // S3 still answers with the older member where a rule was made with it
		prefix := cmp.Or(aws.ToString(rule.Prefix), aws.ToString(filter.Prefix), aws.ToString(and.Prefix))
		all = append(all, copyText(string(rule.Status), aws.ToString(to.Bucket), aws.ToString(to.Account), string(to.StorageClass), prefix, tagsNow(and.Tags, filter.Tag), markers))
	}
	slices.Sort(all)
	return all
}

func copyText(status, bucket, account, class, prefix string, tags []string, markers string) string {
	if markers == string(types.DeleteMarkerReplicationStatusDisabled) {
		markers = "" // what S3 does where nothing is declared
	}
	return parts(status, part("to", bucket), part("of", account), part("as", class), part("prefix", prefix), part("tags", strings.Join(tags, " ")), part("markers", markers))
}

// bucketNotifications compares what S3 tells of new objects, and whom.
func bucketNotifications(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: aws.String(bucket)})
		if err != nil {
			return unread(err, "s3:GetBucketNotification", "the bucket "+bucket), false
		}
		body := r.setting("aws_s3_bucket_notification", bucket)
		d.compare(bucket+": EventBridge", tfjson.True(body["eventbridge"]), answer.EventBridgeConfiguration != nil)
		d.compare(bucket+": notifications", strings.Join(r.notificationsOf(body), "; "), strings.Join(notificationsNow(answer), "; "))
		return outcome{}, true
	})
}

// notificationsOf and notificationsNow are who is told of which objects, each on one line.
func (r *run) notificationsOf(body map[string]any) []string {
	var all []string
	for block, argument := range map[string]string{"lambda_function": "lambda_function_arn", "queue": "queue_arn", "topic": "topic_arn"} {
		told, _ := tfjson.Blocks(body, block)
		for _, one := range told {
			all = append(all, notificationText(r.actual(text(one[argument])), list(one["events"]), text(one["filter_prefix"]), text(one["filter_suffix"])))
		}
	}
	slices.Sort(all)
	return all
}

func notificationsNow(is *s3.GetBucketNotificationConfigurationOutput) []string {
	var all []string
	add := func(arn *string, events []types.Event, filter *types.NotificationConfigurationFilter) {
		var named []string
		for _, event := range events {
			named = append(named, string(event))
		}
		ends := map[string]string{}
		if filter != nil && filter.Key != nil {
			for _, rule := range filter.Key.FilterRules {
				ends[strings.ToLower(string(rule.Name))] = aws.ToString(rule.Value)
			}
		}
		slices.Sort(named)
		all = append(all, notificationText(aws.ToString(arn), named, ends["prefix"], ends["suffix"]))
	}
	for _, one := range is.LambdaFunctionConfigurations {
		add(one.LambdaFunctionArn, one.Events, one.Filter)
	}
	for _, one := range is.QueueConfigurations {
		add(one.QueueArn, one.Events, one.Filter)
	}
	for _, one := range is.TopicConfigurations {
		add(one.TopicArn, one.Events, one.Filter)
	}
	slices.Sort(all)
	return all
}

func notificationText(arn string, events []string, prefix, suffix string) string {
	return parts(arn, strings.Join(events, " "), part("prefix", prefix), part("suffix", suffix))
}
