package excerpt

import "testing"

func TestACutLeavesWholeCharacters(t *testing.T) {
	for _, test := range []struct {
		text           string
		most           int
		runes, asBytes string
	}{
		{"", 0, "", ""},
		{"abc", 3, "abc", "abc"},
		{"abcd", 3, "abc…", "abc…"},
		{"aéé", 3, "aéé", "aé…"},
		{"aééé", 2, "aé…", "a…"},
	} {
		if got := Of(test.text, test.most); got != test.runes {
			t.Errorf("Of(%q, %d) is %q, not %q", test.text, test.most, got, test.runes)
		}
		if got := Bytes(test.text, test.most); got != test.asBytes {
			t.Errorf("Bytes(%q, %d) is %q, not %q", test.text, test.most, got, test.asBytes)
		}
	}
}
