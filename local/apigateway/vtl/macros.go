package vtl

import "errors"

// Assumption VTL-13: #define and #macro in a mapping template are Velocity 1.7's, with its velocity.properties. Of #define, the
// default templates of the Serverless Framework use it (serverless/serverless,
// lib/plugins/aws/package/compile/events/api-gateway/lib/method/integration.js). Of #macro, AWS says nothing of API Gateway; of
// AppSync it says that it has none (aws/aws-appsync-community#222), and AppSync's language is another.
//
// Special cases follow apache/velocity-engine at 1.7: Define.java, Block.java, Macro.java, RuntimeMacro.java,
// VelocimacroProxy.java and ProxyVMContext.java.

// These are the largest depths of #define and #macro within themselves (directive.define.max.depth, velocimacro.max.depth).
const (
	maxDefineDepth = 2
	maxMacroDepth  = 20
)

// deferred is a block that is rendered at each use of its name: of #define, or $bodyContent of a macro that is called with a
// block (Velocity's Block.Reference). As a reference it sees the variables of the place where it is rendered. As a text it sees
// those of the place where it was made.
type deferred struct {
	body       block
	made       scope
	depth, max int
}

// render reports whether it rendered. Beyond the largest depth within itself it does not.
func (d *deferred) render(r *run) (bool, error) {
	if d.depth == d.max {
		return false, nil
	}
	d.depth++
	err := r.within(d.body)
	d.depth--
	if errors.Is(err, errBreak) {
		err = nil
	}
	return true, err
}

// within renders a block from within a reference or a macro, which takes stack.
func (r *run) within(body block) error {
	if r.depth++; r.depth > maxNesting {
		return failuref("blocks and macros are nested more than %d levels deep", maxNesting)
	}
	defer func() { r.depth-- }()
	return body.render(r)
}

// text returns the block's text, or false for null if it has none.
func (d *deferred) text(r *run) (string, bool, error) {
	around, out := r.scope, r.out
	r.scope, r.out = d.made, nil // out may hold half a list
	ok, err := d.render(r)
	text := asText(r.out)
	r.scope, r.out = around, out
	if err != nil {
		return "", false, err
	}
	return text, ok, r.spendBytes(len(text), nowhere)
}

var deferredClass = &type1{methods: map[string]signature{
	"toString": {0, 0, func(c *call) (any, error) {
		d, _ := c.self.(*deferred)
		text, ok, err := d.text(c.run)
		if !ok {
			return nil, err
		}
		return text, err
	}},
	"equals": {1, 1, equalsMethod},
}}

// defineNode is #define. A name that is not plain ("${a}") defines a block that no reference can name.
type defineNode struct {
	place int
	named bool
	body  block
}

func (n *defineNode) render(r *run) error {
	if n.named {
		r.put(n.place, &deferred{body: n.body, made: r.scope, max: maxDefineDepth})
	}
	return r.pay(stepsOfList)
}

// macro is the declaration of a #macro. All macros of a template are known before it renders. Of two with the same name the
// first counts (velocimacro.permissions.allow.inline.to.replace.global is false).
type macro struct {
	parameters []parameter
	body       block
}

type parameter struct {
	name  string // "" of one that nothing can name
	place int
}

// macroCall is #name(...), or #@name(...) with a block. If no macro has the name, it is text.
type macroCall struct {
	name      string
	arguments []argument
	body      block
	withBody  bool
	content   int // the place of $bodyContent
	source    string
	at        int
}

func (n *macroCall) render(r *run) error {
	m := r.template.macros[n.name]
	if m == nil {
		return r.writeText(n.source)
	}
	s, err := n.scope(r, m)
	if err != nil {
		return r.located(err, n.at)
	}
	if r.macroDepth == maxMacroDepth {
		return r.failure(n.at, "#%s is nested in %d calls of macros; Velocity allows no more", n.name, maxMacroDepth)
	}
	r.macroDepth++
	around := r.scope
	r.scope = s
	err = r.within(m.body)
	r.scope = around
	if err == nil {
		r.macroDepth-- // a #break does not count down in Velocity either
	}
	if errors.Is(err, errBreak) {
		return nil
	}
	return r.located(err, n.at)
}

func (n *macroCall) scope(r *run, m *macro) (*macroScope, error) {
	if err := r.pay(2*stepsOfMap + stepsOfEntry*len(n.arguments)); err != nil {
		return nil, err
	}
	s := &macroScope{inner: r.scope, local: map[int]any{}, arguments: map[int]expression{}, sources: map[string]string{}}
	for i, given := range n.arguments {
		if given.value == nil {
			return nil, failuref("the argument %s of #%s is a bare word; an argument is a value", quote(given.word), n.name)
		}
		if i >= len(m.parameters) || m.parameters[i].name == "" {
			continue
		}
		p := m.parameters[i]
		if is, ok := given.value.(*constant); ok && !isString(is.is) {
			s.local[p.place] = is.is
			continue
		}
		s.arguments[p.place] = given.value
		s.sources["$"+p.name] = given.value.literal()
	}
	if n.withBody {
		s.local[n.content] = &deferred{body: n.body, made: r.scope, max: maxMacroDepth}
	}
	return s, nil
}

// nullText is the text of an escaped reference, and of one without a text: its source, or for a macro's argument the source in
// the call.
func (r *run) nullText(source string) string {
	if argument, ok := argumentIn(r.scope, source); ok {
		return argument
	}
	return source
}
