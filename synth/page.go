package synth

import (
	"errors"
	"os"
	"path/filepath"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

// pages are the files of the hosted pages, by the environments' names. They are read once, so the stack's digest of a file is
// that of the file beside it.
type pages map[string][]spec.PageFile

func readPages(environments []spec.Environment) (pages, error) {
	read := pages{}
	var problems []error
	for _, env := range environments {
		page, err := env.Page()
		problems = append(problems, err)
		read[env.Name] = page
	}
	return read, errors.Join(problems...)
}

// pageFolder is the folder of a stack's page below the output directory.
func pageFolder(name string) string {
	return filepath.Join(filepath.Dir(StackFile(name)), stacks.WebFolder)
}

func writePages(environments []spec.Environment, pages pages, outdir string) error {
	for _, env := range environments {
		for _, file := range pages[env.Name] {
			path := filepath.Join(outdir, pageFolder(env.Name), filepath.FromSlash(file.Key))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, file.Text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
