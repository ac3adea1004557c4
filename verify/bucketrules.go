package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cdk.tf/go/ingest/tfjson"
)

// bucketLifecycles compares what S3 deletes or moves by itself: each rule of each bucket.
func bucketLifecycles(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: aws.String(bucket)})
		if err != nil && codeOf(err) != "NoSuchLifecycleConfiguration" {
			return unread(err, "s3:GetLifecycleConfiguration", "the bucket "+bucket), false
		}
		body := r.setting("aws_s3_bucket_lifecycle_configuration", bucket)
		want, got := rulesOf(body), map[string]string{}
		if err == nil {
			for _, rule := range answer.Rules {
				got[aws.ToString(rule.ID)] = ruleNow(rule)
			}
			const otherwise = types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k
			d.compare(bucket+": least size of a moved object", cmp.Or(text(body["transition_default_minimum_object_size"]), string(otherwise)),
				cmp.Or(answer.TransitionDefaultMinimumObjectSize, otherwise))
		}
		for id, rule := range sorted(want) {
			d.compare(bucket+": lifecycle rule "+id, rule, got[id])
		}
		for id, rule := range sorted(got) {
			if want[id] == "" {
				d.add(bucket+" has only the stack's lifecycle rules", bucket+" also has "+quoteEmpty(id)+": "+rule)
			}
		}
		return outcome{}, true
	})
}

// part is a part of a rule with its value, if it has one.
func part(name string, value any) string {
	if shown := fmt.Sprint(value); shown != "" && shown != "0" && shown != "false" {
		return name + " " + shown
	}
	return ""
}

// parts are the parts that a rule has, on one line.
func parts(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(one string) bool { return one == "" }), ", ")
}

// rulesOf are the declared rules by their ids. Each has the form of [ruleNow].
func rulesOf(body map[string]any) map[string]string {
	rules, _ := tfjson.Blocks(body, "rule")
	found := map[string]string{}
	for _, rule := range rules {
		at := func(path ...string) string { return text(tfjson.At(rule, path...)) }
		number := func(path ...string) int { return int(tfjson.Number(tfjson.At(rule, path...))) }
		all := []string{
			text(rule["status"]), part("prefix", cmp.Or(text(rule["prefix"]), at("filter", "prefix"), at("filter", "and", "prefix"))),
			part("above", number("filter", "object_size_greater_than")+number("filter", "and", "object_size_greater_than")),
			part("below", number("filter", "object_size_less_than")+number("filter", "and", "object_size_less_than")),
			part("tags", strings.Join(declaredTags(rule), " ")),
			part("expires after days", number("expiration", "days")), part("expires on", day(at("expiration", "date"))),
			part("deletes lone markers", tfjson.True(tfjson.At(rule, "expiration", "expired_object_delete_marker"))),
			part("noncurrent versions expire after days", number("noncurrent_version_expiration", "noncurrent_days")),
			part("noncurrent versions kept", number("noncurrent_version_expiration", "newer_noncurrent_versions")),
			part("uploads end after days", number("abort_incomplete_multipart_upload", "days_after_initiation")),
		}
		moves, _ := tfjson.Blocks(rule, "transition")
		var moved []string
		for _, one := range moves {
			moved = append(moved, moveText(text(one["storage_class"]), int(tfjson.Number(one["days"])), day(text(one["date"])), 0))
		}
		old, _ := tfjson.Blocks(rule, "noncurrent_version_transition")
		for _, one := range old {
			moved = append(moved, "noncurrent "+moveText(text(one["storage_class"]), int(tfjson.Number(one["noncurrent_days"])), "", int(tfjson.Number(one["newer_noncurrent_versions"]))))
		}
		slices.Sort(moved)
		found[text(rule["id"])] = parts(append(all, moved...)...)
	}
	return found
}

// declaredTags are the tags of a declared rule's filter.
func declaredTags(rule map[string]any) []string {
	var tags []string
	if key := text(tfjson.At(rule, "filter", "tag", "key")); key != "" {
		tags = append(tags, key+"="+text(tfjson.At(rule, "filter", "tag", "value")))
	}
	for key, value := range texts(tfjson.At(rule, "filter", "and", "tags")) {
		tags = append(tags, key+"="+value)
	}
	slices.Sort(tags)
	return tags
}

// tagsNow are the tags of a filter, of which one with a single tag has no list.
func tagsNow(tags []types.Tag, one *types.Tag) []string {
	if one != nil {
		tags = append(slices.Clone(tags), *one)
	}
	var named []string
	for _, tag := range tags {
		named = append(named, aws.ToString(tag.Key)+"="+aws.ToString(tag.Value))
	}
	slices.Sort(named)
	return named
}

