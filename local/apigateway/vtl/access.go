package vtl

import (
	"errors"
	"fmt"
)

// errNoMethod means that the type has no method of that name for those arguments. Velocity treats that as a missing value.
var errNoMethod = errors.New("no such method")

// call is one call of a method.
type call struct {
	run  *run
	self any
	args []any
}

// signature is a method: the number of its arguments, and its function.
type signature struct {
	min, max int
	do       func(c *call) (any, error)
}

// text returns an argument if it is a String: Java converts no other type.
func (c *call) text(i int) (string, bool) {
	s, ok := c.args[i].(string)
	return s, ok
}

// texts are all arguments, if they are all Strings.
func (c *call) texts() ([]string, bool) {
	out := make([]string, len(c.args))
	for i := range c.args {
		var ok bool
		if out[i], ok = c.text(i); !ok {
			return nil, false
		}
	}
	return out, true
}

// int returns an argument if it is an int. A Long is not an int.
func (c *call) int(i int) (int, bool) {
	n, ok := c.args[i].(int32)
	return int(n), ok
}

// type1 is what Velocity's introspection knows about a Java class.
type type1 struct {
	methods map[string]signature
	// unknown are methods and properties that the Java class has and this package lacks: using one is an error. Any
	// other name that is not in methods is missing in Java too.
	unknown map[string]bool
}

func setOf(words ...string) map[string]bool {
	set := map[string]bool{}
	for _, word := range words {
		set[word] = true
	}
	return set
}

// classOf returns nil for a value without methods.
func classOf(value any) *type1 {
	switch value.(type) {
	case string:
		return stringClass
	case bool:
		return booleanClass
	case *object, *contextMap:
		return mapClass
	case *list:
		return listClass
	case *entry:
		return entryClass
	case *loop:
		return loopClass
	case *deferred:
		return deferredClass
	case char:
		return charClass
	case input:
		return inputClass
	case util:
		return utilClass
	}
	return numberClass
}

func (m *method) get(r *run, of any) (any, error) {
	if err := r.spend(1+len(m.arguments), m.at); err != nil {
		return nil, err
	}
	mark := len(r.stack)
	for _, argument := range m.arguments {
		value, err := argument.value(r)
		if err != nil {
			return nil, err
		}
		r.stack = append(r.stack, value)
	}
	value, err := r.invoke(of, m.name, r.stack[mark:])
	clear(r.stack[mark:])
	r.stack = r.stack[:mark]
	if err != nil {
		return nil, r.located(err, m.at)
	}
	return value, nil
}

// invoke calls a method by name.
func (r *run) invoke(of any, name string, args []any) (any, error) {
	if err := r.pay(weight(of) + weightOf(args)); err != nil {
		return nil, err
	}
	class := classOf(of)
	found, ok := class.methods[name]
	if !ok || len(args) < found.min || found.max >= 0 && len(args) > found.max {
		if !ok && (class.unknown[name] || reflective(name)) {
			return nil, failuref("%s of %s is not imitated here", name, typeName(of))
		}
		if ok { // Java throws, or has another method of that name
			return nil, failuref("%s of %s with %d arguments is not imitated here", name, typeName(of), len(args))
		}
		return nil, nil
	}
	value, err := r.do(found, of, args)
	if err != nil && errors.Is(err, errNoMethod) {
		return nil, nil
	}
	return value, err
}

// do calls a method. The method must not keep the call.
func (r *run) do(method signature, of any, args []any) (any, error) {
	c := r.spare
	if c == nil {
		c = &call{run: r}
	}
	r.spare = nil
	c.self, c.args = of, args
	value, err := method.do(c)
	c.self, c.args = nil, nil
	r.spare = c
	return value, err
}

// reflective reports whether a name is a method of every Java object that leads out of the template. AWS does not document
// whether API Gateway refuses them.
func reflective(name string) bool {
	switch name {
	case "getClass", "hashCode", "wait", "notify", "notifyAll", "class":
		return true
	}
	return false
}

func (p *property) get(r *run, of any) (any, error) {
	value, err := p.read(r, of)
	return value, r.located(err, p.at)
}

// read reads a property: a map's value, or a method named for it.
func (p *property) read(r *run, of any) (any, error) {
	name := p.name
	if name == "class" {
		return nil, failuref("class of %s is not imitated here", typeName(of))
	}
	switch v := of.(type) {
	case *object:
		value, _ := v.get(name)
		return value, nil
	case *contextMap:
		return v.property(name), nil
	case input:
		if name == "body" {
			return r.body(), nil
		}
		return nil, nil
	}
	class := classOf(of)
	for _, getter := range p.getters {
		if found, ok := class.methods[getter]; ok && found.min == 0 {
			if err := r.pay(weight(of)); err != nil {
				return nil, err
			}
			return r.do(found, of, nil)
		}
		if class.unknown[getter] {
			return nil, failuref("%s of %s is not imitated here", name, typeName(of))
		}
	}
	if l, ok := of.(*loop); ok {
		return l.stored(name), nil
	}
	return nil, nil
}

