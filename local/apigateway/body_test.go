package apigateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/internal/pipes"
)

var padding = bytes.Repeat([]byte("x"), 32<<10)

// bigBody is a JSON object of a length. It is generated, and takes no memory.
type bigBody struct {
	head, tail string
	left       int
	reads      int
}

func newBigBody(length int) *bigBody {
	b := &bigBody{head: `{"padding":"`, tail: `"}`}
	b.left = length - len(b.head) - len(b.tail)
	return b
}

func (b *bigBody) Read(to []byte) (int, error) {
	b.reads++
	switch {
	case b.head != "":
		n := copy(to, b.head)
		b.head = b.head[n:]
		return n, nil
	case b.left > 0:
		n := copy(to, padding[:min(len(padding), b.left)])
		b.left -= n
		return n, nil
	case b.tail != "":
		n := copy(to, b.tail)
		b.tail = b.tail[n:]
		return n, nil
	}
	return 0, io.EOF
}

func (b *bigBody) Close() error { return nil }

// bigRequest posts a body. Its length is -1 if it is chunked.
func bigRequest(body *bigBody, length int64) *http.Request {
	r := request(http.MethodPost, "/dev/submit", "", "Content-Type: application/json")
	r.Body, r.ContentLength = body, length
	return r
}

// BenchmarkBigBodies sends 20 bodies of 10 MB at once, as long as they are allowed to be, and reports the memory that this
// took: the most that was live or garbage at one time, and what the process had of the system's after it.
func BenchmarkBigBodies(b *testing.B) {
	for name, length := range map[string]int64{"length": 10 << 20, "chunks": -1} {
		b.Run(name, func(b *testing.B) { benchmarkBigBodies(b, length) })
	}
}

func benchmarkBigBodies(b *testing.B, length int64) {
	const atOnce, size = 20, 10 << 20
	g := serve(b, loadRaw(b, "dev"), unlimited, func(o *apigateway.Options) {
		o.AccessLog, o.Clock, o.Logger = io.Discard, clockwork.NewRealClock(), slog.New(slog.DiscardHandler)
		o.Invoke = func(_ context.Context, call apigateway.Call) (apigateway.Answer, error) {
			var record struct{ Data []byte } // as Kinesis does
			if err := json.Unmarshal(call.Body, &record); err != nil || len(record.Data) != size {
				b.Errorf("%d bytes: %v", len(record.Data), err)
			}
			return apigateway.Answer{Status: http.StatusOK, Body: []byte(accepted)}, nil
		}
	})
	runtime.GC()
	peak := watchHeap()
	b.SetBytes(atOnce * size)
	for b.Loop() {
		var group sync.WaitGroup
		for range atOnce {
			group.Go(func() {
				g.ServeHTTP(&nowhere{http.Header{}}, bigRequest(newBigBody(size), length))
			})
		}
		group.Wait()
	}
	b.ReportMetric(float64(peak())/(1<<20), "peak-heap-MiB")
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapSys-after.HeapReleased)/(1<<20), "kept-heap-MiB")
	if status := g.Status(); status.Answers["200"] != status.Requests {
		b.Errorf("%v", status.Answers)
	}
}

// watchHeap samples the heap. The function that it returns stops it and returns the maximum in bytes.
func watchHeap() func() uint64 {
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-done:
				most <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(done)
		return <-most
	}
}

const mib = 1 << 20

// At most 64 MiB of bodies are served at the same time. Others wait in order, and are read only as far as there is room. Small ones
// do not wait.
func TestBigBodiesWait(t *testing.T) {
	for name, length := range map[string]int64{"length": 10 * mib, "chunks": -1} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testBigBodiesWait(t, length) }) })
	}
}

