package catalogue

import (
	"reflect"
	"slices"
	"testing"

	"cdk.tf/go/ingest/spec"
)

func TestValid(t *testing.T) {
	if err := spec.ValidateAll(All()); err != nil {
		t.Error(err)
	}
}

// The names leave every name to a user that a user may want.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, env := range All() {
		if seen[env.Name] {
			t.Errorf("two environments are named %q", env.Name)
		}
		seen[env.Name] = true
	}
	if got := Named("option-keys").Name; got != "option-keys" {
		t.Errorf("option-keys is named %q", got)
	}
}

// Every option has an environment in which it is on, so that a golden shows what it declares.
func TestEveryOptionIsOnSomewhere(t *testing.T) {
	off := map[string]bool{}
	for _, env := range others() {
		compare(reflect.ValueOf(env), reflect.ValueOf(spec.Default(env.Name)), "", off)
	}
	for path, isOff := range off {
		if isOff && path != ".Name" {
			t.Errorf("%s has its default in every environment of the catalogue; set it in one", path[1:])
		}
	}
}

// compare notes of each option whether it has its default, in this environment and all before.
func compare(value, standard reflect.Value, path string, off map[string]bool) {
	if value.Kind() == reflect.Pointer && value.Type().Elem().Kind() == reflect.Struct {
		if value.IsNil() {
			value = reflect.Zero(value.Type().Elem())
		} else {
			value = value.Elem()
		}
		standard = reflect.Zero(value.Type())
	}
	if value.Kind() != reflect.Struct {
		before, known := off[path]
		off[path] = (!known || before) && reflect.DeepEqual(value.Interface(), standard.Interface())
		return
	}
	for i := range value.NumField() {
		compare(value.Field(i), standard.Field(i), path+"."+value.Type().Field(i).Name, off)
	}
}

// Of what is chosen from a few, each choice is made somewhere.
func TestEveryChoiceIsMadeSomewhere(t *testing.T) {
	for what, choice := range map[string]struct {
		of   func(spec.Environment) string
		want []string
	}{
		"Authorization": {func(e spec.Environment) string { return string(e.API.Authorization.Kind) }, []string{"API_KEY", "AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM", "NONE"}},
		"PartitionKey":  {func(e spec.Environment) string { return string(e.API.PartitionKey.Source) }, []string{"JSON path", "header", "request id"}},
		"Capacity":      {func(e spec.Environment) string { return string(e.Stream.Capacity.Mode) }, []string{"ON_DEMAND", "PROVISIONED"}},
		"Format":        {func(e spec.Environment) string { return string(e.Delivery.Format) }, []string{"JSON", "Parquet"}},
		"Removal":       {func(e spec.Environment) string { return string(e.Removal) }, []string{"disposable", "protected", "retained"}},
		"Lambda.Kind":   {func(e spec.Environment) string { return string(e.API.Authorization.Lambda.Kind) }, []string{"", "REQUEST", "TOKEN"}},
	} {
		var got []string
		for _, env := range All() {
			got = append(got, choice.of(env))
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, choice.want) {
			t.Errorf("%s is one of %q in the catalogue, want %q", what, got, choice.want)
		}
	}
}
