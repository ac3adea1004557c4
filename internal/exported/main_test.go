package main

import (
	"slices"
	"testing"
)

func TestCheck(t *testing.T) {
	got, err := check("testdata/module", map[string]string{"a.Kept": "it is kept", "a.Used": "it is used"}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	const only = " is exported, and only its own package uses it"
	want := []string{
		"a.Used is kept in internal/exported, and need not be",
		"a/a.go:10:5: a.ErrLonely" + only,
		"a/a.go:31:16: (*a.Result).Lonely" + only,
		"a/a.go:55:7: a.Hidden" + only,
		"a/a.go:60:21: (a.unexported).Lonely" + only,
		"a/a.go:7:6: a.Lonely" + only,
		"group/d/d.go:5:6: d.Lonely" + only,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestCheckFails(t *testing.T) {
	if found, err := check("testdata/module", nil, "./nowhere"); err == nil {
		t.Errorf("a package that is not there gives %q", found)
	}
}
