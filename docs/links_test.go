package docs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// pages are all Markdown files that somebody reads, by their paths in the repository.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md", "CONTRIBUTING.md", "webapp/README.md"}
	err := filepath.WalkDir("docs", func(path string, entry os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// blocks are the fenced blocks of code of a language.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	var found []string
	for _, match := range fence.FindAllStringSubmatch(read(t, page), -1) {
		if match[1] == language {
			found = append(found, match[2])
		}
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	source  = regexp.MustCompile(`(?:src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	anchor  = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

// Every link within the repository leads to a file, and to a heading of it where it names one.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		text := fence.ReplaceAllString(read(t, page), "")
		for _, match := range slices.Concat(link.FindAllStringSubmatch(text, -1), source.FindAllStringSubmatch(text, -1)) {
			target := match[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if problem := broken(t, page, target); problem != "" {
				t.Errorf("%s links to %s: %s", page, target, problem)
			}
		}
	}
}

// broken says what is wrong with a link of a page, or nothing.
func broken(t *testing.T, page, target string) string {
	t.Helper()
	path, fragment, _ := strings.Cut(target, "#")
	file := page
	if path != "" {
		file = filepath.Join(filepath.Dir(page), path)
	}
	if _, err := os.Stat(file); err != nil {
		return "there is no such file"
	}
	if fragment != "" && !slices.Contains(anchors(read(t, file)), fragment) {
		return "the page has no such heading"
	}
	return ""
}

// anchors are the fragments that GitHub gives a page's headings, and those that the page sets itself.
func anchors(text string) []string {
	text = fence.ReplaceAllString(text, "")
	var found []string
	seen := map[string]int{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		id := slug(match[1])
		if n := seen[id]; n > 0 {
			found = append(found, id+"-"+string(rune('0'+n)))
		} else {
			found = append(found, id)
		}
		seen[id]++
	}
	for _, match := range anchor.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// slug is GitHub's: lower case, "-" for a space, and no other punctuation than "-" and "_".
func slug(title string) string {
	title = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(title, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(title))
}

func TestABrokenLinkIsFound(t *testing.T) {
	for target, want := range map[string]string{
		"docs/nowhere.md":          "there is no such file",
		"docs/costs.md#no-heading": "the page has no such heading",
		"#no-heading":              "the page has no such heading",
		"#costs":                   "",
		"docs/costs.md#limits":     "",
	} {
		if got := broken(t, "README.md", target); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

// Each page of docs is one click from the README or from an index that the README names.
func TestEveryPageIsFound(t *testing.T) {
	indexes := read(t, "README.md") + strings.ReplaceAll(read(t, "docs/runbooks/README.md"), "](", "](docs/runbooks/")
	for _, page := range pages(t) {
		inFolder := strings.HasPrefix(page, "docs/adr/")
		if page != "README.md" && page != "webapp/README.md" && !inFolder && !strings.Contains(indexes, "]("+page) {
			t.Errorf("neither the README nor the index of the runbooks links to %s", page)
		}
	}
}

// A newcomer reads the README whole: the rest has pages of its own.
func TestTheReadmeIsShort(t *testing.T) {
	if lines := strings.Count(read(t, "README.md"), "\n"); lines > 165 {
		t.Errorf("the README has %d lines; move what is a reference to a page in docs", lines)
	}
}

var makeTarget = regexp.MustCompile(`(?m)^([a-z-]+):`)

// Shell blocks are a shell's: their syntax holds, and what they run of this project is there.
func TestShellBlocks(t *testing.T) {
	var targets []string
	for _, match := range makeTarget.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets = append(targets, match[1])
	}
	seen := 0
	for _, page := range pages(t) {
		for _, block := range blocks(t, page, "sh") {
			seen++
			check := exec.Command("bash", "-n")
			check.Stdin = strings.NewReader(block)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s\n%s", page, err, out, block)
			}
			for _, problem := range missing(block, targets) {
				t.Errorf("%s: %s", page, problem)
			}
		}
	}
	if seen < 20 {
		t.Errorf("the pages have %d shell blocks; are they found?", seen)
	}
}

var (
	makes   = regexp.MustCompile(`(?m)^\s*make +((?:[A-Za-z_]+=\S+ +)*)([a-z-]+)`)
	runs    = regexp.MustCompile(`(?m)^\s*(?:bash )?((?:scripts|\.ci|deploytest)/[\w./-]+)`)
	npmRuns = regexp.MustCompile(`(?m)^\s*npm run (?:--silent )?([\w:-]+)`)
)

// missing are the targets, scripts and npm scripts that a block runs and the repository does not have.
func missing(text string, targets []string) []string {
	var found []string
	for _, match := range makes.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(targets, match[2]) {
			found = append(found, "the Makefile has no target "+match[2])
		}
	}
	for _, match := range runs.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(match[1]); err != nil {
			found = append(found, "there is no "+match[1])
		}
	}
	for _, match := range npmRuns.FindAllStringSubmatch(text, -1) {
		if !hasNPMScript(match[1]) {
			found = append(found, "webapp/package.json has no script "+match[1])
		}
	}
	return found
}

func hasNPMScript(name string) bool {
	var manifest struct{ Scripts map[string]string }
	text, err := os.ReadFile("webapp/package.json")
	return err == nil && json.Unmarshal(text, &manifest) == nil && manifest.Scripts[name] != ""
}

func TestAMissingCommandIsFound(t *testing.T) {
	got := missing("make nothing\nmake up ENV=dev\nscripts/none\nnpm run nothing\nnpm run build\n", []string{"up"})
	want := []string{"the Makefile has no target nothing", "there is no scripts/none", "webapp/package.json has no script nothing"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// JSON blocks are JSON, where "…" stands in a string for what differs.
func TestJSONBlocks(t *testing.T) {
	for _, page := range pages(t) {
		for _, block := range blocks(t, page, "json") {
			if !json.Valid([]byte(block)) {
				t.Errorf("%s: not JSON:\n%s", page, block)
			}
		}
	}
}
