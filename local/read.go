package local

import (
	"errors"
	"fmt"
	"slices"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
	"cdk.tf/go/ingest/tfjson"
)

// account is the id that every ARN here has: no account of AWS's, and the one that other emulators use.
const account = "000000000000"

// declaration is what a stack declares, read by the rooms that run it.
type declaration struct {
	stack      *tfjson.Stack // resolved
	region     string
	partition  string
	api        apigateway.Config
	streams    []kinesis.Config
	deliveries []firehose.Config
	buckets    []s3.Config
	groups     []cloudwatch.Config
	roles      *iam.Roles
	// accessLog is the name of the log group that the API's stages write to; empty where they write none.
	accessLog string
}

// runs are the resource types that some room reads, or that have nothing to run (an id, a setting of the account).
var runs = map[string]bool{
	"aws_api_gateway_account":                            true,
	"aws_api_gateway_api_key":                            true,
	"aws_api_gateway_authorizer":                         true,
	"aws_api_gateway_deployment":                         true,
	"aws_api_gateway_gateway_response":                   true,
	"aws_api_gateway_integration":                        true,
	"aws_api_gateway_integration_response":               true,
	"aws_api_gateway_method":                             true,
	"aws_api_gateway_method_response":                    true,
	"aws_api_gateway_method_settings":                    true,
	"aws_api_gateway_model":                              true,
	"aws_api_gateway_request_validator":                  true,
	"aws_api_gateway_resource":                           true,
	"aws_api_gateway_rest_api":                           true,
	"aws_api_gateway_rest_api_policy":                    true,
	"aws_api_gateway_stage":                              true,
	"aws_api_gateway_usage_plan":                         true,
	"aws_api_gateway_usage_plan_key":                     true,
	"aws_cloudwatch_log_group":                           true,
	"aws_cloudwatch_log_stream":                          true,
	"aws_iam_policy":                                     true,
	"aws_iam_role":                                       true,
	"aws_iam_role_policy":                                true,
	"aws_iam_role_policy_attachment":                     true,
	"aws_kinesis_firehose_delivery_stream":               true,
	"aws_kinesis_stream":                                 true,
	"aws_s3_bucket":                                      true,
	"aws_s3_bucket_lifecycle_configuration":              true,
	"aws_s3_bucket_ownership_controls":                   true,
	"aws_s3_bucket_policy":                               true,
	"aws_s3_bucket_public_access_block":                  true,
	"aws_s3_bucket_server_side_encryption_configuration": true,
	"aws_s3_bucket_versioning":                           true,
}

// read reads a stack file as AWS would have it after an apply. apiBase is the address that stands for API Gateway's own.
// It reports everything that cannot run here at once.
func read(file, apiBase string) (*declaration, error) {
	written, err := tfjson.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := refuseUnknown(written); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	stack, err := written.Resolve(tfjson.Surroundings{Account: account, APIBase: apiBase})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d := &declaration{stack: stack, region: stack.Region(), partition: stack.Surroundings().Partition}
	var errs [6]error
	d.api, errs[0] = apigateway.Read(stack)
	d.streams, errs[1] = kinesis.Read(stack)
	d.deliveries, errs[2] = firehose.Read(stack)
	d.buckets, errs[3] = s3.Read(stack)
	d.groups, errs[4] = cloudwatch.Read(stack)
	d.roles, errs[5] = iam.Read(stack)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if d.accessLog, err = accessLog(stack, d.groups); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// accessLog finds the log group of the stages' access log among the declared ones.
func accessLog(stack *tfjson.Stack, groups []cloudwatch.Config) (string, error) {
	found := ""
	for _, stage := range stack.Resources("aws_api_gateway_stage") {
		settings, err := stage.Blocks("access_log_settings")
		if err != nil {
			return "", err
		}
		for _, s := range settings {
			at := slices.IndexFunc(groups, func(g cloudwatch.Config) bool { return g.ARN == s["destination_arn"] })
			if at < 0 {
				return "", fmt.Errorf("%s: access_log_settings.destination_arn is %v, which is no log group of the stack; declare it", stage.Address(), s["destination_arn"])
			}
			if found != "" && found != groups[at].Name {
				return "", fmt.Errorf("%s: the access log goes to %s and another stage's to %s; here all stages share one", stage.Address(), groups[at].Name, found)
			}
			found = groups[at].Name
		}
	}
	return found, nil
}

func refuseUnknown(stack *tfjson.Stack) error {
	var unknown []error
	for _, r := range stack.All() {
		if !runs[r.Type] {
			unknown = append(unknown, fmt.Errorf("%s: a resource of type %s cannot run on one machine; run an environment without it", r.Address(), r.Type))
		}
	}
	return errors.Join(unknown...)
}

// notices say in plain words what the stack declares and nothing here imitates, so that nobody takes it for granted.
func (d *declaration) notices() []string {
	var found []string
	for _, bucket := range d.buckets {
		found = append(found, bucket.Notices...)
	}
	for _, delivery := range d.deliveries {
		found = append(found, delivery.Notices...)
	}
	if len(d.groups) > 0 {
		found = append(found, "log lines never expire")
	}
	return append(found, "metrics, X-Ray and encryption at rest of the stream are not imitated")
}
