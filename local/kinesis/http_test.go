package kinesis_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cdk.tf/go/ingest/local/kinesis"
)

func TestHTTP(t *testing.T) {
	s := open(t, kinesis.Options{}, nil)
	const (
		amz      = "application/x-amz-json-1.1"
		cbor     = "application/x-amz-cbor-1.1"
		signed   = "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c"
		none     = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n"
		list     = "Kinesis_20131202.ListStreams"
		empty    = `{"HasMoreStreams":false,"StreamNames":[],"StreamSummaries":[]}`
		serial   = `{"__type":"SerializationException"}`
		unknown  = `{"__type":"UnknownOperationException"}`
		other    = `{"__type":"UnknownOperationException","message":"Kinesis's operation \"RegisterStreamConsumer\" is not imitated on one machine; these are: ` + imitated + `"}`
		inCBOR   = "\xa1\x66__type\x76SerializationException"
		nothing  = "\xa1\x66__type\x78\x19UnknownOperationException"
		refusal  = "\xa2\x66__type\x76SerializationException\x67message\x78"
		noFields = `{"__type":"IncompleteSignatureException","message":"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=X"}`
	)
	for _, test := range []struct {
		name, method, contentType, target, auth, query, body string
		status                                               int
		want, wantType                                       string
	}{
		{"a call", "POST", amz, list, signed, "", "{}", 200, empty, amz},
		{"with a charset", "POST", " " + amz + " ; charset=utf-8", list, signed, "", "{}", 200, empty, amz},
		{"GET", "GET", amz, list, signed, "", "", 403, none, ""},
		{"no body", "POST", amz, list, signed, "", "", 400, serial, amz},
		{"no body, no action", "POST", amz, "", signed, "", "", 400, unknown, amz},
		{"no body, no type", "POST", "", list, signed, "", "", 400, inCBOR, cbor},
		{"nothing", "POST", "", "", signed, "", "", 400, nothing, cbor},
		{"no type", "POST", "", list, signed, "", "{}", 404, "<UnknownOperationException/>\n", ""},
		{"no type, no action", "POST", "", "", signed, "", "{}", 403, none, ""},
		{"CBOR", "POST", cbor, list, signed, "", "\xa0", 400, refusal, cbor},
		{"plain JSON", "POST", "application/json", list, signed, "", "{}", 404, `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`, "application/json"},
		{"plain rubbish", "POST", "application/json", list, signed, "", "x", 400, `{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}`, "application/json"},
		{"no JSON", "POST", amz, list, signed, "", "hello", 400, serial, amz},
		{"half JSON", "POST", amz, list, signed, "", `{"Limit":`, 400, serial, amz},
		{"a list", "POST", amz, list, signed, "", "[]", 400, serial, amz},
		{"another action", "POST", amz, "Kinesis_20131202.RegisterStreamConsumer", signed, "", "{}", 400, other, amz},
		{"another service", "POST", amz, "DynamoDB_20120810.RegisterStreamConsumer", signed, "", "{}", 400, other, amz},
		{"not signed", "POST", amz, list, "", "", "{}", 400, `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`, amz},
		{"half signed", "POST", amz, list, "X", "", "{}", 400, noFields, amz},
		{"signed twice", "POST", amz, list, signed, "?X-Amz-Algorithm=x", "{}", 400, `{"__type":"InvalidSignatureException","message":"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."}`, amz},
		{"signed in the query", "POST", amz, list, "", "?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d&X-Amz-Date=e", "{}", 200, empty, amz},
		{"half signed in the query", "POST", amz, list, "", "?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d", "{}", 400,
			`{"__type":"IncompleteSignatureException","message":"AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."}`, amz},
		{"too large", "POST", amz, list, signed, "", strings.Repeat(" ", 15<<20+1), 413, "", ""},
	} {
		r := httptest.NewRequest(test.method, "/"+test.query, strings.NewReader(test.body))
		for name, value := range map[string]string{"Content-Type": test.contentType, "X-Amz-Target": test.target, "Authorization": test.auth, "X-Amz-Date": "20260304T120000Z"} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if test.want == refusal {
			if body := w.Body.String(); !strings.HasPrefix(body, refusal) || !strings.Contains(body, "aws.cborEnabled=false") {
				t.Errorf("%s: %q", test.name, body)
			}
			w.Body.Reset()
			w.Body.WriteString(refusal)
		}
		if w.Code != test.status || w.Body.String() != test.want || w.Header().Get("Content-Type") != test.wantType {
			t.Errorf("%s: %d %s %q\nwant %d %s %q", test.name, w.Code, w.Header().Get("Content-Type"), w.Body, test.status, test.wantType, test.want)
		}
		if test.status != 413 && (len(w.Header().Get("X-Amzn-Requestid")) != 36 || len(w.Header().Get("X-Amz-Id-2")) != 96) {
			t.Errorf("%s: %v", test.name, w.Header())
		}
	}
}

