// The program nativetf writes synthesised stacks in Terraform's native syntax: go run ./internal/nativetf [-not-public] FROM TO
//
// It makes TO/NAME/*.tf of each FROM/NAME/cdk.tf.json. With -not-public it leaves out the stacks whose API anybody may call.
// scripts/scan runs it, and tfjson.Stack.Native says why.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"cdk.tf/go/ingest/tfjson"
)

func main() {
	notPublic := flag.Bool("not-public", false, "leave out the stacks whose API anybody may call")
	flag.Parse()
	if err := run(flag.Args(), *notPublic); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, notPublic bool) error {
	if len(args) != 2 {
		return errors.New("usage: go run ./internal/nativetf [-not-public] FROM TO")
	}
	files, err := filepath.Glob(filepath.Join(args[0], "*", "cdk.tf.json"))
	if err != nil {
		return err
	}
	written := 0
	for _, file := range files {
		stack, err := tfjson.ReadFile(file)
		if err != nil {
			return err
		}
		if notPublic && isPublic(stack) {
			continue
		}
		written++
		if err := write(stack, file, filepath.Join(args[1], filepath.Base(filepath.Dir(file)))); err != nil {
			return err
		}
	}
	if written == 0 {
		return fmt.Errorf("%s holds no such stack, which would be NAME/cdk.tf.json; synthesise one: make synth", args[0])
	}
	return nil
}

// isPublic reports whether a method of the stack but a preflight asks nothing of its caller.
func isPublic(stack *tfjson.Stack) bool {
	for _, method := range stack.Resources("aws_api_gateway_method") {
		if method.Body["http_method"] != "OPTIONS" && method.Body["authorization"] == "NONE" && !tfjson.True(method.Body["api_key_required"]) {
			return true
		}
	}
	return false
}

func write(stack *tfjson.Stack, path, folder string) error {
	files, err := stack.Native(tfjson.ByAddress)
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
