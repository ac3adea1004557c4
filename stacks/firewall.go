package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/apigateway"
	"cdk.tf/go/ingest/modules/waf"
	"cdk.tf/go/ingest/spec"
)

// declareFirewall declares the web ACL of the API's stage, if the environment has one. It applies to every address of the stage.
func declareFirewall(stack cdktf.TerraformStack, env spec.Environment, encryption encryption, api *apigateway.API) []output {
	if !env.Firewall.Enabled {
		return nil
	}
	firewall := waf.New(stack, "firewall", waf.Config{
		Name:          env.FirewallName(),
		Firewall:      env.Firewall,
		StageARN:      api.StageARN,
		LogGroup:      env.FirewallLogGroupName(),
		RetentionDays: env.Logs.RetentionDays,
		KeyARN:        encryption.arn(),
		Secrets:       env.API.HiddenHeaders(),
	})
	return []output{{"firewall_log_group", "The requests that the firewall blocked, and those in which a rule of Firewall.Count found something", firewall.LogGroup}}
}
