package apigateway_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"cdk.tf/go/ingest/local/apigateway"
)

func compressed(t testing.TB, coding, text string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&out)
	if coding == "deflate" {
		w = zlib.NewWriter(&out)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func postCoded(path, coding, body string) *http.Request {
	return request(http.MethodPost, path, body, "Content-Type: application/json", "Content-Encoding: "+coding)
}

// lastData is the data of the last record.
func (g *gateway) lastData() string {
	g.t.Helper()
	var record struct{ Data []byte }
	if err := json.Unmarshal(g.kinesis.calls[len(g.kinesis.calls)-1].Body, &record); err != nil {
		g.t.Fatal(err)
	}
	return string(record.Data)
}

// The record has the bytes that were compressed, whatever the size, where API.MinimumCompressionBytes is off or 0.
func TestCompressedBodiesAreWhole(t *testing.T) {
	off, on := serve(t, loadRaw(t, "dev"), unlimited), serve(t, loadRaw(t, "option-intake"), unlimited)
	for _, size := range []int{20, 64 << 10, 64<<10 + 1, 10 * mib} {
		want, _ := io.ReadAll(newBigBody(size))
		zipped, deflated := compressed(t, "gzip", string(want)), compressed(t, "deflate", string(want))
		for _, test := range []struct {
			g                  *gateway
			path, coding, sent string
			length             int64
		}{
			{on, "/option-intake/submit", "gzip", zipped, int64(len(zipped))},
			{on, "/option-intake/submit", "GZIP", zipped, -1},
			{on, "/option-intake/submit", "deflate", deflated, int64(len(deflated))},
			{on, "/option-intake/submit", "identity", string(want), int64(size)},
			{off, "/dev/submit", "gzip", zipped, int64(len(zipped))},
		} {
			r := postCoded(test.path, test.coding, test.sent)
			r.ContentLength = test.length
			if a := test.g.do(r); a.status != http.StatusOK {
				t.Errorf("%s: %d bytes in %s of length %d: %d %s", test.path, size, test.coding, test.length, a.status, a.body)
			} else if got := test.g.lastData(); got != string(want) {
				t.Errorf("%s: %d bytes in %s of length %d: %d bytes arrived", test.path, size, test.coding, test.length, len(got))
			}
		}
	}
}

// A large body that stays large as it is sent.
func TestIncompressibleBody(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	random := make([]byte, 4*mib)
	for i, state := 0, uint32(1); i < len(random); i++ {
		state = state*1664525 + 1013904223
		random[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[state>>26]
	}
	want := `{"a":"` + string(random) + `"}`
	sent := compressed(t, "gzip", want)
	if len(sent) < 2*mib {
		t.Fatalf("it was compressed to %d bytes", len(sent))
	}
	for range 8 { // more than there is room for
		if a := g.do(postCoded("/dev/submit", "gzip", sent)); a.status != http.StatusOK || g.lastData() != want {
			t.Fatalf("%d %.200s", a.status, a.body)
		}
	}
}

func TestWrongCodings(t *testing.T) {
	zipped := compressed(t, "gzip", ok)
	badSum := []byte(zipped)
	badSum[len(badSum)-8]++
	large := compressed(t, "gzip", `{"a":"`+strings.Repeat("x", mib)+`"}`)
	for _, test := range []struct {
		name, coding, body string
		status             int
		says               string
	}{
		{"no gzip", "gzip", ok, 415, "uncompressed or with the Content-Encoding gzip or deflate"},
		{"no zlib", "deflate", ok, 415, "uncompressed or with"},
		{"gzip as deflate", "deflate", zipped, 415, "uncompressed or with"},
		{"half of it", "gzip", zipped[:len(zipped)/2], 415, "uncompressed or with"},
		{"half of a large one", "gzip", large[:len(large)/2], 415, "uncompressed or with"},
		{"all but the end of a large one", "gzip", large[:len(large)-1], 415, "uncompressed or with"},
		{"a wrong checksum", "gzip", string(badSum), 415, "uncompressed or with"},
		{"more after it", "gzip", zipped + "x", 415, "uncompressed or with"},
		{"more after zlib", "deflate", compressed(t, "deflate", ok) + "x", 415, "uncompressed or with"},
		{"brotli", "br", ok, 415, "uncompressed or with"},
		{"two codings", "gzip, gzip", zipped, 415, "uncompressed or with"},
		{"an old name", "x-gzip", zipped, 415, "uncompressed or with"},
		{"two members", "gzip", compressed(t, "gzip", `{"a"`) + compressed(t, "gzip", `:1}`), 200, "accepted"},
		{"none", "", ok, 200, "accepted"},
		{"nothing", "gzip", "", 400, "Invalid request body"},
		{"compressed nothing", "gzip", compressed(t, "gzip", ""), 400, "Invalid request body"},
		{"what breaks the schema", "gzip", compressed(t, "gzip", "{}"), 400, "object has too few properties"},
		{"what is no JSON", "gzip", compressed(t, "gzip", "hello"), 400, "the body is not JSON"},
		{"compressed and not said", "identity", zipped, 400, "the body is not JSON"},
		{"a byte more than 10 MB", "gzip", compressed(t, "gzip", `{"a":"`+strings.Repeat("x", 10*mib-7)+`"}`), 413, "Request Too Long"},
		{"a byte more than 10 MB in zlib", "deflate", compressed(t, "deflate", `{"a":"`+strings.Repeat("x", 10*mib-7)+`"}`), 413, "Request Too Long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := serve(t, loadRaw(t, "option-intake"), unlimited)
			for range 8 { // more large ones than there is room for
				a := g.do(postCoded("/option-intake/submit", test.coding, test.body))
				if a.status != test.status || !strings.Contains(a.body, test.says) {
					t.Fatalf("%d %s, want %d %s", a.status, a.body, test.status, test.says)
				}
				if a.header["access-control-allow-origin"] != "*" && test.status != 413 {
					t.Errorf("no CORS: %v", a.header)
				}
			}
			if refused := len(g.kinesis.calls) == 0; refused != (test.status != 200) {
				t.Errorf("Kinesis was called %d times", len(g.kinesis.calls))
			}
		})
	}
}

// A body that is smaller than the minimum, as it was sent, stays compressed.
func TestSmallBodiesStayCompressed(t *testing.T) {
	r := loadRaw(t, "dev")
	zipped := compressed(t, "gzip", ok)
	for _, test := range []struct{ minimum, status int }{{-1, 200}, {0, 200}, {len(zipped), 200}, {len(zipped) + 1, 400}} {
		r.body("rest_api", "api")["minimum_compression_size"] = test.minimum
		g := serve(t, r)
		if a := g.do(postCoded("/dev/submit", "gzip", zipped)); a.status != test.status {
			t.Errorf("a minimum of %d: %d %s", test.minimum, a.status, a.body)
		}
	}
}

// A bomb is read up to 10 MB and no further, and takes no more memory than a large body.
func TestBombs(t *testing.T) {
	g := serve(t, loadRaw(t, "option-intake"), unlimited)
	bomb := compressed(t, "gzip", strings.Repeat("\x00", 64*mib))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := g.do(postCoded("/option-intake/submit", "gzip", bomb))
	runtime.ReadMemStats(&after)
	if a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", a.status, a.body)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 16*mib {
		t.Errorf("%d MiB were allocated for a body of %d bytes", took/mib, len(bomb))
	}
}

