package kinesis

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// sealText puts a checksum before a text that is not a record.
func sealText(text []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, crc32.Checksum(text, castagnoli)), text...)
}

// unsealText returns the text, if its checksum fits.
func unsealText(value []byte) (text []byte, ok bool) {
	if len(value) < 4 || binary.BigEndian.Uint32(value) != crc32.Checksum(value[4:], castagnoli) {
		return nil, false
	}
	return value[4:], true
}

// location is where a record's value lies in a file.
type location struct {
	index, previous uint64
	arrived         int64
	kind            recordKind
	at              int64
	size            int32
	// live is true if the page is in use, so the record has not been trimmed.
	live bool
}

// shardReport is the result of walking one bucket of records.
type shardReport struct {
	records []location
	// count is the number of records, placeholders among them.
	count int
	// sequence is the last index that was given, according to the bucket.
	sequence uint64
	// problem is why acknowledged records may be missing, or nil. headless means that it comes before the first record.
	problem  error
	headless bool
	marks    []Damage
	runs     runs
}

// report is the result of walking a file.
type report struct {
	pages   pages
	format  string
	streams map[string]description
	// noStreams means that descriptions of streams may be missing.
	noStreams bool
	shards    map[string]*shardReport
	// problems are the file's problems; only the first few have texts.
	problems []error
	used     bitmap
	// empty is true for a file without a bucket, as an interrupted first start leaves it.
	empty bool
	// newer means that the walk may have missed the newest commit.
	newer bool
}

const fewProblems = 5

func (r *report) problem(format string, values ...any) error {
	err := fmt.Errorf(format, values...)
	if len(r.problems) < fewProblems {
		r.problems = append(r.problems, err)
	}
	return err
}

// damage is the file's problems as one error, or nil.
func (r *report) damage() error {
	if len(r.problems) == 0 {
		return nil
	}
	var words []string
	for _, problem := range r.problems {
		words = append(words, problem.Error())
	}
	return errors.New(strings.Join(words, "; "))
}

type bitmap []uint64

// set sets a bit, and returns false if it was set already.
func (b bitmap) set(at uint64) bool {
	if b.has(at) {
		return false
	}
	b[at/64] |= 1 << (at % 64)
	return true
}

func (b bitmap) has(at uint64) bool { return at/64 < uint64(len(b)) && b[at/64]&(1<<(at%64)) != 0 }

// walker walks the pages in use of a file.
type walker struct {
	*report
	high uint64
}

// inspect reads a whole file with bounds checks. If keep is set it notes each record's location, which takes memory.
func inspect(file io.ReaderAt, size int64, keep bool) *report {
	p, newest, err := openPages(file, size)
	r := &report{pages: p, streams: map[string]description{}, shards: map[string]*shardReport{}}
	r.used = make(bitmap, size/int64(p.pageSize)/64+1)
	if err != nil {
		_ = r.problem("%w", err)
		r.newer = true
	}
	if newest.high == 0 {
		r.noStreams = true
		return r
	}
	w := walker{report: r, high: newest.high}
	if most := uint64(size) / uint64(p.pageSize); w.high > most {
		_ = r.problem("it has %d pages of %d", most, w.high)
		w.high = most
	}
	w.buckets(newest.root, keep)
	w.free(newest.freelist)
	return r
}

// topBucket is a top-level bucket of the file, with the location of its head.
type topBucket struct {
	element
	at int64
}

// buckets walks the tree of buckets. It reads first the bucket that says how to read the others.
func (w walker) buckets(root uint64, keep bool) {
	var own, records []topBucket
	whole := w.tree(root, span{}, 0, visitor{
		fail: func(error) {}, // the bucket is not known
		take: func(e element, at int64) {
			if string(e.key) == string(serviceBucket) || string(e.key) == string(streamsBucket) {
				own = append(own, topBucket{e, at})
			} else {
				records = append(records, topBucket{e, at})
			}
		},
	})
	w.empty = whole && len(own)+len(records) == 0
	if whole && len(own) == 0 && !w.empty {
		_ = w.problem("it belongs to another program")
	}
	w.own(own)
	w.noStreams = w.noStreams || !whole || len(own) < 2 || w.format == ""
	w.newer = w.newer || !whole
	w.all(records, keep)
}

// all walks the buckets of records.
func (w walker) all(buckets []topBucket, keep bool) {
	for _, b := range buckets {
		if !bytes.HasPrefix(b.key, []byte(recordsPrefix)) {
			_ = w.problem("a bucket %.80q is unknown", b.key)
			w.newer = true
			continue
		}
		w.records(b.element, b.at, keep)
	}
}

