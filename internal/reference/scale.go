package reference

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	texttemplate "text/template"
	"time"

	"cdk.tf/go/ingest/internal/prices"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/internal/simulation"
	"cdk.tf/go/ingest/plan"
)

//go:embed scale.md.tmpl
var scaleText string

const (
	scaleBytes     = 1000
	scaleBufferMiB = 128
)

// The loads of docs/scale.md in events a second, and the sizes of its batches.
var (
	scaleRates   = []int{1000, 10_000, 100_000, 1_000_000}
	scaleBatches = []int{1, 100, 500}
)

// Scale is docs/scale.md: what each load needs and costs in an environment with the options of a stack, by package plan, and what
// bursts do, by package simulation. Its text is scale.md.tmpl, whose functions are those of scaler.
func Scale(pipeline *plan.Pipeline) (string, error) {
	s := scaler{pipeline}
	functions := texttemplate.FuncMap{
		"hours": func() int { return prices.HoursOfAMonth }, "eventbytes": func() string { return count(scaleBytes) }, "headroom": func() float64 { return plan.Headroom },
		"region": func() string { return pipeline.Shape().Region }, "bufferMiB": func() int { return scaleBufferMiB }, "body": func(batch int) string { return count(float64(batch * scaleBytes)) },
		"maxshards": func() string { return count(quota.MaxShards) }, "maxshardevents": func() string { return count(quota.MaxShards * quota.ShardRecords) },
		"requestprice": func() string { return dollars(prices.In(prices.Home).Cost(prices.APIRequests, 1e6)) }, "requesttier": requestTier,
		"simulated": simulated, "interval": func() string { return spoken(simulation.Documented.BufferInterval) },
		"traffic": traffic, "runs": runs,
		"overview": s.overview, "bill": s.bill, "environment": s.environment, "regions": s.regions, "ondemand": s.onDemand, "accountrate": s.accountRate, "ratecode": s.rateCode,
		"permillion": s.perMillion, "month": s.month, "quotas": s.quotas, "accounts": s.accounts, "requests": s.requests, "multiple": s.multiple, "spare": s.spare, "shards": s.shards,
		"requestcost": s.requestCost, "firehose": s.firehose, "wrapped": s.wrapped, "gateway": s.gateway, "smallobjects": s.smallObjects, "smallcost": s.smallCost,
	}
	parsed, err := texttemplate.New("scale.md").Funcs(functions).Parse(scaleText)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = parsed.Execute(&text, nil)
	return text.String(), err
}

// scaler computes what docs/scale.md says of a load.
type scaler struct{ pipeline *plan.Pipeline }

func (s scaler) sized(rate, batch int) (plan.Sized, error) {
	return s.pipeline.Sized(plan.Way{Rate: rate, Bytes: scaleBytes, Batch: batch, BufferMiB: scaleBufferMiB})
}

// say is a text about a load in batches.
func (s scaler) say(rate, batch int, text func(plan.Sized) string) (string, error) {
	sized, err := s.sized(rate, batch)
	if err != nil {
		return "", err
	}
	return text(sized), nil
}

func (s scaler) month(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return amount(p.Report.Cost.Total) })
}

func (s scaler) perMillion(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return cents(millionOf(p)) })
}

func (s scaler) quotas(rate, batch int) (string, error) { return s.say(rate, batch, quotasOf) }

func (s scaler) accounts(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return count(float64(p.Accounts)) })
}

func (s scaler) requests(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return count(p.Requests) })
}

func (s scaler) shards(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return count(float64(p.Shards)) })
}

// multiple is how many times the default quota the requests need, and spare how many times the quota takes them.
func (s scaler) multiple(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return fmt.Sprintf("%.3g", p.Requests/p.AccountRate) })
}

func (s scaler) spare(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return fmt.Sprintf("%.3g", p.AccountRate/p.Requests) })
}

func (s scaler) requestCost(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return amount(costOf(p, prices.APIRequests)) })
}

// gateway is what API Gateway and its access log cost.
func (s scaler) gateway(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return amount(costOf(p, prices.APIRequests, prices.LogsWritten)) })
}

func (s scaler) firehose(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string { return amount(costOf(p, prices.Delivered)) })
}

// wrapped is the bill of the same load where each record has five events.
func (s scaler) wrapped(rate, batch int) (string, error) {
	sized, err := s.pipeline.Sized(plan.Way{Rate: rate / 5, Bytes: 5 * scaleBytes, Batch: batch / 5, BufferMiB: scaleBufferMiB})
	return amount(sized.Report.Cost.Total), err
}

// small is the load with the stack's own buffer.
func (s scaler) small(rate, batch int) (plan.Sized, error) {
	return s.pipeline.Sized(plan.Way{Rate: rate, Bytes: scaleBytes, Batch: batch})
}

