package apigateway

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/spec"
)

func TestPrincipalOfEachAuthorization(t *testing.T) {
	for by, variable := range map[spec.AuthorizationKind]string{
		spec.ByIAM: "identity.userArn", spec.ByCognito: "authorizer.claims.sub", spec.ByLambda: "authorizer.principalId",
	} {
		api := spec.API{Authorization: spec.Authorization{Kind: by}, PartitionKey: spec.PartitionByRequestID(), Envelope: spec.Envelope{Enabled: true, Principal: true}}
		want := "#set($envelope = $envelope.concat(',\"principal\":'))\n#set($value = \"$!context." + variable + "\")\n"
		for name, text := range map[string]string{"submit": submitTemplate("events", api, kind{}), "batch": batchTemplate("events", api, kind{})} {
			if strings.Count(text, want) != 1 {
				t.Errorf("%s by %s has %d times %s:\n%s", name, by, strings.Count(text, want), want, text)
			}
		}
	}
}

func TestAnEnvelopeHasNoMoreThanItsOptions(t *testing.T) {
	text := submitTemplate("events", spec.API{Authorization: spec.AuthorizeIAM(), PartitionKey: spec.PartitionByRequestID(), Envelope: spec.Envelope{Enabled: true}}, kind{})
	for _, variable := range []string{"identity", "authorizer"} {
		if strings.Contains(text, variable) {
			t.Errorf("an envelope without options reads %s:\n%s", variable, text)
		}
	}
}
