package spec

import "testing"

func TestDeletionWindow(t *testing.T) {
	window := func(days int) func(e *Environment) {
		return func(e *Environment) { e.Encryption = Encryption{CustomerKey: true, DeletionWindowDays: days} }
	}
	testRefusals(t, []refusal{
		{"6 days", window(6), []string{`Encryption.DeletionWindowDays is 6; use 7 to 30`}},
		{"31 days", window(31), []string{`Encryption.DeletionWindowDays is 31; use 7 to 30`}},
	})
	testAcceptances(t, []acceptance{
		{"7 days", window(7)},
		{"30 days", window(30)},
		{"a key", func(e *Environment) { e.Encryption.CustomerKey = true }},
	})
}
