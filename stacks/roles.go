package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/spec"
)

// roles are the environment's roles. Each trusts one service. A role takes some seconds until every part of AWS knows it, so
// Terraform makes the roles first. The stream comes next: the AWS provider waits at least ten seconds for it
// (hashicorp/terraform-provider-aws, internal/service/kinesis/stream.go, waitStreamCreated). The delivery stream comes after all
// settings of the bucket, which take the provider a minute. For a role that it does not know yet, Firehose answers "The security
// token included in the request is invalid" (issue 47937 there), and the provider does not retry. It does retry if the role lacks
// a permission that was just given (internal/service/firehose/delivery_stream.go, retryDeliveryStreamOp), so the policies may
// come last.
type roles struct {
	submit, delivery *iam.Role
	// logging and authorizer are nil if the environment does not need them.
	logging, authorizer *iam.Role
}

// declareRoles declares the roles. The submit and delivery roles get their policies later, with the resources that these name. The
// submit and logging roles are separate: the logging role serves every API of the region and must not be able to write to this
// stream.
//
// The submit role keeps its name. AWS can change the role of an integration, but the provider replaces the integration
// (hashicorp/terraform-provider-aws, internal/service/apigateway/integration.go, ForceNew of credentials). The new integration is the
// same object as the old one: that of the same method. The deployment's create_before_destroy applies to the integration too, so
// Terraform would delete the old one last, and the method would have none (issue 21907 there).
//
// Firehose's trust has the condition that its developer guide documents ("Controlling access"): the external id is the account's.
// API Gateway's trusts have no condition: it does not send aws:SourceAccount or aws:SourceArn when it assumes an integration's
// role, and every call through such a condition fails with 500
// (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws, pull request 479).
func declareRoles(stack cdktf.TerraformStack, env spec.Environment, where surroundings) roles {
	const gateway = "apigateway.amazonaws.com"
	r := roles{
		submit: iam.New(stack, "submit-role", iam.Config{
			Name: env.SubmitRoleName(), Description: "API Gateway writes events to " + env.StreamName(), Service: gateway, KeepName: true,
		}),
		delivery: iam.New(stack, "delivery-role", iam.Config{
			Name:        env.DeliveryRoleName(),
			Description: "Firehose delivers " + env.StreamName() + " to " + env.BucketName(),
			Service:     "firehose.amazonaws.com",
			TrustConditions: map[string]map[string][]string{
				"StringEquals": {"sts:ExternalId": {where.account}},
			},
		}),
	}
	if env.API.ManageAccount {
		r.logging = iam.New(stack, "logging-role", iam.Config{
			Name: env.LoggingRoleName(), Description: "API Gateway writes the logs of every API of the account in this region", Service: gateway,
		})
		r.logging.Allow(map[string]iam.Document{"push-logs": {cloudwatch.Push(where.partition, where.region, where.account)}})
	}
	if env.API.Authorization.Kind == spec.ByLambda {
		function := env.API.Authorization.Lambda.FunctionARN
		r.authorizer = iam.New(stack, "authorizer-role", iam.Config{
			Name: env.AuthorizerRoleName(), Description: "API Gateway asks " + function, Service: gateway,
		})
		r.authorizer.Allow(map[string]iam.Document{"invoke": {{
			Actions: []string{"lambda:InvokeFunction"}, Resources: []string{function},
		}}})
	}
	return r
}

// made are the roles, without their policies.
func (r roles) made() []cdktf.ITerraformDependable {
	var all []cdktf.ITerraformDependable
	for _, role := range []*iam.Role{r.submit, r.delivery, r.logging, r.authorizer} {
		if role != nil {
			all = append(all, role.Made)
		}
	}
	return all
}
