package cloudwatch

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// interval is the time of a call about data, as the call gives it. Its periods begin with its first minute.
//
// Assumption CW-12: the periods of GetMetricData and GetMetricStatistics begin at StartTime, cut to the minute; EndTime is not among
// them (API reference, GetMetricStatistics and GetMetricData: StartTime "inclusive", EndTime "exclusive"). The last period may be
// unfinished. GetMetricData returns the newest value first unless ScanBy says otherwise. AWS does not document the order of
// GetMetricStatistics; here it is that of time.
type interval struct{ from, until time.Time }

func intervalOf(in input) (interval, *callError) {
	from, problem := in.time("StartTime")
	if problem != nil {
		return interval{}, problem
	}
	until, problem := in.time("EndTime")
	if problem != nil {
		return interval{}, problem
	}
	if !from.Before(until) {
		return interval{}, invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	return interval{from, until}, nil
}

// each calls take with the beginning of each period. It leaves out the days before the metrics that are kept.
func (i interval) each(period time.Duration, now time.Time, take func(at time.Time)) {
	at := i.from.Truncate(time.Minute)
	if kept := now.Add(-keptMinutes * time.Minute); at.Before(kept) {
		seconds := int64(period / time.Second) // a Duration ends at 292 years
		at = time.Unix(at.Unix()+(kept.Unix()-at.Unix())/seconds*seconds, 0).In(at.Location())
	}
	for end := now.Add(time.Minute); at.Before(i.until) && at.Before(end); at = at.Add(period) {
		take(at)
	}
}

// mostPoints bounds the data points that GetMetricStatistics is asked for (API reference, GetMetricStatistics).
const mostPoints = 1440

// boundPoints counts the periods of the whole interval, whichever second of a minute it begins with: 24 hours are 1,440 minutes (localstack's
// test_invalid_amount_of_datapoints, recorded on AWS).
func (i interval) boundPoints(period time.Duration) *callError {
	asked := (i.until.UnixMilli() - i.from.UnixMilli() + period.Milliseconds() - 1) / period.Milliseconds()
	if asked <= mostPoints {
		return nil
	}
	return &callError{"InvalidParameterCombination", fmt.Sprintf("You have requested up to %d datapoints, which exceeds the limit of %d. "+
		"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", asked, mostPoints), http.StatusBadRequest}
}

func periodOf(in input, otherwise int) (time.Duration, *callError) {
	period, problem := in.number("Period", otherwise)
	if problem != nil {
		return 0, problem
	}
	if period < 60 || period%60 != 0 {
		return 0, invalid("The parameter Period must be a multiple of 60: metrics here are those of minutes.")
	}
	return time.Duration(period) * time.Second, nil
}

func dimensionsIn(in input) map[string]string {
	all := map[string]string{}
	for _, d := range in.list("Dimensions") {
		one, _ := d.(map[string]any)
		all[input(one).text("Name")] = input(one).text("Value")
	}
	return all
}

func (a *API) getMetricStatistics(_ context.Context, in input) (object, error) {
	when, problem := intervalOf(in)
	if problem != nil {
		return nil, problem
	}
	period, problem := periodOf(in, 0)
	if problem != nil {
		return nil, problem
	}
	if problem := when.boundPoints(period); problem != nil {
		return nil, problem
	}
	statistics, extended, err := statisticsOf(in)
	if err != nil {
		return nil, err
	}
	found := a.Watch.opts.Metrics.find(in.text("Namespace"), in.text("MetricName"), dimensionsIn(in)).in(in.text("Unit"))
	points := list{}
	when.each(period, a.Watch.opts.Clock.Now(), func(at time.Time) {
		values := found.values(statistics, at, at.Add(period))
		if len(values) == 0 {
			return
		}
		point := object{{"Timestamp", at}, {"Unit", found.unit}}
		if extended {
			point = append(point, member{"ExtendedStatistics", values})
		} else {
			for _, name := range slices.Sorted(maps.Keys(values)) {
				point = append(point, member{name, values[name]})
			}
		}
		points = append(points, point)
	})
	return object{{"Label", in.text("MetricName")}, {"Datapoints", points}}, nil
}

// statisticsOf are the statistics of a call by name, and whether they are its extended ones.
func statisticsOf(in input) (statistics map[string]statistic, extended bool, err error) {
	plain, others := in.texts("Statistics"), in.texts("ExtendedStatistics")
	switch {
	case len(plain)+len(others) == 0:
		return nil, false, &callError{"MissingParameter", "The parameter Statistics or ExtendedStatistics is required.", http.StatusBadRequest}
	case len(plain) > 0 && len(others) > 0:
		return nil, false, &callError{"InvalidParameterCombination", "Statistics and ExtendedStatistics cannot be given together.", http.StatusBadRequest}
	}
	statistics = map[string]statistic{}
	for _, name := range append(plain, others...) {
		if statistics[name], err = parseStatistic(name); err != nil {
			return nil, false, err
		}
	}
	return statistics, len(others) > 0, nil
}

// values are the statistics of a period that have samples, by name.
func (s *series) values(statistics map[string]statistic, from, until time.Time) map[string]float64 {
	found := map[string]float64{}
	for name, statistic := range statistics {
		if value, ok := s.value(statistic, from, until); ok {
			found[name] = value
		}
	}
	return found
}

// queryID is the form of a query's id (API reference, MetricDataQuery).
var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// mostQueries bounds the queries of a call (API reference, GetMetricData).
const mostQueries = 500

func (a *API) getMetricData(ctx context.Context, in input) (object, error) {
	when, problem := intervalOf(in)
	if problem != nil {
		return nil, problem
	}
	queries, periods, err := readDataQueries(in.list("MetricDataQueries"))
	if err != nil {
		return nil, err
	}
	label := labelsOf(queries, periods)
	var results []result
	for i, q := range queries {
		if !q.returnsData {
			continue
		}
		needed, period, err := neededBy(queries, periods, i)
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil { // nobody waits for the answer
			return nil, err
		}
		r := result{id: q.id, label: label(i)}
		when.each(period, a.Watch.opts.Clock.Now(), func(at time.Time) {
			if value := evaluateQueries(needed, a.Watch.opts.Metrics, at, at.Add(period))[0]; value.there {
				r.times, r.values = append(r.times, at), append(r.values, value.value)
			}
		})
		if in.text("ScanBy") != "TimestampAscending" {
			slices.Reverse(r.times)
			slices.Reverse(r.values)
		}
		results = append(results, r)
	}
	return pageOfData(in, results)
}

// result has the data points of a query.
type result struct {
	id, label     string
	times, values list
}

// mostDataPoints bounds the data points of a page of GetMetricData, and is the default of MaxDatapoints (API reference, GetMetricData).
const mostDataPoints = 100_800

// pageOfData cuts a page of at most MaxDatapoints points. A token is the number of points on the pages before.
//
// Assumption CW-15: the queries' points fill the pages one query after another, and a query whose points continue on the next page has
// the status PartialData (API reference, GetMetricData and MetricDataResult). A query without points is on the first page. AWS does not document how it divides the points of several
// queries among pages; a client joins them by Id.
func pageOfData(in input, results []result) (object, error) {
	total := 0
	for _, r := range results {
		total += len(r.values)
	}
	from, until, next, err := pageBy(in, "MaxDatapoints", total, mostDataPoints)
	if err != nil {
		return nil, err
	}
	shown, passed := list{}, 0
	for _, r := range results {
		first, last := passed, passed+len(r.values)
		passed = last
		here := first < until && last > from
		if len(r.values) == 0 {
			here = from == 0
		}
		if !here {
			continue
		}
		status := "Complete"
		if len(r.values) > 0 && last > until {
			status = "PartialData"
		}
		begin := max(from-first, 0)
		end := max(min(until, last)-first, begin)
		shown = append(shown, object{
			{"Id", r.id}, {"Label", r.label}, {"Timestamps", r.times[begin:end]}, {"Values", r.values[begin:end]}, {"StatusCode", status},
		})
	}
	return object{{"MetricDataResults", shown}, {"Messages", list{}}, {"NextToken", next}}, nil
}

// labelsOf returns the label of each query's result.
//
// Assumption CW-16: where a query of GetMetricData has no label, CloudWatch makes one: the metric's name, then the statistic if those of
// the call's metrics differ, then the period if those differ (localstack's test_label_generation and test_get_metric_data_with_zero_and_labels,
// recorded on AWS). AWS documents no rule. Here it looks at the metrics whose data are returned, and adds no
// dimensions that differ.
func labelsOf(queries []query, periods []time.Duration) func(i int) string {
	statistics, seconds := map[string]bool{}, map[time.Duration]bool{}
	for i, q := range queries {
		if q.isMetric() && q.returnsData {
			statistics[q.statisticName], seconds[periods[i]] = true, true
		}
	}
	return func(i int) string {
		q := queries[i]
		switch {
		case q.label != "":
			return q.label
		case !q.isMetric():
			return q.id
		}
		label := q.metric
		if len(statistics) > 1 {
			label += " " + q.statisticName
		}
		if len(seconds) > 1 {
			label += fmt.Sprintf(" %d", periods[i]/time.Second)
		}
		return label
	}
}

// readDataQueries reads the queries of a call, and their periods; 0 for an expression without one.
func readDataQueries(all []any) (queries []query, periods []time.Duration, err error) {
	if len(all) == 0 || len(all) > mostQueries {
		return nil, nil, invalid("The parameter MetricDataQueries must have 1 to %d queries.", mostQueries)
	}
	for i, one := range all {
		body, _ := one.(map[string]any)
		q, period, err := readDataQuery(input(body), i+1)
		if err != nil {
			return nil, nil, err
		}
		queries, periods = append(queries, q), append(periods, period)
	}
	if err := checkVariables(queries); err != nil {
		return nil, nil, fmt.Errorf("MetricDataQueries: %w", err)
	}
	return queries, periods, nil
}

// readDataQuery reads the query of this number.
func readDataQuery(in input, number int) (q query, period time.Duration, err error) {
	place := fmt.Sprintf("MetricDataQueries.member.%d.", number)
	stat, text := in.inner("MetricStat"), in.text("Expression")
	switch id := in.text("Id"); {
	case !queryID.MatchString(id):
		why := fmt.Sprintf("The value %s for parameter %sId is not matching the expected pattern %s.", id, place, queryID)
		return q, 0, &callError{"ValidationError", why, http.StatusBadRequest}
	case (stat == nil) == (text == ""):
		return q, 0, fmt.Errorf("%s (%s): give either MetricStat or Expression", place, id)
	case in.text("AccountId") != "":
		return q, 0, fmt.Errorf("%sAccountId: other accounts are not imitated on one machine; leave it out", place)
	case strings.Contains(in.text("Label"), "${"):
		return q, 0, fmt.Errorf("%sLabel is %q: dynamic labels are not imitated on one machine; use a text without ${", place, in.text("Label"))
	}
	q = query{id: in.text("Id"), label: in.text("Label"), returnsData: in.is("ReturnData", true), text: text}
	if stat == nil {
		q.expression, q.variables, err = parseExpression(text)
		err = withRemedy(err, "use arithmetic, comparisons, IF and FILL of metrics")
	} else {
		period, err = q.readStat(stat, fmt.Sprintf("metricDataQueries.%d.member.metricStat.", number))
	}
	if err != nil {
		return q, 0, fmt.Errorf("the query %s: %w", q.id, err)
	}
	return q, period, nil
}

// readStat reads the metric of a query, and returns its period.
func (q *query) readStat(stat input, place string) (time.Duration, error) {
	if err := stat.checkEnums(place); err != nil {
		return 0, err
	}
	metric := stat.inner("Metric")
	q.namespace, q.metric, q.dimensions = metric.text("Namespace"), metric.text("MetricName"), dimensionsIn(metric)
	q.statisticName, q.unit = stat.text("Stat"), stat.text("Unit")
	var err error
	if q.statistic, err = parseStatistic(q.statisticName); err != nil {
		return 0, err
	}
	period, problem := periodOf(stat, 0)
	if problem != nil {
		return 0, problem
	}
	return period, nil
}

// neededBy returns a query and after it those that it needs, and their period.
func neededBy(queries []query, periods []time.Duration, of int) (needed []query, period time.Duration, err error) {
	var visit func(i int)
	visit = func(i int) {
		if slices.ContainsFunc(needed, func(q query) bool { return q.id == queries[i].id }) {
			return
		}
		needed = append(needed, queries[i])
		if p := periods[i]; p != 0 && period != 0 && p != period {
			err = invalid("The query %s needs metrics of different periods; use one period.", queries[of].id)
		} else if p != 0 {
			period = p
		}
		for _, name := range queries[i].variables {
			visit(slices.IndexFunc(queries, func(q query) bool { return q.id == name }))
		}
	}
	visit(of)
	if err == nil && period == 0 {
		err = invalid("The query %s needs no metric; use one.", queries[of].id)
	}
	return needed, period, err
}
