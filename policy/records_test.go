package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

func with(text string) []change {
	return []change{edit(submit, "## The", text+" ## The", "request_templates", "application/json")}
}

func TestRecordsHoldNoCredentials(t *testing.T) {
	breach := func(secret string) string {
		return `records: aws_api_gateway_integration.api_submit_post_integration: a request template has ` + secret +
			`, which is a credential; leave it out: $context.identity.apiKeyId and $context.identity.userArn tell who called`
	}
	check(t, []breaking{
		{
			name:    "keys",
			changes: with(`$context.identity.apiKey $!context.identity.accessKey $context.identity.get("apiKey")`),
			want:    []string{breach("identity.accessKey"), breach("identity.apiKey"), breach(`identity.get("apiKey`)},
		},
		{
			name:    "headers",
			changes: with(`$input.params('Authorization') $input.params().header.get("cookie") $input.params().header.Authorization $headers.get( 'X-API-Key')`),
			want:    []string{breach(`get( 'X-API-Key'`), breach(`get("cookie"`), breach("header.Authorization"), breach("params('Authorization'")},
		},
	})
}

func TestRecordsMaySayWhoCalled(t *testing.T) {
	changes := with(`$context.identity.apiKeyId $context.identity.userArn $context.authorizer.principalId $input.params('X-Api-Key-Id') "authorization" $x.header.authorizations`)
	if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}
