package vtl

import "fmt"

// maxElements bounds a list or a map that a template fills. Loops end earlier, but addAll can double a list again and again.
const maxElements = 1_000_000

var listClass = &type1{
	methods: map[string]signature{
		"size":        {0, 0, onList(func(l *list) any { return int32(len(l.items)) })},
		"isEmpty":     {0, 0, onList(func(l *list) any { return len(l.items) == 0 })},
		"get":         {1, 1, listGet},
		"add":         {1, 2, listAdd},
		"addAll":      {1, 2, listAddAll},
		"contains":    {1, 1, func(c *call) (any, error) { at, err := c.find(c.args[0]); return at >= 0, err }},
		"containsAll": {1, 1, listContainsAll},
		"indexOf":     {1, 1, numbered(func(c *call) (any, error) { at, err := c.find(c.args[0]); return int32(at), err })},
		"lastIndexOf": {1, 1, numbered(listLastIndexOf)},
		"remove":      {1, 1, listRemove},
		"removeAll":   {1, 1, listRemoveAll},
		"set":         {2, 2, listSet},
		"subList":     {2, 2, numbered(listSubList)},
		"clear":       {0, 0, listClear},
		"toArray":     {0, 0, listToArray},
		"toString":    {0, 0, textMethod},
		"equals":      {1, 1, equalsMethod},
	},
	unknown: setOf("iterator", "listIterator", "stream", "parallelStream", "spliterator", "sort", "forEach", "removeIf",
		"replaceAll", "retainAll", "ensureCapacity", "trimToSize", "clone", "of", "copyOf", "getFirst", "getLast", "addFirst",
		"addLast", "removeFirst", "removeLast", "reversed", "toJSONString", "appendElement", "merge", "length"),
}

func onList(do func(l *list) any) func(*call) (any, error) {
	return func(c *call) (any, error) { return do(c.list()), nil }
}

func listToArray(c *call) (any, error) {
	items := c.list().items
	if err := c.run.pay(stepsOfList + len(items)); err != nil {
		return nil, err
	}
	return &list{kind: javaArray, items: append([]any(nil), items...)}, nil
}

func (c *call) list() *list {
	l, _ := c.self.(*list)
	return l
}

// numbered refuses a set: it lacks the method.
func numbered(do func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if c.list().kind == setList {
			return nil, errNoMethod
		}
		return do(c)
	}
}

// writable refuses changes at which Java throws, or which would change the map behind the list.
func (c *call) writable() error {
	switch c.list().kind {
	case setList:
		return failuref("the keys, values and entries of a map can be read here, not changed")
	case javaArray:
		return failuref("an array cannot get or lose elements")
	}
	return nil
}

func listGet(c *call) (any, error) {
	if _, ok := c.int(0); !ok || c.list().kind == setList {
		return nil, errNoMethod
	}
	return c.list().at(c.args[0])
}

func listAdd(c *call) (any, error) {
	l := c.list()
	if err := c.writable(); err != nil {
		return nil, err
	}
	if len(c.args) == 1 {
		l.items = append(l.items, c.args[0])
		return true, c.grown(2)
	}
	return "", c.insert([]any{c.args[1]})
}

// insert puts elements before the one at the index that is the first argument.
func (c *call) insert(items []any) error {
	l := c.list()
	at, ok := c.int(0)
	if !ok {
		return errNoMethod
	}
	if at < 0 || at > len(l.items) {
		return failuref("the list has %d elements; nothing can be added at %d", len(l.items), at)
	}
	if err := c.run.pay(3 * (len(l.items) + len(items))); err != nil {
		return err
	}
	l.items = append(l.items[:at:at], append(append([]any(nil), items...), l.items[at:]...)...)
	return c.grown(0)
}

func (c *call) grown(by int) error {
	c.list().changes++
	if len(c.list().items) > maxElements {
		return failuref("a list of more than %d elements", maxElements)
	}
	return c.run.pay(by)
}

func listAddAll(c *call) (any, error) {
	if err := c.writable(); err != nil {
		return nil, err
	}
	more, ok := c.args[len(c.args)-1].(*list)
	if !ok || more.kind == javaArray {
		return nil, errNoMethod
	}
	added := len(more.items) > 0
	if len(c.args) == 2 {
		return added, c.insert(more.items)
	}
	if err := c.run.pay(2 * len(more.items)); err != nil {
		return nil, err
	}
	c.list().items = append(c.list().items, more.items...)
	return added, c.grown(0)
}

// find is indexOf.
func (c *call) find(what any) (int, error) {
	for i, item := range c.list().items {
		same, err := c.run.equal(item, what, 0)
		if err != nil {
			return -1, err
		}
		if same {
			return i, nil
		}
	}
	return -1, nil
}