// own walks the buckets without records, in order: the service's comes first.
func (w walker) own(buckets []topBucket) {
	for _, b := range buckets {
		take := w.service
		if string(b.key) == string(streamsBucket) {
			take = w.stream
		}
		w.bucket(b.element, b.at, visitor{take: take, fail: func(error) { w.noStreams = true }})
	}
}

// span bounds the keys of a page: at least from, and less than below unless that is nil.
type span struct{ from, below []byte }

func (s span) holds(key []byte) bool {
	return bytes.Compare(key, s.from) >= 0 && (s.below == nil || bytes.Compare(key, s.below) < 0)
}

// visitor gets each element of a tree's leaves with the location of its value in the file, and each problem of the tree, in order.
type visitor struct {
	take func(e element, at int64)
	fail func(error)
}

// tree walks a page and those below it. It returns false if a page could not be read.
func (w walker) tree(id uint64, keys span, depth int, v visitor) bool {
	page, head, err := w.pages.read(id, w.high)
	if err == nil {
		err = w.use(id, head)
	}
	if err == nil {
		err = fits(head, depth)
	}
	if err != nil {
		v.fail(w.problem("%w", err))
		return false
	}
	if head.flags == branchPage {
		return w.branch(page, head, keys, depth, v)
	}
	return w.leaf(page, head.count, w.pages.offset(id), keys, v)
}

// fits returns an error if a page does not fit into a tree at a depth.
func fits(head pageHead, depth int) error {
	switch {
	case depth > deepest:
		return fmt.Errorf("page %d is more than %d levels down", head.id, deepest)
	case head.flags != leafPage && head.flags != branchPage:
		return fmt.Errorf("page %d is of an unknown kind", head.id)
	case head.count == 0 && (depth > 0 || head.flags == branchPage): // an empty bucket has one empty leaf
		return fmt.Errorf("page %d is empty", head.id)
	}
	return nil
}

// use notes that a page and its overflow pages are in use.
func (w walker) use(id uint64, head pageHead) (err error) {
	for i := range uint64(head.overflow) + 1 {
		if !w.used.set(id + i) {
			err = fmt.Errorf("page %d is in two places", id+i)
		}
	}
	return err
}

func (w walker) branch(page []byte, head pageHead, keys span, depth int, v visitor) bool {
	whole := true
	for i := range int(head.count) {
		e, err := branchElement(page, i)
		within := keys
		if err == nil {
			within.from = e.key
			if i+1 < int(head.count) {
				var next element
				if next, err = branchElement(page, i+1); err == nil && bytes.Compare(e.key, next.key) >= 0 {
					err = errors.New("its keys are not in order")
				}
				within.below = next.key
			}
		}
		if err == nil && !keys.holds(e.key) && i > 0 {
			err = errors.New("a key is another page's")
		}
		if err != nil {
			v.fail(w.problem("page %d, element %d: %w", head.id, i, err))
			whole = false
			continue
		}
		whole = w.tree(e.child, within, depth+1, v) && whole
	}
	return whole
}

// leaf walks the elements of a leaf page at an offset of the file.
func (w walker) leaf(page []byte, count uint16, at int64, keys span, v visitor) bool {
	whole := true
	var last []byte
	for i := range int(count) {
		e, err := leafElement(page, i)
		switch {
		case err == nil && !keys.holds(e.key):
			err = errors.New("its key is another page's")
		case err == nil && i > 0 && bytes.Compare(last, e.key) >= 0:
			err = errors.New("its key is not in order")
		}
		if err != nil {
			v.fail(w.problem("byte %d, element %d: %w", at, i, err))
			whole = false
			continue
		}
		last = e.key
		v.take(e, at+int64(e.at))
	}
	return whole
}

// bucket walks a bucket, whose head is the element's value, and returns its sequence.
func (w walker) bucket(e element, at int64, v visitor) (sequence uint64) {
	if !e.isBucket || len(e.value) < bucketHeadSize {
		v.fail(w.problem("%.80q is not a bucket", e.key))
		return 0
	}
	root := binary.NativeEndian.Uint64(e.value)
	sequence = binary.NativeEndian.Uint64(e.value[8:])
	inline := e.value[bucketHeadSize:]
	switch {
	case root != 0:
		w.tree(root, span{}, 0, v)
	case len(inline) < pageHeadSize || headOf(inline).flags != leafPage:
		v.fail(w.problem("the page in %.80q is not a leaf", e.key))
	default:
		w.leaf(inline, headOf(inline).count, at+bucketHeadSize, span{}, v)
	}
	return sequence
}