// Many bodies that become large, small and large as they are sent, at once: each waits for room, and none for another's end.
func TestCompressedBodiesWait(t *testing.T) {
	g := serve(t, loadRaw(t, "option-intake"), unlimited, func(o *apigateway.Options) { o.AccessLog = nil })
	small := compressed(t, "gzip", `{"a":"`+strings.Repeat("x", 9*mib)+`"}`)
	var stored bytes.Buffer
	w, _ := gzip.NewWriterLevel(&stored, gzip.NoCompression)
	_, _ = io.WriteString(w, `{"a":"`+strings.Repeat("x", 9*mib)+`"}`)
	_ = w.Close()
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			body := small
			if i%2 == 0 {
				body = stored.String()
			}
			if a := g.do(postCoded("/option-intake/submit", "gzip", body)); a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	group.Wait()
}

func TestCompressedAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		accept  []string
		minimum int
		want    string // the answer's coding
	}{
		{"gzip", []string{"gzip"}, 0, "gzip"},
		{"deflate", []string{"deflate"}, 0, "deflate"},
		{"a browser's", []string{"gzip, deflate, br, zstd"}, 0, "gzip"},
		{"the first of two", []string{"deflate,gzip"}, 0, "deflate"},
		{"the heavier of two", []string{"deflate;q=0.5,gzip;q=1.0"}, 0, "gzip"},
		{"with all else refused", []string{"gzip;q=1.0, identity; q=0.5, *;q=0"}, 0, "gzip"},
		{"in two headers", []string{"br;q=0.1", "GZIP"}, 0, "gzip"},
		{"one first that is not supported", []string{"br, gzip"}, 0, ""},
		{"identity first", []string{"identity, gzip;q=0.5"}, 0, ""},
		{"refused", []string{"gzip;q=0"}, 0, ""},
		{"any", []string{"*"}, 0, ""},
		{"nothing", []string{""}, 0, ""},
		{"no header", nil, 0, ""},
		{"a wrong weight", []string{"gzip;q=much"}, 0, ""},
		{"off", []string{"gzip"}, -1, ""},
		{"a small answer", []string{"gzip"}, 1024, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := loadRaw(t, "option-intake")
			r.body("rest_api", "api")["minimum_compression_size"] = test.minimum
			g := serve(t, r)
			do := request("POST", "/option-intake/submit", ok, "Content-Type: application/json", "X-Amzn-Requestid: "+someID)
			plain := g.do(do)
			do = request("POST", "/option-intake/submit", ok, "Content-Type: application/json", "X-Amzn-Requestid: "+someID)
			for _, accept := range test.accept {
				do.Header.Add("Accept-Encoding", accept)
			}
			a := g.do(do)
			if a.header["content-encoding"] != test.want || a.header["content-type"] != "application/json" {
				t.Fatalf("the answer's headers are %v, want the coding %q", a.header, test.want)
			}
			var reader io.Reader = strings.NewReader(a.body)
			var err error
			switch test.want {
			case "gzip":
				reader, err = gzip.NewReader(reader)
			case "deflate":
				reader, err = zlib.NewReader(reader)
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(reader); err != nil || string(text) != plain.body || plain.status != 200 {
				t.Errorf("%v: %s, want %s", err, text, plain.body)
			}
		})
	}
}

