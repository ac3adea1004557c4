package local

import (
	"slices"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// What AWS takes and nobody means runs here as well, and is said once.
func TestWarnsOfWhatNobodyMeans(t *testing.T) {
	stack := devStack(t)
	answer := stack.body("aws_api_gateway_integration_response", "api_submit_post_200-mapping")
	answer["status_code"] = "201"
	delete(answer, "response_parameters")
	d, err := readStack(Options{Stack: stack.write(t)}, "http://127.0.0.1:8080")
	want := []string{
		"POST /submit has no aws_api_gateway_method_response for the status 201 of aws_api_gateway_integration_response.api_submit_post_200-mapping: " +
			"API Gateway answers 500 where it chooses that one, although the call was made",
	}
	if err != nil || !slices.Equal(d.warnings(), want) {
		t.Errorf("%v, the warnings are %q", err, d.warnings())
	}
}

func TestWarnsOfNoneOfOurOwn(t *testing.T) {
	for _, environment := range []string{"dev", "staging", "prod"} {
		d, err := readStack(Options{Stack: goldens.File(t, environment), AllowUnverified: true}, "http://127.0.0.1:8080")
		if err != nil || len(d.warnings()) > 0 {
			t.Errorf("%s: %v, the warnings are %q", environment, err, d.warnings())
		}
	}
}
