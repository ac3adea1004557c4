package b

import "example.org/module/a"

type closer interface{ Close() }

var _ closer = run().Part

func run() *a.Result {
	result, _ := a.Used()
	println(a.Chosen)
	return result
}
