package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestInterval(t *testing.T) {
	of := func(d time.Duration) *time.Duration { return &d }
	for _, test := range []struct {
		name string
		args []string
		want *time.Duration
	}{
		{"by default", nil, of(5 * time.Second)},
		{"none", []string{"--buffer-interval", "0"}, of(0)},
		{"none, with its unit", []string{"--buffer-interval=0s"}, of(0)},
		{"a minute", []string{"--buffer-interval", "1m"}, of(time.Minute)},
		{"the stack's own", []string{"--buffer-interval", "stack"}, nil},
		{"the last one given", []string{"--buffer-interval", "stack", "--buffer-interval", "0"}, of(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			command := upCommand()
			must(t, command.ParseFlags(test.args))
			value, ok := command.Flags().Lookup("buffer-interval").Value.(*interval)
			if !ok {
				t.Fatal("the flag is no interval")
			}
			got := value.replacement()
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Errorf("got %s, want %v", value, test.want)
			}
			must(t, value.check())
		})
	}
}

// Each event has an object of its own before the next is sent: a stack that waits for a quarter of an hour is not asked.
func TestNoIntervalDeliversEachEvent(t *testing.T) {
	stack := edited(t, `"buffering_interval": 60`, `"buffering_interval": 900`)
	p := begin(t, stack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0")
	p.waitFor(", every 0s or 1 MiB\n")
	for i := range 3 {
		if answer := p.mustPost(`{"id":"1"}`); answer.Status != http.StatusOK {
			t.Fatalf("the API answers %+v", answer)
		}
		p.wait("an object", func() bool { return p.status().Deliveries[0].DeliveredObjects == i+1 })
	}
}

func TestTheStacksOwnInterval(t *testing.T) {
	p := begin(t, devStack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "stack")
	p.waitFor(", every 1m0s or 1 MiB\n")
}

// waitFor waits for what the process says.
func (p *process) waitFor(said string) {
	p.t.Helper()
	p.wait(said, func() bool { return strings.Contains(p.stdout.String(), said) })
}
