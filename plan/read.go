// Package plan says what a synthesised stack takes, what it costs and what would cost less.
//
// It reads the stack's JSON as an apply would, so it also answers for a stack that somebody edited. The load that the environment
// expects is the stack's output expected_load. Package internal/capacity has the limits, and internal/prices the prices.
package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/capacity"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// Pipeline is what a stack declares, as far as it limits an event or costs something.
type Pipeline struct {
	shape capacity.Shape
	// expected is the load that the stack declares; nil without one.
	expected *capacity.Load

	retention time.Duration
	tracing   bool
	metrics   int // of methods
	// shardMetrics are the metrics of the stream's shards.
	shardMetrics int
	acls, rules  int
	keys         int
	alarms       int // metrics that alarms watch
	dashboards   int
	parquet      bool
	partitioned  bool
	compressed   bool
	// logLine is the length of the access log's format in bytes; 0 without an access log.
	logLine   int
	execution string // the level of the execution log
	// expireDays is when S3 deletes an event's object; 0 is never.
	expireDays int
	keyed      bool // objects are encrypted with a KMS key of the account
	bucketKey  bool
	page       bool
	// template is the mapping template that writes one event to the stream.
	template string
}

// Shape is what decides how much the stack takes.
func (p *Pipeline) Shape() capacity.Shape { return p.shape }

// account stands for the account of a deployment, which no limit and no price depends on.
const account = tfjson.NoAccount

// Read reads a stack. Its error says what a pipeline needs and the stack does not have.
func Read(stack *tfjson.Stack) (*Pipeline, error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: account})
	if err != nil {
		return nil, err
	}
	p := &Pipeline{shape: capacity.Shape{Region: resolved.Region()}}
	r := reader{stack: resolved}
	p.readAPI(&r)
	p.readStream(&r)
	p.readDelivery(&r)
	p.readBucket(&r)
	p.readFirewall(&r)
	p.readWatching(&r)
	p.readLoad(&r)
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return p, nil
}

// reader looks up resources and collects what is missing.
type reader struct {
	stack *tfjson.Stack
	errs  []error
}

// one is the body of the only resource of a type.
func (r *reader) one(typ string) map[string]any {
	found := r.stack.Resources(typ)
	if len(found) != 1 {
		r.errs = append(r.errs, fmt.Errorf("the stack has %d resources of the type %s; a plan needs one", len(found), typ))
		return nil
	}
	return found[0].Body
}

// bodies are the bodies of all resources of a type.
func (r *reader) bodies(typ string) []map[string]any {
	var found []map[string]any
	for _, resource := range r.stack.Resources(typ) {
		found = append(found, resource.Body)
	}
	return found
}

func text(value any) string { s, _ := value.(string); return s }

func (p *Pipeline) readAPI(r *reader) {
	stage := r.one("aws_api_gateway_stage")
	p.tracing = tfjson.True(stage["xray_tracing_enabled"])
	p.logLine = len(text(tfjson.At(stage, "access_log_settings", "format")))
	settings := r.one("aws_api_gateway_method_settings")
	p.shape.RateLimit = throttle(tfjson.At(settings, "settings", "throttling_rate_limit"))
	p.execution = text(tfjson.At(settings, "settings", "logging_level"))
	if tfjson.True(tfjson.At(settings, "settings", "metrics_enabled")) {
		p.metrics = metricsOfMethod * len(r.bodies("aws_api_gateway_method"))
	}
	for _, integration := range r.bodies("aws_api_gateway_integration") {
		uri := text(integration["uri"])
		templates, _ := integration["request_templates"].(map[string]any)
		switch {
		case strings.HasSuffix(uri, ":kinesis:action/PutRecords"):
			p.shape.Batch = true
		case strings.HasSuffix(uri, ":kinesis:action/PutRecord") && p.template == "":
			p.template = text(templates["application/json"])
		}
	}
	if plans := r.bodies("aws_api_gateway_usage_plan"); len(plans) > 0 {
		p.shape.Plan = capacity.UsagePlan{
			Keys: len(r.bodies("aws_api_gateway_usage_plan_key")), RateLimit: throttle(tfjson.At(plans[0], "throttle_settings", "rate_limit")),
			Quota: int(tfjson.Number(tfjson.At(plans[0], "quota_settings", "limit"))), Period: text(tfjson.At(plans[0], "quota_settings", "period")),
		}
	}
}

