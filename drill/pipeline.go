package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
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
	return fmt.Sprintf("%s, threshold %s", number(*a.Value), number(a.Threshold))
}

func number(value float64) string { return fmt.Sprintf("%.4g", value) }

// status is what the pipeline says of itself, in part.
type status struct {
	Alarms  []cloudwatch.AlarmStatus `json:"alarms"`
	Faults  []faults.Fault           `json:"faults"`
	Streams struct {
		Streams []struct {
			Name   string `json:"name"`
			Shards []struct {
				ID     string     `json:"id"`
				Closed *time.Time `json:"closed"`
			} `json:"shards"`
		} `json:"streams"`
	} `json:"streams"`
}

// maxStatus bounds the answers that are read, in bytes.
const maxStatus = 16 << 20

// ask asks the pipeline on its own paths, and reads the JSON of the answer.
func (r *run) ask(ctx context.Context, method, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.Local, "/")+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := r.HTTP.Do(request)
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

// look reads the pipeline's status.
func (r *run) look(ctx context.Context) (status, error) {
	var s status
	err := r.ask(ctx, http.MethodGet, "/_local/status", &s)
	return s, err
}

// alarmsOf are the pipeline's alarms by their ids: the ends of their names.
func (r *run) alarmsOf(s status) map[string]alarm {
	found := map[string]alarm{}
	for _, is := range s.Alarms {
		for _, d := range All() {
			for _, id := range d.Alarms {
				if strings.HasSuffix(is.Name, "-"+id) {
					found[id] = alarm{is, id}
				}
			}
		}
	}
	return found
}

// lease is how long a fault stays without being renewed. It is a few steps, so a drill that is killed soon leaves nothing broken.
const lease = 30 * time.Second

func (r *run) beginFault(ctx context.Context) error {
	if r.drill.fault == "" {
		return nil
	}
	var begun faults.Fault
	return r.ask(ctx, http.MethodPut, fmt.Sprintf("/_local/faults/%s?lease=%s", r.drill.fault, lease), &begun)
}

// undo ends the fault, also when ctx is done.
func (r *run) undo(ctx context.Context) error {
	if r.drill.fault == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var left status
	if err := r.ask(ctx, http.MethodDelete, "/_local/faults/"+string(r.drill.fault), &left); err != nil {
		return fmt.Errorf("the fault %s could not be undone (%w); it ends by itself after %s", r.drill.fault, err, lease)
	}
	return nil
}
