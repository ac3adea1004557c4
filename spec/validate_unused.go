package spec

// option is one of an environment's options, and whether it is set.
type option struct {
	field string
	set   bool
}

// unused refuses options that are set and have no effect, which nobody can mean: an environment with Query.Columns is meant to
// have a table. It also refuses a value that is there for a time when the switch is on again. Keep such a value in a comment: a
// declaration reads as if the value applied.
func (p *problems) unused(why, remedy string, options ...option) {
	for _, o := range options {
		if o.set {
			p.add(o.field, "is set and "+why, remedy)
		}
	}
}

// isSet reports whether somebody chose the value. The value of [Default] and the zero value do not count: you can turn a switch
// without touching its options, and a literal can leave them out.
func isSet[T comparable](value, byDefault T) bool {
	var none T
	return value != none && value != byDefault
}
