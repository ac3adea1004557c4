// Package d is tested in the folder above, which has tests alone.
package d

// Lonely has nobody outside.
func Lonely() {}
