package apigateway

import (
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/time/rate"

	"cdk.tf/go/ingest/internal/quota"
)

// throttles are the token buckets of a running API: one for the account, one for each method of a stage, and those of the usage
// plans. "API Gateway throttles requests to your API using the token bucket algorithm, where a token counts for a request"
// (developer guide, "Throttle API requests"). A stage's setting for */* is a bucket of each method: "limits are applied at the
// API method level for a stage" (the same).
//
// A request takes its tokens at the time at which it gets so far, and not at that of its arrival: its body may take a minute to arrive,
// and a bucket that is asked for an earlier time than before fills up once more for the time between.
type throttles struct {
	off     bool
	clock   clockwork.Clock
	account *rate.Limiter
	methods map[string][]*rate.Limiter // by stage; index is method.number
	mutex   sync.Mutex
	clients map[client]*usage
}

// client is a key in a plan.
type client struct {
	key  *apiKey
	plan *usagePlan
}

// usage is a client's usage of its plan. It starts at zero with the process.
type usage struct {
	all       *rate.Limiter
	byMethod  map[string]map[int]*rate.Limiter
	period    time.Time
	requests  int64
	beginning bool // the first period: the quota's offset counts
}

func newThrottles(cfg *Config, clock clockwork.Clock, off bool) *throttles {
	t := &throttles{off: off, clock: clock, account: rate.NewLimiter(quota.AccountRate, quota.AccountBurst), methods: map[string][]*rate.Limiter{}, clients: map[client]*usage{}}
	for name, s := range cfg.stages {
		buckets := make([]*rate.Limiter, len(cfg.methods))
		for number, set := range s.settings {
			if set.limit != nil {
				buckets[number] = rate.NewLimiter(set.limit.rate, set.limit.burst)
			}
		}
		t.methods[name] = buckets
	}
	return t
}

// allow takes the tokens of a request from the account and the method. allowClient takes the client's own.
func (t *throttles) allow(s *stage, m *method) bool {
	if t.off {
		return true
	}
	now := t.clock.Now()
	if bucket := t.methods[s.name][m.number]; bucket != nil && !bucket.AllowN(now, 1) {
		return false
	}
	return t.account.AllowN(now, 1)
}

// allowClient takes a request from a client's usage plan: its throttle, then its quota.
func (t *throttles) allowClient(s *stage, m *method, c client) *failure {
	if t.off {
		return nil
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := t.clock.Now() // within the lock: an earlier time would begin yesterday's quota anew at midnight
	used := t.clients[c]
	if used == nil {
		used = newUsage(c.plan)
		t.clients[c] = used
	}
	bucket := used.all
	if own := used.byMethod[s.name][m.number]; own != nil {
		bucket = own
	}
	if bucket != nil && !bucket.AllowN(now, 1) {
		return failThrottled
	}
	return used.count(now, c.plan.quota)
}

func newUsage(plan *usagePlan) *usage {
	used := &usage{byMethod: map[string]map[int]*rate.Limiter{}}
	if plan.limit != nil {
		used.all = rate.NewLimiter(plan.limit.rate, plan.limit.burst)
	}
	for name, limits := range plan.byMethod {
		used.byMethod[name] = map[int]*rate.Limiter{}
		for number, l := range limits {
			used.byMethod[name][number] = rate.NewLimiter(l.rate, l.burst)
		}
	}
	return used
}

// count takes a request from the quota, whose offset is "the number of requests subtracted from the given limit in the
// initial time period" (API reference, QuotaSettings).
func (u *usage) count(now time.Time, quota *quotaBlock) *failure {
	if quota == nil {
		return nil
	}
	if period := periodOf(now, quota.Period); !period.Equal(u.period) {
		u.beginning = u.period.IsZero()
		u.period, u.requests = period, 0
	}
	most := quota.Limit
	if u.beginning {
		most -= quota.Offset
	}
	if u.requests >= most {
		return failQuota
	}
	u.requests++
	return nil
}

// periodOf returns the beginning of the quota's period.
//
// Assumption API-6: the quota of a usage plan counts days, weeks (from Sunday) and months that begin at 00:00 UTC. API Gateway's
// documentation does not say when they begin.
func periodOf(now time.Time, period string) time.Time {
	year, month, day := now.UTC().Date()
	switch period {
	case "MONTH":
		day = 1
	case "WEEK":
		day -= int(now.UTC().Weekday())
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
