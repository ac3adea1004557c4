package cloudwatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State of an alarm.
type State string

// The states of alarms.
const (
	OK               State = "OK"
	Alarming         State = "ALARM"
	InsufficientData State = "INSUFFICIENT_DATA"
)

// The treatments of missing data.
const (
	missingMissing  = "missing"
	missingIgnored  = "ignore"
	missingBreaches = "breaching"
	missingIsFine   = "notBreaching"
)

// evaluationRange is how many periods an evaluation looks at, so that it has enough data points where some are missing.
//
// Assumption CW-3: CloudWatch evaluates an alarm each minute, over periods that end with the last whole minute. It looks at two periods
// more than evaluation_periods. The user guide's example has a range of 5 for 3 periods ("Configuring how CloudWatch alarms treat
// missing data", "How alarm state is evaluated when data is missing") and does not document the range of others. That periods of 300 s
// need not begin at a multiple of five minutes is seen in notifications that users publish (periods at 21:14, 21:19 and 21:24), and
// is not documented. Here data is there as soon as its minute has ended; on AWS it takes longer.
func (a Alarm) evaluationRange() int { return a.periods + 2 }

// datapoint is the value of one period.
type datapoint struct {
	start    time.Time
	value    float64
	breaches bool
	// age is the number of later periods in the evaluation range.
	age int
}

// outcome of an evaluation.
type outcome struct {
	// keep means that the alarm keeps its state.
	keep  bool
	state State
	// points are the evaluated data points, the newest first; filled is the number of those that were missing.
	points []datapoint
	filled int
}

// evaluate evaluates an alarm at a time, which is cut to the minute.
func (a Alarm) evaluate(m *Metrics, now time.Time) outcome {
	var points []datapoint
	for age := range a.evaluationRange() {
		until := now.Truncate(time.Minute).Add(-time.Duration(age) * a.period)
		if found := a.at(m, until); found.there {
			points = append(points, datapoint{
				start: until.Add(-a.period), value: found.value, age: age,
				breaches: comparisons[a.comparison].breaches(found.value, a.threshold),
			})
		}
	}
	return a.judge(points)
}

// judge finds the state for the data points that exist in the evaluation range, the newest first.
//
// Assumption CW-4: where the evaluation range has at least evaluation_periods data points, CloudWatch evaluates the newest of them,
// whatever their age. Where it has fewer, CloudWatch fills up as treat_missing_data says. With missing and ignore, data points that all
// breach give ALARM (with ignore: keep the state) only once the oldest is at least datapoints_to_alarm periods old. Both tables of the
// user guide hold ("Configuring how CloudWatch alarms treat missing data").
//
// Where such data points are younger, the guide says only that the alarm "does not go immediately into ALARM state". Here it is then in
// INSUFFICIENT_DATA, or keeps its state with ignore, as an earlier edition of the page has it in its tables
// (awsdocs/amazon-cloudwatch-user-guide, AlarmThatSendsEmail.md).
func (a Alarm) judge(points []datapoint) outcome {
	o := outcome{state: OK, points: points[:min(len(points), a.periods)]}
	o.filled = a.periods - len(o.points)
	bad := breaching(o.points)
	count := bad
	if a.missing == missingBreaches {
		count += o.filled
	}
	switch undecided := o.filled > 0 && bad == len(o.points); {
	case count >= a.datapoints:
		o.state = Alarming
	case undecided && a.missing == missingIgnored:
		o.keep = true
	case undecided && a.missing == missingMissing:
		o.state = InsufficientData
		if bad > 0 && o.points[bad-1].age+1 >= a.datapoints {
			o.state = Alarming
		}
	}
	return o
}

func breaching(points []datapoint) (count int) {
	for _, p := range points {
		if p.breaches {
			count++
		}
	}
	return count
}

