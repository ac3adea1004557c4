package models

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/draft4"
)

// references refuses the references of a whole schema that the library of API Gateway does not follow, and those that lead it in a
// circle: it gives up a body there.
func (r *refuser) references(root object) {
	r.referencesBelow("", root, nil)
	c := circles{root: root, state: map[string]int{}}
	walk("", root, c.follow)
	for _, at := range c.closing {
		r.add(fmt.Sprintf("has the reference %q at %q, which leads back to the schema that it is a part of", at.ref, at.pointer+"/$ref"),
			`refer to that schema from "properties" or "items", or remove the reference`)
	}
}

// base is an id below the root, to which references are relative.
type base struct {
	at, id string
	named  bool
}

func (r *refuser) referencesBelow(at string, schema object, within *base) {
	if id, ok := schema["id"].(string); ok {
		if !draft4.IsURI(id) {
			r.add(fmt.Sprintf("has the id %q at %q, which is no URI", id, at+"/id"), "write other characters as %XX, or remove it")
		} else if at != "" && within == nil {
			within = &base{at: at + "/id", id: id}
		}
	}
	if ref, ok := schema["$ref"].(string); ok {
		r.reference(at+"/$ref", ref, within)
	}
	each(schema, func(path string, below object) { r.referencesBelow(at+path, below, within) })
}

func (r *refuser) add(has, remedy string) { r.found = append(r.found, Fault{has, remedy}) }

// reference refuses one that is no URI or no pointer, and one below an id: the library reads every reference from the root of the model.
func (r *refuser) reference(at, ref string, within *base) {
	switch {
	case !draft4.IsURI(ref):
		r.add(fmt.Sprintf("has the reference %q at %q, which is no URI", ref, at), "write other characters as %XX, such as %20 for a space")
	case strings.HasPrefix(ref, "#") && ref != "#" && !strings.HasPrefix(ref, "#/"):
		r.add(fmt.Sprintf("has the reference %q at %q, which is to an id", ref, at), `use a pointer, such as "#/definitions/user": API Gateway follows no id`)
	case within != nil && !within.named:
		within.named = true
		r.add(fmt.Sprintf("has the id %q at %q, and a reference at %q that is relative to it", within.id, within.at, at),
			"remove the id: API Gateway reads a reference from the root of the schema")
	}
}

// References returns the references of a schema by their places.
func References(schema map[string]any) map[string]string {
	found := map[string]string{}
	walk("", schema, func(at string, schema object) {
		if ref, refers := schema["$ref"].(string); refers {
			found[at+"/$ref"] = ref
		}
	})
	return found
}

// circles finds the references that close a circle of schemas which apply to one value.
type circles struct {
	root    object
	state   map[string]int // of the schema at a pointer
	closing []closing
}

type closing struct{ pointer, ref string }

const (
	entered = iota + 1
	done
)

func (c *circles) follow(at string, schema object) {
	if c.state[at] != 0 {
		return
	}
	c.state[at] = entered
	if ref, refers := schema["$ref"].(string); refers {
		c.followReference(at, ref)
	} else {
		ofTheSameValue(schema, func(path string, below object) { c.follow(at+path, below) })
	}
	c.state[at] = done
}

func (c *circles) followReference(at, ref string) {
	to, within := strings.CutPrefix(ref, "#")
	to, err := url.PathUnescape(to)
	schema, leads := pointed(c.root, to).(object)
	if !within || err != nil || !leads {
		return
	}
	if c.state[to] == entered {
		c.closing = append(c.closing, closing{at, ref})
	}
	c.follow(to, schema)
}

// ofTheSameValue visits the schemas that apply to the value of a schema itself.
func ofTheSameValue(schema object, visit func(path string, below object)) {
	part := object{}
	for _, keyword := range append([]string{"not", "dependencies"}, listOfSchemas...) {
		if value, there := schema[keyword]; there {
			part[keyword] = value
		}
	}
	each(part, visit)
}

// pointed returns what a JSON pointer leads to, or nil.
func pointed(value any, pointer string) any {
	if pointer == "" {
		return value
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch holder := value.(type) {
		case object:
			value = holder[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(holder) {
				return nil
			}
			value = holder[i]
		default:
			return nil
		}
	}
	return value
}
