// Package drill causes on the pipeline of one machine what an alarm is for, and shows that the alarm goes off and recovers.
//
// A drill ([All]) is a cause: a fault of the pipeline (package local/faults), a load, or both. [Run] is the only way through one: begin
// the cause, wait for the alarms, show the runbook's first commands, undo the cause, wait for OK. Time is the pipeline's: a drill takes as
// long as the alarm's periods.
package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/docs/runbooks"
	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/faults"
	"cdk.tf/go/ingest/verify"
)

// Options are what a drill needs.
type Options struct {
	// Environment is the environment's name.
	Environment string
	// Local is the address of the pipeline's API and page, such as http://127.0.0.1:8080.
	Local string
	// Unlimited says that the pipeline applies no rate limits.
	Unlimited bool
	// API is the name of the REST API, with which the names of the pipeline's alarms begin.
	API string
	// Stream is the name of the stream, and PartitionQuery the delivery stream's query of partitions; "" without one.
	Stream, PartitionQuery string
	Sender                 *verify.Sender
	Kinesis                *kinesis.Client
	HTTP                   *http.Client
	// Hold is how long the cause stays after the alarms went off.
	Hold time.Duration
	// Clock is the pipeline's.
	Clock clockwork.Clock
	// Wait waits for a time of the clock, or until the context is done.
	Wait func(context.Context, time.Duration) error
	// Before are the lines of shell that a person needs before a runbook's commands.
	Before string
	Out    io.Writer
}

// run is one drill.
type run struct {
	Options
	ctx   context.Context //nolint:containedctx // a drill is one call, and its loads run in it
	drill Drill
	// holder names this run among the holders of faults.
	holder string
	began  time.Time
	// within is how long an alarm takes at most, and onset how long the cause takes to show in a metric.
	within map[string]time.Duration
	onset  time.Duration

	slots   chan struct{}
	sending sync.WaitGroup
	// answers are those of the drill's present part: to the cause, or to the events after it.
	answers *answers

	keys, shards []string // of the stream, once they are read
	// filled is when the shards were last filled.
	filled time.Time
	// alarms are those of the beginning. watched are the alarms that the drill is for, and said their states as they were last printed.
	alarms  map[string]alarm
	watched []string
	said    map[string]cloudwatch.State
	// rang are the times of the watched alarms' first ALARM, and others the other alarms that went off.
	rang   map[string]time.Time
	others map[string]bool
	// noted is when the values were last printed.
	noted time.Time
}