// ruleNow is a rule of a bucket on one line.
func ruleNow(rule types.LifecycleRule) string {
	filter := cmp.Or(rule.Filter, &types.LifecycleRuleFilter{})
	and := cmp.Or(filter.And, &types.LifecycleRuleAndOperator{})
	expiration := cmp.Or(rule.Expiration, &types.LifecycleExpiration{})
	old := cmp.Or(rule.NoncurrentVersionExpiration, &types.NoncurrentVersionExpiration{})
	uploads := cmp.Or(rule.AbortIncompleteMultipartUpload, &types.AbortIncompleteMultipartUpload{})
	all := []string{
		//nolint:staticcheck // S3 still answers with the older member where a rule was made with it
		string(rule.Status), part("prefix", cmp.Or(aws.ToString(rule.Prefix), aws.ToString(filter.Prefix), aws.ToString(and.Prefix))),
		part("above", aws.ToInt64(filter.ObjectSizeGreaterThan)+aws.ToInt64(and.ObjectSizeGreaterThan)),
		part("below", aws.ToInt64(filter.ObjectSizeLessThan)+aws.ToInt64(and.ObjectSizeLessThan)),
		part("tags", strings.Join(tagsNow(and.Tags, filter.Tag), " ")),
		part("expires after days", aws.ToInt32(expiration.Days)), part("expires on", dayOf(expiration.Date)),
		part("deletes lone markers", aws.ToBool(expiration.ExpiredObjectDeleteMarker)),
		part("noncurrent versions expire after days", aws.ToInt32(old.NoncurrentDays)),
		part("noncurrent versions kept", aws.ToInt32(old.NewerNoncurrentVersions)),
		part("uploads end after days", aws.ToInt32(uploads.DaysAfterInitiation)),
	}
	var moved []string
	for _, one := range rule.Transitions {
		moved = append(moved, moveText(string(one.StorageClass), int(aws.ToInt32(one.Days)), dayOf(one.Date), 0))
	}
	for _, one := range rule.NoncurrentVersionTransitions {
		moved = append(moved, "noncurrent "+moveText(string(one.StorageClass), int(aws.ToInt32(one.NoncurrentDays)), "", int(aws.ToInt32(one.NewerNoncurrentVersions))))
	}
	slices.Sort(moved)
	return parts(append(all, moved...)...)
}

// moveText is a move to a storage class, which may come on the first day.
func moveText(class string, days int, date string, kept int) string {
	after := fmt.Sprintf("to %s after days %d", class, days)
	if date != "" {
		after = fmt.Sprintf("to %s on %s", class, date)
	}
	return strings.TrimSpace(after + " " + part("kept", kept))
}

// day is the date of a rule, whose time is midnight.
func day(date string) string {
	before, _, _ := strings.Cut(date, "T")
	return before
}

func dayOf(date *time.Time) string {
	if date == nil {
		return ""
	}
	return date.UTC().Format(time.DateOnly)
}

// bucketLocks compares for how long S3 keeps each new object from being deleted.
func bucketLocks(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: aws.String(bucket)})
		if err != nil && codeOf(err) != "ObjectLockConfigurationNotFoundError" {
			return unread(err, "s3:GetBucketObjectLockConfiguration", "the bucket "+bucket), false
		}
		is, kept := &types.ObjectLockConfiguration{}, &types.DefaultRetention{}
		if err == nil {
			is = cmp.Or(answer.ObjectLockConfiguration, is)
		}
		if is.Rule != nil {
			kept = cmp.Or(is.Rule.DefaultRetention, kept)
		}
		body := r.setting("aws_s3_bucket_object_lock_configuration", bucket)
		declared := body != nil || tfjson.True(r.of("aws_s3_bucket", "bucket", bucket)[0]["object_lock_enabled"])
		want := func(name string) any { return tfjson.At(body, "rule", "default_retention", name) }
		d.compare(bucket+": lock", declared, is.ObjectLockEnabled == types.ObjectLockEnabledEnabled)
		d.compare(bucket+": mode of the lock", text(want("mode")), kept.Mode)
		d.compare(bucket+": days of the lock", tfjson.Number(want("days")), aws.ToInt32(kept.Days))
		d.compare(bucket+": years of the lock", tfjson.Number(want("years")), aws.ToInt32(kept.Years))
		return outcome{}, true
	})
}

// bucketLogs compares where S3 writes the access log of each bucket.
func bucketLogs(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: aws.String(bucket)})
		if err != nil {
			return unread(err, "s3:GetBucketLogging", "the bucket "+bucket), false
		}
		is := cmp.Or(answer.LoggingEnabled, &types.LoggingEnabled{})
		body := r.setting("aws_s3_bucket_logging", bucket)
		d.compare(bucket+": access log in", text(body["target_bucket"]), aws.ToString(is.TargetBucket))
		d.compare(bucket+": prefix of the access log", text(body["target_prefix"]), aws.ToString(is.TargetPrefix))
		d.compare(bucket+": keys of the access log", logKeysOf(body), logKeysNow(is.TargetObjectKeyFormat))
		d.compare(bucket+": grants of the access log", grantsOf(body), len(is.TargetGrants))
		return outcome{}, true
	})
}

// logKeysOf and logKeysNow say by which time the keys of an access log are parted; "" where they are not.
func logKeysOf(body map[string]any) string {
	return text(tfjson.At(body, "target_object_key_format", "partitioned_prefix", "partition_date_source"))
}

func logKeysNow(is *types.TargetObjectKeyFormat) string {
	if is == nil || is.PartitionedPrefix == nil {
		return ""
	}
	return string(is.PartitionedPrefix.PartitionDateSource)
}

// grantsOf is how many grantees may read the declared access log.
func grantsOf(body map[string]any) int {
	grants, _ := tfjson.Blocks(body, "target_grant")
	return len(grants)
}
