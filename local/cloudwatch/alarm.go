package cloudwatch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/tfjson"
)

const alarmType = "aws_cloudwatch_metric_alarm"

// Alarm is a declared alarm that can be evaluated here.
type Alarm struct {
	name, arn, description string
	actionsEnabled         bool
	// actions are the ARNs for each state.
	actions map[State][]string

	comparison string
	threshold  float64
	period     time.Duration
	// periods are evaluated, and so many of them must breach the threshold.
	periods, datapoints int
	missing             string
	// queries are the metrics and expressions. value is the index of the one that is compared.
	queries []query
	value   int
}

// query is a metric, or an expression over others.
type query struct {
	id, label   string
	returnsData bool

	namespace, metric, unit string
	dimensions              map[string]string
	statisticName           string
	statistic               statistic

	text       string
	expression expression
	variables  []string
}

func (q query) isMetric() bool { return q.expression == nil }

// alarmBody is the resource. Attributes of type any are not imitated.
type alarmBody struct {
	Name              string            `tf:"alarm_name"`
	ARN               string            `tf:"arn"`
	Description       string            `tf:"alarm_description"`
	ActionsEnabled    *bool             `tf:"actions_enabled"`
	AlarmActions      []string          `tf:"alarm_actions"`
	OKActions         []string          `tf:"ok_actions"`
	UnknownActions    []string          `tf:"insufficient_data_actions"`
	Comparison        string            `tf:"comparison_operator"`
	Threshold         *float64          `tf:"threshold"`
	ThresholdMetric   string            `tf:"threshold_metric_id"`
	Period            int               `tf:"period"`
	Periods           int               `tf:"evaluation_periods"`
	Datapoints        int               `tf:"datapoints_to_alarm"`
	Missing           string            `tf:"treat_missing_data"`
	LowSampleCount    string            `tf:"evaluate_low_sample_count_percentiles"`
	Namespace         string            `tf:"namespace"`
	Metric            string            `tf:"metric_name"`
	Dimensions        map[string]string `tf:"dimensions"`
	Statistic         string            `tf:"statistic"`
	ExtendedStatistic string            `tf:"extended_statistic"`
	Unit              string            `tf:"unit"`
	Queries           []queryBody       `tf:"metric_query"`
	Tags              map[string]string `tf:"tags"` // without effect here
	TagsAll           map[string]string `tf:"tags_all"`
}

type queryBody struct {
	ID         string `tf:"id"`
	Expression string `tf:"expression"`
	Label      string `tf:"label"`
	ReturnData bool   `tf:"return_data"`
	Account    string `tf:"account_id"`
	Period     int    `tf:"period"`
	Metric     []struct {
		Namespace  string            `tf:"namespace"`
		Name       string            `tf:"metric_name"`
		Dimensions map[string]string `tf:"dimensions"`
		Statistic  string            `tf:"stat"`
		Period     int               `tf:"period"`
		Unit       string            `tf:"unit"`
	} `tf:"metric"`
}

// ReadAlarms finds the alarms of a resolved stack, and refuses what cannot be evaluated here. Its error has a line for each problem.
func ReadAlarms(stack *tfjson.Stack) ([]Alarm, error) {
	var alarms []Alarm
	var problems []error
	addresses := map[string]string{}
	for _, r := range stack.Resources(alarmType) {
		body := alarmBody{Missing: "missing"} // the API's default
		if err := r.Into(&body); err != nil {
			problems = append(problems, err)
			continue
		}
		var a Alarm
		var err error
		if body.ARN, err = stack.Attribute(r.Address(), "arn"); err == nil {
			err = a.read(body)
		}
		if other, taken := addresses[body.Name]; taken && err == nil {
			err = fmt.Errorf("alarm_name is %q, as that of %s; use another, because AWS requires unique names", body.Name, other)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", r.Address(), err))
			continue
		}
		addresses[body.Name] = r.Address()
		alarms = append(alarms, a)
	}
	return alarms, errors.Join(problems...)
}

// Comparison operators, with their words in the reason of a state.
var comparisons = map[string]struct {
	words    string
	breaches func(value, threshold float64) bool
}{
	"GreaterThanOrEqualToThreshold": {"greater than or equal to", func(v, t float64) bool { return v >= t }},
	"GreaterThanThreshold":          {"greater than", func(v, t float64) bool { return v > t }},
	"LessThanOrEqualToThreshold":    {"less than or equal to", func(v, t float64) bool { return v <= t }},
	"LessThanThreshold":             {"less than", func(v, t float64) bool { return v < t }},
}