func newProperty(name string, at int) *property {
	capital := capitalised(name)
	return &property{name: name, getters: [...]string{"get" + capital, "is" + capital}, at: at}
}

func capitalised(name string) string {
	if c := name[0]; 'a' <= c && c <= 'z' {
		return string(c-'a'+'A') + name[1:]
	}
	return name
}

func (n *index) get(r *run, of any) (any, error) {
	key, err := n.key.value(r)
	if err != nil {
		return nil, err
	}
	value, err := r.element(of, key)
	return value, r.located(err, n.at)
}

// element evaluates $a[key]. A key of a list is a number, and counts from the end if negative. A map has its own keys.
func (r *run) element(of, key any) (any, error) {
	if err := r.pay(weight(key)); err != nil {
		return nil, err
	}
	key, err := fromEnd(of, key)
	if err != nil {
		return nil, err
	}
	switch v := of.(type) {
	case *list:
		return v.at(key)
	case *object:
		value, _ := v.get(key)
		return value, r.pay(v.searched(key))
	case *contextMap:
		if name, ok := key.(string); ok {
			return v.property(name), nil
		}
	}
	return nil, nil
}

// fromEnd evaluates a negative index: -1 is the last element.
func fromEnd(of, key any) (any, error) {
	n, ok := key.(int32)
	if !ok || n >= 0 {
		return key, nil
	}
	if l, ok := of.(*list); ok {
		return int32(len(l.items)) + n, nil
	}
	if o := mapOf(of); o != nil {
		return int32(o.size()) + n, nil
	}
	return nil, failuref("[%d] of %s: only a list has an end to count from", n, typeName(of))
}

func (l *list) at(key any) (any, error) {
	n, ok := key.(int32)
	if !ok || l.kind == setList {
		return nil, nil
	}
	if n < 0 || int(n) >= len(l.items) {
		return nil, failuref("the list has %d elements, none at %d", len(l.items), n)
	}
	return l.items[n], nil
}

// assign evaluates #set. As in Velocity it has no effect on a property of a missing value or of text.
func (n *reference) assign(r *run, value any) error {
	if n.dead || n.unnamed {
		return nil
	}
	if len(n.parts) == 0 {
		r.put(n.root, value)
		return nil
	}
	of, err := n.holder(r)
	if err != nil || of == nil {
		return err
	}
	switch last := n.parts[len(n.parts)-1].(type) {
	case *property:
		return r.located(r.setProperty(of, last.name, value), last.at)
	case *method:
		return r.located(r.setProperty(of, last.name, value), last.at)
	case *index:
		key, err := last.key.value(r)
		if err != nil {
			return err
		}
		return r.located(r.setElement(of, key, value), last.at)
	}
	return nil
}

// holder returns the value in which the last part of a reference is set, or nil.
func (n *reference) holder(r *run) (any, error) {
	of, err := r.get(n.root)
	for _, p := range n.parts[:len(n.parts)-1] {
		if of == nil || err != nil {
			break
		}
		of, err = p.get(r, of)
	}
	return of, r.located(err, n.at)
}

func (r *run) setProperty(of any, name string, value any) error {
	if o := mapOf(of); o != nil {
		_, err := r.putInto(o, name, value)
		return err
	}
	if l, ok := of.(*loop); ok { // a Scope is a map too
		if l.own == nil {
			l.own = newObject(1)
		}
		_, err := r.putInto(l.own, name, value)
		return err
	}
	return nil
}

func (r *run) setElement(of, key, value any) error {
	key, err := fromEnd(of, key)
	if err != nil {
		return err
	}
	if l, ok := of.(*list); ok {
		_, err := l.replace(key, value)
		if errors.Is(err, errNoMethod) { // a List has no set for that key: Velocity does nothing then
			return nil
		}
		return err
	}
	if o := mapOf(of); o != nil {
		_, err = r.putInto(o, key, value)
	}
	return err
}

// putInto puts a value into a map. A key of an override can be put only once (assumption VTL-7).
func (r *run) putInto(o *object, key, value any) (any, error) {
	if o.once {
		if o.locked[key] {
			return nil, failuref("the override of %s is set a second time; API Gateway answers 5XX to that: set a variable "+
				"first and the override once, at the end", quoted(fmt.Sprint(key)))
		}
		if o.locked == nil {
			o.locked = map[any]bool{}
		}
		o.locked[key] = true
	}
	before := o.size()
	previous := o.put(key, value)
	return previous, r.pay(1 + weight(key) + o.searched(key) + (o.size()-before)*stepsOfEntry)
}

// replace is List.set.
func (l *list) replace(key, value any) (any, error) {
	n, ok := key.(int32)
	if !ok || l.kind == setList {
		return nil, errNoMethod
	}
	if n < 0 || int(n) >= len(l.items) {
		return nil, failuref("the list has %d elements, none at %d", len(l.items), n)
	}
	before := l.items[n]
	l.items[n] = value
	return before, nil
}
