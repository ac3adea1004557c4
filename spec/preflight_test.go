package spec

import (
	"slices"
	"strings"
	"testing"
)

var jsonOnly = CORS{AllowHeaders: []string{"Content-Type"}}

func TestWhatSaysWhoACallerIsIsAllowed(t *testing.T) {
	for _, test := range []struct {
		auth Authorization
		want []string
	}{
		{AuthorizeNone(), nil},
		{AuthorizeIAM(), []string{"Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"}},
		{AuthorizeAPIKey(UsagePlan{}), []string{"X-Api-Key"}},
		{AuthorizeCognito(Cognito{}), []string{"Authorization"}},
		{AuthorizeLambda(LambdaAuthorizer{IdentitySources: []string{
			"method.request.header.X-Client", "method.request.querystring.client", "method.request.header.content-type",
		}}), []string{"X-Client"}},
	} {
		got := API{CORS: jsonOnly, Authorization: test.auth}.PreflightHeaders()
		if want := append([]string{"Content-Type"}, test.want...); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", test.auth.Kind, got, want)
		}
	}
}

func TestThePartitionKeysHeaderIsAllowed(t *testing.T) {
	for _, test := range []struct {
		key  PartitionKey
		want []string
	}{
		{PartitionByRequestID(), []string{"Content-Type"}},
		{PartitionByJSONPath("$.id"), []string{"Content-Type"}},
		{PartitionByHeader("X-Device-Id"), []string{"Content-Type", "X-Device-Id"}},
		{PartitionByHeader("content-type"), []string{"Content-Type"}},
	} {
		got := API{CORS: jsonOnly, PartitionKey: test.key}.PreflightHeaders()
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: got %v, want %v", test.key, got, test.want)
		}
	}
	if !slices.Equal(jsonOnly.AllowHeaders, []string{"Content-Type"}) {
		t.Error("the caller's slice was changed")
	}
}

func TestPreflightHeadersRefused(t *testing.T) {
	wide := func(count, length int) func(e *Environment) {
		return func(e *Environment) {
			asked(func(l *LambdaAuthorizer) {
				l.Kind, l.IdentitySources = RequestAuthorizer, nil
				for _, name := range numbered("x", count) {
					l.IdentitySources = append(l.IdentitySources, headerSourcePrefix+name+strings.Repeat("a", length-len(name)))
				}
			})(e)
			e.API.CORS.AllowHeaders = []string{"Content-Type"}
		}
	}
	fitting := wide(20, 203) // and "Content-Type": 4,092 characters
	const sources = "API.Authorization.Lambda.IdentitySources"
	testRefusals(t, []refusal{
		{"headers of all three", func(e *Environment) {
			fitting(e)
			e.API.PartitionKey = PartitionByHeader("X-AB")
		}, []string{"API.CORS.AllowHeaders makes a header of 4097 characters with the headers of API.Authorization and API.PartitionKey; use fewer or shorter names in the three: at most 4096"}},
		{"a long header", partitioned(PartitionByHeader(strings.Repeat("a", 257))), []string{"API.PartitionKey.Name is 257 characters long; use at most 256"}},
		{"a header of a whole file", partitioned(PartitionByHeader(strings.Repeat("a", 20_000))), []string{"API.PartitionKey.Name is 20000 characters long; use at most 256"}},
		{"many sources", wide(101, 40), []string{sources + " has 101 entries; use at most 100"}},
		{"a long parameter", asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, []string{"method.request.querystring." + strings.Repeat("a", 230)}
		}), []string{sources + "[0] is 257 characters long; use at most 256"}},
	})
	testAcceptances(t, []acceptance{
		{"as many as fit", func(e *Environment) {
			fitting(e)
			e.API.PartitionKey = PartitionByHeader("X-A")
		}},
		{"the longest header", partitioned(PartitionByHeader(strings.Repeat("a", 256)))},
		{"the most sources", wide(100, 20)},
		{"the longest source", asked(func(l *LambdaAuthorizer) { l.IdentitySources = []string{headerSourcePrefix + strings.Repeat("a", 234)} })},
	})
}
