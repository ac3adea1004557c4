package policy_test

import (
	"slices"
	"strings"
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
		{
			name:    "by index",
			changes: with(`$context.identity["apiKey"] $input.params().header["Cookie"] $input.params().header[ 'authorization' ]`),
			want:    []string{breach(`[ 'authorization'`), breach(`["Cookie"`), breach(`identity["apiKey`)},
		},
		{
			name:    "a header in any spelling",
			changes: with(search("secret", `#set($k = 'X-Amz-Security-Token')`, "k", "name")),
			want:    []string{breach(`params('X-Amz-Security-Token'`)},
		},
	})
}

// A name that Velocity composes may be a credential's, and a map as a whole contains every header or the API key.
func TestRecordsNameWhatTheyRead(t *testing.T) {
	for text, read := range map[string]string{
		`$input.params()`:                   `$input.params()`,
		`$!{input.params( )}`:               `$!{input.params( )`,
		`$input.params().header`:            `$input.params().header`,
		`$input.params().header.toString()`: `$input.params().header.toString()`,
		`$input.params().header.values()`:   `$input.params().header.values()`,
		`#foreach($h in $input.params().header.entrySet())$h.value#end`:      `$input.params().header.entrySet()`,
		`$input.params().get("header")`:                                      `$input.params().get("header")`,
		`$input.params().get($kind)`:                                         `$input.params().get($kind)`,
		`$input.params()["header"]`:                                          `$input.params()["header"]`,
		`$input.params().querystring`:                                        `$input.params().querystring`,
		`#set($h = "Author" + "ization")$input.params($h)`:                   `$input.params($h)`,
		`$input.params("Author$rest")`:                                       `$input.params("Author$rest")`,
		`$input.params("x-api-".concat("key"))`:                              `$input.params`,
		`$input.params().header[$h]`:                                         `$input.params().header[$h]`,
		`$input.params().header.get($h)`:                                     `$input.params().header.get($h)`,
		`#set($i = $input)$i.params()`:                                       `$input`,
		`#set($c = $context)$c.identity`:                                     `$context`,
		`#set($i = $context.identity)$i.get("a")`:                            `$context.identity`,
		`$context.identity.values()`:                                         `$context.identity.values()`,
		`$context.identity.get($k)`:                                          `$context.identity.get($k)`,
		`$context.identity["api$k"]`:                                         `$context.identity["api$k"]`,
		`$context.get("identity")`:                                           `$context.get("identity")`,
		`$context["identity"]`:                                               `$context["identity"]`,
		`$context.requestId$context.entrySet()`:                              `$context.entrySet()`,
		search("authority", `#set($k = 'X-A')#set($k = 'X-B')`, "k", "name"): `$input.params().header.get($name)`,
		search("another name", `#set($k = 'X-A')`, "k", "other"):             `$input.params().header.get($other)`,
		search("a name from elsewhere", ``, "k", "name"):                     `$input.params().header.get($name)`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			want := `records: aws_api_gateway_integration.api_submit_post_integration: a request template has ` + read +
				`, which may contain a credential; read one value by its name in quotes, such as $input.params().header.get("User-Agent")`
			got := lines(policy.Check(good(t, with(strings.ReplaceAll(text, "${", "$${"))...), policy.Expect{Public: true}))
			if !slices.Contains(got, want) {
				t.Errorf("breaches:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
			}
		})
	}
}

// search is a search for a header in any spelling, as the modules write it.
func search(name, before, fixed, found string) string {
	return "## " + name + "\n" + before + "\n#foreach($name in $input.params().header.keySet())\n#if($name.equalsIgnoreCase($" + fixed + ") && $input.params().header.get($" +
		found + ") != \"\")\n#set($key = $input.params().header.get($" + found + "))\n#end\n#end\n"
}

func TestRecordsMayReadANamedValue(t *testing.T) {
	changes := with(`$input.body $input.json("$.a") $input.path($p) $input.params("id") $input.params().path $input.params().get('path').get($x)
$input.params().header.get("User-Agent") $input.params().header.Origin $input.params().get("header").get('Origin') $input.params().header["Origin"]
$input.params().header.keySet() $input.params().querystring.page $inputs.params() $context.identity.sourceIp $context.identity["userAgent"]
$context.authorizer.claims.get($c) $context.requestId.substring(0) $context-map ` + search("one", `#set($k = "X-Device-Id")`, "k", "name"))
	if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

func TestRecordsMaySayWhoCalled(t *testing.T) {
	changes := with(`$context.identity.apiKeyId $context.identity.userArn $context.authorizer.principalId $input.params('X-Api-Key-Id') "authorization" $x.header.authorizations`)
	if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}
