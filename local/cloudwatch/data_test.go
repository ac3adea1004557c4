package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Queries that need both of the queries after them have more paths than can be followed.
func TestVariablesAreCheckedOnce(t *testing.T) {
	var queries []query
	for i := range 100 {
		q := query{id: fmt.Sprintf("q%d", i)}
		for next := i + 1; next < min(i+3, 100); next++ {
			q.variables = append(q.variables, fmt.Sprintf("q%d", next))
		}
		queries = append(queries, q)
	}
	checked := make(chan error, 1)
	go func() { checked <- checkVariables(queries) }()
	select {
	case err := <-checked:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the check does not end")
	}
}

func TestPeriodsBeginWithTheMetricsThatAreKept(t *testing.T) {
	const period = 7 * time.Minute
	for _, from := range []time.Time{{}, time.Date(1700, 1, 1, 0, 3, 0, 0, time.UTC), noon.Add(-48 * time.Hour)} {
		var taken []time.Time
		interval{from, noon}.each(period, noon, func(at time.Time) {
			if taken = append(taken, at); len(taken) > keptMinutes {
				t.Fatalf("from %s: too many periods", from)
			}
		})
		first := taken[0]
		if kept := noon.Add(-keptMinutes * time.Minute); first.After(kept) || !first.Add(period).After(kept) {
			t.Errorf("from %s: the first period begins at %s", from, first)
		}
		if n := len(taken); n < keptMinutes/7 || n > keptMinutes/7+2 || (first.Unix()-from.Unix())%int64(period/time.Second) != 0 {
			t.Errorf("from %s: %d periods from %s", from, n, first)
		}
	}
}

// Many queries of each other take long. The work ends when the client has gone.
func TestDataEndWithTheirCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in := input{"StartTime": noon.Add(-time.Hour), "EndTime": noon, "MetricDataQueries": []any{
		map[string]any{"Id": "a", "MetricStat": map[string]any{"Metric": map[string]any{"Namespace": "N", "MetricName": "m"}, "Period": 60.0, "Stat": "Sum"}},
	}}
	if _, err := called(t).getMetricData(ctx, in); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := called(t).getMetricData(t.Context(), in); err != nil {
		t.Error(err)
	}
}

// A query without a label has the metric's name, and what the call's metrics differ in: the pairs are localstack's, recorded on AWS.
func TestDefaultLabels(t *testing.T) {
	of := func(id, stat string, period int) string {
		return fmt.Sprintf(`{"Id": %q, "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "metric1"}, "Period": %d, "Stat": %q}}`, id, period, stat)
	}
	for _, test := range []struct {
		queries []string
		want    []string
	}{
		{[]string{of("a", "Sum", 60)}, []string{"metric1"}},
		{[]string{of("a", "Sum", 60), of("b", "Minimum", 120)}, []string{"metric1 Sum 60", "metric1 Minimum 120"}},
		{[]string{of("a", "Sum", 60), of("b", "Minimum", 60)}, []string{"metric1 Sum", "metric1 Minimum"}},
		{[]string{of("a", "Sum", 60), of("b", "Sum", 120)}, []string{"metric1 60", "metric1 120"}},
		{[]string{of("a", "Sum", 60), of("b", "Sum", 60), `{"Id": "e", "Expression": "a + b"}`}, []string{"metric1", "metric1", "e"}},
		{[]string{of("a", "Sum", 60), strings.Replace(of("b", "Minimum", 60), "{", `{"ReturnData": false, `, 1)}, []string{"metric1"}},
	} {
		_, said := callJSON(t, called(t), "GetMetricData", `{`+hour+`, "MetricDataQueries": [`+strings.Join(test.queries, ", ")+`]}`)
		var got struct{ MetricDataResults []struct{ Label string } }
		if err := json.Unmarshal([]byte(said), &got); err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, r := range got.MetricDataResults {
			labels = append(labels, r.Label)
		}
		if !slices.Equal(labels, test.want) {
			t.Errorf("%v, want %v", labels, test.want)
		}
	}
}