func (w walker) service(e element, _ int64) {
	text, ok := unsealText(e.value)
	if !ok { // the first format has only digits
		text, ok = e.value, strings.Trim(string(e.value), "0123456789") == ""
	}
	switch {
	case e.isBucket || !ok || string(e.key) != string(formatKey) && string(e.key) != string(createdKey):
		_ = w.problem("the file's property %.80q is damaged", e.key)
	case string(e.key) == string(formatKey):
		w.format = string(text)
	}
}

func (w walker) stream(e element, _ int64) {
	text, ok := unsealText(e.value)
	if !ok && bytes.HasPrefix(e.value, []byte("{")) {
		text, ok = e.value, true // the first format has no checksum
	}
	d, err := readDescription(e.key, text)
	if !ok || err != nil || e.isBucket {
		_ = w.problem("the description of stream %.80q is damaged", e.key)
		w.noStreams = true
		return
	}
	w.streams[d.Name] = d
}

func readDescription(name, text []byte) (d description, err error) {
	if err := json.Unmarshal(text, &d); err != nil || d.Name != string(name) || !d.check() {
		return d, fmt.Errorf("the description of stream %.80q is damaged", name)
	}
	return d, nil
}

// records walks a bucket of records.
func (w walker) records(e element, at int64, keep bool) {
	found := &shardReport{}
	w.shards[string(e.key)] = found
	fail := func(err error) {
		if found.problem == nil {
			found.problem, found.headless = err, found.count == 0
		}
	}
	seed := seedOf(e.key)
	var last location
	found.sequence = w.bucket(e, at, visitor{fail: fail, take: func(e element, at int64) {
		l, r, err := w.location(seed, e, at)
		switch {
		case err != nil:
			fail(w.problem("byte %d: %w", at, err))
			return
		case last.index != 0 && l.previous != last.index && w.format != formatPlain:
			fail(w.problem("byte %d: the record before it is missing", at))
		}
		if l.arrived < last.arrived {
			found.runs.begin(l.index)
		}
		last = l
		found.count++
		if r.kind == lost {
			found.marks = append(found.marks, readDamage(r.data))
		}
		if keep {
			found.records = append(found.records, l)
		}
	}})
	if found.problem == nil && last.index != found.sequence && w.format != formatPlain {
		fail(w.problem("the newest record of %.80q is missing", e.key))
	}
}

// location reads a record of either format.
func (w walker) location(seed uint32, e element, at int64) (location, stored, error) {
	var r stored
	var err error
	if w.format == formatPlain {
		r, err = readPlain(e.key, e.value)
	} else {
		r, err = readStored(seed, e.key, e.value)
	}
	if e.isBucket {
		err = errRecord
	}
	return location{
		index: r.index, previous: r.previous, arrived: r.arrived, kind: r.kind, at: at, size: int32(len(e.value)), live: true,
	}, r, err
}

// plainHeader is the size of a record's head in the first format: arrival in milliseconds (8) · length of the partition key (2).
const plainHeader = 10

// readPlain reads a record of the first format.
func readPlain(key, value []byte) (stored, error) {
	if len(key) != 8 || len(value) < plainHeader || len(value) > plainHeader+maxRecord {
		return stored{}, errRecord
	}
	end := plainHeader + int(binary.BigEndian.Uint16(value[8:]))
	if end > len(value) {
		return stored{}, errRecord
	}
	return stored{
		index: binary.BigEndian.Uint64(key), arrived: int64(binary.BigEndian.Uint64(value)),
		key: value[plainHeader:end], data: value[end:],
	}, nil
}

// free reads the list of free pages. If one of them is in use, the next commit would overwrite it.
func (w walker) free(id uint64) {
	page, head, err := w.pages.read(id, w.high)
	count, at := uint64(head.count), pageHeadSize
	switch {
	case err != nil:
	case head.flags != freelistPage:
		err = fmt.Errorf("page %d is not a list of free pages", id)
	case count == manyFree:
		count, at = binary.NativeEndian.Uint64(page[at:]), at+8
	}
	if err == nil && count > uint64(len(page)-at)/8 {
		err = fmt.Errorf("the list of free pages has %d, more than fit", count)
	}
	if err != nil {
		_ = w.problem("%w", err)
		return
	}
	if err := w.use(id, head); err != nil {
		_ = w.problem("%w", err)
	}
	w.account(page[at:], count)
}

// account checks that each page is either used once or free.
func (w walker) account(list []byte, count uint64) {
	free := make(bitmap, len(w.used))
	for i := range count {
		id := binary.NativeEndian.Uint64(list[i*8:])
		if id < 2 || id >= w.high || w.used.has(id) || !free.set(id) {
			_ = w.problem("page %d is both free and used, or free twice", id)
		}
	}
	for id := uint64(2); id < w.high; id++ {
		if !w.used.has(id) && !free.has(id) {
			_ = w.problem("page %d is neither used nor free", id)
			return
		}
	}
}
