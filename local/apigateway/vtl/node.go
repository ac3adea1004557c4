package vtl

import (
	"errors"
	"strings"
)

// node is a piece of a template.
type node interface {
	render(r *run) error
}

// expression is a node with a value. Its truth does not follow from its value: in Velocity "#if("a")" is false, because only
// references, booleans and comparisons can be true. literal is its source, which + writes for a missing operand.
type expression interface {
	value(r *run) (any, error)
	truth(r *run) (bool, error)
	literal() string
}

// block is nodes in order.
type block []node

func (b block) render(r *run) error {
	for _, n := range b {
		if err := r.pay(1); err != nil {
			return err
		}
		if err := n.render(r); err != nil {
			return err
		}
	}
	return nil
}

// text is literal text.
type text string

func (t text) render(r *run) error {
	return r.writeText(string(t))
}

type branch struct {
	condition expression
	body      block
}

type ifNode struct {
	branches  []branch
	otherwise block
}

func (n *ifNode) render(r *run) error {
	for i := range n.branches {
		if err := r.pay(1); err != nil {
			return err
		}
		yes, err := n.branches[i].condition.truth(r)
		if err != nil {
			return err
		}
		if yes {
			return n.branches[i].body.render(r)
		}
	}
	return n.otherwise.render(r)
}

type setNode struct {
	target *reference
	value  expression
}

// render does not change the target if the value is null, Velocity's default (directive.set.null.allowed=false). A reference is
// never null here (assumption VTL-1). Failed arithmetic is.
func (n *setNode) render(r *run) error {
	value, err := n.value.value(r)
	if err != nil || value == nil {
		return r.located(err, n.target.at)
	}
	return n.target.assign(r, value)
}

// errBreak and errStop propagate to the #foreach, or the template, that they end.
var (
	errBreak = errors.New("#break")
	errStop  = errors.New("#stop")
)

// jump is #break or #stop.
type jump struct{ stop bool }

func (j jump) render(*run) error {
	if j.stop {
		return errStop
	}
	return errBreak
}

type foreachNode struct {
	each               int
	list               expression
	body               block
	scope, count, next int
	at                 int
}

func (n *foreachNode) render(r *run) error {
	value, err := n.list.value(r)
	if err != nil || value == nil {
		return err
	}
	items := iterate(value)
	if items == nil {
		return nil // Velocity skips a value that it cannot iterate, such as a string
	}
	if items.length() > maxIterations {
		return r.failure(n.at, "#foreach over %d elements; API Gateway takes no more than %d", items.length(), maxIterations)
	}
	if err := r.spend(stepsOfMap+items.length(), n.at); err != nil {
		return err
	}
	var before [4]any
	places := [...]int{n.each, n.count, n.next, n.scope}
	for i, place := range places {
		if before[i], err = r.get(place); err != nil {
			return r.located(err, n.at)
		}
	}
	scope := &loop{items: items, parent: before[3]}
	r.put(n.scope, scope)
	err = n.rounds(r, items, scope)
	for i, place := range places {
		// A #set of $foreach stays in effect, as in Velocity.
		if now, _ := r.get(place); place != n.scope || now == any(scope) {
			r.restore(place, before[i])
		}
	}
	return err
}

func (n *foreachNode) rounds(r *run, items *iterator, scope *loop) error {
	around := r.scope
	defer func() { r.scope = around }()
	hidden := &nullScope{inner: around, place: n.each, active: true}
	for i := 0; items.hasNext(); i++ {
		if err := r.spend(1, n.at); err != nil {
			return err
		}
		item, ok := items.next()
		if !ok {
			return r.failure(n.at, "the list or map changes while #foreach goes over it, at which Java throws")
		}
		scope.index = i
		r.put(n.count, int32(i+1))
		r.put(n.next, items.hasNext())
		r.put(n.each, item)
		if item == nil {
			r.scope = hidden
		}
		err := n.body.render(r)
		r.scope = around
		if errors.Is(err, errBreak) {
			return nil
		}
		if err != nil {
			return r.located(err, n.at)
		}
	}
	return nil
}

// iterator iterates over a list's elements or a map's values. As in Java, it notices when the list or the map behind it gets or
// loses an element.
type iterator struct {
	list    *list
	behind  *object // the map, if it is one
	changes int
	at      int
}

// iterate returns nil for a value without elements.
func iterate(value any) *iterator {
	i := &iterator{}
	if l, ok := value.(*list); ok {
		i.list, i.behind = l, l.behind
	} else if o := mapOf(value); o != nil {
		i.list, i.behind = &list{items: o.values()}, o
	} else {
		return nil
	}
	i.changes = i.now()
	return i
}

func (i *iterator) now() int {
	if i.behind != nil {
		return i.behind.changes
	}
	return i.list.changes
}

func (i *iterator) length() int { return len(i.list.items) }

