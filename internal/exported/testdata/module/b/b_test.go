package b

import "example.org/module/a"

func init() { a.Tested() }
