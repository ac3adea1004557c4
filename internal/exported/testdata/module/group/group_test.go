package group_test

import "example.org/module/group/d"

func init() { d.Lonely() }
