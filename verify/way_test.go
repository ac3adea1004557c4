package verify

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/jonboulle/clockwork"
)

// TestThrottledShard reads a record of a shard that Firehose reads at the same time, as Kinesis answers then (API reference, GetRecords).
func TestThrottledShard(t *testing.T) {
	t.Parallel()
	a := newAccount(t, map[string]reply{
		"GetShardIterator": {body: `{"ShardIterator": "i"}`},
		"GetRecords":       {http.StatusBadRequest, `{"__type": "ProvisionedThroughputExceededException", "message": "rate exceeded"}`},
	})
	r := deployedRun(t, "dev", a)
	clock := clockwork.NewFakeClock()
	r.Clock, r.Poll = clock, time.Second
	body := []byte(`{"event": "signup"}`)
	r.events = []*event{{requestID: "one", route: route{}, body: body, shard: "shardId-000000000000", number: "1"}}
	done := make(chan outcome, 1)
	go func() { done <- streamHas(t.Context(), r) }()
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	a.set("GetRecords", reply{body: `{"Records": [{"SequenceNumber": "1", "PartitionKey": "one", "Data": "` + base64.StdEncoding.EncodeToString(body) + `"}]}`})
	clock.Advance(time.Second)
	if found := <-done; found.status != Holds {
		t.Errorf("the check is %+v; want that it holds", found)
	}
}

// TestUnreadAfterALoss keeps an event that is not in the stream in the report, also where the next one cannot be read.
func TestUnreadAfterALoss(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "dev", a)
	r.AWS.Kinesis = kinesis.NewFromConfig(aws.Config{
		Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
		HTTPClient: &http.Client{Transport: answering(func(body string) reply {
			if strings.Contains(body, "lost") {
				return reply{http.StatusBadRequest, `{"__type": "InvalidArgumentException", "message": "no such number"}`}
			}
			return denies("AccessDeniedException")
		})},
	})
	r.events = []*event{{requestID: "one", shard: "s", number: "lost"}, {requestID: "two", shard: "s", number: "2"}}
	if found := streamHas(t.Context(), r); found.status != Differs || found.want != "the event of request one" {
		t.Errorf("the check is %+v; want the lost event", found)
	}
}

// answering is a network that answers by what is asked.
type answering func(body string) reply

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	recorder, answer := httptest.NewRecorder(), f(string(body))
	recorder.WriteHeader(max(answer.status, http.StatusOK))
	_, _ = recorder.WriteString(answer.body)
	return recorder.Result(), nil
}

// TestObjectReadInPart keeps an object from --clean whose end could not be read: what it has there may be of others.
func TestObjectReadInPart(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "dev", a)
	r.lines, r.own, r.heads = map[string]int{}, map[string]int{}, map[string]head{}
	r.report.Marked = true
	line := []byte(`{"event": "signup"}`)
	r.events = []*event{{requestID: "one", body: line, data: line, asked: r.Clock.Now()}}
	var object bytes.Buffer
	writer := gzip.NewWriter(&object)
	if _, err := writer.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	if err := writer.Flush(); err != nil { // its end is missing
		t.Fatal(err)
	}
	const key = "events/object"
	a.set("GET /"+r.delivery.bucket+"/"+key, reply{body: object.String()})
	lines, listed := 0, types.Object{Key: aws.String(key), Size: aws.Int64(int64(object.Len())), LastModified: aws.Time(time.Now())}
	if err := r.readObject(t.Context(), listed, &lines); err == nil {
		t.Error("an object without its end was read")
	}
	if r.lines[key] != 1 || r.own[key] != 0 {
		t.Errorf("the object has %d lines of which %d are of the run; want 1 that --clean does not count", r.lines[key], r.own[key])
	}
	r.spent.bytes = maxGibibytes << 30
	if err := r.readObject(t.Context(), listed, &lines); !errors.As(err, new(errSpent)) {
		t.Errorf("the run reads more than it said: %v", err)
	}
}

// TestObjectDeletedMeanwhile passes over an object that another run has deleted since the listing: the events of this run are in others.
func TestObjectDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "dev", a)
	a.set("GET /"+r.delivery.bucket+"/events/object", reply{http.StatusNotFound, "<Error><Code>NoSuchKey</Code><Message>no object</Message></Error>"})
	r.lines, r.own, r.heads = map[string]int{}, map[string]int{}, map[string]head{}
	lines, listed := 0, types.Object{Key: aws.String("events/object"), Size: aws.Int64(1), LastModified: aws.Time(time.Now())}
	if err := r.readObject(t.Context(), listed, &lines); err != nil || lines != 0 {
		t.Errorf("it has %d lines and ends with %v", lines, err)
	}
}

