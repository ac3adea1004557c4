package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// throughput measures how many events per second the pipeline accepts, each on disk before its answer.
func throughput(ctx context.Context, o options, program, dir string) ([]row, error) {
	say("pipeline: %d events of %d bytes over %d connections", o.events, o.bytes, o.connections)
	p, err := start(ctx, program, filepath.Join(dir, "unlimited"), "--unlimited")
	if err != nil {
		return nil, err
	}
	var memory []string
	each := func(done int) {
		if step := max(1, o.events/5); done%step == 0 {
			now, _ := p.memory()
			memory = append(memory, fmt.Sprint(now))
			say("  %d answered, %d MiB", done, now)
		}
	}
	r, err := apply(o, o.events, vegeta.Rate{}, submit(p.submitURL, o.bytes), each)
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	_, most := p.memory()
	if err := p.stop(); err != nil {
		return nil, err
	}
	delivered, err := p.delivered()
	if err != nil {
		return nil, err
	}
	return []row{
		{"start to first accepted event", milliseconds(p.firstAccepted)},
		{fmt.Sprintf("accepted, durable events per second at POST /dev/submit, %d bytes, %d connections", o.bytes, o.connections), fmt.Sprintf("%.0f", r.perSecond())},
		{"latency p50, p99, max", fmt.Sprintf("%s, %s, %s", milliseconds(r.metrics.Latencies.P50), milliseconds(r.metrics.Latencies.P99), milliseconds(r.metrics.Latencies.Max))},
		{"answers by status", fmt.Sprint(r.byCode)},
		{"anonymous memory after each fifth of the events, MiB", fmt.Sprint(memory)},
		{"most resident memory, pages of the stream's file included, MiB", fmt.Sprint(most)},
		{"accepted and delivered, the first event included", fmt.Sprintf("%d and %d", r.accepted()+1, delivered)},
	}, nil
}

// batchSizes are the measured numbers of events per batch: a usual one, and the maximum.
var batchSizes = []int{100, 500}

// batches measures the batch route and, with a quarter of the events, the single route. They run one after the other, each with a new
// pipeline.
func batches(ctx context.Context, o options, program, dir string) ([]row, error) {
	single, err := batch(ctx, o, program, dir, o.events/4, 1)
	if err != nil {
		return nil, err
	}
	rows := []row{{"beside the batches: events per second at POST /dev/submit", fmt.Sprintf("%.0f", single.perSecond())}}
	for _, size := range batchSizes {
		r, err := batch(ctx, o, program, dir, o.events, size)
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("POST /dev/submit/batch, %d events a request: ", size)
		perSecond := r.perSecond() * float64(size)
		rows = append(rows,
			row{what + "accepted, durable events per second", fmt.Sprintf("%.0f, which is %.1f times the single route", perSecond, perSecond/single.perSecond())},
			row{what + "latency p50, p99, max", fmt.Sprintf("%s, %s, %s", milliseconds(r.metrics.Latencies.P50), milliseconds(r.metrics.Latencies.P99), milliseconds(r.metrics.Latencies.Max))},
			row{what + "answers by status, most anonymous memory", fmt.Sprintf("%v, %d MiB", r.byCode, r.mostAnonymous)},
			row{what + "events accepted and delivered, the first event included", fmt.Sprintf("%d and %d", r.accepted()*size+1, r.delivered)},
		)
	}
	return rows, nil
}

// batchResult is the result of a load of batches, with the peak of anonymous memory in MiB and the number of delivered events.
type batchResult struct {
	result
	mostAnonymous, delivered int
}

// batch sends events, size in each request; size 1 uses the single route.
func batch(ctx context.Context, o options, program, dir string, events, size int) (batchResult, error) {
	say("pipeline: %d events, %d a request", events, size)
	p, err := start(ctx, program, filepath.Join(dir, fmt.Sprintf("batch-%d", size)), "--unlimited")
	if err != nil {
		return batchResult{}, err
	}
	var r batchResult
	each := func(done int) {
		if done%max(1, 1000/size) == 0 {
			now, _ := p.memory()
			r.mostAnonymous = max(r.mostAnonymous, now)
		}
	}
	target := submit(p.submitURL, o.bytes)
	if size > 1 {
		target = submitBatch(p.submitURL+"/batch", o.bytes, size)
	}
	r.result, err = apply(o, events/size, vegeta.Rate{}, target, each)
	if err := errors.Join(err, p.stop()); err != nil {
		return batchResult{}, err
	}
	r.delivered, err = p.delivered()
	return r, err
}

