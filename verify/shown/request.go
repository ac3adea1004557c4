package shown

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/excerpt"
)

const jsonType = "application/json"

// post makes a POST to a URL: a body, of type application/json unless the header says otherwise. The header's pairs are NAME, VALUE.
func post(to string, body []byte, header ...string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", jsonType)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req, nil
}

// posts is a request that is the same on each pipeline but for its body.
func posts(body func(Pipeline) []byte, header ...string) func(Pipeline) (*http.Request, error) {
	return func(p Pipeline) (*http.Request, error) { return post(p.SubmitURL, body(p), header...) }
}

// refused is a body that a schema for objects refuses: an array, with the mark.
func refused(p Pipeline) []byte { return fmt.Appendf(nil, "[%q]", p.Mark) }

func empty(Pipeline) []byte { return nil }

func example(p Pipeline) []byte { return []byte(p.Example) }

// elsewhere is the submit URL with another path.
func elsewhere(p Pipeline, path func(string) string) (string, error) {
	to, err := url.Parse(p.SubmitURL)
	if err != nil {
		return "", err
	}
	to.Path = path(to.Path)
	return to.String(), nil
}

// postsTo is a refused body to another path.
func postsTo(path func(string) string) func(Pipeline) (*http.Request, error) {
	return func(p Pipeline) (*http.Request, error) {
		to, err := elsewhere(p, path)
		if err != nil {
			return nil, err
		}
		return post(to, refused(p))
	}
}

// all is a pipeline that meets every need.
func all(needs ...func(Pipeline) bool) func(Pipeline) bool {
	return func(p Pipeline) bool {
		for _, need := range needs {
			if !need(p) {
				return false
			}
		}
		return true
	}
}

// String is the answer in one line, with the headers that probes look at.
func (a Answer) String() string {
	text := excerpt.Bytes(strings.ToValidUTF8(strings.Join(strings.Fields(string(a.Body)), " "), "?"), maxShown)
	parts := []string{strconv.Itoa(a.Status)}
	for _, name := range []string{"x-amzn-ErrorType", "Content-Encoding", "Access-Control-Allow-Origin"} {
		if value := a.Header.Get(name); value != "" {
			parts = append(parts, fmt.Sprintf("(%s: %s)", name, value))
		}
	}
	return strings.TrimSpace(strings.Join(append(parts, text), " "))
}

// maxShown is the length, in bytes, up to which an error quotes a body.
const maxShown = 300

// field is a text in the answer's JSON; "" where it has none.
func (a Answer) field(name string) string {
	var fields map[string]any
	_ = json.Unmarshal(a.Body, &fields) // a body that is no object has no fields
	value, _ := fields[name].(string)
	return value
}

// expectation is one thing about an answer: what is wanted, and whether it is so.
type expectation struct {
	want string
	met  func(Answer) bool
}

// expects asks for all of these.
func expects(of ...expectation) func(Pipeline, Answer) error {
	return func(_ Pipeline, a Answer) error { return meet(a, of...) }
}

func meet(a Answer, of ...expectation) error {
	for _, e := range of {
		if !e.met(a) {
			return fmt.Errorf("want %s, got %s", e.want, a)
		}
	}
	return nil
}

func status(code int) expectation {
	return expectation{fmt.Sprintf("status %d", code), func(a Answer) bool { return a.Status == code }}
}

func says(field, text string) expectation {
	return expectation{fmt.Sprintf("%s %q", field, text), func(a Answer) bool { return a.field(field) == text }}
}

// fixed asks for a body that no gateway response of the stack has made.
func fixed(body string) expectation {
	return expectation{"the body " + body, func(a Answer) bool { return strings.Join(strings.Fields(string(a.Body)), " ") == body }}
}

// errorType asks for API Gateway's own name of a failure.
func errorType(name string) expectation {
	return expectation{"the header x-amzn-ErrorType: " + name, func(a Answer) bool {
		got, _, _ := strings.Cut(a.Header.Get("X-Amzn-Errortype"), ":")
		return got == name
	}}
}

// declared asks for an answer of the stack's own: each has the request's id, and API Gateway's own answers do not.
func declared() expectation {
	return expectation{"a gateway response of the stack, with requestId", func(a Answer) bool { return a.field("requestId") != "" }}
}

// withoutCORS asks for an answer that no page can read.
func withoutCORS() expectation {
	return expectation{"no header Access-Control-Allow-Origin", func(a Answer) bool { return a.Header.Get("Access-Control-Allow-Origin") == "" }}
}

func coding(name string) expectation {
	return expectation{fmt.Sprintf("Content-Encoding %q", name), func(a Answer) bool { return a.Header.Get("Content-Encoding") == name }}
}
