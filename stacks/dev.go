package stacks

import "cdk.tf/go/ingest/spec"

// Dev is for experiments: it has the defaults, is open to anybody, and a destroy deletes everything in it.
func Dev() spec.Environment {
	env := spec.Default("dev")
	env.Removal = spec.Disposable
	env.API.Batch = true
	return env
}
