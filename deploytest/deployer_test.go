package deploytest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"cdk.tf/go/ingest/deployer"
	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// TestDeployer makes the roles with which a workflow deploys, and those of another environment beside them.
func TestDeployer(t *testing.T) {
	inParallel(t)
	endpoint := startMoto(t)
	p := rolesPipeline(t, endpoint, deployer.Config{Repository: "octo-org/octo-repo"}, "option-tuned")
	p.apply()
	p.expectPlan(map[string]string{})
	expect(t, "the deploying role", "arn:aws:iam::"+motoAccount+":role/api-kinesis-deploy-option-tuned", p.outputs()["deploy_role_option-tuned"])

	other := rolesPipeline(t, endpoint, deployer.Config{
		Repository: "octo-org@1/octo-repo@2", Branch: "main", ExistingProvider: true, BoundaryARN: "arn:aws:iam::aws:policy/PowerUserAccess",
	}, "option-ondemand")
	other.apply()
	other.expectPlan(map[string]string{})
	name := "api-kinesis-deploy-option-ondemand"
	role := call(t, p.cloud.iam.GetRole, iam.GetRoleInput{RoleName: &name}).Role
	expect(t, "the boundary", "arn:aws:iam::aws:policy/PowerUserAccess", deref(role.PermissionsBoundary.PermissionsBoundaryArn))
	attached := call(t, p.cloud.iam.ListAttachedRolePolicies, iam.ListAttachedRolePoliciesInput{RoleName: &name}).AttachedPolicies
	if len(attached) == 0 {
		t.Error("the role has no policies")
	}
	providers := call(t, p.cloud.iam.ListOpenIDConnectProviders, iam.ListOpenIDConnectProvidersInput{}).OpenIDConnectProviderList
	expect(t, "the number of identity providers", 1, len(providers))
	for _, made := range []*pipeline{other, p} {
		if err := made.destroy(); err != nil {
			t.Fatalf("terraform destroy: %v", err)
		}
	}
}

// rolesPipeline is the stack of the roles for an environment of the catalogue, ready to apply.
func rolesPipeline(t *testing.T, endpoint string, cfg deployer.Config, env string) *pipeline {
	t.Helper()
	stack, err := tfjson.ReadFile(goldens.File(t, env))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Stacks = []*tfjson.Stack{stack}
	text, err := cfg.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if account := catalogue.Named(env).Account; account != "" { // moto's is another
		text = bytes.ReplaceAll(text, []byte(account), []byte(motoAccount))
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "main.tf.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	p := openPipeline(t, endpoint, attached(t, endpoint, folder), folder)
	p.init()
	expectValid(t, p)
	return p
}
