package stacks

import "cdk.tf/go/ingest/spec"

// Dev is where one tries things: the defaults, open to anybody, and destroyed with all that it holds.
func Dev() spec.Environment {
	env := spec.Default("dev")
	env.Removal = spec.Disposable
	env.API.Batch = true
	return env
}
