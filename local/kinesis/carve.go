package kinesis

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"strconv"
)

// carver finds records in a file without the pages that refer to them: a record's checksum tells its shard and index. It also finds
// records in free pages. Those were trimmed, or belong to a commit that was never acknowledged.
type carver struct {
	*report
	// streams are the streams to search for, by creation.
	streams map[int64]*stream
	// found has an entry for each shard with missing records.
	found map[*shard]map[uint64]location
	// sequences are the last indexes that the shards were given, as far as they are known.
	sequences map[*shard]uint64

	page []byte
	at   int64  // of the page
	next int64  // where the next record may begin
	hint *shard // of the last record: neighbours in a page are mostly of one shard
}

// eachPage reads the file page by page.
func (r *report) eachPage(look func(page []byte, at int64)) {
	page := make([]byte, r.pages.pageSize)
	for at := int64(0); at < r.pages.size; at += int64(len(page)) {
		part := page[:min(int64(len(page)), r.pages.size-at)]
		if _, err := r.pages.file.ReadAt(part, at); err == nil { // a page that cannot be read is skipped
			look(part, at)
		}
	}
}

// carveStreams finds descriptions of streams; if several streams had a name, the last one's.
func (r *report) carveStreams() map[string]description {
	found := map[string]description{}
	begin := []byte(`{"Name":"`)
	r.eachPage(func(page []byte, pageAt int64) {
		for at := range eachIndex(page, begin) {
			var text json.RawMessage
			// A description of many shards continues in the pages that follow.
			rest := io.NewSectionReader(r.pages.file, pageAt+int64(at), largestPage)
			if at < 4 || json.NewDecoder(rest).Decode(&text) != nil {
				continue
			}
			var named struct{ Name string }
			_ = json.Unmarshal(text, &named) // it is JSON
			d, err := readDescription([]byte(named.Name), text)
			sealed := append(slices.Clone(page[at-4:at]), text...)
			if _, ok := unsealText(sealed); ok && err == nil && !d.before(found[d.Name]) {
				found[d.Name] = d
			}
		}
	})
	return found
}

// before reports whether a description is older than another of the same name: each resharding makes a shard with a higher index.
func (d description) before(other description) bool {
	newest := func(d description) int {
		if d.Lineage == nil {
			return d.Shards
		}
		return d.Lineage[len(d.Lineage)-1].Index + 1
	}
	return cmp.Or(cmp.Compare(d.Created, other.Created), cmp.Compare(newest(d), newest(other))) < 0
}

// carve finds the records of the wanted shards, which are shards of the streams.
func (r *report) carve(streams map[string]*stream, wanted []*shard) *carver {
	c := &carver{
		report: r, streams: map[int64]*stream{}, found: map[*shard]map[uint64]location{}, sequences: map[*shard]uint64{},
	}
	for _, s := range streams {
		c.streams[s.created] = s
	}
	for _, s := range wanted {
		c.found[s] = map[uint64]location{}
	}
	if len(wanted) > 0 {
		r.eachPage(c.look)
	}
	return c
}

// look finds the records that begin anywhere in a page, because the page's table of them may be damaged. It skips a record's data.
func (c *carver) look(page []byte, at int64) {
	c.page, c.at = page, at
	for end := at + int64(len(page)); c.next < end; {
		size, ok := c.record(c.next)
		if !ok {
			size = 1
		}
		c.next += size
	}
	for name := range eachIndex(page, []byte(recordsPrefix)) {
		c.bucket(page[name+len(recordsPrefix):])
	}
}

// eachIndex iterates over the offsets of a text in a page.
func eachIndex(page, text []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; from++ {
			next := bytes.Index(page[from:], text)
			if from += next; next < 0 || !yield(from) {
				return
			}
		}
	}
}

// bucket reads the head of a bucket, which follows its name. name begins after [recordsPrefix].
func (c *carver) bucket(name []byte) {
	created, rest, _ := bytes.Cut(name, []byte("/"))
	index, rest, _ := bytes.Cut(rest, []byte("/"))
	n, err := strconv.ParseInt(string(created), 10, 64)
	i, errIndex := strconv.Atoi(string(index))
	s := c.streams[n]
	if err != nil || errIndex != nil || s == nil || !bytes.HasPrefix(rest, []byte(s.name)) {
		return
	}
	of := find(s.all(), i)
	head := rest[len(s.name):]
	if of == nil || len(head) < bucketHeadSize {
		return
	}
	if sequence := binary.NativeEndian.Uint64(head[8:]); sequence < maxIndex {
		c.sequences[of] = max(c.sequences[of], sequence)
	}
}

// record reads a key and its value at an offset.
func (c *carver) record(at int64) (size int64, ok bool) {
	head := c.bytes(at, 8+headerSize)
	if head == nil {
		return 0, false
	}
	if !plausible(head[:8], head[8:]) {
		return 0, false
	}
	length := int64(binary.BigEndian.Uint32(head[8+lengthAt:]))
	all := c.bytes(at, 8+length)
	if all == nil {
		return 0, false
	}
	r, sum, ok := readUnsealed(all[:8], all[8:])
	if !ok {
		return 0, false
	}
	owner := c.owner(r, sum, crc32.Checksum(all[8+lengthAt:], castagnoli))
	if owner == nil {
		return 0, false
	}
	c.add(owner, location{
		index: r.index, previous: r.previous, arrived: r.arrived, kind: r.kind, at: at + 8, size: int32(length),
		live: c.used.has(uint64(at) / uint64(c.pages.pageSize)),
	})
	return 8 + length, true
}

// owner is the shard that a record belongs to by its checksum.
func (c *carver) owner(r stored, sum, content uint32) *shard {
	is := func(s *shard) bool { return s != nil && sealed(content, s.seed, r.index, r.previous, r.arrived) == sum }
	if is(c.hint) {
		return c.hint
	}
	for _, s := range c.streams {
		for _, shard := range s.all() {
			if is(shard) {
				c.hint = shard
				return shard
			}
		}
	}
	return nil
}

// add notes a record. Of two with the same index it keeps the one in use; if neither is, the later one, because an index is given
// again only if the first record was not acknowledged.
func (c *carver) add(to *shard, l location) {
	found := c.found[to]
	if found == nil {
		return // the shard is whole without it
	}
	old, known := found[l.index]
	if !known || l.live && !old.live || l.live == old.live && l.arrived > old.arrived {
		found[l.index] = l
	}
}

// bytes reads bytes of the file; nil if the file is too short.
func (c *carver) bytes(at, size int64) []byte {
	if from := at - c.at; from >= 0 && from+size <= int64(len(c.page)) {
		return c.page[from : from+size]
	}
	if at < 0 || at+size > c.pages.size {
		return nil
	}
	part := make([]byte, size)
	if _, err := c.pages.file.ReadAt(part, at); err != nil {
		return nil
	}
	return part
}