// announced is a body of which one byte comes. Its reads then block until the end.
type announced struct {
	sent bool
	end  chan struct{}
}

func (a *announced) Read(to []byte) (int, error) {
	if a.sent {
		<-a.end
		return 0, io.ErrUnexpectedEOF
	}
	a.sent = true
	return copy(to, "{"), nil
}

// A body that was only announced takes no memory.
func TestAnnouncedBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, kinesis.Options{}, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		end := make(chan struct{})
		var group sync.WaitGroup
		for range 60 {
			group.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/", &announced{end: end})
				r.ContentLength = 15_000_000
				w := httptest.NewRecorder()
				if s.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
					t.Errorf("%d", w.Code)
				}
			})
		}
		synctest.Wait()
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 60 {
			t.Errorf("60 bodies of one byte took %d MiB", took)
		}
		close(end)
		group.Wait()
	})
}

func signedCall(action, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header = http.Header{
		"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"Kinesis_20131202." + action}, "X-Amz-Date": {"20260304T120000Z"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c"},
	}
	return r
}

// Large calls that come at once are all answered, and few of them at the same time.
func TestLargeCallsWait(t *testing.T) {
	s := open(t, kinesis.Options{Unlimited: true}, map[string]int{"e": 1})
	data := base64.StdEncoding.EncodeToString(make([]byte, 1<<20-1))
	body := fmt.Sprintf(`{"StreamName":"e","Records":[%s]}`, strings.TrimSuffix(strings.Repeat(`{"PartitionKey":"k","Data":"`+data+`"},`, 9), ","))
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, signedCall("PutRecords", body)); w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	most := int64(0)
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for tick := time.NewTicker(time.Millisecond); ; {
		select {
		case <-tick.C:
			most = max(most, kinesis.BodiesHeld(s))
			continue
		case <-done:
		}
		break
	}
	if held := kinesis.BodiesHeld(s); most > 47<<20 || held != 0 {
		t.Errorf("the bodies held up to %d bytes, and %d at the end", most, held)
	}
}

// stuckWriter counts the answers that are being written. None goes on before the end.
type stuckWriter struct {
	*httptest.ResponseRecorder
	writing *atomic.Int32
	end     chan struct{}
}

func (s stuckWriter) Write(text []byte) (int, error) {
	s.writing.Add(1)
	<-s.end
	return s.ResponseRecorder.Write(text)
}

// Large answers wait until there is room for them, and take none from calls that put records or that read what has just come.
func TestLargeAnswersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, kinesis.Options{Unlimited: true}, map[string]int{"e": 1})
		put := func(data string) {
			body := fmt.Sprintf(`{"StreamName":"e","PartitionKey":"k","Data":%q}`, base64.StdEncoding.EncodeToString([]byte(data)))
			if r := s.Do(t.Context(), "PutRecord", []byte(body)); r.Status != http.StatusOK {
				t.Fatalf("%d %s", r.Status, r.Body)
			}
		}
		iterator := func(typ string) string {
			r := s.Do(t.Context(), "GetShardIterator", []byte(`{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"`+typ+`"}`))
			return string(r.Body)
		}
		for range 11 {
			put(strings.Repeat("x", 1_000_000))
		}
		oldest, latest := iterator("TRIM_HORIZON"), iterator("LATEST")
		var writing atomic.Int32
		end := make(chan struct{})
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				w := stuckWriter{httptest.NewRecorder(), &writing, end}
				if s.ServeHTTP(w, signedCall("GetRecords", oldest)); w.Code != http.StatusOK || w.Body.Len() < 13_000_000 {
					t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
				}
			})
		}
		synctest.Wait()
		if n, held := writing.Load(), kinesis.AnswersHeld(s); n != 3 || held < 39_000_000 || held > 3*15<<20 {
			t.Errorf("%d answers are written at once, and hold %d bytes", n, held)
		}
		put("small")
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, signedCall("GetRecords", iterator("LATEST"))); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		close(end)
		group.Wait()
		w = httptest.NewRecorder()
		if s.ServeHTTP(w, signedCall("GetRecords", latest)); !strings.Contains(w.Body.String(), `"Data":"c21hbGw="`) || kinesis.AnswersHeld(s) != 0 {
			t.Errorf("%d %s, and %d bytes are held", w.Code, w.Body, kinesis.AnswersHeld(s))
		}
	})
}

// A web page may not call: its browser first sends a preflight, which names no action, and the answer does not allow the call.
func TestNoPermissionForWebPages(t *testing.T) {
	s := open(t, kinesis.Options{}, nil)
	for _, method := range []string{http.MethodOptions, http.MethodPost} {
		r := httptest.NewRequest(method, "/", strings.NewReader("{}"))
		r.Header.Set("Origin", "https://a.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s is answered with %s", method, name)
			}
		}
	}
}