const (
	// limitedRate is twice the records per second that one shard takes.
	limitedRate    = 2000
	limitedSeconds = 10
)

// limited measures the pipeline with its limits on, at twice the rate that its one shard takes.
func limited(ctx context.Context, o options, program, dir string) ([]row, error) {
	say("pipeline with its limits: %d events/s for %d s", limitedRate, limitedSeconds)
	p, err := start(ctx, program, filepath.Join(dir, "limited"))
	if err != nil {
		return nil, err
	}
	r, err := apply(o, limitedRate*limitedSeconds, vegeta.Rate{Freq: limitedRate, Per: time.Second}, submit(p.submitURL, o.bytes), nil)
	if err := errors.Join(err, p.stop()); err != nil {
		return nil, err
	}
	delivered, err := p.delivered()
	if err != nil {
		return nil, err
	}
	return []row{
		{fmt.Sprintf("one shard with its limits, asked for %d/s for %d s: answers by status", limitedRate, limitedSeconds), fmt.Sprint(r.byCode)},
		{"of those accepted and delivered, the first event included", fmt.Sprintf("%d and %d", r.accepted()+1, delivered)},
	}, nil
}

// kinesalite measures kinesalite's PutRecord with the same client, in its fastest mode, which keeps records only in memory.
func kinesalite(ctx context.Context, o options, _, _ string) ([]row, error) {
	what := fmt.Sprintf("kinesalite (in memory alone): PutRecord per second, %d bytes, %d connections", o.bytes, o.connections)
	if _, err := os.Stat("bench/node_modules/kinesalite"); err != nil {
		say("kinesalite is not installed; run: npm ci --prefix bench")
		return []row{{what, "not measured: not installed"}}, nil
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	server := exec.CommandContext(ctx, "node", "bench/kinesalite.js", port)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	url := "http://" + address + "/"
	if err := createStream(ctx, url); err != nil {
		return nil, err
	}
	events := min(o.events, 100_000)
	say("kinesalite: %d PutRecords", events)
	r, err := apply(o, events, vegeta.Rate{}, putRecord(url, o.bytes), nil)
	if err != nil {
		return nil, err
	}
	return []row{
		{what, fmt.Sprintf("%.0f", r.perSecond())},
		{"kinesalite: latency p50, p99; answers by status", fmt.Sprintf("%s, %s; %v", milliseconds(r.metrics.Latencies.P50), milliseconds(r.metrics.Latencies.P99), r.byCode)},
	}, nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func kinesisHeader(action string) http.Header {
	return http.Header{
		"Content-Type": {"application/x-amz-json-1.1"},
		"X-Amz-Target": {"Kinesis_20131202." + action},
		"X-Amz-Date":   {"20260101T000000Z"},
		// kinesalite requires a signature, but does not verify it.
		"Authorization": {"AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=x"},
	}
}

// createStream retries until the server listens.
func createStream(ctx context.Context, url string) error {
	deadline, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(deadline, http.MethodPost, url, bytes.NewReader([]byte(`{"StreamName":"s","ShardCount":1}`)))
		if err != nil {
			return err
		}
		request.Header = kinesisHeader("CreateStream")
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			defer func() { _ = response.Body.Close() }()
			if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
				return fmt.Errorf("kinesalite's CreateStream: %s %s", response.Status, text)
			}
			return nil
		}
		select {
		case <-deadline.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func putRecord(url string, size int) func(int64, *vegeta.Target) {
	header := kinesisHeader("PutRecord")
	return func(id int64, t *vegeta.Target) {
		data := base64.StdEncoding.EncodeToString(body(id, size))
		t.Method, t.URL, t.Header = http.MethodPost, url, header
		t.Body = fmt.Appendf(nil, `{"StreamName":"s","PartitionKey":"%d","Data":"%s"}`, id, data)
	}
}
