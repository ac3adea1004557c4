package openapi

import (
	"strings"

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
				"type": "apiKey", "name": source.name, "in": source.in, "x-amazon-apigateway-authtype": "custom",
				"description": "What the Lambda authoriser asks for.",
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

type identitySource struct{ scheme, in, name string }

// identitySources are the places of a request that a Lambda authorizer reads: the header Authorization unless it says others. What
// it reads of the context or of stage variables is not the client's to send.
func (m method) identitySources() []identitySource {
	said := text(m.authorizer.Body, "identity_source")
	if said == "" {
		if text(m.authorizer.Body, "type") == "REQUEST" {
			return nil
		}
		said = "method.request.header.Authorization"
	}
	var sources []identitySource
	for part := range strings.SplitSeq(said, ",") {
		place, name, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(part), "method.request."), ".")
		in := map[string]string{"header": "header", "querystring": "query"}[place]
		if in == "" || name == "" {
			continue
		}
		scheme := m.authorizerName("authorizer")
		if len(sources) > 0 {
			scheme += "_" + models.NotOfAName.ReplaceAllString(name, "_")
		}
		sources = append(sources, identitySource{scheme, in, name})
	}
	return sources
}
