package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/internal/pipes"
)

// steadily serves a handler as the AWS address does, and calls with with a connection to it.
func steadily(t *testing.T, handler http.HandlerFunc, with func(client net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &Pipeline{opts: Options{Logger: slog.New(slog.DiscardHandler), Clock: clockwork.NewRealClock()}}
		server := p.newAWSServer(handler)
		listener := make(pipes.Listener)
		ended := make(chan error)
		go func() { ended <- server.Serve(listener) }()
		client := listener.Dial()
		with(client)
		_ = client.Close()
		close(listener)
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		_ = server.Close()
	})
}

func answerOf(t *testing.T, client net.Conn) string {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.Status + " " + string(text)
}

// isClosedAfter fails unless the server closes the connection at a time.
func isClosedAfter(t *testing.T, client net.Conn, want time.Duration) {
	t.Helper()
	began := time.Now()
	_ = client.SetReadDeadline(began.Add(time.Hour))
	_, err := io.Copy(io.Discard, client)
	if took := time.Since(began); err != nil || took != want {
		t.Errorf("closed after %s with %v, want %s", took, err, want)
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	steadily(t, func(http.ResponseWriter, *http.Request) {}, func(client net.Conn) {
		for range 2 { // the second before idleTime is over
			_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if got := answerOf(t, client); got != "200 OK " {
				t.Error(got)
			}
			time.Sleep(idleTime - time.Second)
		}
		isClosedAfter(t, client, time.Second)
	})
	steadily(t, func(http.ResponseWriter, *http.Request) {}, func(client net.Conn) { isClosedAfter(t, client, headerTime) })
	steadily(t, func(http.ResponseWriter, *http.Request) {}, func(client net.Conn) {
		_, _ = io.WriteString(client, "PRI * HTTP/2.0\r\n\r\n") // half of HTTP/2's preface
		isClosedAfter(t, client, headerTime)
	})
}

// overHTTP2 is a client that speaks HTTP/2 with prior knowledge on a connection, as AWS's JavaScript SDK does to Kinesis.
func overHTTP2(client net.Conn) *http.Transport {
	transport := &http.Transport{
		Protocols:   new(http.Protocols),
		DialContext: func(context.Context, string, string) (net.Conn, error) { return client, nil },
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return transport
}

// ended is a connection that notes when the other side closed it.
type ended struct {
	net.Conn
	at chan time.Time
}

func (e ended) Read(to []byte) (int, error) {
	n, err := e.Conn.Read(to)
	if err != nil {
		select {
		case e.at <- time.Now():
		default:
		}
	}
	return n, err
}

// sendOverHTTP2 sends a PUT and returns its answer.
func sendOverHTTP2(t *testing.T, transport *http.Transport, body io.Reader) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPut, "http://x/", body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.Proto + " " + answer.Status + " " + string(text)
}

// The bounds of a client's time over HTTP/1.1 also hold over HTTP/2 without TLS.
func TestHTTP2HasToMove(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "ended", http.StatusBadRequest)
			return
		}
		_, _ = w.Write(bytes.ToUpper(text))
	}
	steadily(t, echo, func(client net.Conn) {
		connection := ended{client, make(chan time.Time, 1)}
		transport := overHTTP2(connection)
		defer transport.CloseIdleConnections()
		for range 2 {
			body, write := io.Pipe()
			go func() {
				for range 3 {
					time.Sleep(bodyStall - time.Second)
					_, _ = io.WriteString(write, "x")
				}
				_ = write.Close()
			}()
			if got := sendOverHTTP2(t, transport, body); got != "HTTP/2.0 200 OK XXX" {
				t.Error(got)
			}
		}
		began := time.Now()
		if took := (<-connection.at).Sub(began); took < idleTime || took > idleTime+5*time.Second { // it sends GOAWAY first
			t.Errorf("idle, it is closed after %s, want %s", took, idleTime)
		}
	})
	steadily(t, echo, func(client net.Conn) {
		transport := overHTTP2(client)
		defer transport.CloseIdleConnections()
		body, write := io.Pipe()
		defer func() { _ = write.Close() }()
		began := time.Now()
		got := sendOverHTTP2(t, transport, body)
		if took := time.Since(began); got != "HTTP/2.0 400 Bad Request ended\n" || took != bodyStall {
			t.Errorf("%s after %s, want 400 after %s", got, took, bodyStall)
		}
	})
}

