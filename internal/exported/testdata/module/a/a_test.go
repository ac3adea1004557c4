package a_test

import "example.org/module/a"

var _ = a.Hidden

func init() { a.Lonely() }
