package firehose

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/kinesis"
)

// numbers are sequence numbers of a real stream with two shards, in the order of its records.
func numbers(t *testing.T, count int) (all []string) {
	t.Helper()
	s, err := kinesis.Open(kinesis.Options{Path: filepath.Join(t.TempDir(), "kinesis.db"), Unlimited: true})
	if err == nil {
		err = s.Declare(kinesis.Config{Name: "events", Mode: "PROVISIONED", Shards: 2, Retention: 24 * time.Hour})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for i := range count {
		body := fmt.Sprintf(`{"StreamName":"events","PartitionKey":"%d","Data":""}`, i)
		if r := s.DoAs(t.Context(), "PutRecord", []byte(body), nil); r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	for _, shard := range []string{"shardId-000000000000", "shardId-000000000001"} {
		records, err := s.Records(t.Context(), "events", shard, "", count)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			all = append(all, r.SequenceNumber)
		}
	}
	return all
}

// journalEntry is an entry for an object, and its pieces, which have the lengths 1, 301, 601 and so on.
func journalEntry(t *testing.T, key string, numbers ...string) (Written, *pieces, []Piece) {
	t.Helper()
	p := &pieces{}
	var want []Piece
	for i, number := range numbers {
		p.add(number, 1+300*i)
		place, err := kinesis.PlaceOf(number)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, Piece{place, 1 + 300*i})
	}
	return Written{Object: Object{Bucket: "b", Key: key, Records: len(numbers)}, DeliveryStream: "d"}, p, want
}

