package spec

import (
	"fmt"
	"math"
	"strconv"

	"cdk.tf/go/ingest/internal/capacity"
	"cdk.tf/go/ingest/internal/quota"
)

const (
	// maxPeak and maxLoadKeys are this project's bounds against typing errors.
	maxPeak     = 10_000_000
	maxLoadKeys = 1_000_000_000
)

// load checks the fields of a load, and then holds it against the environment. An environment with other problems may not have a
// limit to hold it against.
func (p *problems) load(e Environment) {
	if !e.Load.Declared() {
		return
	}
	before := len(p.found)
	p.within("Load.PeakPerSecond", e.Load.PeakPerSecond, 1, maxPeak)
	p.within("Load.EventBytes", e.Load.EventBytes, 1, quota.MaxRecordBytes-capacity.KeyBytes)
	most := min(max(e.Load.PeakPerSecond, 1), maxPeak) * capacity.LongestMonth
	if n := e.Load.EventsPerMonth; n < 1 || n > most {
		p.add("Load.EventsPerMonth", fmt.Sprintf("is %d, of at most %d", n, most), "use 1 to what Load.PeakPerSecond brings in 31 days")
	}
	p.within("Load.BatchSize", e.Load.BatchSize, 0, quota.MaxPutRecords)
	if e.Load.BatchSize > 1 && !e.API.Batch {
		p.add("Load.BatchSize", fmt.Sprintf("is %d and API.Batch is false", e.Load.BatchSize), "use 1, or set API.Batch")
	}
	p.within("Load.Keys", e.Load.Keys, 0, maxLoadKeys)
	if e.API.PartitionKey.Source == KeyFromRequestID {
		p.unused("each request ID is a key of its own", "use 0, or another API.PartitionKey", option{"Load.Keys", e.Load.Keys > 0})
	}
	if len(p.found) == before && before == 0 {
		p.capacity(e)
	}
}

// capacity refuses a load that the environment cannot take.
func (p *problems) capacity(e Environment) {
	for _, hop := range e.unfit(capacity.Declared, capacity.Fixed) {
		remedy := "use " + hop.Need
		if hop.Batch > 1 {
			remedy += ", or a Load.BatchSize of at least " + strconv.Itoa(hop.Batch)
		}
		p.add(hop.Option, "does not hold Load: "+usage(hop), remedy)
	}
}

// usage compares what a limit has to hold with the limit.
func usage(hop capacity.Hop) string {
	limit := hop.Limit
	if limit >= 1 {
		limit = math.Floor(limit)
	}
	return fmt.Sprintf("%s takes %s %s and needs %s", hop.Name, figure(limit), hop.Unit, figure(math.Ceil(hop.Use)))
}

func figure(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// quotas warns of a load for which AWS has to raise a quota, and of one that a new stream cannot take at once.
func quotas(e Environment) []string {
	if !e.Load.Declared() {
		return nil
	}
	var texts []string
	for _, hop := range e.unfit(capacity.Quota, capacity.Growing) {
		text := "Load exceeds a limit: " + usage(hop)
		switch {
		case hop.Kind == capacity.Growing:
			text += "; raise the traffic step by step: the stream takes twice its peak of the last 30 days"
		case hop.Code != "":
			text += fmt.Sprintf("; raise the quota %q (%s in Service Quotas) to %s", hop.Quota, hop.Code, hop.Need)
		default:
			text += fmt.Sprintf("; ask AWS to raise the quota %q to %s", hop.Quota, hop.Need)
		}
		if hop.Batch > 1 {
			text += ", or use a Load.BatchSize of at least " + strconv.Itoa(hop.Batch)
		}
		texts = append(texts, text)
	}
	return texts
}