func (a *Alarm) read(b alarmBody) error {
	a.name, a.arn, a.description = b.Name, b.ARN, b.Description
	a.actionsEnabled = b.ActionsEnabled == nil || *b.ActionsEnabled
	a.actions = map[State][]string{Alarming: b.AlarmActions, OK: b.OKActions, InsufficientData: b.UnknownActions}
	a.comparison, a.missing, a.periods, a.datapoints = b.Comparison, b.Missing, b.Periods, b.Datapoints
	if a.datapoints == 0 {
		a.datapoints = a.periods
	}
	if err := a.check(b); err != nil {
		return err
	}
	a.threshold = *b.Threshold
	if len(b.Queries) > 0 {
		return a.readQueries(b)
	}
	return a.readMetric(b)
}

// check finds what is wrong with an alarm, or not imitated, apart from its metrics.
func (a *Alarm) check(b alarmBody) error {
	if _, known := comparisons[a.comparison]; !known || b.ThresholdMetric != "" {
		return notImitated("anomaly detection (comparison_operator %s, threshold_metric_id %q)", a.comparison, b.ThresholdMetric)
	}
	switch {
	case a.name == "":
		return errors.New("alarm_name is empty; name the alarm")
	case b.Threshold == nil:
		return errors.New("threshold is not set; set it")
	case !slices.Contains([]string{missingMissing, missingIgnored, missingBreaches, missingIsFine}, a.missing):
		return fmt.Errorf("treat_missing_data is %q; use missing, ignore, breaching or notBreaching", a.missing)
	case a.periods < 1 || a.datapoints < 1 || a.datapoints > a.periods:
		return fmt.Errorf("datapoints_to_alarm is %d, and evaluation_periods %d; use 1 to as many datapoints as periods", a.datapoints, a.periods)
	case b.LowSampleCount == "ignore":
		return notImitated("evaluate_low_sample_count_percentiles = %q", b.LowSampleCount)
	}
	return nil
}

func (a *Alarm) readMetric(b alarmBody) (err error) {
	q := query{namespace: b.Namespace, metric: b.Metric, unit: b.Unit, dimensions: b.Dimensions, statisticName: b.Statistic, returnsData: true}
	if (b.Statistic == "") == (b.ExtendedStatistic == "") {
		return errors.New("statistic and extended_statistic: set one of them")
	}
	if q.statisticName == "" {
		q.statisticName = b.ExtendedStatistic
	}
	if q.statistic, err = parseStatistic(q.statisticName); err != nil {
		return err
	}
	a.queries = []query{q}
	return a.setPeriod(b.Period)
}

// setPeriod checks the length of a period, in seconds.
func (a *Alarm) setPeriod(seconds int) error {
	if seconds < 60 || seconds%60 != 0 {
		return notImitated("a period of %d s (a high-resolution alarm)", seconds)
	}
	a.period = time.Duration(seconds) * time.Second
	if kept := time.Duration(a.evaluationRange()) * a.period; kept > keptMinutes*time.Minute {
		return notImitated("an evaluation of %s", kept)
	} else if percentiles := slices.ContainsFunc(a.queries, func(q query) bool { return strings.HasPrefix(q.statisticName, "p") }); percentiles && kept > keptDistributions*time.Minute {
		return notImitated("a percentile over %s", kept)
	}
	return nil
}

func (a *Alarm) readQueries(b alarmBody) error {
	a.value = -1
	period := 0
	for i, from := range b.Queries {
		q, seconds, err := readQuery(from)
		if err != nil {
			return fmt.Errorf("metric_query %s: %w", from.ID, err)
		}
		if seconds != 0 && period != 0 && seconds != period {
			return fmt.Errorf("metric_query %s: its period is %d, and another's %d; use one period, as AWS requires", q.id, seconds, period)
		}
		period = max(period, seconds)
		if q.returnsData {
			if a.value >= 0 {
				return errors.New("metric_query: several have return_data; set it in one")
			}
			a.value = i
		}
		a.queries = append(a.queries, q)
	}
	if a.value < 0 {
		return errors.New("metric_query: none has return_data; set it in the one that is compared")
	}
	if err := checkVariables(a.queries); err != nil {
		return fmt.Errorf("metric_query: %w", err)
	}
	return a.setPeriod(period)
}

// leaveOut is the remedy for an alarm that cannot be evaluated here.
const leaveOut = "leave the alarm out of the environment that runs here"

func notImitated(format string, values ...any) error {
	return fmt.Errorf(format+" is not imitated on one machine; "+leaveOut, values...)
}