// API Gateway compresses answers of an integration alone, and only those with a body.
func TestAnswersThatStayPlain(t *testing.T) {
	g := serve(t, loadRaw(t, "option-intake"))
	for name, do := range map[string]*http.Request{
		"a bad body":  request("POST", "/option-intake/submit", "{}", "Content-Type: application/json", "Accept-Encoding: gzip"),
		"a preflight": request("OPTIONS", "/option-intake/submit", "", "Origin: https://a.example", "Access-Control-Request-Method: POST", "Accept-Encoding: gzip"),
		"no path":     request("GET", "/option-intake/other", "", "Accept-Encoding: gzip"),
	} {
		if a := g.do(do); a.header["content-encoding"] != "" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	g.kinesis.answer = answers(400, `{"__type": "InternalFailure"}`)
	if a := g.do(request("POST", "/option-intake/submit", ok, "Content-Type: application/json", "Accept-Encoding: gzip")); a.status != 502 || a.header["content-encoding"] != "gzip" {
		t.Errorf("a failure that the integration answers: %d %v", a.status, a.header)
	}
}

// A signature covers the body as it was sent.
func TestSignedCompressedBody(t *testing.T) {
	g := serve(t, loadRaw(t, "prod"))
	sent := compressed(t, "gzip", ok)
	r := signed(t, "/prod/submit", sent, annsKey, "execute-api", region, noon)
	r.Header.Set("Content-Encoding", "gzip")
	if a := g.do(r); a.status != http.StatusOK || g.lastData() != ok {
		t.Errorf("%d %s", a.status, a.body)
	}
}
