package reference

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/spec"
)

// declarations are the doc comments of package spec, and where each of its names stands on the page.
type declarations struct {
	pkg   *doc.Package
	types map[string]*doc.Type
	// paths are the options and sections by "TYPE.FIELD".
	paths map[string]string
	// known are all paths.
	known map[string]bool
	// homes are the paths by the type whose values they hold.
	homes map[string]string
	// here is the path that is being written. No link leads to it.
	here string
}

// read reads the declarations from the folder of package spec.
func read(folder string) (*declarations, error) {
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	d := &declarations{types: map[string]*doc.Type{}, paths: map[string]string{}, known: map[string]bool{}, homes: map[string]string{}}
	if d.pkg, err = doc.NewFromFiles(fset, files, reflect.TypeFor[spec.Environment]().PkgPath()); err != nil {
		return nil, err
	}
	for _, typ := range d.pkg.Types {
		d.types[typ.Name] = typ
	}
	d.place(reflect.TypeFor[spec.Environment](), "")
	return d, nil
}

// place notes the paths of a struct's fields, and of what their values are made of.
func (d *declarations) place(t reflect.Type, path string) {
	for i := range t.NumField() {
		field := t.Field(i)
		inner := join(path, field.Name)
		d.paths[t.Name()+"."+field.Name] = inner
		d.known[inner] = true
		typ := elem(field.Type)
		if !isOurs(typ) {
			continue
		}
		d.homes[typ.Name()] = inner
		if isSection(field.Type) {
			d.place(typ, inner)
		} else {
			d.parts(typ, inner)
		}
	}
}

// parts notes the types that the values of one option are made of.
func (d *declarations) parts(t reflect.Type, path string) {
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		d.paths[t.Name()+"."+t.Field(i).Name] = path
		if typ := elem(t.Field(i).Type); isOurs(typ) {
			d.homes[typ.Name()] = path
			d.parts(typ, path)
		}
	}
}

// elem is the type of a list's items or of what a pointer leads to, or the type itself.
func elem(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func isOurs(t reflect.Type) bool { return t.PkgPath() == reflect.TypeFor[spec.Environment]().PkgPath() }

// isSection tells whether a field's own fields are options. A field that a function sets is one option.
func isSection(t reflect.Type) bool {
	called := []reflect.Type{reflect.TypeFor[spec.Authorization](), reflect.TypeFor[spec.Capacity](), reflect.TypeFor[spec.PartitionKey]()}
	t = structOf(t)
	return t.Kind() == reflect.Struct && !slices.Contains(called, t)
}

// field is the doc comment of a struct's field.
func (d *declarations) field(typ, name string) string {
	for _, one := range d.types[typ].Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType).Fields.List {
		for _, ident := range one.Names {
			if ident.Name == name {
				return one.Doc.Text()
			}
		}
	}
	return ""
}

// constant is a value of a type with a name.
type constant struct{ name, value, doc string }

// constants are the named values of a type, in the order of the source, and what is said of all of them.
func (d *declarations) constants(typ string) (all string, found []constant) {
	declared, ok := d.types[typ]
	if !ok {
		return "", nil
	}
	for _, group := range declared.Consts {
		all = group.Doc
		for _, one := range group.Decl.Specs {
			value := one.(*ast.ValueSpec)
			literal, ok := value.Values[0].(*ast.BasicLit)
			if !ok {
				continue
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				continue
			}
			found = append(found, constant{value.Names[0].Name, text, value.Doc.Text()})
		}
	}
	return all, found
}

// constructors are the functions that return a type, in the order of the source.
func (d *declarations) constructors(typ string) []*doc.Func {
	declared, ok := d.types[typ]
	if !ok {
		return nil
	}
	found := slices.Clone(declared.Funcs)
	slices.SortFunc(found, func(a, b *doc.Func) int { return int(a.Decl.Pos() - b.Decl.Pos()) })
	return found
}

// markdown is a doc comment as Markdown, whose links lead to the options of the page.
func (d *declarations) markdown(text string) string {
	reader := comment.Parser{LookupSym: d.isName}
	parsed := reader.Parse(text)
	for _, block := range parsed.Content {
		d.linkPaths(block)
	}
	printer := comment.Printer{DocLinkURL: func(link *comment.DocLink) string { return d.address(link.Recv, link.Name) }}
	written := codeSpan.ReplaceAllStringFunc(string(printer.Markdown(parsed)), func(span string) string {
		return strings.ReplaceAll(span, `\`, "")
	})
	written = codeLines.ReplaceAllStringFunc(written, func(lines string) string {
		return "```go\n" + strings.TrimPrefix(strings.ReplaceAll(lines, "\n\t", "\n"), "\t") + "```\n"
	})
	return strings.TrimSpace(written)
}

var (
	// codeSpan is what the printer makes of code between backticks: it knows no such thing in a comment, and escapes it.
	codeSpan = regexp.MustCompile("\\\\`[^`]*\\\\`")
	// codeLines are an indented block.
	codeLines = regexp.MustCompile(`(?m)(^\t.*\n)+`)
)

func (d *declarations) isName(receiver, name string) bool {
	if receiver != "" {
		_, ok := d.types[receiver]
		return ok
	}
	_, isType := d.types[name]
	return isType || d.home(name) != "" || slices.ContainsFunc(slices.Concat(d.pkg.Funcs, d.types["Environment"].Funcs), func(f *doc.Func) bool { return f.Name == name })
}

// address is the place on the page of a field, or of a type, constant or function; empty where it has none.
func (d *declarations) address(receiver, name string) string {
	path := d.homes[name]
	switch {
	case receiver != "":
		path = d.paths[receiver+"."+name]
	case path == "":
		path = d.home(name)
	}
	if path == "" || path == d.here {
		return ""
	}
	return "#" + anchor(path)
}

// home is the option that a constant or a constructor is a value of.
func (d *declarations) home(name string) string {
	for typ, path := range d.homes {
		_, constants := d.constants(typ)
		isConstant := slices.ContainsFunc(constants, func(c constant) bool { return c.name == name })
		if isConstant || slices.ContainsFunc(d.constructors(typ), func(f *doc.Func) bool { return f.Name == name }) {
			return path
		}
	}
	return ""
}

// optionPath is how a text names an option.
var optionPath = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)+\b`)

// linkPaths makes links of the options that a block names by their paths.
func (d *declarations) linkPaths(block comment.Block) {
	switch block := block.(type) {
	case *comment.Paragraph:
		block.Text = d.linked(block.Text)
	case *comment.List:
		for _, item := range block.Items {
			for _, inner := range item.Content {
				d.linkPaths(inner)
			}
		}
	}
}

func (d *declarations) linked(texts []comment.Text) []comment.Text {
	var found []comment.Text
	for _, text := range texts {
		if link, ok := text.(*comment.Link); ok && link.Auto { // an example of an address
			text = link.Text[0]
		}
		plain, ok := text.(comment.Plain)
		if !ok {
			found = append(found, text)
			continue
		}
		rest := string(plain)
		last := 0
		for _, at := range optionPath.FindAllStringIndex(rest, -1) {
			path := rest[at[0]:at[1]]
			if !d.known[path] || path == d.here {
				continue
			}
			found = append(found, comment.Plain(rest[last:at[0]]), &comment.Link{Text: []comment.Text{comment.Plain(path)}, URL: "#" + anchor(path)})
			last = at[1]
		}
		found = append(found, comment.Plain(rest[last:]))
	}
	return found
}
