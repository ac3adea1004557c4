package stacks

import (
	"time"

	"cdk.tf/go/ingest/spec"
)

// Prod is for production. It costs 41.35 dollars a month before its first event, in us-east-1 by the list prices: shard 10.95, its
// week of retention 14.60, firewall 10.00, alarms 1.80, dashboard 3.00, key 1.00. For the costs of events, see docs/costs.md.
func Prod() spec.Environment {
	env := spec.Default("prod")
	// Only principals with IAM permissions may submit events.
	env.API.Authorization = spec.AuthorizeIAM()
	// No plan may destroy the API's address, the events in the stream or the delivered events.
	env.Removal = spec.Protected
	// You have a week, with its weekend, to repair a failing delivery before the stream loses a record.
	env.Stream.Retention = 7 * 24 * time.Hour
	// For a year, the usual span of an audit, you can restore an overwritten or deleted event and read a log line.
	env.Bucket.NoncurrentExpireAfterDays = 365
	env.Logs.RetentionDays = 365
	// A full execution log has several lines for each request, and the access log has a line anyway. The log of a failed request
	// may quote a value that breaks the schema, so it is kept for the time of an incident's analysis, and not for a year.
	env.Logs.Execution, env.Logs.ExecutionRetentionDays = spec.LogErrors, 14
	// A trace shows where a slow request spent its time, because you often cannot repeat it.
	env.API.Tracing = true
	// The firewall blocks hostile requests before they count against the API's throttle, which all producers share. It also
	// limits a body to 64 KiB, and reads all of it. The rules that look for HTML, paths and addresses in a body only count: an
	// event may well contain some, nothing here renders, opens or follows them, and a blocked event is lost.
	env.Firewall.Enabled = true
	env.Firewall.Count = []string{"CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY"}
	// A reader of an event needs the key as well as the bucket, and the access log records the reads.
	env.Encryption.CustomerKey = true
	env.Bucket.AccessLog = true
	// Alarms go to the topic api-kinesis-alarms-prod. They reach nobody until you set Alarms.Emails or add another subscriber to the
	// topic.
	env.Alarms.Enabled, env.Alarms.Dashboard = true, true
	// The first question after an incident is which events came. SQL answers it without a download of the bucket.
	env.Query.Enabled = true
	// Half of what its one shard takes. `ingest plan --env prod` shows each limit, and what such a month costs.
	env.Load = spec.Load{PeakPerSecond: 500, EventBytes: 1000, EventsPerMonth: 100_000_000}
	return env
}
