package vtl

// scope has a template's variables while a macro or a #foreach renders, like Velocity 1.7's contexts. Each scope wraps another.
// The innermost one is nil: the template's own variables.
type scope interface {
	get(r *run, place int) (any, error)
	put(r *run, place int, value any)
	remove(r *run, place int)
	// argument is the source of a macro's argument, by the macro's name for it with its "$".
	argument(name string) (string, bool)
}

func (r *run) get(place int) (any, error) { return r.getIn(r.scope, place) }

func (r *run) getIn(s scope, place int) (any, error) {
	if s == nil {
		return r.vars[place], nil
	}
	return s.get(r, place)
}

func (r *run) put(place int, value any) { r.putIn(r.scope, place, value) }

func (r *run) putIn(s scope, place int, value any) {
	if s == nil {
		r.vars[place] = value
		return
	}
	s.put(r, place, value)
}

func (r *run) removeIn(s scope, place int) {
	if s == nil {
		r.vars[place] = nil
		return
	}
	s.remove(r, place)
}

// restore sets a variable to its former value. nil removes it.
func (r *run) restore(place int, value any) {
	if value == nil {
		r.removeIn(r.scope, place)
		return
	}
	r.put(place, value)
}

// nullScope wraps an iteration of #foreach whose element is null (NullHolderContext): the loop's variable stays null even if
// the template sets it.
type nullScope struct {
	inner  scope
	place  int
	active bool
}

func (s *nullScope) get(r *run, place int) (any, error) {
	if s.active && place == s.place {
		return nil, nil
	}
	return r.getIn(s.inner, place)
}

func (s *nullScope) put(r *run, place int, value any) {
	if place == s.place && value == nil {
		s.active = true
	}
	r.putIn(s.inner, place, value)
}

func (s *nullScope) remove(r *run, place int) {
	if place == s.place {
		s.active = false
	}
	r.removeIn(s.inner, place)
}

func (s *nullScope) argument(name string) (string, bool) { return argumentIn(s.inner, name) }

func argumentIn(s scope, name string) (string, bool) {
	if s == nil {
		return "", false
	}
	return s.argument(name)
}

// macroScope wraps a macro's body (ProxyVMContext). A variable that the body sets is also set outside, but hides an argument of
// the name.
type macroScope struct {
	inner scope
	local map[int]any
	// arguments are evaluated at each use in the body, in the scope of the call.
	arguments map[int]expression
	sources   map[string]string
}

func (s *macroScope) get(r *run, place int) (any, error) {
	if value := s.local[place]; value != nil {
		return value, nil
	}
	argument, ok := s.arguments[place]
	if !ok {
		return r.getIn(s.inner, place)
	}
	if err := r.pay(1); err != nil {
		return nil, err
	}
	around := r.scope
	r.scope = s.inner
	defer func() { r.scope = around }()
	if name, ok := argument.(*reference); ok && len(name.parts) == 0 && !name.dead {
		return r.get(name.root)
	}
	return argument.value(r)
}

func (s *macroScope) put(r *run, place int, value any) {
	s.local[place] = value
	r.putIn(s.inner, place, value)
}

func (s *macroScope) remove(r *run, place int) {
	delete(s.local, place)
	delete(s.arguments, place)
	r.removeIn(s.inner, place)
}

func (s *macroScope) argument(name string) (string, bool) {
	if source, ok := s.sources[name]; ok {
		return source, true
	}
	return argumentIn(s.inner, name)
}
