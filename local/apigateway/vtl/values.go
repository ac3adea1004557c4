package vtl

import (
	"math/big"
	"strconv"
)

// A template's values are, as Go types and as API Gateway's Java types (assumption VTL-3):
//
//	nil null · string String · char Character · bool Boolean · int32 Integer · int64 Long · *big.Int BigInteger · float64 Double
//	*decimal BigDecimal · *object LinkedHashMap · *list a list, a set or an array · *entry Map.Entry
//	*deferred a block of #define · *loop $foreach · *contextMap $context · input $input · util $util

// object is a map that keeps its order.
type object struct {
	keys    []any
	vals    []any
	places  map[string]int // of string keys, once there are enough of them
	changes int            // entries added or removed
	once    bool           // each key may be put once: an override
	locked  map[any]bool   // keys that were put, if once
}

// indexed is the number of entries from which a map has an index of its keys and does not compare them all.
const indexed = 8

func newObject(capacity int) *object {
	return &object{keys: make([]any, 0, capacity), vals: make([]any, 0, capacity)}
}

func (o *object) size() int { return len(o.keys) }

func (o *object) place(key any) int {
	name, isName := key.(string)
	if isName && o.places != nil {
		if at, ok := o.places[name]; ok {
			return at
		}
		return -1
	}
	for i, each := range o.keys {
		if each == nil || key == nil {
			if each == key {
				return i
			}
			continue
		}
		if hasSameKey(each, key) {
			return i
		}
	}
	return -1
}

// hasSameKey compares keys by value, as Java does. It compares a map or a list by identity. Java does not, but no JSON shows
// the difference.
func hasSameKey(a, b any) bool {
	x, ok := a.(*big.Int)
	y, both := b.(*big.Int)
	if ok && both {
		return x.Cmp(y) == 0
	}
	return a == b
}

// searched returns the steps to look up a key: without an index, all keys are compared.
func (o *object) searched(key any) int {
	if isString(key) && o.places != nil {
		return 0
	}
	return o.size()
}

func (o *object) get(key any) (any, bool) {
	if at := o.place(key); at >= 0 {
		return o.vals[at], true
	}
	return nil, false
}

// put returns the value that was there before.
func (o *object) put(key, value any) any {
	if at := o.place(key); at >= 0 {
		before := o.vals[at]
		o.vals[at] = value
		return before
	}
	o.changes++
	o.keys, o.vals = append(o.keys, key), append(o.vals, value)
	if name, ok := key.(string); ok && o.places != nil {
		o.places[name] = len(o.keys) - 1
	} else if o.places == nil && len(o.keys) >= indexed {
		o.index()
	}
	return nil
}

func (o *object) index() {
	o.places = make(map[string]int, 2*len(o.keys))
	for i, key := range o.keys {
		if name, ok := key.(string); ok {
			o.places[name] = i
		}
	}
}

func (o *object) remove(key any) any {
	at := o.place(key)
	if at < 0 {
		return nil
	}
	o.changes++
	before := o.vals[at]
	o.keys = append(o.keys[:at:at], o.keys[at+1:]...)
	o.vals = append(o.vals[:at:at], o.vals[at+1:]...)
	if o.places != nil {
		o.index()
	}
	return before
}

func (o *object) clear() {
	o.changes++
	o.keys, o.vals, o.places = nil, nil, nil
}

func (o *object) values() []any { return append([]any(nil), o.vals...) }

func (o *object) entries() *list {
	out := &list{kind: setList, behind: o, items: make([]any, len(o.keys))}
	for i := range o.keys {
		out.items[i] = &entry{key: o.keys[i], value: o.vals[i]}
	}
	return out
}

// ValueForKey and the four methods after it let JSONPath read a map (jp.Keyed).
func (o *object) ValueForKey(key string) (any, bool) { return o.get(key) }

// SetValueForKey is part of jp.Keyed; no expression here writes.
func (o *object) SetValueForKey(key string, value any) { o.put(key, value) }

// RemoveValueForKey is part of jp.Keyed; no expression here writes.
func (o *object) RemoveValueForKey(key string) { o.remove(key) }

// Keys is part of jp.Keyed.
func (o *object) Keys() []string {
	keys := make([]string, 0, len(o.keys))
	for _, key := range o.keys {
		if name, ok := key.(string); ok {
			keys = append(keys, name)
		}
	}
	return keys
}

