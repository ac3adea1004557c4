package s3_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/s3"
)

func serve(t *testing.T, service *s3.Service, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	service.Handler().ServeHTTP(w, r)
	return w
}

// Outside us-east-1 a bucket cannot be created twice.
func TestABucketIsMadeOnceElsewhere(t *testing.T) {
	service, err := s3.Open(s3.Options{Dir: t.TempDir(), Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close() //nolint:errcheck // it is a test's
	if w := serve(t, service, http.MethodPut, "/events", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := serve(t, service, http.MethodPut, "/events", ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "BucketAlreadyOwnedByYou") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A body with a wrong checksum, in a header or a trailer, is refused and leaves the object as it was.
func TestWrongChecksums(t *testing.T) {
	w := newWorld(t)
	w.put("a", "before")
	const chunked = "4\r\ntext\r\n0\r\nx-amz-checksum-crc32:"
	streaming := []string{"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length: 4", "X-Amz-Trailer: x-amz-checksum-crc32", "Content-Length: 46"}
	for _, test := range []struct {
		name, body string
		header     []string
		status     int
		code       string
	}{
		{"a trailer", chunked + "AAAAAA==\r\n\r\n", streaming, 400, "BadDigest"},
		{"no trailer", "4\r\ntext\r\n0\r\n\r\n", streaming, 400, "InvalidRequest"},
		{"no checksum", "text", []string{"Content-Length: 4", "X-Amz-Checksum-Crc32: x"}, 400, "InvalidRequest"},
		{"a payload's", "text", []string{"Content-Length: 4", "X-Amz-Content-Sha256: " + strings.Repeat("0", 64)}, 400, "XAmzContentSHA256Mismatch"},
		{"an unknown one", "text", []string{"Content-Length: 4", "X-Amz-Checksum-Xxhash64: AAAAAAAAAAA="}, 501, "NotImplemented"},
		{"a right trailer", chunked + "O4unxw==\r\n\r\n", streaming, 200, ""},
	} {
		if got, _ := w.get("a"); got != "before" {
			t.Fatalf("before %s it holds %q", test.name, got)
		}
		got := serve(t, w.service, http.MethodPut, "/events/a", test.body, test.header...)
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.code) {
			t.Errorf("%s: %d %s", test.name, got.Code, got.Body)
		}
	}
	if got, _ := w.get("a"); got != "text" {
		t.Errorf("it holds %q", got)
	}
}

// A session token does not count as metadata of the object.
func TestALongTokenIsNotMetadata(t *testing.T) {
	w := newWorld(t)
	got := serve(t, w.service, http.MethodPut, "/events/a", "text", "Content-Length: 4", "X-Amz-Security-Token: "+strings.Repeat("x", 4000), "X-Amz-Meta-A: b")
	if got.Code != http.StatusOK {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if read := serve(t, w.service, http.MethodGet, "/events/a", ""); !slices.Contains(slices.Collect(maps.Keys(read.Header())), "x-amz-meta-a") {
		t.Errorf("%v", read.Header())
	}
}
