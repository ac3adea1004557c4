package simulation

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"
)

// Traffic is what clients send: single events, each in a request.
type Traffic struct {
	// Seed decides when events come, their keys, and how long clients wait.
	Seed uint64
	// For is how long new events come. Retries may end later.
	For time.Duration
	// Rate is in events per second, and Times how much higher it is in a burst. A burst begins with every Every, and lasts Lasts.
	Rate         int
	Times        int
	Every, Lasts time.Duration
	// Keys is how many partition keys share the events; 0 gives each event a key of its own. Hot is the part of the events, of 100,
	// that have one key beside these.
	Keys, Hot int
	// EventBytes is the size of each event.
	EventBytes int
	// Tries is how often a client sends an event that is throttled, at least 1.
	Tries int
	// Tick is the time between two moments at which requests arrive; 0 is a millisecond.
	Tick time.Duration
}

// Event is an event on its way.
type Event struct {
	// ID counts the events from 0.
	ID  int
	Key string
	// First is when it was sent first, and Tries how often it was sent before.
	First time.Duration
	Tries int
}

// Outcome is what clients see.
type Outcome struct {
	// Events is how many there are, and GivenUp how many of them were throttled at each try.
	Events, GivenUp int
	// Answers is how many answers there are, and Throttled how many of them are 429.
	Answers, Throttled int
}

// Share is the part of the answers that are 429.
func (o Outcome) Share() float64 { return float64(o.Throttled) / float64(max(1, o.Answers)) }

// Play sends traffic. It calls send for each moment at which requests arrive, with the events in order, and send reports for each
// whether it was accepted, or else throttled.
func Play(t Traffic, send func(at time.Duration, events []Event) (accepted []bool)) Outcome {
	t.Tick, t.Times, t.Tries = max(t.Tick, time.Millisecond), max(t.Times, 1), max(t.Tries, 1)
	var outcome Outcome
	random, waiting := rand.New(rand.NewPCG(t.Seed, 0)), &retries{}
	for at := time.Duration(0); at < t.For || waiting.Len() > 0; at += t.Tick {
		var events []Event
		for waiting.Len() > 0 && (*waiting)[0].at <= at {
			events = append(events, heap.Pop(waiting).(retry).event)
		}
		if at < t.For {
			for range t.arrivals(random, at) {
				events = append(events, Event{ID: outcome.Events, Key: t.key(random, outcome.Events), First: at})
				outcome.Events++
			}
		}
		if len(events) == 0 {
			continue
		}
		for i, accepted := range send(at, events) {
			outcome.Answers++
			if accepted {
				continue
			}
			outcome.Throttled++
			event := events[i]
			if event.Tries++; event.Tries >= t.Tries {
				outcome.GivenUp++
				continue
			}
			heap.Push(waiting, retry{at + t.wait(event), event})
		}
	}
	return outcome
}

// arrivals is how many new events come at a moment: on average the rate's, at random.
func (t Traffic) arrivals(random *rand.Rand, at time.Duration) int {
	rate := int64(t.Rate)
	if t.Every > 0 && at%t.Every < t.Lasts {
		rate *= int64(t.Times)
	}
	// Of twice as many possible events, each comes with a probability of a half. The rest of the division comes at random, too.
	const second = int64(time.Second)
	possible := 2 * rate * int64(t.Tick)
	n, rest := possible/second, possible%second
	if random.Int64N(second) < rest {
		n++
	}
	count := 0
	for range n {
		if random.Uint64()&1 == 1 {
			count++
		}
	}
	return count
}

// key is the partition key of a new event.
func (t Traffic) key(random *rand.Rand, id int) string {
	switch {
	case random.IntN(100) < t.Hot:
		return "hot"
	case t.Keys > 0:
		return fmt.Sprintf("key-%d", random.IntN(t.Keys))
	}
	return fmt.Sprintf("%016x-%019d", t.Seed, id) // as long as a request ID
}

// What a client does after a 429, as docs/clients.md recommends and the project's page does (webapp/src/model/send.ts): it waits for
// Retry-After, which the API sets to a second, and at least half of a bound that doubles with each try, and up to half of the bound
// at random.
const (
	retryAfter = time.Second
	firstBound = 500 * time.Millisecond
	mostBound  = 20 * time.Second
)

// wait is how long a client waits after an event's last try. It depends on the event and its tries alone, so an event waits as long
// in each run.
func (t Traffic) wait(event Event) time.Duration {
	bound := min(firstBound<<(event.Tries-1), mostBound)
	random := rand.New(rand.NewPCG(t.Seed, uint64(event.ID)<<8|uint64(event.Tries)))
	return max(retryAfter, bound/2) + time.Duration(random.Int64N(int64(bound/2)))
}

// retry is an event that a client sends again at a time.
type retry struct {
	at    time.Duration
	event Event
}

// retries are a heap: the earliest first, and of one time the earliest event.
type retries []retry

func (r retries) Len() int { return len(r) }
func (r retries) Less(i, j int) bool {
	return r[i].at < r[j].at || r[i].at == r[j].at && r[i].event.ID < r[j].event.ID
}
func (r retries) Swap(i, j int) { r[i], r[j] = r[j], r[i] }
func (r *retries) Push(x any)   { *r = append(*r, x.(retry)) }
func (r *retries) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
