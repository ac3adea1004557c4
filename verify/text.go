package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/excerpt"
)

// headings are the groups' titles.
var headings = map[string]string{
	preflightGroup: "Before an apply",
	"way":          "The way of an event",
	"contract":     "What a client sees",
	"surroundings": "What surrounds it",
	"assumptions":  "What the local pipeline assumes of AWS",
}

// Text writes a report for a person.
func (r *Report) Text(out io.Writer) error {
	var said strings.Builder
	for _, group := range slices.Concat([]string{preflightGroup}, Groups) {
		r.sayGroup(&said, group)
	}
	for _, hop := range r.Hops {
		fmt.Fprintf(&said, "%s: %s (median), %s (longest of %s)\n", hop.Name, millis(hop.Median), millis(hop.Longest), events(hop.Events))
	}
	r.sayEvents(&said)
	fmt.Fprintf(&said, "\n%d hold, %s, %d unknown, %d not shown\n", r.Count(Holds), differ(r.Count(Differs)), r.Count(Unknown), r.Count(NotShown))
	_, err := io.WriteString(out, said.String())
	return err
}

func (r *Report) sayGroup(said *strings.Builder, group string) {
	results := r.of(group)
	if len(results) == 0 {
		return
	}
	fmt.Fprintf(said, "%s\n", headings[group])
	quiet := 0
	for _, result := range results {
		if group == "assumptions" && result.Status == NotShown {
			quiet++ // there are many, and the report's file has them
			continue
		}
		say(said, result)
	}
	if quiet > 0 {
		fmt.Fprintf(said, "  %-9s  %d others; --report has the reason of each\n", NotShown, quiet)
	}
	said.WriteString("\n")
}

// say writes a result: a line, and for a difference its two sides and its remedy.
func say(said *strings.Builder, result Result) {
	title := result.Title
	if groupOf(result.ID) == "assumptions" {
		title = result.ID + ": " + title
	}
	note := result.Note
	if result.Status == NotShown {
		note = result.Got
	}
	if note != "" {
		title += " (" + note + ")"
	}
	fmt.Fprintf(said, "  %-9s  %s\n", result.Status, title)
	if result.Status == Holds || result.Status == NotShown {
		return
	}
	for _, line := range []struct{ name, text string }{{"check", result.ID}, {"want", result.Want}, {"got", result.Got}, {"remedy", result.Remedy}} {
		if line.text != "" {
			fmt.Fprintf(said, "             %-6s  %s\n", line.name, line.text)
		}
	}
}

// sayEvents says what the run left, and how to leave it out of what is counted.
func (r *Report) sayEvents(said *strings.Builder) {
	switch n := len(r.Events); {
	case n == 0:
		return
	case r.Marked:
		fmt.Fprintf(said, "\nthe run left %s, with %s %q at the end of each; leave them out with grep -v '\"%s\"'\n", events(n), markField, r.Mark+"/…", markField)
	default:
		fmt.Fprintf(said, "\nthe run left %s; the schema allows no field %s, so they are as the environment's example; --report has their sequence numbers\n", events(n), markField)
	}
}

func millis(n int64) string {
	if n < 10_000 {
		return itoa(int(n)) + " ms"
	}
	return itoa(int(n/1000)) + " s"
}

func differ(n int) string {
	if n == 1 {
		return "1 differs"
	}
	return itoa(n) + " differ"
}

// events is a number of events in words.
func events(n int) string { return counted(n, "event") }

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return itoa(n) + " " + what + "s"
}

func itoa(n int) string { return strconv.Itoa(n) }

// short is a text of a limited length.
func short(text string) string {
	return cmp.Or(excerpt.Of(text, 400), "nothing")
}