// TestCredentialsThatTheAPIRefuses holds that no check calls the pipeline wrong where the API refuses the credentials that sign the
// requests. A policy that denies them by name may be the API's own.
func TestCredentialsThatTheAPIRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, message, remedy string
		status                Status
	}{
		{"ExpiredTokenException", "The security token included in the request is expired", "have not expired", Unknown},
		{"UnrecognizedClientException", "The security token included in the request is invalid.", "credentials that are valid", Unknown},
		{"InvalidSignatureException:http://internal.amazon.com/", "The request signature we calculated does not match", "credentials that are valid", Unknown},
		{"AccessDeniedException", "User: arn:aws:iam::123456789012:user/a is not authorized to perform: execute-api:Invoke on resource: POST/submit", "allow execute-api:Invoke", Unknown},
		{"AccessDeniedException", "User: anonymous is not authorized to perform: execute-api:Invoke on resource: POST/submit with an explicit deny", "Access", Differs},
		{"ForbiddenException", "Forbidden", "firewall", Differs},
	} {
		r := deployedRun(t, "staging", newAccount(t, nil))
		r.Mark, r.HTTP = "mark", &http.Client{Transport: shutting{test.code, `{"message": "` + test.message + `"}`}}
		r.Caller.AWS = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		})
		for _, c := range checksOf(r.Pipeline, []string{"way", "contract", "assumptions"}, false) {
			if c.late || c.hidden != nil && c.hidden(r) != "" {
				continue
			}
			found := c.look(t.Context(), r)
			if found.status == Differs && test.status == Unknown && !strings.Contains(c.id, "/403-") && !strings.HasSuffix(c.id, "/options") {
				t.Errorf("%s: %s differs: want %s; got %s", test.code, c.id, found.want, found.got)
			}
			if c.id == "way/submit" && (found.status != test.status || !strings.Contains(found.remedy, test.remedy)) {
				t.Errorf("%s: the way is %q with the remedy %q; want %q, and %q in it", test.code, found.status, found.remedy, test.status, test.remedy)
			}
		}
	}
}

// shutting is an API that refuses every signed request with an answer of 403.
type shutting struct{ code, body string }

func (f shutting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") == "" {
		return nil, errors.New("not of this test")
	}
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"X-Amzn-Errortype": {f.code}}, Body: io.NopCloser(strings.NewReader(f.body))}, nil
}

// TestClocks looks for objects as if the clocks of AWS and of this machine differed by up to a minute: in the prefixes of the hours
// before and after, and among those that seem to be older than the run's first event.
func TestClocks(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, time.July, 1, 12, 1, 30, 0, time.UTC) // a buffer of 60 s reaches back to 12:00:30
	for _, test := range []struct {
		name     string
		now      time.Time
		written  time.Duration // before the run's first event
		prefixes []string
		read     bool
	}{
		{"within a minute", began.Add(58 * time.Minute), 59 * time.Second, []string{"hour=11", "hour=12", "hour=13"}, true},
		{"over a minute", began.Add(50 * time.Minute), 61 * time.Second, []string{"hour=11", "hour=12"}, false},
	} {
		var prefixes []string
		read := false
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			prefix := r.URL.Query().Get("prefix")
			if prefix == "" {
				read = true
				_, _ = io.WriteString(w, "line\n")
				return
			}
			prefixes = append(prefixes, regexp.MustCompile("hour=[0-9]+").FindString(prefix))
			_, _ = io.WriteString(w, "<ListBucketResult><Contents><Key>"+prefix+"o</Key><Size>5</Size><LastModified>"+
				began.Add(-test.written).Format(time.RFC3339)+"</LastModified></Contents></ListBucketResult>")
		}))
		t.Cleanup(server.Close)
		a := newAccount(t, nil)
		r := deployedRun(t, "dev", a)
		a.server = server
		r.AWS, r.Clock = a.clients(), clockwork.NewFakeClockAt(test.now)
		r.lines, r.own, r.heads = map[string]int{}, map[string]int{}, map[string]head{}
		r.events = []*event{{requestID: "one", data: []byte("line"), asked: began}}
		lines := 0
		if err := r.readObjects(t.Context(), map[string]bool{}, &lines); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(prefixes, test.prefixes) || read != test.read {
			t.Errorf("%s: it lists %v and reads an object: %t; want %v and %t", test.name, prefixes, read, test.prefixes, test.read)
		}
	}
}

// TestSmoke holds that each smoke test looks into the bucket: a line of an object is the event, or Athena has a row of a new one.
func TestSmoke(t *testing.T) {
	t.Parallel()
	for golden, last := range map[string]string{"dev": "way/bucket", "option-query": "way/bucket", "option-parquet": "surroundings/query"} {
		var shown []string
		r := deployedRun(t, golden, newAccount(t, nil))
		r.events = []*event{{data: []byte("{}")}}
		for _, c := range checksOf(r.Pipeline, nil, true) {
			if c.hidden == nil || c.hidden(r) == "" {
				shown = append(shown, c.id)
			}
		}
		if want := []string{"way/submit", "way/stream", last}; !slices.Equal(shown, want) {
			t.Errorf("%s: the smoke test shows %v, want %v", golden, shown, want)
		}
	}
}
