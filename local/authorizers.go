package local

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// behindAuthorizers are the types that an authorizer uses. They do not run here, because no authorizer does: requests that pass
// unverified need no pool and no function.
var behindAuthorizers = []string{
	"aws_cognito_resource_server", "aws_cognito_user_pool", "aws_cognito_user_pool_client", "aws_cognito_user_pool_domain",
	"aws_lambda_alias", "aws_lambda_function", "aws_lambda_permission",
}

// usedByAuthorizers are the addresses of the resources that the stack's authorizers use: those that they refer to, directly or
// indirectly, and those that refer to one of these, such as the permission to invoke an authorizer's function.
func usedByAuthorizers(stack *tfjson.Stack) map[string]bool {
	var behind, next []string
	for _, r := range stack.All() {
		switch {
		case r.Type == "aws_api_gateway_authorizer":
			next = append(next, r.Address())
		case slices.Contains(behindAuthorizers, r.Type):
			behind = append(behind, r.Address())
		}
	}
	found := map[string]bool{}
	for ; len(next) > 0; next = next[1:] {
		for _, address := range behind {
			joined := slices.Contains(stack.RefersTo(next[0]), address) || slices.Contains(stack.RefersTo(address), next[0])
			if joined && !found[address] {
				found[address] = true
				next = append(next, address)
			}
		}
	}
	return found
}

// refuseUnverified refuses access controls that cannot run here.
func (d *declaration) refuseUnverified() error {
	var problems []error
	for _, a := range d.api.Unverified() {
		problems = append(problems, fmt.Errorf("%s: the authorizer %s (%s) of %s cannot run on one machine; --allow-unverified lets its requests through without verifying them",
			a.Address, a.Name, a.Type, strings.Join(a.Methods, ", ")))
	}
	for _, origin := range d.api.Origins() {
		problems = append(problems, fmt.Errorf("%s cannot be enforced on one machine, where all callers are local; --allow-unverified lets them in", origin))
	}
	for _, certificate := range d.api.ClientCertificates() {
		problems = append(problems, fmt.Errorf("%s cannot be enforced on one machine, where clients call without TLS; --allow-unverified lets them in without a certificate", certificate))
	}
	return errors.Join(problems...)
}

// unverified returns notices of the access controls that are off.
func (d *declaration) unverified() []string {
	var notices []string
	for _, a := range d.api.Unverified() {
		notices = append(notices, fmt.Sprintf("authorisation by %s (%s, %s) is off: %s lets everyone through",
			a.Address, a.Name, a.Type, strings.Join(a.Methods, ", ")))
	}
	for _, origin := range d.api.Origins() {
		notices = append(notices, origin+" is off: callers from anywhere are let in")
	}
	for _, certificate := range d.api.ClientCertificates() {
		notices = append(notices, certificate+" is off: clients are let in without a certificate")
	}
	return notices
}
