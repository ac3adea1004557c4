package firehose_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
)

// The records that Run has not read expire while it may not read the stream. They are reported whether or not there was a checkpoint,
// unless the stream had records before that, which may have been delivered.
func TestRecordsThatExpireDuringTheRun(t *testing.T) {
	for name, test := range map[string]struct {
		before, expiredBefore, during, expired int
		lost                                   bool
	}{
		"a new stream":                             {0, 0, 3, 2, true},
		"a new stream, all records":                {0, 0, 3, 3, true},
		"records before the start, still kept":     {3, 1, 1, 0, false},
		"records before the start, all gone":       {3, 3, 2, 0, false},
		"gone before, and new ones expire":         {3, 3, 2, 1, true},
		"kept at the start, and some expire":       {4, 2, 1, 1, true},
		"kept at the start, and all but one go":    {4, 2, 1, 2, true},
		"kept at the start, and all of them go":    {4, 2, 1, 3, true},
		"nothing was put, and nothing has expired": {0, 0, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "0")
			w.stream.put("0", make([]string, test.before)...)
			w.stream.expire("0", test.expiredBefore)
			d := w.open()
			w.stream.put("0", make([]string, test.during)...)
			w.stream.expire("0", test.expired)
			if err := d.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if said := strings.Contains(w.log.String(), "have expired in the stream before they were delivered"); said != test.lost {
				t.Errorf("said %t, want %t\n%s", said, test.lost, w.log)
			}
		})
	}
}

// With a real stream: an outage longer than the retention loses undelivered records, and the next start logs it. A shorter
// outage loses nothing.
func TestAnOutageLongerThanTheRetentionIsSaid(t *testing.T) {
	for outage, lost := range map[time.Duration]bool{23 * time.Hour: false, 25 * time.Hour: true} {
		dir, clock := t.TempDir(), clockwork.NewFakeClock()
		var log bytes.Buffer
		open := func() (*kinesis.Service, *firehose.DeliveryStream) {
			t.Helper()
			stream, err := kinesis.Open(kinesis.Options{
				Path: filepath.Join(dir, "kinesis.db"), Clock: clock, Logger: slog.New(slog.DiscardHandler),
				Region: "us-east-1", Account: "000000000000", Partition: "aws",
			})
			if err != nil {
				t.Fatal(err)
			}
			arn := "arn:aws:kinesis:us-east-1:000000000000:stream/s"
			if err := stream.Declare(kinesis.Config{Name: "s", ARN: arn, Mode: "PROVISIONED", Shards: 1, Retention: 24 * time.Hour}); err != nil {
				t.Fatal(err)
			}
			delivery, err := firehose.Open(
				firehose.Config{
					Name: "d", ARN: "arn:aws:firehose:us-east-1:000000000000:deliverystream/d", StreamName: "s", StreamARN: arn,
					Bucket: "b", BucketARN: "arn:aws:s3:::b", BufferMiB: 1, BufferInterval: time.Minute, Prefix: "events/", Compression: "UNCOMPRESSED", TimeZone: "UTC",
				},
				firehose.Options{Source: stream, Checkpoint: filepath.Join(dir, "d.json"), Clock: clock, Logger: slog.New(slog.NewTextHandler(&log, nil))},
			)
			if err != nil {
				t.Fatal(err)
			}
			return stream, delivery
		}
		stream, _ := open()
		for _, data := range []string{"one", "two"} {
			body := fmt.Sprintf(`{"StreamName":"s","PartitionKey":"k","Data":"%s"}`, base64.StdEncoding.EncodeToString([]byte(data)))
			if answer := stream.DoAs(t.Context(), "PutRecord", []byte(body), nil); answer.Status != 200 {
				t.Fatalf("%s", answer.Body)
			}
		}
		if err := stream.Close(); err != nil {
			t.Fatal(err)
		}
		clock.Advance(outage)
		again, delivery := open()
		said := strings.Contains(log.String(), "records have expired in the stream before they were delivered, and are lost")
		if said != lost || (delivery.Status().Failures > 0) != lost {
			t.Errorf("after %s: said %t, %d failures; want %t\n%s", outage, said, delivery.Status().Failures, lost, log.String())
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
