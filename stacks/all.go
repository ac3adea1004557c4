package stacks

import (
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/spec"
)

// All are the project's environments. A new one is a file beside dev.go and a line here.
func All() []spec.Environment {
	return []spec.Environment{Dev(), Staging(), Prod()}
}

// Select returns the environments with the given names, separated by commas; all of them where names is empty. An
// unknown name is an error that lists the known ones; a name that comes twice counts once.
func Select(all []spec.Environment, names string) ([]spec.Environment, error) {
	if names == "" {
		return all, nil
	}
	var selected []spec.Environment
	for name := range strings.SplitSeq(names, ",") {
		env, err := find(all, strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(selected, func(s spec.Environment) bool { return s.Name == env.Name }) {
			selected = append(selected, env)
		}
	}
	return selected, nil
}

func find(all []spec.Environment, name string) (spec.Environment, error) {
	known := make([]string, len(all))
	for i, env := range all {
		if env.Name == name {
			return env, nil
		}
		known[i] = env.Name
	}
	return spec.Environment{}, fmt.Errorf("ENV: no environment is named %q; use %s, or leave ENV unset for all of them",
		name, strings.Join(known, ", "))
}
