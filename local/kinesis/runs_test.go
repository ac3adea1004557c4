package kinesis

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"go.etcd.io/bbolt"
)

// looked is a record as a look shows it.
type looked struct {
	index   uint64
	arrived int64
	data    string
}

// lookAll makes looks until there are no more records, and counts the records that they have passed by.
func lookAll(t testing.TB, s *Service, shard string, look Look) (all []looked, passed int) {
	t.Helper()
	for look.From <= look.To {
		rest, more, err := s.Look(context.Background(), "events", shard, look, func(r Seen) bool {
			all = append(all, looked{r.Index, r.ArrivedAt.UnixMilli(), string(r.Data)})
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		look.From, look.To = rest.From, rest.To
		passed += more
	}
	return all, passed
}

// checkLooks compares looks at all combinations of times, and of both orders, with the records that they should show.
func checkLooks(t *testing.T, s *Service, times []int64) {
	t.Helper()
	for _, shard := range []string{shardID(0), shardID(1)} {
		every, _ := lookAll(t, s, shard, Look{From: 1, To: endIndex - 1, Limit: 7})
		if len(every) == 0 {
			t.Fatalf("%s has no records", shard)
		}
		if !slices.IsSortedFunc(every, func(a, b looked) int { return cmp.Compare(a.index, b.index) }) {
			t.Fatalf("%s is not in order: %v", shard, every)
		}
		for _, since := range times {
			for _, until := range times {
				var want []looked
				for _, r := range every {
					if r.arrived >= since && (until == 0 || r.arrived <= until) {
						want = append(want, r)
					}
				}
				look := Look{From: 1, To: endIndex - 1, Since: since, Until: until, Limit: 3}
				if got, _ := lookAll(t, s, shard, look); !slices.Equal(got, want) {
					t.Errorf("%s from %d to %d:\n%v\nwant %v", shard, since, until, got, want)
				}
				slices.Reverse(want)
				look.Newest = true
				if got, _ := lookAll(t, s, shard, look); !slices.Equal(got, want) {
					t.Errorf("%s from %d to %d, the newest first:\n%v\nwant %v", shard, since, until, got, want)
				}
			}
		}
	}
}

// A look finds each record of its times although the clock has jumped: while the service runs, after a restart, and after a repair.
func TestALookByTimeAfterTheClockHasJumped(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	path := filepath.Join(t.TempDir(), "kinesis.db")
	s, err := Open(Options{Path: path, Clock: clock, Unlimited: true})
	if err == nil {
		err = s.Declare(Config{Name: "events", Mode: provisioned, Shards: 2, Retention: 24 * time.Hour})
	}
	if err != nil {
		t.Fatal(err)
	}
	put := func(key, data string) {
		t.Helper()
		body := fmt.Sprintf(`{"StreamName":"events","PartitionKey":"%s","Data":"%s"}`, key, data)
		if r := s.DoAs(context.Background(), "PutRecord", []byte(body), nil); r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	times := []int64{0}
	for i, step := range []int{0, 10, 10, -25, 5, 0, 40, -60, -1, 100, 3} { // seconds
		clock.Advance(time.Duration(step) * time.Second)
		at := clock.Now().UnixMilli()
		times = append(times, at-1, at)
		for n := range 4 {
			put("a", fmt.Sprintf("a%03d", 10*i+n))
			put("b", fmt.Sprintf("b%03d", 10*i+n))
		}
	}
	if begins := len(runsOf(t, s).begins); begins != 3 {
		t.Errorf("the clock jumped back 3 times, and there are %d more runs", begins)
	}
	checkLooks(t, s, times)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string]bool{"restarted": false, "repaired": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kinesis.db")
			if err := os.WriteFile(path, image, 0o600); err != nil {
				t.Fatal(err)
			}
			if damaged {
				damageOne(t, path, 31)
			}
			s, err := Open(Options{Path: path, Clock: clock, Unlimited: true})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			if damage := s.Status().Streams[0].Shards[0].Damages; damaged != (damage == 1) {
				t.Errorf("%d damages", damage)
			}
			if begins := len(runsOf(t, s).begins); begins != 3 {
				t.Errorf("there are %d more runs, want 3", begins)
			}
			checkLooks(t, s, times)
		})
	}
}

