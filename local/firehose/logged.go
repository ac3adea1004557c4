package firehose

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

// KeyError is an error of [Options.Allow] that comes from KMS: the role may not use a key, or the key is in no state to be used.
type KeyError struct {
	// Code is the code with which the service that uses the key answers: Kinesis's, such as KMSDisabledException, or S3's, such as
	// KMS.DisabledException.
	Code string
	Err  error
}

func (e *KeyError) Error() string { return e.Err.Error() }

func (e *KeyError) Unwrap() error { return e.Err }

// denial is any other error of [Options.Allow].
type denial struct{ error }

func (e *denial) Unwrap() error { return e.error }

// What [DeliveryStream.persist] does, for messages.
const (
	reading    = "reading of the stream"
	delivering = "delivery"
	// checkpointing saves the checkpoint. AWS's Firehose has no such file.
	checkpointing = "checkpoint"
)

// Assumption FH-17: Firehose writes an error to the log group of cloudwatch_logging_options as a JSON object with the members
// deliveryStreamARN, destination (for a bucket, its ARN), deliveryStreamVersionId, message and errorCode; with a function, also
// processor (awsdocs/amazon-kinesis-data-firehose-developer-guide, doc_source/http_troubleshooting.md). The codes and messages of the
// bucket are those of the developer guide ("Data Delivery Errors"): S3.AccessDenied, S3.NoSuchBucket, and InternalError for anything
// else. A role that may not use the bucket's key gets S3.AccessDenied, because that is S3's answer. For the stream they are
// Kinesis.AccessDenied and Kinesis.ResourceNotFound (developer guide, "Kinesis invocation errors"), and for a record without a
// partition those of FH-14. The published text of the guide has no code for a disabled key. Here it is the service's own after "S3." or
// "Kinesis.", as in S3.KMS.NotFoundException. Firehose needs logs:PutLogEvents on the log stream, and logs nothing without it. Where
// many deliveries fail, it "samples delivery error logs"; here it writes at most 10 lines of each code in a minute.
//
// Here a line also has @timestamp, which CloudWatch Logs keeps beside it. No message has a part of an event.

// linesPerMinute bounds the lines of one code in a minute.
const linesPerMinute = 10

const codeInternal = "InternalError"

// messages are AWS's, by code.
var messages = map[string]string{
	codeInternal:               "An internal error occurred while attempting to deliver data. Delivery will be retried; if the error persists, then it will be reported to AWS for resolution.",
	"S3.AccessDenied":          "Access was denied. Ensure that the trust policy for the provided IAM role allows Kinesis Data Firehose to assume the role, and the access policy allows access to the S3 bucket.",
	"S3.NoSuchBucket":          "The specified bucket does not exist. Create the bucket or use a different bucket that does exist.",
	"Kinesis.AccessDenied":     "Access was denied when calling Kinesis. Ensure the access policy on the IAM role used allows access to the appropriate Kinesis APIs.",
	"Kinesis.ResourceNotFound": "Firehose failed to read from the stream. If the Firehose is attached with Kinesis Stream, the stream may not exist, or the shard may have been merged or split. If the Firehose is of DirectPut type, the Firehose may not exist any more.",
}

// logFailure writes the line of a failed call to the stream or the bucket.
func (d *DeliveryStream) logFailure(what string, err error) {
	var key *KeyError
	if errors.As(err, &key) {
		d.log(serviceOf(what)+key.Code, key.Error())
		return
	}
	code := codeOf(what, err)
	d.log(code, messages[code])
}

// serviceOf is the beginning of the codes of what Kinesis or S3 answers.
func serviceOf(what string) string {
	if what == reading {
		return "Kinesis."
	}
	return "S3."
}

func codeOf(what string, err error) string {
	var denied *denial
	switch {
	case errors.As(err, &denied):
		return serviceOf(what) + "AccessDenied"
	case errors.Is(err, kinesis.ErrGone):
		return "Kinesis.ResourceNotFound"
	case errors.Is(err, s3.ErrNoBucket):
		return "S3.NoSuchBucket"
	}
	return codeInternal
}

// logFailedRecord writes the line of a record without a partition. The object below the error prefix has the record and the reason,
// which may quote it.
func (d *DeliveryStream) logFailedRecord(f *failure) {
	message := f.message
	if f.quotes {
		message = "The query of the partition's keys failed on a record"
	}
	d.log(f.code, message)
}

// errorLine is a line of the log group.
type errorLine struct {
	At             string `json:"@timestamp"`
	DeliveryStream string `json:"deliveryStreamARN"`
	Destination    string `json:"destination"`
	Version        int    `json:"deliveryStreamVersionId"`
	Message        string `json:"message"`
	Code           string `json:"errorCode"`
}

// log writes and measures a line, unless there is no log group, the role may not write to it, or the code has had its lines.
func (d *DeliveryStream) log(code, message string) {
	if d.cfg.LogGroup == "" || d.allow("logs:PutLogEvents", d.cfg.logStreamARN()) != nil {
		return
	}
	now := d.opts.Clock.Now()
	if !d.mayLog(code, now) {
		return
	}
	if d.opts.Errors != nil {
		line, _ := json.Marshal(errorLine{now.UTC().Format("2006-01-02T15:04:05.000Z"), d.cfg.ARN, d.cfg.BucketARN, 1, message, code}) // of strings
		_, _ = d.opts.Errors.Write(append(line, '\n'))                                                                                 // a delivery does not wait for its log
	}
	if d.opts.Measures.Logged != nil {
		d.opts.Measures.Logged(now)
	}
}

// lines counts the lines of a code in a minute.
type lines struct {
	minute time.Time
	count  int
}

func (d *DeliveryStream) mayLog(code string, now time.Time) bool {
	minute := now.Truncate(time.Minute)
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[code]
	if !l.minute.Equal(minute) {
		l = lines{minute: minute}
	}
	l.count++
	d.lines[code] = l
	return l.count <= linesPerMinute
}

// logStreamARN is the ARN of the log stream, in the delivery stream's account and region.
func (c Config) logStreamARN() string {
	parts := strings.Split(c.ARN, ":") // arn:PARTITION:firehose:REGION:ACCOUNT:deliverystream/NAME
	return strings.Join([]string{"arn", parts[1], "logs", parts[3], parts[4], "log-group", c.LogGroup, "log-stream", c.LogStream}, ":")
}
