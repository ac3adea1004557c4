package firehose_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/lockedbuffer"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

// errorLog collects the lines of a log group.
type errorLog struct{ lockedbuffer.Buffer }

func (l *errorLog) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for text := range strings.Lines(l.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil || !strings.HasSuffix(text, "}\n") {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	return lines
}

// keyed is KMS's refusal of a key, as package local makes it.
func keyed(code string) error {
	return fmt.Errorf("%w; it needs a statement", &firehose.KeyError{Code: code, Err: errors.New("the key is disabled.")})
}

// What fails is in the log group, with AWS's code and message.
func TestErrorsAreLoggedInFirehosesForm(t *testing.T) {
	for _, test := range []struct {
		name, action  string // of Allow, which fails with err
		err           error
		read, put     error // of the stream and the bucket
		code, message string
	}{
		{name: "bucket denied", action: "s3:PutObject", err: errors.New("denied"), code: "S3.AccessDenied", message: "Access was denied. Ensure that the trust policy "},
		{name: "key of the bucket", action: "s3:PutObject", err: keyed("KMS.DisabledException"), code: "S3.KMS.DisabledException", message: "the key is disabled."},
		{name: "no bucket", put: fmt.Errorf("events: %w", s3.ErrNoBucket), code: "S3.NoSuchBucket", message: "The specified bucket does not exist. "},
		{name: "full disk", put: errors.New("no space left on device"), code: "InternalError", message: "An internal error occurred "},
		{name: "stream denied", action: "kinesis:GetRecords", err: errors.New("denied"), code: "Kinesis.AccessDenied", message: "Access was denied when calling Kinesis. "},
		{name: "shards denied", action: "kinesis:ListShards", err: errors.New("denied"), code: "Kinesis.AccessDenied", message: "Access was denied when calling Kinesis. "},
		{name: "key of the stream", action: "kinesis:GetRecords", err: keyed("KMSDisabledException"), code: "Kinesis.KMSDisabledException", message: "the key is disabled."},
		{name: "no stream", read: fmt.Errorf("stream: %w", kinesis.ErrGone), code: "Kinesis.ResourceNotFound", message: "Firehose failed to read from the stream. "},
		{name: "stream fails", read: errors.New("away"), code: "InternalError", message: "An internal error occurred "},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, m, log := newWorld(t), &measured{}, &errorLog{}
				w.opts.Measures, w.opts.Errors = m.measures(), log
				w.opts.Allow = func(action, _ string) error {
					if action == test.action {
						return test.err
					}
					return nil
				}
				w.bucket.setFail(func(int) error { return test.put })
				w.start()
				defer func() { w.stop() }()
				w.stream.setFail(test.read)
				w.stream.put("shard-0", "an event")
				synctest.Wait()
				w.advance(time.Minute)
				lines := log.lines(t)
				if len(lines) == 0 || m.lines != len(lines) {
					t.Fatalf("%d lines, of which %d are measured", len(lines), m.lines)
				}
				got := lines[0]
				if message, _ := got["message"].(string); !strings.HasPrefix(message, test.message) {
					t.Errorf("the message is %q", message)
				}
				at, err := time.Parse(time.RFC3339, got["@timestamp"].(string))
				if err != nil || at.Before(start.Truncate(time.Millisecond)) {
					t.Errorf("the time is %s: %v", got["@timestamp"], err)
				}
				delete(got, "message")
				delete(got, "@timestamp")
				want := map[string]any{
					"deliveryStreamARN": w.cfg.ARN, "destination": "arn:aws:s3:::events", "deliveryStreamVersionId": float64(1), "errorCode": test.code,
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Firehose needs the permission to write to the log stream, and a log group.
func TestWithoutALogNothingIsLogged(t *testing.T) {
	for _, test := range []struct {
		name, group string
		want        int
	}{{"denied", "/aws/kinesisfirehose/delivery", 0}, {"none", "", 0}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, m, log := newWorld(t), &measured{}, &errorLog{}
				w.cfg.LogGroup = test.group
				w.opts.Measures, w.opts.Errors = m.measures(), log
				var asked []string
				w.opts.Allow = func(action, resource string) error {
					if action == "logs:PutLogEvents" {
						asked = append(asked, resource)
						return errors.New("denied")
					}
					return nil
				}
				w.bucket.setFail(func(int) error { return errS3 })
				w.start()
				defer func() { w.stop() }()
				w.stream.put("shard-0", "an event")
				synctest.Wait()
				w.advance(time.Minute)
				if len(w.bucket.tries) == 0 || m.lines != test.want || len(log.lines(t)) != test.want {
					t.Errorf("after %d attempts %d lines are measured, and there are %v", len(w.bucket.tries), m.lines, log.lines(t))
				}
				if test.group != "" && (len(asked) == 0 || asked[0] != "arn:aws:logs:us-east-1:000000000000:log-group:/aws/kinesisfirehose/delivery:log-stream:S3Delivery") {
					t.Errorf("the role is asked for %q", asked)
				}
			})
		})
	}
}

// Many records that fail are a few lines, which have no part of them. Another error still has its line.
func TestAFloodOfErrorsIsAFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m, log := newWorld(t), &measured{}, &errorLog{}
		w.cfg.Prefix, w.cfg.ErrorOutputPrefix = "e/!{partitionKeyFromQuery:user}/", "errors/!{firehose:error-output-type}/"
		w.cfg.PartitionQuery, w.cfg.BufferMiB = "{user: .user | ltrimstr(1).x}", 64
		w.opts.Measures, w.opts.Errors = m.measures(), log
		w.bucket.setFail(func(int) error { return errS3 })
		w.start()
		defer func() { w.stop() }()
		for range 1000 {
			w.stream.put("shard-0", `{"user": "s3cret"}`)
		}
		synctest.Wait()
		w.advance(55 * time.Second) // the next minute
		w.stream.put("shard-0", `{"user": "s3cret"}`)
		synctest.Wait()
		w.advance(5 * time.Second)
		got := map[any]int{}
		for _, line := range log.lines(t) {
			got[line["errorCode"]]++
		}
		want := map[any]int{"DynamicPartitioning.MetadataExtractionFailed": 11, "InternalError": 1}
		if diff := cmp.Diff(want, got); diff != "" || m.lines != 12 {
			t.Errorf("%d lines are measured; by code (-want +got):\n%s", m.lines, diff)
		}
		if text := log.String(); strings.Contains(text, "s3cret") {
			t.Errorf("the log quotes a record:\n%s", text)
		}
	})
}
