package reference

import (
	"fmt"
	"regexp"
	"strings"

	"cdk.tf/go/ingest/internal/assumptions"
)

// Assumptions is docs/assumptions.md: the statements by room.
func Assumptions(all []assumptions.Assumption) string {
	p := &page{}
	p.paragraph("%s", assumptionsLead)
	p.heading(2, "How one is shown")
	ways := assumptions.Hows()
	p.row([]string{"shown", "means", "assumptions"})
	p.underline(3)
	for _, way := range ways {
		p.row([]string{way[0], way[1], fmt.Sprint(len(shownBy(all, way[0])))})
	}
	p.WriteString("\n")
	room := ""
	for _, a := range all {
		if a.Room() != room {
			room = a.Room()
			p.heading(2, room+": "+roomTitles[room])
		}
		p.heading(3, a.ID)
		p.paragraph("%s", prose(a.Text))
		p.paragraph("Shown %s. Code: [%s](../%s)", a.Shown, a.File, a.File)
	}
	return p.text()
}

const assumptionsLead = `# Assumptions about AWS

Look up what the local pipeline assumes of AWS, from which source, and what shows on AWS whether it is so.

<!-- Written by "` + Remedy + `" from the comments in local, replay and tfjson, and from internal/assumptions/shown.go. Edit those. -->

Each statement is about AWS unless it says "here", which is [the local pipeline](local.md). The parentheses hold the source. An
assumption without a source says that AWS documents none. If you find one that does not hold, file an issue with its id and with
AWS's answer.`

// roomTitles are what the rooms' ids stand for.
var roomTitles = map[string]string{
	"API":    "API Gateway",
	"CW":     "CloudWatch",
	"FH":     "Firehose",
	"IAM":    "IAM",
	"KIN":    "Kinesis",
	"LOC":    "addresses and identity",
	"REPLAY": "records that Firehose could not deliver",
	"S3":     "S3",
	"TFJSON": "values that only an apply can tell",
	"VTL":    "mapping templates",
}

func shownBy(all []assumptions.Assumption, way string) (ids []string) {
	for _, a := range all {
		if string(a.Shown) == way {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

var (
	issue = regexp.MustCompile(`\b([\w-]+/[\w.-]+)#(\d+)\b`)
	// template matches a directive of a mapping template.
	template = regexp.MustCompile(`^#[a-z]`)
	// piece is an object or an array, a call in a template, an escape, or a word without the punctuation around it.
	piece = regexp.MustCompile(`[!/]?\{(?:[^{}]|\{[^{}]*\})*\}|\[(?:[^\[\]]|\[[^\[\]]*\])*\]|[#$][\w.]+\([^()]*\)|\\(?:\w+|\S)|` +
		`[^\s"(),;:][^\s"]*[^\s"(),.;:]|\S`)
)

// prose is a comment's text as Markdown: a piece with a character that Markdown or GitHub's formulas read is code, and an issue is a
// link.
func prose(text string) string {
	return piece.ReplaceAllStringFunc(text, func(w string) string {
		switch {
		case issue.MatchString(w):
			return issue.ReplaceAllString(w, "[$0](https://github.com/$1/issues/$2)")
		case strings.ContainsAny(w, "$*_<>{}[]|\\~") || template.MatchString(w):
			return code(w)
		}
		return w
	})
}
