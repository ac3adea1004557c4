package synth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cdk.tf/go/ingest/spec"
)

const manifest = "manifest.json"

// publish moves the synthesised files from scratch to outdir, each in one step, the manifest last: until then it
// names what was there before.
func publish(environments []spec.Environment, scratch, outdir string) error {
	for _, env := range environments {
		if err := move(scratch, outdir, StackFile(env.Name)); err != nil {
			return err
		}
	}
	if err := move(scratch, outdir, manifest); err != nil {
		return err
	}
	return removeOthers(environments, outdir)
}

func move(from, to, file string) error {
	target := filepath.Join(to, file)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.Rename(filepath.Join(from, file), target)
}

// removeOthers removes the stack files that this synthesis did not make, so that nobody applies an environment that is
// no longer declared.
func removeOthers(environments []spec.Environment, outdir string) error {
	made := map[string]bool{}
	for _, env := range environments {
		made[env.Name] = true
	}
	folders, err := os.ReadDir(filepath.Join(outdir, "stacks"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if made[folder.Name()] {
			continue
		}
		err := os.Remove(filepath.Join(outdir, StackFile(folder.Name())))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