func listLastIndexOf(c *call) (any, error) {
	items := c.list().items
	for i := len(items) - 1; i >= 0; i-- {
		same, err := c.run.equal(items[i], c.args[0], 0)
		if err != nil || same {
			return int32(i), err
		}
	}
	return int32(-1), nil
}

func listContainsAll(c *call) (any, error) {
	others, ok := c.args[0].(*list)
	if !ok || others.kind == javaArray {
		return nil, errNoMethod
	}
	for _, other := range others.items {
		if at, err := c.find(other); at < 0 || err != nil {
			return false, err
		}
	}
	return true, nil
}

// listRemove treats an int as the element's index, as Java does, and anything else as the element.
func listRemove(c *call) (any, error) {
	if err := c.writable(); err != nil {
		return nil, err
	}
	l := c.list()
	at, isNumber := c.int(0)
	if !isNumber {
		var err error
		if at, err = c.find(c.args[0]); err != nil || at < 0 {
			return false, err
		}
	}
	if at < 0 || at >= len(l.items) {
		return nil, failuref("the list has %d elements, none at %d", len(l.items), at)
	}
	if err := c.run.pay(len(l.items)); err != nil {
		return nil, err
	}
	l.changes++
	removed := l.items[at]
	l.items = append(l.items[:at:at], l.items[at+1:]...)
	if isNumber {
		return removed, nil
	}
	return true, nil
}

func listRemoveAll(c *call) (any, error) {
	if err := c.writable(); err != nil {
		return nil, err
	}
	others, ok := c.args[0].(*list)
	if !ok || others.kind == javaArray {
		return nil, errNoMethod
	}
	kept := []any{}
	search := &call{run: c.run, self: others}
	for _, item := range c.list().items {
		if err := c.run.pay(2); err != nil {
			return nil, err
		}
		at, err := search.find(item)
		if err != nil {
			return nil, err
		}
		if at < 0 {
			kept = append(kept, item)
		}
	}
	changed := len(kept) != len(c.list().items)
	c.list().items = kept
	if changed {
		c.list().changes++
	}
	return changed, nil
}

func listSet(c *call) (any, error) { return c.list().replace(c.args[0], c.args[1]) }

// listSubList returns a copy. Java's subList is a view.
func listSubList(c *call) (any, error) {
	l := c.list()
	from, ok := c.int(0)
	to, both := c.int(1)
	if !ok || !both {
		return nil, errNoMethod
	}
	if from < 0 || to > len(l.items) || from > to {
		return nil, failuref("subList from %d to %d of a list of %d elements", from, to, len(l.items))
	}
	if err := c.run.pay(stepsOfList + to - from); err != nil {
		return nil, err
	}
	return &list{items: append([]any(nil), l.items[from:to]...)}, nil
}

func listClear(c *call) (any, error) {
	if err := c.writable(); err != nil {
		return nil, err
	}
	c.list().items = nil
	c.list().changes++
	return "", nil
}

var mapClass = &type1{
	methods: map[string]signature{
		"get":           {1, 1, mapGet},
		"getOrDefault":  {2, 2, mapGetOrDefault},
		"put":           {2, 2, func(c *call) (any, error) { return c.put(c.args[0], c.args[1]) }},
		"putIfAbsent":   {2, 2, mapPutIfAbsent},
		"putAll":        {1, 1, mapPutAll},
		"containsKey":   {1, 1, func(c *call) (any, error) { _, ok, err := c.lookup(c.args[0]); return ok, err }},
		"containsValue": {1, 1, mapContainsValue},
		"keySet":        {0, 0, func(c *call) (any, error) { return c.copied(c.object().keys) }},
		"values":        {0, 0, func(c *call) (any, error) { return c.copied(c.object().vals) }},
		"entrySet":      {0, 0, mapEntrySet},
		"size":          {0, 0, func(c *call) (any, error) { return int32(c.object().size()), nil }},
		"isEmpty":       {0, 0, func(c *call) (any, error) { return c.object().size() == 0, nil }},
		"remove":        {1, 1, mapRemove},
		"clear":         {0, 0, func(c *call) (any, error) { c.object().clear(); return "", nil }},
		"toString":      {0, 0, textMethod},
		"equals":        {1, 1, equalsMethod},
	},
	unknown: setOf("clone", "compute", "computeIfAbsent", "computeIfPresent", "forEach", "merge", "replace", "replaceAll",
		"of", "ofEntries", "entry", "copyOf", "firstEntry", "lastEntry", "pollFirstEntry", "pollLastEntry", "putFirst",
		"putLast", "reversed", "sequencedKeySet", "sequencedValues", "sequencedEntrySet", "toJSONString"),
}

func (c *call) object() *object { return mapOf(c.self) }

func (c *call) copied(items []any) (any, error) {
	if err := c.run.pay(stepsOfList + len(items)); err != nil {
		return nil, err
	}
	return &list{kind: setList, behind: c.object(), items: append([]any(nil), items...)}, nil
}

