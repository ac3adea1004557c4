//go:build !linux

package main

// inMemory returns "": only of Linux it is known where files are kept in memory.
func inMemory() (folder string, remove func()) { return "", func() {} }