func (i *iterator) hasNext() bool { return i.at != len(i.list.items) }

func (i *iterator) next() (any, bool) {
	if i.changes != i.now() || i.at >= len(i.list.items) {
		return nil, false
	}
	i.at++
	return i.list.items[i.at-1], true
}

// loop is $foreach.
type loop struct {
	items  *iterator
	index  int
	parent any     // the $foreach around it, or whatever had that name
	own    *object // what #set gave it, nil for nothing
}

// stored returns a property that #set gave the loop, or a loop around it.
func (l *loop) stored(name string) any {
	for here := any(l); ; {
		l, ok := here.(*loop)
		if !ok {
			return nil
		}
		if l.own != nil {
			if value, ok := l.own.get(name); ok {
				return value
			}
		}
		here = l.parent
	}
}

// reference is "$a.b(1)[0]" and so on.
type reference struct {
	name    string
	root    int
	parts   []part
	source  string
	before  string // half of the backslashes before it
	more    string // other text that its first token began with, such as another "$"
	escaped bool
	dead    bool // "$\!a", which is never defined
	unnamed bool // a target of #set that nothing can name
	at      int
}

func (n *reference) literal() string { return n.source }

// part is one step from a value to the next. A missing value is nil.
type part interface {
	get(r *run, of any) (any, error)
}

// find returns the reference's value, or the empty string if it is missing (assumption VTL-1).
func (n *reference) find(r *run) (any, error) {
	if n.dead {
		return "", nil
	}
	if err := r.spend(1, n.at); err != nil {
		return nil, err
	}
	value, err := r.get(n.root)
	if err != nil {
		return nil, r.located(err, n.at)
	}
	for _, p := range n.parts {
		if err := r.spend(1, n.at); err != nil {
			return nil, err
		}
		if value == nil {
			return "", nil
		}
		var err error
		if value, err = p.get(r, value); err != nil {
			return nil, err
		}
	}
	if value == nil {
		return "", nil
	}
	return value, nil
}

func (n *reference) value(r *run) (any, error) {
	if n.dead {
		return nil, nil
	}
	return n.find(r)
}

func (n *reference) truth(r *run) (bool, error) {
	value, err := n.find(r)
	if err != nil {
		return false, err
	}
	switch v := value.(type) {
	case bool:
		return v, nil
	case *deferred:
		_, ok, err := v.text(r)
		return ok, r.located(err, n.at)
	}
	return true, nil
}

func (n *reference) render(r *run) error {
	value, err := n.find(r)
	if err != nil {
		return err
	}
	if d, ok := value.(*deferred); ok && !n.escaped {
		ok, err := d.render(r)
		if !ok && err == nil {
			err = r.writeText(n.before + n.before + n.more + n.withoutText(r))
		}
		return r.located(err, n.at)
	}
	if err := r.writeText(n.before); err != nil {
		return r.located(err, n.at)
	}
	if n.escaped {
		return r.located(r.writeText(r.nullText(n.source)), n.at)
	}
	if err := r.writeText(n.more); err != nil {
		return r.located(err, n.at)
	}
	return r.write(value, n.at)
}

// withoutText is what a reference to a block writes that does not render: nothing if it is a quiet one ("$!a").
func (n *reference) withoutText(r *run) string {
	if strings.HasPrefix(n.source, "$!") {
		return ""
	}
	return r.nullText(n.source)
}

type property struct {
	name string
	// getters are the methods that Velocity tries for the property, in this order.
	getters [2]string
	at      int
}

type index struct {
	key expression
	at  int
}

type method struct {
	name      string
	arguments []expression
	at        int
}

// constant is a literal's value. A bare word, as in "$map.put('a', null)", has no source and the value null.
type constant struct {
	is     any
	source string
}

func (c *constant) value(*run) (any, error) { return c.is, nil }

func (c *constant) truth(*run) (bool, error) { return c.is == true, nil }

func (c *constant) literal() string { return c.source }

// interpolation is a double-quoted string with references or directives in it.
type interpolation struct {
	body   block
	padded bool // one space was put behind its text
	source string
}

func (n *interpolation) value(r *run) (any, error) {
	mark := len(r.out)
	err := n.body.render(r)
	rendered := r.out[mark:]
	if n.padded && len(rendered) > 0 {
		rendered = rendered[:len(rendered)-1]
	}
	value := string(rendered)
	r.out = r.out[:mark]
	if err != nil {
		return nil, err
	}
	return value, r.spendBytes(len(value), nowhere)
}

func (n *interpolation) truth(*run) (bool, error) { return false, nil }

func (n *interpolation) literal() string { return n.source }

type listLiteral struct {
	items  []expression
	source string
}

func (n *listLiteral) value(r *run) (any, error) {
	if err := r.pay(stepsOfList + 2*len(n.items)); err != nil {
		return nil, err
	}
	out := &list{items: make([]any, 0, len(n.items))}
	for _, item := range n.items {
		value, err := item.value(r)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, value)
	}
	return out, nil
}