// listKind is the Java type of a list.
type listKind uint8

const (
	arrayList listKind = iota
	jsonArray          // its text is JSON (assumption VTL-3)
	setList            // of keys, values or entries: no element has a number
	javaArray          // of String.split: its text is a Java address
)

type list struct {
	items   []any
	kind    listKind
	changes int     // elements added or removed
	behind  *object // the map whose keys, values or entries they are
}

// ValueAtIndex and the two methods after it let JSONPath read a list (jp.Indexed).
func (l *list) ValueAtIndex(index int) any { return l.items[index] }

// SetValueAtIndex is part of jp.Indexed; no expression here writes.
func (l *list) SetValueAtIndex(index int, value any) { l.items[index] = value }

// Size is part of jp.Indexed.
func (l *list) Size() int { return len(l.items) }

type entry struct{ key, value any }

// typeName names a value's type in messages.
func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return "a boolean"
	case char:
		return "a character"
	case *object, *contextMap:
		return "a map"
	case *list:
		return "a list"
	case *entry:
		return "a map's entry"
	case *loop:
		return "$foreach"
	case *deferred:
		return "a block"
	case input:
		return "$input"
	case util:
		return "$util"
	}
	return "a number"
}

// appendText appends a value's text as Java's toString writes it.
func (r *run) appendText(out []byte, value any, depth int) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case string:
		return append(out, v...), nil
	case char:
		return append(out, v.text()...), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case int32:
		return strconv.AppendInt(out, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(out, v, 10), nil
	case float64:
		return appendDouble(out, v), nil
	case *big.Int:
		return v.Append(out, 10), nil
	case *decimal:
		return v.append(out), nil
	}
	return r.appendStructure(out, value, depth)
}

// appendStructure pays for what it writes: a small value can hold itself many times.
func (r *run) appendStructure(out []byte, value any, depth int) ([]byte, error) {
	if depth >= maxDepth {
		return nil, failuref("a value nested more than %d levels deep, or in itself, has no text", maxDepth)
	}
	if err := r.spend(1, nowhere); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case input, util: // assumption VTL-12
		return append(out, "{}"...), nil
	case *object:
		return r.appendMap(out, v, depth)
	case *contextMap:
		return r.appendMap(out, v.all(), depth)
	case *list:
		return r.appendList(out, v, depth)
	case *entry:
		out, err := r.appendText(out, v.key, depth+1)
		if err != nil {
			return nil, err
		}
		return r.appendText(append(out, '='), v.value, depth+1)
	case *deferred:
		text, ok, err := v.text(r)
		if !ok {
			text = "null"
		}
		return append(out, text...), err
	}
	return nil, failuref("%s has no text of its own: Java writes an address there", typeName(value))
}

