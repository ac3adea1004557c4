package reference

import (
	"fmt"
	"go/doc"
	"path/filepath"
	"reflect"
	"strings"

	"cdk.tf/go/ingest/spec"
)

// Options is docs/options.md: every option of an environment, from the declarations of package spec in the repository's
// folder root. The page shows the own values of the environments. In the catalogue each option is on somewhere.
func Options(root string, environments, catalogue []spec.Environment) (string, error) {
	d, err := read(filepath.Join(root, "spec"))
	if err != nil {
		return "", err
	}
	o := &options{declarations: d, environments: environments, catalogue: catalogue}
	o.begin()
	o.section(reflect.TypeFor[spec.Environment](), "", 2)
	return o.text(), nil
}

// options is the page of the options.
type options struct {
	page
	*declarations
	environments, catalogue []spec.Environment
}

const optionsLead = `# Options

Look up what you can set on an environment: each option with its type, its default and its bounds.

<!-- Written by "` + Remedy + `" from the declarations and comments in spec/. Edit those. -->

An environment is a Go function in [stacks/](../stacks). It starts from ` + "`spec.Default`" + ` and changes fields:

` + "```go" + `
env := spec.Default("qa")
env.API.Authorization = spec.AuthorizeIAM()
env.Stream.Capacity = spec.Provisioned(2)
env.Bucket.ExpireAfterDays = 365
` + "```" + `

A synthesis checks every option before it declares anything, and reports every problem at once. It also refuses an option that has
no effect, such as ` + "`Query.Columns`" + ` without ` + "`Query.Enabled`" + `. In derived names, ` + "`ENV`" + ` is the environment's name.`

func (o *options) begin() {
	o.paragraph("%s", optionsLead)
	o.heading(2, "Contents")
	environment := reflect.TypeFor[spec.Environment]()
	lines := []string{"[General](#general): " + strings.Join(o.links(environment, "", false), ", ")}
	for i := range environment.NumField() {
		if field := environment.Field(i); isSection(field.Type) {
			lines = append(lines, fmt.Sprintf("[%s](#%s): %s", field.Name, anchor(field.Name), strings.Join(o.links(field.Type, field.Name, true), ", ")))
		}
	}
	o.items(lines)
}

// links lead to the options of a section, and then to those of the sections in it.
func (o *options) links(t reflect.Type, path string, inner bool) []string {
	var found, below []string
	for i := range t.NumField() {
		field := t.Field(i)
		name := join(path, field.Name)
		switch {
		case !isSection(field.Type):
			_, short, nested := strings.Cut(name, ".")
			if !nested {
				short = name
			}
			found = append(found, fmt.Sprintf("[%s](#%s)", short, anchor(name)))
		case inner:
			below = append(below, o.links(structOf(field.Type), name, true)...)
		}
	}
	return append(found, below...)
}

// join is the path of a field; of an environment's own it is the field's name.
func join(path, field string) string { return strings.TrimPrefix(path+"."+field, ".") }

func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// section writes the options of a struct or of what a pointer leads to, and then the sections in it.
func (o *options) section(field reflect.Type, path string, level int) {
	t := structOf(field)
	title, below := path, level+1
	if path == "" {
		title, below = "General", level
	}
	o.here = path
	o.heading(level, title)
	if path != "" {
		o.paragraph("%s", o.markdown(o.types[t.Name()].Doc))
		o.paragraph("Type: %s.", code(field.String()))
	}
	o.guide(path)
	var inner []reflect.StructField
	for i := range t.NumField() {
		if field := t.Field(i); isSection(field.Type) {
			inner = append(inner, field)
		} else {
			o.option(t, field, join(path, field.Name), level+1)
		}
	}
	for _, field := range inner {
		o.section(field.Type, join(path, field.Name), below)
	}
}

// option writes one option.
func (o *options) option(parent reflect.Type, field reflect.StructField, path string, level int) {
	o.here = path
	o.heading(level, path)
	o.paragraph("%s", o.markdown(o.field(parent.Name(), field.Name)))
	o.guide(path)
	o.items(o.facts(field, path))
	o.values(field.Type)
}

// facts are what the code says of an option, beside its comment.
func (o *options) facts(field reflect.StructField, path string) []string {
	facts := []string{"Type: " + code(field.Type.String()), "Default:" + o.byDefault(path)}
	for _, fact := range []struct{ name, text string }{
		{"Bounds: ", o.markdown(o.bounds(path))}, {"Refused if ", o.markdown(o.needs(path))}, {"Set by ", o.setBy(path)},
	} {
		if fact.text != "" {
			facts = append(facts, fact.name+fact.text)
		}
	}
	return facts
}

