// Package assumptions lists the behaviours of AWS that the local pipeline imitates, each with its source. A comment beside the code
// that relies on one declares it. [Read] reads the comments, and "make docs" writes what they say to list.json, from which a program
// has them at run time.
package assumptions

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Assumption is one behaviour of AWS that the code relies on.
type Assumption struct {
	// ID is ROOM-n, unique in the repository.
	ID string
	// Text is the statement with its source, in one line.
	Text string
	// File is where the code that relies on it is, from the repository's root with "/".
	File string
	// Shown is how it can be shown on AWS. It is empty only where shown.go lacks the id, and a test fails then.
	Shown How `json:"-"`
}

// Room is the first part of the id, such as API.
func (a Assumption) Room() string {
	room, _, _ := strings.Cut(a.ID, "-")
	return room
}

//go:embed list.json
var list []byte

// All returns every assumption, sorted by room, and by number within it.
func All() []Assumption {
	var all []Assumption
	if err := json.Unmarshal(list, &all); err != nil {
		panic(err) // the file is part of the program
	}
	for i := range all {
		all[i].Shown = shownBy(all[i].ID)
	}
	return all
}

// ByID returns an assumption; not ok if there is none of that id.
func ByID(id string) (Assumption, bool) {
	all := All()
	at := slices.IndexFunc(all, func(a Assumption) bool { return a.ID == id })
	if at < 0 {
		return Assumption{}, false
	}
	return all[at], true
}

func compare(a, b Assumption) int {
	return cmp.Or(cmp.Compare(a.Room(), b.Room()), cmp.Compare(number(a.ID), number(b.ID)))
}

func number(id string) int {
	_, digits, _ := strings.Cut(id, "-")
	n, _ := strconv.Atoi(digits) // an id has digits there
	return n
}
