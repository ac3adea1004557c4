package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// dataRoot holds the data folder of each environment, by its name. In an earlier layout all environments shared dataRoot
// itself.
const dataRoot = ".ingest"

// dataFolder returns the folder that --data names, or the environment's own. It reads the stack in both cases, so that the error of a
// file that is none names the flag.
func (f upFlags) dataFolder() (string, error) {
	if f.stack == "" {
		return cmp.Or(f.data, filepath.Join(dataRoot, f.env)), nil
	}
	stack, err := readStackFile(f.stack)
	if err != nil {
		return "", err
	}
	return cmp.Or(f.data, filepath.Join(dataRoot, environmentOf(stack, f.stack))), nil
}

// environmentOf returns the environment of a stack's file. For a stack that somebody wrote by hand it is the file's name, or
// the folder's name if the file has the name that all stacks have.
func environmentOf(stack *tfjson.Stack, file string) string {
	if name := stack.Name(); environmentName.MatchString(name) {
		return name
	}
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	if folder := filepath.Base(filepath.Dir(file)); name == "cdk" && environmentName.MatchString(folder) {
		return folder
	}
	return name
}

// formerLayout returns the files of the earlier layout. There are some only if its stream is there.
func formerLayout() []string {
	stream := filepath.Join(dataRoot, "kinesis.db")
	if info, err := os.Stat(stream); err != nil || info.IsDir() {
		return nil
	}
	found, _ := filepath.Glob(stream + "*")
	for _, name := range []string{"firehose", "logs", "s3"} {
		if _, err := os.Stat(filepath.Join(dataRoot, name)); err == nil {
			found = append(found, filepath.Join(dataRoot, name))
		}
	}
	return found
}

// sayFormerLayout tells that there is data of the earlier layout, which a run on the folder does not use, and how to use it.
func sayFormerLayout(stderr io.Writer, folder string) {
	former := formerLayout()
	if len(former) == 0 {
		return
	}
	remedy := "to use that data, add --data " + dataRoot
	if _, err := os.Stat(folder); err != nil { // the folder does not exist, so the move cannot overwrite anything
		remedy += fmt.Sprintf(", or move it: mkdir -p %s && mv %s %s", word(folder), strings.Join(former, " "), word(folder))
	}
	fmt.Fprintf(stderr, "note: %s holds the data of an earlier version, which all environments shared; this run uses %s; %s\n", dataRoot, folder, remedy)
}
