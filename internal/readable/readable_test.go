package readable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cdk.tf/go/ingest/internal/readable"
)

func TestFile(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600))
	must(os.Symlink("loop", filepath.Join(dir, "loop")))
	must(os.Symlink("to", filepath.Join(dir, "from")))
	must(os.Symlink("from", filepath.Join(dir, "to")))
	for name, want := range map[string]string{
		"file": "", ".": "/. is a folder; name a file", "file/below": "/file/below lies below a file, which holds none; correct the path",
		"loop": "/loop is, or lies below, a symbolic link that leads back to itself; remove the link",
		"from": "/from is, or lies below, a symbolic link that leads back to itself; remove the link",
		"to/x": "/to/x is, or lies below, a symbolic link that leads back to itself; remove the link",
	} {
		_, err := readable.File(dir + "/" + name)
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), dir)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	_, err := readable.File("absent/file")
	if want := "absent/file is not there; correct the path"; err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) || !readable.HasRemedy(err) {
		t.Errorf("%v, want %s", err, want)
	}
	if err := readable.ExplainWrite("f", fs.ErrNotExist); err.Error() != "f lies in a folder that is not there; make the folder, or correct the path" {
		t.Error(err)
	}
	if other := readable.Explain("f", fs.ErrClosed); !errors.Is(other, fs.ErrClosed) || readable.HasRemedy(other) {
		t.Error(other)
	}
	denied := readable.Explain("f", fs.ErrPermission)
	if want := "f may not be read by this user; change its mode, or those of the folders above it (chmod u+rX)"; denied.Error() != want || !errors.Is(denied, fs.ErrPermission) {
		t.Errorf("%v, want %s", denied, want)
	}
	denied = readable.ExplainWrite("f", fs.ErrPermission)
	if want := "f may not be written by this user; change its mode, or that of its folder (chmod u+w)"; denied.Error() != want || !errors.Is(denied, fs.ErrPermission) {
		t.Errorf("%v, want %s", denied, want)
	}
	fixed := readable.ExplainWrite("f", &fs.PathError{Op: "open", Path: "f", Err: syscall.EROFS})
	if want := "f lies on a file system that is mounted read-only; mount it for writing"; fixed.Error() != want || !readable.HasRemedy(fixed) {
		t.Errorf("%v, want %s", fixed, want)
	}
}

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": {"b": 1}}`: "", "": "it is empty", " \n": "it is empty", `{"a": {"b"`: "its end is cut off", `{"a": }`: "it is no JSON: invalid character '}' looking for beginning of value",
		`[]`: "it is no JSON object", `null`: "it is no JSON object", `1`: "it is no JSON object", `{"a": {"b": "x"}}`: "its a.b is a JSON string", `{"a": 1}`: "its a is a JSON number",
		`{} x`: "it is no JSON: invalid character 'x' after top-level value",
	} {
		var into struct {
			A struct {
				B int `json:"b"`
			} `json:"a"`
		}
		got := ""
		if err := readable.JSON([]byte(text), &into); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
