package cloudwatch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// keptMinutes bounds the minutes of a metric. An alarm looks back one day at most ("The number of evaluation periods for an alarm
	// multiplied by the length of each evaluation period can't exceed one day", CloudWatch user guide, "Common features of alarms").
	// A metric with data in each of them takes 90 to 180 KiB, and a pipeline has about 60 metrics.
	keptMinutes = 24 * 60
	// keptDistributions bounds the minutes whose distribution is kept, for percentiles. A distribution takes 16 bytes for each of
	// its bins: 15 KiB at most for latencies from 1 ms to 30 s.
	keptDistributions = 3 * 60
)

// dimension is part of a metric's identity.
type dimension struct{ Name, Value string }

// Metrics has the metrics of a pipeline by namespace, name and dimensions, for the last day. Nothing of it is on disk. It is safe for
// concurrent use.
//
// Assumption CW-1: CloudWatch keeps the sample count, the sum, the minimum and the maximum of a metric's samples for each minute, and
// aggregates minutes to longer periods (CloudWatch user guide, "Metrics retention" and "CloudWatch statistics definitions"). It has
// no value for a period in which no sample came.
//
// Percentiles are computed from the samples' distribution in bins of 1/64 of a power of two. A bin has the mean of its samples, so a
// percentile is off by less than 1/64 of its value, and exact where the samples of a bin are equal. Percentiles exist for the last
// three hours. AWS does not document how exact its own are.
type Metrics struct {
	mu    sync.RWMutex
	byKey map[string]*series
}

// NewMetrics has no metrics.
func NewMetrics() *Metrics { return &Metrics{byKey: map[string]*series{}} }

// series is one metric.
type series struct {
	namespace, name, unit string
	dimensions            []dimension // by name

	mu      sync.Mutex
	minutes []minute // by time; only those with samples
}

// minute has the samples of one minute.
type minute struct {
	at                   int64 // in minutes since 1970
	count, sum, min, max float64
	bins                 distribution
}

// series returns a metric, and makes it if there is none. unit is CloudWatch's name of its unit, such as Count. A metric without
// samples is not listed.
func (m *Metrics) series(namespace, name, unit string, dimensions map[string]string) *series {
	key := keyOf(namespace, name, dimensions)
	m.mu.Lock()
	defer m.mu.Unlock()
	found := m.byKey[key]
	if found == nil {
		found = &series{namespace: namespace, name: name, unit: unit, dimensions: sorted(dimensions)}
		m.byKey[key] = found
	}
	return found
}

// find returns a metric, or nil.
func (m *Metrics) find(namespace, name string, dimensions map[string]string) *series {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.byKey[keyOf(namespace, name, dimensions)]
}

// in returns the metric if its unit is the given one, or none is given, and else nil.
//
// Assumption CW-13: an alarm that names another unit than the metric's finds no data (API reference, PutMetricAlarm: "If you specify an
// incorrect unit that is not published for the metric … the alarm … gets stuck in the INSUFFICIENT DATA state").
func (s *series) in(unit string) *series {
	if s == nil || unit != "" && unit != s.unit {
		return nil
	}
	return s
}

// all returns the metrics that have samples, by namespace, name and dimensions.
func (m *Metrics) all() []*series {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []*series
	for _, key := range slices.Sorted(maps.Keys(m.byKey)) {
		if s := m.byKey[key]; !s.isEmpty() {
			found = append(found, s)
		}
	}
	return found
}

func sorted(dimensions map[string]string) []dimension {
	all := make([]dimension, 0, len(dimensions))
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		all = append(all, dimension{name, dimensions[name]})
	}
	return all
}

// keyOf identifies a metric. No part of it can contain a zero byte, because CloudWatch refuses control characters in names.
func keyOf(namespace, name string, dimensions map[string]string) string {
	var key strings.Builder
	key.WriteString(namespace + "\x00" + name)
	for _, d := range sorted(dimensions) {
		key.WriteString("\x00" + d.Name + "\x00" + d.Value)
	}
	return key.String()
}

// add adds one sample.
func (s *series) add(at time.Time, value float64) { s.addMany(at, value, 1) }

// addMany adds equal samples. Samples that are older than a day before the newest are dropped.
func (s *series) addMany(at time.Time, value float64, times int) {
	if times <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.minute(minuteOf(at))
	if m == nil {
		return
	}
	if m.count == 0 {
		m.min, m.max = value, value
	}
	m.count += float64(times)
	m.sum += value * float64(times)
	m.min, m.max = min(m.min, value), max(m.max, value)
	m.bins.add(value, times)
}

// minute returns the minute of a time, or nil for one that is not kept. It is called with mu held.
func (s *series) minute(at int64) *minute {
	if last := len(s.minutes) - 1; last >= 0 && s.minutes[last].at == at {
		return &s.minutes[last]
	}
	place, found := s.search(at)
	switch {
	case found:
	case place < len(s.minutes) && at <= s.minutes[len(s.minutes)-1].at-keptMinutes:
		return nil
	default:
		s.minutes = slices.Insert(s.minutes, place, minute{at: at})
		place -= s.forget()
	}
	return &s.minutes[place]
}

func (s *series) search(at int64) (int, bool) {
	return slices.BinarySearchFunc(s.minutes, at, func(m minute, at int64) int { return cmp.Compare(m.at, at) })
}

// forget drops what is too old, and returns how many minutes it has dropped.
func (s *series) forget() int {
	newest := s.minutes[len(s.minutes)-1].at
	dropped, _ := s.search(newest - keptMinutes + 1)
	s.minutes = slices.Delete(s.minutes, 0, dropped)
	for i := range s.minutes {
		if s.minutes[i].at > newest-keptDistributions {
			break
		}
		s.minutes[i].bins = nil
	}
	return dropped
}

func (s *series) isEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.minutes) == 0
}

func (s *series) hasSamplesSince(at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.minutes) > 0 && s.minutes[len(s.minutes)-1].at >= minuteOf(at)
}

func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

// value is a statistic over the minutes from one time until before another. ok is false without samples. A nil series has none.
func (s *series) value(of statistic, from, until time.Time) (value float64, ok bool) {
	if s == nil {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first, _ := s.search(minuteOf(from))
	last, _ := s.search(minuteOf(until))
	if first >= last {
		return 0, false
	}
	return of(s.minutes[first:last])
}