// throttle is a limit in requests per second, below 0 where there is none: -1 is the provider's default (terraform-provider-aws,
// internal/service/apigateway/method_settings.go).
func throttle(value any) float64 {
	if value == nil {
		return -1
	}
	return tfjson.Number(value)
}

// whole is a whole number, or the provider's default where there is no value.
func (r *reader) whole(of, field string, value any, least, most, otherwise int) int {
	if value == nil && otherwise >= least {
		return otherwise
	}
	number := tfjson.Number(value)
	if whole := int(number); value != nil && float64(whole) == number && whole >= least && whole <= most {
		return whole
	}
	said := "missing"
	if value != nil {
		said = fmt.Sprint(value)
	}
	r.errs = append(r.errs, fmt.Errorf("%s: %s is %s; use a whole number of %d to %d", of, field, said, least, most))
	return least
}

func (p *Pipeline) readStream(r *reader) {
	const of = "aws_kinesis_stream"
	stream := r.one(of)
	if stream == nil {
		return
	}
	p.retention = time.Duration(r.whole(of, "retention_period", stream["retention_period"], int(quota.MinRetention.Hours()), int(quota.MaxRetention.Hours()), int(quota.DefaultRetention.Hours()))) * time.Hour
	if text(tfjson.At(stream, "stream_mode_details", "stream_mode")) != "ON_DEMAND" {
		p.shape.Shards = r.whole(of, "shard_count", stream["shard_count"], 1, quota.MaxShards, 0)
	}
	metrics, _ := stream["shard_level_metrics"].([]any)
	each := len(metrics)
	if slices.Contains(metrics, any("ALL")) {
		each = metricsOfShard
	}
	p.shardMetrics = each * cmp.Or(p.shape.Shards, shardsOnDemand)
}

const (
	// metricsOfShard is how many metrics a shard has (Kinesis developer guide, "Enhanced shard-level metrics").
	metricsOfShard = 7
	// shardsOnDemand is how many shards a stream on demand has at first (Kinesis developer guide, "On-demand mode").
	shardsOnDemand = 4
)

func (p *Pipeline) readDelivery(r *reader) {
	const of, destination = "aws_kinesis_firehose_delivery_stream", "extended_s3_configuration"
	delivery := r.one(of)
	if delivery == nil {
		return
	}
	if to := text(delivery["destination"]); to != "extended_s3" {
		r.errs = append(r.errs, fmt.Errorf("%s: destination is %q; a plan needs extended_s3", of, to))
		return
	}
	buffering := func(field string, least, most, otherwise int) int {
		return r.whole(of, field, tfjson.At(delivery, destination, field), least, most, otherwise)
	}
	p.shape.BufferBytes = buffering("buffering_size", 1, quota.MaxBufferMiB, quota.DefaultBufferMiB) << 20
	p.shape.BufferInterval = time.Duration(buffering("buffering_interval", 0, int(quota.MaxBufferInterval.Seconds()), int(quota.DefaultBufferInterval.Seconds()))) * time.Second
	converts := tfjson.At(delivery, destination, "data_format_conversion_configuration", "enabled")
	p.parquet = tfjson.At(delivery, destination, "data_format_conversion_configuration", "output_format_configuration") != nil &&
		(converts == nil || tfjson.True(converts))
	p.partitioned = tfjson.True(tfjson.At(delivery, destination, "dynamic_partitioning_configuration", "enabled"))
	if compression := text(tfjson.At(delivery, destination, "compression_format")); compression != "" && compression != "UNCOMPRESSED" {
		p.compressed = true
	}
	for _, group := range r.bodies("aws_athena_workgroup") {
		if !p.parquet && !p.compressed {
			p.shape.ScanLimit = int(tfjson.Number(tfjson.At(group, "configuration", "bytes_scanned_cutoff_per_query")))
		}
	}
}