// setBy are the environments that do not leave the default, with their values.
func (o *options) setBy(path string) string {
	var found []string
	for _, env := range o.environments {
		value, standard := at(&env, path), spec.Default(env.Name)
		if path != "Name" && !reflect.DeepEqual(value.Interface(), at(&standard, path).Interface()) {
			found = append(found, fmt.Sprintf("%s: %s", env.Name, code(o.value(value))))
		}
	}
	return strings.Join(found, "; ")
}

// values writes what an option's value may be made of: constants, functions, and the fields of a list's items.
func (o *options) values(t reflect.Type) {
	typ := elem(t)
	if !isOurs(typ) {
		return
	}
	constructors := o.constructors(typ.Name())
	if typ.Kind() == reflect.Struct && len(constructors) == 0 {
		o.paragraph("%s", o.markdown(o.types[typ.Name()].Doc))
		o.fields(typ)
		return
	}
	all, constants := o.constants(typ.Name())
	o.paragraph("%s", o.markdown(all))
	var lines []string
	for _, one := range constants {
		lines = append(lines, o.line(code("spec."+one.name), one.name, one.doc))
	}
	for _, one := range constructors {
		lines = append(lines, o.line(code("spec."+signature(one)), one.Name, one.Doc))
	}
	if len(lines) > 0 {
		o.paragraph("Values:")
	}
	o.items(lines)
	o.arguments(typ)
}

// line says of a value or a field what its comment says. The comment begins with its name, which stands there once.
func (o *options) line(shown, name, text string) string {
	text = strings.ReplaceAll(o.markdown(text), "\n", "\n  ")
	if rest, ok := strings.CutPrefix(text, name+" "); ok {
		return shown + " " + rest
	}
	if text != "" {
		text = ": " + text
	}
	return shown + text
}

// signature is a constructor's call with the names of its parameters.
func signature(f *doc.Func) string {
	var parameters []string
	for _, one := range f.Decl.Type.Params.List {
		for _, name := range one.Names {
			parameters = append(parameters, name.Name)
		}
	}
	return f.Name + "(" + strings.Join(parameters, ", ") + ")"
}

// arguments writes the structs that a constructor takes: those that its result holds.
func (o *options) arguments(t reflect.Type) {
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		if typ := t.Field(i).Type; isOurs(typ) && typ.Kind() == reflect.Struct {
			o.paragraph("%s", o.line(code("spec."+typ.Name()), typ.Name(), o.types[typ.Name()].Doc))
			o.fields(typ)
		}
	}
}

// fields writes a struct's fields, with the constants that each may be.
func (o *options) fields(t reflect.Type) {
	var lines []string
	for i := range t.NumField() {
		field := t.Field(i)
		line := o.line(fmt.Sprintf("%s (%s)", code(field.Name), code(field.Type.String())), field.Name, o.field(t.Name(), field.Name))
		if typ := elem(field.Type); isOurs(typ) {
			all, constants := o.constants(typ.Name())
			if all = o.markdown(all); all != "" {
				line += " " + all
			}
			for _, one := range constants {
				line += "\n  - " + o.line(code("spec."+one.name), one.name, one.doc)
			}
		}
		lines = append(lines, line)
	}
	o.items(lines)
}

// guides are the pages that explain an option or a section at length.
var guides = map[string]string{
	"Removal":           "[Tear down](deploy.md#tear-down)",
	"API.Authorization": "[Who may submit, and from where](security.md#who-may-submit-and-from-where)",
	"API.Access":        "[Who may submit, and from where](security.md#who-may-submit-and-from-where)",
	"API.Domain":        "[A domain of your own](security.md#a-domain-of-your-own)",
	"API.Envelope":      "[The envelope](events.md#the-envelope)",
	"API.EventTypes":    "[Event types](events.md#event-types)",
	"API.Batch":         "[Send many events at once](clients.md#send-many-events-at-once)",
	"API.ManageAccount": "[Limits](costs.md#limits)",
	"Firewall":          "[Firewall](security.md#firewall)",
	"Bucket.AccessLog":  "[Audit](security.md#audit)",
	"Bucket.ObjectLock": "[Audit](security.md#audit)",
	"Query":             "[Queries](query.md)",
	"Logs.Execution":    "[Logs](security.md#logs)",
	"Encryption":        "[A key of your own](security.md#a-key-of-your-own)",
	"Web":               "[The web page](web-page.md)",
	"Alarms":            "[Alarms](operations.md#alarms), [runbooks](runbooks/README.md)",
	"State":             "[Terraform](terraform.md)",
}

func (o *options) guide(path string) {
	if guide, ok := guides[path]; ok {
		o.paragraph("See %s.", guide)
	}
}
