package kinesis

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"cdk.tf/go/ingest/local/durable"
)

// A file that is damaged is written anew: each record that can be read goes into a new file, in its place, and where
// records are missing there is a place that says so. The damaged file is kept beside it. So neither reading nor writing
// meets damage a second time, and a page that cannot be read holds nothing else up.

// jump is by how much indexes go on after damage: those of the records that are lost must not be given again, because
// whoever has read up to them would take the new ones for old.
const jump = 1 << 20

// mending is a file that is being written anew.
type mending struct {
	*report
	path string
	now  time.Time
	// keptAs is the name of the damaged file; empty of one that is only of the first format.
	keptAs  string
	streams map[string]*stream
	carved  *carver
	// records is how many are written, places without an event among them; damage what was found to be
	// missing, by the shard's bucket.
	records int
	damage  map[string][]Damage
	// done says that the file had to be written anew.
	done bool
	// indexes are the last given, by stream and group, and lasts the last written, by shard.
	indexes map[*stream][]uint64
	lasts   map[*shard]location
}

// mend inspects the file, and writes it anew if it is damaged or of the first format. known are its streams, if they are
// known.
func mend(path string, known map[string]*stream, now time.Time, maxSize int) (*mending, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // is only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	m := &mending{
		report: inspect(file, info.Size(), false), path: path, now: now, streams: known, damage: map[string][]Damage{},
		indexes: map[*stream][]uint64{}, lasts: map[*shard]location{},
	}
	switch damage := m.report.damage(); {
	case !slices.Contains([]string{"", format, formatPlain, formatLineage}, m.format):
		return nil, fmt.Errorf("its format is %q, this program knows up to %q", m.format, formatLineage)
	case damage == nil && (m.format != formatPlain && m.format != "" || m.empty):
		return m, nil
	}
	m.report, m.done = inspect(file, info.Size(), true), true
	return m, m.anew(file, maxSize)
}

// anew writes the file anew.
func (m *mending) anew(file io.ReaderAt, maxSize int) error {
	if err := m.findStreams(); err != nil {
		return err
	}
	damage := m.report.damage()
	if damage != nil {
		m.keptAs = freeName(m.path + ".damaged-" + m.now.UTC().Format("20060102T150405Z"))
	}
	m.carved = &carver{}
	if m.format != formatPlain {
		m.carved = m.carve(m.streams, m.broken())
	}
	err := m.replace(file, maxSize)
	if err != nil {
		_ = os.Remove(m.beside())
		return fmt.Errorf("%w; it cannot be written anew (%w)", cmp.Or(damage, errors.New("its format is 1")), err)
	}
	return nil
}

// freeName is a name that no file has.
func freeName(name string) string {
	for i, try := 2, name; ; i++ {
		if _, err := os.Lstat(try); errors.Is(err, fs.ErrNotExist) {
			return try
		}
		try = fmt.Sprintf("%s-%d", name, i)
	}
}

// findStreams finds the file's streams. Those that are known are so by what was read before it was damaged; where the file
// can be read, it says which of them are, because one may be being made or deleted.
func (m *mending) findStreams() error {
	known := m.streams
	m.streams = map[string]*stream{}
	if known != nil && m.noStreams {
		m.streams = known
		return nil
	}
	descriptions := m.report.streams
	if m.noStreams && m.format != formatPlain {
		for name, d := range m.carveStreams() {
			if _, known := descriptions[name]; !known {
				descriptions[name] = d
			}
		}
	}
	if len(descriptions) == 0 && m.noStreams {
		return cmp.Or(m.report.damage(), errors.New("it is another program's"))
	}
	for name, d := range descriptions {
		if s := known[name]; s != nil && s.created == d.Created {
			m.streams[name] = s
		} else {
			m.streams[name] = newStream(d)
		}
	}
	return nil
}

// broken are the shards of which something is missing, as far as a walk could see.
func (m *mending) broken() (broken []*shard) {
	for _, s := range m.streams {
		for _, shard := range s.all() {
			if !m.whole(shard) {
				broken = append(broken, shard)
			}
		}
	}
	return broken
}

func (m *mending) whole(s *shard) bool {
	found := m.shards[string(s.bucket)]
	return found != nil && found.problem == nil && !m.newer
}

func (m *mending) beside() string { return m.path + ".mending" }

