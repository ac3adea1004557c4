package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// secretHeaders are the headers that contain credentials.
var secretHeaders = []string{"authorization", "cookie", "x-amz-security-token", "x-api-key"}

// secretHeader matches the name of one.
var secretHeader = "(?:" + strings.Join(secretHeaders, "|") + ")"

// credentials are what a mapping template can read of a caller's secrets: the API key, the access key, and the headers that
// carry credentials, in the ways in which Velocity reads a value by its name.
var credentials = regexp.MustCompile(`\bidentity(?:\.|\.get\(\s*["']|\[\s*["'])(?:apiKey|accessKey)\b|` +
	`(?i:\b(?:params|get)\(\s*["']` + secretHeader + `["']|\[\s*["']` + secretHeader + `["']|\bheader\.` + secretHeader + `\b)`)

// records checks that no request template can put a credential into a record.
func records(c *checker) {
	for _, r := range c.stack.Resources(integration) {
		templates, _ := r.Body["request_templates"].(map[string]any)
		named, unnamed := map[string]bool{}, map[string]bool{}
		for _, template := range templates {
			text := withOneHeader(velocity(template))
			for _, secret := range credentials.FindAllString(text, -1) {
				named[secret] = true
			}
			for _, read := range unnamedReads(text) {
				unnamed[read] = true
			}
		}
		for _, secret := range slices.Sorted(maps.Keys(named)) {
			c.breach(r.Address(), "a request template has "+secret+", which is a credential",
				"leave it out: $context.identity.apiKeyId and $context.identity.userArn tell who called")
		}
		for _, read := range slices.Sorted(maps.Keys(unnamed)) {
			c.breach(r.Address(), "a request template has "+read+", which may contain a credential",
				`read one value by its name in quotes, such as $input.params().header.get("User-Agent")`)
		}
	}
}

// velocity is a mapping template as API Gateway gets it, without the names that Terraform inserts. The rule "readable" reports one
// that is not text.
func velocity(template any) string {
	text, _ := template.(string)
	parts, _ := tfjson.Parse(text)
	var written strings.Builder
	for _, part := range parts {
		written.WriteString(part.Literal)
	}
	return written.String()
}

const (
	// quotedName is a string in which Velocity evaluates nothing.
	quotedName = `(?:'[^']*'|"[^"$#]*")`
	// property is a value of a map. A method's name stands before a bracket.
	property = `\.[A-Za-z][\w-]*(?:[^\w(-]|$)`
	// lookup reads one value of a map by its name, or none.
	lookup = `(?:\.(?:get|containsKey)\(\s*` + quotedName + `\s*\)|\[\s*` + quotedName + `\s*\]|\.(?:keySet|size|isEmpty)\(\s*\)|` + property + `)`
)

// member is a member of a map, in the two ways in which templates read it.
func member(name string) string { return `(?:\.` + name + `\b|\.get\(\s*["']` + name + `["']\s*\))` }

var (
	requestVariable = regexp.MustCompile(`\$!?\{?(input|context\.identity|context)`)
	// namedReads are what may follow the variables that contain credentials: a template must name each value that it reads. A name
	// that Velocity composes may be a credential's, and a map as a whole contains them all.
	namedReads = map[string]*regexp.Regexp{
		"input": regexp.MustCompile(`^\.(?:(?:body|json|path)\b|params\(\s*(?:` + quotedName + `\s*\)|\)(?:` +
			member("path") + `|` + member("(?:header|querystring)") + lookup + `)))`),
		"context.identity": regexp.MustCompile(`^` + lookup),
		"context":          regexp.MustCompile(`^` + property),
	}
	// shownRead is as much of a read as a breach quotes.
	shownRead  = regexp.MustCompile(`^\$!?\{?[A-Za-z]+(?:\.[\w-]+(?:\([^()\n]{0,60}\))?|\[[^\n\]]{0,60}\])*`)
	wordGoesOn = regexp.MustCompile(`^[\w-]`)
)

// unnamedReads are the places where a template reads what a request has without naming the value.
func unnamedReads(template string) []string {
	var found []string
	for _, at := range requestVariable.FindAllStringSubmatchIndex(template, -1) {
		source, rest := template[at[2]:at[3]], template[at[3]:]
		if !wordGoesOn.MatchString(rest) && !namedReads[source].MatchString(rest) {
			found = append(found, shownRead.FindString(template[at[0]:]))
		}
	}
	return found
}

var (
	// oneHeader looks for a header whose name a variable has, without regard to case.
	oneHeader = regexp.MustCompile(`#if\(\$(\w+)\.equalsIgnoreCase\(\$(\w+)\) && \$input\.params\(\)\.header\.get\(\$(\w+)\) != ""\)\s*` +
		`#set\(\$\w+ = \$input\.params\(\)\.header\.get\(\$(\w+)\)\)\s*#end`)
	setToName = `#set\(\s*\$%s\s*=\s*(` + quotedName + `)\s*\)`
	mention   = `\$!?\{?%s\b`
)

// withOneHeader is a template in which a search for one header, whose name is fixed, is a read by that name.
func withOneHeader(template string) string {
	return oneHeader.ReplaceAllStringFunc(template, func(search string) string {
		names := oneHeader.FindStringSubmatch(search)
		variable := names[2]
		fixed := regexp.MustCompile(fmt.Sprintf(setToName, variable)).FindAllStringSubmatch(template, -1)
		mentions := regexp.MustCompile(fmt.Sprintf(mention, variable)).FindAllString(template, -1)
		if names[1] != names[3] || names[1] != names[4] || len(fixed) != 1 || len(mentions) != 2 {
			return search
		}
		return "$input.params(" + fixed[0][1] + ")"
	})
}
