package spec

import "testing"

func TestDeletionWindow(t *testing.T) {
	window := func(days int) func(e *Environment) {
		return func(e *Environment) { e.Encryption = Encryption{CustomerKey: true, DeletionWindowDays: days} }
	}
	testRefusals(t, []refusal{
		{"6 days", window(6), []string{`Encryption.DeletionWindowDays is 6; use 7 to 30`}},
		{"31 days", window(31), []string{`Encryption.DeletionWindowDays is 31; use 7 to 30`}},
		{"the Sovereign Cloud", func(e *Environment) { e.Region, e.Encryption.CustomerKey = "eusc-de-east-1", true }, []string{
			`Encryption.CustomerKey is true and Region is "eusc-de-east-1"; set it to false: no public document says how a key's policy names the services of the European Sovereign Cloud`,
		}},
	})
	testAcceptances(t, []acceptance{
		{"7 days", window(7)},
		{"30 days", window(30)},
		{"a key", func(e *Environment) { e.Encryption.CustomerKey = true }},
	})
}