// replace writes the new file beside the old one and puts it in its place. The old one is there until then.
func (m *mending) replace(old io.ReaderAt, maxSize int) error {
	if err := os.Remove(m.beside()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := openBolt(m.beside(), maxSize)
	if err != nil {
		return err
	}
	db.NoSync = true
	err = m.write(db, old)
	if err = errors.Join(err, db.Sync(), guard(db.Close)); err != nil {
		return err
	}
	if err := m.verify(); err != nil {
		return err
	}
	if m.keptAs != "" {
		if err := keep(m.path, m.keptAs); err != nil {
			return err
		}
	}
	if err := os.Rename(m.beside(), m.path); err != nil {
		return err
	}
	return durable.SyncFolder(filepath.Dir(m.path))
}

// keep gives a file a second name, or copies it where a file has one name alone.
func keep(path, name string) error {
	if os.Link(path, name) == nil {
		return nil
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // is only read
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

// verify reads what was written.
func (m *mending) verify() error {
	file, err := os.Open(m.beside())
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // is only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	written := inspect(file, info.Size(), false)
	if err := written.damage(); err != nil {
		return err
	}
	count := 0
	for _, shard := range written.shards {
		count += shard.count
	}
	if count != m.records {
		return fmt.Errorf("of %d records %d could be written", m.records, count)
	}
	return nil
}

func (m *mending) write(db *bbolt.DB, old io.ReaderAt) error {
	if err := db.Update(begin); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.streams)) {
		s := m.streams[name]
		if err := db.Update(func(tx *bbolt.Tx) error { return store(tx, s) }); err != nil {
			return err
		}
		m.indexes[s] = m.lastIndexes(s)
		for _, shard := range s.all() {
			if err := m.writeShard(db, old, shard); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastIndexes are the last that were given to the groups of a stream's shards, as far as it is known, and beyond where
// they may have been others.
func (m *mending) lastIndexes(s *stream) []uint64 {
	last := make([]uint64, len(s.indexes))
	broken := make([]bool, len(s.indexes))
	for _, shard := range s.all() {
		group := shard.index / groupSize
		last[group] = max(last[group], m.sequence(shard))
		for _, l := range m.kept(shard) {
			last[group] = max(last[group], l.index)
		}
		broken[group] = broken[group] || !m.whole(shard)
	}
	for group := range last {
		if broken[group] {
			last[group] = max(last[group], s.indexes[group]) + jump
		}
	}
	return last
}

// sequence is the last index that a shard is known to have been given.
func (m *mending) sequence(s *shard) uint64 {
	last, _ := s.newest() // of a stream that is known
	last = max(last, m.carved.sequences[s])
	if found := m.shards[string(s.bucket)]; found != nil && found.sequence < maxIndex {
		last = max(last, found.sequence)
	}
	return last
}

// kept are the records of a shard that can be read, in order. What is past its retention, and not known to be there still,
// has been trimmed.
func (m *mending) kept(s *shard) []location {
	found := m.shards[string(s.bucket)]
	if m.whole(s) || m.format == formatPlain {
		if found == nil {
			return nil
		}
		return found.records
	}
	horizon := s.stream.horizon(m.now)
	var records []location
	for _, l := range m.carved.found[s] {
		if l.live || l.arrived >= horizon {
			records = append(records, l)
		}
	}
	slices.SortFunc(records, func(a, b location) int { return cmp.Compare(a.index, b.index) })
	return records
}

// slot is a record that is to be written, or what is in place of some that are missing.
type slot struct {
	location
	damage *Damage
}

// slots are a shard's, in order.
func (m *mending) slots(s *shard) (slots []slot) {
	records := m.kept(s)
	whole := m.whole(s)
	for i, l := range records {
		if damage, missing := m.before(s, records[:i], l); missing && !whole {
			slots = append(slots, m.lose(s, location{index: l.previous, arrived: l.arrived}, damage))
		}
		slots = append(slots, slot{l, nil})
	}
	if whole {
		return slots
	}
	var last location
	if len(records) > 0 {
		last = records[len(records)-1]
	}
	return append(slots, m.end(s, last))
}

// before says whether records are missing before one. The first format does not tell.
func (m *mending) before(s *shard, records []location, l location) (damage Damage, missing bool) {
	switch {
	case m.format == formatPlain:
		return Damage{}, false
	case len(records) == 0:
		return Damage{Before: textOf(s, l)}, l.previous > 0 && m.headless(s)
	}
	last := records[len(records)-1]
	return Damage{After: textOf(s, last), Before: textOf(s, l)}, l.previous > last.index
}

// end is the place beyond all indexes that may have been given.
func (m *mending) end(s *shard, last location) slot {
	index := &m.indexes[s.stream][s.index/groupSize]
	*index++
	end := location{index: *index, arrived: m.now.UnixMilli(), kind: passed}
	switch {
	case m.format == formatPlain: // nobody knows where records are missing
		return m.lose(s, end, Damage{})
	case m.sequence(s) <= last.index && !m.endless(s):
		return slot{end, nil}
	case last.index == 0:
		return m.lose(s, end, Damage{})
	}
	return m.lose(s, end, Damage{After: textOf(s, last)})
}

// lose is what is in place of records that are missing.
func (m *mending) lose(s *shard, at location, damage Damage) slot {
	damage.File, damage.FoundAt = filepath.Base(m.keptAs), m.now
	m.damage[string(s.bucket)] = append(m.damage[string(s.bucket)], damage)
	at.kind = lost
	return slot{at, &damage}
}

func textOf(s *shard, l location) string { return s.number(l.index, l.arrived).String() }

// headless says that records may be missing before the first that can be read.
func (m *mending) headless(s *shard) bool {
	found := m.shards[string(s.bucket)]
	return found == nil || found.problem != nil && found.headless
}

// endless says that nobody knows what a shard's newest record was.
func (m *mending) endless(s *shard) bool {
	last, _ := s.newest()
	return m.shards[string(s.bucket)] == nil && last == 0
}

// writeShard writes a shard's records, some in each transaction.
func (m *mending) writeShard(db *bbolt.DB, old io.ReaderAt, s *shard) error {
	slots := m.slots(s)
	for len(slots) > 0 {
		err := db.Update(func(tx *bbolt.Tx) error {
			bucket := tx.Bucket(s.bucket)
			bucket.FillPercent = 1
			size := 0
			for ; len(slots) > 0 && size < batchBytes; slots = slots[1:] {
				value, err := m.value(old, s, slots[0])
				if err != nil {
					return err
				}
				size += len(value)
				if err := bucket.Put(indexKey(slots[0].index), value); err != nil {
					return err
				}
				m.lasts[s] = slots[0].location
				m.records++
			}
			return bucket.SetSequence(m.lasts[s].index)
		})
		if err != nil {
			return err
		}
	}
	return m.writeSequence(db, s)
}

// writeSequence keeps the last index of a shard whose newest records were taken back, as only the first format has it.
func (m *mending) writeSequence(db *bbolt.DB, s *shard) error {
	last := m.sequence(s)
	if !m.whole(s) || last <= m.lasts[s].index {
		return nil
	}
	return db.Update(func(tx *bbolt.Tx) error {
		end := location{index: last, arrived: m.lasts[s].arrived, kind: passed}
		value, err := m.value(nil, s, slot{end, nil})
		if err != nil {
			return err
		}
		m.lasts[s] = end
		m.records++
		return errors.Join(tx.Bucket(s.bucket).Put(indexKey(last), value), tx.Bucket(s.bucket).SetSequence(last))
	})
}

// value is a place's, as it is stored.
func (m *mending) value(old io.ReaderAt, s *shard, p slot) ([]byte, error) {
	value := make([]byte, headerSize)
	keySize := 0
	switch {
	case p.damage != nil:
		value = append(value, p.damage.text()...)
	case p.kind == passed:
	default:
		text := make([]byte, p.size)
		if _, err := old.ReadAt(text, p.at); err != nil {
			return nil, err
		}
		if m.format == formatPlain {
			keySize = int(binary.BigEndian.Uint16(text[8:]))
			value = append(value, text[plainHeader:]...)
		} else {
			keySize = int(binary.BigEndian.Uint16(text[keySizeAt:]))
			value = append(value, text[headerSize:]...)
		}
	}
	finish(value, p.kind, keySize)
	seal(value, s.seed, p.index, m.lasts[s].index, p.arrived)
	return value, nil
}

// marks are what of a shard could not be read, now or before.
func (m *mending) marks(s *shard) []Damage {
	marks := slices.Clone(m.damage[string(s.bucket)])
	if found := m.shards[string(s.bucket)]; found != nil {
		marks = append(slices.Clone(found.marks), marks...)
	}
	return marks
}

// say says that the file was written anew, and why.
func (m *mending) say(log *slog.Logger) {
	switch damage := m.report.damage(); {
	case !m.done:
	case damage == nil:
		log.Info("the stream's file was of a format without checksums, and is written anew", "file", m.path, "records", m.records)
	default:
		log.Error("the stream's file is damaged; it is written anew with all that can be read, and the damaged one is kept", "file", m.path,
			"damage", damage, "records", m.records, "kept_as", m.keptAs, "remedy", "look for a failing disk; delete the kept file when it is needed no more")
	}
}
