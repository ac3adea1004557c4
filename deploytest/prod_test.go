package deploytest

import (
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/stacks"
)

// TestProd leads prod through as much of a life as it has, and then tries to destroy what is protected.
func TestProd(t *testing.T) {
	t.Parallel()
	p := makeAndChange(t, stacks.Prod(), expectedProd)
	before, there := p.addresses(), p.cloud.inventory(t)

	// A destroy comes to the API and the bucket first, and so never to the stream that they depend on; a replacement does.
	expectRefusal(t, p.destroy(), "aws_api_gateway_rest_api.api", "aws_s3_bucket.bucket")
	_, err := p.tf.Plan(p.context(), tfexec.Replace("aws_kinesis_stream.stream"), tfexec.Refresh(false))
	expectRefusal(t, err, "aws_kinesis_stream.stream")

	expect(t, "the state", before, p.addresses())
	expect(t, "what there is", there, p.cloud.inventory(t))
}

// expectRefusal fails the test where Terraform did not refuse to destroy each of the resources.
func expectRefusal(t *testing.T, err error, addresses ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("Terraform would destroy %v", addresses)
	}
	for _, address := range addresses {
		expectText(t, "the refusal", unwrapped(err.Error()),
			"Resource "+address+" has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed.")
	}
}
