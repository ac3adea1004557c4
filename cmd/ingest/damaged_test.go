package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// damage changes the stream's file wherever a text stands in it, and says in how many places.
func damage(t *testing.T, file, text string, change func(image []byte, at int)) (places int) {
	t.Helper()
	image, err := os.ReadFile(file)
	must(t, err)
	for at := 0; ; at++ {
		next := bytes.Index(image[at:], []byte(text))
		if next < 0 {
			break
		}
		at += next
		change(image, at)
		places++
	}
	opened, err := os.OpenFile(file, os.O_WRONLY, 0)
	must(t, err)
	_, err = opened.WriteAt(image, 0)
	must(t, err)
	must(t, opened.Close())
	return places
}

// The stream's file is damaged, while nothing runs and while it does: what of it can be read is delivered, what cannot is
// said with its place and what to do, at this start and at the next, and what is posted then is delivered.
func TestADamagedStream(t *testing.T) {
	for name, running := range map[string]bool{"between two runs": false, "while it runs": true} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			file := filepath.Join(data, "kinesis.db")
			flags := []string{"--unlimited", "--buffer-interval", "900s"}
			p := begin(t, devStack, data, flags...)
			sequence := map[string]string{}
			post := func(id string) {
				t.Helper()
				answer := p.mustPost(`{"id":"` + id + `","pad":"` + strings.Repeat("x", 2000) + `"}`)
				if running && answer.Status == http.StatusBadGateway { // a client that meets the damage must send the event again
					answer = p.mustPost(`{"id":"` + id + `","pad":"` + strings.Repeat("x", 2000) + `"}`)
				}
				if answer.Status != http.StatusOK {
					t.Fatalf("%s: the API answers %+v", id, answer)
				}
				sequence[id] = answer.SequenceNumber
			}
			for i := range 60 {
				post(fmt.Sprint("before-", i))
			}
			if !running {
				p.kill()
			}
			// The test damages one event's bytes, and the header of another event's page.
			if damage(t, file, `{"id":"before-20"`, func(image []byte, at int) { image[at+3] ^= 1 }) == 0 ||
				damage(t, file, `{"id":"before-40"`, func(image []byte, at int) {
					copy(image[at&^(16<<10-1):], bytes.Repeat([]byte{0xff}, 64))
				}) == 0 {
				t.Fatal("the events are not in the file")
			}
			lost := sequence["before-20"]
			if !running {
				p = begin(t, devStack, data, flags...)
			}
			post("after")
			if running { // the delivery has read the records before the damage
				p.kill()
				p = begin(t, devStack, data, flags...)
			}
			checkSaid(t, p, lost)
			p.kill()
			p = begin(t, devStack, data, flags...)
			checkSaid(t, p, lost)
			if status := p.end(); status != 0 {
				t.Fatalf("it ends with %d:\n%s", status, p.stderr)
			}
			want := maps.Clone(sequence)
			delete(want, "before-20")
			delivered := lines(t, data)
			checkDelivered(t, delivered, want)
			for _, line := range delivered {
				if strings.Contains(line, "before-20") || !strings.HasPrefix(line, `{"id":"`) {
					t.Errorf("it delivers %.60s", line)
				}
			}
		})
	}
}

// checkSaid fails unless the process says, in its log and in its status, that records around a number are lost.
func checkSaid(t *testing.T, p *process, lost string) {
	t.Helper()
	for _, part := range []string{"could not be read", "send the events again whose sequence numbers lie between", "kinesis.db.damaged-", "shardId-"} {
		p.wait("the log's "+part, func() bool { return strings.Contains(p.stderr.String(), part) })
	}
	for _, stream := range p.status().Streams.Streams {
		for _, shard := range stream.Shards {
			for _, damage := range shard.Damage {
				if damage.After < lost && lost < damage.Before && strings.Contains(p.stderr.String(), damage.After) && strings.Contains(p.stderr.String(), damage.Before) {
					return
				}
			}
		}
	}
	t.Errorf("neither names the place of %s:\n%+v\n%s", lost, p.status().Streams, p.stderr)
}
