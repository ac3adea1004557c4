package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/tfjson"
)

const (
	kinesisStream  = "aws_kinesis_stream"
	deliveryStream = "aws_kinesis_firehose_delivery_stream"
	logStream      = "aws_cloudwatch_log_stream"
)

// The actions that Firehose needs on its source and its destination (Firehose developer guide, "Controlling access").
var (
	readStream   = []string{"kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"}
	useBucket    = []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
	writeObjects = []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
)

func flow(c *checker) {
	for _, typ := range []string{integration, kinesisStream, deliveryStream, s3Bucket} {
		if len(c.stack.Resources(typ)) == 0 {
			c.breach(typ, "the stack has none", "declare one")
		}
	}
	for _, m := range c.methods() {
		c.intake(m)
	}
	written, read := map[string]bool{}, map[string]bool{}
	for _, r := range c.stack.Resources(integration) {
		for _, stream := range c.written(r) {
			written[stream] = true
		}
	}
	for _, d := range c.deliveries() {
		read[c.source(d, written)] = true
		c.destination(d)
	}
	for _, stream := range slices.Sorted(maps.Keys(written)) {
		if !read[stream] {
			c.breach(stream, "no delivery stream reads it, and the API writes it", "declare one")
		}
	}
	c.deniedToThePipeline(written)
}

// written checks an integration that writes events, and returns the addresses of the streams that it writes.
func (c *checker) written(r tfjson.Resource) []string {
	action, writes := c.putsTo(r)
	if !writes {
		return nil
	}
	c.want(in(r), "integration_http_method", "POST")
	role, hasRole := c.role(in(r), "credentials", apiGatewayService)
	var streams []string
	for _, stream := range c.templateStreams(r) {
		streams = append(streams, stream.Address())
		if hasRole {
			c.may(role, r, []string{"kinesis:" + action}, arnOf(stream))
		}
	}
	return streams
}

// delivery is a delivery stream with the attributes that the JSON shows.
type delivery struct {
	place
	bucket    tfjson.Resource
	hasBucket bool
	// fixedPrefixes are the prefixes of its objects' keys up to Firehose's first expression.
	fixedPrefixes []string
}

func (c *checker) deliveries() []delivery {
	var found []delivery
	for _, r := range c.stack.Resources(deliveryStream) {
		d := delivery{place: place{r, "extended_s3_configuration.", nil}}
		if blocks, err := r.Blocks("extended_s3_configuration"); err == nil && len(blocks) == 1 {
			d.body = blocks[0]
		}
		d.bucket, d.hasBucket = c.follow(d.body["bucket_arn"], s3Bucket, "arn")
		for _, key := range prefixes {
			if text, ok := c.value(d.body[key]); ok {
				d.fixedPrefixes = append(d.fixedPrefixes, objectname.FixedPrefix(text))
			}
		}
		found = append(found, d)
	}
	return found
}

// prefixes are the attributes of a delivery's prefixes. Without an error prefix, errors land anywhere in the bucket.
var prefixes = []string{"prefix", "error_output_prefix"}

// source checks what a delivery stream reads, and returns the address of its stream.
func (c *checker) source(d delivery, written map[string]bool) string {
	source := c.block(in(d.resource), "kinesis_source_configuration")
	stream, ok := c.follow(source.body["kinesis_stream_arn"], kinesisStream, "arn")
	if !ok {
		c.breachAt(source, "kinesis_source_configuration.kinesis_stream_arn refers to no stream of the stack", "refer to the ARN of the one that the API writes")
	} else if !written[stream.Address()] {
		c.breachAt(source, "reads "+stream.Address()+", which no integration of the API writes", "read the stream that the API writes")
	}
	if role, hasRole := c.role(source, "role_arn", firehoseService); hasRole && ok {
		c.may(role, d.resource, readStream, arnOf(stream))
	}
	return stream.Address()
}

// harmless are the processors that deliver every record. A Lambda function may drop one, and decompression fails for an event.
var harmless = []string{"AppendDelimiterToRecord", "MetadataExtraction", "RecordDeAggregation"}

