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

// disabledKey is Kinesis's answer for a key that is disabled.
//
// Assumption LOC-5: Kinesis answers a put to a stream whose key is disabled with KMSDisabledException and the status 400 (Amazon Kinesis
// Data Streams API Reference, PutRecord). The message is KMS's own, "ARN is disabled." (fugue/credstash#86 has it), because the reference
// has none. The code of S3's answer, KMS.DisabledException, is from localstack/localstack#8422.
const disabledKey = "KMSDisabledException"

func keyDisabled(key string) string { return key + " is disabled." }

// fault returns Kinesis's answer to a call of the API's role while a fault is in force, or nil.
func (c *callers) fault(session *iam.Session, action, stream string) *kinesis.Denial {
	switch {
	case c.faults.In(faults.SubmitDenied):
		return &kinesis.Denial{Type: "AccessDeniedException", Message: session.Lacking("kinesis:"+action, stream).Error()}
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

// byDrill says of a denial that no policy causes it, so that nobody looks for one.
func byDrill(denial error, fault faults.Name) error {
	return fmt.Errorf("%w (no policy of the stack causes this, but the fault %s of a drill)", denial, fault)
}

// faultOfDelivery returns why a delivery stream's role may not do an action while a fault is in force, or nil.
func (p *Pipeline) faultOfDelivery(session *iam.Session, cfg firehose.Config, action, resource string) error {
	put := action == "s3:PutObject"
	switch {
	case action == "kinesis:GetRecords" && p.faults.In(faults.ReadDenied):
		return byDrill(session.Lacking(action, resource), faults.ReadDenied)
	case put && p.faults.In(faults.BucketDenied):
		return byDrill(session.Refused(action, resource), faults.BucketDenied)
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
