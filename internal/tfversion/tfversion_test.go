package tfversion_test

import (
	"fmt"
	"testing"

	"cdk.tf/go/ingest/internal/tfversion"
	"cdk.tf/go/ingest/spec"
)

func TestTheProviderIsTheDefaultOfAnEnvironment(t *testing.T) {
	want := map[string]any{"aws": map[string]any{"source": "hashicorp/aws", "version": string(spec.Default("dev").Provider)}}
	if got := tfversion.Block()["required_providers"]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the providers are %v; the stacks have %v", got, want)
	}
}
