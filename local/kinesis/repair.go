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

// A damaged file is rewritten: each readable record goes into a new file under its index, with a placeholder wherever records are
// missing. The damaged file is kept beside the new one. So no read or write meets the same damage twice, and an unreadable page does
// not block the other records.

// jump is how many indexes are skipped after damage. The indexes of lost records must not be given again, because a consumer that has
// read up to them would miss the new records.
const jump = 1 << 20

// repair is a file while it is rewritten.
type repair struct {
	*report
	path string
	now  time.Time
	// keptAs is the new name of the damaged file; empty if the file is only of the first format.
	keptAs  string
	streams map[string]*stream
	carved  *carver
	// records is how many records are written, placeholders among them; damage is what was found missing, by the shard's
	// bucket.
	records int
	damage  map[string][]Damage
	// done means that the file had to be rewritten.
	done bool
	// indexes are the last given indexes, by stream and group; lasts are the last written records, by shard.
	indexes map[*stream][]uint64
	lasts   map[*shard]location
	// written are the runs of the new file's records, by the shard's bucket.
	written map[string]*runs
}

// repairFile inspects the file, and rewrites it if it is damaged or of the first format. known are its streams; nil if they are not
// known.
func repairFile(path string, known map[string]*stream, now time.Time, maxSize int) (*repair, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	m := &repair{
		report: inspect(file, info.Size(), false), path: path, now: now, streams: known, damage: map[string][]Damage{},
		indexes: map[*stream][]uint64{}, lasts: map[*shard]location{},
		written: map[string]*runs{},
	}
	switch damage := m.report.damage(); {
	case !slices.Contains([]string{"", format, formatPlain, formatLineage}, m.format):
		return nil, fmt.Errorf("its format is %q, this program knows up to %q", m.format, formatLineage)
	case damage == nil && (m.format != formatPlain && m.format != "" || m.empty):
		return m, nil
	}
	m.report, m.done = inspect(file, info.Size(), true), true
	return m, m.rewrite(file, maxSize)
}

