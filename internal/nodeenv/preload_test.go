package nodeenv

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/lacking"
)

// program stands for jsii's: it reads a provider's description in the same way, and prints each of its types. The script lets it
// write to descriptor 3.
const program = `const fs = require("fs");
const text = fs.readFileSync(process.argv[2]);
const { types } = JSON.parse(text);
const names = ["x.A", "x.one.B", "x.one.C", "x.two.D"];
fs.writeSync(3, JSON.stringify(names.map((name) => types[name].docs)));
`

// jsii is a folder with a program in jsii's place, a made-up provider, and a cache.
type jsii struct{ node, folder, cache string }

func newJSII(t *testing.T) *jsii {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		lacking.End(t, "node is not on PATH; install Node.js 20 or newer (https://nodejs.org)")
	}
	folder := t.TempDir()
	j := &jsii{node: node, folder: folder, cache: filepath.Join(folder, "cache")}
	for name, text := range map[string]string{"bin/jsii-runtime.js": "", "lib/program.js": program, "preload.js": string(preload)} {
		write(t, filepath.Join(folder, name), text)
	}
	return j
}

func (j *jsii) description() string {
	return filepath.Join(j.folder, "node_modules/@cdktf/provider-x/.jsii")
}

// describe writes the provider's description, whose types say the text. The size and the fingerprint stay the same with a text of
// the same length, and so the cache's key does.
func (j *jsii) describe(t *testing.T, text string) {
	t.Helper()
	types := map[string]any{}
	for _, name := range []string{"x.A", "x.one.B", "x.one.C", "x.two.D"} {
		types[name] = map[string]string{"fqn": name, "docs": name + " " + text}
	}
	body, err := json.Marshal(types)
	must(t, err)
	fingerprint := strings.Repeat("A", 43) + "="
	write(t, j.description(), fmt.Sprintf(`{"name": "x", "types": %s, "fingerprint": "%s"}`, body, fingerprint))
}

// expect runs the program, to which all types must say the text, or the last of them another.
func (j *jsii) expect(t *testing.T, what, text, last string) {
	t.Helper()
	command := exec.Command(j.node, "--require", filepath.Join(j.folder, "preload.js"), filepath.Join(j.folder, "bin/jsii-runtime.js"), j.description())
	command.Env = append(os.Environ(), "NODE_OPTIONS=", cacheVariable+"="+j.cache)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	want := fmt.Sprintf(`["x.A %[1]s","x.one.B %[1]s","x.one.C %[1]s","x.two.D %[2]s"]`, text, last)
	if err != nil || stderr.Len() > 0 || string(out) != want {
		t.Errorf("%s: the types are %s, %v, %s; want %s", what, out, err, &stderr, want)
	}
}

// file is the cache's index, or its types.
func (j *jsii) file(t *testing.T, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(j.cache, "*", name))
	if err != nil || len(found) != 1 {
		t.Fatalf("the cache has %v, %v", found, err)
	}
	return found[0]
}

// The cache's types are used as long as it is whole. After any damage the types come from the description, and the cache is made
// again. synth's TestLoadingLessChangesNothing shows the same of real syntheses, with fewer kinds of damage unless it runs by
// make test-loading.
func TestADamagedCacheIsMadeAgain(t *testing.T) {
	const lastDamaged = "the last type with a wrong byte"
	whole := newJSII(t)
	whole.describe(t, "1")
	whole.expect(t, "without a cache", "1", "1")
	whole.describe(t, "2")
	whole.expect(t, "with a cache", "1", "1") // it is used
	for what, damage := range map[string]func(t *testing.T, j *jsii){
		"an index with a wrong byte":       func(t *testing.T, j *jsii) { spoil(t, j.file(t, "index"), 40) },
		"an index with a wrong digest":     func(t *testing.T, j *jsii) { spoil(t, j.file(t, "index"), 0) },
		"an index cut short":               func(t *testing.T, j *jsii) { must(t, os.Truncate(j.file(t, "index"), 50)) },
		"an empty index":                   func(t *testing.T, j *jsii) { must(t, os.Truncate(j.file(t, "index"), 0)) },
		"no index":                         func(t *testing.T, j *jsii) { must(t, os.Remove(j.file(t, "index"))) },
		"the first type with a wrong byte": func(t *testing.T, j *jsii) { spoil(t, j.file(t, "types"), 10) },
		lastDamaged:                        func(t *testing.T, j *jsii) { spoil(t, j.file(t, "types"), -10) },
		"types cut short":                  func(t *testing.T, j *jsii) { must(t, os.Truncate(j.file(t, "types"), 50)) },
		"no types":                         func(t *testing.T, j *jsii) { must(t, os.Remove(j.file(t, "types"))) },
		"a file in the cache's place": func(t *testing.T, j *jsii) {
			folder := filepath.Dir(j.file(t, "types"))
			must(t, os.RemoveAll(folder))
			write(t, folder, "")
		},
	} {
		t.Run(what, func(t *testing.T) {
			read := "2"
			if what == lastDamaged {
				read = "1" // what the program read from the cache before stays
			}
			j := newJSII(t)
			must(t, os.CopyFS(j.cache, os.DirFS(whole.cache)))
			j.describe(t, "2")
			damage(t, j)
			j.expect(t, "damaged", read, "2")
			j.expect(t, "after the damage", "2", "2")
			j.describe(t, "3")
			j.expect(t, "made again", "2", "2")
			left, err := os.ReadDir(j.cache)
			if must(t, err); len(left) > 2 { // the provider's folder, and the record of where modules are
				t.Errorf("the cache has %v", left)
			}
		})
	}
}

func TestWithoutACacheTheDescriptionIsRead(t *testing.T) {
	t.Run("a file in the place of all caches", func(t *testing.T) {
		j := newJSII(t)
		write(t, j.cache, "")
		for _, text := range []string{"1", "2"} {
			j.describe(t, text)
			j.expect(t, text, text, text)
		}
	})
	t.Run("a description without a fingerprint", func(t *testing.T) {
		j := newJSII(t)
		for _, text := range []string{"1", "2"} {
			j.describe(t, text)
			body, err := os.ReadFile(j.description())
			must(t, err)
			write(t, j.description(), strings.Replace(string(body), `"fingerprint"`, `"print"`, 1))
			j.expect(t, text, text, text)
		}
	})
}

// spoil changes the byte at a place, which counts from the end if it is negative.
func spoil(t *testing.T, file string, at int) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	if at < 0 {
		at += len(text)
	}
	text[at] ^= 1
	must(t, os.WriteFile(file, text, 0o600))
}

func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(t, os.WriteFile(file, []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
