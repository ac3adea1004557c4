package policy

import (
	"maps"
	"regexp"
	"slices"
)

// credentials are what a mapping template can read of a caller's secrets: the API key, the access key, and the headers that
// carry credentials, in the ways in which Velocity reads a header.
var credentials = regexp.MustCompile(`\bidentity(?:\.|\.get\(\s*["'])(?:apiKey|accessKey)\b|` +
	`(?i:\b(?:params|get)\(\s*["']` + secretHeader + `["']|\bheader\.` + secretHeader + `\b)`)

const secretHeader = `(?:authorization|cookie|x-api-key|x-amz-security-token)`

func records(c *checker) {
	for _, r := range c.stack.Resources(integration) {
		templates, _ := r.Body["request_templates"].(map[string]any)
		found := map[string]bool{}
		for _, template := range templates {
			text, _ := template.(string)
			for _, secret := range credentials.FindAllString(text, -1) {
				found[secret] = true
			}
		}
		for _, secret := range slices.Sorted(maps.Keys(found)) {
			c.breach(r.Address(), "a request template has "+secret+", which is a credential",
				"leave it out: $context.identity.apiKeyId and $context.identity.userArn tell who called")
		}
	}
}
