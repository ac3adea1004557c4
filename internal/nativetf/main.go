// The program nativetf writes synthesised stacks in Terraform's native syntax: go run ./internal/nativetf FROM TO
//
// It makes TO/NAME/*.tf of each FROM/NAME/cdk.tf.json. scripts/scan runs it, and tfjson.Stack.Native says why.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cdk.tf/go/ingest/tfjson"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: go run ./internal/nativetf FROM TO")
	}
	stacks, err := filepath.Glob(filepath.Join(args[0], "*", "cdk.tf.json"))
	if err != nil {
		return err
	}
	if len(stacks) == 0 {
		return fmt.Errorf("%s holds no stack, which would be NAME/cdk.tf.json; synthesise one: make synth", args[0])
	}
	for _, stack := range stacks {
		if err := write(stack, filepath.Join(args[1], filepath.Base(filepath.Dir(stack)))); err != nil {
			return err
		}
	}
	return nil
}

func write(path, folder string) error {
	stack, err := tfjson.ReadFile(path)
	if err != nil {
		return err
	}
	files, err := stack.Native()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
