package local

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// A delivery stream that cannot deliver does not use up another's time at the end.
func TestDeliveriesEndTogether(t *testing.T) {
	stack := devStack(t)
	other := maps.Clone(stack.body("aws_kinesis_firehose_delivery_stream", "delivery"))
	destination := maps.Clone(other["extended_s3_configuration"].(object))
	destination["prefix"] = "elsewhere/" // the role may not write there
	delete(destination, "error_output_prefix")
	other["name"], other["extended_s3_configuration"] = "first", destination
	stack.add("aws_kinesis_firehose_delivery_stream", "a_first", other)
	file := stack.write(t)
	synctest.Test(t, func(t *testing.T) {
		p, err := Open(optionsOf(t, file))
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		if answer := p.streams.DoAs(t.Context(), "PutRecord", []byte(`{"StreamName":"api-kinesis-stream-dev","PartitionKey":"k","Data":"e30="}`), nil); answer.Status != 200 {
			t.Fatalf("PutRecord: %d %s", answer.Status, answer.Body)
		}
		end, cancel := context.WithTimeout(t.Context(), shutdownTime)
		defer cancel()
		err = p.end(end, &sync.WaitGroup{})
		const want = "the records in the stream are kept and delivered after the next start: flushing first: delivery of first: User: "
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("the end is %v, want %s…", err, want)
		}
		if first, second := p.deliveries[0].Status(), p.deliveries[1].Status(); first.DeliveredRecords != 0 || second.DeliveredRecords != 1 || second.Failures != 0 {
			t.Errorf("the first has delivered %d records, the second %d after %d failures; want 0, and 1 after none", first.DeliveredRecords, second.DeliveredRecords, second.Failures)
		}
	})
}
