package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// result is the result of a load.
type result struct {
	metrics vegeta.Metrics
	byCode  map[int]int
	wall    time.Duration
}

func (r result) accepted() int { return r.byCode[http.StatusOK] }

func (r result) perSecond() float64 { return float64(r.accepted()) / r.wall.Seconds() }

// apply sends requests over the connections, at the given rate, or without one as fast as they are answered.
func apply(o options, requests int, rate vegeta.Pacer, target func(id int64, t *vegeta.Target), each func(done int)) (result, error) {
	var next atomic.Int64
	targeter := func(t *vegeta.Target) error {
		id := next.Add(1)
		if id > int64(requests) {
			return vegeta.ErrNoTargets
		}
		target(id, t)
		return nil
	}
	attacker := vegeta.NewAttacker(
		vegeta.Workers(uint64(o.connections)), vegeta.MaxWorkers(uint64(o.connections)), vegeta.Connections(o.connections),
		vegeta.KeepAlive(true), vegeta.HTTP2(false), vegeta.MaxBody(512), vegeta.Timeout(30*time.Second),
	)
	r := result{byCode: map[int]int{}}
	began := time.Now()
	done := 0
	for hit := range attacker.Attack(targeter, rate, 0, "") {
		if hit.Error == vegeta.ErrNoTargets.Error() {
			continue
		}
		done++
		r.byCode[int(hit.Code)]++
		r.metrics.Add(hit)
		if each != nil {
			each(done)
		}
	}
	r.wall = time.Since(began)
	r.metrics.Close()
	if done == 0 {
		return r, errors.New("no request was answered")
	}
	return r, nil
}

// body is an event of a given size.
func body(id int64, size int) []byte {
	head := fmt.Sprintf(`{"id":%d,"type":"page_view","pad":"`, id)
	return []byte(head + strings.Repeat("x", max(0, size-len(head)-2)) + `"}`)
}

func submit(url string, size int) func(int64, *vegeta.Target) {
	header := http.Header{"Content-Type": {"application/json"}}
	return func(id int64, t *vegeta.Target) {
		t.Method, t.URL, t.Header, t.Body = http.MethodPost, url, header, body(id, size)
	}
}

// submitBatch sends batches of events. Their bytes are made once, so the run does not measure their creation.
func submitBatch(url string, size, events int) func(int64, *vegeta.Target) {
	header := http.Header{"Content-Type": {"application/json"}}
	var all [][]byte
	for id := range events {
		all = append(all, body(int64(id), size))
	}
	text := slices.Concat([]byte(`{"events":[`), bytes.Join(all, []byte(",")), []byte(`]}`))
	return func(_ int64, t *vegeta.Target) {
		t.Method, t.URL, t.Header, t.Body = http.MethodPost, url, header, text
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
