package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Outputs are a deployment's outputs by name.
type Outputs map[string]any

// Text is an output that is a text; "" where it is none.
func (o Outputs) Text(name string) string { return text(o[name]) }

// ParseOutputs reads outputs in one of three forms: `terraform output -json` ({"submit_url": {"value": …}}), `cdktf output
// --outputs-file` and a page's config.json ({"dev": {"submit_url": …}}), and plain ({"submit_url": …}). A file of several stacks needs
// the environment's name.
func ParseOutputs(content []byte, environment string) (Outputs, error) {
	var top map[string]any
	if err := json.Unmarshal(content, &top); err != nil {
		return nil, fmt.Errorf("is no JSON object: %w; write it with terraform output -json or cdktf output --outputs-file", err)
	}
	if own, ok := top[environment].(map[string]any); ok && top["submit_url"] == nil {
		top = own
	}
	outputs := Outputs{}
	for name, value := range top {
		if output, ok := value.(map[string]any); ok && output["type"] != nil {
			if actual, ok := output["value"]; ok {
				value = actual
			}
		}
		outputs[name] = value
	}
	if outputs.Text("submit_url") == "" {
		if len(top) == 0 {
			return nil, errors.New("has no outputs; deploy the stack first")
		}
		if others := environmentsOf(top); len(others) > 0 {
			return nil, fmt.Errorf("has the outputs of %s, and none of %q; choose that environment, or take the outputs of %[2]q", strings.Join(others, ", "), environment)
		}
		return nil, fmt.Errorf("has no output submit_url of %q; name the file of this environment, or deploy it first", environment)
	}
	return outputs, nil
}

// environmentsOf are the stacks, in quotes, whose outputs are in a file of several.
func environmentsOf(top map[string]any) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(top)) {
		if own, ok := top[name].(map[string]any); ok && text(own["submit_url"]) != "" {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	return names
}

// ofThis are the outputs that say which deployment it is, with values that are known before an apply.
var ofThis = []string{"api_stage", "region", "stream_name"}

// belong refuses the outputs of another deployment than the stack's: a run would send its events there.
func (o Outputs) belong(resolved *tfjson.Stack, names []string) error {
	for _, output := range resolved.Outputs() {
		want, got := text(output.Value), o.Text(output.Name)
		if slices.Contains(names, output.Name) && want != "" && got != "" && want != got {
			return fmt.Errorf("the output %s is %q, and the stack has %q: the outputs are of another deployment; give those of this stack, or deploy it first", output.Name, got, want)
		}
	}
	return nil
}
