package cloudwatch

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/kinesis"
)

func number(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func after(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func statisticOf(t *testing.T, s *series, name string, from, until time.Time) (float64, bool) {
	t.Helper()
	of, err := parseStatistic(name)
	if err != nil {
		t.Fatal(err)
	}
	return s.value(of, from, until)
}

func TestStatistics(t *testing.T) {
	s := NewMetrics().series("N", "m", "Count", nil)
	s.add(noon, 3)
	s.add(noon.Add(59*time.Second), 1)
	s.addMany(after(1), 5, 2)
	s.add(after(-2), 100) // later, of an earlier minute
	for name, want := range map[string]float64{"SampleCount": 4, "Sum": 14, "Average": 3.5, "Minimum": 1, "Maximum": 5, "p0": 1, "p50": 3, "p75": 5, "p100": 5} {
		if got, ok := statisticOf(t, s, name, noon, after(2)); !ok || got != want {
			t.Errorf("%s = %v %v, want %v", name, got, ok, want)
		}
	}
	if got, ok := statisticOf(t, s, "Sum", after(-5), after(5)); !ok || got != 114 {
		t.Errorf("with the earlier minute the sum is %v", got)
	}
	if _, ok := statisticOf(t, s, "Sum", after(2), after(5)); ok {
		t.Error("a period without samples has a value")
	}
	if _, ok := statisticOf(t, nil, "Sum", noon, after(5)); ok {
		t.Error("a metric that does not exist has a value")
	}
	for _, name := range []string{"tm90", "p101", "sum", "IQM", ""} {
		want := "the statistic " + strconv.Quote(name) + " is not imitated on one machine; use SampleCount, Sum, Average, Minimum, Maximum or a percentile such as p99"
		if _, err := parseStatistic(name); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A percentile is off by less than 1/64 of the sample at its rank, over several minutes too.
func TestPercentilesAreAsExactAsStated(t *testing.T) {
	s := NewMetrics().series("N", "latency", "Milliseconds", nil)
	var samples []float64
	value := 0.05
	for i := range 5000 {
		value = math.Mod(value*1.37+0.011*float64(i%7), 30_000)
		samples = append(samples, value)
		s.add(after(i%5), value)
	}
	slices.Sort(samples)
	for _, p := range []float64{0.1, 1, 10, 50, 90, 99, 99.9, 100} {
		exact := samples[int(math.Ceil(float64(len(samples))*p/100))-1]
		got, ok := statisticOf(t, s, "p"+strconv.FormatFloat(p, 'f', -1, 64), noon, after(5))
		if !ok || math.Abs(got-exact) >= exact/64 {
			t.Errorf("p%v = %v, the sample is %v", p, got, exact)
		}
	}
}

// A day of minutes is kept, and three hours of their distributions.
func TestMetricsAreBounded(t *testing.T) {
	s := NewMetrics().series("N", "m", "Count", nil)
	const minutes = 3 * keptMinutes
	for i := range minutes {
		s.add(after(i), float64(i))
	}
	s.add(noon, 1) // too old
	if len(s.minutes) != keptMinutes || cap(s.minutes) > 2*keptMinutes {
		t.Errorf("%d minutes are kept in the room of %d", len(s.minutes), cap(s.minutes))
	}
	with := 0
	for _, m := range s.minutes {
		if m.bins != nil {
			with++
		}
	}
	if with != keptDistributions {
		t.Errorf("%d minutes have a distribution", with)
	}
	end := after(minutes)
	if _, ok := statisticOf(t, s, "p50", end.Add(-keptDistributions*time.Minute), end); !ok {
		t.Error("the last three hours have no percentile")
	}
	if _, ok := statisticOf(t, s, "p50", end.Add(-(keptDistributions+1)*time.Minute), end); ok {
		t.Error("a minute before the last three hours has a percentile")
	}
	if got, ok := statisticOf(t, s, "SampleCount", end.Add(-48*time.Hour), end); !ok || got != keptMinutes {
		t.Errorf("%v samples of a day are known", got)
	}
}

func TestMetricsAreFoundByTheirDimensions(t *testing.T) {
	m := NewMetrics()
	of := func(stage string) map[string]string { return map[string]string{"ApiName": "a", "Stage": stage} }
	m.series("N", "m", "Count", of("dev")).add(noon, 1)
	m.series("N", "m", "Count", of("prod"))
	if m.find("N", "m", of("dev")) == nil || m.find("N", "m", of("qa")) != nil || m.find("N", "m", nil) != nil {
		t.Error("a metric is found by other dimensions")
	}
	if all := m.all(); len(all) != 1 || all[0].dimensions[1].Value != "dev" {
		t.Errorf("%d metrics have samples", len(all))
	}
}

func BenchmarkAdd(b *testing.B) {
	s := NewMetrics().series("N", "m", "Count", nil)
	b.ReportAllocs()
	for i := range b.N {
		s.add(noon, float64(i%300))
	}
}

// BenchmarkMeasureSubmit is what a submitted event costs: the request with detailed metrics, and the record, from all processors at once.
func BenchmarkMeasureSubmit(b *testing.B) {
	metrics := NewMetrics()
	api, stream := MeasureAPI(metrics, "api", "/log"), NewStreamMetrics(metrics, "stream")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			latency := time.Duration(i%300) * time.Millisecond
			api(apigateway.Measured{Stage: "dev", Method: "POST", Resource: "/submit", At: noon, Status: 200, Latency: latency, Integration: latency})
			stream.Written(kinesis.Written{Stream: "stream", At: noon, Latency: latency, Records: 1, Bytes: 500 + i%100})
		}
	})
}