// The connection of an HTTP/2 client that reads no more is ended.
func TestHTTP2DownloadsHaveToMove(t *testing.T) {
	steadily(t, func(w http.ResponseWriter, _ *http.Request) {
		began := time.Now()
		_, err := io.Copy(w, bytes.NewReader(make([]byte, 8<<20)))
		if took := time.Since(began); err == nil || took > answerStall+time.Second {
			t.Errorf("%v after %s, want an error after %s", err, took, answerStall)
		}
	}, func(client net.Conn) {
		transport := overHTTP2(client)
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://x/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * answerStall) // its window is full
		if _, err := io.ReadAll(answer.Body); err == nil {
			t.Error("the answer came whole")
		}
		_ = answer.Body.Close()
	})
}

// An upload may take hours as long as data arrives; a stalled one is ended.
func TestUploadsHaveToMove(t *testing.T) {
	count := func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "ended", http.StatusBadRequest)
			return
		}
		time.Sleep(3 * time.Hour) // as long as it likes: the client waits
		_, _ = w.Write(bytes.ToUpper(text))
	}
	const head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
	steadily(t, count, func(client net.Conn) {
		_, _ = io.WriteString(client, head)
		for range 100 {
			time.Sleep(bodyStall - time.Second)
			_, _ = io.WriteString(client, "x")
		}
		if got, want := answerOf(t, client), "200 OK "+string(bytes.Repeat([]byte("X"), 100)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	steadily(t, count, func(client net.Conn) {
		_, _ = io.WriteString(client, head+"x")
		began := time.Now()
		got := answerOf(t, client)
		if took := time.Since(began); got != "400 Bad Request ended\n" || took != bodyStall {
			t.Errorf("%s after %s, want 400 after %s", got, took, bodyStall)
		}
	})
	ignore := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	steadily(t, ignore, func(client net.Conn) { // net/http would wait for the rest
		_, _ = io.WriteString(client, head+"x")
		isClosedAfter(t, client, bodyStall)
	})
}

// A client that waits to be asked for its body is answered at once, and a refusal leaves the body unread. The next request on a
// connection that stays open gets its own answer.
func TestClientsThatWaitToBeAsked(t *testing.T) {
	const asked = "HTTP/1.1 100 Continue\r\n\r\n"
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			_ = r.Body.Close() // as a handler does that checks the headers only then
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.Copy(w, r.Body)
	}
	for _, test := range []struct{ name, path, length, body, interim, answer string }{
		{"refused", "/refused", "Content-Length: 200000", "", "", "404 Not Found "},
		{"refused, in chunks", "/refused", "Transfer-Encoding: chunked", "", "", "404 Not Found "},
		{"taken", "/", "Content-Length: 3", "abc", asked, "200 OK abc"},
		{"empty", "/", "Content-Length: 0", "", asked, "200 OK "},
		{"empty, by no length", "/", "X: y", "", asked, "200 OK "},
		{"empty and refused", "/refused", "Content-Length: 0", "", asked, "404 Not Found "},
	} {
		steadily(t, handler, func(client net.Conn) {
			began := time.Now()
			_, _ = io.WriteString(client, "PUT "+test.path+" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"+test.length+"\r\n\r\n")
			interim := make([]byte, len(test.interim))
			if _, err := io.ReadFull(client, interim); err != nil || string(interim) != test.interim {
				t.Errorf("%s: first %q, error %v; want %q", test.name, interim, err, test.interim)
			}
			if test.body != "" { // a pipe would pass on an empty piece
				_, _ = io.WriteString(client, test.body)
			}
			if got := answerOf(t, client); got != test.answer || time.Since(began) > time.Second {
				t.Errorf("%s: %s after %s, want %s at once", test.name, got, time.Since(began), test.answer)
			}
			if test.interim == "" {
				isClosedAfter(t, client, bodyStall) // if the client does not, as the answer told it to
				return
			}
			_, _ = io.WriteString(client, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ndef")
			if got := answerOf(t, client); got != "200 OK def" {
				t.Errorf("%s, then: %s", test.name, got)
			}
		})
	}
}

// A download may take hours as long as the client reads; a stalled one is ended.
func TestDownloadsHaveToMove(t *testing.T) {
	const size = 1 << 20
	type outcome struct {
		err  error
		took time.Duration
	}
	var ended atomic.Pointer[outcome]
	send := func(w http.ResponseWriter, _ *http.Request) {
		began := time.Now()
		_, err := io.Copy(w, bytes.NewReader(make([]byte, size)))
		ended.Store(&outcome{err, time.Since(began)})
	}
	steadily(t, send, func(client net.Conn) {
		_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		read, piece := 0, make([]byte, 16<<10)
		for {
			time.Sleep(answerStall / 6) // net/http writes 4 KiB of its own at a time
			n, err := client.Read(piece)
			if read += n; err != nil {
				break
			}
		}
		if read < size {
			t.Errorf("%d bytes came", read)
		}
		if o := ended.Load(); o.err != nil || o.took < time.Hour {
			t.Errorf("%v after %s", o.err, o.took)
		}
	})
	steadily(t, send, func(client net.Conn) {
		_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(2 * answerStall)
		if o := ended.Load(); o == nil || o.err == nil || o.took != answerStall {
			t.Errorf("%+v, want an error after %s", o, answerStall)
		}
	})
}

// A handler may bound the time of an answer. The bound ends with the answer, so the connection can ask a later client to go on.
func TestADownloadWithABoundOfItsOwn(t *testing.T) {
	const bound = 10 * time.Second
	ended := make(chan time.Duration, 1)
	bounded := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		began, control := time.Now(), http.NewResponseController(w)
		_ = control.SetWriteDeadline(began.Add(bound))
		defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
		if _, err := io.Copy(w, strings.NewReader(strings.Repeat("x", len(r.URL.Path)))); err != nil {
			ended <- time.Since(began)
		}
	}
	steadily(t, bounded, func(client net.Conn) {
		_, _ = io.WriteString(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := answerOf(t, client); got != "200 OK xx" {
			t.Error(got)
		}
		time.Sleep(2 * bound)
		_, _ = io.WriteString(client, "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
		if got := answerOf(t, client); got != "100 Continue " {
			t.Error(got)
		}
		_, _ = io.WriteString(client, "x")
		if got := answerOf(t, client); got != "200 OK xx" {
			t.Error(got)
		}
		_, _ = io.WriteString(client, "GET /"+strings.Repeat("a", 100<<10)+" HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(2 * bound)
		if took := <-ended; took != bound {
			t.Errorf("it ended after %s, want %s", took, bound)
		}
	})
}

// An answer of headers alone is sent, however long the handler took.
func TestLateAnswersWithoutABody(t *testing.T) {
	steadily(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			time.Sleep(3 * answerStall)
		}
		w.WriteHeader(http.StatusNoContent)
	}, func(client net.Conn) {
		for _, path := range []string{"/", "/late"} {
			_, _ = io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
			if got := answerOf(t, client); got != "204 No Content " {
				t.Errorf("%s: %s", path, got)
			}
		}
	})
}

// A client that writes its whole request before it reads gets the answer of a handler that does not read it, and no broken connection.
func TestRefusedBodiesAreAnswered(t *testing.T) {
	p := &Pipeline{opts: Options{Logger: slog.New(slog.DiscardHandler), Clock: clockwork.NewRealClock()}}
	server := p.newAWSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	}))
	listener, err := listen("--aws", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	for _, size := range []int{300_000, 17_000_000, 60_000_000} {
		for name, head := range map[string]string{
			"length": fmt.Sprintf("Content-Length: %d\r\n\r\n", size), "chunks": fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", size),
		} {
			client, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			text := "POST / HTTP/1.1\r\nHost: x\r\n" + head + strings.Repeat("x", size)
			if name == "chunks" {
				text += "\r\n0\r\n\r\n"
			}
			if _, err := io.WriteString(client, text); err != nil {
				t.Errorf("%d bytes, %s: %v", size, name, err)
			} else if got := answerOf(t, client); got != "413 Request Entity Too Large too large\n" {
				t.Errorf("%d bytes, %s: %s", size, name, got)
			}
			_ = client.Close()
		}
	}
}

