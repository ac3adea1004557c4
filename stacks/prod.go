package stacks

import (
	"time"

	"cdk.tf/go/ingest/spec"
)

// Prod takes the events that matter.
func Prod() spec.Environment {
	env := spec.Default("prod")
	// Events are accepted from principals that the account knows, never from anybody.
	env.API.Authorization = spec.AuthorizeIAM()
	// No plan may destroy the API's address, the events in flight or the events that landed.
	env.Removal = spec.Protected
	// A week in which to mend a delivery that fails, weekend included, before the stream lets go of a record.
	env.Stream.Retention = 7 * 24 * time.Hour
	// An overwritten or deleted event can be brought back, and a log line read, for a year: the span of an audit.
	env.Bucket.NoncurrentExpireAfterDays = 365
	env.Logs.RetentionDays = 365
	// Full execution logs are several lines a request, for a year; the access log has a line for each anyway.
	env.Logs.Execution = spec.LogErrors
	// A trace shows where a slow request spent its time, when there is nobody to try it again.
	env.API.Tracing = true
	return env
}
