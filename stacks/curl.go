package stacks

import (
	"fmt"
	"strings"

	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/spec"
)

// typeCurl begins the name of an event type's curl output. The type's name follows.
const typeCurl = "curl_"

// lineWidth is the longest line that cdktf prints unbroken where its output is no terminal: it takes 80 columns (ink,
// build/ink.js) and indents an output by 2 (cdktf-cli, src/bin/cmds/ui/components/outputs.tsx). Where a line is longer, cdktf breaks it.
const lineWidth = 78

// curl is a command that submits an example with the environment's authorisation. Secrets are variables of the caller's shell.
//
// It has several short lines, so that a person can copy it from whatever prints it. Terraform and OpenTofu print a text with line
// breaks as a heredoc, and escape nothing in it. They escape the quotes of any other text. cdktf prints a text as it is, but indents
// it and breaks long lines. So a line ends only where an indentation of the next one changes nothing.
func curl(env spec.Environment, url string, example func() (string, bool)) string {
	event, _ := example() // spec warns where the schema may refuse it
	begin, body := "curl -sS -X POST", "-d "+quoted(event)
	if len("  ")+len(body) > lineWidth {
		begin, body = piped(event)+begin, "-d @-"
	}
	words := append([]string{begin, withToken(url, env.API.Authorization), "-H 'Content-Type: application/json'"}, credentials(env)...)
	return strings.Join(append(words, tftext.Escape(body)), " \\\n  ")
}

// piped writes an event to the standard input of the command that follows. curl takes the line breaks out of data that it reads ("Data
// with carriage returns and newlines and null bytes are stripped out", man curl, --data), so the event is one line of its object
// in the bucket. The shell's own echo may interpret a backslash, and printf %s does not.
func piped(event string) string {
	return "printf %s '\n" + tftext.Escape(strings.Join(folded(event), "\n")) + "\n' | "
}

// folded breaks a JSON text into lines of at most lineWidth bytes, as a POSIX shell reads them between single quotes. It breaks between
// tokens alone, so a longer string makes a longer line.
func folded(text string) []string {
	lines := []string{""}
	for _, part := range breakable(text) {
		part = inQuotes(part)
		if last := lines[len(lines)-1]; last != "" && len(last)+len(part) > lineWidth {
			lines = append(lines, "")
		}
		lines[len(lines)-1] += part
	}
	return lines
}

// breakable cuts a JSON text after each token that another follows, where white space means nothing.
func breakable(text string) []string {
	var parts []string
	begin, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && strings.IndexByte(",:[{", c) >= 0:
			parts, begin = append(parts, text[begin:i+1]), i+1
		}
	}
	return append(parts, text[begin:])
}

// quoted is a text as one word of a POSIX shell.
func quoted(text string) string { return "'" + inQuotes(text) + "'" }

// inQuotes is a text as a POSIX shell reads it between single quotes.
func inQuotes(text string) string { return strings.ReplaceAll(text, "'", `'\''`) }

func credentials(env spec.Environment) []string {
	var words []string
	if env.API.Domain.MutualTLS.Enabled() {
		words = []string{`--cert "$CLIENT_CERT" --key "$CLIENT_KEY"`}
	}
	return append(words, authentication(env)...)
}

func authentication(env spec.Environment) []string {
	switch auth := env.API.Authorization; auth.Kind {
	case spec.ByIAM:
		return []string{
			"--aws-sigv4 aws:amz:" + env.Region + ":execute-api",
			`--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
			`-H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"`,
		}
	case spec.ByAPIKey:
		return []string{`-H "X-Api-Key: $API_KEY"`}
	case spec.ByCognito:
		return []string{`-H "Authorization: $TOKEN"`}
	case spec.ByLambda:
		var headers []string
		for _, name := range sourcesIn("method.request.header.", auth) {
			headers = append(headers, fmt.Sprintf(`-H "%s: $TOKEN"`, name))
		}
		return headers
	}
	return nil
}

// withToken adds the query in which a Lambda authorizer reads a token, and quotes the URL then.
func withToken(url string, auth spec.Authorization) string {
	var parameters []string
	for _, name := range sourcesIn("method.request.querystring.", auth) {
		parameters = append(parameters, name+"=$TOKEN")
	}
	if len(parameters) == 0 {
		return url
	}
	return `"` + url + "?" + strings.Join(parameters, "&") + `"`
}

// sourcesIn are the names of a Lambda authorizer's identity sources that begin so.
func sourcesIn(prefix string, auth spec.Authorization) []string {
	var names []string
	for _, source := range auth.Lambda.IdentitySources {
		if name, ok := strings.CutPrefix(source, prefix); ok {
			names = append(names, name)
		}
	}
	return names
}
