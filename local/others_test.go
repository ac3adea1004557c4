package local

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// opened opens a pipeline, and returns its warnings.
func opened(t *testing.T, opts Options) (*Pipeline, string, error) {
	t.Helper()
	var log strings.Builder
	opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	p, err := Open(opts)
	return p, log.String(), err
}

func (p *Pipeline) mustPut(t *testing.T, stream string) {
	t.Helper()
	if answer := p.streams.DoAs(t.Context(), "PutRecord", []byte(`{"StreamName":"`+stream+`","PartitionKey":"k","Data":"e30="}`), nil); answer.Status != 200 {
		t.Fatalf("PutRecord: %d %s", answer.Status, answer.Body)
	}
}

// After a stream is renamed in the stack, a warning says that its records are under the old name.
func TestAStreamThatNoStackDeclaresIsNamed(t *testing.T) {
	stack := devStack(t)
	opts := optionsOf(t, stack.write(t))
	p, _, err := opened(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	p.mustPut(t, "api-kinesis-stream-dev")
	p.close()

	again, said, err := opened(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	again.close()
	if said != "" {
		t.Errorf("of a declared stream it says %s", said)
	}

	stack.body("aws_kinesis_stream", "stream")["name"] = "renamed"
	opts.Stack = stack.write(t)
	_, said, err = opened(t, opts)
	const remedy = "first run its own stack once more, so no record of that stream stays undelivered; then delete this file"
	if err == nil || !strings.Contains(err.Error(), remedy) {
		t.Errorf("the checkpoint of another stream is %v, want an error with %q", err, remedy)
	}
	const want = "holds undelivered events (1) of the stream api-kinesis-stream-dev, which this stack does not declare"
	if !strings.Contains(said, want) {
		t.Errorf("it says %q, want %s", said, want)
	}
}

// Two environments share a data folder: a warning names the other's undelivered events, with their number, their expiry and the
// remedy. Delivered events cause no warning. Neither environment shows the other's stream as its own.
func TestAnotherEnvironmentsEvents(t *testing.T) {
	stack := devStack(t)
	opts := optionsOf(t, stack.write(t))
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))
	opts.Clock = clock
	other := opts
	for _, named := range []struct{ typ, name string }{{"aws_kinesis_stream", "stream"}, {"aws_kinesis_firehose_delivery_stream", "delivery"}} {
		stack.body(named.typ, named.name)["name"] = "of-qa"
	}
	other.Stack = stack.write(t)
	p, _, err := opened(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	p.mustPut(t, "api-kinesis-stream-dev")
	p.mustPut(t, "api-kinesis-stream-dev")
	p.close()

	check := func(want string) {
		t.Helper()
		q, said, err := opened(t, other)
		if err != nil {
			t.Fatal(err)
		}
		defer q.close()
		if (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("it says %q, want %s", said, want)
		}
		if streams := q.status().Streams.Streams; len(streams) != 1 || streams[0].Name != "of-qa" {
			t.Errorf("its status has %+v", streams)
		}
	}
	check("the data folder " + opts.Data + " holds undelivered events (2) of the stream api-kinesis-stream-dev, which this stack does not declare; " +
		"they are kept until 2026-03-05T12:00:00Z; to deliver them, run the stack that declares the stream: ingest up --stack FILE --data " + opts.Data)

	deliverAll(t, opts)
	check("")

	checkpoints, _ := filepath.Glob(filepath.Join(opts.Data, "firehose", "api-*.json"))
	if len(checkpoints) != 1 {
		t.Fatalf("the checkpoints are %v", checkpoints)
	}
	if err := os.WriteFile(checkpoints[0], []byte("{}"), 0o600); err != nil { // the checkpoint no longer says what was delivered
		t.Fatal(err)
	}
	check("holds undelivered events (2) of the stream api-kinesis-stream-dev")
	clock.Advance(25 * time.Hour) // after the retention there is nothing to deliver
	check("")
}

// deliverAll runs a pipeline to its end, which delivers the records in the stream.
func deliverAll(t *testing.T, opts Options) {
	t.Helper()
	p, _, err := opened(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := p.Run(ended); err != nil {
		t.Fatal(err)
	}
}
