// Package tftext writes texts into Terraform's configuration.
package tftext

import "strings"

// Escape returns a text that Terraform reads as it is: without it "${" and "%{" begin an expression (Terraform's documentation,
// "Strings and Templates").
func Escape(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}