func (r *run) appendMap(out []byte, o *object, depth int) ([]byte, error) {
	err := r.pay(len(o.keys))
	if err != nil {
		return nil, err
	}
	out = append(out, '{')
	for i := range o.keys {
		if i > 0 {
			out = append(out, ", "...)
		}
		if out, err = r.appendText(out, o.keys[i], depth+1); err != nil {
			return nil, err
		}
		if out, err = r.appendText(append(out, '='), o.vals[i], depth+1); err != nil {
			return nil, err
		}
		if err = checkSize(out); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func (r *run) appendList(out []byte, l *list, depth int) ([]byte, error) {
	switch l.kind {
	case jsonArray:
		before := r.asText
		r.asText = true
		defer func() { r.asText = before }()
		return r.appendJSON(out, l, depth)
	case javaArray:
		return nil, failuref("an array, such as split gives, has no text of its own: take its elements, as in $a[0]")
	}
	err := r.pay(len(l.items))
	if err != nil {
		return nil, err
	}
	out = append(out, '[')
	for i, item := range l.items {
		if i > 0 {
			out = append(out, ", "...)
		}
		if out, err = r.appendText(out, item, depth+1); err != nil {
			return nil, err
		}
		if err = checkSize(out); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

// textOf is a value's text as a string.
func (r *run) textOf(value any) (string, error) {
	if s, ok := value.(string); ok {
		return s, nil
	}
	out, err := r.appendText(nil, value, 0)
	if err != nil {
		return "", err
	}
	return asText(out), r.spendBytes(len(out), nowhere)
}

// same is Velocity's ==: numbers by value, equals within one class, otherwise the same text.
func (r *run) same(a, b any, at int) (bool, error) {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return x == y, r.spend(inSteps(min(len(x), len(y))), at)
		}
	}
	if isNumber(a) && isNumber(b) {
		if err := r.spendNumbers(a, b, at); err != nil {
			return false, err
		}
		order, err := compare(a, b)
		if err != nil {
			return false, r.failure(at, "%s", err)
		}
		return order == 0, nil
	}
	if a == nil || b == nil {
		return a == b, nil
	}
	if sameClass(a, b) {
		equal, err := r.equal(a, b, 0)
		return equal, r.located(err, at)
	}
	x, err := r.textOf(a)
	if err != nil {
		return false, r.located(err, at)
	}
	y, err := r.textOf(b)
	return x == y, r.located(err, at)
}

func sameClass(a, b any) bool {
	switch a.(type) {
	case string:
		return isString(b)
	case bool:
		_, ok := b.(bool)
		return ok
	case *object, *contextMap:
		return mapOf(b) != nil
	case *list:
		_, ok := b.(*list)
		return ok
	case *deferred:
		_, ok := b.(*deferred)
		return ok
	}
	return false
}

// mapOf returns a map's entries, also those of $context.
func mapOf(value any) *object {
	switch v := value.(type) {
	case *object:
		return v
	case *contextMap:
		return v.all()
	}
	return nil
}

// equal is Java's equals: 1 and 1.0 differ, as do 1 of an Integer and 1 of a Long.
func (r *run) equal(a, b any, depth int) (bool, error) {
	if depth >= maxDepth {
		return false, failuref("values nested more than %d levels deep, or in themselves, cannot be compared", maxDepth)
	}
	if err := r.pay(1 + weight(a)); err != nil {
		return false, err
	}
	switch x := a.(type) {
	case *big.Int:
		y, ok := b.(*big.Int)
		return ok && x.Cmp(y) == 0, nil
	case *decimal:
		y, ok := b.(*decimal)
		return ok && x.scale == y.scale && x.unscaled.Cmp(y.unscaled) == 0, nil
	case *object, *contextMap:
		return r.equalMaps(mapOf(a), mapOf(b), depth)
	case *list:
		y, ok := b.(*list)
		return r.equalIf(ok && (x.kind == setList) == (y.kind == setList), x.itemsOf(), y.itemsOf(), depth)
	case *entry:
		y, ok := b.(*entry)
		return r.equalIf(ok, x.pair(), y.pair(), depth)
	}
	return a == b, nil
}

func (l *list) itemsOf() []any {
	if l == nil {
		return nil
	}
	return l.items
}

func (e *entry) pair() []any {
	if e == nil {
		return nil
	}
	return []any{e.key, e.value}
}

func (r *run) equalIf(alike bool, a, b []any, depth int) (bool, error) {
	if !alike || len(a) != len(b) {
		return false, nil
	}
	return r.equalItems(a, b, depth)
}

func (r *run) equalItems(a, b []any, depth int) (bool, error) {
	for i := range a {
		if same, err := r.equal(a[i], b[i], depth+1); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *run) equalMaps(a, b *object, depth int) (bool, error) {
	if a == nil || b == nil || len(a.keys) != len(b.keys) {
		return false, nil
	}
	for i, key := range a.keys {
		if err := r.pay(weight(key) + b.searched(key)); err != nil {
			return false, err
		}
		other, ok := b.get(key)
		if !ok {
			return false, nil
		}
		if same, err := r.equal(a.vals[i], other, depth+1); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// ordered evaluates <, <=, > and >=. In Velocity a value that is not a number is neither less nor greater.
func (r *run) ordered(operator string, a, b any, at int) (bool, error) {
	if !isNumber(a) || !isNumber(b) {
		return false, nil
	}
	if err := r.spendNumbers(a, b, at); err != nil {
		return false, err
	}
	order, err := compare(a, b)
	if err != nil {
		return false, r.failure(at, "%s", err)
	}
	switch operator {
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	}
	return order >= 0, nil
}
