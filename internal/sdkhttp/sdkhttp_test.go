package sdkhttp

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// doing is a client that is a function.
type doing func(r *http.Request) (*http.Response, error)

func (d doing) Do(r *http.Request) (*http.Response, error) { return d(r) }

// The body can be read when the SDK has closed its own.
func TestABodyOutlivesTheSDKs(t *testing.T) {
	text, sdks := "", io.NopCloser(strings.NewReader(""))
	client := Keep(doing(func(r *http.Request) (*http.Response, error) {
		if err := sdks.Close(); err != nil {
			t.Fatal(err)
		}
		read, err := io.ReadAll(r.Body)
		text = string(read)
		return nil, err
	}))
	for _, want := range []string{"records", ""} {
		reader, writer := io.Pipe()
		go func() { _ = writer.CloseWithError(write(writer, want)) }()
		sdks = reader // closed, a pipe gives nothing more
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", reader)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(r); err != nil { //nolint:bodyclose // there is no response
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, text); diff != "" {
			t.Errorf("the body that is sent (-want +got):\n%s", diff)
		}
	}
}

func write(to io.Writer, text string) error {
	_, err := io.WriteString(to, text)
	return err
}

func TestABodyThatCannotBeRead(t *testing.T) {
	client := Keep(doing(func(*http.Request) (*http.Response, error) {
		t.Error("it is sent")
		return nil, nil
	}))
	reader, writer := io.Pipe()
	_ = writer.CloseWithError(errors.New("no")) // returns nil always
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(r); err == nil || err.Error() != "reading the request's body: no" { //nolint:bodyclose // there is no response
		t.Errorf("the error is %v", err)
	}
}
