package cloudwatch

import (
	"encoding/json"
	"time"
)

// courseMinutes is how far an alarm's course goes back: as far as percentiles are known.
const courseMinutes = keptDistributions

// Course is an alarm's state, and its values over time.
type Course struct {
	AlarmStatus
	// Values are those of the periods that ended with each of the last 180 minutes, the oldest first.
	Values []Reading
}

// Reading is an alarm's value over the period that ended at a time. In JSON it is an array: seconds since 1970, and the value or null.
type Reading struct {
	Until time.Time
	// Value is nil without data, and for a period that ended before the start of the evaluation.
	Value *float64
}

// MarshalJSON implements [json.Marshaler].
func (r Reading) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]any{r.Until.Unix(), r.Value})
}

// Courses returns the alarms in the order of their declaration. It computes their values once a minute, and again after an evaluation,
// because what lasts is measured just before one.
func (w *Watch) Courses() []Course {
	w.courses.Lock()
	defer w.courses.Unlock()
	status := w.Status()
	minute := w.opts.Clock.Now().Truncate(time.Minute)
	if evaluations := w.evaluations.Load(); !minute.Equal(w.readAt) || evaluations != w.readAfter {
		w.readAt, w.readAfter, w.readings = minute, evaluations, nil
		for _, a := range w.alarms {
			w.readings = append(w.readings, a.readings(w.opts.Metrics, w.started, minute))
		}
	}
	all := []Course{}
	for i, s := range status {
		all = append(all, Course{s, w.readings[i]})
	}
	return all
}

// readings are an alarm's values until a minute, as its evaluations computed them.
func (a Alarm) readings(m *Metrics, started, minute time.Time) []Reading {
	all := make([]Reading, courseMinutes)
	for i := range all {
		until := minute.Add(-time.Duration(courseMinutes-1-i) * time.Minute)
		all[i].Until = until
		if !until.After(started) {
			continue // FILL would make a value of a time in which nothing ran
		}
		if value := a.at(m, until); value.there {
			all[i].Value = &value.value
		}
	}
	return all
}
