package stacks

import (
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/spec"
)

// declared are the functions that declare an environment. For a new environment, add a file beside dev.go and a name here.
var declared = []func() spec.Environment{Dev, Staging, Prod}

// All are the project's environments.
func All() []spec.Environment {
	all := make([]spec.Environment, len(declared))
	for i, declare := range declared {
		all[i] = declare()
	}
	return all
}

//go:embed *.go
var sources embed.FS

// CheckDeclared returns an error for each function of this package that returns an environment and that [All] does not call.
// Without this check, no synthesis would include such an environment, and nothing would report that.
func CheckDeclared() error {
	files, err := sources.ReadDir(".")
	if err != nil {
		return err
	}
	known := names(declared)
	var missing []error
	for _, file := range files {
		text, err := sources.ReadFile(file.Name())
		if err != nil {
			return err
		}
		found, err := environmentsIn(file.Name(), text)
		if err != nil {
			return err
		}
		for _, name := range found {
			if !slices.Contains(known, name) {
				missing = append(missing, fmt.Errorf("stacks/%s: the environment of %s is in no list; add %s to the variable declared in stacks/all.go, or delete it; if other environments begin with it, give it a parameter, such as the name",
					file.Name(), name, name))
			}
		}
	}
	return errors.Join(missing...)
}

// names are the functions' names in the sources.
func names(functions []func() spec.Environment) []string {
	found := make([]string, len(functions))
	for i, function := range functions {
		whole := runtime.FuncForPC(reflect.ValueOf(function).Pointer()).Name()
		found[i] = whole[strings.LastIndex(whole, ".")+1:]
	}
	return found
}

// environmentsIn are the functions of a source file without parameters that return an environment.
func environmentsIn(name string, text []byte) ([]string, error) {
	if strings.HasSuffix(name, "_test.go") {
		return nil, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if ok && function.Recv == nil && len(function.Type.Params.List) == 0 && returnsEnvironment(function.Type.Results) {
			found = append(found, function.Name.Name)
		}
	}
	return found, nil
}

func returnsEnvironment(results *ast.FieldList) bool {
	if results == nil || len(results.List) != 1 || len(results.List[0].Names) > 1 {
		return false
	}
	selector, ok := results.List[0].Type.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Environment"
}

// Select returns the environments with the given names, separated by commas. Empty selects all. An unknown name is an error that
// names the nearest one and lists all. A repeated name counts once.
func Select(all []spec.Environment, names string) ([]spec.Environment, error) {
	if names == "" {
		return all, nil
	}
	var selected []spec.Environment
	var unknown []error
	for name := range strings.SplitSeq(names, ",") {
		env, err := find(all, strings.TrimSpace(name))
		if err != nil {
			unknown = append(unknown, err)
			continue
		}
		if !slices.ContainsFunc(selected, func(s spec.Environment) bool { return s.Name == env.Name }) {
			selected = append(selected, env)
		}
	}
	if len(unknown) > 0 {
		return nil, errors.Join(unknown...)
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
	return spec.Environment{}, fmt.Errorf("ENV: no environment is named %q; %s", name, nearest.Remedy(name, known))
}
