// Package runbooks has the alarms' pages, for programs that show them.
package runbooks

import (
	"embed"
	"regexp"
	"strings"
)

//go:embed *.md
var pages embed.FS

// Page returns the text of an alarm's page, in Markdown. id is the end of the alarm's name, such as "api-5xx". It reports false for an
// alarm without a page.
func Page(id string) (string, bool) {
	if id == "README" {
		return "", false
	}
	text, err := pages.ReadFile(id + ".md")
	return string(text), err == nil
}

var (
	headings = regexp.MustCompile(`(?m)^## `)
	commands = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
)

// LookFirst returns the commands of a page's section "Look first", one text for each block of shell commands. README.md of this folder
// defines the functions and variables that they use. It is empty for an alarm without a page.
func LookFirst(id string) []string {
	text, _ := Page(id)
	var found []string
	for _, section := range headings.Split(text, -1) {
		if !strings.HasPrefix(section, "Look first\n") {
			continue
		}
		for _, block := range commands.FindAllStringSubmatch(section, -1) {
			found = append(found, block[1])
		}
	}
	return found
}