func (c *checker) destination(d delivery) {
	c.want(in(d.resource), "destination", "extended_s3")
	c.logsErrors(d)
	for _, processing := range c.blocks(d.place, "processing_configuration") {
		for _, processor := range c.blocks(processing, "processors") {
			c.want(processor, "type", harmless...)
		}
	}
	if !d.hasBucket {
		c.breachAt(d.place, d.path+"bucket_arn refers to no bucket of the stack", "refer to the ARN of one")
	}
	for _, key := range prefixes {
		c.literal(d.place, key)
	}
	role, ok := c.role(d.place, "role_arn", firehoseService)
	if !ok || !d.hasBucket {
		return
	}
	c.may(role, d.resource, useBucket, arnOf(d.bucket))
	for _, prefix := range d.fixedPrefixes {
		c.may(role, d.resource, writeObjects, arnOf(d.bucket)+"/"+prefix+"*")
	}
}

// logsErrors checks that the delivery stream can log why a delivery fails. Firehose reports it nowhere if it cannot.
func (c *checker) logsErrors(d delivery) {
	logging := c.block(d.place, "cloudwatch_logging_options")
	c.want(logging, "enabled", "true")
	group, ok := c.follow(logging.body["log_group_name"], logGroup, "name", "id")
	if !ok {
		c.breachAt(logging, logging.path+"log_group_name refers to no log group of the stack", "refer to the name of one, or nobody learns why a delivery fails")
		return
	}
	stream, ok := c.follow(logging.body["log_stream_name"], logStream, "name")
	of, _ := c.follow(stream.Body["log_group_name"], logGroup, "name", "id")
	if !ok || of.Address() != group.Address() {
		c.breachAt(logging, logging.path+"log_stream_name refers to no "+logStream+" of "+group.Address(), "refer to the name of one: Firehose makes none")
		return
	}
	if role, ok := c.follow(d.body["role_arn"], iamRole, "arn"); ok && c.trusts(role, firehoseService) { // destination reports the others
		c.may(role, d.resource, []string{"logs:PutLogEvents"}, arnOf(stream))
	}
}

// role is the stack's role to which a place refers. It reports a role that the service cannot assume.
func (c *checker) role(p place, key, service string) (tfjson.Resource, bool) {
	role, ok := c.follow(p.body[key], iamRole, "arn")
	if !ok {
		c.breachAt(p, p.path+key+" refers to no role of the stack", "refer to the ARN of one")
	} else if !c.trusts(role, service) {
		c.breachAt(p, p.path+key+" refers to "+role.Address()+", which does not trust "+service, "refer to a role that does")
	}
	return role, ok
}

// may checks that a role's inline policies allow it the actions that its user needs.
func (c *checker) may(role, user tfjson.Resource, actions []string, resource string) {
	var missing []string
	for _, action := range actions {
		if !c.allows(role, action, resource) {
			missing = append(missing, action)
		}
	}
	if missing != nil {
		c.breach(role.Address(), fmt.Sprintf("is not allowed %s on %s, which %s needs", strings.Join(missing, ", "), resource, user.Address()),
			"allow it in an inline policy, without conditions")
	}
}

// allows is strict: a statement with a condition allows nothing, and a statement that denies the action for any resource denies it.
func (c *checker) allows(role tfjson.Resource, action, resource string) bool {
	return c.allowsWhere(role, action, resource, func(s statement) bool { return len(s.conditions) == 0 })
}

// allowsWhere is like allows, but accepts statements whose conditions the caller knows to be true.
func (c *checker) allowsWhere(role tfjson.Resource, action, resource string, holds func(statement) bool) bool {
	allowed := false
	for _, policy := range c.identityPolicies() {
		if policy.role == nil || policy.role.Address() != role.Address() {
			continue
		}
		statements, _ := c.parseDocument(policy.body[policy.key]) // "least-privilege" reports one that cannot be read
		for _, s := range statements {
			switch {
			case s.effect == deny && deniesAction(s, action):
				return false
			case s.effect == allow && holds(s) && allowsAction(s, action, resource):
				allowed = true
			}
		}
	}
	return allowed
}

func deniesAction(s statement, action string) bool {
	return len(s.inverted) > 0 || coversAny(s.actions, action)
}

func allowsAction(s statement, action, resource string) bool {
	return len(s.inverted) == 0 && coversAny(s.actions, action) &&
		slices.ContainsFunc(s.resources, func(pattern string) bool { return includes(pattern, resource) })
}

func coversAny(actions []string, action string) bool {
	return slices.ContainsFunc(actions, func(a string) bool { return covers(a, action) })
}

// includes reports whether a resource's pattern is or includes another. It understands a wildcard only at the end.
func includes(pattern, other string) bool {
	beginning, open := strings.CutSuffix(pattern, "*")
	return pattern == other || open && strings.HasPrefix(other, beginning)
}
