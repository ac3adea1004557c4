package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/lacking"
)

// acknowledged is what clients were told is in the stream.
type acknowledged struct {
	mu       sync.Mutex
	sequence map[string]string // by event id
}

func (a *acknowledged) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sequence)
}

// load posts events from several clients until the process is gone.
func (a *acknowledged) load(p *process, round int) *sync.WaitGroup {
	var clients sync.WaitGroup
	for client := range 16 {
		clients.Go(func() {
			connection := &http.Client{Transport: &http.Transport{}, Timeout: patience}
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", round, client, n)
				answer, err := p.post(connection, `{"id":"`+id+`"}`)
				if err != nil {
					return
				}
				if answer.Status == http.StatusOK {
					a.mu.Lock()
					a.sequence[id] = answer.SequenceNumber
					a.mu.Unlock()
				}
			}
		})
	}
	return &clients
}

// Whatever was acknowledged is delivered, though the process is killed at any moment, ten times: none is lost, and within
// the shard each comes first in the order in which the stream took it.
func TestKilledTenTimesUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("it kills ten processes under load; run it without -short")
	}
	data := filepath.Join(t.TempDir(), "data")
	acks := &acknowledged{sequence: map[string]string{}}
	random := rand.New(rand.NewPCG(1, 2)) // the machine's timing varies the moments anyway
	for round := range 10 {
		p := begin(t, devStack, data, "--unlimited", "--buffer-interval", "1s")
		before := acks.count()
		clients := acks.load(p, round)
		more := 100 + random.IntN(2000)
		p.wait("more events", func() bool { return acks.count() >= before+more })
		p.kill()
		clients.Wait()
	}
	p := begin(t, devStack, data)
	if status := p.end(); status != 0 {
		t.Fatalf("the last process ends with %d:\n%s", status, p.stderr)
	}
	checkDelivered(t, lines(t, data), acks.sequence)
	t.Logf("%d events were acknowledged, and all are delivered", acks.count())
}

// checkDelivered fails where an acknowledged event is missing, or comes first out of its shard's order.
func checkDelivered(t *testing.T, delivered []string, sequence map[string]string) {
	t.Helper()
	last := ""
	for _, id := range checkNoneLost(t, delivered, sequence) {
		number := sequence[id]
		if len(number) < len(last) || len(number) == len(last) && number <= last {
			t.Fatalf("%s with the sequence number %s comes after %s", id, number, last)
		}
		last = number
	}
}

// checkNoneLost fails where an acknowledged event is missing. It returns the acknowledged ones in the order of their first
// delivery. One that was not acknowledged may be there too: its answer was lost with the process.
func checkNoneLost(t *testing.T, delivered []string, sequence map[string]string) []string {
	t.Helper()
	seen := map[string]bool{}
	var first []string
	for _, line := range delivered {
		var event struct{ ID string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("a delivered line is not an event: %v: %q", err, line)
		}
		if _, acknowledged := sequence[event.ID]; acknowledged && !seen[event.ID] {
			first = append(first, event.ID)
		}
		seen[event.ID] = true
	}
	if lost := len(sequence) - len(first); lost > 0 {
		t.Errorf("%d of %d acknowledged events were not delivered", lost, len(sequence))
	}
	return first
}

func TestTwoProcessesOnOneDataFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := begin(t, devStack, data)
	second := spawn(t, "up", "--stack", devStack, "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--data", data)
	select {
	case <-second.exited:
	case <-time.After(patience):
		t.Fatal("the second process does not end")
	}
	stderr := second.stderr.String()
	if second.command.ProcessState.ExitCode() != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "another process") || !strings.Contains(stderr, "--data") {
		t.Errorf("the second process ends with %d and says:\n%s", second.command.ProcessState.ExitCode(), stderr)
	}
	if answer := first.mustPost(`{"id":"1"}`); answer.Status != http.StatusOK {
		t.Errorf("the first process answers %v", answer)
	}
}

// The bucket's folder is taken away for a while.
func TestS3FailsForAWhile(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--buffer-interval", "1s")
	bucket := filepath.Join(data, "s3", "api-kinesis-firehose-bucket-dev")
	must(t, os.Rename(bucket, bucket+".away"))
	must(t, os.WriteFile(bucket, nil, 0o644))
	sequence := map[string]string{}
	for i := range 20 {
		id := fmt.Sprint(i)
		answer := p.mustPost(`{"id":"` + id + `"}`)
		if answer.Status != http.StatusOK {
			t.Fatalf("while S3 fails the API answers %v", answer)
		}
		sequence[id] = answer.SequenceNumber
	}
	p.wait("a failed delivery", func() bool { return p.status().Deliveries[0].Failures > 0 })
	must(t, os.Remove(bucket))
	must(t, os.Rename(bucket+".away", bucket))
	p.wait("the delivery", func() bool { return p.status().Deliveries[0].DeliveredRecords >= 20 })
	checkDelivered(t, lines(t, data), sequence)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// smallDisk is a file system of 8 MiB: the folder that INGEST_SMALL_DISK names, or one that root mounts here.
func smallDisk(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("INGEST_SMALL_DISK"); folder != "" {
		return folder
	}
	folder := t.TempDir()
	if err := mountSmall(folder); err != nil {
		lacking.End(t, "a small file system cannot be mounted ("+err.Error()+"); run as root, or mount one (mount -t tmpfs -o size=8m,mode=1777 tmpfs DIR) and name it in INGEST_SMALL_DISK")
	}
	t.Cleanup(func() { _ = unmount(folder) })
	return folder
}

// A full disk is an error to the client and no loss: what was accepted before is delivered once there is room.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t)
	data := filepath.Join(disk, "data")
	ballast := filepath.Join(disk, "ballast")
	p := begin(t, devStack, data, "--unlimited", "--buffer-interval", "900s")
	must(t, os.WriteFile(ballast, make([]byte, 2<<20), 0o644))
	sequence := map[string]string{}
	pad := strings.Repeat("x", 50_000)
	var refused answer
	for i := 0; refused.Status == 0; i++ {
		id := fmt.Sprint(i)
		answer := p.mustPost(`{"id":"` + id + `","pad":"` + pad + `"}`)
		switch {
		case answer.Status == http.StatusOK:
			sequence[id] = answer.SequenceNumber
		case i > 1000:
			t.Fatal("the disk does not fill up")
		default:
			refused = answer
		}
	}
	if refused.Status != http.StatusBadGateway || refused.Message == "" {
		t.Errorf("on a full disk the API answers %+v, want 502", refused)
	}
	must(t, os.Remove(ballast))
	if answer := p.mustPost(`{"id":"after"}`); answer.Status != http.StatusOK {
		t.Errorf("with room again the API answers %+v", answer)
	} else {
		sequence["after"] = answer.SequenceNumber
	}
	p.kill()
	moved := filepath.Join(t.TempDir(), "data") // the objects need the same room again
	must(t, os.CopyFS(moved, os.DirFS(data)))
	last := begin(t, devStack, moved)
	if status := last.end(); status != 0 {
		t.Fatalf("the last process ends with %d:\n%s", status, last.stderr)
	}
	// The copy does not keep the order in which the objects were written.
	checkNoneLost(t, lines(t, moved), sequence)
}
