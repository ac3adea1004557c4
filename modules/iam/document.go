package iam

import (
	"bytes"
	"encoding/json"
	"strings"
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

// JSON is the document in IAM's format. The same document is always the same text. It does not escape "<", ">" and "&" for HTML:
// IAM would read the escapes as the same, but a comparison of texts would not.
func (d Document) JSON() string {
	statements := make([]Statement, len(d))
	for i, s := range d {
		if s.Effect == "" {
			s.Effect = "Allow"
		}
		statements[i] = s
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", statements})
	if err != nil {
		panic(err) // a Principal that JSON cannot represent: a bug of the module
	}
	return strings.TrimSuffix(text.String(), "\n")
}
