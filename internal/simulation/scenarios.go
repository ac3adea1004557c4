package simulation

import "time"

// Scenario is a run of docs/scale.md.
type Scenario struct {
	// Bursts and Keys say in words what the traffic has.
	Bursts, Keys string
	Traffic      Traffic
}

// Documented is the pipeline of the scenarios: it takes twice their average rate. The stage lets through as much as the shards take.
var Documented = Pipeline{RateLimit: 2000, BurstLimit: 1000, Shards: 2, BufferBytes: 1 << 20, BufferInterval: time.Minute}

// Scenarios are the runs of docs/scale.md: each kind of bursts with each kind of keys, without retries and with them.
func Scenarios() []Scenario {
	var all []Scenario
	for _, bursts := range []struct {
		name  string
		times int
	}{{"none", 1}, {"2 times the rate", 2}, {"4 times the rate", 4}} {
		for _, keys := range []struct {
			name      string
			keys, hot int
		}{{"one for each event", 0, 0}, {"5", 5, 0}, {"one has 30 % of the events", 0, 30}} {
			for _, tries := range []int{1, 6} {
				all = append(all, Scenario{bursts.name, keys.name, Traffic{
					Seed: 1, For: time.Minute, Rate: 1000, Times: bursts.times, Every: time.Minute, Lasts: 10 * time.Second,
					Keys: keys.keys, Hot: keys.hot, EventBytes: 1000, Tries: tries,
				}})
			}
		}
	}
	return all
}
