package local

import (
	"log/slog"
	"strings"
	"testing"
)

// A stream that was renamed in the stack leaves its records under the old name, which is said.
func TestAStreamThatNoStackDeclaresIsNamed(t *testing.T) {
	stack := devStack(t)
	opts := optionsOf(t, stack.write(t))
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	if answer := p.streams.DoAs(t.Context(), "PutRecord", []byte(`{"StreamName":"api-kinesis-stream-dev","PartitionKey":"k","Data":"e30="}`), nil); answer.Status != 200 {
		t.Fatalf("PutRecord: %d %s", answer.Status, answer.Body)
	}
	p.close()

	var log strings.Builder
	opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	again, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	again.close()
	if log.String() != "" {
		t.Errorf("of a declared stream it says %s", log.String())
	}

	stack.body("aws_kinesis_stream", "stream")["name"] = "renamed"
	opts.Stack = stack.write(t)
	const remedy = "first run the stack that it is of once more, so that nothing of that stream stays behind; then delete this file"
	if _, err := Open(opts); err == nil || !strings.Contains(err.Error(), remedy) {
		t.Errorf("the checkpoint of another stream is %v, want an error with %q", err, remedy)
	}
	const want = `the data folder holds records of a stream that the stack does not declare; what was not delivered of it stays there" stream=api-kinesis-stream-dev`
	if !strings.Contains(log.String(), want) {
		t.Errorf("it says %q, want %s", log.String(), want)
	}
}
