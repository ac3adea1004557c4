package openapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/tfjson"
)

// server is where the API answers.
type server struct {
	URL         string `json:"url"`
	Description string `json:"description,omitempty"`
}

// servers are the one that was asked for, or the pipeline on this machine and the API's domains.
func servers(cfg apigateway.Config, opts Options) []server {
	if opts.Server != "" {
		return []server{{URL: strings.TrimRight(opts.Server, "/")}}
	}
	var all []server
	for _, stage := range cfg.Stages() {
		all = append(all, server{opts.local() + "/" + stage, "The pipeline on this machine (ingest up)"})
	}
	for _, domain := range cfg.Domains() {
		all = append(all, server{domainServer(domain, cfg), "The API's domain"})
	}
	return all
}

// domainServer is a domain's URL with the stage, where the domain does not lead to one.
func domainServer(domain apigateway.Domain, cfg apigateway.Config) string {
	if domain.Stage != "" {
		return domain.URL
	}
	return domain.URL + "/" + first(cfg.Stages())
}

// CheckServer tells whether an address can be a server's: http or https, with a host, and nothing after the path. In OpenAPI a name in
// braces is a variable of the server's, which the document does not declare.
func CheckServer(address string) error {
	if parsed, err := url.Parse(address); err == nil && canServe(parsed) && !strings.ContainsAny(address, `#"<>`) {
		return nil
	}
	return fmt.Errorf("is %q; use the address before the paths, such as https://events.example.com or https://abc123.execute-api.us-east-1.amazonaws.com/dev", address)
}

func canServe(address *url.URL) bool {
	escaped := address.RawPath == "" || address.RawPath == address.EscapedPath() // braces, spaces and other characters that no URL has
	plain := address.RawQuery == "" && !address.ForceQuery && address.Fragment == "" && address.User == nil
	_, noPort := strconv.ParseUint(cmp.Or(address.Port(), "443"), 10, 16)
	return (address.Scheme == "http" || address.Scheme == "https") && address.Hostname() != "" && noPort == nil && plain && escaped
}

// ServerOf finds the API's address in the outputs of a deployment, as `cdktf output --outputs-file` writes them (an object with
// the outputs by name for each stack), or `terraform output -json` (an object with the type and the value of each). It looks for an output that the stack makes of the API's address and of a path.
func ServerOf(stack *tfjson.Stack, outputs []byte) (string, error) {
	resolved, cfg, err := read(stack, defaultLocal)
	if err != nil {
		return "", err
	}
	deployed, err := outputsOf(outputs, cfg.Stages())
	if err != nil {
		return "", err
	}
	var names []string
	for _, output := range resolved.Outputs() {
		here, isText := output.Value.(string)
		suffix, isAddress := addressSuffix(here, cfg)
		if !isText || !isAddress {
			continue
		}
		names = append(names, output.Name)
		address, _ := deployed[output.Name].(string)
		if base, ok := strings.CutSuffix(address, suffix); ok && CheckServer(base) == nil && mayServe(base, cfg.Stages()) {
			return base, nil
		}
	}
	if len(names) == 0 {
		return "", errors.New("the stack has no output that holds the API's address; pass --server in place of --outputs")
	}
	return "", fmt.Errorf("it has none of the outputs %s with the API's address; write it again after a deployment (npx cdktf output ENV --outputs-file FILE), or pass --server", strings.Join(names, ", "))
}

// mayServe reports whether an address can be that of one of the stages: API Gateway's own address ends in the stage.
func mayServe(address string, stages []string) bool {
	parsed, err := url.Parse(address)
	return err == nil && (!strings.Contains(parsed.Hostname(), ".execute-api.") || slices.Contains(stages, strings.Trim(parsed.Path, "/")))
}

// addressSuffix is what comes after the API's address in an output.
func addressSuffix(output string, cfg apigateway.Config) (string, bool) {
	var bases []string
	for _, domain := range cfg.Domains() {
		bases = append(bases, domainServer(domain, cfg))
	}
	for _, stage := range cfg.Stages() {
		bases = append(bases, defaultLocal+"/"+stage)
	}
	for _, base := range bases {
		suffix, ok := strings.CutPrefix(output, base)
		if ok && (suffix == "" || suffix[0] == '/') && !strings.ContainsAny(suffix, " '\"") {
			return suffix, true
		}
	}
	return "", false
}

// outputsOf are the outputs of one stack: the one that has a stage's name, or the only one of the file, unless that says that it is of
// another stage.
func outputsOf(file []byte, stages []string) (map[string]any, error) {
	const form = `write the file with "npx cdktf output ENV --outputs-file FILE" or "terraform output -json"`
	value, err := tfjson.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, form)
	}
	stacks, _ := value.(map[string]any)
	if outputs, ok := valuesOf(stacks); ok {
		stacks = map[string]any{"": outputs} // Terraform does not name the stack
	}
	names := sortedKeys(stacks)
	for _, name := range names {
		outputs, ok := stacks[name].(map[string]any)
		stage, said := outputs["api_stage"].(string)
		alone := len(names) == 1 && (!said || slices.Contains(stages, stage))
		if ok && (alone || slices.Contains(stages, name)) {
			return outputs, nil
		}
	}
	return nil, fmt.Errorf("it holds no outputs of a stack %s; %s", strings.Join(stages, " or "), form)
}

// valuesOf are the values in what `terraform output -json` prints.
func valuesOf(printed map[string]any) (map[string]any, bool) {
	values := map[string]any{}
	for name, output := range printed {
		described, _ := output.(map[string]any)
		value, hasValue := described["value"]
		if _, hasType := described["type"]; !hasValue || !hasType {
			return nil, false
		}
		values[name] = value
	}
	return values, len(values) > 0
}
