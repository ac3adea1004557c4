package cloudwatch

import (
	"strings"
	"testing"
	"time"
)

// of3 is an alarm on values above 1 in so many of three periods of five minutes.
func of3(datapoints int, treatment string) Alarm {
	return Alarm{
		comparison: "GreaterThanThreshold", threshold: 1, period: 5 * time.Minute, periods: 3, datapoints: datapoints, missing: treatment,
		queries: []query{{metric: "m", statisticName: "Sum", statistic: func(all []minute) (float64, bool) { return sum(all), true }}},
	}
}

// points has the data points of a row: 0 is within the threshold, X breaches it, and - is missing. The newest is the last.
func points(row string) *Metrics {
	m := NewMetrics()
	s := m.series("", "m", "Count", nil)
	fields := strings.Fields(row)
	for i, text := range fields {
		at := noon.Add(-time.Duration(len(fields)-i) * 5 * time.Minute)
		switch text {
		case "0":
			s.add(at, 1)
		case "X":
			s.add(at, 2)
		}
	}
	return m
}

// These are the tables of the CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data". The states are those for
// missing, ignore, breaching and notBreaching; "keep" retains the current state.
func TestMissingDataIsTreatedAsInTheTables(t *testing.T) {
	const insufficient, alarm, ok, keep = "INSUFFICIENT_DATA", "ALARM", "OK", "keep"
	for _, test := range []struct {
		row        string
		datapoints int
		want       [4]string
	}{
		{"0 - X - X", 3, [4]string{ok, ok, ok, ok}},
		{"0 - - - -", 3, [4]string{ok, ok, ok, ok}},
		{"- - - - -", 3, [4]string{insufficient, keep, alarm, ok}},
		{"0 X X - X", 3, [4]string{alarm, alarm, alarm, alarm}},
		{"- - X - -", 3, [4]string{alarm, keep, alarm, ok}},

		{"0 - X - X", 2, [4]string{alarm, alarm, alarm, alarm}},
		{"0 0 X 0 X", 2, [4]string{alarm, alarm, alarm, alarm}},
		{"0 - X - -", 2, [4]string{ok, ok, alarm, ok}},
		{"- - - - 0", 2, [4]string{ok, ok, alarm, ok}},
		{"- - - X -", 2, [4]string{alarm, keep, alarm, ok}},

		// "Avoiding premature transitions to alarm state": these do not go into ALARM, and its two continuations are OK.
		{"- - - - X", 3, [4]string{insufficient, keep, alarm, ok}},
		{"- - - X -", 3, [4]string{insufficient, keep, alarm, ok}},
		{"- - - X 0", 3, [4]string{ok, ok, ok, ok}},
		{"- - X - 0", 3, [4]string{ok, ok, ok, ok}},
		{"X - - - -", 3, [4]string{alarm, keep, alarm, ok}},
	} {
		for i, treatment := range []string{missingMissing, missingIgnored, missingBreaches, missingIsFine} {
			o := of3(test.datapoints, treatment).evaluate(points(test.row), noon.Add(30*time.Second))
			got := string(o.state)
			if o.keep {
				got = keep
			}
			if got != test.want[i] {
				t.Errorf("%s, %d of 3, %s: %s, want %s", test.row, test.datapoints, treatment, got, test.want[i])
			}
		}
	}
}

func TestReasons(t *testing.T) {
	one := of3(1, missingIsFine)
	one.periods = 1
	for _, test := range []struct {
		alarm Alarm
		row   string
		want  string
	}{
		{of3(3, missingIsFine), "X X X", "Threshold Crossed: 3 out of the last 3 datapoints [2.0 (02/01/26 11:55:00), 2.0 (02/01/26 11:50:00), 2.0 (02/01/26 11:45:00)] were greater than the threshold (1.0) (minimum 3 datapoints for OK -> ALARM transition)."},
		{of3(3, missingIsFine), "X X 0", "Threshold Crossed: 1 out of the last 3 datapoints [1.0 (02/01/26 11:55:00)] was not greater than the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition)."},
		{of3(2, missingIsFine), "0 0 X", "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (02/01/26 11:50:00), 1.0 (02/01/26 11:45:00)] were not greater than the threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition)."},
		{of3(3, missingIsFine), "- - -", "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching]."},
		{of3(3, missingBreaches), "- - -", "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching]."},
		{of3(2, missingIsFine), "- X X", "Threshold Crossed: 2 out of the last 3 datapoints [2.0 (02/01/26 11:55:00), 2.0 (02/01/26 11:50:00)] were greater than the threshold (1.0) and 1 missing datapoint was treated as [NonBreaching] (minimum 2 datapoints for OK -> ALARM transition)."},
		{of3(3, missingMissing), "- - -", "Insufficient Data: 3 datapoints were unknown."},
		{one, "X", "Threshold Crossed: 1 datapoint [2.0 (02/01/26 11:55:00)] was greater than the threshold (1.0)."},
		{one, "0", "Threshold Crossed: 1 datapoint [1.0 (02/01/26 11:55:00)] was not greater than the threshold (1.0)."},
		{one, "-", "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."},
	} {
		if got := test.alarm.reason(test.alarm.evaluate(points(test.row), noon)); got != test.want {
			t.Errorf("%s:\n%s\nwant:\n%s", test.row, got, test.want)
		}
	}
	const data = `{"version":"1.0","queryDate":"2026-01-02T12:00:00.000+0000","startDate":"2026-01-02T11:50:00.000+0000","statistic":"Sum","period":300,` +
		`"recentDatapoints":[2,1],"threshold":1,"evaluatedDatapoints":[{"timestamp":"2026-01-02T11:55:00.000+0000","value":1},{"timestamp":"2026-01-02T11:50:00.000+0000","value":2}]}`
	a := of3(3, missingIsFine)
	if got := a.reasonData(a.evaluate(points("- X 0"), noon), noon); got != data {
		t.Errorf("%s\nwant:\n%s", got, data)
	}
}

func TestNumbersInReasons(t *testing.T) {
	for value, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2: "-2.0", 0.01: "0.01", 8.891518474692088: "8.891518474692088", 5e6: "5000000.0", 36e6: "3.6E7", 151200000: "1.512E8", 0.0001: "1.0E-4",
	} {
		if got := javaNumber(value); got != want {
			t.Errorf("%v is written %s, want %s", value, got, want)
		}
	}
}

func TestComparisons(t *testing.T) {
	for name, want := range map[string][3]bool{ // of 0, 1 and 2 with 1
		"GreaterThanThreshold": {false, false, true}, "GreaterThanOrEqualToThreshold": {false, true, true},
		"LessThanThreshold": {true, false, false}, "LessThanOrEqualToThreshold": {true, true, false},
	} {
		for value, breaches := range want {
			if comparisons[name].breaches(float64(value), 1) != breaches {
				t.Errorf("%d %s 1", value, name)
			}
		}
	}
}
