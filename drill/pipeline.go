package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/faults"
)

// alarm is a declared alarm of the pipeline, as its status has it.
type alarm struct {
	cloudwatch.AlarmStatus
	id string
}

func (a alarm) period() time.Duration { return time.Duration(a.PeriodSeconds) * time.Second }

// margin is the time for the minute in which a cause begins, and for the evaluation after a minute's end.
const margin = 2 * time.Minute

// rings is how long the alarm takes to ALARM at most, from its first bad data. Where missing data breaches, the last good data must
// leave the evaluation range first.
func (a alarm) rings() time.Duration {
	periods := a.Datapoints
	if a.MissingBreaches {
		periods = a.Range
	}
	return time.Duration(periods)*a.period() + margin
}

// recovers is how long the alarm takes to OK at most, from the end of its cause.
func (a alarm) recovers() time.Duration { return time.Duration(a.Range)*a.period() + margin }

// value is the value of the last period against the threshold.
func (a alarm) value() string {
	if a.Value == nil {
		return fmt.Sprintf("no data, threshold %s", number(a.Threshold))
	}
	return fmt.Sprintf("value %s, threshold %s", number(*a.Value), number(a.Threshold))
}

// number is a value with four significant digits, and without an exponent.
func number(value float64) string {
	if math.Abs(value) >= 1000 {
		return strconv.FormatFloat(math.Round(value), 'f', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 4, 64), 64) // it was just written
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// status is what the pipeline says of itself, in part.
type status struct {
	Alarms []cloudwatch.AlarmStatus `json:"alarms"`
	Faults []faults.Fault           `json:"faults"`
}

// errEnded is the error of a pipeline that is not there any more.
var errEnded = errors.New("the pipeline has ended; no fault outlives it")

// maxStatus bounds the answers that are read, in bytes.
const maxStatus = 16 << 20

// ask asks the pipeline on its own paths, and reads the JSON of the answer.
func (r *run) ask(ctx context.Context, method, path string, into any) error {
	response, err := r.do(ctx, method, path)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		// It closed the connection, so it may have ended, and other idle connections are as useless. Each of its own paths can be
		// asked twice.
		r.HTTP.CloseIdleConnections()
		response, err = r.do(ctx, method, path)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return errEnded
	}
	if err != nil {
		return fmt.Errorf("the pipeline does not answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxStatus))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		var problem struct{ Message string }
		if json.Unmarshal(text, &problem) == nil && problem.Message != "" {
			return errors.New(problem.Message)
		}
		return fmt.Errorf("%s %s is answered with %s; start this version's pipeline: make up", method, path, response.Status)
	}
	return json.Unmarshal(text, into)
}

func (r *run) do(ctx context.Context, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.Local, "/")+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	return r.HTTP.Do(request)
}

// look reads the pipeline's status.
func (r *run) look(ctx context.Context) (status, error) {
	var s status
	err := r.ask(ctx, http.MethodGet, "/_local/status", &s)
	return s, err
}

// alarmsOf are the pipeline's alarms by their ids. The name of each is the API's and its id, so an alarm that somebody added, whose name
// ends like one of these, is none of them.
func (r *run) alarmsOf(s status) map[string]alarm {
	found := map[string]alarm{}
	for _, is := range s.Alarms {
		for _, d := range All() {
			for _, id := range d.Alarms {
				if is.Name == r.API+"-"+id {
					found[id] = alarm{is, id}
				}
			}
		}
	}
	return found
}

// lease is how long a fault stays without being renewed. It is a few steps, so a drill that is killed soon leaves nothing broken. A drill
// that ripens breaks nothing meanwhile, and looks seldom.
const (
	lease        = 30 * time.Second
	ripening     = 4 * time.Minute
	ripeningHold = 5 * time.Minute
)

func (r *run) fault(ctx context.Context, method string, name faults.Name, query string) error {
	var answer any
	return r.ask(ctx, method, fmt.Sprintf("/_local/faults/%s?holder=%s%s", name, r.holder, query), &answer)
}

// holdPipeline keeps other drills from beginning. It is an error while another one is in progress.
func (r *run) holdPipeline(d time.Duration) error {
	return r.fault(r.ctx, http.MethodPut, faults.Load, "&lease="+d.String())
}

// beginFault begins the drill's fault, or renews it.
func (r *run) beginFault() error {
	if err := r.holdPipeline(lease); err != nil || r.drill.fault == "" {
		return err
	}
	return r.fault(r.ctx, http.MethodPut, r.drill.fault, "&lease="+lease.String())
}

// undoTime bounds an undo.
const undoTime = 10 * time.Second

// release lets others drill. If it cannot, the hold ends by itself.
func (r *run) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	_ = r.fault(ctx, http.MethodDelete, faults.Load, "")
}

// undo ends the fault, also when the drill's context is done.
func (r *run) undo(ctx context.Context) error {
	if r.drill.fault == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	err := r.fault(ctx, http.MethodDelete, r.drill.fault, "")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errEnded):
		return nil // no fault outlives the pipeline
	}
	return fmt.Errorf("%w, and ends by itself within %s: %w", ErrNotUndone, inMinutes(lease), err)
}

// ErrNotUndone is the error of a drill whose cause is still in force.
var ErrNotUndone = errors.New("the cause could not be undone")

// impossibleHere says why the pipeline cannot have the drill's cause; "" where it can.
func (r *run) impossibleHere(d Drill) (string, error) {
	var answer struct {
		Impossible map[faults.Name]string `json:"impossible"`
	}
	if err := r.ask(r.ctx, http.MethodGet, "/_local/faults", &answer); err != nil {
		return "", err
	}
	if why := answer.Impossible[d.fault]; why != "" || d.impossible == nil {
		return why, nil
	}
	return d.impossible(r), nil
}
