package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"cdk.tf/go/ingest/tfjson"
)

// deploymentAsDeclared compares the snapshot of the API that the stage serves with the stack's methods. The summary of a snapshot has no
// templates and no models. But Terraform deletes an API's old deployment after it has made the new one, so where there is no other, the
// stage serves the newest.
func deploymentAsDeclared(ctx context.Context, r *run) outcome {
	stage, err := r.stageNow(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the stage")
	}
	var d differences
	api, serves := r.Outputs.Text("api_id"), aws.ToString(stage.DeploymentId)
	var others []string
	pages := apigateway.NewGetDeploymentsPaginator(r.AWS.APIGateway, &apigateway.GetDeploymentsInput{RestApiId: &api, Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err, "apigateway:GET", "the deployments of the REST API")
		}
		for _, one := range page.Items {
			if aws.ToString(one.Id) != serves {
				others = append(others, deploymentText(one))
			}
		}
	}
	if slices.Sort(others); len(others) >= max(len(r.stack.Resources("aws_api_gateway_deployment")), 1) {
		d.add("no deployment that the stack does not declare", "the stage serves "+serves+", and the API also has "+strings.Join(others, ", "))
	}
	is, err := r.AWS.APIGateway.GetDeployment(ctx, &apigateway.GetDeploymentInput{RestApiId: &api, DeploymentId: &serves, Embed: []string{"apisummary"}})
	if err != nil {
		return worse(d.outcome("", redeploy), unread(err, "apigateway:GET", "the deployment "+serves))
	}
	if is.ApiSummary == nil {
		return worse(d.outcome("", redeploy), withoutMember("GetDeployment", "apiSummary"))
	}
	r.compareMethods(&d, is.ApiSummary)
	return d.outcome("the stage serves "+serves, redeploy)
}

func deploymentText(one types.Deployment) string {
	text := aws.ToString(one.Id)
	if one.CreatedDate != nil {
		text += " of " + one.CreatedDate.UTC().Format(time.RFC3339)
	}
	return text
}

// compareMethods compares the methods of a deployment, and whom each lets in.
func (r *run) compareMethods(d *differences, deployed map[string]map[string]types.MethodSnapshot) {
	paths, declared := r.paths(), map[string]bool{}
	for _, method := range r.stack.Resources("aws_api_gateway_method") {
		path, verb := cmp.Or(paths[text(method.Body["resource_id"])], "/"), text(method.Body["http_method"])
		name := verb + " " + path
		declared[name] = true
		is, found := deployed[path][verb]
		if !found {
			d.add(name, "the stage does not serve "+name)
			continue
		}
		d.compare(name+": authorization", text(method.Body["authorization"]), aws.ToString(is.AuthorizationType))
		d.compare(name+": API key required", tfjson.True(method.Body["api_key_required"]), is.ApiKeyRequired)
	}
	for path, verbs := range sorted(deployed) {
		for verb := range sorted(verbs) {
			if name := verb + " " + path; !declared[name] {
				d.add("only the stack's methods", "the stage also serves "+name)
			}
		}
	}
}
