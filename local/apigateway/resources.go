package apigateway

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// pathPart is what API Gateway allows between two slashes (developer guide, "Amazon API Gateway important notes", and the
// error of CreateResource).
var pathPart = regexp.MustCompile(`^(?:[a-zA-Z0-9._\-:,]+|\{[a-zA-Z0-9._\-:]+\+?\})$`)

// add adds a resource below another. It returns the problem, or an empty text.
func (n *resource) add(part string, added *resource) string {
	if !pathPart.MatchString(part) {
		return `; API Gateway takes letters, digits, "_", "-", ".", ":" and ",", or one parameter such as {id} or {proxy+}`
	}
	if n.name != "" && n.isGreedy() {
		return ", but its parent takes the rest of the path and can have nothing below it"
	}
	name, isParam := strings.CutPrefix(part, "{")
	if !isParam {
		if n.fixed == nil {
			n.fixed = map[string]*resource{}
		}
		if n.fixed[part] != nil {
			return ", which its parent has already"
		}
		n.fixed[part] = added
		return ""
	}
	// "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed" (localstack's
	// test_apigateway_api.py, recorded on AWS), whichever of the two forms either has.
	if other := cmp.Or(n.param, n.greedy); other != nil {
		return fmt.Sprintf(", but its parent has %s already; API Gateway takes one parameter below a resource", path.Base(other.path))
	}
	name = strings.TrimSuffix(name, "}")
	slot := &n.param
	if strings.HasSuffix(name, "+") {
		slot, name = &n.greedy, strings.TrimSuffix(name, "+")
	}
	*slot, added.name = added, name
	return ""
}

func (n *resource) isGreedy() bool { return strings.HasSuffix(n.path, "+}") }

// find follows a path (escaped, after the stage and its slash) to the most specific resource that has a method for it.
//
// Assumption API-1: API Gateway follows a path to the most specific resource: a fixed part has priority over a parameter, and a
// parameter over {proxy+} (developer guide, "Set up API Gateway resources": "/{proxy+}" matches what no other resource matches).
// It joins slashes before the stage, before a part and at the end, so //dev//submit/ is /dev/submit, and keeps them within
// {proxy+} (localstack's test_lambda_aws_proxy_integration, recorded on AWS; between two fixed parts it is inferred).
func (n *resource) find(path, verb string, params *[]parameter) *method {
	if path = strings.TrimLeft(path, "/"); path == "" {
		return n.method(verb)
	}
	part, rest, _ := strings.Cut(path, "/")
	name := unescape(part)
	if next := n.fixed[name]; next != nil {
		if m := next.find(rest, verb, params); m != nil {
			return m
		}
	}
	before := len(*params)
	if n.param != nil {
		*params = append(*params, parameter{n.param.name, name})
		if m := n.param.find(rest, verb, params); m != nil {
			return m
		}
		*params = (*params)[:before]
	}
	if n.greedy != nil {
		*params = append(*params, parameter{n.greedy.name, unescape(strings.TrimRight(path, "/"))})
		if m := n.greedy.method(verb); m != nil {
			return m
		}
		*params = (*params)[:before]
	}
	return nil
}

type parameter struct{ name, value string }

func (n *resource) method(verb string) *method {
	if m := n.methods[verb]; m != nil {
		return m
	}
	return n.methods["ANY"]
}

// unescape decodes a part of a path: API Gateway decodes parameters before it passes them on (developer guide, "Amazon API
// Gateway important notes"). It keeps what is not an escape.
func unescape(part string) string {
	if !strings.Contains(part, "%") {
		return part
	}
	if decoded, err := url.PathUnescape(part); err == nil {
		return decoded
	}
	return part
}
