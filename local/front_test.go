package local

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jonboulle/clockwork"
)

// The API sees every path as it was sent; the pages of this machine are theirs alone.
func TestFront(t *testing.T) {
	p, err := Open(Options{
		Stack: goldens + "/dev.tf.json", API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: t.TempDir(),
		Web:   fstest.MapFS{"index.html": {Data: []byte("<html>")}, "app.js": {Data: []byte("app")}},
		Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for _, test := range []struct {
		method, path string
		status       int
		body         string // its beginning
	}{
		{http.MethodGet, "/", 200, "<html>"},
		{http.MethodGet, "/_web/app.js", 200, "app"},
		{http.MethodGet, "/_web/nothing.js", 404, "404"},
		{http.MethodPost, "/", 405, "Method Not Allowed"},
		{http.MethodGet, "/_local/status", 200, `{"stack":"` + goldens + `/dev.tf.json"`},
		{http.MethodPost, "/dev/submit", 200, `{"message": "accepted"`},
		{http.MethodPost, "/dev//submit", 403, `{"message": "Missing Authentication Token"`},
		{http.MethodPost, "/dev/../dev/submit", 403, `{"message": "Missing Authentication Token"`},
		{http.MethodPost, "/nostage/submit", 403, `{"message":"Forbidden"}`},
	} {
		request := httptest.NewRequest(test.method, test.path, strings.NewReader(`{"id":1}`))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		p.front().ServeHTTP(recorder, request)
		if recorder.Code != test.status || !strings.HasPrefix(recorder.Body.String(), test.body) {
			t.Errorf("%s %s: %d %.100s, want %d %s", test.method, test.path, recorder.Code, recorder.Body, test.status, test.body)
		}
		if test.path == "/" && test.status == 200 && !strings.HasPrefix(recorder.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'") {
			t.Errorf("the page has the policy %q", recorder.Header().Get("Content-Security-Policy"))
		}
	}
}
