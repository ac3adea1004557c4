package tfjson

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A text that Parse does not pass to Terraform's parser would be the same after it.
func TestALiteralIsWhatTheParserSays(t *testing.T) {
	texts := []string{"", "$", "%", "{", "$ {", "$$", "$$$", "%%", "a$", "$a{", `\\n`, `"`, `\"`, "a\nb", "a\r\nb", "\r", "\x00", "<<EOT\n", "# a", "/*", "~}", "$input.json('$')"}
	for letter := range rune(128) {
		texts = append(texts, string(letter), "$"+string(letter), "%"+string(letter)+"x")
	}
	for _, text := range texts {
		if !withoutExpressions(text) {
			continue
		}
		got, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
		expression, err := parse(text)
		if err != nil {
			t.Errorf("the parser refuses %q: %v", text, err)
			continue
		}
		var want []Part
		for _, e := range split(expression) {
			if part := toPart(e, text); part != (Part{}) {
				want = append(want, part)
			}
		}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("Parse(%q) is not what the parser says (-parser +Parse):\n%s", text, difference)
		}
	}
	for _, text := range []string{"${a.b.c}", "a%{if true}b%{endif}", "$${a}", "e\u0301"} {
		if withoutExpressions(text) {
			t.Errorf("%q counts as a literal", text)
		}
	}
}