// readBucket reads the bucket that Firehose writes to.
func (p *Pipeline) readBucket(r *reader) {
	arn := text(tfjson.At(r.first("aws_kinesis_firehose_delivery_stream"), "extended_s3_configuration", "bucket_arn"))
	name := arn[strings.LastIndex(arn, ":")+1:]
	for _, encryption := range r.bodies("aws_s3_bucket_server_side_encryption_configuration") {
		if encryption["bucket"] == name {
			p.keyed = text(tfjson.At(encryption, "rule", "apply_server_side_encryption_by_default", "sse_algorithm")) == "aws:kms"
			p.bucketKey = tfjson.True(tfjson.At(encryption, "rule", "bucket_key_enabled"))
		}
	}
	for _, lifecycle := range r.bodies("aws_s3_bucket_lifecycle_configuration") {
		rules, _ := tfjson.Blocks(lifecycle, "rule")
		for _, rule := range rules {
			if days := int(tfjson.Number(tfjson.At(rule, "expiration", "days"))); lifecycle["bucket"] == name && days > 0 {
				p.expireDays = days
			}
		}
	}
}

func (r *reader) first(typ string) map[string]any {
	if found := r.bodies(typ); len(found) > 0 {
		return found[0]
	}
	return nil
}

// readFirewall reads the web ACL before the API. A web ACL of another scope protects a page.
func (p *Pipeline) readFirewall(r *reader) {
	for _, acl := range r.bodies("aws_wafv2_web_acl") {
		rules, _ := tfjson.Blocks(acl, "rule")
		p.acls, p.rules = p.acls+1, p.rules+len(rules)
		for _, rule := range rules {
			if limit := int(tfjson.Number(tfjson.At(rule, "statement", "rate_based_statement", "limit"))); limit > 0 {
				p.shape.AddressLimit = limit
			}
			if size := int(tfjson.Number(tfjson.At(rule, "statement", "size_constraint_statement", "size"))); size > 0 && tfjson.At(rule, "statement", "size_constraint_statement", "field_to_match", "body") != nil {
				p.shape.MaxBodyBytes = size
			}
		}
	}
}

func (p *Pipeline) readWatching(r *reader) {
	p.keys = len(r.bodies("aws_kms_key"))
	p.dashboards = len(r.bodies("aws_cloudwatch_dashboard"))
	p.page = len(r.bodies("aws_cloudfront_distribution")) > 0
	for _, alarm := range r.bodies("aws_cloudwatch_metric_alarm") {
		queries, _ := tfjson.Blocks(alarm, "metric_query")
		watched := 0
		for _, query := range queries {
			if query["metric"] != nil {
				watched++
			}
		}
		p.alarms += max(1, watched)
	}
}

// readLoad reads the load that the stack declares.
func (p *Pipeline) readLoad(r *reader) {
	for _, output := range r.stack.Outputs() {
		value, ok := output.Value.(map[string]any)
		if !ok || output.Name != "expected_load" {
			continue
		}
		p.expected = &capacity.Load{
			PeakPerSecond: tfjson.Number(value["peak_per_second"]), EventBytes: int(tfjson.Number(value["event_bytes"])), EventsPerMonth: tfjson.Number(value["events_per_month"]),
			BatchSize: max(1, int(tfjson.Number(value["batch_size"]))), Keys: int(tfjson.Number(value["keys"])),
		}
		if p.expected.PeakPerSecond <= 0 || p.expected.EventBytes <= 0 || p.expected.EventsPerMonth <= 0 {
			r.errs = append(r.errs, errors.New("output.expected_load: peak_per_second, event_bytes and events_per_month must be above 0; correct them, or set Load and synthesise again"))
		}
	}
}
