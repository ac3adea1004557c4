package iam

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Document is an IAM policy document.
type Document []Statement

// Statement is one statement of a policy document. Effect is Allow where it is empty.
type Statement struct {
	Sid        string                         `json:"Sid,omitempty"`
	Effect     string                         `json:"Effect"`
	Principal  any                            `json:"Principal,omitempty"`
	Actions    []string                       `json:"Action"`
	Resources  []string                       `json:"Resource,omitempty"`
	Conditions map[string]map[string][]string `json:"Condition,omitempty"`
}

// JSON is the document as IAM takes it. The same document is always the same text. "<", ">" and "&" stay themselves: an
// escape for HTML would be read as the same by IAM, and by nothing that compares texts.
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
		panic(err) // a Principal that JSON cannot hold: a mistake of the module's
	}
	return strings.TrimSuffix(text.String(), "\n")
}
