// Package wholefile writes the files that people name to the commands: a regular file whole or not at all, and never in the place of
// a device, a pipe or a symbolic link.
package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"cdk.tf/go/ingest/internal/readable"
)

// maxLinks is how many symbolic links Linux follows (path_resolution(7)).
const maxLinks = 40

// Target follows the symbolic links of a path to the file that a write makes or replaces. regular is false if something other than a
// regular file is there, such as a device, a pipe or a folder: nothing may be put in its place. The only error is a link that leads
// back to itself.
func Target(path string) (target string, regular bool, err error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return path, false, nil
	}
	if errors.Is(err, syscall.ELOOP) {
		return path, false, readable.Explain(path, err)
	}
	target = path
	for range maxLinks {
		at, link := linkAt(target)
		switch {
		case link == "":
			return at, true, nil
		case strings.HasPrefix(at, "/proc/"): // an open file of a process, such as /dev/stdout
			return path, false, nil
		case filepath.IsAbs(link):
			target = link
		default:
			target = filepath.Dir(at) + string(filepath.Separator) + link // not cleaned: "x/.." is not "." if x is a link
		}
	}
	return target, true, nil
}

// linkAt follows the links of a path's folder, and reads the one at the path itself; "" without one, or without the folder.
func linkAt(path string) (at, link string) {
	folder, name := filepath.Split(path)
	folder, err := filepath.EvalSymlinks(folder + ".")
	if err != nil {
		return path, ""
	}
	at = filepath.Join(folder, name)
	link, _ = os.Readlink(at)
	return at, link
}

// Same reports whether two paths name one regular file, or the same file that is not there yet.
func Same(one, other string) bool {
	first, firstErr := os.Stat(one)
	second, secondErr := os.Stat(other)
	if firstErr == nil && secondErr == nil {
		return first.Mode().IsRegular() && os.SameFile(first, second)
	}
	return absolute(one) == absolute(other)
}

func absolute(path string) string {
	target, _, err := Target(path)
	if err != nil {
		return path
	}
	if whole, err := filepath.Abs(target); err == nil {
		return whole
	}
	return target
}

// Write writes a file. It replaces a regular file in one step, and keeps its mode: after an error the file has its old content. It
// writes into what is no regular file. So it does if the file may be written and not replaced: its folder is closed to this user, or
// the file is a mount of its own.
func Write(path string, text []byte) error {
	target, regular, err := Target(path)
	if err != nil {
		return err
	}
	if !regular {
		return into(target, os.O_APPEND, text)
	}
	err = replace(target, text)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EBUSY) {
		return into(target, os.O_CREATE|os.O_TRUNC, text)
	}
	return err
}

func into(path string, flags int, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|flags, 0o644) //nolint:gosec // what a command writes is for others to read
	if err != nil {
		return readable.ExplainWrite(path, err)
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

func replace(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	beside, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return readable.ExplainWrite(path, err)
	}
	defer func() { _ = os.Remove(beside.Name()) }() // is gone where all went well
	_, err = beside.Write(text)
	if err = errors.Join(err, beside.Chmod(mode), beside.Close()); err != nil {
		return err
	}
	return os.Rename(beside.Name(), path)
}
