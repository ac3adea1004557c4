package assumptions

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rooms are the prefixes of the ids, by folder. A folder below one belongs to it, unless it has an entry.
var rooms = map[string]string{
	"local":                "LOC",
	"local/apigateway":     "API",
	"local/apigateway/vtl": "VTL",
	"local/cloudwatch":     "CW",
	"local/firehose":       "FH",
	"local/iam":            "IAM",
	"local/kinesis":        "KIN",
	"local/s3":             "S3",
	"internal/unpack":      "REPLAY",
	"replay":               "REPLAY",
	"tfjson":               "TFJSON",
}

var (
	declares = regexp.MustCompile(`\bAssumption ([A-Z][A-Z0-9]*-\d+):`)
	numbered = regexp.MustCompile(`(?i)\bassumptions? ([A-Z0-9]*-?\d+)\b`)
	roomID   = regexp.MustCompile(`\b(?:` + strings.Join(slices.Collect(maps.Values(rooms)), "|") + `)-\d+\b`)
	idForm   = regexp.MustCompile(`^[A-Z][A-Z0-9]*-\d+$`)
	// cited matches a source, or the statement that AWS documents none.
	cited = regexp.MustCompile(`(?i)developer guide|user guide|api reference|documentation|re:post|` +
		`[\w-]+/[\w.-]+#\d+|localstack|kinesalite|[a-z]+\.(com|dev)\b|cloudtrail events|execution log|` +
		`\brecorded\b|\binferred\b|velocity-engine|` +
		`not documented|does not (document|say)|nowhere said`)
	// nameless matches the beginning of a statement whose subject only the code around it names.
	nameless = regexp.MustCompile(`(?i)^(it|its|this|these|those|they|both|such|here|so)\b`)
)

// Read returns the assumptions that the comments of a tree of files declare, sorted, and what is wrong with them or with a mention
// of one: FILE:LINE: PROBLEM.
func Read(files fs.FS) (all []Assumption, problems []string, err error) {
	r := &reader{at: map[string]place{}}
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && foreign(path.Base(name)):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !readable(name):
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err == nil {
			r.read(name, string(text))
		}
		return err
	})
	for _, m := range r.mentions {
		if _, ok := r.at[m.id]; !ok {
			r.problem(m.at, "%s is declared nowhere", m.id)
		}
	}
	slices.SortFunc(r.found, compare)
	return r.found, r.problems, err
}

// place is the place of a line.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

type mention struct {
	id string
	at place
}

type reader struct {
	found    []Assumption
	at       map[string]place // by id
	mentions []mention
	problems []string
}

func (r *reader) problem(at place, format string, args ...any) {
	r.problems = append(r.problems, at.String()+": "+fmt.Sprintf(format, args...))
}

// foreign reports whether a folder holds other projects' packages or build results, not the project's source.
func foreign(base string) bool {
	return strings.HasPrefix(base, ".") || slices.Contains([]string{"node_modules", "cdktf.out", "dist", "bin"}, base)
}

// readable reports whether a file is scanned. It leaves out the test of this file, because its cases are not assumptions.
func readable(name string) bool {
	extensions := []string{".go", ".md", ".vtl", ".js", ".ts", ".tsx", ".py", ".yml", ".yaml"}
	return slices.Contains(extensions, path.Ext(name)) && name != "internal/assumptions/comments_test.go"
}

func (r *reader) read(file, text string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		at := place{file, i + 1}
		for _, found := range declares.FindAllStringSubmatchIndex(line, -1) {
			r.declare(line[found[2]:found[3]], at, paragraph(line[found[1]:], lines[i+1:]))
		}
		for _, found := range numbered.FindAllStringSubmatch(line, -1) {
			if !idForm.MatchString(found[1]) {
				r.problem(at, "%q is not an id; write ROOM-n", found[1])
			} else if !roomID.MatchString(found[1]) {
				r.mentions = append(r.mentions, mention{found[1], at})
			}
		}
		for _, id := range roomID.FindAllString(line, -1) {
			r.mentions = append(r.mentions, mention{id, at})
		}
	}
}

func (r *reader) declare(id string, at place, text string) {
	if before, ok := r.at[id]; ok {
		r.problem(at, "%s is also declared at %s", id, before)
	} else {
		r.at[id] = at
		r.found = append(r.found, Assumption{ID: id, Text: text, File: at.file, Shown: shownBy(id)})
	}
	if path.Ext(at.file) != ".go" {
		r.problem(at, "%s is declared outside Go code", id)
		return
	}
	room, _, _ := strings.Cut(id, "-")
	switch own := roomOf(path.Dir(at.file)); {
	case own == "":
		r.problem(at, "%s is declared in a folder that is not a room", id)
	case own != room:
		r.problem(at, "%s is declared in the room of %s", id, own)
	}
	if !cited.MatchString(text) {
		r.problem(at, "%s cites no source", id)
	}
	if subject := nameless.FindString(text); subject != "" {
		r.problem(at, "%s begins with %q; name the subject, because users read the statement without the code", id, subject)
	}
}

func roomOf(folder string) string {
	for ; folder != "."; folder = path.Dir(folder) {
		if room, ok := rooms[folder]; ok {
			return room
		}
	}
	return ""
}

// paragraph is the rest of a comment's line and the comment's lines below it, up to an empty one or the next declaration, as a
// sentence in one line.
func paragraph(rest string, below []string) string {
	text := strings.TrimSpace(rest)
	for _, line := range below {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "//")
		if !ok || strings.TrimSpace(comment) == "" || declares.MatchString(comment) {
			break
		}
		text += " " + strings.TrimSpace(comment)
	}
	first, size := utf8.DecodeRuneInString(text)
	return strings.TrimSpace(string(unicode.ToUpper(first)) + text[size:])
}
