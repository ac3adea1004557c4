package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// pairs is how many times the load beside a reader is measured with it and without it, in turn.
const pairs = 5

// reading measures searches of the stream, and what a reader takes from the load: it searches all records again and again, and asks for
// the newest ones once a second, as a page with a search does.
func reading(ctx context.Context, o options, program, dir string) ([]row, error) {
	say("pipeline: %d events for a reader", o.events)
	p, err := start(ctx, program, filepath.Join(dir, "reading"), "--unlimited")
	if err != nil {
		return nil, err
	}
	const size = 500
	if _, err := apply(o, o.events/size, vegeta.Rate{}, submitBatch(p.submitURL+"/batch", o.bytes, size), nil); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	before, _ := p.memory()
	rows, err := searches(ctx, p, o.events)
	if err == nil {
		var beside []row
		beside, err = besideReader(ctx, o, p)
		rows = append(rows, beside...)
	}
	after, _ := p.memory()
	rows = append(rows, row{"anonymous memory before the searches and after all, MiB", fmt.Sprintf("%d and %d", before, after)})
	return rows, errors.Join(err, p.stop())
}

// searches measures single searches of all records.
func searches(ctx context.Context, p *pipeline, events int) (rows []row, err error) {
	for _, search := range []struct {
		what   string
		values url.Values
	}{
		{"a text that no record has", url.Values{"text": {"nothing has this text"}}},
		{"a partition key that no record has", url.Values{"key": {"nothing has this key"}}},
		{"the first records from a time", url.Values{"from": {time.Now().Add(-time.Second).Format(time.RFC3339)}, "order": {"oldest"}, "limit": {"1"}}},
	} {
		began := time.Now()
		scanned, err := p.search(ctx, search.values)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{
			fmt.Sprintf("search of a stream of %d records for %s", events, search.what),
			fmt.Sprintf("%s, %d looked at", milliseconds(time.Since(began)), scanned),
		})
	}
	return rows, nil
}

// besideReader measures the single route with and without a reader.
func besideReader(ctx context.Context, o options, p *pipeline) ([]row, error) {
	var without, with []float64
	for range pairs {
		for _, reads := range []bool{false, true} {
			stop := func() error { return nil }
			if reads {
				stop = p.read(ctx)
			}
			r, err := apply(o, o.events/10, vegeta.Rate{}, submit(p.submitURL, o.bytes), nil)
			if err := errors.Join(err, stop()); err != nil {
				return nil, err
			}
			if reads {
				with = append(with, r.perSecond())
			} else {
				without = append(without, r.perSecond())
			}
			say("  %.0f a second, reader %v", r.perSecond(), reads)
		}
	}
	slices.Sort(without)
	slices.Sort(with)
	a, b := without[pairs/2], with[pairs/2]
	return []row{{
		fmt.Sprintf("events per second at POST /dev/submit without a reader and with one, medians of %d pairs", pairs),
		fmt.Sprintf("%.0f and %.0f, which is %.1f %% less", a, b, 100*(a-b)/a),
	}}, nil
}

// read reads until the function that it returns is called, which returns the reader's error.
func (p *pipeline) read(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	var failed [2]error
	for i, read := range []struct {
		values url.Values
		every  time.Duration
	}{{url.Values{"text": {"nothing has this text"}}, 0}, {url.Values{"limit": {"200"}, "most": {"300"}}, time.Second}} {
		group.Go(func() {
			for ctx.Err() == nil && failed[i] == nil {
				if _, err := p.search(ctx, read.values); err != nil && ctx.Err() == nil {
					failed[i] = err
				}
				select {
				case <-ctx.Done():
				case <-time.After(read.every):
				}
			}
		})
	}
	return func() error {
		cancel()
		group.Wait()
		return errors.Join(failed[:]...)
	}
}

// search asks for records until the stream's end or the first that is found, and returns how many records were looked at.
func (p *pipeline) search(ctx context.Context, values url.Values) (scanned int, err error) {
	base, _, _ := strings.Cut(p.submitURL, "/dev/")
	for cursor := ""; ; {
		values.Set("cursor", cursor)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/_local/records?"+values.Encode(), nil)
		if err != nil {
			return scanned, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return scanned, err
		}
		var answer struct {
			Message, Cursor string
			Records         []json.RawMessage
			More            bool
			Scanned         int
		}
		err = errors.Join(json.NewDecoder(response.Body).Decode(&answer), response.Body.Close())
		if err == nil && response.StatusCode != http.StatusOK {
			err = errors.New(answer.Message)
		}
		if err != nil {
			return scanned, err
		}
		scanned += answer.Scanned
		if cursor = answer.Cursor; !answer.More || len(answer.Records) > 0 {
			return scanned, nil
		}
	}
}
