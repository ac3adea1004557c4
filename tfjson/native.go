package tfjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// restFile holds what [Stack.Native] leaves in JSON.
const restFile = "rest.tf.json"

// mapAttributes are the arguments of this project's resources that hold a map, and are no nested blocks. JSON writes the
// two alike. `terraform validate` of what Native writes, in deploytest, finds one that is missing here.
var mapAttributes = []string{
	"dimensions", "parameters", "request_models", "request_parameters", "request_templates", "response_models",
	"response_parameters", "response_templates", "tags", "triggers",
}

// bareArguments are those whose strings are references, which Terraform's native syntax writes without quotes.
var bareArguments = []string{"depends_on", "ignore_changes", "provider", "replace_triggered_by"}

// Native is the stack in Terraform's native syntax, as files by name: ADDRESS.tf for each resource and data source, and
// rest.tf.json for whatever else there is. For programs that read nested blocks in that syntax alone, as Trivy does
// (github.com/aquasecurity/trivy/issues/5907): in JSON they see a bucket that is versioned as one that is not. Comments
// ("//") are left out.
func (s *Stack) Native() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, resource := range s.resources {
		text, err := native(resource)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", resource.Address(), err)
		}
		files[resource.Address()+".tf"] = text
	}
	rest := maps.Clone(s.root)
	for _, written := range []string{"//", "resource", "data"} {
		delete(rest, written)
	}
	text, err := marshal(rest)
	files[restFile] = text
	return files, err
}

// marshal writes ">" as it is, and not as \u003e, for a person to read.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return out.Bytes(), err
}

func native(resource Resource) ([]byte, error) {
	section := "resource"
	if resource.Data {
		section = "data"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %q %q {\n", section, resource.Type, resource.Name)
	if err := writeBody(&out, resource.Body); err != nil {
		return nil, err
	}
	out.WriteString("}\n")
	return hclwrite.Format([]byte(out.String())), nil
}

func writeBody(out *strings.Builder, body map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if name == "//" {
			continue
		}
		if err := writeArgument(out, name, body[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func writeArgument(out *strings.Builder, name string, value any) error {
	if blocks, ok := nestedBlocks(name, value); ok {
		for _, block := range blocks {
			fmt.Fprintf(out, "%s {\n", name)
			if err := writeBody(out, block); err != nil {
				return err
			}
			out.WriteString("}\n")
		}
		return nil
	}
	text, err := nativeValue(value, slices.Contains(bareArguments, name))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s = %s\n", name, text)
	return nil
}

// nestedBlocks takes an object, or a list of objects, for nested blocks, unless it is known to be a map.
func nestedBlocks(name string, value any) ([]map[string]any, bool) {
	switch value := value.(type) {
	case map[string]any:
		return []map[string]any{value}, !slices.Contains(mapAttributes, name)
	case []any:
		var blocks []map[string]any
		for _, element := range value {
			block, ok := element.(map[string]any)
			if !ok {
				return nil, false
			}
			blocks = append(blocks, block)
		}
		return blocks, len(blocks) > 0
	default:
		return nil, false
	}
}

// nativeValue is an expression. The strings of a bare one are references.
func nativeValue(value any, bare bool) (string, error) {
	switch value := value.(type) {
	case string:
		if bare {
			return value, nil
		}
		return nativeString(value)
	case []any:
		return nativeList(value, bare)
	case map[string]any:
		return nativeMap(value)
	default:
		// What JSON writes of null, true and a number means the same in the native syntax.
		text, err := marshal(value)
		return strings.TrimSpace(string(text)), err
	}
}

func nativeList(list []any, bare bool) (string, error) {
	var elements []string
	for _, element := range list {
		text, err := nativeValue(element, bare)
		if err != nil {
			return "", err
		}
		elements = append(elements, text)
	}
	return "[" + strings.Join(elements, ", ") + "]", nil
}

func nativeMap(object map[string]any) (string, error) {
	var out strings.Builder
	out.WriteString("{\n")
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name, err := nativeString(key)
		if err != nil {
			return "", err
		}
		value, err := nativeValue(object[key], false)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s = %s\n", name, value)
	}
	out.WriteString("}")
	return out.String(), nil
}

// nativeString quotes a template's text, and leaves its expressions as they are: within ${ } quotes stand for themselves.
// A template that is one expression has that expression's value, whatever its type.
func nativeString(text string) (string, error) {
	parts, err := Parse(text)
	if err != nil {
		return "", err
	}
	if len(parts) == 1 && isExpression(parts[0]) {
		template := parts[0].String()
		return strings.TrimSuffix(strings.TrimPrefix(template, "${"), "}"), nil
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
