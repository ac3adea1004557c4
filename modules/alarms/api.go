package alarms

import (
	"fmt"
	"time"

	"cdk.tf/go/ingest/modules/cloudwatch"
)

// failedShare is the share of requests that may fail at AWS, and so of events that a client must send again. The service
// level agreements leave API Gateway 0.05 percent of a month's requests to fail and Kinesis 0.1 percent, 0.15 together
// (99.95 and 99.9 percent); six times that, and for minutes, is no longer within it.
const failedShare = 0.01

// failedRequests takes AWS's recommendation, the average over a minute, three times in a row ("Recommended alarms", API
// Gateway, 5XXError), at failedShare in place of 0.05. The average of the metric is the share of the requests. In a row
// also means that one failure among few requests is none: a minute without requests breaks the row.
func failedRequests(p Pipeline) alarm {
	return alarm{
		id: "api-5xx", level: page,
		says: "Requests are answered with 500 to 504: their events may not be in the stream.",
		condition: cloudwatch.Condition{
			Metrics:    single(p.api("5XXError", "Average")),
			Comparison: cloudwatch.Above,
			Threshold:  failedShare,
			Period:     time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // no request, none that failed
		},
	}
}

// leastRefused is how many refused requests in a period are worth a look, however few requests there are.
const leastRefused = 5

// refusedRequests is over a quarter of an hour: a client with a mistake keeps making it, and nobody is called at night for
// it. A period counts from so many requests on that the share is leastRefused of them: at 5 percent 5 × 100 / 5 = 100.
//
// 429 counts too, the stage's own as well as what the stream has no room for: API Gateway has no metric for them alone.
// throttledWrites watches the second by themselves; the first are what the environment's Throttle is there for.
func refusedRequests(p Pipeline) alarm {
	return alarm{
		id: "api-4xx", level: notice,
		says: "An unusual share of the requests is refused with 400 to 429.",
		condition: cloudwatch.Condition{
			Metrics: []cloudwatch.Variable{
				{ID: "refused", Metric: p.api("4XXError", "Sum")},
				{ID: "requests", Metric: p.api("Count", "SampleCount")},
			},
			Expression: fmt.Sprintf("IF(requests >= %d, 100 * refused / requests, 0)", leastRequests(p.RefusedPercent)),
			Comparison: cloudwatch.Above,
			Threshold:  float64(p.RefusedPercent),
			Period:     5 * time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // no request, none that was refused
		},
	}
}

// leastRequests is rounded up.
func leastRequests(percent int) int { return (leastRefused*100 + percent - 1) / percent }

// leastMeasured: of fewer requests a hundredth is none, and p99 the slowest of them.
const leastMeasured = 100

// slowRequests looks at periods with leastMeasured requests or more. What is slow without many requests times out and is a
// failure. An alarm on p99 by itself would have CloudWatch leave fewer than 10 / (1 - 0.99) = 1,000 samples out of account,
// and stay as it was while they are so few: on, through a quiet night (user guide, "Percentile-based CloudWatch alarms and
// low data samples").
func slowRequests(p Pipeline) alarm {
	return alarm{
		id: "api-latency", level: notice,
		says: "The slowest hundredth of the requests takes longer than it may.",
		condition: cloudwatch.Condition{
			Metrics: []cloudwatch.Variable{
				{ID: "slowest", Metric: p.api("Latency", "p99")},
				{ID: "requests", Metric: p.api("Count", "SampleCount")},
			},
			Expression: fmt.Sprintf("IF(requests >= %d, slowest, 0)", leastMeasured),
			Comparison: cloudwatch.Above,
			Threshold:  float64(p.LatencyP99.Milliseconds()), // the metric's unit
			Period:     5 * time.Minute,
			Periods:    3,
			Missing:    cloudwatch.MissingIsGood, // no request, none that is slow
		},
	}
}
