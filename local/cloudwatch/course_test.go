package cloudwatch

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// A course has the value that each evaluation computed. What nothing measured is null, and no zero.
func TestACourseHasTheValuesOfEachMinute(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon.Add(-20 * time.Minute))
	m := points("X 0 - X") // periods of five minutes, the last of which ends at noon
	counting := of3(2, missingMissing)
	counting.name = "counting"
	filled := counting
	filled.name = "filled"
	expression, variables, err := parseExpression("FILL(m, 0)")
	if err != nil {
		t.Fatal(err)
	}
	filled.queries = []query{
		{id: "m", metric: "m", statisticName: "Sum", statistic: counting.queries[0].statistic},
		{id: "e", expression: expression, variables: variables},
	}
	filled.value = 1
	w, err := OpenWatch([]Alarm{counting, filled}, WatchOptions{
		Metrics: m, Path: filepath.Join(t.TempDir(), "alarms.json"), Clock: clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(20*time.Minute + 30*time.Second)
	courses := w.Courses()
	if len(courses) != 2 || courses[0].Name != "counting" || courses[1].Name != "filled" {
		t.Fatalf("%+v", courses)
	}
	for i, want := range map[int][4]string{0: {"2", "1", "null", "2"}, 1: {"2", "1", "0", "2"}} {
		values := courses[i].Values
		if len(values) != 180 || !values[179].Until.Equal(noon) || !values[0].Until.Equal(noon.Add(-179*time.Minute)) {
			t.Fatalf("%d values from %s to %s", len(values), values[0].Until, values[len(values)-1].Until)
		}
		for age := range 4 {
			at := noon.Add(-time.Duration(age) * 5 * time.Minute)
			text, err := json.Marshal(values[179-age*5])
			if got := "[" + strconv.FormatInt(at.Unix(), 10) + "," + want[3-age] + "]"; err != nil || string(text) != got {
				t.Errorf("%s: %s, want %s (%v)", courses[i].Name, text, got, err)
			}
		}
		if before := values[179-20]; before.Value != nil {
			t.Errorf("%s has a value for the time before the start: %v", courses[i].Name, *before.Value)
		}
	}
}

// The values are computed once a minute, and again after an evaluation, before which the last minute's metrics may be missing.
func TestCoursesAreComputedOnceAMinute(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon.Add(-time.Hour))
	computed := 0
	a := of3(2, missingMissing)
	a.name = "a"
	a.queries[0].statistic = func(all []minute) (float64, bool) { computed++; return sum(all), true }
	m := NewMetrics()
	s := m.series("", "m", "Count", nil)
	for ago := range 60 {
		s.add(noon.Add(-time.Duration(ago+1)*time.Minute), 1)
	}
	w, err := OpenWatch([]Alarm{a}, WatchOptions{
		Metrics: m, Path: filepath.Join(t.TempDir(), "alarms.json"), Clock: clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	cost := func() int {
		before := computed
		w.Courses()
		return computed - before
	}
	const status = 1 // its value is always new
	if got := cost(); got < 59 || got > courseMinutes+status {
		t.Errorf("the first answer computed %d values", got)
	}
	if got := cost(); got != status {
		t.Errorf("the second answer computed %d values", got)
	}
	w.Evaluate()
	if got := cost(); got < 59 {
		t.Errorf("the answer after an evaluation computed %d values", got)
	}
	clock.Advance(time.Minute)
	if got := cost(); got < 59 {
		t.Errorf("the answer a minute later computed %d values", got)
	}
}

// BenchmarkCourses has an alarm on a percentile of three hours of latencies, over the longest periods that are kept.
func BenchmarkCourses(b *testing.B) {
	p99, err := parseStatistic("p99")
	if err != nil {
		b.Fatal(err)
	}
	for _, period := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour} {
		b.Run(period.String(), func(b *testing.B) {
			m := NewMetrics()
			s := m.series("", "m", "Milliseconds", nil)
			for ago := range keptDistributions {
				for ms := 1.0; ms < 30_000; ms *= 1.02 {
					s.add(noon.Add(-time.Duration(ago+1)*time.Minute), ms)
				}
			}
			a := of3(2, missingMissing)
			a.period, a.queries[0].statistic = period, p99
			for b.Loop() {
				a.readings(m, time.Time{}, noon)
			}
		})
	}
}
