package spec

// option is one of an environment's options, and whether it was set.
type option struct {
	field string
	set   bool
}

// unused refuses what is set where it has no effect. Nobody can mean it: whoever sets Query.Columns expects a table. That
// also goes for a value that is kept for when its switch is on again, which is better kept in a comment than in a
// declaration that reads as if it held.
func (p *problems) unused(why, remedy string, options ...option) {
	for _, o := range options {
		if o.set {
			p.add(o.field, "is set and "+why, remedy)
		}
	}
}

// isSet tells a value that was chosen from one that is there anyway: that of [Default], with which a switch may be turned
// alone, or none, as in a literal that leaves it out.
func isSet[T comparable](value, byDefault T) bool {
	var none T
	return value != none && value != byDefault
}
