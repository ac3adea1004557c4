// Package faults breaks parts of the pipeline on one machine, on request, for a drill: `ingest drill` causes with them what an alarm is for.
//
// A fault ends by itself if nobody renews it, so that an interrupted drill leaves nothing broken. No fault outlives the process.
package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/nearest"
)

// Name names a fault.
type Name string

// The faults. Each is refused by [Set.Begin] where the pipeline has nothing that it could break.
const (
	// SubmitDenied takes the permission to put records from the API's roles.
	SubmitDenied Name = "submit-denied"
	// ReadDenied takes the permission to read the stream from the delivery streams' roles.
	ReadDenied Name = "read-denied"
	// BucketDenied denies the delivery streams' roles to put objects, as a bucket's policy does.
	BucketDenied Name = "bucket-denied"
	// KeyDisabled disables the KMS keys of the stack.
	KeyDisabled Name = "key-disabled"
	// StreamFails makes Kinesis answer puts with 500, as in an outage.
	StreamFails Name = "stream-fails"
	// DiskSlow makes each write to the stream's file take SlowWrite longer.
	DiskSlow Name = "disk-slow"
)

// SlowWrite is the additional time of a write while [DiskSlow] is in force. It is above any API latency that an environment's alarm
// allows by default (1 s).
const SlowWrite = 2 * time.Second

// maxLease bounds how long a fault is in force without being renewed.
const maxLease = 5 * time.Minute

var names = []Name{SubmitDenied, ReadDenied, BucketDenied, KeyDisabled, StreamFails, DiskSlow}

// Fault is a fault in force.
type Fault struct {
	Name  Name      `json:"name"`
	Since time.Time `json:"since"`
	// Until is when it ends if nobody renews it.
	Until time.Time `json:"until"`
}

// Options of a set.
type Options struct {
	Clock clockwork.Clock
	// Refuses says why the pipeline cannot have a fault; "" where it can.
	Refuses func(Name) string
	// Said gets a sentence when a fault begins or ends.
	Said func(string)
}

// Set are the faults of a pipeline. It is safe for concurrent use. A nil set has none.
type Set struct {
	opts Options
	mu   sync.RWMutex
	in   map[Name]Fault
}

// New returns a set without a fault.
func New(opts Options) *Set { return &Set{opts: opts, in: map[Name]Fault{}} }

// In reports whether a fault is in force. It is cheap.
func (s *Set) In(name Name) bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	found, in := s.in[name]
	s.mu.RUnlock()
	if !in || s.opts.Clock.Now().Before(found.Until) {
		return in
	}
	s.end(name, "nobody renewed it")
	return false
}

// List returns the faults in force, by name.
func (s *Set) List() []Fault {
	found := []Fault{}
	for _, name := range names {
		if !s.In(name) {
			continue
		}
		s.mu.RLock()
		fault, in := s.in[name]
		s.mu.RUnlock()
		if in {
			found = append(found, fault)
		}
	}
	slices.SortFunc(found, func(a, b Fault) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return found
}

// begin begins a fault, or renews it.
func (s *Set) begin(name Name, lease time.Duration) Fault {
	now := s.opts.Clock.Now()
	known := s.In(name) // ends one that has lapsed
	s.mu.Lock()
	fault := s.in[name]
	if !known {
		fault = Fault{Name: name, Since: now}
	}
	fault.Until = now.Add(lease)
	s.in[name] = fault
	s.mu.Unlock()
	if !known {
		s.opts.Said(fmt.Sprintf("the fault %s begins", name))
	}
	return fault
}

func (s *Set) end(name Name, why string) {
	s.mu.Lock()
	_, in := s.in[name]
	delete(s.in, name)
	s.mu.Unlock()
	if in {
		s.opts.Said(fmt.Sprintf("the fault %s ends: %s", name, why))
	}
}

// Serve answers GET with the faults in force.
func (s *Set) Serve(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string][]Fault{"faults": s.List()})
}

// ServeBegin answers PUT /_local/faults/{name}?lease=DURATION: the fault is in force for that time, at most five minutes, and another PUT
// renews it.
func (s *Set) ServeBegin(w http.ResponseWriter, r *http.Request) {
	name, err := known(r.PathValue("name"))
	if err != nil {
		refuse(w, http.StatusNotFound, err)
		return
	}
	lease, err := time.ParseDuration(r.URL.Query().Get("lease"))
	if err != nil || lease <= 0 || lease > maxLease {
		refuse(w, http.StatusBadRequest, fmt.Errorf("lease is %q; use a time of at most %s, such as 30s", r.URL.Query().Get("lease"), maxLease))
		return
	}
	if why := s.opts.Refuses(name); why != "" {
		refuse(w, http.StatusConflict, fmt.Errorf("the fault %s is not possible here: %s", name, why))
		return
	}
	write(w, http.StatusOK, s.begin(name, lease))
}

// ServeEnd answers DELETE /_local/faults/{name}. To end a fault that is not in force is no error.
func (s *Set) ServeEnd(w http.ResponseWriter, r *http.Request) {
	name, err := known(r.PathValue("name"))
	if err != nil {
		refuse(w, http.StatusNotFound, err)
		return
	}
	s.end(name, "it was undone")
	s.Serve(w, r)
}

func known(text string) (Name, error) {
	if slices.Contains(names, Name(text)) {
		return Name(text), nil
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return "", fmt.Errorf("there is no fault %q; %s", text, nearest.Remedy(text, all))
}

func refuse(w http.ResponseWriter, status int, err error) {
	write(w, status, map[string]string{"message": err.Error()})
}

func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client may have gone
}
