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

// publish moves the synthesised files from scratch to outdir, each in one step: the pages' before the stacks that refer to
// them, and the manifest last, which until then names what was there before. Then it removes the stack files and the
// pages' that this synthesis did not make, so that nobody applies an environment that is no longer declared. Where
// something is in the way of any of that, nothing is moved.
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

// removeEmptyFolders removes the folders that a page's file has left empty: one could be in the way of a file to come.
func removeEmptyFolders(outdir, folder string) {
	for ofPage(folder) && os.Remove(filepath.Join(outdir, folder)) == nil { // one that holds something stays
		folder = filepath.Dir(folder)
	}
}

// ofPage tells of a folder below the output directory whether it is a page's, or in it.
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

// checkWay says what is in the way of the files below outdir: a folder in the place of one, or a file in the place of a
// folder that it needs.
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
				return fmt.Errorf("%s is a folder, where a file is to be; move it away", path)
			} else if !last && !info.IsDir() {
				return fmt.Errorf("%s is a file, where a folder is to be; move it away", path)
			}
		}
	}
	return nil
}

// others are the stack and page files in outdir that are not among these.
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

// pageFiles are the pages' files that lie in a folder of stacks.
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
