package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/local/internal/randomid"
)

// API answers CloudWatch's calls that read metrics and alarms.
type API struct {
	Watch *Watch
	// NotImitated is called with a description of each call that is refused because it is not imitated.
	NotImitated func(string)
}

var operations = map[string]func(*API, context.Context, input) (object, error){
	"DescribeAlarmHistory": (*API).describeAlarmHistory,
	"DescribeAlarms":       (*API).describeAlarms,
	"GetMetricData":        (*API).getMetricData,
	"GetMetricStatistics":  (*API).getMetricStatistics,
	"ListMetrics":          (*API).listMetrics,
}

// ServeHTTP answers a call. It accepts any credentials.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := protocolOf(r)
	w.Header().Set(requestID, randomid.New())
	if r.Method != http.MethodPost { // SDKs send nothing else; a link that somebody follows and a preflight are no calls
		w.Header().Set("Allow", http.MethodPost)
		p.fail(w, &callError{"MethodNotAllowed", "A call of CloudWatch is a POST.", http.StatusMethodNotAllowed})
		return
	}
	body, err := readCall(w, r)
	if err != nil {
		p.fail(w, &callError{"RequestEntityTooLarge", err.Error(), http.StatusRequestEntityTooLarge})
		return
	}
	operation, in, err := p.read(r, body)
	if failed := (*callError)(nil); errors.As(err, &failed) {
		p.fail(w, failed)
		return
	}
	if operations[operation] == nil { // whatever its body, which may be compressed
		why := fmt.Sprintf("monitoring (%s) is not imitated on one machine; these are: CloudWatch's %s", operation, strings.Join(slices.Sorted(maps.Keys(operations)), ", "))
		a.NotImitated(why)
		p.fail(w, &callError{"NotImplemented", why, http.StatusNotImplemented})
		return
	}
	if err != nil {
		p.fail(w, &callError{"SerializationException", err.Error(), http.StatusBadRequest})
		return
	}
	answer, err := a.answer(r.Context(), operation, in)
	var failed *callError
	switch {
	case errors.As(err, &failed):
		p.fail(w, failed)
	case err != nil:
		p.fail(w, &callError{"ValidationError", err.Error(), http.StatusBadRequest})
	default:
		p.write(w, operation, answer)
	}
}

// answer checks a call's input before its operation reads it.
func (a *API) answer(ctx context.Context, operation string, in input) (object, error) {
	if err := in.check(operation); err != nil {
		return nil, err
	}
	return operations[operation](a, ctx, in)
}

// page cuts a page of at most so many out of n items.
func page(in input, n, most int) (from, until int, next any, _ error) {
	return pageBy(in, "MaxRecords", n, most)
}

// pageBy is [page] for a call whose member of this name has the page's size. A token is the number of the page's first item.
func pageBy(in input, name string, n, most int) (from, until int, next any, _ error) {
	size, problem := in.number(name, most)
	if problem != nil {
		return 0, 0, nil, problem
	}
	if size < 1 || size > most {
		return 0, 0, nil, invalid("The parameter %s must be 1 to %d.", name, most)
	}
	if token := in.text("NextToken"); token != "" {
		var err error
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > n {
			return 0, 0, nil, &callError{"InvalidNextToken", "The next token is invalid.", http.StatusBadRequest}
		}
	}
	if until = min(from+size, n); until < n {
		next = strconv.Itoa(until)
	}
	return from, until, next, nil
}

// mostRecords bounds the records of a page of alarms and of changes (API reference, DescribeAlarms and DescribeAlarmHistory).
const mostRecords = 100

