// Package browse shows a person, or a test, what is in the stream and in the bucket of a pipeline on one machine: records with their
// places, objects, and which record is which part of which object.
//
// It only reads. One request looks at a bounded number of records for a bounded time, and then answers with what it has found and a
// cursor to continue from. One search runs at a time, and it rests while requests to the API are in flight.
package browse

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/answers"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

// Delivery is a delivery stream and the stream that it reads.
type Delivery struct {
	*firehose.DeliveryStream
	Stream, Bucket string
	// Delimiter is the text that the delivery stream writes after each record.
	Delimiter string
}

// Options of a browser. Streams and Buckets are required.
type Options struct {
	Streams *kinesis.Service
	// Names are the streams' names; a request that names none means the first.
	Names      []string
	Buckets    *s3.Service
	Deliveries []Delivery
	// Busy reports whether the pipeline has requests in flight, which go first; nil means never.
	Busy  func() bool
	Clock clockwork.Clock
}

// Browser answers requests for records and objects.
type Browser struct {
	opts Options
	// turn holds a token while no search runs.
	turn chan struct{}
}

// New makes a browser.
func New(opts Options) *Browser {
	b := &Browser{opts: opts, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// record is a record of the stream, of an object, or of both. Fields that are not known are left out.
type record struct {
	Stream         string     `json:"stream,omitempty"`
	ShardID        string     `json:"shardId,omitempty"`
	SequenceNumber string     `json:"sequenceNumber,omitempty"`
	PartitionKey   string     `json:"partitionKey,omitempty"`
	ArrivedAt      *time.Time `json:"arrivedAt,omitempty"`
	// Bytes is the length of the data, or in an object of its piece without the delimiter.
	Bytes int `json:"bytes"`
	// Text is the data if it is UTF-8, and Base64 if it is not. Cut means that it is only the beginning.
	Text   *string `json:"text,omitempty"`
	Base64 string  `json:"base64,omitempty"`
	Cut    bool    `json:"cut,omitempty"`
	// State is unread, buffered, delivered or unknown; left out where no delivery stream reads the stream.
	State   string `json:"state,omitempty"`
	Objects []part `json:"objects,omitempty"`

	at kinesis.Place
}

// part is where a record is in an object.
type part struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Record counts from 1.
	Record int `json:"record"`
	// Offset and Bytes are in the object's content before compression; Bytes includes the delimiter.
	Offset int64 `json:"offset"`
	Bytes  int   `json:"bytes"`
}

// size is what the record's data take in an answer, in bytes.
func (r *record) size() int {
	if r.Text != nil {
		return len(*r.Text)
	}
	return len(r.Base64)
}

// setData sets the data, at most the given number of bytes of it.
func (r *record) setData(data []byte, most int) {
	r.Bytes = len(data)
	isText := utf8.Valid(data)
	if most > 0 && len(data) > most {
		r.Cut = true
		for data = data[:most]; isText && len(data) > 0 && !utf8.Valid(data); {
			data = data[:len(data)-1]
		}
	}
	if isText {
		text := string(data)
		r.Text = &text
	} else {
		r.Base64 = base64.StdEncoding.EncodeToString(data)
	}
}

// mostText bounds the bytes of data in one answer. It has at least one record, whatever its length.
const mostText = 16 << 20

// page is an answer with records.
type page struct {
	Records []record `json:"records"`
	// Cursor continues after the last record; empty at the end.
	Cursor string `json:"cursor,omitempty"`
	More   bool   `json:"more"`
	// Scanned is how many records the request looked at.
	Scanned int `json:"scanned"`
	// Problems say which objects and journals could not be read.
	Problems []string `json:"problems,omitempty"`
	// Tail is the cursor of the records that arrive after this answer, with order=oldest.
	Tail string `json:"tail,omitempty"`
}

// Records answers GET /_local/records.
func (b *Browser) Records(w http.ResponseWriter, r *http.Request) {
	serve(w, r, ofRecords, func(q query) (any, error) { return b.records(r.Context(), q) })
}

// Objects answers GET /_local/objects.
func (b *Browser) Objects(w http.ResponseWriter, r *http.Request) {
	serve(w, r, ofObjects, func(q query) (any, error) { return b.objects(r.Context(), q) })
}

// Delivered answers GET /_local/delivered.
func (b *Browser) Delivered(w http.ResponseWriter, r *http.Request) {
	serve(w, r, ofDelivered, func(q query) (any, error) { return b.delivered(r.Context(), q) })
}

// serve reads the parameters and answers with JSON.
func serve(w http.ResponseWriter, r *http.Request, takes parameters, answer func(query) (any, error)) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	var q query
	if err != nil {
		err = wrongf("the query %q cannot be read (%v); encode it, as curl --data-urlencode does", r.URL.RawQuery, err)
	} else {
		q, err = takes.read(values)
	}
	var value any
	if err == nil {
		value, err = answer(q)
	}
	if err != nil {
		answers.Refuse(w, statusOf(err), err)
		return
	}
	answers.JSON(w, http.StatusOK, value)
}

func statusOf(err error) int {
	var asked wrong
	switch {
	case errors.As(err, &asked):
		return http.StatusBadRequest
	case errors.Is(err, kinesis.ErrGone), errors.Is(err, s3.ErrNotFound):
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}
