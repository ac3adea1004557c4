// Package faults breaks parts of the pipeline on one machine, on request, for a drill: `ingest drill` causes with them what an alarm is for.
//
// A fault ends by itself if nobody renews it, so that an interrupted drill leaves nothing broken. No fault outlives the process.
package faults

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/answers"
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
	// KeyDisabled disables the KMS keys of the stack, for the API and the delivery streams.
	KeyDisabled Name = "key-disabled"
	// StreamFails makes Kinesis answer the API's puts with 500, as in an outage.
	StreamFails Name = "stream-fails"
	// DiskSlow makes each write to the stream's file take SlowWrite longer.
	DiskSlow Name = "disk-slow"
	// Load breaks nothing. A drill whose cause is a load holds it, so that two drills do not run at once.
	Load Name = "load"
)

// SlowWrite is the additional time of a write while [DiskSlow] is in force. It is above any API latency that an environment's alarm
// allows by default (1 s).
const SlowWrite = 2 * time.Second

// maxLease bounds how long a fault is in force without being renewed.
const maxLease = 5 * time.Minute

var names = []Name{SubmitDenied, ReadDenied, BucketDenied, KeyDisabled, StreamFails, DiskSlow, Load}

// Fault is a fault in force.
type Fault struct {
	Name  Name      `json:"name"`
	Since time.Time `json:"since"`
	// Until is when it ends if nobody renews it.
	Until time.Time `json:"until"`
	// Holder is the drill that asked for it; empty for a person.
	Holder string `json:"holder,omitempty"`
}

// Options of a set.
type Options struct {
	Clock clockwork.Clock
	// Refuses says why the pipeline cannot have a fault; "" where it can.
	Refuses func(Name) string
	// Said gets a sentence when a fault begins or ends.
	Said func(string)
}

// Set are the faults of a pipeline. All that are in force have one holder. It is safe for concurrent use. A nil set has none.
type Set struct {
	opts Options
	mu   sync.RWMutex
	in   map[Name]Fault
	// ended are the newest faults that their holders have undone: a request for one of them that comes late begins nothing.
	ended []undone
}

// undone is a fault that its holder has undone.
type undone struct {
	name   Name
	holder string
}

// maxEnded bounds what is remembered. A late request is seconds late.
const maxEnded = 32

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
	s.endLapsed()
	return false
}

// List returns the faults in force, by name.
func (s *Set) List() []Fault {
	s.endLapsed()
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []Fault{}
	for _, name := range slices.Sorted(maps.Keys(s.in)) {
		found = append(found, s.in[name])
	}
	return found
}

// endLapsed ends the faults that nobody has renewed in time.
func (s *Set) endLapsed() {
	s.mu.Lock()
	var lapsed []Name
	for name, fault := range s.in {
		if !s.opts.Clock.Now().Before(fault.Until) {
			lapsed = append(lapsed, name)
			delete(s.in, name)
		}
	}
	s.mu.Unlock()
	for _, name := range lapsed {
		s.opts.Said(said(name, "ends: nobody renewed it"))
	}
}

// begin begins a fault, or renews it. The error is that of a holder that may not.
func (s *Set) begin(name Name, holder string, lease time.Duration) (Fault, error) {
	s.endLapsed()
	fault, renewed, err := s.take(name, holder, lease)
	if err == nil && !renewed {
		s.opts.Said(said(name, "begins"))
	}
	return fault, err
}

func (s *Set) take(name Name, holder string, lease time.Duration) (fault Fault, renewed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.ended, undone{name, holder}) {
		return Fault{}, false, fmt.Errorf("the holder %q has ended the fault %s; begin anew with another", holder, name)
	}
	for _, other := range s.in {
		if other.Holder != holder {
			return Fault{}, false, heldBy(other)
		}
	}
	now := s.opts.Clock.Now()
	fault, renewed = s.in[name]
	if !renewed {
		fault = Fault{Name: name, Since: now, Holder: holder}
	}
	fault.Until = now.Add(lease)
	s.in[name] = fault
	return fault, renewed, nil
}

func heldBy(other Fault) error {
	if other.Holder == "" {
		return fmt.Errorf("the fault %s is in force until %s; end it with DELETE /_local/faults/%[1]s, or wait", other.Name, other.Until.UTC().Format(time.RFC3339))
	}
	return fmt.Errorf("a drill is running, with the fault %s; end it with Ctrl-C in its shell, or wait for its end; one that was killed ends at %s", other.Name, other.Until.UTC().Format(time.RFC3339))
}

