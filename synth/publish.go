package synth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cdk.tf/go/ingest/spec"
)

const manifest = "manifest.json"

// publish moves the synthesised files from scratch to outdir, each in one step, the manifest last: until then it
// names what was there before. Then it removes the stack files that this synthesis did not make, so that nobody applies
// an environment that is no longer declared. Where something is in the way of any of that, nothing is moved.
func publish(environments []spec.Environment, scratch, outdir string) error {
	made := make([]string, len(environments), len(environments)+1)
	for i, env := range environments {
		made[i] = StackFile(env.Name)
	}
	made = append(made, manifest)
	if err := checkWay(outdir, made); err != nil {
		return err
	}
	gone, err := others(environments, outdir)
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
	}
	return nil
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

// others are the stack files in outdir of environments that are not among these.
func others(environments []spec.Environment, outdir string) ([]string, error) {
	made := map[string]bool{}
	for _, env := range environments {
		made[env.Name] = true
	}
	folders, err := os.ReadDir(filepath.Join(outdir, "stacks"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var found []string
	for _, folder := range folders {
		file := StackFile(folder.Name())
		if _, err := os.Lstat(filepath.Join(outdir, file)); err == nil && !made[folder.Name()] {
			found = append(found, file)
		}
	}
	return found, nil
}
