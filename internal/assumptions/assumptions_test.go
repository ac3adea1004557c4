package assumptions

import (
	"slices"
	"testing"
)

// Each assumption has one place in shown.go, and each id there is an assumption's.
func TestEachSaysHowItIsShown(t *testing.T) {
	ways := map[string]int{}
	for _, ids := range shown {
		for _, id := range ids {
			ways[id]++
			if _, ok := ByID(id); !ok {
				t.Errorf("internal/assumptions/shown.go has %s, which is declared nowhere; delete it, or run make docs", id)
			}
		}
	}
	for _, a := range All() {
		if ways[a.ID] != 1 || a.Shown == "" {
			t.Errorf("%s is %d times in internal/assumptions/shown.go; say there how it can be shown", a.ID, ways[a.ID])
		}
	}
}

func TestByID(t *testing.T) {
	if _, ok := ByID("NONE-1"); ok {
		t.Error("there is a NONE-1")
	}
	all := All()
	for _, want := range all {
		if got, ok := ByID(want.ID); !ok || got != want {
			t.Errorf("ByID(%s) is %+v, %t; want %+v", want.ID, got, ok, want)
		}
	}
	if !slices.ContainsFunc(all, func(a Assumption) bool { return a.Room() == "VTL" }) {
		t.Errorf("none of %d assumptions is of VTL", len(all))
	}
}
