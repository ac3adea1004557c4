package tfjson

import (
	"fmt"
	"maps"
	"slices"
)

// Backend is where a stack keeps its state: the backend's type, such as "s3", and its arguments, in which Terraform
// allows no expressions. HCP Terraform is "cloud". A stack that says nothing has "local" and no arguments.
func (s *Stack) Backend() (typ string, arguments map[string]any, err error) {
	settings, err := Blocks(s.root, "terraform")
	if err != nil {
		return "", nil, err
	}
	for _, setting := range settings {
		for _, place := range []string{"backend", "cloud"} {
			blocks, err := Blocks(setting, place)
			if err != nil {
				return "", nil, fmt.Errorf("terraform: %w", err)
			}
			if len(blocks) == 0 {
				continue
			}
			if place == "cloud" {
				return place, blocks[0], nil
			}
			return oneBackend(blocks[0])
		}
	}
	return "local", nil, nil
}

func oneBackend(byType map[string]any) (string, map[string]any, error) {
	types := slices.Sorted(maps.Keys(byType))
	if len(types) != 1 {
		return "", nil, fmt.Errorf("terraform: backend: it names %d types; name one", len(types))
	}
	bodies, err := Blocks(byType, types[0])
	if err != nil || len(bodies) != 1 {
		return "", nil, fmt.Errorf("terraform: backend: %q must be one object", types[0])
	}
	return types[0], bodies[0], nil
}

// AllowedAccounts are the ids of the accounts that the stack's provider may deploy to; none where any will do.
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
			ids, _ := block["allowed_account_ids"].([]any)
			for _, id := range ids {
				text, _ := id.(string)
				allowed = append(allowed, text)
			}
		}
	}
	return allowed
}
