package stacks

import "cdk.tf/go/ingest/spec"

// Staging is for testing a release as prod will run it.
func Staging() spec.Environment {
	env := spec.Default("staging")
	// The same authorisation as prod: test a client that signs its requests here first.
	env.API.Authorization = spec.AuthorizeIAM()
	// The same encryption as prod: a missing permission on the key shows as 502, or as events that are not delivered.
	env.Encryption.CustomerKey = true
	// Terraform refuses a destroy of the bucket, because testers may still be reading its events.
	env.Removal = spec.Retained
	// The rate of prod for a test of minutes, and the events of a few such tests a month.
	env.Load = spec.Load{PeakPerSecond: 500, EventBytes: 1000, EventsPerMonth: 1_000_000}
	return env
}