func (a *API) describeAlarms(_ context.Context, in input) (object, error) {
	for _, name := range []string{"ChildrenOfAlarmName", "ParentsOfAlarmName"} {
		if in.text(name) != "" {
			return nil, fmt.Errorf("%s is for composite alarms, which are not imitated on one machine", name)
		}
	}
	if len(in.list("AlarmNames")) > 0 && in.text("AlarmNamePrefix") != "" {
		return nil, &callError{"InvalidParameterCombination", "AlarmNames and AlarmNamePrefix cannot be given together.", http.StatusBadRequest}
	}
	w := a.Watch
	w.mu.Lock()
	defer w.mu.Unlock()
	found := slices.DeleteFunc(slices.Clone(w.alarms), func(alarm Alarm) bool { return !alarm.asked(in, w.states[alarm.name].State) })
	slices.SortFunc(found, func(a, b Alarm) int { return strings.Compare(a.name, b.name) })
	from, until, next, err := page(in, len(found), mostRecords)
	if err != nil {
		return nil, err
	}
	described := list{}
	for _, alarm := range found[from:until] {
		described = append(described, alarm.describe(w.states[alarm.name]))
	}
	return object{{"CompositeAlarms", list{}}, {"MetricAlarms", described}, {"NextToken", next}}, nil
}

// asked reports whether a call asks for an alarm.
func (a Alarm) asked(in input, now State) bool {
	names, types, state := in.texts("AlarmNames"), in.texts("AlarmTypes"), in.text("StateValue")
	return (len(names) == 0 || slices.Contains(names, a.name)) && strings.HasPrefix(a.name, in.text("AlarmNamePrefix")) &&
		(len(types) == 0 || slices.Contains(types, "MetricAlarm")) && (state == "" || State(state) == now) && a.hasAction(in.text("ActionPrefix"))
}

func (a Alarm) hasAction(prefix string) bool {
	if prefix == "" {
		return true
	}
	for _, arns := range a.actions {
		if slices.ContainsFunc(arns, func(arn string) bool { return strings.HasPrefix(arn, prefix) }) {
			return true
		}
	}
	return false
}

func (a Alarm) describe(s *standing) object {
	described := object{
		{"AlarmName", a.name},
		{"AlarmArn", a.arn},
		{"AlarmDescription", optional(a.description)},
		{"AlarmConfigurationUpdatedTimestamp", s.Configured},
		{"ActionsEnabled", a.actionsEnabled},
		{"OKActions", texts(a.actions[OK])},
		{"AlarmActions", texts(a.actions[Alarming])},
		{"InsufficientDataActions", texts(a.actions[InsufficientData])},
		{"StateValue", string(s.State)},
		{"StateReason", s.Reason},
		{"StateReasonData", optional(s.Data)},
		{"StateUpdatedTimestamp", s.Updated},
		{"StateTransitionedTimestamp", s.Changed},
		{"EvaluationPeriods", a.periods},
		{"DatapointsToAlarm", a.datapoints},
		{"Threshold", a.threshold},
		{"ComparisonOperator", a.comparison},
		{"TreatMissingData", a.missing},
	}
	if one := a.queries[0]; len(a.queries) == 1 && one.isMetric() && one.id == "" {
		statistic := member{"Statistic", one.statisticName}
		if strings.HasPrefix(one.statisticName, "p") {
			statistic.name = "ExtendedStatistic"
		}
		return append(described,
			member{"MetricName", one.metric}, member{"Namespace", one.namespace}, statistic, member{"Unit", optional(one.unit)},
			member{"Dimensions", dimensionsOf(sorted(one.dimensions))}, member{"Period", int(a.period / time.Second)})
	}
	queries := list{}
	for _, q := range a.queries {
		queries = append(queries, q.describe(a.period))
	}
	return append(described, member{"Dimensions", list{}}, member{"Metrics", queries})
}

func (q query) describe(period time.Duration) object {
	described := object{{"Id", q.id}, {"Label", optional(q.label)}, {"ReturnData", q.returnsData}}
	if !q.isMetric() {
		return append(described, member{"Expression", q.text})
	}
	return append(described, member{"MetricStat", object{
		{"Metric", object{{"Namespace", q.namespace}, {"MetricName", q.metric}, {"Dimensions", dimensionsOf(sorted(q.dimensions))}}},
		{"Period", int(period / time.Second)}, {"Stat", q.statisticName}, {"Unit", optional(q.unit)},
	}})
}

func dimensionsOf(all []dimension) list {
	described := list{}
	for _, d := range all {
		described = append(described, object{{"Name", d.Name}, {"Value", d.Value}})
	}
	return described
}