func readQuery(b queryBody) (q query, period int, err error) {
	q = query{id: b.ID, label: b.Label, returnsData: b.ReturnData}
	switch {
	case b.Account != "":
		return q, 0, notImitated("a metric of another account (account_id %q)", b.Account)
	case len(b.Metric) == 1 && b.Expression == "":
		m := b.Metric[0]
		q.namespace, q.metric, q.unit, q.dimensions, q.statisticName = m.Namespace, m.Name, m.Unit, m.Dimensions, m.Statistic
		q.statistic, err = parseStatistic(m.Statistic)
		return q, m.Period, err
	case len(b.Metric) == 0 && b.Expression != "":
		q.text = b.Expression
		q.expression, q.variables, err = parseExpression(b.Expression)
		return q, b.Period, withRemedy(err, leaveOut)
	}
	return q, 0, errors.New("has neither one metric nor an expression; give it one of them")
}

// checkVariables checks that each variable is the id of an earlier or later query, and that no expression needs itself.
func checkVariables(queries []query) error {
	byID := map[string]query{}
	for _, q := range queries {
		if _, twice := byID[q.id]; twice {
			return fmt.Errorf("the id %q is there twice; use another", q.id)
		}
		if !queryID.MatchString(q.id) {
			return fmt.Errorf("the id is %q; use a lower case letter, then letters, digits and _", q.id)
		}
		byID[q.id] = q
	}
	fine := map[string]bool{} // each query once: the paths between queries can be more than anything can follow
	var visit func(id string, above []string) error
	visit = func(id string, above []string) error {
		if fine[id] {
			return nil
		}
		q, known := byID[id]
		if !known {
			return fmt.Errorf("no query has the id %q; declare it", id)
		}
		if slices.Contains(above, id) {
			return fmt.Errorf("the expression %q needs itself", q.text)
		}
		for _, name := range q.variables {
			if err := visit(name, append(above, id)); err != nil {
				return err
			}
		}
		fine[id] = true
		return nil
	}
	for _, q := range queries {
		if err := visit(q.id, nil); err != nil {
			return err
		}
	}
	return nil
}

// Unmeasured returns the metrics of the alarms that nothing here measures, sorted, each as NAMESPACE METRIC by DIMENSIONS in UNIT. The
// unit is there only if it is what nothing measures.
func Unmeasured(alarms []Alarm) []string {
	units := measured()
	var found []string
	for _, a := range alarms {
		for _, q := range a.queries {
			if !q.isMetric() {
				continue
			}
			name := kindOf(q.namespace, q.metric, sorted(q.dimensions))
			unit, known := units[name]
			if known && q.unit != "" && q.unit != unit {
				name, known = name+" in "+q.unit, false
			}
			if !known && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// kindOf is a metric's name without the values of its dimensions.
func kindOf(namespace, name string, dimensions []dimension) string {
	kind := namespace + " " + name
	for i, d := range dimensions {
		kind += []string{" by ", ", "}[min(i, 1)] + d.Name
	}
	return kind
}

// at computes the alarm's value over a period that ends at a time.
func (a Alarm) at(m *Metrics, until time.Time) operand {
	return evaluateQueries(a.queries, m, until.Add(-a.period), until)[a.value]
}

// evaluateQueries computes each query over the time from one time until before another. The queries are checked.
func evaluateQueries(queries []query, m *Metrics, from, until time.Time) []operand {
	values := make([]operand, len(queries))
	variables := map[string]operand{}
	for i, q := range queries {
		if q.isMetric() {
			if value, ok := m.find(q.namespace, q.metric, q.dimensions).in(q.unit).value(q.statistic, from, until); ok {
				values[i] = point(value)
			}
			variables[q.id] = values[i]
		}
	}
	for done := 0; done < len(queries); { // an expression may come before those that it needs
		done = 0
		for i, q := range queries {
			if _, known := variables[q.id]; known {
				done++
			} else if !slices.ContainsFunc(q.variables, func(name string) bool { _, known := variables[name]; return !known }) {
				values[i] = asPoint(q.expression(variables))
				variables[q.id] = values[i]
			}
		}
	}
	return values
}

// javaNumber writes a number as CloudWatch's reasons do, in the form of Java's Double.toString: 1.0, 0.05, 3.6E7.
func javaNumber(value float64) string {
	if size := math.Abs(value); size == 0 || size >= 1e-3 && size < 1e7 {
		return withPoint(strconv.FormatFloat(value, 'f', -1, 64))
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(value, 'e', -1, 64), "e")
	power, _ := strconv.Atoi(exponent) // FormatFloat has written it
	return withPoint(digits) + "E" + strconv.Itoa(power)
}

func withPoint(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
