package policy

import (
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

func streamEncryption(c *checker) {
	for _, stream := range c.stack.Resources(kinesisStream) {
		c.want(in(stream), "encryption_type", "KMS")
	}
}

// deployment: API Gateway serves a snapshot. It takes one only on request, of the resources that exist at that moment.
func deployment(c *checker) {
	for _, api := range c.stack.Resources(restAPI) {
		deployments := c.partsOf(api, apiDeployment)
		if len(deployments) == 0 {
			c.breach(api.Address(), "has no deployment", "declare one")
		}
		for _, d := range deployments {
			c.snapshot(d, api)
		}
		c.stages(api)
	}
}

func (c *checker) stages(api tfjson.Resource) {
	stages := c.partsOf(api, apiStage)
	if len(stages) == 0 {
		c.breach(api.Address(), "has no stage", "declare one")
	}
	for _, stage := range stages {
		d, ok := c.follow(stage.Body["deployment_id"], apiDeployment, "id")
		if !ok || !c.belongs(d, api) {
			c.breach(stage.Address(), "deployment_id refers to no deployment of its API", "refer to the id of one")
		}
		for _, canary := range c.blocks(in(stage), "canary_settings") {
			if d, ok := c.follow(canary.body["deployment_id"], apiDeployment, "id"); !ok || !c.belongs(d, api) {
				c.breachAt(canary, canary.path+"deployment_id refers to no deployment of its API", "refer to the id of one")
			}
		}
	}
}

func (c *checker) snapshot(d, api tfjson.Resource) {
	if triggers, _ := d.Body["triggers"].(map[string]any); len(triggers) == 0 {
		c.breach(d.Address(), "has no triggers", "add a hash of everything that it deploys, or Terraform never deploys a change")
	}
	c.want(c.block(in(d), "lifecycle"), "create_before_destroy", "true")
	if d.Body["stage_name"] != nil {
		c.breach(d.Address(), "stage_name makes a stage that no rule reads", "declare an "+apiStage)
	}
	before := list(d.Body["depends_on"])
	var missing []string
	for _, typ := range []string{apiMethod, integration, integrationResponse, methodResponse, gatewayResponse, apiModel, restAPIPolicy} {
		for _, part := range c.partsOf(api, typ) {
			if !slices.Contains(before, part.Address()) {
				missing = append(missing, part.Address())
			}
		}
	}
	if missing != nil {
		c.breach(d.Address(), "does not depend on "+strings.Join(missing, ", "), "add it to depends_on, or the deployment may lack it")
	}
}
