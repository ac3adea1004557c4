package docs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// importsOf has for each folder of the project the other folders that its code imports, without tests.
func importsOf(t *testing.T) map[string]map[string]bool {
	t.Helper()
	imports := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata" || len(entry.Name()) > 1 && entry.Name()[0] == '.'):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(file))
		for _, imported := range parsed.Imports {
			name, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				return err
			}
			if within, ours := strings.CutPrefix(name, "cdk.tf/go/ingest/"); ours {
				if imports[folder] == nil {
					imports[folder] = map[string]bool{}
				}
				imports[folder][within] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// within reports whether a folder is a room or below it.
func within(folder, room string) bool {
	return folder == room || strings.HasPrefix(folder, room+"/")
}

// The arrows of docs/architecture.md are what the code imports: each one exists. A line about one package of internal names all rooms
// that import it, and a line into a room that reads stacks names all that the room imports of its neighbours.
func TestTheArchitecturesArrows(t *testing.T) {
	imports := importsOf(t)
	imported := func(from, by string) bool {
		for folder, all := range imports {
			for name := range all {
				if within(folder, by) && within(name, from) && !within(folder, from) {
					return true
				}
			}
		}
		return false
	}
	inWords := regexp.MustCompile(`\s*\([^)]*\)`)
	lines := 0
	neighbours := map[string][]string{}
	for line := range strings.SplitSeq(read(t, "docs/architecture.md"), "\n") {
		if !strings.HasPrefix(line, "    ") || !strings.Contains(line, " ← ") || strings.HasSuffix(line, "any of them") {
			continue
		}
		lines++
		sides := strings.Split(strings.TrimSpace(inWords.ReplaceAllString(line, "")), " ← ")
		for i := range sides[1:] {
			from, by := strings.Split(sides[i], ", "), strings.Split(sides[i+1], ", ")
			for _, by := range by {
				for _, from := range from {
					if by != "main" && !imported(from, by) {
						t.Errorf("%s: %s does not import %s", line, by, from)
					}
				}
				neighbours[by] = append(neighbours[by], from...)
			}
			if name := from[0]; len(from) == 1 && strings.HasPrefix(name, "internal/") {
				for folder, all := range imports {
					if all[name] && !slices.ContainsFunc(by, func(room string) bool { return within(folder, room) }) {
						t.Errorf("%s: %s imports it, too", line, folder)
					}
				}
			}
		}
	}
	if lines < 20 {
		t.Errorf("the document has %d lines with arrows", lines)
	}
	for _, room := range []string{"plan", "replay", "verify", "drill", "openapi", "local/browse"} {
		for _, name := range slices.Sorted(maps.Keys(imports[room])) {
			if !strings.HasPrefix(name, "internal/") && !strings.HasPrefix(name, "local/internal/") && !within(name, room) && !slices.Contains(neighbours[room], name) {
				t.Errorf("no arrow leads from %s to %s, which imports it", name, room)
			}
		}
	}
}