// Run runs the first of some drills that is possible on the pipeline. Its error says which alarm did not go off, or did not recover, or why
// the pipeline cannot have the drill's cause. Whatever its end, it undoes the cause; if it could not, the error says so.
func Run(ctx context.Context, candidates []Drill, opts Options) error {
	within, cancel := context.WithCancel(ctx)
	r := &run{
		Options: opts, ctx: within, holder: uuid.NewString(), slots: make(chan struct{}, maxInFlight), answers: &answers{byStatus: map[int]int{}},
		said: map[string]cloudwatch.State{}, rang: map[string]time.Time{}, others: map[string]bool{}, within: map[string]time.Duration{},
	}
	defer r.sending.Wait()
	defer cancel()
	if err := r.choose(candidates); err != nil {
		return err
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.holdPipeline(lease); err != nil {
		return err
	}
	defer r.release(ctx)
	if err := errors.Join(r.accepted(), r.setTimes()); err != nil {
		return err
	}
	r.announce()
	err := r.cause()
	if undone := r.undo(ctx); err != nil || undone != nil {
		return errors.Join(err, undone)
	}
	return r.restore()
}

// choose chooses the first drill that is possible.
func (r *run) choose(candidates []Drill) error {
	var reasons []error
	for _, d := range candidates {
		why, err := r.impossibleHere(d)
		if err != nil {
			return err
		}
		if why == "" {
			r.drill = d
			return nil
		}
		reasons = append(reasons, fmt.Errorf("the drill %s is not possible: %s", d.Name, why))
	}
	return errors.Join(reasons...)
}

// prepare checks that the alarms can go off.
func (r *run) prepare() error {
	s, err := r.look(r.ctx)
	if err != nil {
		return err
	}
	alarms := r.alarmsOf(s)
	if len(alarms) == 0 {
		return fmt.Errorf("%s declares no alarms; set Alarms.Enabled, or run an environment that has them: make up ENV=prod", r.Environment)
	}
	for _, id := range r.drill.Alarms {
		if a, declared := alarms[id]; declared {
			if a.State == cloudwatch.Alarming {
				return alreadyInAlarm(a, s.Faults)
			}
			r.watched = append(r.watched, id)
		}
	}
	if len(r.watched) == 0 {
		return fmt.Errorf("%s has no alarm %s; its alarms are %s", r.Environment, strings.Join(r.drill.Alarms, ", "), strings.Join(slices.Sorted(maps.Keys(alarms)), ", "))
	}
	for id, a := range alarms {
		r.said[id] = a.State
	}
	r.alarms = alarms
	return nil
}

// setTimes sets how long each alarm takes at most, from the beginning of the cause.
func (r *run) setTimes() error {
	for _, id := range r.watched {
		r.within[id] = r.alarms[id].rings()
		if r.drill.onset == nil {
			continue
		}
		onset, err := r.drill.onset(r, r.alarms[id])
		if err != nil {
			return err
		}
		r.within[id] += onset
		r.onset = max(r.onset, onset)
	}
	return nil
}

func alreadyInAlarm(a alarm, in []faults.Fault) error {
	remedy := fmt.Sprintf("after the end of its cause it returns to OK within %s; to begin at once, start ingest up with an empty --data folder", inMinutes(a.recovers()))
	if len(in) > 0 {
		remedy = fmt.Sprintf("the fault %s is in force", in[0].Name)
	}
	return fmt.Errorf("%s is in ALARM already, since %s; %s: %s", a.id, a.ChangedAt.Local().Format(time.TimeOnly), remedy, a.Reason)
}

func (r *run) announce() {
	fmt.Fprintf(r.Out, "drill %s on %s, %s/\n  %s\n", r.drill.Name, r.Environment, strings.TrimSuffix(r.Local, "/"), r.drill.Says)
	for _, id := range r.watched {
		a := r.alarms[id]
		fmt.Fprintf(r.Out, "  %s goes off within %s, and is OK again within %s after the end of the cause\n", id, inMinutes(r.within[id]), inMinutes(a.recovers()))
	}
	r.began = r.Clock.Now()
}

// cause keeps the cause in force until each watched alarm has gone off.
func (r *run) cause() error {
	if r.drill.ripens {
		if err := r.ripen(); err != nil {
			return err
		}
	}
	for {
		stepped := r.Clock.Now()
		if err := r.press(); err != nil {
			return err
		}
		alarms, err := r.watch()
		if err != nil {
			return err
		}
		missing := r.silent()
		if len(missing) == 0 {
			return r.hold()
		}
		for _, id := range missing {
			if since := r.Clock.Since(r.began); since > r.within[id] {
				return r.neverWentOff(alarms[id])
			}
		}
		if err := r.Wait(r.ctx, max(0, r.drill.every-r.Clock.Since(stepped))); err != nil {
			return err
		}
	}
}

func (r *run) neverWentOff(a alarm) error {
	answered := ""
	if text := r.answers.String(); text != "" {
		answered = "; the drill's requests were answered: " + text
	}
	return fmt.Errorf("%s has not gone off within %s: it is %s, %s%s", a.id, inMinutes(r.within[a.id]), a.State, a.value(), answered)
}

// ripen waits for a cause that only time makes, such as the age of a record. It sends nothing but what must grow old.
func (r *run) ripen() error {
	if err := r.press(); err != nil {
		return err
	}
	until := r.began.Add(r.onset)
	for r.Clock.Now().Before(until) {
		if err := r.holdPipeline(ripeningHold); err != nil {
			return err
		}
		if _, err := r.watch(); err != nil {
			return err
		}
		if err := r.Wait(r.ctx, min(ripening, until.Sub(r.Clock.Now()))); err != nil {
			return err
		}
	}
	return nil
}

// press renews the fault and sends the load of a step.
func (r *run) press() error {
	if err := r.beginFault(); err != nil {
		return err
	}
	return r.drill.load(r)
}

// silent are the watched alarms that have not gone off yet.
func (r *run) silent() []string {
	return slices.DeleteFunc(slices.Clone(r.watched), func(id string) bool { return !r.rang[id].IsZero() })
}

// hold keeps the cause in force for the time that the person asked for.
func (r *run) hold() error {
	until := r.Clock.Now().Add(r.Hold)
	if r.Hold > 0 {
		r.note("the cause stays for %s more", inMinutes(r.Hold))
	}
	for r.Clock.Now().Before(until) {
		if err := r.press(); err != nil {
			return err
		}
		if _, err := r.watch(); err != nil {
			return err
		}
		if err := r.Wait(r.ctx, min(r.drill.every, until.Sub(r.Clock.Now()))); err != nil {
			return err
		}
	}
	return nil
}

// restore waits until each watched alarm is OK. Single events show meanwhile that the pipeline takes them.
func (r *run) restore() error {
	caused, undone := r.answers, r.Clock.Now()
	r.answers = &answers{byStatus: map[int]int{}}
	r.note("the cause has ended; waiting for OK")
	for {
		if err := r.holdPipeline(lease); err != nil { // another drill would spoil what this one shows
			return err
		}
		if err := events(1)(r); err != nil {
			return err
		}
		alarms, err := r.watch()
		if err != nil {
			return err
		}
		waiting := slices.DeleteFunc(slices.Clone(r.watched), func(id string) bool { return alarms[id].State == cloudwatch.OK })
		if len(waiting) == 0 {
			return r.conclude(alarms, undone, caused)
		}
		for _, id := range waiting {
			if a := alarms[id]; r.Clock.Since(undone) > a.recovers() {
				return fmt.Errorf("%s is still %s %s after the end of the cause: %s", id, a.State, inMinutes(a.recovers()), a.Reason)
			}
		}
		if err := r.Wait(r.ctx, step); err != nil {
			return err
		}
	}
}

// watch reads the alarms, prints what has changed, and once a minute the values of the watched ones.
func (r *run) watch() (map[string]alarm, error) {
	s, err := r.look(r.ctx)
	if err != nil {
		return nil, err
	}
	alarms := r.alarmsOf(s)
	for _, id := range slices.Sorted(maps.Keys(alarms)) {
		if a := alarms[id]; a.State != r.said[id] {
			before := r.said[id]
			r.said[id] = a.State
			if slices.Contains(r.watched, id) || a.State == cloudwatch.Alarming || before == cloudwatch.Alarming {
				r.changed(a)
			}
		}
	}
	if now := r.Clock.Now(); now.Sub(r.noted) >= time.Minute {
		r.noted = now
		var values []string
		for _, id := range r.watched {
			values = append(values, fmt.Sprintf("%s %s, %s", id, alarms[id].State, alarms[id].value()))
		}
		r.note("%s", strings.Join(values, "; "))
	}
	return alarms, nil
}

// changed prints a change of a state, and with the first ALARM of a watched alarm its runbook's first commands.
func (r *run) changed(a alarm) {
	r.note("%s is %s: %s", a.id, a.State, a.Reason)
	switch {
	case a.State != cloudwatch.Alarming:
	case !slices.Contains(r.watched, a.id):
		r.others[a.id] = true
	case r.rang[a.id].IsZero():
		r.rang[a.id] = r.Clock.Now()
		r.lookFirst(a.id)
	}
}

// lookFirst prints the first commands of a runbook.
func (r *run) lookFirst(id string) {
	fmt.Fprintf(r.Out, "\n  docs/runbooks/%s.md says to look first (in a second shell, in the project's folder):\n\n", id)
	for _, block := range append([]string{r.Before}, runbooks.LookFirst(id)...) {
		if block != "" {
			fmt.Fprintf(r.Out, "    %s\n\n", strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n    "))
		}
	}
	if r.Hold == 0 {
		fmt.Fprintf(r.Out, "  the cause ends when all alarms of the drill have gone off; --hold 10m keeps it while you look\n\n")
	}
}

// conclude says how long the alarms took, and how the API answered meanwhile. It is an error if the API does not take an event now.
func (r *run) conclude(alarms map[string]alarm, undone time.Time, caused *answers) error {
	for _, id := range r.watched {
		fmt.Fprintf(r.Out, "%s went off after %s\n", id, inMinutes(r.rang[id].Sub(r.began)))
	}
	fmt.Fprintf(r.Out, "the drill's alarms were OK again %s after the end of the cause\n", inMinutes(r.Clock.Since(undone)))
	for _, id := range slices.Sorted(maps.Keys(r.others)) {
		fmt.Fprintf(r.Out, "%s went off too, and is %s now%s\n", id, alarms[id].State, soon(alarms[id]))
	}
	if text := caused.String(); text != "" {
		fmt.Fprintf(r.Out, "the requests of the cause were answered: %s\n", text)
	}
	fmt.Fprintf(r.Out, "the events after it were answered: %s\n", r.answers)
	return r.accepted()
}

// soon says when an alarm that still stands is OK again.
func soon(a alarm) string {
	if a.State == cloudwatch.OK {
		return ""
	}
	return fmt.Sprintf("; it returns to OK within %s", inMinutes(a.recovers()))
}

// accepted sends an event, and is an error if the API does not take it.
func (r *run) accepted() error {
	status, err := r.Sender.Send(r.ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the API does not answer: %w", err)
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return fmt.Errorf("the API answers the drill's event with %d; set API_KEY, TOKEN, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to what ingest up accepts", status)
	case status != http.StatusOK:
		return fmt.Errorf("the API answers the drill's event with %d, and not with 200; look at the output of ingest up, and begin again when it takes events", status)
	}
	return nil
}

// note prints a line with the time since the beginning.
func (r *run) note(format string, args ...any) {
	since := r.Clock.Since(r.began).Truncate(time.Second)
	fmt.Fprintf(r.Out, "%3d:%02d  %s\n", int(since.Minutes()), int(since.Seconds())%60, fmt.Sprintf(format, args...))
}

// inMinutes is a time in the form 42 h 5 min 10 s, without the parts that are 0.
func inMinutes(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	var parts []string
	for _, unit := range []struct {
		seconds int
		name    string
	}{{3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := seconds / unit.seconds; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
		}
		seconds %= unit.seconds
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
