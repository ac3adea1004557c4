// Package reference writes the pages of docs that list what the code declares, such as options.md from package spec and policy.md
// from package policy. A test in docs compares each page with what this package writes.
package reference

import (
	"fmt"
	"strings"
)

// Remedy is the command that writes the pages anew.
const Remedy = "make docs"

// page is Markdown while it is being written.
type page struct{ strings.Builder }

func (p *page) paragraph(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		p.WriteString(text + "\n\n")
	}
}

func (p *page) heading(level int, text string) {
	p.paragraph("%s %s", strings.Repeat("#", level), text)
}

// items are a list, one line each.
func (p *page) items(lines []string) {
	for _, line := range lines {
		p.WriteString("- " + line + "\n")
	}
	if len(lines) > 0 {
		p.WriteString("\n")
	}
}

// text is the page with one newline at its end.
func (p *page) text() string { return strings.TrimRight(p.String(), "\n") + "\n" }

// anchor is what GitHub makes of a heading that is one name, whose dots it leaves out.
func anchor(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, ".", ""))
}

func code(text string) string { return "`" + text + "`" }