func mapEntrySet(c *call) (any, error) {
	const stepsOfPair = 3
	if err := c.run.pay(stepsOfList + stepsOfPair*c.object().size()); err != nil {
		return nil, err
	}
	return c.object().entries(), nil
}

// lookup finds the value of a key, and pays for the search.
func (c *call) lookup(key any) (any, bool, error) {
	o := c.object()
	if err := c.run.pay(o.searched(key)); err != nil {
		return nil, false, err
	}
	value, ok := o.get(key)
	return value, ok, nil
}

func (c *call) put(key, value any) (any, error) {
	before, err := c.run.putInto(c.object(), key, value)
	if err == nil && c.object().size() > maxElements {
		err = failuref("a map of more than %d elements", maxElements)
	}
	return before, err
}

func mapGet(c *call) (any, error) {
	if m, ok := c.self.(*contextMap); ok {
		name, _ := c.text(0)
		return m.property(name), nil
	}
	value, _, err := c.lookup(c.args[0])
	return value, err
}

func mapGetOrDefault(c *call) (any, error) {
	if value, ok, err := c.lookup(c.args[0]); ok || err != nil {
		return value, err
	}
	return c.args[1], nil
}

func mapPutIfAbsent(c *call) (any, error) {
	if value, _, err := c.lookup(c.args[0]); value != nil || err != nil {
		return value, err
	}
	return c.put(c.args[0], c.args[1])
}

func mapPutAll(c *call) (any, error) {
	more := mapOf(c.args[0])
	if more == nil {
		return nil, errNoMethod
	}
	if err := c.run.pay(len(more.keys)); err != nil {
		return nil, err
	}
	for i, key := range append([]any(nil), more.keys...) {
		if _, err := c.put(key, more.vals[i]); err != nil {
			return nil, err
		}
	}
	return "", nil
}

func mapContainsValue(c *call) (any, error) {
	for _, value := range c.object().vals {
		same, err := c.run.equal(value, c.args[0], 0)
		if err != nil || same {
			return same, err
		}
	}
	return false, nil
}

func mapRemove(c *call) (any, error) {
	o := c.object()
	if o.locked[c.args[0]] {
		return nil, failuref("the override of %s is final: it cannot be removed", quoted(fmt.Sprint(c.args[0])))
	}
	if err := c.run.pay(1 + stepsOfEntry*o.size()); err != nil {
		return nil, err
	}
	return o.remove(c.args[0]), nil
}

var entryClass = &type1{
	methods: map[string]signature{
		"getKey":   {0, 0, func(c *call) (any, error) { return c.self.(*entry).key, nil }},
		"getValue": {0, 0, func(c *call) (any, error) { return c.self.(*entry).value, nil }},
		"toString": {0, 0, textMethod},
		"equals":   {1, 1, equalsMethod},
	},
	unknown: setOf("setValue", "comparingByKey", "comparingByValue", "copyOf"),
}

// loopClass is Velocity 1.7's ForeachScope. Its getDepth is protected, so a template cannot read the depth.
var loopClass = &type1{
	methods: map[string]signature{
		"getIndex":   {0, 0, onLoop(func(l *loop) any { return int32(l.index) })},
		"getCount":   {0, 0, onLoop(func(l *loop) any { return int32(l.index + 1) })},
		"hasNext":    {0, 0, onLoop(func(l *loop) any { return l.items.hasNext() })},
		"getHasNext": {0, 0, onLoop(func(l *loop) any { return l.items.hasNext() })},
		"isFirst":    {0, 0, onLoop(func(l *loop) any { return l.index == 0 })},
		"getFirst":   {0, 0, onLoop(func(l *loop) any { return l.index == 0 })},
		"isLast":     {0, 0, onLoop(func(l *loop) any { return !l.items.hasNext() })},
		"getLast":    {0, 0, onLoop(func(l *loop) any { return !l.items.hasNext() })},
		"getParent":  {0, 0, onLoop(func(l *loop) any { return l.around() })},
		"getTopmost": {0, 0, onLoop(topmost)},
		"equals":     {1, 1, func(c *call) (any, error) { return c.self == c.args[0], nil }},
	},
	unknown: setOf("stop", "getReplaced", "getInfo", "put", "get", "getEach", "toString"),
}

func onLoop(do func(l *loop) any) func(*call) (any, error) {
	return func(c *call) (any, error) { return do(c.self.(*loop)), nil }
}

func (l *loop) around() any {
	if parent, ok := l.parent.(*loop); ok {
		return parent
	}
	return nil
}

func topmost(l *loop) any {
	for {
		parent, ok := l.parent.(*loop)
		if !ok {
			return l
		}
		l = parent
	}
}
