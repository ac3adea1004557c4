package browse

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/internal/instant"
	"cdk.tf/go/ingest/local/internal/needle"
	"cdk.tf/go/ingest/local/kinesis"
)

const (
	usualRecords = 50
	mostRecords  = 1000
)

// query is a request's parameters.
type query struct {
	// stream, shard, bucket, object, prefix and key are empty where the request does not select by them.
	stream, shard, bucket, object, prefix, key string
	text                                       *needle.Needle
	oldest                                     bool
	limit                                      int
	// most bounds the bytes of text of each record; 0 means all.
	most int
	// record is the number of the first record of the object that is wanted, counted from 1; 0 means all.
	record int
	// from and to are inclusive bounds.
	from, to bound
	// sequence is one record.
	sequence kinesis.Place
	cursor   string
}

// parameters are the names that an endpoint takes.
type parameters []string

var (
	ofRecords   = parameters{"stream", "shard", "order", "from", "to", "sequence", "key", "text", "limit", "most", "cursor"}
	ofObjects   = parameters{"bucket", "prefix", "order", "from", "to", "limit", "cursor"}
	ofDelivered = parameters{"bucket", "prefix", "object", "record", "order", "from", "to", "text", "limit", "most", "cursor"}
)

// wrong is an error that the client caused; its text goes into a 400.
type wrong struct{ text string }

func (w wrong) Error() string { return w.text }

func wrongf(format string, args ...any) error { return wrong{fmt.Sprintf(format, args...)} }

// read reads a request's parameters.
func (p parameters) read(values url.Values) (query, error) {
	q := query{limit: usualRecords}
	for name, all := range values {
		if !slices.Contains(p, name) {
			return q, wrongf("the parameter %q does not exist; %s", name, nearest.Remedy(name, p))
		}
		if len(all) > 1 {
			return q, wrongf("the parameter %q is there %d times; give it once", name, len(all))
		}
	}
	q.stream, q.shard, q.bucket, q.object, q.prefix = values.Get("stream"), values.Get("shard"), values.Get("bucket"), values.Get("object"), values.Get("prefix")
	q.key, q.text, q.cursor = values.Get("key"), needle.New(values.Get("text")), values.Get("cursor")
	for _, read := range []func(url.Values) error{q.readOrder, q.readNumbers, q.checkObject, q.readBounds} {
		if err := read(values); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *query) readOrder(values url.Values) error {
	switch order := values.Get("order"); order {
	case "", "newest":
	case "oldest":
		q.oldest = true
	default:
		return wrongf(`order is %q; use "newest" or "oldest"`, order)
	}
	return nil
}

func (q *query) readNumbers(values url.Values) error {
	for _, number := range []struct {
		name     string
		to       *int
		from, up int
	}{{"limit", &q.limit, 1, mostRecords}, {"most", &q.most, 1, 1 << 30}, {"record", &q.record, 1, 1 << 30}} {
		text := values.Get(number.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < number.from || n > number.up {
			return wrongf("%s is %q; use a whole number from %d to %d", number.name, text, number.from, number.up)
		}
		*number.to = n
	}
	return nil
}

// checkObject refuses what goes only with the name of an object, or only without it.
func (q *query) checkObject(values url.Values) error {
	if q.record > 0 && q.object == "" {
		return wrongf("record is %d, and it counts the records of one object; name the object too", q.record)
	}
	for _, name := range []string{"prefix", "from", "to"} {
		if q.object != "" && values.Get(name) != "" {
			return wrongf("%s is %q, and it selects among objects; leave it out beside object, which names one", name, values.Get(name))
		}
	}
	return nil
}

func (q *query) readBounds(values url.Values) (err error) {
	if q.from, err = parseBound("from", values.Get("from")); err != nil {
		return err
	}
	if q.to, err = parseBound("to", values.Get("to")); err != nil {
		return err
	}
	if err := q.checkBounds(); err != nil {
		return err
	}
	if text := values.Get("sequence"); text != "" {
		if q.sequence, err = kinesis.PlaceOf(text); err != nil {
			return wrongf("sequence is %q, which is not a sequence number; use the number of an answer or a record", text)
		}
	}
	return nil
}

// leastDigits is the least length of a sequence number here. Milliseconds since 1970 have 13 digits.
const leastDigits = 40

// bound is a bound of the records or of the objects.
type bound struct {
	name, text string
	// millis is a time in milliseconds; 0 means none. Beside a place it is the arrival of that record, as soon as it is known.
	millis int64
	// place bounds the indexes of its shard; its Shard is "" for a time.
	place kinesis.Place
}

// in reports whether the bound is a record of a shard, whose newest record is at a place.
func (b bound) in(newest kinesis.Place) bool {
	return b.place.Shard == newest.Shard && b.place.Created == newest.Created
}

// checkBounds refuses a from that is after to, as far as both are known.
func (q *query) checkBounds() error {
	from, to := q.from, q.to
	exchanged := from.millis > 0 && to.millis > 0 && from.millis > to.millis
	if from.place.Shard != "" && from.in(to.place) {
		exchanged = from.place.Index > to.place.Index
	}
	if exchanged {
		return wrongf("from is %q, which is after to, %q; exchange them", from.text, to.text)
	}
	return nil
}

// parseBound reads a time or a sequence number.
func parseBound(name, text string) (bound, error) {
	b := bound{name: name, text: text}
	if text == "" {
		return b, nil
	}
	if len(text) >= leastDigits {
		if at, err := kinesis.PlaceOf(text); err == nil {
			b.place = at
			return b, nil
		}
	}
	if when, ok := instant.Parse(text); ok && when.UnixMilli() > 0 {
		b.millis = when.UnixMilli()
		return b, nil
	}
	return b, wrongf("%s is %q; use a time such as 2026-01-31T15:04:05Z, milliseconds since 1970, or a sequence number", name, text)
}
