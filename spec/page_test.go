package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fill writes files, by their paths below a folder, and returns the folder.
func fill(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for path, text := range files {
		file := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func pageIn(folder string) ([]PageFile, error) {
	env := Default("dev")
	env.Web.Hosted, env.Web.Folder = true, folder
	return env.Page()
}

func TestPage(t *testing.T) {
	folder := fill(t, map[string]string{
		"index.html":                "<!doctype html>",
		"_web/index-Ab_1-x.js":      "1",
		"_web.txt":                  "2",
		"_web/deep/config.json":     "the page's own",
		"config.json":               "a development server's",
		".DS_Store":                 "a desktop's",
		".well-known/security.txt":  "hidden",
		"_web/.gitkeep":             "",
		"favicon.svg":               "<svg/>",
		"_web/index~old@2+3.js.map": "{}",
	})
	want := []PageFile{
		{"_web.txt", []byte("2")},
		{"_web/deep/config.json", []byte("the page's own")},
		{"_web/index-Ab_1-x.js", []byte("1")},
		{"_web/index~old@2+3.js.map", []byte("{}")},
		{"favicon.svg", []byte("<svg/>")},
		{"index.html", []byte("<!doctype html>")},
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	for what, folder := range map[string]string{"a folder": folder, "a link to it": link, "with a slash": folder + "/"} {
		got, err := pageIn(folder)
		checkError(t, err, "")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got\n%q\nwant\n%q", what, got, want)
		}
	}
}

func TestNoPageIsReadWhereNoneIsHosted(t *testing.T) {
	env := Default("dev")
	env.Web.Folder = "no/such/folder"
	if got, err := env.Page(); err != nil || got != nil {
		t.Errorf("got %v, %v; want nothing", got, err)
	}
}

func TestPageRefused(t *testing.T) {
	const (
		build = `; build the page with "make webapp", name the folder that holds it, or set Web.Hosted = false`
		names = `; use letters, digits, ".", "_", "~", "@", "+" and "-" in a file's name`
		large = `, which holds more than 500 files or 64 MiB; name a folder that holds only the built page: the stack publishes everything in it`
	)
	many := map[string]string{"index.html": "x"}
	for i := range 500 {
		many[fmt.Sprintf("%03d", i)] = ""
	}
	huge := fill(t, map[string]string{"index.html": "x", "huge": ""})
	if err := os.Truncate(filepath.Join(huge, "huge"), 64<<20); err != nil {
		t.Fatal(err)
	}
	linked := fill(t, map[string]string{"index.html": "x", "${a}": "", "b c": ""})
	if err := os.Symlink("/etc/hostname", filepath.Join(linked, "link")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, folder string
		want         []string
	}{
		{"no folder", "no/such", []string{`is "no/such", where there is no index.html` + build}},
		{"no name", "", []string{`is "", where there is no index.html` + build}},
		{"an empty folder", t.TempDir(), []string{`is "FOLDER", where there is no index.html` + build}},
		{"an empty page", fill(t, map[string]string{"index.html": ""}), []string{`is "FOLDER", where there is no index.html` + build}},
		{"a folder for the page", fill(t, map[string]string{"index.html/x": "x"}), []string{`is "FOLDER", where there is no index.html` + build}},
		{"501 files", fill(t, many), []string{`is "FOLDER"` + large}},
		{"more than 64 MiB", huge, []string{`is "FOLDER"` + large}},
		{"files that cannot be published", linked, []string{
			`holds "${a}"` + names,
			`holds "b c"` + names,
			`holds "link", which is no regular file; replace it with a file, or remove it`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := pageIn(row.folder)
			want := `environment "dev": Web.Folder ` + strings.Join(row.want, "\nenvironment \"dev\": Web.Folder ")
			checkError(t, err, strings.ReplaceAll(want, "FOLDER", row.folder))
			if got != nil {
				t.Errorf("it returns %d files beside the error", len(got))
			}
		})
	}
}
