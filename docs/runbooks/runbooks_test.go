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
