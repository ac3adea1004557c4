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

// OnAWSOnly is the first line of a block of commands that one machine cannot answer.
const OnAWSOnly = "# On AWS only"

// Here returns the variables and functions that the commands of [LookFirst] use, for a pipeline on one machine. The shell sets ENV and
// defines out before, a function that prints the pipeline's output of a name. It may set INGEST_API (the address of the API),
// AWS_ENDPOINT_URL and DATA (the data folder).
func Here() string {
	index, _ := pages.ReadFile("README.md") // it is embedded
	before := blocks(string(index), "Before the commands")
	trying := blocks(string(index), "Before trying it here")
	return before[1] + "\n" + trying[len(trying)-1]
}

// LookFirst returns the commands of a page's section "Look first", one text for each block of shell commands. README.md of this folder
// defines the functions and variables that they use. It is empty for an alarm without a page.
func LookFirst(id string) []string {
	text, _ := Page(id)
	return blocks(text, "Look first")
}

// blocks returns the shell commands of a page's section, one text for each block.
func blocks(page, section string) []string {
	var found []string
	for _, part := range headings.Split(page, -1) {
		if !strings.HasPrefix(part, section+"\n") {
			continue
		}
		for _, block := range commands.FindAllStringSubmatch(part, -1) {
			found = append(found, block[1])
		}
	}
	return found
}
