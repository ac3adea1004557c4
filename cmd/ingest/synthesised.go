package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/tfjson"
)

// nameStack is what to do where --env cannot name a stack.
const nameStack = "name a synthesised stack with --stack"

// readStack reads the stack of --stack, or without a file that of --env. source is the flag with its value, for an error.
func readStack(env, file string) (stack *tfjson.Stack, source string, err error) {
	if file != "" {
		stack, err = readStackFile(file)
		return stack, "--stack " + file, err
	}
	stack, err = readEnvironment("--env", env, nameStack)
	return stack, "--env " + env, err
}

// readStackFile reads the stack that --stack names.
func readStackFile(file string) (*tfjson.Stack, error) {
	stack, err := tfjson.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--stack: %w; correct the file, or name one that make synth wrote, such as cdktf.out/stacks/dev/cdk.tf.json", err)
	}
	return stack, nil
}

// readEnvironment reads the last synthesised stack of an environment, which a flag names. instead is what to use instead of the
// flag, for an error.
func readEnvironment(flag, env, instead string) (*tfjson.Stack, error) {
	file, err := environmentFile(flag, env, instead)
	if err != nil {
		return nil, err
	}
	stack, err := tfjson.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; run make synth again", flag, err)
	}
	return stack, nil
}

// environmentFile returns the file of the last synthesised stack of an environment, with the same arguments.
func environmentFile(flag, env, instead string) (string, error) {
	p, err := thisProject()
	if err != nil {
		return "", fmt.Errorf("%s: %w, or %s", flag, err, instead)
	}
	stacks := filepath.Join(p.folder, p.Output, "stacks")
	made := names(stacks)
	switch {
	case len(made) == 0:
		return "", fmt.Errorf("%s: nothing is synthesised in %s; run make synth", flag, short(stacks))
	case !slices.Contains(made, env):
		return "", usagef("%s: no environment named %q is synthesised (make synth synthesises all); %s", flag, env, nearest.Remedy(env, made))
	}
	return short(filepath.Join(stacks, env, "cdk.tf.json")), nil
}

// names returns the environments that a synthesis made.
func names(stacks string) []string {
	files, _ := filepath.Glob(filepath.Join(stacks, "*", "cdk.tf.json"))
	var found []string
	for _, file := range files {
		found = append(found, filepath.Base(filepath.Dir(file)))
	}
	slices.Sort(found)
	return found
}
