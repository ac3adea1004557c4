package openapi

import (
	"cdk.tf/go/ingest/internal/identity"
	"cdk.tf/go/ingest/internal/models"
)

// security is what a method asks of its callers: the requirement, and the schemes that it names. They are those of API Gateway's
// own export (developer guide, "x-amazon-apigateway-authtype property" and "x-amazon-apigateway-authorizer object").
func (m method) security() (requirement map[string][]string, schemes map[string]object) {
	requirement, schemes = map[string][]string{}, map[string]object{}
	add := func(name string, scheme object, scopes []string) {
		requirement[name], schemes[name] = append([]string{}, scopes...), scheme
	}
	switch m.authorization {
	case "AWS_IAM":
		add("sigv4", object{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
			"description": "AWS Signature Version 4 for the service execute-api.",
		}, nil)
	case "COGNITO_USER_POOLS":
		add(m.authorizerName("cognito"), object{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
			"description": "A token of an Amazon Cognito user pool. Where the method names scopes, it is an access token.",
		}, m.scopes)
	case "CUSTOM":
		for _, source := range m.identitySources() {
			add(source.scheme, object{
				"type": "apiKey", "name": source.Name, "in": source.In, "x-amazon-apigateway-authtype": "custom",
				"description": "What the Lambda authorizer asks for.",
			}, nil)
		}
	}
	if m.keyRequired {
		add("api_key", object{"type": "apiKey", "name": "x-api-key", "in": "header", "description": "An API key of the usage plan."}, nil)
	}
	if m.certified {
		add("client_certificate", object{"type": "mutualTLS", "description": "The API's domain asks for a client certificate. The address of ingest up does not."}, nil)
	}
	return requirement, schemes
}

func (m method) authorizerName(otherwise string) string {
	if name := text(m.authorizer.Body, "name"); name != "" {
		return models.NotOfAName.ReplaceAllString(name, "_")
	}
	return otherwise
}

type identitySource struct {
	scheme string
	identity.Source
}

// identitySources are the places of a request that a Lambda authorizer reads, each with the name of its scheme.
func (m method) identitySources() []identitySource {
	var sources []identitySource
	for _, source := range identity.Sources(m.authorizer.Body) {
		scheme := m.authorizerName("authorizer")
		if len(sources) > 0 {
			scheme += "_" + models.NotOfAName.ReplaceAllString(source.Name, "_")
		}
		sources = append(sources, identitySource{scheme, source})
	}
	return sources
}
