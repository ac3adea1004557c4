package alarms

import (
	"fmt"
	"time"

	"cdk.tf/go/ingest/modules/cloudwatch"
)

// failedShare is the share of requests that may fail at AWS, and so of events that a client must send again. By the service
// level agreements (99.95 and 99.9 percent), API Gateway may fail 0.05 percent of a month's requests and Kinesis 0.1 percent,
// together 0.15 percent. Six times as many, for minutes, exceed that.
const failedShare = 0.01

// failedRequests follows AWS's recommendation, the average over a minute, three times in a row ("Recommended alarms", API
// Gateway, 5XXError), but at failedShare instead of 0.05. The average of the metric is the share of the requests. Three in a row
// also ignore a single failure among few requests. A minute without requests does not end a row: CloudWatch then looks at older data, so
// failures in three of five minutes are enough.
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
			Missing:    cloudwatch.MissingIsGood, // no requests, so no failures
		},
	}
}

// leastRefused is the least number of refused requests in a period that causes an alarm, even if there are few requests.
const leastRefused = 5

// refusedRequests covers a quarter of an hour: a faulty client keeps failing, and nobody needs to be called at night. A period
// counts only if it has so many requests that the share is leastRefused of them: at 5 percent 5 × 100 / 5 = 100.
//
// 429 counts too, both from the stage's throttle and from a full stream, because API Gateway has no separate metric for it.
// throttledWrites watches the full stream. The stage's 429 are the purpose of the environment's Throttle.
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
			Missing:    cloudwatch.MissingIsGood, // no requests, so no refusals
		},
	}
}

// leastRequests is the least number of requests in a period that counts, rounded up.
func leastRequests(percent int) int { return (leastRefused*100 + percent - 1) / percent }

// leastMeasured is the least number of requests for a p99: a hundredth of fewer requests is less than one request.
const leastMeasured = 100

// slowRequests looks at periods with leastMeasured requests or more. With fewer requests, very slow ones time out and count as
// failures. An alarm on p99 alone would make CloudWatch ignore periods with fewer than 10 / (1 - 0.99) = 1,000 samples. The alarm
// would then keep its state through a quiet night (user guide, "Percentile-based CloudWatch alarms and low data samples").
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
			Missing:    cloudwatch.MissingIsGood, // no requests, so no slow ones
		},
	}
}
