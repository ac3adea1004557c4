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
