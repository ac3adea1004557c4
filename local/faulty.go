package local

import (
	"fmt"
	"net/http"
	"time"

	"cdk.tf/go/ingest/local/faults"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/kinesis"
)

// openFaults makes the set of faults, which is empty.
func (p *Pipeline) openFaults() {
	p.faults = faults.New(faults.Options{
		Clock: p.opts.Clock, Refuses: p.refusesFault,
		Said: func(text string) { fmt.Fprintln(p.opts.Out, "drill: "+text) },
	})
}

// refusesFault says why the pipeline cannot have a fault.
func (p *Pipeline) refusesFault(name faults.Name) string {
	if name == faults.KeyDisabled && len(p.declared.keys.streams) == 0 {
		return "the stack has no KMS key for its stream; run an environment with Encryption.CustomerKey, such as prod"
	}
	return ""
}

// slowWrite is the additional time of a write to the stream's file.
func (p *Pipeline) slowWrite() time.Duration {
	if p.faults.In(faults.DiskSlow) {
		return faults.SlowWrite
	}
	return 0
}

// disabledKey is Kinesis's answer for a key that is disabled (Amazon Kinesis Data Streams API Reference, PutRecord).
const disabledKey = "KMSDisabledException"

func keyDisabled(key string) string { return key + " is disabled." }

// fault returns Kinesis's answer to a call of the API's role while a fault is in force, or nil.
func (c *callers) fault(session *iam.Session, action, stream string) *kinesis.Denial {
	switch {
	case c.faults.In(faults.SubmitDenied):
		return c.deny("AccessDeniedException", session.Lacking("kinesis:"+action, stream))
	case c.faults.In(faults.StreamFails):
		return &kinesis.Denial{Type: "InternalFailure", Status: http.StatusInternalServerError}
	case c.faults.In(faults.KeyDisabled):
		if key := c.keys.streams[stream]; key != "" {
			return &kinesis.Denial{Type: disabledKey, Message: keyDisabled(key)}
		}
	}
	return nil
}

// disabled is a service's answer, with its code, for a key that is disabled.
func disabled(code, key string) error {
	return &firehose.KeyError{Code: code, Err: fmt.Errorf("%s: %s", code, keyDisabled(key))}
}

// faultOfDelivery returns why a delivery stream's role may not do an action while a fault is in force, or nil.
func (p *Pipeline) faultOfDelivery(session *iam.Session, cfg firehose.Config, action, resource string) error {
	put := action == "s3:PutObject"
	switch {
	case action == "kinesis:GetRecords" && p.faults.In(faults.ReadDenied):
		return withRemedy(session.Lacking(action, resource))
	case put && p.faults.In(faults.BucketDenied):
		return session.Refused(action, resource)
	case !p.faults.In(faults.KeyDisabled):
		return nil
	case action == "kinesis:GetRecords" && p.declared.keys.streams[resource] != "":
		return disabled(disabledKey, p.declared.keys.streams[resource])
	}
	if key := p.declared.keys.ofObjects(cfg); put && key != "" {
		return disabled("KMS.DisabledException", key)
	}
	return nil
}