// rewrite writes the new file.
func (m *repair) rewrite(file io.ReaderAt, maxSize int) error {
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
		return fmt.Errorf("%w; %w (%w)", cmp.Or(damage, errors.New("its format is 1")), errRewrite, err)
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

// findStreams finds the file's streams. If their descriptions in the file can be read, these count, because a stream may be in creation
// or deletion. If not, the known streams count, which were read before the damage.
func (m *repair) findStreams() error {
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
		return cmp.Or(m.report.damage(), errors.New("it belongs to another program"))
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

// broken are the shards with missing records, as far as a walk could see.
func (m *repair) broken() (broken []*shard) {
	for _, s := range m.streams {
		for _, shard := range s.all() {
			if !m.whole(shard) {
				broken = append(broken, shard)
			}
		}
	}
	return broken
}

func (m *repair) whole(s *shard) bool {
	found := m.shards[string(s.bucket)]
	return found != nil && found.problem == nil && !m.newer
}

func (m *repair) beside() string { return besideOf(m.path) }

func besideOf(path string) string { return path + ".repairing" }

// replace writes the new file beside the old one, and then renames it over the old one.
func (m *repair) replace(old io.ReaderAt, maxSize int) error {
	if err := os.Remove(m.beside()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := openBolt(m.beside(), maxSize)
	if err != nil {
		return err
	}
	db.NoSync = true // verify syncs it once
	err = m.write(db, old)
	if err = errors.Join(err, guard(db.Close)); err != nil {
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

// keep gives a file a second name. It copies the file if the file system has no hard links.
func keep(path, name string) error {
	if os.Link(path, name) == nil {
		return nil
	}
	return copyTo(path, name)
}

func copyTo(path, name string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, durable.Sync(to), to.Close())
}

// verify syncs the new file to disk, and inspects it.
func (m *repair) verify() error {
	file, err := os.OpenFile(m.beside(), os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it is synced
	if err := durable.Sync(file); err != nil {
		return err
	}
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

func (m *repair) write(db *bbolt.DB, old io.ReaderAt) error {
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

// lastIndexes are the last indexes that were given to the groups of a stream's shards. If a group has missing records, the index is so
// high that none beyond it was given.
func (m *repair) lastIndexes(s *stream) []uint64 {
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
func (m *repair) sequence(s *shard) uint64 {
	last, _ := s.newest() // zero unless the stream was known before
	last = max(last, m.carved.sequences[s])
	if found := m.shards[string(s.bucket)]; found != nil && found.sequence < maxIndex {
		last = max(last, found.sequence)
	}
	return last
}

// kept are the readable records of a shard, in order. It leaves out expired records in free pages, because they have been trimmed.
func (m *repair) kept(s *shard) []location {
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

// slot is a record to write, or the placeholder of missing ones.
type slot struct {
	location
	damage *Damage
}

// slots are the slots of a shard, in order.
func (m *repair) slots(s *shard) (slots []slot) {
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

// before reports whether records are missing before one. The first format does not show that.
func (m *repair) before(s *shard, records []location, l location) (damage Damage, missing bool) {
	switch {
	case m.format == formatPlain:
		return Damage{}, false
	case len(records) == 0:
		return Damage{Before: textOf(s, l)}, l.previous > 0 && m.headless(s)
	}
	last := records[len(records)-1]
	return Damage{After: textOf(s, last), Before: textOf(s, l)}, l.previous > last.index
}

// end is the placeholder beyond all indexes that may have been given.
func (m *repair) end(s *shard, last location) slot {
	index := &m.indexes[s.stream][s.index/groupSize]
	*index++
	end := location{index: *index, arrived: m.now.UnixMilli(), kind: passed}
	switch {
	case m.format == formatPlain: // it does not show where records are missing
		return m.lose(s, end, Damage{})
	case m.sequence(s) <= last.index && !m.endless(s):
		return slot{end, nil}
	case last.index == 0:
		return m.lose(s, end, Damage{})
	}
	return m.lose(s, end, Damage{After: textOf(s, last)})
}

// lose notes damage, and returns the placeholder of the missing records.
func (m *repair) lose(s *shard, at location, damage Damage) slot {
	damage.File, damage.FoundAt = filepath.Base(m.keptAs), m.now
	m.damage[string(s.bucket)] = append(m.damage[string(s.bucket)], damage)
	at.kind = lost
	return slot{at, &damage}
}

func textOf(s *shard, l location) string { return s.number(l.index, l.arrived).String() }

// headless reports whether records may be missing before the first readable one.
func (m *repair) headless(s *shard) bool {
	found := m.shards[string(s.bucket)]
	return found == nil || found.problem != nil && found.headless
}

// endless reports whether a shard's newest record is unknown.
func (m *repair) endless(s *shard) bool {
	last, _ := s.newest()
	return m.shards[string(s.bucket)] == nil && last == 0
}

// writeShard writes a shard's records, in several transactions.
func (m *repair) writeShard(db *bbolt.DB, old io.ReaderAt, s *shard) error {
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
				m.follow(s, slots[0].location)
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

// writeSequence keeps the last index of a shard whose newest records were deleted after a failed commit. Only the first format has such
// shards.
func (m *repair) writeSequence(db *bbolt.DB, s *shard) error {
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
		m.follow(s, end)
		m.records++
		return errors.Join(tx.Bucket(s.bucket).Put(indexKey(last), value), tx.Bucket(s.bucket).SetSequence(last))
	})
}

// value is a slot's value, as it is stored.
func (m *repair) value(old io.ReaderAt, s *shard, p slot) ([]byte, error) {
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

// follow notes the record that was written last.
func (m *repair) follow(s *shard, l location) {
	of := m.written[string(s.bucket)]
	if of == nil {
		of = &runs{}
		m.written[string(s.bucket)] = of
	}
	if l.arrived < m.lasts[s].arrived {
		of.begin(l.index)
	}
	m.lasts[s] = l
}

// runs are the runs of a shard in the file as it is now.
func (m *repair) runs(s *shard) runs {
	if of := m.written[string(s.bucket)]; m.done && of != nil {
		return *of
	}
	if found := m.shards[string(s.bucket)]; !m.done && found != nil {
		return found.runs
	}
	return runs{}
}

// marks are a shard's damage, found now or before.
func (m *repair) marks(s *shard) []Damage {
	marks := slices.Clone(m.damage[string(s.bucket)])
	if found := m.shards[string(s.bucket)]; found != nil {
		marks = append(slices.Clone(found.marks), marks...)
	}
	return marks
}

// say logs that the file was rewritten, and why.
func (m *repair) say(log *slog.Logger) {
	switch damage := m.report.damage(); {
	case !m.done:
	case damage == nil:
		log.Info("the stream's file had a format without checksums and was rewritten", "file", m.path, "records", m.records)
	default:
		log.Error("the stream's file is damaged; a new file holds all that can be read, and the damaged one is kept", "file", m.path,
			"damage", damage, "records", m.records, "kept_as", m.keptAs, "remedy", "look for a failing disk; delete the kept file when you no longer need it")
	}
}
