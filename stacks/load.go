package stacks

import "cdk.tf/go/ingest/spec"

// expectedLoad is the output with which a stack tells `ingest plan` what it is expected to take. A resource has no place for it.
func expectedLoad(env spec.Environment) []output {
	if !env.Load.Declared() {
		return nil
	}
	return []output{{"expected_load", "What the environment is expected to take; ingest plan reads it", map[string]any{
		"peak_per_second":  env.Load.PeakPerSecond,
		"event_bytes":      env.Load.EventBytes,
		"events_per_month": env.Load.EventsPerMonth,
		"batch_size":       max(1, env.Load.BatchSize),
		"keys":             env.Load.Keys,
	}}}
}
