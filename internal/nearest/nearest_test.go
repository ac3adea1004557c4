package nearest

import "testing"

func TestName(t *testing.T) {
	environments := []string{"dev", "staging", "prod"}
	commands := []string{"backend", "help", "replay", "up"}
	for _, test := range []struct {
		typed string
		known []string
		want  string
	}{
		{"stagin", environments, "staging"},
		{"prd", environments, "prod"},
		{"dve", environments, "dev"},
		{"stag", environments, "staging"},
		{"production", environments, "prod"},
		{"PROD", environments, "prod"},
		{"qa", environments, ""},
		{"test", environments, ""},
		{"", environments, ""},
		{"upp", commands, "up"},
		{"u", commands, ""}, // one of two characters says nothing
		{"qa", commands, ""},
		{"relpay", commands, "replay"},
		{"dev", nil, ""},
	} {
		if got := Name(test.typed, test.known); got != test.want {
			t.Errorf("%q: got %q, want %q", test.typed, got, test.want)
		}
	}
}

func TestRemedy(t *testing.T) {
	for _, test := range []struct {
		typed string
		known []string
		want  string
	}{
		{"prd", []string{"dev", "prod"}, "did you mean prod? There are dev, prod"},
		{"qa", []string{"dev", "prod"}, "use dev, prod"},
		{"dve", []string{"dev"}, "use dev"},
	} {
		if got := Remedy(test.typed, test.known); got != test.want {
			t.Errorf("%q: got %q, want %q", test.typed, got, test.want)
		}
	}
}
