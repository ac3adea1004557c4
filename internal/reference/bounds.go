package reference

import (
	"reflect"
	"strings"
	"time"

	"cdk.tf/go/ingest/spec"
)

// probe is an environment in which an option has another value, and what its validation says of the option.
func probe(env spec.Environment, path string, value reflect.Value) (said []string) {
	option := at(&env, path)
	before := reflect.New(option.Type()).Elem()
	before.Set(option)
	option.Set(value)
	defer option.Set(before) // the environment may share it with another
	err := env.Validate()
	if err == nil {
		return nil
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if _, problem, ok := strings.Cut(line, ": "+path+" "); ok {
			said = append(said, problem)
		}
	}
	return said
}

// impossible is a value of a type that no option takes; not ok of a type that has none.
func impossible(t reflect.Type) (value reflect.Value, ok bool) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return reflect.ValueOf(-time.Nanosecond), true
	case t.Kind() == reflect.Int || t.Kind() == reflect.Float64:
		return reflect.ValueOf(-1).Convert(t), true
	case t.Kind() == reflect.String && !isOurs(t):
		return reflect.ValueOf("\x00").Convert(t), true
	}
	return value, false
}

// bounds are what the validation wants in place of an impossible value, in its own words; empty where it says nothing. An option
// may count only where another is on, as in one of the environments.
func (o *options) bounds(path string) string {
	for _, env := range o.on(path) {
		value, ok := impossible(at(&env, path).Type())
		if !ok {
			return ""
		}
		for _, problem := range probe(env, path, value) {
			if _, remedy, ok := strings.Cut(problem, "; use "); ok {
				return remedy
			}
		}
	}
	return ""
}

// needs is where the validation refuses the option, because it has no effect there; empty where it has one everywhere.
func (o *options) needs(path string) string {
	for _, env := range o.on(path) {
		for _, problem := range probe(spec.Default(example), path, at(&env, path)) {
			if why, _, ok := strings.Cut(strings.TrimPrefix(problem, "is set and "), "; "); ok && strings.HasPrefix(problem, "is set and ") {
				return why
			}
		}
	}
	return ""
}

// on are the environments that do not leave an option its default.
func (o *options) on(path string) []spec.Environment {
	var found []spec.Environment
	for _, env := range o.catalogue {
		standard := spec.Default(env.Name)
		if !reflect.DeepEqual(at(&env, path).Interface(), at(&standard, path).Interface()) {
			found = append(found, env)
		}
	}
	return append(found, spec.Default("probe"))
}
