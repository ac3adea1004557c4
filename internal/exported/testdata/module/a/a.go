// Package a is used by b, by b's tests and by its own.
package a

import "errors"

// Lonely has nobody outside, and an own test.
func Lonely() {}

// ErrLonely is only returned.
var ErrLonely = errors.New("lonely")

// Used is called by b.
func Used() (*Result, error) {
	Lonely()
	return &Result{}, ErrLonely
}

// Result is what others have a value of without naming it.
type Result struct {
	// Part is a field's type.
	Part Part
}

// Part is in a result.
type Part struct{}

// Error makes it an error.
func (*Result) Error() string { return "" }

// Lonely has nobody outside.
func (*Result) Lonely() {}

// Close is in an interface of b's.
func (Part) Close() {}

// MarshalText is in an interface of package encoding.
func (Part) MarshalText() ([]byte, error) { return nil, nil }

// Tested is called by b's tests.
func Tested() {}

// Kept is kept.
func Kept() {}

// Kind is what Chosen is of.
type Kind string

// The kinds: one is used, so that the others may be.
const (
	Chosen Kind = "chosen"
	Other  Kind = "other"
)

// Hidden is of no used type.
const Hidden = 1

type unexported struct{ parts []Part }

// Lonely is exported for nobody, whatever its type is called.
func (u unexported) Lonely() int { return len(u.parts) + Hidden }

var _ = unexported{}.Lonely()
