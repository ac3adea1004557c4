package policy

import (
	"slices"

	"cdk.tf/go/ingest/tfjson"
)

const apiDomain = "aws_api_gateway_domain_name"

// domain checks that a domain leads to a stage over TLS 1.2 at least, with an issued certificate. If it requires client
// certificates, no other address may bypass them.
func domain(c *checker) {
	leads := map[string]bool{}             // domains
	called := map[string]bool{}            // APIs
	strict := map[string]tfjson.Resource{} // a domain with client certificates, by API
	open := map[string][]string{}          // the APIs of each domain without them
	for _, mapping := range c.stack.Resources(basePathMapping) {
		name, api, ok := c.mapping(mapping)
		if !ok {
			continue
		}
		leads[name.Address()], called[api.Address()] = true, true
		if len(c.blocks(in(name), "mutual_tls_authentication")) == 0 {
			open[name.Address()] = append(open[name.Address()], api.Address())
			continue
		}
		strict[api.Address()] = name
		if !c.defaultEndpointIsOff(api) {
			c.breach(api.Address(), "answers at its own address, which bypasses the client certificates of "+name.Address(),
				"set disable_execute_api_endpoint to true")
		}
	}
	for _, name := range c.stack.Resources(apiDomain) {
		c.named(name, leads[name.Address()])
		for _, api := range slices.Compact(slices.Sorted(slices.Values(open[name.Address()]))) { // one for each of its paths
			if other, bypassed := strict[api]; bypassed {
				c.breach(name.Address(), "leads to "+api+" without the client certificates of "+other.Address(), "require them here too")
			}
		}
	}
	for _, api := range c.stack.Resources(restAPI) {
		if c.defaultEndpointIsOff(api) && !called[api.Address()] {
			c.breach(api.Address(), "answers at no address", "map a domain to a stage of it, or leave disable_execute_api_endpoint out")
		}
	}
}

// named checks a domain by itself.
func (c *checker) named(name tfjson.Resource, leads bool) {
	c.want(in(name), "security_policy", "TLS_1_2")
	if ref, ok := reference(name.Body["regional_certificate_arn"]); ok && ref.Type == "aws_acm_certificate" {
		c.breach(name.Address(), "regional_certificate_arn is that of "+ref.Address()+", which may not be issued yet",
			"refer to the certificate_arn of its aws_acm_certificate_validation")
	}
	if !leads {
		c.breach(name.Address(), "leads to no stage", "declare an "+basePathMapping+" to a stage of the stack")
	}
}

func (c *checker) defaultEndpointIsOff(api tfjson.Resource) bool {
	off, _ := c.value(api.Body["disable_execute_api_endpoint"])
	return tfjson.True(off)
}

// mapping reads the domain and the API of the stack that a base path mapping joins.
func (c *checker) mapping(mapping tfjson.Resource) (name, api tfjson.Resource, ok bool) {
	name, hasName := c.follow(mapping.Body["domain_name"], apiDomain, "domain_name", "id")
	if !hasName {
		c.breach(mapping.Address(), "domain_name refers to no domain of the stack", "refer to the domain_name of one")
	}
	api, hasAPI := c.follow(mapping.Body["api_id"], restAPI, "id")
	if !hasAPI {
		c.breach(mapping.Address(), "api_id refers to no REST API of the stack", "refer to the id of one")
		return name, api, false
	}
	// Without a stage, the path must name one.
	if stage, known := c.follow(mapping.Body["stage_name"], apiStage, "stage_name"); !known {
		c.breach(mapping.Address(), "stage_name refers to no stage of the stack", "refer to the stage_name of one")
	} else if !c.belongs(stage, api) {
		c.breach(mapping.Address(), "stage_name refers to "+stage.Address()+", which is no stage of "+api.Address(), "refer to the stage_name of one of its own")
	}
	return name, api, hasName
}
