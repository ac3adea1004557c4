package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/durable"
)

// keptChanges bounds the history of an alarm. AWS keeps it for 30 days (API reference, DescribeAlarmHistory).
const keptChanges = 100

// Change is a change of an alarm's state.
type Change struct {
	Alarm    string    `json:"alarm"`
	At       time.Time `json:"at"`
	From     State     `json:"from"`
	To       State     `json:"to"`
	Reason   string    `json:"reason"`
	Data     string    `json:"data"`
	Before   string    `json:"before"` // the reason of From
	DataThen string    `json:"dataBefore"`
	// Notified are the ARNs that AWS would notify of it. Nothing is sent here.
	Notified []string `json:"notified,omitempty"`
}

// standing is an alarm's state, as it is in the file.
type standing struct {
	State      State     `json:"state"`
	Reason     string    `json:"reason"`
	Data       string    `json:"data"`
	Updated    time.Time `json:"updated"`
	Changed    time.Time `json:"changed"`
	Configured time.Time `json:"configured"`
	// History is oldest first.
	History []Change `json:"history"`
}

// WatchOptions of the evaluation of alarms.
type WatchOptions struct {
	Metrics *Metrics
	// Path is the file of the alarms' states. OpenWatch makes its folder.
	Path   string
	Clock  clockwork.Clock
	Logger *slog.Logger
	// Changed is called after each change of a state, one call at a time. It may take its time: nothing but the next evaluation waits.
	Changed func(Change)
}

// Watch evaluates alarms. It is safe for concurrent use.
type Watch struct {
	opts    WatchOptions
	alarms  []Alarm
	started time.Time

	// evaluating is held during an evaluation and the calls of Changed that follow it. It is locked before mu.
	evaluating sync.Mutex

	mu      sync.Mutex
	states  map[string]*standing
	unsaved bool

	// evaluations counts them.
	evaluations atomic.Int64
	// courses is held while the values for Courses are read. It is locked before mu.
	courses sync.Mutex
	// readings are the values of each alarm, as of a minute and after so many evaluations.
	readings  [][]Reading
	readAt    time.Time
	readAfter int64
}

// OpenWatch reads the states of the alarms that the file has, and begins with INSUFFICIENT_DATA for the others.
//
// Assumption CW-6: an alarm of CloudWatch begins in the state INSUFFICIENT_DATA with the reason "Unchecked: Initial alarm creation", and
// keeps its state when its configuration changes (API reference, PutMetricAlarm: "When you update an existing alarm, its state is left
// unchanged"; the reason is that of describe-alarms in users' outputs).
func OpenWatch(alarms []Alarm, opts WatchOptions) (*Watch, error) {
	w := &Watch{opts: opts, alarms: alarms, started: opts.Clock.Now(), states: map[string]*standing{}}
	if len(alarms) == 0 {
		return w, nil
	}
	if err := os.MkdirAll(filepath.Dir(opts.Path), 0o755); err != nil {
		return nil, err
	}
	kept := map[string]*standing{}
	text, err := os.ReadFile(opts.Path)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the states of the alarms in %s cannot be read (%w); remove the file, and each alarm begins anew", opts.Path, err)
	}
	for _, a := range alarms {
		if s := kept[a.name]; s != nil {
			w.states[a.name] = s
			continue
		}
		w.states[a.name] = &standing{
			State: InsufficientData, Reason: "Unchecked: Initial alarm creation", Updated: w.started, Changed: w.started, Configured: w.started,
		}
		w.unsaved = true
	}
	return w, nil
}

// Evaluate evaluates each alarm once, over the minutes that have ended, and saves the states if one has changed.
func (w *Watch) Evaluate() {
	w.evaluating.Lock()
	defer w.evaluating.Unlock()
	changes := w.evaluate()
	w.evaluations.Add(1)
	for _, c := range changes {
		if w.opts.Changed != nil {
			w.opts.Changed(c) // without mu: an output that stalls must not stall the status
		}
	}
}

func (w *Watch) evaluate() (changes []Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.opts.Clock.Now()
	for _, a := range w.alarms {
		o := a.evaluate(w.opts.Metrics, now)
		if s := w.states[a.name]; !o.keep && !w.startsUp(a, s, o, now) && o.state != s.State {
			changes = append(changes, w.change(a, s, o, now))
		}
	}
	w.save()
	return changes
}

