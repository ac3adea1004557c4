// Package tfjson reads a synthesised Terraform JSON stack: its resources, its data sources, and the references between them.
//
// Read evaluates nothing. It returns an error for what it cannot represent (a module, a resource that is declared twice), so a
// part of a stack cannot pass for the whole. [Stack.Resolve] evaluates the expressions, as if the stack had been applied.
package tfjson

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"cdk.tf/go/ingest/internal/readable"
)

// Stack has the declarations of one Terraform JSON file.
type Stack struct {
	resources []Resource
	byAddress map[string]Resource
	// root is the whole file. Read reads only its resources and data sources, and Resolve the rest.
	root map[string]any
	// after is nil until the stack is resolved.
	after *resolver
}

// Resource is a resource or a data source as it is written: strings hold Terraform templates, see [Parse]. In a resolved
// stack they hold plain values.
type Resource struct {
	// Data is true for a data source.
	Data bool
	Type string
	Name string
	// Body has the arguments and blocks, without Terraform's comment ("//").
	Body map[string]any
}

// Address returns the resource's name in a plan, such as aws_s3_bucket.bucket or data.aws_region.current.
func (r Resource) Address() string {
	return Reference{Data: r.Data, Type: r.Type, Name: r.Name}.Address()
}

// Blocks returns the resource's nested blocks of one name: see the function [Blocks].
func (r Resource) Blocks(name string) ([]map[string]any, error) {
	blocks, err := Blocks(r.Body, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Address(), err)
	}
	return blocks, nil
}

// ReadFile reads the stack at path.
func ReadFile(path string) (*Stack, error) {
	text, err := readable.File(path)
	if err != nil {
		return nil, err
	}
	stack, err := Read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return stack, nil
}

// Read reads a stack.
func Read(r io.Reader) (*Stack, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	value, err := Decode(text)
	if err != nil {
		return nil, err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a stack is a JSON object; this is %s", kind(value))
	}
	if root["module"] != nil {
		return nil, errors.New("module: the resources of a module are in other files, which are not read; declare them in the stack")
	}
	stack := &Stack{byAddress: map[string]Resource{}, root: root}
	if err := stack.read(root, "resource", false); err != nil {
		return nil, err
	}
	if err := stack.read(root, "data", true); err != nil {
		return nil, err
	}
	slices.SortFunc(stack.resources, inOrder)
	return stack, nil
}

func inOrder(a, b Resource) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
}

// read adds a section: objects by type, which hold objects by name, which hold one body each.
func (s *Stack) read(root map[string]any, section string, data bool) error {
	types, err := Blocks(root, section)
	if err != nil {
		return err
	}
	for _, byType := range types {
		for _, typ := range slices.Sorted(maps.Keys(byType)) {
			if err := s.readType(byType, typ, data); err != nil {
				return fmt.Errorf("%s: %w", section, err)
			}
		}
	}
	return nil
}

func (s *Stack) readType(byType map[string]any, typ string, data bool) error {
	names, err := Blocks(byType, typ)
	if err != nil {
		return err
	}
	for _, byName := range names {
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			bodies, err := Blocks(byName, name)
			if err != nil {
				return fmt.Errorf("%q: %w", typ, err)
			}
			for _, body := range bodies {
				if err := s.add(Resource{Data: data, Type: typ, Name: name, Body: body}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Stack) add(r Resource) error {
	if !hclsyntax.ValidIdentifier(r.Type) || !hclsyntax.ValidIdentifier(r.Name) {
		return fmt.Errorf("%q %q is not an address; use letters, digits, \"_\" and \"-\", beginning with a letter or \"_\"", r.Type, r.Name)
	}
	if _, twice := s.byAddress[r.Address()]; twice {
		return fmt.Errorf("%s is declared twice", r.Address())
	}
	delete(r.Body, "//")
	s.byAddress[r.Address()] = r
	s.resources = append(s.resources, r)
	return nil
}

// All returns the stack's resources, without data sources, sorted by type and name.
func (s *Stack) All() []Resource {
	return s.where(func(r Resource) bool { return !r.Data })
}

// Data returns the stack's data sources, sorted by type and name.
func (s *Stack) Data() []Resource {
	return s.where(func(r Resource) bool { return r.Data })
}

// Resources returns the stack's resources of one type, sorted by name.
func (s *Stack) Resources(typ string) []Resource {
	return s.where(func(r Resource) bool { return !r.Data && r.Type == typ })
}

func (s *Stack) where(wanted func(Resource) bool) []Resource {
	var found []Resource
	for _, r := range s.resources {
		if wanted(r) {
			found = append(found, r)
		}
	}
	return found
}

// Find returns the resource or data source that a reference refers to.
func (s *Stack) Find(ref Reference) (Resource, bool) {
	r, ok := s.byAddress[ref.Address()]
	return r, ok
}

// Blocks returns the nested blocks of one name in a body. Terraform JSON writes one as an object and several as a list of
// objects. It returns none if the name is absent or null.
func Blocks(body map[string]any, name string) ([]map[string]any, error) {
	switch v := body[name].(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return []map[string]any{v}, nil
	case []any:
		blocks := make([]map[string]any, len(v))
		for i, item := range v {
			block, ok := item.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%q holds %s; it must hold objects", name, kind(item))
			}
			blocks[i] = block
		}
		return blocks, nil
	default:
		return nil, fmt.Errorf("%q is %s; it must be an object or a list of objects", name, kind(v))
	}
}

func kind(v any) string {
	switch v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	default:
		return "null"
	}
}
