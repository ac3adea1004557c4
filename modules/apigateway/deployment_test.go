package apigateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaygatewayresponse"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
)

const deployed = `{
	"resource": {
		"aws_api_gateway_rest_api": {
			"api": {"//": {"metadata": {"path": "dev/api/Default"}}, "name": "a"},
			"api2": {"//": {"metadata": {"path": "dev/api2/Default"}}, "name": "another API of the stack"}
		},
		"aws_api_gateway_integration": {
			"post": {
				"//": {"metadata": {"path": "dev/api/post/integration"}},
				"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
				"credentials": "${aws_iam_role.submit.arn}",
				"uri": "arn:${data.aws_partition.current.partition}:kinesis",
				"request_templates": {"application/json": "#set($s = \"${aws_kinesis_stream.stream.name}\") $input.body"}
			}
		},
		"aws_cloudwatch_log_group": {"api_access": {"//": {"metadata": {"path": "dev/api/access/Default"}}, "name": "log"}}
	}
}`

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var stack map[string]any
	if err := json.Unmarshal([]byte(text), &stack); err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestSnapshotFollowsTheAPIAndWhatItTakesFromElsewhere(t *testing.T) {
	got := snapshotOf(parse(t, deployed), "dev/api")
	want := []string{"aws_api_gateway_integration.post", "aws_api_gateway_rest_api.api"}
	if !slices.Equal(got.addresses, want) {
		t.Errorf("addresses are %v, want %v", got.addresses, want)
	}
	for reference, expression := range map[string]string{
		"aws_iam_role.submit.arn":              "${aws_iam_role.submit.arn}",
		"aws_kinesis_stream.stream.name":       "${aws_kinesis_stream.stream.name}",
		"data.aws_partition.current.partition": "${data.aws_partition.current.partition}",
	} {
		if got.triggers[reference] != expression {
			t.Errorf("the trigger %s is %q, want %q", reference, got.triggers[reference], expression)
		}
	}
	if len(got.triggers) != 4 || len(got.triggers["definition"]) != 64 {
		t.Errorf("triggers are %v, want the three and a SHA-256", got.triggers)
	}
}

func TestDefinitionChangesWithWhatIsDeployedAndNothingElse(t *testing.T) {
	definition := func(change func(resources map[string]any)) string {
		stack := parse(t, deployed)
		change(object(stack["resource"]))
		return snapshotOf(stack, "dev/api").triggers["definition"]
	}
	post := func(resources map[string]any) map[string]any {
		return object(object(resources["aws_api_gateway_integration"])["post"])
	}
	same := definition(func(map[string]any) {})
	for _, test := range []struct {
		name    string
		change  func(resources map[string]any)
		changes bool
	}{
		{"a template", func(r map[string]any) { object(post(r)["request_templates"])["application/json"] = "x" }, true},
		{"an attribute more", func(r map[string]any) { post(r)["timeout_milliseconds"] = 5 }, true},
		{"a resource more", func(r map[string]any) {
			r["aws_api_gateway_model"] = map[string]any{"m": map[string]any{
				"//": map[string]any{"metadata": map[string]any{"path": "dev/api/m"}},
			}}
		}, true},
		{"a resource less", func(r map[string]any) { delete(r, "aws_api_gateway_integration") }, true},
		{"what a resource waits for", func(r map[string]any) { post(r)["depends_on"] = []any{"a.b"} }, false},
		{"a lifecycle", func(r map[string]any) { post(r)["lifecycle"] = map[string]any{"prevent_destroy": true} }, false},
		{"a log group", func(r map[string]any) { delete(r, "aws_cloudwatch_log_group") }, false},
		{"another API", func(r map[string]any) { object(object(r["aws_api_gateway_rest_api"])["api2"])["name"] = "b" }, false},
	} {
		if changed := definition(test.change) != same; changed != test.changes {
			t.Errorf("%s: changed is %t, want %t", test.name, changed, test.changes)
		}
	}
}

// A change after the API is declared, such as an override or an aspect, causes a deployment too, unless it is of what is not deployed.
func TestDefinitionChangesWithLateOverrides(t *testing.T) {
	triggers := func(id, path string, value any) any {
		resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
			New(stack, "api", defaults())
			if id == "" {
				return
			}
			found := stack.Node().FindChild(jsii.String("api"))
			for step := range strings.SplitSeq(id, "/") {
				found = found.Node().FindChild(jsii.String(step))
			}
			found.(cdktf.TerraformResource).AddOverride(jsii.String(path), value)
		})
		return resources["aws_api_gateway_deployment.api_deployment"]["triggers"]
	}
	before := triggers("", "", nil)
	for _, test := range []struct {
		id, path string
		value    any
		changes  bool
	}{
		{"Default", "binary_media_types", []string{"image/png"}, true},
		{"submit/post/integration", "timeout_milliseconds", 5000, true},
		{"submit/post/integration", "credentials", "${aws_iam_role.other.arn}", true},
		{"stage", "description", "another", false},
	} {
		if got := triggers(test.id, test.path, test.value); cmp.Equal(before, got) == test.changes {
			t.Errorf("%s of %s: the triggers are %v, before it %v", test.path, test.id, got, before)
		}
	}
}

// A part that is declared below the API afterwards is deployed too.
func TestDeploysPartsThatAreDeclaredLater(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		api := New(stack, "api", defaults())
		below := stack.Node().FindChild(jsii.String("api")).(constructs.Construct)
		apigatewaygatewayresponse.NewApiGatewayGatewayResponse(below, jsii.String("more"),
			&apigatewaygatewayresponse.ApiGatewayGatewayResponseConfig{RestApiId: jsii.String(api.ID), ResponseType: jsii.String("THROTTLED")})
	})
	deployment := resources["aws_api_gateway_deployment.api_deployment"]
	addresses, _ := deployment["depends_on"].([]any)
	later := slices.ContainsFunc(addresses, func(address any) bool {
		return strings.HasPrefix(fmt.Sprint(address), "aws_api_gateway_gateway_response.api_more")
	})
	if !later || slices.Contains(addresses, any("aws_api_gateway_stage.api_stage")) {
		t.Errorf("the deployment depends on %v; want the later part, and no stage", addresses)
	}
}
