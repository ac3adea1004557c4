// Package tftest gives a module's test the Terraform JSON that the module makes.
package tftest

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	awsprovider "github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	_ "cdk.tf/go/ingest/internal/nodeenv" // before jsii reads the environment
)

// Resources are a stack's resources by address, without CDKTF's metadata.
type Resources map[string]map[string]any

// Main runs a package's tests and ends CDKTF's runtime after them.
func Main(m *testing.M) {
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

// Synth makes a stack called "test", lets build fill it, and returns its resources.
func Synth(t *testing.T, build func(stack cdktf.TerraformStack)) Resources {
	t.Helper()
	app := cdktf.Testing_App(&cdktf.TestingAppConfig{Outdir: jsii.String(t.TempDir())})
	stack := cdktf.NewTerraformStack(app, jsii.String("test"))
	awsprovider.NewAwsProvider(stack, jsii.String("aws"), nil)
	build(stack)
	var document struct {
		Resource map[string]map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(*cdktf.Testing_Synth(stack, jsii.Bool(true))), &document); err != nil {
		t.Fatal(err)
	}
	resources := Resources{}
	for kind, byName := range document.Resource {
		for name, body := range byName {
			delete(body, "//")
			resources[kind+"."+name] = body
		}
	}
	return resources
}

// Expect fails the test if a resource's arguments are not exactly those in the JSON text.
func (r Resources) Expect(t *testing.T, address, text string) {
	t.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatalf("the expected %s is not JSON: %v", address, err)
	}
	if diff := cmp.Diff(want, r[address]); diff != "" {
		t.Errorf("%s (-want +got):\n%s", address, diff)
	}
}

// ExpectAddresses fails the test if the stack's resources are not exactly these, which must be sorted.
func (r Resources) ExpectAddresses(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(r))); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

// Of returns the resources whose address begins with prefix.
func (r Resources) Of(prefix string) Resources {
	found := Resources{}
	for address, body := range r {
		if strings.HasPrefix(address, prefix) {
			found[address] = body
		}
	}
	return found
}
