package runbooks

import (
	"strings"
	"testing"
)

func TestLookFirst(t *testing.T) {
	blocks := LookFirst("api-5xx")
	if len(blocks) != 3 || !strings.HasPrefix(blocks[0], `ask "$ACCESS" `) || !strings.HasPrefix(blocks[1], "attempt ") {
		t.Errorf("got %q", blocks)
	}
	for _, id := range []string{"README", "no-such-alarm", "../runbooks/api-5xx", ""} {
		if text, found := Page(id); found || text != "" || LookFirst(id) != nil {
			t.Errorf("%q has a page", id)
		}
	}
}

// What differs on one machine comes after the names, so that its functions hold.
func TestHere(t *testing.T) {
	here := Here()
	at := 0
	for _, want := range []string{"AWS_REGION=$(out region)", "\nmetric() {", "\nINGEST_API=${INGEST_API:-", "\naws() {", "\nask() {", "\nattempt() {"} {
		next := strings.Index(here, want)
		if next < at {
			t.Errorf("%q is at %d, after what is at %d", want, next, at)
		}
		at = next
	}
	if strings.Contains(here, "aws apigateway") || strings.Contains(here, "aws logs") || strings.Contains(here, "terraform") {
		t.Errorf("it asks for what is not imitated:\n%s", here)
	}
}
