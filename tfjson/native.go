package tfjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// mapAttributes are the arguments of this project's resources that hold a map, and not nested blocks. JSON writes both in the
// same way. In deploytest, `terraform validate` of Native's result finds an argument that is missing here.
var mapAttributes = []string{
	"dimensions", "parameters", "request_models", "request_parameters", "request_templates", "response_models",
	"response_parameters", "response_templates", "tags", "triggers",
}

// bareArguments are the arguments whose strings are references, which Terraform's native syntax writes without quotes.
var bareArguments = []string{"depends_on", "ignore_changes", "iterator", "provider", "replace_triggered_by"}

// labelledBlocks are the nested blocks with a label, which JSON writes as one more level.
var labelledBlocks = []string{"backend", "dynamic", "provider_meta", "provisioner"}

// section is a part of a stack beside its resources and data sources.
type section struct {
	file     string
	labelled bool
	// maps are the arguments that hold any value, and bare those that hold a reference or a type.
	maps, bare []string
	// allMaps is true where nothing is a nested block.
	allMaps bool
}

var nativeSections = map[string]section{
	"import":    {file: "imports.tf", bare: []string{"to"}},
	"locals":    {file: "locals.tf", allMaps: true},
	"moved":     {file: "moved.tf", bare: []string{"from", "to"}},
	"output":    {file: "outputs.tf", labelled: true, maps: []string{"value"}},
	"provider":  {file: "providers.tf", labelled: true},
	"removed":   {file: "removed.tf", bare: []string{"from"}},
	"terraform": {file: "terraform.tf"},
	"variable":  {file: "variables.tf", labelled: true, maps: []string{"default"}, bare: []string{"type"}},
}

// Native returns the stack in Terraform's native syntax, as files by name. fileOf returns the file's name, without its
// extension, for each resource and data source. Everything else is in terraform.tf, providers.tf, outputs.tf and similar files.
// Native leaves out comments ("//"), and formats the result as `terraform fmt` does.
func (s *Stack) Native(fileOf func(Resource) string) (map[string][]byte, error) {
	texts := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(s.root)) {
		if slices.Contains([]string{"//", "resource", "data"}, name) {
			continue
		}
		known, ok := nativeSections[name]
		if !ok {
			return nil, fmt.Errorf("%q has no known form in the native syntax; take it out and write it by hand", name)
		}
		blocks, err := known.native(s.root, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		texts[known.file] = append(texts[known.file], blocks...)
	}
	for _, resource := range s.resources {
		text, err := native(resource)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", resource.Address(), err)
		}
		file := fileOf(resource) + ".tf"
		texts[file] = append(texts[file], text)
	}
	files := map[string][]byte{}
	for name, blocks := range texts {
		files[name] = hclwrite.Format([]byte(strings.Join(blocks, "\n")))
	}
	return files, nil
}

// ByAddress makes [Stack.Native] write a file for each resource. It is for programs whose findings name a file.
func ByAddress(r Resource) string { return r.Address() }

// ByConstruct makes [Stack.Native] write a file for each part of the stack. A resource's name is its path, whose first step is
// the part. All data sources are in data.tf.
func ByConstruct(r Resource) string {
	if r.Data {
		return "data"
	}
	part, _, _ := strings.Cut(r.Name, "_")
	if part == "" {
		return "main"
	}
	return part
}

func native(resource Resource) (string, error) {
	kind := "resource"
	if resource.Data {
		kind = "data"
	}
	return block(fmt.Sprintf("%s %q %q", kind, resource.Type, resource.Name), resource.Body, section{})
}

func (in section) native(root map[string]any, name string) ([]string, error) {
	bodies, err := Blocks(root, name)
	if err != nil {
		return nil, err
	}
	var blocks []string
	for _, body := range bodies {
		written, err := in.blocks(name, body)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, written...)
	}
	return blocks, nil
}

// blocks returns one block, or with labels a block for each body of each label.
func (in section) blocks(name string, body map[string]any) ([]string, error) {
	if !in.labelled {
		text, err := block(name, body, in)
		return []string{text}, err
	}
	var blocks []string
	for _, label := range slices.Sorted(maps.Keys(body)) {
		if label == "//" {
			continue
		}
		bodies, err := Blocks(body, label)
		if err != nil {
			return nil, err
		}
		for _, body := range bodies {
			text, err := block(fmt.Sprintf("%s %q", name, label), body, in)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", label, err)
			}
			blocks = append(blocks, text)
		}
	}
	return blocks, nil
}

func block(head string, body map[string]any, in section) (string, error) {
	text, err := in.body(body)
	if err != nil {
		return "", err
	}
	if text == "" {
		return head + " {}\n", nil
	}
	return head + " {\n" + text + "}\n", nil
}

// body has the order of Terraform's style guide: arguments, nested blocks, lifecycle, depends_on
// (https://developer.hashicorp.com/terraform/language/style#resource-order).
func (in section) body(body map[string]any) (string, error) {
	var arguments, blocks, last []string
	for _, name := range slices.SortedFunc(maps.Keys(body), lifecycleLast) {
		if name == "//" {
			continue
		}
		nested, isBlock, err := in.nested(name, body[name])
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if isBlock {
			blocks = append(blocks, nested...)
			continue
		}
		text, err := in.value(name, body[name])
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		line := fmt.Sprintf("%s = %s\n", name, text)
		if name == "depends_on" {
			last = append(last, line)
			continue
		}
		arguments = append(arguments, line)
	}
	parts := append([]string{strings.Join(arguments, "")}, blocks...)
	parts = append(parts, last...)
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, "\n"), nil
}

