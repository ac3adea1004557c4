package main

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"
)

const (
	// heartbeat is the time between two lines that say what runs.
	heartbeat = 15 * time.Second
	// shown is how many tests such a line names: those that have run for longest.
	shown = 3
)

// progress prints what the parts do.
type progress struct {
	out   io.Writer
	start time.Time
	done  chan struct{}
	once  sync.Once

	lock    sync.Mutex
	lanes   [][]part
	current []int // of each lane, the number of its part
	began   []time.Time
	tests   map[string]time.Time
	results []result
}

func newProgress(out io.Writer, lanes [][]part) *progress {
	p := &progress{
		out: out, start: time.Now(), done: make(chan struct{}), lanes: lanes,
		current: make([]int, len(lanes)), began: make([]time.Time, len(lanes)), tests: map[string]time.Time{},
	}
	for i := range p.current {
		p.current[i] = -1
	}
	go p.beat()
	return p
}

func (p *progress) stop() { p.once.Do(func() { close(p.done) }) }

func (p *progress) beat() {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-ticker.C:
			p.say("%s", p.status())
		}
	}
}

// say prints a line with the time since the start.
func (p *progress) say(format string, args ...any) {
	fmt.Fprintf(p.out, "[%s] %s\n", clock(time.Since(p.start)), fmt.Sprintf(format, args...))
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

func (p *progress) begin(lane int, part part) {
	p.lock.Lock()
	p.current[lane]++
	p.began[lane] = time.Now()
	next := p.next(lane)
	p.lock.Unlock()
	p.say("begin %s%s", part.name, next)
}

// next is what follows in a lane.
func (p *progress) next(lane int) string {
	if rest := p.lanes[lane][p.current[lane]+1:]; len(rest) > 0 {
		return "; next: " + rest[0].name
	}
	return ""
}

func (p *progress) end(lane int, r result) {
	p.lock.Lock()
	p.began[lane] = time.Time{}
	p.results = append(p.results, r)
	p.lock.Unlock()
	word := "end  "
	if r.err != nil {
		word = "FAIL "
	}
	p.say("%s %s, after %s", word, r.part.name, clock(r.took))
}

// test notes that a test runs, or runs no more.
func (p *progress) test(name string, runs bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if !runs {
		delete(p.tests, name)
	} else if _, known := p.tests[name]; !known {
		p.tests[name] = time.Now()
	}
}

// status says what runs, for how long, and what is next.
func (p *progress) status() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	var parts []string
	for lane, began := range p.began {
		if !began.IsZero() {
			parts = append(parts, fmt.Sprintf("%s for %s%s", p.lanes[lane][p.current[lane]].name, clock(time.Since(began)), p.next(lane)))
		}
	}
	type running struct {
		name  string
		since time.Time
	}
	var tests []running
	for name, since := range p.tests {
		tests = append(tests, running{name, since})
	}
	slices.SortFunc(tests, func(a, b running) int { return a.since.Compare(b.since) })
	var names []string
	for _, test := range tests[:min(shown, len(tests))] {
		names = append(names, fmt.Sprintf("%s %s", test.name, clock(time.Since(test.since))))
	}
	text := "running: " + strings.Join(parts, " | ")
	if len(names) > 0 {
		text += fmt.Sprintf(" | %d tests, the longest: %s", len(tests), strings.Join(names, ", "))
	}
	return text
}

// summarise prints what failed and what was skipped, and returns the exit status.
func (p *progress) summarise() int {
	status, passed, failed, skipped := 0, 0, 0, 0
	for _, r := range p.results {
		if r.err != nil {
			status = 1
		}
		if r.execution == nil {
			if r.err != nil {
				fmt.Fprintf(p.out, "\n== %s: %v\n%s\n", r.part.name, r.err, r.output)
			} else {
				fmt.Fprintf(p.out, "\n== %s\n%s", r.part.name, lastLines(r.output))
			}
			continue
		}
		failed, skipped = failed+len(r.execution.Failed()), skipped+len(r.execution.Skipped())
		for _, name := range r.execution.Packages() {
			passed += len(r.execution.Package(name).Passed)
		}
		if r.err != nil {
			fmt.Fprintf(p.out, "\n== %s: %v", r.part.name, r.err)
			testjson.PrintSummary(p.out, r.execution, testjson.SummarizeFailed|testjson.SummarizeErrors|testjson.SummarizeOutput)
		}
	}
	fmt.Fprintln(p.out)
	for _, line := range p.skips() {
		fmt.Fprintln(p.out, line)
	}
	fmt.Fprintf(p.out, "Go: %d passed, %d failed, %d skipped\nall of it took %s\n", passed, failed, skipped, clock(time.Since(p.start)))
	return status
}

// skips are a line for each test that was skipped, with its reason.
func (p *progress) skips() []string {
	var lines []string
	for _, r := range p.results {
		if r.execution == nil {
			for line := range strings.SplitSeq(r.output, "\n") {
				if strings.HasPrefix(line, "skipped: ") && !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
			continue
		}
		for _, test := range r.execution.Skipped() {
			lines = append(lines, fmt.Sprintf("skipped: %s %s: %s", path.Base(test.Package), test.Test, reason(r.execution.OutputLines(test))))
		}
	}
	return lines
}

// reason is what a test said when it skipped: the text after the place, as in "    file.go:12: text".
func reason(output []string) string {
	for _, line := range output {
		line = strings.TrimSpace(line)
		if place, text, found := strings.Cut(line, ": "); found && strings.Contains(place, ".go:") && !strings.Contains(place, " ") {
			return text
		}
	}
	return "it gives no reason"
}

// lastLines are those in which vitest says how many tests passed.
func lastLines(output string) string {
	var kept []string
	for line := range strings.SplitSeq(output, "\n") {
		if text := strings.TrimSpace(line); strings.HasPrefix(text, "Tests ") || strings.HasPrefix(text, "Test Files ") {
			kept = append(kept, text+"\n")
		}
	}
	return strings.Join(kept, "")
}