func (s scaler) smallObjects(rate, batch int) (string, error) {
	small, err := s.small(rate, batch)
	for _, line := range small.Report.Cost.Lines {
		if line.Name == string(prices.Puts) {
			return count(line.Quantity/1e6) + " million", err
		}
	}
	return "", err
}

func (s scaler) smallCost(rate, batch int) (string, error) {
	small, err := s.small(rate, batch)
	if err != nil {
		return "", err
	}
	return s.say(rate, batch, func(p plan.Sized) string { return amount(small.Report.Cost.Total - p.Report.Cost.Total) })
}

func (s scaler) accountRate() (string, error) {
	return s.say(1, 1, func(p plan.Sized) string { return count(p.AccountRate) })
}

// rateCode is the code of the quota of requests, from a load that needs it raised.
func (s scaler) rateCode() (string, error) {
	return s.say(scaleRates[len(scaleRates)-1], 1, func(p plan.Sized) string { return p.Quotas[0].Code })
}

// overview is the table of all loads in all shapes.
func (s scaler) overview() (string, error) {
	p := &page{}
	p.row([]string{"events/s", "requests", "shards", "stage", "quotas to raise", "accounts", "fails first, above", "a million events", "a month"})
	p.underline(9)
	for _, rate := range scaleRates {
		for _, batch := range scaleBatches {
			sized, err := s.sized(rate, batch)
			if err != nil {
				return "", err
			}
			p.row([]string{
				count(float64(rate)), shapeOf(batch), count(float64(sized.Shards)), count(sized.RateLimit) + "/s", quotasOf(sized), count(float64(sized.Accounts)),
				fmt.Sprintf("%s, %s/s", sized.Report.First, count(sized.Report.MaxPerSecond)), cents(millionOf(sized)), amount(sized.Report.Cost.Total),
			})
		}
	}
	return strings.TrimRight(p.String(), "\n"), nil
}

// bill is a month's bill of a load, line by line, in each shape.
func (s scaler) bill(rate int) (string, error) {
	head, lines, sums := []string{"a month, in dollars"}, map[string][]string{}, []string{"total"}
	var names []string
	for i, batch := range scaleBatches {
		sized, err := s.sized(rate, batch)
		if err != nil {
			return "", err
		}
		head = append(head, shapeOf(batch))
		for _, line := range sized.Report.Cost.Lines {
			if i == 0 {
				names = append(names, line.Name)
			}
			lines[line.Name] = append(lines[line.Name], amount(line.Dollars))
		}
		sums = append(sums, amount(sized.Report.Cost.Total))
	}
	p := &page{}
	p.row(head)
	p.underline(len(head))
	for _, name := range names {
		p.row(append([]string{name}, lines[name]...))
	}
	p.row(sums)
	return strings.TrimRight(p.String(), "\n"), nil
}

// environment is the Go code of an environment that takes a load.
func (s scaler) environment(rate, batch int) (string, error) {
	return s.say(rate, batch, func(p plan.Sized) string {
		load := p.Report.Load
		lines := []string{"```go"}
		size := ""
		if batch > 1 {
			lines, size = append(lines, "env.API.Batch = true"), fmt.Sprintf(", BatchSize: %d", batch)
		}
		return strings.Join(append(lines,
			fmt.Sprintf("env.API.Throttle = spec.Throttle{RateLimit: %s, BurstLimit: %s}", digits(p.RateLimit), digits(float64(p.BurstLimit))),
			fmt.Sprintf("env.Stream.Capacity = spec.Provisioned(%d)", p.Shards),
			fmt.Sprintf("env.Delivery.BufferMiB = %d", scaleBufferMiB),
			"env.Logs.Execution = spec.LogErrors",
			fmt.Sprintf("env.Load = spec.Load{PeakPerSecond: %s, EventBytes: %d, EventsPerMonth: %s%s}", digits(load.PeakPerSecond), scaleBytes, digits(load.EventsPerMonth), size),
			"```"), "\n")
	})
}

// regions are the default quotas of some regions, and how many events they take. AWS has other defaults in its largest regions, in
// most others, and in newer ones.
func (s scaler) regions() (string, error) {
	p := &page{}
	p.row([]string{"region", "requests/s", "shards", "single requests", "batches of 100", "batches of 500", "ends with"})
	p.underline(7)
	for _, region := range []string{"us-east-1", "eu-central-1", "eu-central-2"} {
		cells, within, ends := []string{region}, []string{}, ""
		for i, batch := range scaleBatches {
			sized, err := s.pipeline.Sized(plan.Way{Rate: scaleRates[len(scaleRates)-1], Bytes: scaleBytes, Batch: batch, Region: region})
			if err != nil {
				return "", err
			}
			if i == 0 {
				for _, limit := range sized.Report.Limits {
					if strings.Contains(limit.Name, "account and region") {
						cells = append(cells, count(limit.Limit))
					}
				}
			}
			within, ends = append(within, count(math.Floor(sized.Within))+"/s"), sized.Ends
		}
		p.row(append(append(cells, within...), ends))
	}
	return strings.TrimRight(p.String(), "\n"), nil
}

