package synth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

const manifest = "manifest.json"

// publish moves the synthesised files from scratch to outdir, each in one step: the pages' files before the stacks that refer
// to them, and the manifest last, which until then names the old stacks. Then it removes the stack files and page files that
// this synthesis did not make, so nobody applies an environment that is no longer declared. If something is in the way of any
// file, publish moves nothing.
func publish(environments []spec.Environment, scratch, outdir string) error {
	made, err := pageFiles(scratch)
	if err != nil {
		return err
	}
	for _, env := range environments {
		made = append(made, StackFile(env.Name))
	}
	made = append(made, manifest)
	if err := checkWay(outdir, made); err != nil {
		return err
	}
	gone, err := others(made, outdir)
	if err != nil {
		return err
	}
	if err := checkWay(outdir, gone); err != nil {
		return err
	}
	for _, file := range made {
		if err := move(scratch, outdir, file); err != nil {
			return err
		}
	}
	for _, file := range gone {
		if err := os.Remove(filepath.Join(outdir, file)); err != nil {
			return err
		}
		removeEmptyFolders(outdir, filepath.Dir(file))
	}
	return nil
}

// removeEmptyFolders removes the folders that a page's removed file leaves empty, because one could be in the way of a later file.
func removeEmptyFolders(outdir, folder string) {
	for ofPage(folder) && os.Remove(filepath.Join(outdir, folder)) == nil { // Remove keeps a folder that is not empty
		folder = filepath.Dir(folder)
	}
}

// ofPage reports whether a folder below the output directory is a page's folder or inside one.
func ofPage(folder string) bool {
	parts := strings.Split(folder, string(filepath.Separator))
	return len(parts) >= 3 && parts[2] == stacks.WebFolder
}

func move(from, to, file string) error {
	target := filepath.Join(to, file)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.Rename(filepath.Join(from, file), target)
}

// checkWay returns an error if something is in the way of the files below outdir: a folder instead of a file, or a file instead
// of a folder.
func checkWay(outdir string, files []string) error {
	for _, file := range files {
		parts := strings.Split(file, string(filepath.Separator))
		for i := range len(parts) + 1 {
			path := filepath.Join(outdir, filepath.Join(parts[:i]...))
			info, err := os.Stat(path)
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				return err
			}
			if last := i == len(parts); last && info.IsDir() {
				return fmt.Errorf("%s is a folder, but a file belongs there; move it away", path)
			} else if !last && !info.IsDir() {
				return fmt.Errorf("%s is a file, but a folder belongs there; move it away", path)
			}
		}
	}
	return nil
}

// others are the stack and page files in outdir that are not in made.
func others(made []string, outdir string) ([]string, error) {
	there, err := pageFiles(outdir)
	if err != nil {
		return nil, err
	}
	folders, err := stackFolders(outdir)
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		file := StackFile(folder)
		if _, err := os.Lstat(filepath.Join(outdir, file)); err == nil {
			there = append(there, file)
		}
	}
	return slices.DeleteFunc(there, func(file string) bool { return slices.Contains(made, file) }), nil
}

func stackFolders(outdir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(outdir, "stacks"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, nil
}

// pageFiles are the files of the pages below the output directory.
func pageFiles(outdir string) ([]string, error) {
	folders, err := stackFolders(outdir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range folders {
		err := filepath.WalkDir(filepath.Join(outdir, pageFolder(name)), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := filepath.Rel(outdir, path)
			found = append(found, file)
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return nil, err
		}
	}
	return found, nil
}
