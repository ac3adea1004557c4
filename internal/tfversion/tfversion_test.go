package tfversion_test

import (
	"fmt"
	"testing"

	"cdk.tf/go/ingest/internal/tfversion"
	"cdk.tf/go/ingest/spec"
)

// TestTheProviderIsTheDefaultOfAnEnvironment holds the stacks' versions against those of spec, which takes a region that version 5 does not
// know with version 6 alone.
func TestTheProviderIsTheDefaultOfAnEnvironment(t *testing.T) {
	for region, provider := range map[string]spec.Provider{"eu-west-1": spec.Default("dev").Provider, "ap-southeast-6": spec.Provider6} {
		want := map[string]any{"aws": map[string]any{"source": "hashicorp/aws", "version": string(provider)}}
		if got := tfversion.Block(region)["required_providers"]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the providers in %s are %v; the stacks have %v", region, got, want)
		}
	}
}
