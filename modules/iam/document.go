package iam

import (
	"regexp"
	"strings"

	"cdk.tf/go/ingest/internal/plainjson"
)

// Document is an IAM policy document.
type Document []Statement

// Statement is one statement of a policy document. An empty Effect means Allow.
type Statement struct {
	Sid        string                         `json:"Sid,omitempty"`
	Effect     string                         `json:"Effect"`
	Principal  any                            `json:"Principal,omitempty"`
	Actions    []string                       `json:"Action"`
	Resources  []string                       `json:"Resource,omitempty"`
	Conditions map[string]map[string][]string `json:"Condition,omitempty"`
}

// JSON is the document in IAM's format, as an argument of Terraform's: IAM's own variables, such as ${aws:username}, are escaped. The same document is always the same text. It does not escape "<", ">" and "&" for HTML:
// IAM would read the escapes as the same, but a comparison of texts would not.
func (d Document) JSON() string {
	statements := make([]Statement, len(d))
	for i, s := range d {
		if s.Effect == "" {
			s.Effect = "Allow"
		}
		statements[i] = s
	}
	text, err := plainjson.Line(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", statements})
	if err != nil {
		panic(err) // a Principal that JSON cannot represent: a bug of the module
	}
	return escapeVariables(text)
}

// variable is one of IAM's, such as ${aws:username}, or one of its escapes of a wildcard, such as ${*} (IAM User Guide, "IAM policy
// elements: Variables and tags"). No expression of Terraform's, and no reference of CDKTF's, begins like that. A text that is escaped
// already begins with "$$".
var variable = regexp.MustCompile(`\$?\$\{(?:[A-Za-z0-9-]+:|[*?$]\})`)

// escapeVariables escapes IAM's variables for Terraform, which would read each as an expression of its own.
func escapeVariables(document string) string {
	return variable.ReplaceAllStringFunc(document, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found
		}
		return "$" + found
	})
}
