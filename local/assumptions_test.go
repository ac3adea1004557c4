package local

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// roomIDs are the prefixes of the assumptions' ids, by folder. A folder below one belongs to it, unless it has an entry.
var roomIDs = map[string]string{
	"local":                "LOC",
	"local/apigateway":     "API",
	"local/apigateway/vtl": "VTL",
	"local/cloudwatch":     "CW",
	"local/firehose":       "FH",
	"local/iam":            "IAM",
	"local/kinesis":        "KIN",
	"local/s3":             "S3",
	"replay":               "REPLAY",
	"tfjson":               "TFJSON",
}

var (
	declares = regexp.MustCompile(`\bAssumption ([A-Z][A-Z0-9]*-\d+):`)
	numbered = regexp.MustCompile(`(?i)\bassumptions? ([A-Z0-9]*-?\d+)\b`)
	roomID   = regexp.MustCompile(`\b(?:` + strings.Join(slices.Collect(maps.Values(roomIDs)), "|") + `)-\d+\b`)
	idForm   = regexp.MustCompile(`^[A-Z][A-Z0-9]*-\d+$`)
	// cited matches a source, or the statement that AWS documents none.
	cited = regexp.MustCompile(`(?i)developer guide|user guide|api reference|documentation|re:post|` +
		`[\w-]+/[\w.-]+#\d+|localstack|kinesalite|[a-z]+\.(com|dev)\b|cloudtrail events|execution log|` +
		`\brecorded\b|\binferred\b|\bAG\b|velocity-engine|` +
		`not documented|does not (document|say)|nowhere said`)
)

// Each assumption has a unique id with the prefix of its room, and every mentioned id is declared.
func TestAssumptions(t *testing.T) {
	for _, problem := range assumptionProblems(t, os.DirFS("..")) {
		t.Error(problem)
	}
}

func TestAssumptionProblems(t *testing.T) {
	const good = "package s3\n\n// Assumption S3-1: keys are sorted by their bytes (API reference, ListObjectsV2).\n"
	tests := map[string]struct {
		file, text string
		want       []string
	}{
		"a mention":            {"local/s3/list.go", "// as assumption S3-1 has it\n", nil},
		"the same id again":    {"local/s3/list.go", good, []string{"local/s3/list.go:3: S3-1 is also declared at local/s3/key.go:3"}},
		"not declared":         {"README.md", "see assumption S3-2\n", []string{"README.md:1: S3-2 is declared nowhere"}},
		"not declared, alone":  {"README.md", "see KIN-2\n", []string{"README.md:1: KIN-2 is declared nowhere"}},
		"no room":              {"README.md", "see assumption 2\n", []string{`README.md:1: "2" is not an id; write ROOM-n`}},
		"no text":              {"local/s3/list.go", "// Assumption S3-2:\n", []string{"local/s3/list.go:1: S3-2 cites no source"}},
		"no source":            {"local/s3/list.go", "// Assumption S3-2: it is so.\n//\n// The developer guide differs.\n", []string{"local/s3/list.go:1: S3-2 cites no source"}},
		"the next one's":       {"local/s3/list.go", "// Assumption S3-2: it is so.\n// Assumption S3-3: that is not documented.\n", []string{"local/s3/list.go:1: S3-2 cites no source"}},
		"source on a new line": {"local/s3/list.go", "// It is so. Assumption S3-2: as one\n// has found (owner/name#12).\n", nil},
		"wrong room":           {"local/kinesis/put.go", "// Assumption S3-2: that is not documented.\n", []string{"local/kinesis/put.go:1: S3-2 is declared in the room of KIN"}},
		"room below":           {"local/durable/write.go", "// Assumption LOC-1: that is not documented.\n", nil},
		"outside the rooms":    {"policy/key.go", "// Assumption S3-2: that is not documented.\n", []string{"policy/key.go:1: S3-2 is declared in a folder that is not a room"}},
		"declared in prose":    {"README.md", "Assumption S3-2: that is not documented.\n", []string{"README.md:1: S3-2 is declared outside Go code"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := assumptionProblems(t, fstest.MapFS{
				"local/s3/key.go": {Data: []byte(good)},
				test.file:         {Data: []byte(test.text)},
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// place is the place of a line: FILE:LINE.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

type assumptions struct {
	declared map[string]place
	mentions []mention
	problems []string
}

type mention struct {
	id string
	at place
}

func (a *assumptions) add(at place, format string, args ...any) {
	a.problems = append(a.problems, at.String()+": "+fmt.Sprintf(format, args...))
}

func assumptionProblems(t *testing.T, files fs.FS) []string {
	t.Helper()
	a := &assumptions{declared: map[string]place{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
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
			a.read(name, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range a.mentions {
		if _, ok := a.declared[m.id]; !ok {
			a.add(m.at, "%s is declared nowhere", m.id)
		}
	}
	return a.problems
}

// foreign reports whether a folder holds other projects' packages or build results, not the project's source.
func foreign(base string) bool {
	return strings.HasPrefix(base, ".") || slices.Contains([]string{"node_modules", "cdktf.out", "dist", "bin"}, base)
}

// readable reports whether a file is scanned. It leaves out this file, because its test cases are not assumptions.
func readable(name string) bool {
	extensions := []string{".go", ".md", ".vtl", ".js", ".ts", ".tsx", ".py", ".yml", ".yaml"}
	return slices.Contains(extensions, path.Ext(name)) && name != "local/assumptions_test.go"
}

func (a *assumptions) read(file, text string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		at := place{file, i + 1}
		for _, found := range declares.FindAllStringSubmatchIndex(line, -1) {
			a.declare(line[found[2]:found[3]], at, paragraph(line[found[1]:], lines[i+1:]))
		}
		for _, found := range numbered.FindAllStringSubmatch(line, -1) {
			if !idForm.MatchString(found[1]) {
				a.add(at, "%q is not an id; write ROOM-n", found[1])
			} else if !roomID.MatchString(found[1]) {
				a.mentions = append(a.mentions, mention{found[1], at})
			}
		}
		for _, id := range roomID.FindAllString(line, -1) {
			a.mentions = append(a.mentions, mention{id, at})
		}
	}
}

func (a *assumptions) declare(id string, at place, text string) {
	if before, ok := a.declared[id]; ok {
		a.add(at, "%s is also declared at %s", id, before)
	}
	a.declared[id] = cmp.Or(a.declared[id], at)
	if path.Ext(at.file) != ".go" {
		a.add(at, "%s is declared outside Go code", id)
		return
	}
	room, _, _ := strings.Cut(id, "-")
	switch own := roomOf(path.Dir(at.file)); {
	case own == "":
		a.add(at, "%s is declared in a folder that is not a room", id)
	case own != room:
		a.add(at, "%s is declared in the room of %s", id, own)
	}
	if !cited.MatchString(text) {
		a.add(at, "%s cites no source", id)
	}
}

func roomOf(folder string) string {
	for ; folder != "."; folder = path.Dir(folder) {
		if room, ok := roomIDs[folder]; ok {
			return room
		}
	}
	return ""
}

// paragraph is the rest of a comment's line and the comment's lines below it, up to an empty one or the next declaration.
func paragraph(rest string, below []string) string {
	text := rest
	for _, line := range below {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "//")
		if !ok || strings.TrimSpace(comment) == "" || declares.MatchString(comment) {
			break
		}
		text += " " + strings.TrimSpace(comment)
	}
	return text
}
