package verify

import (
	"encoding/json"
	"errors"
	"fmt"
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
		return nil, fmt.Errorf("has no output submit_url of %q; name the file of this environment, or deploy it first", environment)
	}
	return outputs, nil
}
