package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// quotedMessage is the first column of the page's tables.
var quotedMessage = regexp.MustCompile("(?m)^\\| `([^`]+)`")

// The messages that the page of troubleshooting quotes are those that the program says today.
func TestTroubleshootingQuotesWhatIsSaid(t *testing.T) {
	own, _, found := strings.Cut(read(t, "docs/troubleshooting.md"), "\n## Messages of other programs\n")
	if !found {
		t.Fatal("the page has no section for the messages of other programs")
	}
	said := sources(t)
	seen := 0
	for _, match := range quotedMessage.FindAllStringSubmatch(own, -1) {
		for _, part := range strings.Split(match[1], "…") {
			part = strings.Trim(part, " ();,")
			if len(part) < len("run make") {
				continue
			}
			seen++
			if !strings.Contains(said, part) {
				t.Errorf("nothing says %q, of the message %q", part, match[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("the page quotes %d messages; are they found?", seen)
	}
}

// sources are the texts in which the project says something to its user.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range []string{"cmd", "local", "modules", "policy", "replay", "spec", "stacks", "synth", "tfjson", "scripts", "main.go", "main_test.go", "Makefile"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			isTest := strings.HasSuffix(path, "_test.go") && path != "main_test.go"
			switch {
			case entry.IsDir() && entry.Name() == "node_modules":
				return fs.SkipDir
			case !entry.Type().IsRegular() || isTest:
				return nil
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// A message that is made of two pieces is read as one; a verb of fmt's is where the page has "…".
	return regexp.MustCompile(`"\s*\+\s*"`).ReplaceAllString(all.String(), "")
}
