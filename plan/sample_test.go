package plan_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/plan"
)

func sample(t *testing.T, name, events string) (*plan.Sample, error) {
	t.Helper()
	pipeline, err := read(t, name)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Sample(context.Background(), strings.NewReader(events))
}

func mustSample(t *testing.T, name, events string) *plan.Sample {
	t.Helper()
	s, err := sample(t, name, events)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Events that are keyed by a value go to that value's shard, and the hottest shard limits all.
func TestSampleByKey(t *testing.T) {
	var events strings.Builder
	for i := range 100 {
		user := fmt.Sprint("u", i)
		if i%4 == 0 {
			user = "hot"
		}
		fmt.Fprintf(&events, `{"event": "a", "user": {"id": %q}}`+"\n", user)
	}
	s := mustSample(t, "option-tuned", events.String())
	if s.Events != 100 || s.Keys != 76 || s.ByRequest || len(s.Hottest) != 1 || s.Hottest[0] != (plan.Key{Key: "hot", Part: 0.25}) {
		t.Errorf("got %+v", s)
	}
	place, want := kinesis.Placer(4), make([]float64, 4)
	want[place("hot")] += 0.25
	for i := range 100 {
		if i%4 != 0 {
			want[place(fmt.Sprint("u", i))] += 0.01
		}
	}
	fullest := 0.0
	for i, shard := range s.Shards {
		if math.Abs(shard.Records-want[i]) > 1e-9 {
			t.Errorf("shard %d has %v, want %v", i, shard.Records, want[i])
		}
		fullest = max(fullest, shard.Records)
	}
	if math.Abs(s.MaxPerSecond-1000/fullest) > 1e-6 {
		t.Errorf("the fullest shard has %v, and throttles above %v", fullest, s.MaxPerSecond)
	}
}

// A shard also ends at its bytes.
func TestSampleByBytes(t *testing.T) {
	event := fmt.Sprintf(`{"event": %q}`, strings.Repeat("x", 10_000))
	s := mustSample(t, "dev", strings.Repeat(event+"\n", 10))
	if want := float64(1<<20) / float64(len(event)+36); math.Abs(s.MaxPerSecond-want) > 1e-6 {
		t.Errorf("throttles above %v, want %v", s.MaxPerSecond, want)
	}
	if s.MeanBytes != len(event) || s.MaxBytes != len(event) || !s.ByRequest || s.Keys != 10 || len(s.Hottest) != 0 {
		t.Errorf("got %+v", s)
	}
	if want := 10_240 / float64(len(event)); math.Abs(s.Rounded-want) > 1e-9 {
		t.Errorf("Firehose charges for %v times the bytes, want %v", s.Rounded, want)
	}
}

// An envelope is part of the record.
func TestSampleWithAnEnvelope(t *testing.T) {
	const event = `{"event":"signup"}`
	if s := mustSample(t, "option-envelope", event); s.MeanBytes < len(event)+100 {
		t.Errorf("a record with its envelope has %d bytes", s.MeanBytes)
	}
	if s := mustSample(t, "dev", event+"\n\n  "+event+"\n"); s.MeanBytes != len(event) || s.Events != 2 {
		t.Errorf("got %+v", s)
	}
}

// On demand, a new stream's four shards count. A record over 1 MiB is named.
func TestSampleOnDemand(t *testing.T) {
	s := mustSample(t, "option-ondemand", fmt.Sprintf("{\"a\": %q}\n{\"a\": 1}", strings.Repeat("x", 1<<20)))
	if len(s.Shards) != 4 || s.TooLarge != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestSampleRefused(t *testing.T) {
	for _, test := range []struct{ name, events, want string }{
		{"nothing", "\n \n", "there are no events; write one in each line"},
		{"no JSON", "{}\n{a}\n", "line 2 is not JSON; write one event in each line"},
		{"a long line", strings.Repeat("x", 11<<20), "a line is longer than 10485760 bytes; API Gateway takes no such body"},
	} {
		if _, err := sample(t, "dev", test.events); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

// The text has the sample's sizes, keys and shards.
func TestTextOfASample(t *testing.T) {
	r := report(t, "option-tuned", plan.Try{})
	r.Sample = mustSample(t, "option-tuned", strings.Repeat(`{"event": "a", "user": {"id": "x"}}`+"\n", 3))
	var text, markdown bytes.Buffer
	if err := r.Text(&text, "tuned"); err != nil {
		t.Fatal(err)
	}
	if err := r.Markdown(&markdown, "tuned"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  mean             35\n", "  x    100 %\n", "3 events have 1 different keys.", "Kinesis throttles the fullest shard above 1,000 such events a second."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, text.String())
		}
	}
	if want := "| x | 100 % |\n"; !strings.Contains(markdown.String(), want) {
		t.Errorf("the Markdown has no %q", want)
	}
}

// A key is text of an event, which a terminal must not obey and which must not break the table.
func TestTextOfKeysThatCannotBePrinted(t *testing.T) {
	r := report(t, "option-tuned", plan.Try{})
	r.Sample = mustSample(t, "option-tuned", strings.Repeat(`{"event": "a", "user": {"id": "a\nb\u001b[2J"}}`+"\n", 2)+strings.Repeat(`{"event": "a", "user": {"id": "é|"}}`+"\n", 2))
	var text, markdown bytes.Buffer
	if err := r.Text(&text, "tuned"); err != nil {
		t.Fatal(err)
	}
	if err := r.Markdown(&markdown, "tuned"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`  "a\nb\x1b[2J"  50 %`, "  é|             50 %"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, text.String())
		}
	}
	if want := `| "a\nb\x1b[2J" | 50 % |`; !strings.Contains(markdown.String(), want) {
		t.Errorf("the Markdown has no %q", want)
	}
}
