package apigateway

import (
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
