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
	late := &lateTriggers{stack: cdktf.TerraformStack_Of(a.c), path: *a.c.Node().Path()}
	snapshot := late.read()
	deployment := tf.New(a.c, deploymentID, apigatewaydeployment.NewApiGatewayDeployment,
		&apigatewaydeployment.ApiGatewayDeploymentConfig{
			RestApiId: a.id,
			Triggers:  cdktf.Token_AsStringMap(cdktf.Lazy_AnyValue(late, nil), nil),
			// The stage moves to the new deployment before Terraform deletes the old one.
			Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
		})
	deployment.SetDependsOn(jsii.Strings(snapshot.addresses...))
	return deployment
}

const deploymentID = "deployment"

// lateTriggers produces a deployment's triggers when CDKTF writes the stack, so they follow an override or an aspect that changes a
// deployed resource after this package has declared it. Otherwise Terraform would never deploy the change.
type lateTriggers struct {
	stack cdktf.TerraformStack
	path  string
	// reading is true while the stack is read for the triggers, which are not among what they depend on.
	reading bool
}

// Produce implements [cdktf.IAnyProducer].
func (l *lateTriggers) Produce(cdktf.IResolveContext) any {
	if l.reading {
		return nil
	}
	return l.read().triggers
}

// read returns the snapshot of the stack as it is now: of what the deployment depends on, which leaves out the stage. Before there is
// a deployment, that is the whole API.
func (l *lateTriggers) read() snapshot {
	l.reading = true
	defer func() { l.reading = false }()
	stack, _ := l.stack.ToTerraform().(map[string]any)
	for _, body := range object(object(stack["resource"])["aws_api_gateway_deployment"]) {
		if constructPath(body) == l.path+"/"+deploymentID {
			addresses, _ := object(body)["depends_on"].([]any)
			stack = only(stack, addresses)
		}
	}
	return snapshotOf(stack, l.path)
}

func only(stack map[string]any, addresses []any) map[string]any {
	deployed := map[string]any{}
	for kind, resources := range object(stack["resource"]) {
		for name, body := range object(resources) {
			if slices.Contains(addresses, any(kind+"."+name)) {
				if deployed[kind] == nil {
					deployed[kind] = map[string]any{}
				}
				object(deployed[kind])[name] = body
			}
		}
	}
	return map[string]any{"resource": deployed}
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
// aws_api_gateway_* resource whose construct is below path.
func snapshotOf(stack map[string]any, path string) snapshot {
	deployed := map[string]any{}
	for kind, resources := range object(stack["resource"]) {
		if !strings.HasPrefix(kind, "aws_api_gateway_") {
			continue
		}
		for name, body := range object(resources) {
			if strings.HasPrefix(constructPath(body)+"/", path+"/") {
				deployed[kind+"."+name] = withoutMeta(object(body))
			}
		}
	}
	text, err := json.Marshal(deployed) // sorts keys
	if err != nil {
		panic(err) // a value from JSON can be encoded
	}
	sum := sha256.Sum256(text)
	s := snapshot{
		addresses: slices.Sorted(maps.Keys(deployed)),
		triggers:  map[string]string{"definition": hex.EncodeToString(sum[:])},
	}
	for _, reference := range references(deployed) {
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
