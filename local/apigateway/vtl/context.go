package vtl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// contextMap is $context. The request's own map is shared, so nothing writes to it. The parts that a template can change are
// copied when the template first uses them.
type contextMap struct {
	given map[string]any
	// copied has the entries that were copied so far, all of them if whole.
	copied *object
	whole  bool
}

const (
	requestOverride  = "requestOverride"
	responseOverride = "responseOverride"
)

func (c *contextMap) property(name string) any {
	if c.copied != nil {
		if value, ok := c.copied.get(name); ok || c.whole {
			return value
		}
	}
	override := name == requestOverride || name == responseOverride
	value := c.given[name]
	switch v := value.(type) {
	case string, bool, nil:
		if !override {
			return v
		}
	}
	copied := fromGo(value)
	if override {
		copied = overridable(name, copied)
	}
	if c.copied == nil {
		c.copied = newObject(2)
	}
	c.copied.put(name, copied)
	return copied
}

// all copies the rest of the request's map.
func (c *contextMap) all() *object {
	if c.whole {
		return c.copied
	}
	names := slices.Collect(maps.Keys(c.given))
	names = append(names, requestOverride, responseOverride)
	slices.Sort(names)
	all := newObject(len(names))
	for _, name := range slices.Compact(names) {
		all.put(name, c.property(name))
	}
	c.copied, c.whole = all, true
	return all
}

// overridable is one of the two maps of overrides, with the maps in it (assumption VTL-7).
func overridable(name string, given any) *object {
	o, ok := given.(*object)
	if !ok {
		o = newObject(2)
	}
	o.once = true
	child(o, "header").once = true
	if name == requestOverride {
		child(o, "path").once = true
		child(o, "querystring").once = true
	}
	return o
}

// child returns a map within a map, and makes it if it is missing.
func child(of *object, name string) *object {
	value, _ := of.get(name)
	if o, ok := value.(*object); ok {
		return o
	}
	o := newObject(0)
	of.put(name, o)
	return o
}

// sorted returns a map of text in the order of its names, so a template always renders the same text.
func sorted(given map[string]string) *object {
	o := newObject(len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		o.put(name, given[name])
	}
	return o
}

// fromGo converts a Go value to a template's value.
func fromGo(value any) any {
	switch v := value.(type) {
	case nil, string, bool, int32, int64, float64:
		return v
	case int:
		return narrow(int64(v))
	case []byte:
		return string(v)
	case map[string]string:
		return sorted(v)
	case map[string]any:
		o := newObject(len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			o.put(name, fromGo(v[name]))
		}
		return o
	case []any:
		l := &list{}
		for _, item := range v {
			l.items = append(l.items, fromGo(item))
		}
		return l
	case []string:
		l := &list{}
		for _, item := range v {
			l.items = append(l.items, item)
		}
		return l
	}
	return fmt.Sprint(value)
}

// toGo is the inverse of fromGo, for the overrides that a template passes on.
func (r *run) toGo(value any, depth int) (any, error) {
	if depth >= maxDepth {
		return nil, failuref("an override nested more than %d levels deep, or in itself", maxDepth)
	}
	if err := r.pay(1); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case *object:
		return r.toGoMap(v, depth)
	case *list:
		return r.toGoList(v, depth)
	case nil, string, bool, int32, int64, float64:
		return v, nil
	}
	return r.textOf(value)
}

func (r *run) toGoMap(o *object, depth int) (any, error) {
	if err := r.pay(stepsOfMap + stepsOfEntry*len(o.keys)); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(o.keys))
	for i, key := range o.keys {
		name, err := r.textOf(key)
		if err != nil {
			return nil, err
		}
		if out[name], err = r.toGo(o.vals[i], depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *run) toGoList(l *list, depth int) (any, error) {
	if err := r.pay(stepsOfList + len(l.items)); err != nil {
		return nil, err
	}
	out := make([]any, len(l.items))
	for i, item := range l.items {
		var err error
		if out[i], err = r.toGo(item, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// overrides reads the overrides that the template set.
func (r *run) overrides(result *Result) error {
	if r.context.copied == nil {
		return nil
	}
	var err error
	if value, _ := r.context.copied.get(responseOverride); mapOf(value) != nil {
		response := mapOf(value)
		if result.Header, err = r.overridden(response, "header"); err != nil {
			return err
		}
		if status, ok := response.get("status"); ok && response.given("status") {
			result.Status = r.status(status)
		}
		if err := r.handOn(result, responseOverride, response); err != nil {
			return err
		}
	}
	value, _ := r.context.copied.get(requestOverride)
	request := mapOf(value)
	if request == nil {
		return nil
	}
	if result.RequestHeader, err = r.overridden(request, "header"); err != nil {
		return err
	}
	for _, what := range []string{"path", "querystring"} { // a service call has neither, but a value that is not text is still an error
		if _, err := r.overridden(request, what); err != nil {
			return err
		}
	}
	return r.handOn(result, requestOverride, request)
}

// given reports whether this rendering put the key. It put every key of a map that is not an override.
func (o *object) given(key any) bool { return !o.once || o.locked[key] }

// overridden returns the values that this rendering set. It joins several values with a comma.
func (r *run) overridden(all *object, what string) (map[string]string, error) {
	value, _ := all.get(what)
	of := mapOf(value)
	if of == nil {
		return nil, nil
	}
	var out map[string]string
	for i, key := range of.keys {
		if !of.given(key) {
			continue
		}
		values := []any{of.vals[i]}
		if l, ok := of.vals[i].(*list); ok {
			values = l.items
		}
		var texts []string
		size := 0
		for _, value := range values {
			text, err := r.textOf(value)
			if size += len(text) + 1; err == nil && size > maxRendered {
				err = failuref("a text of more than %d bytes", maxRendered)
			}
			if err == nil {
				err = r.pay(1 + inSteps(len(text)))
			}
			if err != nil {
				return nil, failuref("the override of the %s %s: %s", what, quoted(fmt.Sprint(key)), err)
			}
			texts = append(texts, text)
		}
		if out == nil {
			out = map[string]string{}
		}
		name, ok := key.(string)
		if !ok {
			return nil, failuref("the override of the %s is named by %s, not by text", what, typeName(key))
		}
		out[name] = strings.Join(texts, ",")
	}
	return out, nil
}

// status accepts a number or its text, and ignores anything else, as API Gateway does (assumption VTL-7).
func (r *run) status(value any) int {
	text, err := r.textOf(value)
	if err != nil {
		return 0
	}
	status, err := strconv.Atoi(text)
	if err != nil || status < 100 || status > 599 {
		return 0
	}
	return status
}

// anyGiven reports whether this rendering set an override.
func anyGiven(of *object) bool {
	if !of.once || len(of.locked) > 0 {
		return true
	}
	for _, value := range of.vals {
		if o, ok := value.(*object); ok && len(o.locked) > 0 {
			return true
		}
	}
	return false
}

func (r *run) handOn(result *Result, name string, of *object) error {
	if !anyGiven(of) {
		return nil
	}
	value, err := r.toGo(of, 0)
	if err != nil {
		return err
	}
	if result.Overrides == nil {
		result.Overrides = make(map[string]any, 2)
	}
	result.Overrides[name] = value
	return nil
}
