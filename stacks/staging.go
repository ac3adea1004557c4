package stacks

import "cdk.tf/go/ingest/spec"

// Staging is where a release is tried as prod will run it.
func Staging() spec.Environment {
	env := spec.Default("staging")
	// The same way in as prod: what signs its requests must be tried before it meets prod.
	env.API.Authorization = spec.AuthorizeIAM()
	// A destroy stops at a bucket with events in it, because testers may still be reading them.
	env.Removal = spec.Retained
	return env
}
