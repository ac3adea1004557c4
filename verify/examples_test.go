package verify

import "testing"

func TestExampleInSeveralLines(t *testing.T) {
	for curl, want := range map[string]string{
		`curl -sS -X POST https://x/submit -d '{"a": "it'\''s"}'`:                                                        `{"a": "it's"}`,
		"curl -sS -X POST \\\n  https://x/submit \\\n  -H \"X-Api-Key: $API_KEY\" \\\n  -d '{\"a\": 1}'":                 `{"a": 1}`,
		"printf %s '\n{\"a\": \"it'\\''s\",\n \"b\": [1,\n 2]}\n' | curl -sS -X POST \\\n  https://x/submit \\\n  -d @-": `{"a": "it's", "b": [1, 2]}`,
		"curl https://x/submit": "",
		"":                      "",
	} {
		if got := exampleIn(curl); got != want {
			t.Errorf("%s: got %s, want %s", curl, got, want)
		}
	}
}