// onDemand compares the capacity modes.
func (s scaler) onDemand() (string, error) {
	p := &page{}
	p.row([]string{"events/s", "shards, a month", "on demand, a month", "dearer for a million events"})
	p.underline(4)
	for _, rate := range scaleRates {
		shards, err := s.sized(rate, 100)
		if err != nil {
			return "", err
		}
		other, err := s.pipeline.Sized(plan.Way{Rate: rate, Bytes: scaleBytes, Batch: 100, BufferMiB: scaleBufferMiB, OnDemand: true})
		if err != nil {
			return "", err
		}
		provisioned := costOf(shards, prices.ShardHours, prices.PutUnits)
		onDemand := costOf(other, prices.OnDemandHours, prices.OnDemandIn, prices.OnDemandOut)
		p.row([]string{count(float64(rate)), amount(provisioned), amount(onDemand), cents((onDemand - provisioned) / shards.Report.Load.EventsPerMonth * 1e6)})
	}
	return strings.TrimRight(p.String(), "\n"), nil
}

// simulated says what the simulation's pipeline takes, and traffic what is sent to it.
func simulated() string {
	p := simulation.Documented
	return fmt.Sprintf("%d shards. Its stage lets through what the\nshards take: %s requests a second, with a bucket of %s. It has the default buffer of %s or %d MiB.",
		p.Shards, count(float64(p.RateLimit)), count(float64(p.BurstLimit)), spoken(p.BufferInterval), p.BufferBytes>>20)
}

func traffic() string {
	t := simulation.Scenarios()[0].Traffic
	return fmt.Sprintf("%s events come a second, at random moments, for %s. A burst takes %s of it.", count(float64(t.Rate)), spoken(t.For), spoken(t.Lasts))
}

// runs is the table of the simulation's scenarios. Where nothing is throttled, a run with retries is the same.
func runs() string {
	p := &page{}
	p.row([]string{"bursts", "keys", "retries", "429", "by stage", "by shard", "lost", "lag, median", "lag, 99 %"})
	p.underline(9)
	part := func(of, all int) string { return fmt.Sprintf("%.1f %%", 100*float64(of)/float64(all)) }
	var without simulation.Result
	for _, scenario := range simulation.Scenarios() {
		retries := "yes"
		if scenario.Traffic.Tries > 1 && without.Throttled == 0 {
			continue
		}
		r := simulation.Run(simulation.Documented, scenario.Traffic)
		if scenario.Traffic.Tries == 1 {
			without, retries = r, "no"
			if r.Throttled == 0 {
				retries = "none needed"
			}
		}
		p.row([]string{
			scenario.Bursts, scenario.Keys, retries, part(r.Throttled, r.Answers), part(r.ByStage, r.Answers), part(r.ByShards, r.Answers), part(r.GivenUp, r.Events),
			seconds(r.Flowing.Median), seconds(r.Flowing.P99),
		})
	}
	return strings.TrimRight(p.String(), "\n")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// spoken is a whole duration in words.
func spoken(d time.Duration) string {
	if d == time.Minute {
		return "1 minute"
	}
	return fmt.Sprintf("%g s", d.Seconds())
}

func shapeOf(batch int) string {
	if batch == 1 {
		return "single"
	}
	return fmt.Sprintf("batches of %d", batch)
}

func quotasOf(sized plan.Sized) string {
	var found []string
	for _, q := range sized.Quotas {
		code := ""
		if q.Code != "" {
			code = " (" + q.Code + ")"
		}
		found = append(found, q.Name+code+" to "+count(q.Need))
	}
	if len(found) == 0 {
		return "none"
	}
	return strings.Join(found, "; ")
}

func costOf(sized plan.Sized, items ...prices.Item) float64 {
	sum := 0.0
	for _, line := range sized.Report.Cost.Lines {
		for _, item := range items {
			if line.Name == string(item) {
				sum += line.Dollars
			}
		}
	}
	return sum
}

// millionOf is what a million events cost, the fixed costs included.
func millionOf(sized plan.Sized) float64 {
	return sized.Report.Cost.Total / sized.Report.Load.EventsPerMonth * 1e6
}

// requestTier is from how many million requests a month on a request costs less.
func requestTier() string {
	price, _ := prices.In(prices.Home).Of(prices.APIRequests)
	return count(price.Tiers[1].From / prices.MeasureOf(prices.APIRequests).Units)
}

// amount is a sum of dollars: whole from 100 on, because a month's bill is an estimate.
func amount(value float64) string {
	if value >= 100 {
		return count(value)
	}
	return cents(value)
}

func cents(value float64) string { return fmt.Sprintf("%.2f", value) }

// digits is a whole number as Go code has it.
func digits(value float64) string {
	if value < 10_000 {
		return fmt.Sprintf("%.0f", value)
	}
	return strings.ReplaceAll(count(value), ",", "_")
}
