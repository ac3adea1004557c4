package verify

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"cdk.tf/go/ingest/tfjson"
)

const (
	// mostRate is the highest limit that one machine exceeds with certainty, in requests a second. Each request is signed and sent over
	// TLS, and waits for its answer.
	mostRate = 2500
	// senders send at once.
	senders = 64
)

// throttle is a limit of requests.
type throttle struct {
	rate  float64 // a second
	burst int
}

// throttle is the lowest limit that a caller of the API meets: its stage's, or its key's.
func (p *Pipeline) throttle() (throttle, bool) {
	var limit throttle
	found := false
	lower := func(rate, burst any) {
		if rate == nil || burst == nil || tfjson.Number(rate) < 0 {
			return
		}
		if next := (throttle{tfjson.Number(rate), int(tfjson.Number(burst))}); !found || next.rate < limit.rate {
			limit, found = next, true
		}
	}
	for _, settings := range p.stack.Resources("aws_api_gateway_method_settings") {
		set := firstOf(settings.Body["settings"])
		lower(set["throttling_rate_limit"], set["throttling_burst_limit"])
	}
	if p.routes[0].keyRequired {
		for _, plan := range p.stack.Resources("aws_api_gateway_usage_plan") {
			set := firstOf(plan.Body["throttle_settings"])
			lower(set["rate_limit"], set["burst_limit"])
		}
	}
	return limit, found
}

// most is how many requests a run sends to exceed a limit: twice what the limit lets through in a second.
func (t throttle) most() int { return min(2*(t.burst+int(t.rate)), maxThrottle) }

// noThrottle says why a run sends no burst.
func noThrottle(r *run) string {
	limit, found := r.throttle()
	rate := r.firewallRate()
	switch {
	case !found:
		return "the stack declares no limit of requests; the account's is 10,000 a second"
	case limit.rate > mostRate:
		return fmt.Sprintf("the limit is %g requests a second, which one machine does not send with certainty", limit.rate)
	case rate > 0 && limit.most() >= rate:
		return fmt.Sprintf("the firewall blocks an address with %d requests in five minutes, and this needs up to %d", rate, limit.most())
	case !r.Throttle:
		return fmt.Sprintf("give --throttle: it sends up to %d requests that are refused", limit.most())
	}
	return ""
}

// throttled sends requests that break the schema, faster than the limit, until one gets 429. API Gateway counts a request before it
// looks at its body.
func throttled(ctx context.Context, r *run) outcome {
	to := r.routes[0]
	limit, _ := r.throttle()
	what := request{body: r.harmless(to)}
	began := r.Clock.Now()
	found, sent, err := r.burst(ctx, to, what, limit.most())
	switch {
	case found != nil:
		return r.compare(*found, expectation{statuses: []int{http.StatusTooManyRequests}, response: "THROTTLED", retry: true})
	case err != nil:
		return unsent(err)
	}
	took := r.Clock.Since(began)
	if allowed := float64(limit.burst) + limit.rate*took.Seconds(); float64(sent) <= allowed {
		return notShown(fmt.Sprintf("this machine sent %d requests in %s, and the limit lets %d through in that time", sent, took.Round(time.Millisecond), int(allowed)))
	}
	remedy := "compare the stage's and the usage plan's limits with the stack (make diff); API Gateway applies them on a best-effort basis, so run it again"
	if r.Local {
		remedy = "start ingest up without --unlimited"
	}
	return differs(statusNames([]int{http.StatusTooManyRequests}), fmt.Sprintf("none of %d requests in %s got it", sent, took.Round(time.Millisecond)), remedy)
}

func (r *run) sendOnce(ctx context.Context, to route, what request) (answer, error) {
	req, err := r.build(ctx, to, what)
	if err != nil {
		return answer{}, err
	}
	return r.exchange(req)
}

// burst sends a request over and over until one is throttled, and gives that answer.
func (r *run) burst(ctx context.Context, to route, what request, most int) (*answer, int, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		group  sync.WaitGroup
		mutex  sync.Mutex
		found  *answer
		failed error
		begun  atomic.Int64
	)
	for range senders {
		group.Go(func() {
			for ctx.Err() == nil && begun.Add(1) <= int64(most) {
				a, err := r.sendOnce(ctx, to, what)
				mutex.Lock()
				switch {
				case found != nil: // the others end
				case err != nil:
					failed = err
					stop()
				case a.status == http.StatusTooManyRequests:
					found = &a
					stop()
				default:
					r.keep(to, what, a)
				}
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	return found, min(int(begun.Load()), most), failed
}