func runsOf(t *testing.T, s *Service) runs {
	t.Helper()
	found, err := s.shard("events", shardID(0))
	if err != nil {
		t.Fatal(err)
	}
	return found.ordered()
}

// damageOne changes a byte of a record's data in a file, so that it cannot be read.
func damageOne(t *testing.T, path string, index uint64) {
	t.Helper()
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PageSize: pageSize})
	if err != nil {
		t.Fatal(err)
	}
	var value []byte
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			if found := bucket.Get(indexKey(index)); found != nil {
				value = slices.Clone(found)
			}
			return nil
		})
	})
	if err == nil {
		err = db.Close()
	}
	if err != nil || value == nil {
		t.Fatalf("record %d: %v", index, err)
	}
	damaged := slices.Clone(value)
	damaged[len(damaged)-1] ^= 1
	image = bytes.ReplaceAll(image, value, damaged) // free pages have copies
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A look seeks: it passes by few records outside of its times.
func TestALookByTimeSeeks(t *testing.T) {
	const minutes, each = 60, 200
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock, Unlimited: true})
	for range minutes {
		mustPutMany(t, s, "minute", each)
		clock.Advance(time.Minute)
	}
	since := noon.Add(30 * time.Minute).UnixMilli()
	for _, newest := range []bool{false, true} {
		found, passed := lookAll(t, s, shardID(0), Look{From: 1, To: endIndex - 1, Since: since, Until: since, Newest: newest, Limit: 1000})
		if len(found) != each || passed > each+20 {
			t.Errorf("newest %t: a look at one minute found %d records and passed by %d", newest, len(found), passed)
		}
	}
}

// Where the clock has jumped too often, a look reads each arrival and still finds all.
func TestRunsAreBounded(t *testing.T) {
	var r runs
	for i := range uint64(10_000) {
		r.begin(2 + 2*i)
		if len(r.begins) > mostRuns {
			t.Fatalf("%d runs are kept", len(r.begins))
		}
	}
	if _, _, ok := r.around(r.mixed - 1); ok {
		t.Error("a forgotten run is known")
	}
	for _, test := range []struct{ index, first, last uint64 }{
		{r.mixed, r.mixed, r.mixed + 1},
		{r.mixed + 3, r.mixed + 2, r.mixed + 3},
		{20_000, 20_000, maxIndex},
	} {
		if first, last, ok := r.around(test.index); !ok || first != test.first || last != test.last {
			t.Errorf("around %d: %d to %d, %t; want %d to %d", test.index, first, last, ok, test.first, test.last)
		}
	}
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock, Unlimited: true})
	for i := range 2 * mostRuns {
		mustPut(t, s, fmt.Sprint(i))
		clock.Advance(time.Duration(i%5-3) * time.Second) // back, and on the whole too
	}
	every, _ := lookAll(t, s, shardID(0), Look{From: 1, To: endIndex - 1, Limit: 100})
	if found := runsOf(t, s); len(every) != 2*mostRuns || found.mixed == 0 {
		t.Fatalf("%d records, mixed below %d", len(every), found.mixed)
	}
	middle := every[mostRuns].arrived
	var want []looked
	for _, r := range every {
		if r.arrived >= middle && r.arrived <= middle+30_000 {
			want = append(want, r)
		}
	}
	look := Look{From: 1, To: endIndex - 1, Since: middle, Until: middle + 30_000, Limit: 10}
	if got, _ := lookAll(t, s, shardID(0), look); !slices.Equal(got, want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
	slices.Reverse(want)
	look.Newest = true
	if got, _ := lookAll(t, s, shardID(0), look); !slices.Equal(got, want) {
		t.Errorf("the newest first: %d records, want %d", len(got), len(want))
	}
}
