package apigateway

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/spec"
)

var severalOrigins = spec.CORS{
	AllowOrigins:     []string{"https://a.example.com", "https://b.example.com"},
	AllowHeaders:     []string{"Content-Type"},
	AllowMethods:     []string{"POST"},
	AllowCredentials: true,
	MaxAge:           90 * time.Second,
}

func TestAnswerHeaders(t *testing.T) {
	for _, test := range []struct {
		name string
		cors spec.CORS
		want map[string]string
	}{
		{"anybody", spec.CORS{AllowOrigins: []string{"*"}}, map[string]string{
			"Access-Control-Allow-Origin": "'*'",
		}},
		// A cache must not give one origin's answer to another, even if only one is allowed.
		{"one origin", spec.CORS{AllowOrigins: []string{"https://a.example.com"}, ExposeHeaders: []string{"A", "B"}}, map[string]string{
			"Access-Control-Allow-Origin":   "'https://a.example.com'",
			"Access-Control-Expose-Headers": "'A,B'",
			"Vary":                          "'Origin'",
		}},
		{"several origins", severalOrigins, map[string]string{
			"Access-Control-Allow-Credentials": "'true'",
			"Vary":                             "'Origin'",
		}},
	} {
		if diff := cmp.Diff(test.want, answerHeaders(test.cors)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestGatewayHeadersNameWhicheverAskedOfSeveral(t *testing.T) {
	want := map[string]string{
		"Access-Control-Allow-Credentials": "'true'",
		"Access-Control-Allow-Origin":      "method.request.header.origin",
		"Vary":                             "'Origin'",
	}
	if diff := cmp.Diff(want, gatewayHeaders(severalOrigins)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPreflightHeaders(t *testing.T) {
	want := map[string]string{
		"Access-Control-Allow-Credentials": "'true'",
		"Access-Control-Allow-Headers":     "'Content-Type'",
		"Access-Control-Allow-Methods":     "'POST'",
		"Access-Control-Max-Age":           "'90'",
		"Vary":                             "'Origin'",
	}
	if diff := cmp.Diff(want, preflightHeaders(spec.API{CORS: severalOrigins})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatSaysWhoACallerIsIsAllowed(t *testing.T) {
	for _, test := range []struct {
		auth spec.Authorization
		want []string
	}{
		{spec.AuthorizeNone(), nil},
		{spec.AuthorizeIAM(), []string{"Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"}},
		{spec.AuthorizeAPIKey(spec.UsagePlan{}), []string{"X-Api-Key"}},
		{spec.AuthorizeCognito(spec.Cognito{}), []string{"Authorization"}},
		{spec.AuthorizeLambda(spec.LambdaAuthorizer{IdentitySources: []string{
			"method.request.header.X-Client", "method.request.querystring.client", "method.request.header.content-type",
		}}), []string{"X-Client"}},
	} {
		got := allowedHeaders(spec.API{CORS: severalOrigins, Authorization: test.auth})
		if want := append([]string{"Content-Type"}, test.want...); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", test.auth.Kind, got, want)
		}
	}
}

func TestThePartitionKeysHeaderIsAllowed(t *testing.T) {
	for _, test := range []struct {
		key  spec.PartitionKey
		want []string
	}{
		{spec.PartitionByRequestID(), []string{"Content-Type"}},
		{spec.PartitionByJSONPath("$.id"), []string{"Content-Type"}},
		{spec.PartitionByHeader("X-Device-Id"), []string{"Content-Type", "X-Device-Id"}},
		{spec.PartitionByHeader("content-type"), []string{"Content-Type"}},
	} {
		got := allowedHeaders(spec.API{CORS: severalOrigins, PartitionKey: test.key})
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: got %v, want %v", test.key, got, test.want)
		}
	}
	if !slices.Equal(severalOrigins.AllowHeaders, []string{"Content-Type"}) {
		t.Error("the caller's slice was changed")
	}
}
