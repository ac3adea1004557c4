package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// giveStack writes a stack to the folder of --out, or prints it. It returns the folder for the steps that follow, and, if it printed
// the stack, the line that says where to save it.
func giveStack(command *cobra.Command, out, proposed string, text []byte) (folder, save string, err error) {
	if out != "" {
		return out, "", writeStack(out, text)
	}
	_, err = command.OutOrStdout().Write(text)
	return proposed, "  (save this as " + proposed + "/main.tf.json)\n", err
}

// stackFile is the file in the folder of --out.
const stackFile = "main.tf.json"

// writeStack writes the whole main.tf.json, or nothing.
func writeStack(folder string, text []byte) error {
	const remedy = "name a folder that can be written"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--out: %w; %s", err, remedy)
	}
	file := filepath.Join(folder, stackFile)
	if err := checkReplaced(file, text); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return writeOut(file, text, remedy)
}

// writtenStack is as much of a stack in a folder of --out as says what an apply of another one there would delete.
type writtenStack struct {
	Provider struct {
		AWS struct {
			Accounts []string `json:"allowed_account_ids"`
		} `json:"aws"`
	} `json:"provider"`
	Resource map[string]map[string]map[string]any `json:"resource"`
}

// named are the types that the commands' stacks are for, and the argument with a resource's name on AWS. The other resources belong to
// one of these.
var named = map[string]string{"aws_iam_role": "name", "aws_s3_bucket": "bucket"}

func (s writtenStack) names() map[string]bool {
	names := map[string]bool{}
	for typ, argument := range named {
		for _, body := range s.Resource[typ] {
			if name, _ := body[argument].(string); name != "" {
				names[typ+" "+name] = true
			}
		}
	}
	return names
}

// checkReplaced refuses to replace a stack by one that lacks something of it. The state in the folder is the first one's, so that the
// next apply there would delete what is missing: the roles of another account's environments, or the bucket of the state.
func checkReplaced(file string, text []byte) error {
	before, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; name another folder", err) // a folder in the file's place, for example
	}
	var old, made writtenStack
	if err := json.Unmarshal(before, &old); err != nil {
		return fmt.Errorf("%s is there and is no stack of this command's (%w); name another folder", file, err)
	}
	if err := json.Unmarshal(text, &made); err != nil {
		return err
	}
	const remedy = "name a folder of its own for this stack; to delete what is there, delete the file first"
	if was, is := old.Provider.AWS.Accounts, made.Provider.AWS.Accounts; len(was) > 0 && len(is) > 0 && !slices.Equal(was, is) {
		return fmt.Errorf("%s is for the account %s, and this stack is for %s; %s", file, strings.Join(was, ", "), strings.Join(is, ", "), remedy)
	}
	stays := made.names()
	for _, name := range slices.Sorted(maps.Keys(old.names())) {
		if !stays[name] {
			return fmt.Errorf("%s declares %s, which the next apply would delete; %s", file, name, remedy)
		}
	}
	return nil
}