func (a *API) describeAlarmHistory(_ context.Context, in input) (object, error) {
	changes := a.Watch.history(in.text("AlarmName"))
	if types := in.texts("AlarmTypes"); len(types) > 0 && !slices.Contains(types, "MetricAlarm") {
		changes = nil
	}
	if kind := in.text("HistoryItemType"); kind != "" && kind != "StateUpdate" {
		changes = nil // nobody changes an alarm here, and no action is executed
	}
	if in.text("AlarmContributorId") != "" {
		changes = nil // only an alarm of a query of Metrics Insights has contributors
	}
	for name, outside := range map[string]func(Change, time.Time) bool{
		"StartDate": func(c Change, at time.Time) bool { return c.At.Before(at) },
		"EndDate":   func(c Change, at time.Time) bool { return c.At.After(at) },
	} {
		if in[name] == nil {
			continue
		}
		at, problem := in.time(name)
		if problem != nil {
			return nil, problem
		}
		changes = slices.DeleteFunc(changes, func(c Change) bool { return outside(c, at) })
	}
	if in.text("ScanBy") != "TimestampAscending" {
		slices.Reverse(changes)
	}
	from, until, next, err := page(in, len(changes), mostRecords)
	if err != nil {
		return nil, err
	}
	items := list{}
	for _, c := range changes[from:until] {
		items = append(items, object{
			{"AlarmName", c.Alarm}, {"AlarmType", "MetricAlarm"}, {"Timestamp", c.At}, {"HistoryItemType", "StateUpdate"},
			{"HistorySummary", fmt.Sprintf("Alarm updated from %s to %s", c.From, c.To)}, {"HistoryData", c.historyData()},
		})
	}
	return object{{"AlarmHistoryItems", items}, {"NextToken", next}}, nil
}

// historyData is a change in the form of DescribeAlarmHistory, as JSON.
func (c Change) historyData() string {
	type state struct {
		Value  State           `json:"stateValue"`
		Reason string          `json:"stateReason"`
		Data   json.RawMessage `json:"stateReasonData,omitempty"`
	}
	text, _ := json.Marshal(struct {
		Version string `json:"version"`
		Old     state  `json:"oldState"`
		New     state  `json:"newState"`
	}{"1.0", state{c.From, c.Before, json.RawMessage(c.DataThen)}, state{c.To, c.Reason, json.RawMessage(c.Data)}}) // it was made here
	return string(text)
}

// recently is the time in which a metric has samples that RecentlyActive asks for, of which PT3H is the only value (API reference,
// ListMetrics).
const recently = 3 * time.Hour

// metricsPage is how many metrics ListMetrics returns at once (API reference, ListMetrics).
const metricsPage = 500

func (a *API) listMetrics(_ context.Context, in input) (object, error) {
	if in.text("OwningAccount") != "" {
		return nil, errors.New("OwningAccount: other accounts are not imitated on one machine; leave it out")
	}
	now := a.Watch.opts.Clock.Now()
	metrics := slices.DeleteFunc(a.Watch.opts.Metrics.all(), func(s *series) bool {
		return in.text("RecentlyActive") != "" && !s.hasSamplesSince(now.Add(-recently)) || in.text("Namespace") != "" && in.text("Namespace") != s.namespace ||
			in.text("MetricName") != "" && in.text("MetricName") != s.name || !s.matches(in.list("Dimensions"))
	})
	from, until, next, err := page(in, len(metrics), metricsPage)
	if err != nil {
		return nil, err
	}
	described := list{}
	for _, s := range metrics[from:until] {
		described = append(described, object{{"Namespace", s.namespace}, {"MetricName", s.name}, {"Dimensions", dimensionsOf(s.dimensions)}})
	}
	return object{{"Metrics", described}, {"NextToken", next}}, nil
}

// matches reports whether a metric has all of the filters' dimensions, with their values where they have one.
func (s *series) matches(filters []any) bool {
	for _, f := range filters {
		filter, _ := f.(map[string]any)
		name, value := input(filter).text("Name"), input(filter).text("Value")
		if !slices.ContainsFunc(s.dimensions, func(d dimension) bool { return d.Name == name && (value == "" || d.Value == value) }) {
			return false
		}
	}
	return true
}
