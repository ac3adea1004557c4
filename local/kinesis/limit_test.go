package kinesis

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestWriteLimits(t *testing.T) {
	for _, test := range []struct {
		name          string
		size          int
		pause         time.Duration
		first, second int // how many of 5,000 are taken before the pause, and after it
	}{
		{"records, then half a second", 10, 500 * time.Millisecond, 1000, 500},
		{"records, then an hour", 10, time.Hour, 1000, 1000},
		{"bytes, then a second", 64 << 10, time.Second, 16, 16},
		{"one record of all bytes", mib, time.Second, 1, 1},
		{"a clock that jumps back", 10, -time.Hour, 1000, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l limits
			take := func(now time.Time) (taken int) {
				for range 5000 {
					if l.write(now, test.size) {
						taken++
					}
				}
				return taken
			}
			if first := take(noon); first != test.first {
				t.Errorf("%d records are taken, want %d", first, test.first)
			}
			if second := take(noon.Add(test.pause)); second != test.second {
				t.Errorf("%d records are taken after %s, want %d", second, test.pause, test.second)
			}
		})
	}
}

// Refused records do not count: an overloaded shard continues at its rate.
func TestWriteLimitsUnderLoad(t *testing.T) {
	var l limits
	taken := 0
	for i := range 100_000 { // 10 seconds at 10,000 a second
		if l.write(noon.Add(time.Duration(i)*100*time.Microsecond), 100) {
			taken++
		}
	}
	if taken < 10_900 || taken > 11_000 {
		t.Errorf("%d records are taken in 10 seconds, want 1,000 at once and 1,000 a second", taken)
	}
}

func TestReadLimits(t *testing.T) {
	var l limits
	for i := range 6 {
		if got, want := l.call(noon), i < 5; got != want {
			t.Errorf("call %d of a second is taken: %v, want %v", i+1, got, want)
		}
	}
	later := noon.Add(time.Minute)
	if !l.call(later) {
		t.Fatal("a call a minute later is refused")
	}
	l.gave(10 * mib)
	for _, test := range []struct {
		after time.Duration
		want  bool
	}{{time.Second, false}, {3990 * time.Millisecond, false}, {4999 * time.Millisecond, false}, {5001 * time.Millisecond, true}} {
		if got := l.call(later.Add(test.after)); got != test.want {
			t.Errorf("%s after 10 MiB a call is taken: %v, want %v", test.after, got, test.want)
		}
	}
}
