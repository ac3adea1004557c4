package tfjson

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Backend returns where a stack keeps its state: the backend's type, such as "s3", and its arguments, in which Terraform allows
// no expressions. HCP Terraform is "cloud". A stack without a backend has "local" and no arguments.
func (s *Stack) Backend() (typ string, arguments map[string]any, err error) {
	backends, err := s.backends()
	switch {
	case err != nil:
		return "", nil, err
	case len(backends) == 0:
		return "local", nil, nil
	case len(backends) > 1:
		return "", nil, fmt.Errorf("terraform: backend: it names %d types; name one", len(backends))
	}
	return backends[0].typ, backends[0].arguments, nil
}

// Backends returns the types of all backends that a stack names. Terraform refuses a stack with more than one.
func (s *Stack) Backends() ([]string, error) {
	backends, err := s.backends()
	var types []string
	for _, b := range backends {
		types = append(types, b.typ)
	}
	return types, err
}

type backend struct {
	typ       string
	arguments map[string]any
}

func (s *Stack) backends() ([]backend, error) {
	settings, err := Blocks(s.root, "terraform")
	if err != nil {
		return nil, err
	}
	var found []backend
	for _, setting := range settings {
		for _, place := range []string{"backend", "cloud"} {
			blocks, err := Blocks(setting, place)
			if err != nil {
				return nil, fmt.Errorf("terraform: %w", err)
			}
			for _, block := range blocks {
				named := []backend{{place, block}}
				if place == "backend" {
					named, err = typed(block)
				}
				if err != nil {
					return nil, err
				}
				found = append(found, named...)
			}
		}
	}
	return found, nil
}

// typed are the backends of one block. Terraform ignores one that is null, with which an app leaves out what another part declares.
func typed(byType map[string]any) ([]backend, error) {
	var found []backend
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		if byType[typ] == nil {
			continue
		}
		bodies, err := Blocks(byType, typ)
		if err != nil || len(bodies) != 1 {
			return nil, fmt.Errorf("terraform: backend: %q must be one object", typ)
		}
		found = append(found, backend{typ, bodies[0]})
	}
	if found == nil {
		return nil, errors.New("terraform: backend: it names 0 types; name one")
	}
	return found, nil
}

// AllowedAccounts are the ids of the accounts that the stack's provider without an alias may deploy to; none where any will do.
func (s *Stack) AllowedAccounts() []string {
	providers, err := Blocks(s.root, "provider")
	if err != nil {
		return nil
	}
	var allowed []string
	for _, provider := range providers {
		blocks, err := Blocks(provider, "aws")
		if err != nil {
			return nil
		}
		for _, block := range blocks {
			if block["alias"] != nil {
				continue // the resources that name it may be another account's
			}
			ids, _ := block["allowed_account_ids"].([]any)
			for _, id := range ids {
				if text, ok := Scalar(id); ok {
					allowed = append(allowed, text)
				}
			}
		}
	}
	return allowed
}

// KeepState has a stack that moves to another folder keep its state where it is. Terraform takes the path of a local state from the
// folder of the stack; any other backend says where the state is by itself.
func (s *Stack) KeepState(from, to string) error {
	typ, arguments, err := s.Backend()
	if err != nil || typ != "local" {
		return err
	}
	path, _ := arguments["path"].(string)
	path = cmp.Or(path, "terraform.tfstate")
	if filepath.IsAbs(path) {
		return nil
	}
	if path, err = relative(to, filepath.Join(from, path)); err != nil {
		return err
	}
	if arguments != nil {
		arguments["path"] = path
		return nil
	}
	settings, err := Blocks(s.root, "terraform")
	if err != nil {
		return err
	}
	local := map[string]any{"local": map[string]any{"path": path}}
	s.root["terraform"] = append(anyOf(settings), map[string]any{"backend": local})
	return nil
}

func anyOf(blocks []map[string]any) []any {
	list := make([]any, len(blocks))
	for i, block := range blocks {
		list[i] = block
	}
	return list
}

// relative is a path as Terraform writes it on every system.
func relative(folder, path string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	path, err = filepath.Rel(folder, path)
	return filepath.ToSlash(path), err
}