// end ends a fault of a holder.
func (s *Set) end(name Name, holder string) error {
	s.mu.Lock()
	fault, in := s.in[name]
	if in && fault.Holder != holder {
		s.mu.Unlock()
		return heldBy(fault)
	}
	delete(s.in, name)
	if holder != "" && !slices.Contains(s.ended, undone{name, holder}) {
		s.ended = append(s.ended, undone{name, holder})
		s.ended = slices.Delete(s.ended, 0, max(0, len(s.ended)-maxEnded))
	}
	s.mu.Unlock()
	if in {
		s.opts.Said(said(name, "ends: it was undone"))
	}
	return nil
}

// said is a sentence about a fault.
func said(name Name, what string) string {
	if name == Load {
		return "the load of a drill " + what
	}
	return "the fault " + string(name) + " " + what
}

// impossible says for each fault that the pipeline cannot have why.
func (s *Set) impossible() map[Name]string {
	found := map[Name]string{}
	for _, name := range names {
		if why := s.opts.Refuses(name); why != "" {
			found[name] = why
		}
	}
	return found
}

// Serve answers GET with the faults in force, and with those that the pipeline cannot have.
func (s *Set) Serve(w http.ResponseWriter, _ *http.Request) {
	answers.JSON(w, http.StatusOK, struct {
		Faults     []Fault         `json:"faults"`
		Impossible map[Name]string `json:"impossible"`
	}{s.List(), s.impossible()})
}

// ServeBegin answers PUT /_local/faults/{name}?lease=DURATION&holder=TEXT: the fault is in force for that time, at most five minutes, and
// another PUT renews it. Without a holder a person holds it. It answers 409 while another holder has a fault.
func (s *Set) ServeBegin(w http.ResponseWriter, r *http.Request) {
	name, err := known(r.PathValue("name"))
	if err != nil {
		answers.Refuse(w, http.StatusNotFound, err)
		return
	}
	query, err := answers.Parameters(r.URL.RawQuery, "lease", "holder")
	if err != nil {
		answers.Refuse(w, http.StatusBadRequest, err)
		return
	}
	text := query.Get("lease")
	lease, err := time.ParseDuration(text)
	if err != nil || lease <= 0 || lease > maxLease {
		answers.Refuse(w, http.StatusBadRequest, fmt.Errorf("lease is %q; use a time of at most %s, such as 30s", text, maxLease))
		return
	}
	holder := query.Get("holder")
	if len(holder) > maxHolder {
		answers.Refuse(w, http.StatusBadRequest, fmt.Errorf("holder has %d bytes; use at most %d", len(holder), maxHolder))
		return
	}
	if why := s.opts.Refuses(name); why != "" {
		answers.Refuse(w, http.StatusConflict, fmt.Errorf("the fault %s is not possible here: %s", name, why))
		return
	}
	fault, err := s.begin(name, holder, lease)
	if err != nil {
		answers.Refuse(w, http.StatusConflict, err)
		return
	}
	answers.JSON(w, http.StatusOK, fault)
}

// maxHolder bounds the name of a holder, in bytes.
const maxHolder = 100

// ServeEnd answers DELETE /_local/faults/{name}?holder=TEXT. To end a fault that is not in force is no error.
func (s *Set) ServeEnd(w http.ResponseWriter, r *http.Request) {
	name, err := known(r.PathValue("name"))
	if err != nil {
		answers.Refuse(w, http.StatusNotFound, err)
		return
	}
	query, err := answers.Parameters(r.URL.RawQuery, "holder")
	if err != nil {
		answers.Refuse(w, http.StatusBadRequest, err)
		return
	}
	if err := s.end(name, query.Get("holder")); err != nil {
		answers.Refuse(w, http.StatusConflict, err)
		return
	}
	s.Serve(w, r)
}

func known(text string) (Name, error) {
	if slices.Contains(names, Name(text)) {
		return Name(text), nil
	}
	var all []string
	for _, name := range names {
		if name != Load { // a person has no use for it
			all = append(all, string(name))
		}
	}
	return "", fmt.Errorf("there is no fault %q; %s", text, nearest.Remedy(text, all))
}
