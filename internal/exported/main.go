// The command exported names each exported identifier that only its own package uses, and fails where there is one. Own
// tests do not count, nor do those of a folder above that has tests alone; those of other packages do.
//
// No kept linter does it. The linter unused takes every exported name of a package that is no command for used
// (dominikh/go-tools#1710: "currently not possible and there are no plans"), deadcode of golang.org/x/tools finds what no
// command reaches, and punused asks gopls for each name.
//
// What is needed without being named is left alone: the types of what others have values of, the constants of a type that
// others use, a method with which its type satisfies an interface, and a field of a struct, which JSON or a comparison may
// read.
package main

import (
	"fmt"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
)

// kept are names that are exported although nobody else uses them, and why. There are none.
var kept map[string]string

func main() {
	patterns := os.Args[1:]
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	found, err := check(".", kept, patterns...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "exported:", err)
		os.Exit(2)
	}
	for _, problem := range found {
		fmt.Println(problem)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// check returns a line for each name, but for those that are kept, and for each kept one that need not be.
func check(dir string, kept map[string]string, patterns ...string) ([]string, error) {
	l, err := load(dir, patterns...)
	if err != nil {
		return nil, err
	}
	for _, u := range l.units {
		if err := u.check(l); err != nil {
			return nil, err
		}
	}
	n := need{loader: l, needed: map[string]bool{}, interfaces: l.interfaces()}
	n.start()
	var found []string
	stale := maps.Clone(kept)
	for _, u := range l.libraries() {
		for _, object := range u.exported() {
			name := nameOf(object)
			_, keep := kept[name]
			switch {
			case n.needed[l.key(object)], declaresEnvironment(object):
			case keep:
				delete(stale, name)
			default:
				found = append(found, fmt.Sprintf("%s: %s is exported, and only its own package uses it", l.position(object), name))
			}
		}
	}
	for name := range stale {
		found = append(found, name+" is kept in internal/exported, and need not be")
	}
	slices.Sort(found)
	return found, nil
}

// declaresEnvironment reports whether the object is a function of stacks that declares an environment: each has one, which the
// list there calls, whether or not a test does.
func declaresEnvironment(object types.Object) bool {
	function, ok := object.(*types.Func)
	if !ok || function.Pkg().Name() != "stacks" {
		return false
	}
	signature := function.Signature()
	return signature.Params().Len() == 0 && signature.Results().Len() == 1 &&
		strings.HasSuffix(signature.Results().At(0).Type().String(), "/spec.Environment")
}

// exported are the package's exported names and its types' exported methods.
func (u *unit) exported() []types.Object {
	var found []types.Object
	scope := u.types.Scope()
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if object.Exported() {
			found = append(found, object)
		}
		if named, ok := object.Type().(*types.Named); ok && named.Obj() == object {
			for method := range named.Methods() {
				if method.Exported() {
					found = append(found, method)
				}
			}
		}
	}
	return found
}

func nameOf(object types.Object) string {
	if method, ok := object.(*types.Func); ok {
		return strings.ReplaceAll(method.FullName(), object.Pkg().Path()+".", object.Pkg().Name()+".")
	}
	return object.Pkg().Name() + "." + object.Name()
}