// A refused body that does not come, or that its client has not begun to send, delays the answer by no more than a second.
func TestRefusedBodiesThatStall(t *testing.T) {
	for expect, most := range map[string]time.Duration{"": time.Second, "Expect: 100-continue\r\n": 0} {
		steadily(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, func(client net.Conn) {
			began := time.Now()
			go func() {
				_, _ = io.WriteString(client, "PUT / HTTP/1.1\r\nHost: x\r\n"+expect+"Content-Length: 20000000\r\n\r\n")
			}()
			if got, took := answerOf(t, client), time.Since(began); got != "403 Forbidden no\n" || took > most {
				t.Errorf("%q: %s after %s", expect, got, took)
			}
			time.Sleep(time.Second) // net/http's, before it closes the connection
		})
	}
}

// A listener that runs out of files is shown at the default level, once a minute.
func TestConnectionsThatCannotBeAccepted(t *testing.T) {
	clock := clockwork.NewFakeClock()
	var text bytes.Buffer
	server := log.New(&serverLog{logger: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn})), clock: clock}, "", 0)
	for range 3 {
		server.Print("http: Accept error: accept tcp 127.0.0.1:8080: accept4: too many open files; retrying in 1s")
		server.Print("http: TLS handshake error from 127.0.0.1:1: EOF")
		clock.Advance(30 * time.Second)
	}
	if n := strings.Count(text.String(), "too many open files"); n != 2 || strings.Contains(text.String(), "handshake") {
		t.Errorf("the log is\n%s", &text)
	}
}
