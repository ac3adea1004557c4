package vtl

import "testing"

func TestHalfOfAPair(t *testing.T) {
	for text, want := range map[string]bool{
		``: false, `{}`: false, `"\ud83d\ude00"`: false, `"\uD83D\uDE00"`: false, `"\\ud800"`: false, `"\\\ud800"`: true, `"\ud800"`: true,
		`"\udc00"`: true, `"\udc00\ud800"`: true, `"\ud800\ud800\udc00"`: true, `"\ud83d\ude00\ud83d"`: true, `"\ud83d x \ude00"`: true,
		`"\u0041"`: false, `"\n\ud800"`: true, `\`: false, `\u`: false, `"\ud8"`: false, `"\"\ud800"`: true, `"\ud83d\n"`: true,
	} {
		if got := hasHalf(text); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

func TestTheLeastDouble(t *testing.T) {
	for text, want := range map[string]string{`4.9e-324`: "4.9E-324", `2e-323`: "2.0E-323", `1e23`: "1.0E23", `5e7`: "5.0E7", `1e-5`: "1.0E-5"} {
		template, err := Parse("$input.json('$')")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(renders(t, template, &Request{Body: []byte(text)}).Body); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
