package stacks

import (
	"slices"
	"testing"
)

func TestEveryEnvironmentIsDeclared(t *testing.T) {
	if err := CheckDeclared(); err != nil {
		t.Error(err)
	}
	if got := names(declared); !slices.Contains(got, "Dev") || !slices.Contains(got, "Prod") {
		t.Errorf("the functions' names are %q", got)
	}
}

func TestEnvironmentsIn(t *testing.T) {
	const text = `package stacks
func QA() spec.Environment { return spec.Environment{} }
func named(name string) spec.Environment { return spec.Environment{} }
func both() (spec.Environment, error) { return spec.Environment{}, nil }
func (x y) method() spec.Environment { return spec.Environment{} }
func all() []spec.Environment { return nil }
func nothing() {}
`
	for name, want := range map[string][]string{"qa.go": {"QA"}, "qa_test.go": nil} {
		got, err := environmentsIn(name, []byte(text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
}