// startsUp reports whether an outcome rests on data that is missing because nothing ran here.
//
// Assumption CW-7: the local pipeline does not take the time in which it did not run for missing data: until evaluation_periods periods
// have passed since the start, an alarm that lacks data goes to OK from INSUFFICIENT_DATA alone, to ALARM for data points that are there
// and breach, and else keeps its state. Metrics are
// not kept over a restart. AWS does not document a counterpart, because its services do not stop.
func (w *Watch) startsUp(a Alarm, s *standing, o outcome, now time.Time) bool {
	if o.filled == 0 || now.Sub(w.started) >= time.Duration(a.periods)*a.period {
		return false
	}
	if o.state == Alarming && breaching(o.points) >= a.datapoints {
		return false // data points that are there are reason enough
	}
	return o.state != OK || s.State != InsufficientData
}

func (w *Watch) change(a Alarm, s *standing, o outcome, now time.Time) Change {
	c := Change{
		Alarm: a.name, At: now, From: s.State, To: o.state, Reason: a.reason(o), Data: a.reasonData(o, now), Before: s.Reason, DataThen: s.Data,
	}
	if a.actionsEnabled {
		c.Notified = a.actions[o.state]
	}
	s.State, s.Reason, s.Data, s.Updated, s.Changed = c.To, c.Reason, c.Data, now, now
	s.History = append(s.History, c)
	s.History = slices.Delete(s.History, 0, max(0, len(s.History)-keptChanges))
	w.unsaved = true
	return c
}

// save writes the states. After an error they are written with the next evaluation. It is called with mu held.
func (w *Watch) save() {
	if !w.unsaved {
		return
	}
	text, err := json.MarshalIndent(w.states, "", "\t")
	if err == nil {
		err = durable.WriteFile(w.opts.Path, text)
	}
	if err != nil {
		w.opts.Logger.Error("the states of the alarms cannot be written; it is tried again in a minute", "file", w.opts.Path, "error", err)
		return
	}
	w.unsaved = false
}

// Close saves the states.
func (w *Watch) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.alarms) > 0 {
		w.save()
	}
}

// AlarmStatus is an alarm's state and its last changes.
type AlarmStatus struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	State       State     `json:"state"`
	Reason      string    `json:"reason"`
	ChangedAt   time.Time `json:"changedAt"`
	// Value of the last whole period; nil without data.
	Value      *float64 `json:"value"`
	Comparison string   `json:"comparison"`
	Threshold  float64  `json:"threshold"`
	// PeriodSeconds is the length of a period. The alarm goes off if Datapoints of the last Periods breach the threshold.
	PeriodSeconds int `json:"periodSeconds"`
	Periods       int `json:"periods"`
	Datapoints    int `json:"datapoints"`
	// Range is how many periods an evaluation reads, to fill in for those without data (see Alarm.evaluationRange).
	Range int `json:"range"`
	// MissingBreaches is true where a period without data counts as a breach.
	MissingBreaches bool `json:"missingBreaches"`
	// History are the last changes, the newest first.
	History []StateChange `json:"history"`
}

// StateChange is a change in an [AlarmStatus].
type StateChange struct {
	At     time.Time `json:"at"`
	From   State     `json:"from"`
	To     State     `json:"to"`
	Reason string    `json:"reason"`
}

// shownChanges bounds the history in an [AlarmStatus].
const shownChanges = 10

// Status returns the alarms in the order of their declaration.
func (w *Watch) Status() []AlarmStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.opts.Clock.Now().Truncate(time.Minute)
	all := []AlarmStatus{}
	for _, a := range w.alarms {
		s := w.states[a.name]
		status := AlarmStatus{
			Name: a.name, Description: a.description, State: s.State, Reason: s.Reason, ChangedAt: s.Changed, Comparison: a.comparison,
			Threshold: a.threshold, PeriodSeconds: int(a.period / time.Second), Periods: a.periods, Datapoints: a.datapoints,
			Range: a.evaluationRange(), MissingBreaches: a.missing == missingBreaches, History: []StateChange{},
		}
		if value := a.at(w.opts.Metrics, now); value.there {
			status.Value = &value.value
		}
		for _, c := range slices.Backward(s.History[max(0, len(s.History)-shownChanges):]) {
			status.History = append(status.History, StateChange{c.At, c.From, c.To, c.Reason})
		}
		all = append(all, status)
	}
	return all
}

// history returns all changes of one alarm, or of all, oldest first.
func (w *Watch) history(alarm string) []Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Change
	for _, name := range slices.Sorted(maps.Keys(w.states)) {
		if alarm == "" || alarm == name {
			all = append(all, w.states[name].History...)
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return a.At.Compare(b.At) })
	return all
}
