package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// unit is a package as `go list -test` has it: as it is, with its own tests, or its tests' own.
type unit struct {
	ImportPath, Dir, Name, Export, ForTest string
	GoFiles                                []string
	ImportMap                              map[string]string
	DepOnly                                bool

	types *types.Package
	info  *types.Info
}

// ownPath is the path of the package whose tests these are, or its own.
func (u *unit) ownPath() string {
	if u.ForTest != "" {
		return u.ForTest
	}
	return u.ImportPath
}

// owns reports whether a unit is the package of this path, or tests it. The tests in a folder without code are those of the
// packages below it.
func (l *loader) owns(u *unit, path string) bool {
	own := u.ownPath()
	return path == own || u.ForTest != "" && len(l.byPath[own].GoFiles) == 0 && strings.HasPrefix(path, own+"/")
}

// testOnly is the command that runs a package's tests.
func (u *unit) testOnly() bool { return strings.HasSuffix(u.ImportPath, ".test") }

// loader has the module's packages from their sources, so that a name is one object, and all others from what the compiler
// exported to the build cache: the bindings of the AWS provider alone would take minutes.
type loader struct {
	dir     string
	fset    *token.FileSet
	units   []*unit // the module's
	byPath  map[string]*unit
	exports types.Importer
	foreign map[string]*types.Package
}

func load(dir string, patterns ...string) (*loader, error) {
	listed, err := list(dir, append([]string{"-deps", "-test", "-json=ImportPath,Dir,Name,ForTest,GoFiles,ImportMap,DepOnly"}, patterns...))
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	l := &loader{dir: dir, fset: token.NewFileSet(), byPath: map[string]*unit{}, foreign: map[string]*types.Package{}}
	l.exports = importer.ForCompiler(l.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(l.byPath[path].Export) })
	var foreign []string
	for _, u := range listed {
		l.byPath[u.ImportPath] = u
		if u.DepOnly {
			foreign = append(foreign, u.ImportPath)
		} else if !u.testOnly() {
			l.units = append(l.units, u)
		}
	}
	return l, l.compile(foreign)
}

// compile finds what the compiler exported of packages, and compiles those that the build cache does not have. It leaves out the
// module's: their sources are read, and the command of each package's tests takes a fifth of a second to compile.
func (l *loader) compile(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	compiled, err := list(l.dir, append([]string{"-export", "-json=ImportPath,Export"}, paths...))
	if err != nil {
		return err
	}
	for _, u := range compiled {
		l.byPath[u.ImportPath].Export = u.Export
	}
	return nil
}

// list runs go list -json in a folder.
func list(dir string, arguments []string) ([]*unit, error) {
	command := exec.Command("go", append([]string{"list"}, arguments...)...)
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	var listed []*unit
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		u := &unit{}
		if err := decoder.Decode(u); errors.Is(err, io.EOF) {
			return listed, nil
		} else if err != nil {
			return nil, err
		}
		listed = append(listed, u)
	}
}

// check checks the types of a unit, and of those that it imports, once.
func (u *unit) check(l *loader) error {
	if u.types != nil {
		return nil
	}
	var files []*ast.File
	for _, name := range u.GoFiles {
		file, err := parser.ParseFile(l.fset, filepath.Join(u.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	u.info = &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: importerOf(func(path string) (*types.Package, error) { return l.load(u, path) })}
	path, _, _ := strings.Cut(u.ImportPath, " ")
	var err error
	u.types, err = config.Check(path, l.fset, files, u.info)
	return err
}

type importerOf func(path string) (*types.Package, error)

func (f importerOf) Import(path string) (*types.Package, error) { return f(path) }

func (l *loader) load(by *unit, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if mapped, ok := by.ImportMap[path]; ok {
		path = mapped
	}
	u, ok := l.byPath[path]
	if !ok {
		return nil, fmt.Errorf("%s imports %s, which go list does not list", by.ImportPath, path)
	}
	if !u.DepOnly {
		return u.types, u.check(l)
	}
	imported, err := l.exports.Import(path)
	l.foreign[path] = imported
	return imported, err
}

// libraries are the module's packages that others can import, without their tests.
func (l *loader) libraries() []*unit {
	return slices.DeleteFunc(slices.Clone(l.units), func(u *unit) bool { return u.Name == "main" || u.ForTest != "" })
}

func (l *loader) isOurs(path string) bool {
	u, ok := l.byPath[path]
	return ok && !u.DepOnly
}

// lookInside are packages with interfaces that others look for in any value, so that its own package need not import them.
var lookInside = []string{"encoding", "encoding/json", "fmt", "log/slog"}

// interfaces are those that the module writes, and those with names in the packages that it imports.
func (l *loader) interfaces() []*types.Interface {
	found := []*types.Interface{types.Universe.Lookup("error").Type().Underlying().(*types.Interface)}
	add := func(t types.Type) {
		if i, ok := t.Underlying().(*types.Interface); ok && i.NumMethods() > 0 {
			found = append(found, i)
		}
	}
	for _, u := range l.units {
		for _, typed := range u.info.Types {
			if typed.IsType() {
				add(typed.Type)
			}
		}
	}
	for _, path := range lookInside {
		if _, ok := l.byPath[path]; !ok {
			continue // nothing here is made of it
		}
		if imported, err := l.exports.Import(path); err == nil {
			l.foreign[path] = imported
		}
	}
	for _, path := range slices.Sorted(maps.Keys(l.foreign)) {
		scope := l.foreign[path].Scope()
		for _, name := range scope.Names() {
			if named, ok := scope.Lookup(name).(*types.TypeName); ok {
				add(named.Type())
			}
		}
	}
	return found
}

// key tells a name across a package's variants: as it is, and with its tests.
func (l *loader) key(object types.Object) string { return l.fset.Position(object.Pos()).String() }

// position is where a name stands, from the folder that is checked.
func (l *loader) position(object types.Object) string {
	at := l.fset.Position(object.Pos())
	if relative, err := filepath.Rel(l.dir, at.Filename); err == nil {
		at.Filename = relative
	}
	return at.String()
}
