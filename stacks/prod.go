package stacks

import (
	"time"

	"cdk.tf/go/ingest/spec"
)

// Prod takes the events that matter. It costs 41.35 dollars a month before its first event, in us-east-1 by the list prices:
// shard 10.95, its week of retention 14.60, firewall 10.00, alarms 1.80, dashboard 3.00, key 1.00. docs/costs.md has
// what an event adds.
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
	// Full execution logs are several lines a request; the access log has a line for each anyway. What is logged of a failed request
	// may quote a value that broke the schema, so that it is kept for as long as an incident is looked into, and not for a year.
	env.Logs.Execution, env.Logs.ExecutionRetentionDays = spec.LogErrors, 14
	// A trace shows where a slow request spent its time, when there is nobody to try it again.
	env.API.Tracing = true
	// What a stranger sends is turned away before it counts against the API's throttle, which all producers share. It also
	// holds a body to 64 KiB, all of which it reads. The rules that look for HTML, paths and addresses in one only count: an
	// event may well hold some, nothing here renders, opens or follows them, and what is blocked is lost.
	env.Firewall.Enabled = true
	env.Firewall.Count = []string{"CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY"}
	// Who reads an event needs the key as well as the bucket, and who read which is on record.
	env.Encryption.CustomerKey = true
	env.Bucket.AccessLog = true
	// Alarms go to the topic api-kinesis-alarms-prod. They reach nobody before Alarms.Emails names somebody, or the topic has
	// another subscriber.
	env.Alarms.Enabled, env.Alarms.Dashboard = true, true
	// The first question after an incident is which events came; SQL answers it without a download of the bucket.
	env.Query.Enabled = true
	return env
}
