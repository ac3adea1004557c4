package lacking

import "testing"

// recorder notes how a test ends.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()            {}
func (r *recorder) Fatal(lines ...any) { r.ended += "failed: " + lines[0].(string) }
func (r *recorder) Skip(lines ...any)  { r.ended += "skipped: " + lines[0].(string) }

func TestEnd(t *testing.T) {
	for value, want := range map[string]string{"": "skipped: no tool; install it", "false": "skipped: no tool; install it"} {
		t.Setenv("CI", value)
		r := &recorder{}
		End(r, "no tool; install it")
		if r.ended != want {
			t.Errorf("with CI=%s the test %s, want %s", value, r.ended, want)
		}
	}
	t.Setenv("CI", "true")
	r := &recorder{}
	End(r, "no tool; install it")
	if want := "failed: no tool; install it"; len(r.ended) < len(want) || r.ended[:len(want)] != want {
		t.Errorf("with CI=true the test %s, want %s", r.ended, want)
	}
}