func testBigBodiesWait(t *testing.T, length int64) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	answer := make(chan struct{})
	g.kinesis.answer = func(_ context.Context, call apigateway.Call) (apigateway.Answer, error) {
		if len(call.Body) > mib {
			<-answer
		}
		return apigateway.Answer{Status: http.StatusOK, Body: []byte(accepted)}, nil
	}
	calls := func() int {
		synctest.Wait()
		g.kinesis.mutex.Lock()
		defer g.kinesis.mutex.Unlock()
		return len(g.kinesis.calls)
	}
	var group sync.WaitGroup
	start := func(body *bigBody, length int64) {
		group.Go(func() {
			if a := g.do(bigRequest(body, length)); a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
		synctest.Wait()
	}
	for range 6 {
		start(newBigBody(10*mib), length)
	}
	seventh, eighth := newBigBody(10*mib), newBigBody(2*mib)
	start(seventh, 10*mib)
	start(eighth, 2*mib) // would fit
	if n := calls(); n != 6 || seventh.left < 5*mib || eighth.reads > 0 {
		t.Errorf("%d bodies of 10 MiB are served at once, want 6; of the next, %d bytes are left, and it was read %d times", n, seventh.left, eighth.reads)
	}
	if a := g.post(ok); a.status != http.StatusOK {
		t.Errorf("a small body: %d %s", a.status, a.body)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := newBigBody(mib)
	group.Go(func() {
		if a := g.do(bigRequest(gone, mib).WithContext(ctx)); a.status != http.StatusBadRequest {
			t.Errorf("a client that goes away: %d %s", a.status, a.body)
		}
	})
	synctest.Wait()
	cancel()
	answer <- struct{}{}
	if n := calls(); n != 6+1+2 {
		t.Errorf("%d calls after the first answer, want 9", n)
	}
	close(answer)
	group.Wait()
}

// A request returns all its room, however it ends.
func TestRoomForBodiesIsGivenBack(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{}, errors.New("gone")
	}
	for name, test := range map[string]struct {
		size   int
		length int64
		status int
	}{
		"a failing call":    {10 * mib, 10 * mib, http.StatusBadGateway},
		"chunks":            {10 * mib, -1, http.StatusBadGateway},
		"few chunks":        {mib, -1, http.StatusBadGateway},
		"too many chunks":   {10*mib + 1, -1, http.StatusRequestEntityTooLarge},
		"less than it said": {9 * mib, 10 * mib, http.StatusBadRequest},
	} {
		for range 8 { // more than there is room for
			if a := g.do(bigRequest(newBigBody(test.size), test.length)); a.status != test.status {
				t.Fatalf("%s: %d %s", name, a.status, a.body)
			}
		}
	}
}

// A body of up to 10 MiB is passed on whole, however it arrives.
func TestBodiesAreWhole(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	for _, size := range []int{100, 64 << 10, 64<<10 + 1, 5*mib - 1, 10 * mib} {
		want, _ := io.ReadAll(newBigBody(size))
		for _, length := range []int64{int64(size), -1} {
			if a := g.do(bigRequest(newBigBody(size), length)); a.status != http.StatusOK {
				t.Errorf("%d of length %d: %d %s", size, length, a.status, a.body)
				continue
			}
			var record struct{ Data []byte }
			call := g.kinesis.calls[len(g.kinesis.calls)-1]
			if err := json.Unmarshal(call.Body, &record); err != nil || !bytes.Equal(record.Data, want) {
				t.Errorf("%d of length %d: %d bytes arrived: %v", size, length, len(record.Data), err)
			}
		}
	}
}

// A client that writes the whole of a refused request before it reads gets the answer, and no connection reset.
func TestRefusedBodiesAreAnswered(t *testing.T) {
	server := httptest.NewServer(serve(t, loadRaw(t, "dev")))
	t.Cleanup(server.Close)
	length := func(path string, n int) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, n, strings.Repeat("x", n))
	}
	chunks := func(path string, n int) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", path, n, strings.Repeat("x", n))
	}
	const tooLong = `{"message":"Request Too Long"}`
	for _, test := range []struct {
		name, sent string
		status     int
		body       string
		closed     bool
	}{
		{"a length", length("/dev/submit", 12*mib), 413, tooLong, true},
		{"chunks", chunks("/dev/submit", 12*mib), 413, tooLong, true},
		{"a length at the bound", length("/dev/submit", 16*mib-1), 413, tooLong, true},
		{"no route", length("/dev/nowhere", 12*mib), 403, "Missing Authentication Token", false},
		{"no stage", chunks("/prod/submit", 12*mib), 403, `{"message":"Forbidden"}`, false},
		{"one that waits to be asked", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 12000000\r\nExpect: 100-continue\r\n\r\n", 413, tooLong, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			connection := dial(t, server)
			if _, err := io.WriteString(connection, test.sent); err != nil {
				t.Fatal(err)
			}
			answers := bufio.NewReader(connection)
			if status, body, closed := readAnswer(t, answers); status != test.status || !strings.Contains(body, test.body) || closed != test.closed {
				t.Errorf("%d %s, closed %t", status, body, closed)
			}
			if test.closed {
				return
			}
			if _, err := io.WriteString(connection, length("/dev/submit", 0)); err != nil {
				t.Fatal(err)
			}
			if status, body, _ := readAnswer(t, answers); status != 400 {
				t.Errorf("the next request: %d %s", status, body)
			}
		})
	}
}