// reason is the text for an outcome.
//
// Assumption CW-5: the reason of an alarm's state has the form of "Threshold Crossed: 3 out of the last 3 datapoints [8.9 (14/07/21
// 23:18:00), …] were greater than the threshold (7.0) (minimum 3 datapoints for OK -> ALARM transition).", or for one period "1
// datapoint […] was not greater than the threshold (1.0).", or "no datapoints were received for 3 periods and 3 missing datapoints were
// treated as [NonBreaching].", as in notifications that users publish (localstack/localstack, test_cloudwatch_alarms; not documented
// by AWS).
func (a Alarm) reason(o outcome) string {
	if o.state == InsufficientData {
		return fmt.Sprintf("Insufficient Data: %s unknown.", counted(o.filled, "datapoint was", "datapoints were"))
	}
	filled := ""
	if o.filled > 0 && (a.missing == missingBreaches || a.missing == missingIsFine) {
		as := map[string]string{missingBreaches: "Breaching", missingIsFine: "NonBreaching"}[a.missing]
		filled = fmt.Sprintf(" and %s treated as [%s]", counted(o.filled, "missing datapoint was", "missing datapoints were"), as)
	}
	if len(o.points) == 0 {
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s%s.", counted(a.periods, "period", "periods"), filled)
	}
	return "Threshold Crossed: " + a.compared(o, filled) + "."
}

// compared is the part of the reason with the data points that decided.
func (a Alarm) compared(o outcome, filled string) string {
	var values []string
	for _, p := range o.points {
		if p.breaches == (o.state == Alarming) {
			values = append(values, fmt.Sprintf("%s (%s)", javaNumber(p.value), p.start.UTC().Format("02/01/06 15:04:05")))
		}
	}
	not, transition, least := "", "OK -> ALARM", a.datapoints
	if o.state == OK {
		not, transition, least = "not ", "ALARM -> OK", a.periods-a.datapoints+1
	}
	verb := "were"
	if len(values) == 1 {
		verb = "was"
	}
	than := fmt.Sprintf("%s %s%s the threshold (%s)%s", verb, not, comparisons[a.comparison].words, javaNumber(a.threshold), filled)
	if len(values) == 0 { // only the filled ones decided
		return fmt.Sprintf("%s (minimum %s for %s transition)", strings.TrimPrefix(filled, " and "), counted(least, "datapoint", "datapoints"), transition)
	}
	list := "[" + strings.Join(values, ", ") + "]"
	if a.periods == 1 {
		return fmt.Sprintf("1 datapoint %s %s", list, than)
	}
	return fmt.Sprintf("%d out of the last %d datapoints %s %s (minimum %s for %s transition)",
		len(values), a.periods, list, than, counted(least, "datapoint", "datapoints"), transition)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// stateTime is the form of times in the data of a reason.
const stateTime = "2006-01-02T15:04:05.000-0700"

// reasonData is the reason in the form of DescribeAlarms, as JSON.
func (a Alarm) reasonData(o outcome, now time.Time) string {
	type evaluated struct {
		Timestamp string  `json:"timestamp"`
		Value     float64 `json:"value"`
	}
	data := struct {
		Version   string      `json:"version"`
		QueryDate string      `json:"queryDate"`
		StartDate string      `json:"startDate,omitempty"`
		Unit      string      `json:"unit,omitempty"`
		Statistic string      `json:"statistic,omitempty"`
		Period    int         `json:"period"`
		Recent    []float64   `json:"recentDatapoints"`
		Threshold float64     `json:"threshold"`
		Evaluated []evaluated `json:"evaluatedDatapoints,omitempty"`
	}{
		Version: "1.0", QueryDate: now.UTC().Format(stateTime), Unit: a.queries[a.value].unit, Statistic: a.queries[a.value].statisticName,
		Period: int(a.period / time.Second), Recent: []float64{}, Threshold: a.threshold,
	}
	for _, p := range o.points {
		data.Evaluated = append(data.Evaluated, evaluated{p.start.UTC().Format(stateTime), p.value})
	}
	for _, p := range slices.Backward(o.points) {
		data.Recent = append(data.Recent, p.value)
	}
	if n := len(o.points); n > 0 {
		data.StartDate = o.points[n-1].start.UTC().Format(stateTime)
	}
	text, _ := json.Marshal(data) // of finite numbers and texts
	return string(text)
}
