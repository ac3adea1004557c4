package deploytest

import (
	"slices"
	"sync"
	"testing"
)

// usualTests is how many tests run at once unless the caller chooses a number: more than there are processors, because the tests mostly
// wait. With more, processes that share the processors with other tests slow each other down; with fewer, the last test ends alone.
const usualTests = 8

// longest are the tests that take longest, in the order in which they begin. If one of them began last, it would run alone at the end.
var longest = []string{"TestNames", "TestProd", "TestEvents", "TestAuthorizers", "TestAPIKeys", "TestRetained", "TestEncrypted", "TestValidate"}

// turns lets tests that run in parallel begin in an order: the testing package has none.
type turns struct {
	lock    sync.Mutex
	changed sync.Cond
	waiting []string
	running int
	// atOnce is how many may run.
	atOnce int
}

var order = newTurns(usualTests)

func newTurns(atOnce int) *turns {
	o := &turns{atOnce: atOnce}
	o.changed.L = &o.lock
	return o
}

// inParallel marks a test as parallel, and waits for its turn.
func inParallel(t *testing.T) {
	t.Helper()
	order.register(t.Name())
	t.Parallel() // returns when all tests have registered
	order.await(t.Name())
	t.Cleanup(order.leave)
}

func (o *turns) register(name string) {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.waiting = append(o.waiting, name)
	slices.SortStableFunc(o.waiting, func(a, b string) int { return rank(a) - rank(b) })
}

// rank is a test's place among the longest, or the place after them.
func rank(name string) int {
	if at := slices.Index(longest, name); at >= 0 {
		return at
	}
	return len(longest)
}

// await returns when the test is the next of those that wait, and fewer than may run at once do.
func (o *turns) await(name string) {
	o.lock.Lock()
	defer o.lock.Unlock()
	for o.running >= o.atOnce || o.waiting[0] != name {
		o.changed.Wait()
	}
	o.waiting = o.waiting[1:]
	o.running++
	o.changed.Broadcast()
}

func (o *turns) leave() {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.running--
	o.changed.Broadcast()
}

// TestOrder lets tests register in the wrong order.
func TestOrder(t *testing.T) {
	const atOnce = 8
	o := newTurns(atOnce)
	names := []string{"TestA", "TestB", "TestC", "TestD", "TestE", "TestF", "TestG", longest[1], longest[0], "TestH"}
	for _, name := range names {
		o.register(name)
	}
	expect(t, "the order", append([]string{longest[0], longest[1]}, slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(longest, name)
	})...), o.waiting)
	var running sync.WaitGroup
	began := make(chan string)
	for _, name := range o.waiting {
		running.Go(func() { o.await(name); began <- name })
	}
	for range atOnce {
		if name := <-began; slices.Contains([]string{"TestG", "TestH"}, name) {
			t.Errorf("%s is among the first %d", name, atOnce)
		}
	}
	for _, want := range []string{"TestG", "TestH"} {
		o.leave()
		expect(t, "the next test", want, <-began)
	}
	running.Wait()
}