func lifecycleLast(a, b string) int {
	const last = "lifecycle"
	switch {
	case a == b:
		return 0
	case a == last:
		return 1
	case b == last:
		return -1
	}
	return strings.Compare(a, b)
}

// nested treats an object, or a list of objects, as nested blocks, unless it is known to be a map.
func (in section) nested(name string, value any) ([]string, bool, error) {
	if in.allMaps || slices.Contains(in.maps, name) {
		return nil, false, nil
	}
	// A list of objects is never a map: a Glue table's parameters are a map, and a Firehose processor's are blocks.
	if _, one := value.(map[string]any); one && slices.Contains(mapAttributes, name) {
		return nil, false, nil
	}
	bodies, ok := objects(value)
	if !ok {
		return nil, false, nil
	}
	var blocks []string
	for _, body := range bodies {
		form := section{labelled: slices.Contains(labelledBlocks, name), allMaps: name == "required_providers"}
		written, err := form.blocks(name, body)
		if err != nil {
			return nil, true, err
		}
		blocks = append(blocks, written...)
	}
	return blocks, true, nil
}

func objects(value any) ([]map[string]any, bool) {
	switch value := value.(type) {
	case map[string]any:
		return []map[string]any{value}, true
	case []any:
		var found []map[string]any
		for _, element := range value {
			object, ok := element.(map[string]any)
			if !ok {
				return nil, false
			}
			found = append(found, object)
		}
		return found, len(found) > 0
	default:
		return nil, false
	}
}

func (in section) value(name string, value any) (string, error) {
	return nativeValue(value, slices.Contains(bareArguments, name) || slices.Contains(in.bare, name), true)
}

// nativeValue is an expression. The strings of a bare one are references. One that ends its line may be a heredoc.
func nativeValue(value any, bare, endsLine bool) (string, error) {
	switch value := value.(type) {
	case string:
		if bare {
			return value, nil
		}
		return nativeString(value, endsLine)
	case []any:
		return nativeList(value, bare)
	case map[string]any:
		return nativeMap(value)
	default:
		// null, true, false and numbers are the same in JSON and in the native syntax.
		text, err := json.Marshal(value)
		return string(text), err
	}
}

// longestList is the length of a list, in bytes, that stands in one line.
const longestList = 100

func nativeList(list []any, bare bool) (string, error) {
	var elements []string
	for _, element := range list {
		text, err := nativeValue(element, bare, false)
		if err != nil {
			return "", err
		}
		elements = append(elements, text)
	}
	line := strings.Join(elements, ", ")
	if len(elements) > 1 && len(line) > longestList {
		return "[\n" + strings.Join(elements, ",\n") + ",\n]", nil
	}
	return "[" + line + "]", nil
}

func nativeMap(object map[string]any) (string, error) {
	if len(object) == 0 {
		return "{}", nil
	}
	var out strings.Builder
	out.WriteString("{\n")
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name, err := nativeKey(key)
		if err != nil {
			return "", err
		}
		value, err := nativeValue(object[key], false, true)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s = %s\n", name, value)
	}
	out.WriteString("}")
	return out.String(), nil
}

// nativeKey returns a map's key. A name has no quotes, unless it is a keyword. An expression is in parentheses: without them it
// would be a name.
func nativeKey(key string) (string, error) {
	if hclsyntax.ValidIdentifier(key) && !slices.Contains([]string{"for", "null", "true", "false"}, key) {
		return key, nil
	}
	text, err := nativeString(key, false)
	if err == nil && !strings.HasPrefix(text, `"`) {
		text = "(" + text + ")"
	}
	return text, err
}

// nativeString quotes a template's text, and does not change its expressions: quotes within ${ } need no escape. A template
// that is exactly one expression has that expression's value, of any type. A text of several lines becomes a heredoc.
func nativeString(text string, endsLine bool) (string, error) {
	parts, err := Parse(text)
	if err != nil {
		return "", err
	}
	if len(parts) == 1 && isExpression(parts[0]) {
		template := parts[0].String()
		return strings.TrimSuffix(strings.TrimPrefix(template, "${"), "}"), nil
	}
	if endsLine && isReadable(parts) {
		return heredoc(parts), nil
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, part := range parts {
		if isExpression(part) {
			out.WriteString(part.String())
			continue
		}
		quoted := string(hclwrite.TokensForValue(cty.StringVal(part.Literal)).Bytes())
		out.WriteString(quoted[1 : len(quoted)-1])
	}
	out.WriteByte('"')
	return out.String(), nil
}

func isExpression(part Part) bool { return part.Literal == "" }

// isReadable tells of a text that has several lines, and in them nothing that a heredoc could not hold. It ends in text: an
// expression's own line breaks would be lost in chomp.
func isReadable(parts []Part) bool {
	if len(parts) == 0 || isExpression(parts[len(parts)-1]) {
		return false
	}
	lines := false
	for _, part := range parts {
		lines = lines || strings.Contains(part.Literal, "\n")
		if strings.ContainsFunc(part.Literal, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
			return false
		}
	}
	return lines
}

// heredoc ends with a line break, so that a text without one goes through chomp, which takes all of them off the end.
func heredoc(parts []Part) string {
	var text strings.Builder
	for _, part := range parts {
		text.WriteString(part.String())
	}
	body := text.String()
	mark := "EOT"
	for slices.ContainsFunc(strings.Split(body, "\n"), func(line string) bool { return strings.TrimSpace(line) == mark }) {
		mark += "_"
	}
	if strings.HasSuffix(body, "\n") {
		return "<<" + mark + "\n" + body + mark
	}
	return "chomp(<<" + mark + "\n" + body + "\n" + mark + "\n)"
}
