package stacks

import "cdk.tf/go/ingest/spec"

// Staging is where a release is tried as prod will run it.
func Staging() spec.Environment {
	env := spec.Default("staging")
	// The same way in as prod: what signs its requests must be tried before it meets prod.
	env.API.Authorization = spec.AuthorizeIAM()
	// And the same key behind it: a right to use one that is missing shows as 502, or as events that are not delivered.
	env.Encryption.CustomerKey = true
	// A destroy does not begin while it would take the bucket: testers may still be reading its events.
	env.Removal = spec.Retained
	return env
}
