// Package goldens reads the golden files: what the environments of internal/catalogue are synthesised to.
//
// A golden is the stack's JSON in a form for people to read. A string of the stack that holds JSON (a policy, a dashboard) or several
// lines (a mapping template) is written out over several lines:
//
//	"policy": {
//	  "JSON in a string": {
//	    "Version": "2012-10-17"
//	  }
//	}
//
// [Read] gives the stack as it was, byte for byte. Whoever reads a stack takes it from here, and needs neither CDKTF nor the
// environment that it was made from.
package goldens

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Remedy is the command that writes the goldens anew.
const Remedy = "make golden"

// Elsewhere is the environment variable that names another folder of goldens, for a test of new environments.
const Elsewhere = "INGEST_TEST_GOLDENS"

// root is the repository's folder, from which a test may have gone elsewhere since.
var root = moduleFolder()

// Root is the repository's folder: the nearest one above the folder in which the program began that has a go.mod. A compiled-in path
// of this file would do as well, but -trimpath leaves none.
func Root() string { return root }

func moduleFolder() string {
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			break
		}
		folder = above
	}
	return "."
}

// Path is the file of a golden.
func Path(name string) string {
	folder := cmp.Or(os.Getenv(Elsewhere), filepath.Join(Root(), "testdata", "goldens"))
	return filepath.Join(folder, filepath.FromSlash(name)+".json")
}

// Names are those of the environments that have a golden, sorted.
func Names() ([]string, error) {
	files, err := filepath.Glob(Path("*"))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	slices.Sort(names)
	return names, nil
}

// textOf is the stack that a golden holds, as it was synthesised.
func textOf(name string) (string, error) {
	text, err := os.ReadFile(Path(name))
	if err != nil {
		return "", fmt.Errorf("%w; if the environment is new, run %q", err, Remedy)
	}
	return exact(string(text))
}

// Read is the stack that a golden holds, as it was synthesised. It ends the test where there is no such golden.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := textOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// Write writes the stack of a golden to a folder, and returns the file: NAME.tf.json.
func Write(name, folder string) (string, error) {
	text, err := textOf(name)
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, filepath.Base(name)+".tf.json")
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// File is [Write] to a folder of a test's.
func File(t testing.TB, name string) string {
	t.Helper()
	file, err := Write(name, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return file
}