func readAnswer(t *testing.T, from *bufio.Reader) (status int, body string, closed bool) {
	t.Helper()
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Close
}

// The API does not read without end from a client that never stops writing.
func TestAnEndlessBodyIsCutOff(t *testing.T) {
	server := httptest.NewServer(serve(t, loadRaw(t, "dev")))
	t.Cleanup(server.Close)
	connection := dial(t, server)
	const size = 100 * mib
	written := make(chan int64)
	go func() {
		_, _ = fmt.Fprintf(connection, "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
		n, _ := io.Copy(connection, newBigBody(size)) // ends in an error of the network's
		written <- n
	}()
	if status, body, closed := readAnswer(t, bufio.NewReader(connection)); status != 413 || body != `{"message":"Request Too Long"}` || !closed {
		t.Errorf("%d %s, closed %t", status, body, closed)
	}
	if n := <-written; n > size/2 {
		t.Errorf("%d bytes were taken from the client", n)
	}
}

// stalled is a connection whose client stops in the middle of its body: reads block until the deadline.
type stalled struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (s *stalled) SetReadDeadline(at time.Time) error {
	s.deadlines = append(s.deadlines, at)
	return nil
}

func (s *stalled) Read([]byte) (int, error) {
	if len(s.deadlines) == 0 {
		return 0, errors.New("nothing ever comes")
	}
	return 0, os.ErrDeadlineExceeded
}

func (s *stalled) Close() error { return nil }

func TestAStalledBodyIsCutOff(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"))
	connection := &stalled{ResponseRecorder: httptest.NewRecorder()}
	r := request(http.MethodPost, "/dev/submit", "")
	r.Body, r.ContentLength = connection, 12*mib
	before := time.Now()
	g.ServeHTTP(connection, r)
	if connection.Code != 413 || connection.Header().Get("Connection") != "close" {
		t.Errorf("%d %v", connection.Code, connection.Header())
	}
	// It stays: net/http reads on when the answer is written.
	if len(connection.deadlines) != 1 || connection.deadlines[0].Before(before) || connection.deadlines[0].After(time.Now().Add(time.Second)) {
		t.Errorf("at %v, the deadlines are %v", before, connection.deadlines)
	}
}

// Clients that stall, or send very slowly, do not keep other clients' large bodies waiting.
func TestBodiesHaveToKeepComing(t *testing.T) {
	for name, head := range map[string]string{"length": "Content-Length: 10485760\r\n\r\n", "chunks": "Transfer-Encoding: chunked\r\n\r\na00000\r\n"} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testBodiesHaveToKeepComing(t, head) }) })
	}
}

func testBodiesHaveToKeepComing(t *testing.T, head string) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	listener := make(pipes.Listener)
	server := &http.Server{Handler: g, ReadTimeout: time.Minute} //nolint:gosec // as Pipeline has it
	go func() { _ = server.Serve(listener) }()
	began := time.Now()
	var group sync.WaitGroup
	send := func(head string, status int, least, most time.Duration, write func(net.Conn)) {
		connection := listener.Dial()
		group.Go(func() {
			_, _ = io.WriteString(connection, "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+head)
			write(connection)
		})
		group.Go(func() {
			got, body, _ := readAnswer(t, bufio.NewReader(connection))
			if took := time.Since(began); got != status || took < least || took > most {
				t.Errorf("%d %s after %s; want %d after %s to %s", got, body, took, status, least, most)
			}
			_ = connection.Close()
		})
		synctest.Wait()
	}
	for i := range 40 {
		send(head, http.StatusRequestTimeout, 5*time.Second, 6*time.Second, func(c net.Conn) {
			_, _ = c.Write(padding)
			_, _ = c.Write(padding)
			_, _ = c.Write(padding[:2+i])
			for range 10 {
				time.Sleep(time.Second)
				_, _ = c.Write(padding[:10])
			}
		})
	}
	const whole = "Content-Length: 10485760\r\n\r\n"
	send(whole, http.StatusOK, 0, time.Second, func(c net.Conn) { _, _ = io.Copy(c, newBigBody(10*mib)) })
	send(whole, http.StatusOK, 50*time.Second, 60*time.Second, func(c net.Conn) { // slow, and steady
		body := newBigBody(10 * mib)
		for range 64 {
			_, _ = io.CopyN(c, body, 10*mib/64)
			time.Sleep(850 * time.Millisecond)
		}
	})
	group.Wait()
	close(listener)
	_ = server.Close()
}