// A crash may cut the journal anywhere. The next start keeps the whole entries before that and adds others after them.
func TestAJournalCutAtEveryByte(t *testing.T) {
	numbers := numbers(t, 12)
	path := filepath.Join(t.TempDir(), "d.objects")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	var wants [][]Piece
	for i, of := range [][]string{numbers[:5], {numbers[0], numbers[10], numbers[0], numbers[11]}, numbers[7:]} {
		written, p, want := journalEntry(t, fmt.Sprint("object", i), of...)
		if err := j.append(written, p); err != nil {
			t.Fatal(err)
		}
		ends, wants = append(ends, j.size), append(wants, want)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		kept := 0
		for kept < len(ends) && ends[kept] <= int64(cut) {
			kept++
		}
		written, p, added := journalEntry(t, "added", numbers[3])
		if err := j.append(written, p); err != nil {
			t.Fatal(err)
		}
		want := slices.Concat(wants[:kept], [][]Piece{added})
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		if j, err = openJournal(path); err != nil {
			t.Fatal(err)
		}
		if first, end := j.Range(); first != 0 || end != len(want) {
			t.Fatalf("cut at %d: entries %d to %d, want %d", cut, first, end, len(want))
		}
		for i, want := range want {
			if _, pieces, err := j.Entry(i); err != nil || !reflect.DeepEqual(pieces, want) {
				t.Fatalf("cut at %d, entry %d: %v, %v\nwant %v", cut, i, pieces, err, want)
			}
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A deleted stream's journal stays. The records of the next stream, whose shards have the same ids, are not in its objects.
func TestAJournalKnowsFormerStreams(t *testing.T) {
	numbers := numbers(t, 4)
	j, err := openJournal(filepath.Join(t.TempDir(), "d.objects"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.close() }()
	written, p, want := journalEntry(t, "object", numbers...)
	if err := j.append(written, p); err != nil {
		t.Fatal(err)
	}
	place := want[0].Place
	if found := j.Covering([]kinesis.Place{place}); len(found) != 1 {
		t.Errorf("the record is in %v", found)
	}
	place.Created++
	if found := j.Covering([]kinesis.Place{place}); len(found) != 0 {
		t.Errorf("a record of another stream is in %v", found)
	}
}

// No delivery needs the journal: one that cannot be opened stays empty.
func TestAJournalThatCannotBeOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.objects")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(path)
	if err == nil {
		t.Error("a folder was opened as a journal")
	}
	written, p, _ := journalEntry(t, "object", numbers(t, 2)...)
	if err := j.append(written, p); err != nil {
		t.Error(err)
	}
	if first, end := j.Range(); first != end {
		t.Errorf("it has the entries %d to %d", first, end)
	}
	if err := j.close(); err != nil {
		t.Error(err)
	}
}

// fillJournal writes entries of a record each, and returns the file's content and the offset of each entry's end.
func fillJournal(t *testing.T, path string, numbers ...string) (text []byte, ends []int64) {
	t.Helper()
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, number := range numbers {
		written, p, _ := journalEntry(t, fmt.Sprint("object", i), number)
		if err := j.append(written, p); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, j.size)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return text, ends
}

func keysOf(t *testing.T, j *Journal) (keys []string) {
	t.Helper()
	first, end := j.Range()
	for number := first; number < end; number++ {
		written, _, err := j.Entry(number)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, written.Key)
	}
	return keys
}

// A flipped bit costs the entry that has it and no other, is reported, and does not keep later entries from being found.
func TestAJournalWithAFlippedBit(t *testing.T) {
	numbers := numbers(t, 4)
	path := filepath.Join(t.TempDir(), "d.objects")
	whole, ends := fillJournal(t, path, numbers[:3]...)
	for at := 0; at < len(whole); at += 3 {
		text := slices.Clone(whole)
		text[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		damaged := 0
		for ends[damaged] <= int64(at) {
			damaged++
		}
		want := slices.Delete([]string{"object0", "object1", "object2", "added"}, damaged, damaged+1)
		for start := range 2 {
			j, err := openJournal(path)
			if err != nil {
				t.Fatal(err)
			}
			if start == 0 {
				cutOff := damaged == 2 && at < int(ends[1])+4 // a length beyond the end is that of a frame that was cut off
				if (j.Problem() == "") && !cutOff {
					t.Errorf("bit at %d: no problem is reported", at)
				}
				written, p, _ := journalEntry(t, "added", numbers[3])
				if err := j.append(written, p); err != nil {
					t.Fatal(err)
				}
			}
			if got := keysOf(t, j); !slices.Equal(got, want) {
				t.Fatalf("bit at %d, start %d: it has %v, want %v", at, start, got, want)
			}
			if err := j.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Several damaged entries at the end do not look like one that a crash has cut off, even if the first one's length is wrong.
func TestAJournalWithADamagedEnd(t *testing.T) {
	numbers := numbers(t, 4)
	path := filepath.Join(t.TempDir(), "d.objects")
	text, ends := fillJournal(t, path, numbers[:3]...)
	text[ends[0]+1] ^= 1   // a length beyond the end of the file
	text[ends[2]-1] ^= 1   // of the last entry
	for start := range 2 { // the damage stays in the file, and is reported each time
		if start == 0 {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		j, err := openJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("(%d bytes)", ends[2]-ends[0]); !strings.Contains(j.Problem(), want) {
			t.Errorf("start %d: the problem is %q, want %s", start, j.Problem(), want)
		}
		if start == 0 {
			written, p, _ := journalEntry(t, "added", numbers[3])
			if err := j.append(written, p); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := keysOf(t, j), []string{"object0", "added"}; !slices.Equal(got, want) {
			t.Errorf("start %d: it has %v, want %v", start, got, want)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// The journal is written again, whole, when somebody has removed or moved its file or its folder; not when the data folder is gone.
func TestAJournalThatIsRemoved(t *testing.T) {
	numbers := numbers(t, 3)
	for name, remove := range map[string]func(folder, path string) error{
		"the file":           func(_, path string) error { return os.Remove(path) },
		"the folder":         func(folder, _ string) error { return os.RemoveAll(folder) },
		"the folder, moved":  func(folder, _ string) error { return os.Rename(folder, folder+".moved") },
		"the file, replaced": func(_, path string) error { return os.Rename(path+".other", path) },
	} {
		folder := filepath.Join(t.TempDir(), "firehose")
		path := filepath.Join(folder, "d.objects")
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		fillJournal(t, path, numbers[0])
		if err := os.WriteFile(path+".other", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := remove(folder, path); err != nil {
			t.Fatal(err)
		}
		written, p, _ := journalEntry(t, "added", numbers[1])
		if err := j.append(written, p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		if j, err = openJournal(path); err != nil {
			t.Fatal(err)
		}
		if got := keysOf(t, j); !slices.Equal(got, []string{"object0", "added"}) {
			t.Errorf("%s: it has %v", name, got)
		}
		if err := os.RemoveAll(filepath.Dir(folder)); err != nil {
			t.Fatal(err)
		}
		if err := j.append(written, p); err == nil {
			t.Errorf("%s: it makes the data folder again", name)
		}
		_ = j.close()
	}
}
