package jq16

import "testing"

// No text makes the check or a run panic or hang, and every fault stays on one line.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{".a", ".a[0].b[1]", `"x\(.a)"`, `.a|test("(?<n>x)")`, "def f(g): g; f(.a)", ". as [$a, {b: $c}] | $a", "..|.a?", "try error catch .", "reduce .[] as $x (0; .+$x)", "@uri \"\\(.)\"", ".a*.b", "if . then 1 elif . then 2 else 3 end", "[.[]|tostring]|@json", "label $x|break $x", "{(.a):1}|keys|.[0]"} {
		f.Add(seed, `{"a":["b",1.5],"b":2}`)
	}
	f.Fuzz(func(t *testing.T, query, record string) {
		err := Check(query)
		if err == nil {
			var queries *Queries
			if queries, err = Parse(Object([]string{"k"}, []string{query})); err == nil {
				_, err = queries.Run([]byte(record))
			}
		}
		if err != nil && len(err.Error()) == 0 {
			t.Error("a fault says nothing")
		}
	})
}
