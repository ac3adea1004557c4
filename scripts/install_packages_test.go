package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// npmOnce is an npm that installs a package with a command, and notes that it was asked.
const npmOnce = `
[ "$*" = "ci --prefix $FOLDER --no-audit --no-fund" ] || { echo "npm was asked for: $*" >&2; exit 3; }
echo asked >>"$ASKED"
[ -z "$BROKEN" ] || { echo "the registry is away" >&2; exit 7; }
rm -rf "$FOLDER/node_modules"
mkdir -p "$FOLDER/node_modules/.bin" "$FOLDER/node_modules/one"
echo 'echo one' >"$FOLDER/node_modules/one/run"
chmod 755 "$FOLDER/node_modules/one/run"
echo "{}" >"$FOLDER/node_modules/.package-lock.json"
ln -s ../one/run "$FOLDER/node_modules/.bin/one"`

// clone is a folder whose packages are installed with a cache.
type clone struct {
	folder, asked, bin, cache string
}

func newClone(t *testing.T, bin, cache, lock string) clone {
	t.Helper()
	c := clone{t.TempDir(), filepath.Join(t.TempDir(), "asked"), bin, cache}
	for name, text := range map[string]string{"package.json": "{}", "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(c.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// install installs the packages, and returns whether npm was asked for them.
func (c clone) install(t *testing.T, variables ...string) (result said, asked bool) {
	t.Helper()
	_ = os.Remove(c.asked)
	result = commandIn(t, c.bin, append(variables, "FOLDER="+c.folder, "ASKED="+c.asked, "XDG_CACHE_HOME="+c.cache),
		"scripts/install-packages", c.folder)
	_, err := os.Stat(c.asked)
	return result, err == nil
}

// runs fails the test unless the package's command runs.
func (c clone) runs(t *testing.T) {
	t.Helper()
	output, err := exec.Command("sh", filepath.Join(c.folder, "node_modules", ".bin", "one")).CombinedOutput()
	if err != nil || string(output) != "one\n" {
		t.Errorf("the package's command says %q, %v", output, err)
	}
}

func TestPackagesAreKeptForOtherClones(t *testing.T) {
	bin, cache := programs(t, map[string]string{"node": "", "chmod": "", "ln": "", "mkdir": "", "rm": "", "npm": npmOnce}), t.TempDir()
	first, second := newClone(t, bin, cache, "{}"), newClone(t, bin, cache, "{}")
	if result, asked := first.install(t); result.status != 0 || !asked {
		t.Fatalf("the first installation: %+v, npm was asked: %t", result, asked)
	}
	if result, asked := second.install(t); result.status != 0 || asked {
		t.Errorf("an installation of the same packages: %+v, npm was asked: %t", result, asked)
	}
	first.runs(t)
	second.runs(t)

	kept := filepath.Join(second.folder, "node_modules", "one", "run")
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o555 {
		t.Errorf("a file that clones share can be written: %v, %v", info.Mode(), err)
	}
	for _, name := range []string{"left", ".package-lock.json"} { // npm writes to the second
		if err := os.WriteFile(filepath.Join(second.folder, "node_modules", name), []byte("of one clone"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(first.folder, "node_modules", ".package-lock.json")); err != nil || string(text) != "{}\n" {
		t.Errorf("what npm writes in one clone, another has too: %q, %v", text, err)
	}
	if result, asked := second.install(t); result.status != 0 || asked {
		t.Errorf("an installation over an older one: %+v, npm was asked: %t", result, asked)
	}
	if _, err := os.Stat(filepath.Join(second.folder, "node_modules", "left")); err == nil {
		t.Error("a file of the older installation is left")
	}

	other := newClone(t, bin, cache, `{"lockfileVersion": 3}`)
	if result, asked := other.install(t); result.status != 0 || !asked {
		t.Errorf("an installation of other packages: %+v, npm was asked: %t", result, asked)
	}
}

func TestPackagesAreInstalledWithoutACache(t *testing.T) {
	bin := programs(t, map[string]string{"node": "", "chmod": "", "ln": "", "mkdir": "", "rm": "", "npm": npmOnce})
	cache := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(cache, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c := newClone(t, bin, cache, "{}")
		if result, asked := c.install(t); result != (said{}) || !asked {
			t.Errorf("without a cache: %+v, npm was asked: %t", result, asked)
		}
		c.runs(t)
	}
}

func TestAFailedInstallationIsNotKept(t *testing.T) {
	bin, cache := programs(t, map[string]string{"node": "", "chmod": "", "ln": "", "mkdir": "", "rm": "", "npm": npmOnce}), t.TempDir()
	c := newClone(t, bin, cache, "{}")
	if result, _ := c.install(t, "BROKEN=yes"); result.status != 7 || !strings.Contains(result.stderr, "the registry is away") {
		t.Errorf("npm's failure: %+v", result)
	}
	if result, asked := c.install(t); result.status != 0 || !asked {
		t.Errorf("after npm's failure: %+v, npm was asked: %t", result, asked)
	}
	for folder, want := range map[string]string{"": "error: no folder; ", "docs": "error: docs has no package-lock.json; "} {
		want += "name a folder with one: scripts/install-packages FOLDER\n"
		if result := commandIn(t, bin, nil, "scripts/install-packages", folder); result != (said{2, "", want}) {
			t.Errorf("folder %q: %+v", folder, result)
		}
	}
}
