package draft4_test

import (
	"strconv"
	"testing"

	"cdk.tf/go/ingest/internal/draft4"
)

// The verdicts are those of JavaScript's new RegExp(pattern).test(text).
func TestPatternsAreOfECMA262(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		matches       bool
	}{
		{`^.$`, "a", true},
		{`^.$`, "😀", false},
		{`^..$`, "😀", true},
		{`^.{1,3}$`, "😀😀", false},
		{`^😀$`, "😀", true},
		{`^[😀]{2}$`, "😀", true},
		{`^\ud83d\ude00$`, "😀", true},
		{`^\😀$`, "😀", true},
		{`^.$`, "\u2028", false},
		{`^[^x]$`, "\n", true},
		{`^a$`, "a\n", false},
		{`^\s$`, "\u00a0", true},
		{`^\w$`, "é", false},
		{`^\d$`, "٣", false},
		{`^[a-z-[aeiou]]$`, "b", false},
		{`^[a-z-[aeiou]]$`, "b]", true},
		{`^[[:alpha:]]$`, "a]", true},
		{`^[.]$`, "x", false},
		{`^[]$`, "", false},
		{`^[^]$`, "\n", true},
		{`^[(?i)]+$`, "(?i)", true},
		{`^\(?i$`, "i", true},
		{`^(?:a)(?=b)(?!c)b$`, "ab", true},
		{`^\p{L}$`, "p{L}", true},
		{`^\p{L}$`, "é", false},
		{`^\A\z\k\x4$`, "Azkx4", true},
		{`^[\A]$`, "A", true},
		{`^\x41\u0041\t\v\f\r\n\0$`, "AA\t\v\f\r\n\x00", true},
		{`^\cJ$`, "\n", true},
		{`^\/\-\_\.$`, "/-_.", true},
		{`(a)\1`, "aa", true},
		{`^[a-z._-\d]+$`, "a_-7", true},
		{`^[a-z._-\d]+$`, "a`", false},
		{`^[^!-\s]$`, "#", true},
		{`^[*^$+?]\b$`, "+", false},
		{`^{1}$`, "{1}", true}, // in Rhino; V8 refuses it
	} {
		schema, err := compile(t, `{"pattern": `+strconv.Quote(test.pattern)+`}`)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if err := schema.Validate(test.text); (err == nil) != test.matches {
			t.Errorf("%s, %q: %v", test.pattern, test.text, err)
		}
	}
	for _, pattern := range []string{`(?i)a`, `(?i:a)`, `(?<=a)b`, `(?<!a)b`, `(?<n>a)`, `(?P<n>a)`, `(?>a)`, `(?#a)`, `(?`, `(?'n'a)`, `a++`, `a**`, `[z-a]`, `[😀-😎]`, `(`, `\`, `^*`, `^?a`, `a$+`, `\b*`, `\B?`, `(a|^+)`} {
		if _, err := compile(t, `{"pattern": `+strconv.Quote(pattern)+`}`); err == nil {
			t.Errorf("%s is taken", pattern)
		}
	}
}

func TestUnmeantEscapes(t *testing.T) {
	for pattern, want := range map[string]string{
		`^\d\D\w\W\s\S\b\B\t\n\v\f\r\cA\x00\u0000\0\1\.$`: "", `\p{L}\A`: `\p`, `[\P]`: `\P`, `\u{61}`: `\u`, `\xg`: `\x`, `\c1`: `\c`, `a\Z`: `\Z`, `\\A`: "", `(?i)\A`: "",
	} {
		if got := draft4.UnmeantEscape(pattern); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}