func (n *listLiteral) truth(*run) (bool, error) { return false, nil }

func (n *listLiteral) literal() string { return n.source }

type mapLiteral struct {
	keys, values []expression
	source       string
}

func (n *mapLiteral) value(r *run) (any, error) {
	if err := r.pay(stepsOfMap); err != nil {
		return nil, err
	}
	out := newObject(len(n.keys))
	for i := range n.keys {
		key, err := n.keys[i].value(r)
		if err != nil {
			return nil, err
		}
		value, err := n.values[i].value(r)
		if err != nil {
			return nil, err
		}
		if _, err := r.putInto(out, key, value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (n *mapLiteral) truth(*run) (bool, error) { return false, nil }

func (n *mapLiteral) literal() string { return n.source }

type rangeLiteral struct {
	first, last expression
	at          int
	source      string
}

// value returns null if a bound is not a number, as in Velocity. A range runs down if its first bound is the greater.
func (n *rangeLiteral) value(r *run) (any, error) {
	first, err := n.first.value(r)
	if err != nil {
		return nil, err
	}
	last, err := n.last.value(r)
	if err != nil || !isNumber(first) || !isNumber(last) {
		return nil, err
	}
	from, to := int64(int32(toLong(first))), int64(int32(toLong(last)))
	step := int64(1)
	if from >= to {
		step = -1
	}
	length := (to-from)*step + 1
	if length > maxRange {
		return nil, r.failure(n.at, "a range of %d numbers; the longest is %d", length, maxRange)
	}
	if err := r.spend(stepsOfList+2*int(length), n.at); err != nil {
		return nil, err
	}
	out := &list{items: make([]any, 0, length)}
	for ; length > 0; length-- {
		out.items = append(out.items, int32(from))
		from += step
	}
	return out, nil
}

func (n *rangeLiteral) truth(*run) (bool, error) { return false, nil }

func (n *rangeLiteral) literal() string { return n.source }

type not struct{ of expression }

func (n *not) truth(r *run) (bool, error) {
	if err := r.pay(1); err != nil {
		return false, err
	}
	yes, err := n.of.truth(r)
	return !yes, err
}

func (n *not) value(r *run) (any, error) { return boxed(n.truth(r)) }

func (n *not) literal() string { return "!" + n.of.literal() }

func boxed(yes bool, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return yes, nil
}

// binary is an operator between two expressions.
type binary struct {
	operator    string
	left, right expression
	at          int
	source      string
}

func (n *binary) literal() string { return n.source }

func (n *binary) truth(r *run) (bool, error) {
	if err := r.spend(1, n.at); err != nil {
		return false, err
	}
	switch n.operator {
	case "&&", "||":
		return n.logical(r)
	case "+", "-", "*", "/", "%":
		_, err := n.value(r)
		return false, err
	}
	left, err := n.left.value(r)
	if err != nil {
		return false, err
	}
	right, err := n.right.value(r)
	if err != nil {
		return false, err
	}
	switch n.operator {
	case "==":
		return r.same(left, right, n.at)
	case "!=":
		same, err := r.same(left, right, n.at)
		return !same, err
	}
	return r.ordered(n.operator, left, right, n.at)
}

func (n *binary) logical(r *run) (bool, error) {
	left, err := n.left.truth(r)
	if err != nil || left == (n.operator == "||") {
		return left, err
	}
	return n.right.truth(r)
}

func (n *binary) value(r *run) (any, error) {
	switch n.operator {
	case "+", "-", "*", "/", "%":
	default:
		return boxed(n.truth(r))
	}
	left, err := n.left.value(r)
	if err != nil {
		return nil, err
	}
	right, err := n.right.value(r)
	if err != nil {
		return nil, err
	}
	if n.operator == "+" && (isString(left) || isString(right)) {
		return n.concatenate(r, left, right)
	}
	if err := r.spendNumbers(left, right, n.at); err != nil {
		return nil, err
	}
	result, err := calculate(n.operator, left, right)
	if err != nil {
		return nil, r.failure(n.at, "%s", err)
	}
	return result, nil
}

// concatenate writes the source of a missing operand, as Velocity's ASTAddNode does.
func (n *binary) concatenate(r *run, left, right any) (any, error) {
	if left == nil {
		left = n.left.literal()
	}
	if right == nil {
		right = n.right.literal()
	}
	mark := len(r.out)
	err := r.write(left, n.at)
	if err == nil {
		err = r.write(right, n.at)
	}
	joined := string(r.out[mark:])
	r.out = r.out[:mark]
	if err != nil {
		return nil, err
	}
	return joined, r.spendBytes(len(joined), n.at)
}

func isString(value any) bool {
	_, ok := value.(string)
	return ok
}
