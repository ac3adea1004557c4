package arguments

import "testing"

// Patterns are compiled when a stack needs them, so a wrong one would end a user's command.
func TestEachPatternCompiles(t *testing.T) {
	for typ, arguments := range rules {
		for _, a := range arguments {
			func() {
				defer func() {
					if wrong := recover(); wrong != nil {
						t.Errorf("%s of %s: %v", a.path, typ, wrong)
					}
				}()
				a.check([]any{"a text"})
			}()
		}
	}
}
