package apigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaydeployment"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// deploy declares the deployment: a snapshot of the API, which API Gateway takes only on request.
func (a *api) deploy() apigatewaydeployment.ApiGatewayDeployment {
	late := &lateSnapshot{stack: cdktf.TerraformStack_Of(a.c), path: *a.c.Node().Path()}
	deployment := tf.New(a.c, "deployment", apigatewaydeployment.NewApiGatewayDeployment,
		&apigatewaydeployment.ApiGatewayDeploymentConfig{
			RestApiId: a.id,
			Triggers:  cdktf.Token_AsStringMap(cdktf.Lazy_AnyValue(&lateTriggers{late}, nil), nil),
			// The stage moves to the new deployment before Terraform deletes the old one.
			Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
		})
	deployment.SetDependsOn(cdktf.Token_AsList(cdktf.Lazy_AnyValue(&lateAddresses{late}, nil), nil))
	return deployment
}

// lateSnapshot reads the snapshot when CDKTF writes the stack, so it has what an override, an aspect or another construct changes after
// this package has declared the API. Otherwise Terraform would never deploy the change.
type lateSnapshot struct {
	stack cdktf.TerraformStack
	path  string
	// reading is true while the stack is read for the snapshot, which is not a part of itself.
	reading bool
	// half is what one argument of the deployment has read and the other has yet to take: each reading takes 20 ms.
	half   *snapshot
	halfOf string
}

// of returns the snapshot for an argument, or nil where CDKTF does not write the stack yet.
func (l *lateSnapshot) of(argument string, context cdktf.IResolveContext) *snapshot {
	if l.reading || *context.Preparing() {
		return nil
	}
	if half := l.half; half != nil && l.halfOf != argument {
		l.half = nil
		return half
	}
	l.reading = true
	defer func() { l.reading = false }()
	stack, _ := l.stack.ToTerraform().(map[string]any)
	read := snapshotOf(stack, l.path)
	l.half, l.halfOf = &read, argument
	return &read
}

type lateTriggers struct{ late *lateSnapshot }

// Produce implements [cdktf.IAnyProducer].
func (l *lateTriggers) Produce(context cdktf.IResolveContext) any {
	if s := l.late.of("triggers", context); s != nil {
		return s.triggers
	}
	return nil
}

type lateAddresses struct{ late *lateSnapshot }

// Produce implements [cdktf.IAnyProducer].
func (l *lateAddresses) Produce(context cdktf.IResolveContext) any {
	if s := l.late.of("depends_on", context); s != nil {
		return s.addresses
	}
	return nil
}

// copied are the types of resources of which a deployment has a copy. The others below the API's construct use the deployment.
var copied = []string{
	"aws_api_gateway_authorizer", "aws_api_gateway_gateway_response", "aws_api_gateway_integration", "aws_api_gateway_integration_response",
	"aws_api_gateway_method", "aws_api_gateway_method_response", "aws_api_gateway_model", "aws_api_gateway_request_validator",
	"aws_api_gateway_resource", "aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy",
}

// snapshot has the resources and the triggers of a deployment.
type snapshot struct {
	// addresses are those of every deployed resource, in order.
	addresses []string
	// triggers make Terraform deploy again when one changes. "definition" is a hash over the deployed resources as they are
	// written. Each other trigger is an expression for a value from elsewhere (a role's ARN, the stream's name), which may
	// change while the text stays the same.
	triggers map[string]string
}

// snapshotOf reads the snapshot from the stack's Terraform JSON, so it cannot miss a new part of the API. The API is every
// resource of the types above whose construct is below path.
func snapshotOf(stack map[string]any, path string) snapshot {
	parts := map[string]any{}
	for _, kind := range copied {
		for name, body := range object(object(stack["resource"])[kind]) {
			if strings.HasPrefix(constructPath(body)+"/", path+"/") {
				parts[kind+"."+name] = withoutMeta(object(body))
			}
		}
	}
	text, err := json.Marshal(parts) // sorts keys
	if err != nil {
		panic(err) // a value from JSON can be encoded
	}
	sum := sha256.Sum256(text)
	s := snapshot{
		addresses: slices.Sorted(maps.Keys(parts)),
		triggers:  map[string]string{"definition": hex.EncodeToString(sum[:])},
	}
	for _, reference := range references(parts) {
		if !refersTo(reference, s.addresses) {
			s.triggers[reference] = "${" + reference + "}"
		}
	}
	return s
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func constructPath(body any) string {
	path, _ := object(object(object(body)["//"])["metadata"])["path"].(string)
	return path
}

// withoutMeta leaves out Terraform's meta-arguments, which API Gateway does not get.
func withoutMeta(body map[string]any) map[string]any {
	body = maps.Clone(body)
	for _, key := range []string{"//", "depends_on", "lifecycle"} {
		delete(body, key)
	}
	return body
}

// refersTo reports whether a reference, such as aws_iam_role.submit.arn, is to one of the resources.
func refersTo(reference string, addresses []string) bool {
	return slices.ContainsFunc(addresses, func(address string) bool {
		return strings.HasPrefix(reference, address+".")
	})
}

// references are all references in the strings of v, in Terraform's own syntax.
func references(v any) []string {
	var found []string
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			found = append(found, references(value)...)
		}
	case []any:
		for _, value := range v {
			found = append(found, references(value)...)
		}
	case string:
		if !strings.Contains(v, "${") && !strings.Contains(v, "%{") {
			return nil // most strings have no expression
		}
		expression, diagnostics := hclsyntax.ParseTemplate([]byte(v), "", hcl.InitialPos)
		if diagnostics.HasErrors() {
			return nil // an override's: Terraform refuses it, and the policy before
		}
		for _, traversal := range expression.Variables() {
			found = append(found, traversalText(traversal))
		}
	}
	return found
}

func traversalText(traversal hcl.Traversal) string {
	parts := []string{traversal.RootName()}
	for _, step := range traversal[1:] {
		if attribute, ok := step.(hcl.TraverseAttr); ok {
			parts = append(parts, attribute.Name)
		}
	}
	return strings.Join(parts, ".")
}
