// Package nearest finds the known name that somebody most likely meant by one that is not known.
package nearest

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

const (
	// mostEdits is how many characters of a name may be wrong: two, so that two exchanged letters count as a slip.
	mostEdits = 2
	// leastBeginning is how many characters of a name tell which one it is the beginning of.
	leastBeginning = 3
)

// Name is the known name that is nearest to the typed one. It is empty where none is near: where more than two characters
// differ, or all of them.
func Name(typed string, known []string) string {
	best, fewest := "", mostEdits+1
	for _, name := range known {
		if edits := distance(typed, name); edits < fewest {
			best, fewest = name, edits
		}
	}
	return best
}

// distance is the number of edits between two names, or more than mostEdits where they have nothing in common. One that is
// the beginning of the other, such as "stag" of "staging", is mostEdits away.
func distance(typed, name string) int {
	edits := levenshtein.Distance(strings.ToLower(typed), strings.ToLower(name), nil)
	shorter, longer := typed, name
	if len(shorter) > len(longer) {
		shorter, longer = longer, shorter
	}
	switch {
	case len(shorter) >= leastBeginning && strings.HasPrefix(longer, shorter):
		return min(edits, mostEdits)
	case edits >= len(shorter): // nothing of the shorter one is left
		return mostEdits + 1
	}
	return edits
}

// Remedy is the end of an error about a name that is not known: what to use in its place. One of the known names that is near
// comes first; all of them follow.
func Remedy(typed string, known []string) string {
	all := strings.Join(known, ", ")
	if near := Name(typed, known); near != "" && len(known) > 1 {
		return fmt.Sprintf("did you mean %s? There are %s", near, all)
	}
	return "use " + all
}
