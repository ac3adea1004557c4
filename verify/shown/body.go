package shown

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/quota"
)

// bodyProbes are about a body's size, its type and its schema.
func bodyProbes() []Probe {
	const (
		objects = "needs a schema of objects with keywords whose messages are known"
		empties = "needs a schema that refuses the empty object, with keywords whose messages are known"
	)
	array := expects(status(http.StatusBadRequest), says("reason", wrongType("array")), declared())
	return []Probe{
		{
			ID: "API-2", Name: "a body whose fault has quotation marks", Needs: takesObjects, Lacks: objects, Request: posts(refused),
			Expect: expects(status(http.StatusBadRequest), expectation{`(allowed: [\"object\"]) within a string of JSON`, func(a Answer) bool {
				return bytes.Contains(a.Body, []byte(`(allowed: [\"object\"])`)) && a.field("reason") != ""
			}}),
		},
		{
			ID: "API-4", Name: "a body of more than 10 MB", Needs: withoutFirewall, Lacks: "the firewall blocks such a body before the API sees it",
			Request: posts(func(Pipeline) []byte { return bytes.Repeat([]byte("x"), quota.MaxBody+1) }),
			Expect:  expects(status(http.StatusRequestEntityTooLarge), withoutCORS(), undeclared()),
		},
		{
			ID: "API-5", Name: "application/json with a parameter", Needs: takesObjects, Lacks: objects,
			Request: posts(refused, "Content-Type", "application/json; charset=utf-8"), Expect: array,
		},
		{
			ID: "API-5", Name: "text/plain with a parameter", Needs: all(takesObjects, takes("text/plain")), Lacks: objects + ", and text/plain in API.ContentTypes",
			Request: posts(refused, "Content-Type", "text/plain;charset=UTF-8"), Expect: array,
		},
		{
			ID: "API-7", Name: "an empty body", Needs: refusesEmpty, Lacks: empties, Request: posts(empty),
			Expect: func(p Pipeline, a Answer) error {
				return meet(a, status(http.StatusBadRequest), says("reason", p.schema().emptyReason()), declared())
			},
		},
		{
			ID: "API-8", Name: "a body that is not JSON", Needs: takesObjects, Lacks: objects,
			Request: posts(func(p Pipeline) []byte { return fmt.Appendf(nil, `{"ingest_verify": %q, `, p.Mark) }),
			Expect: expects(status(http.StatusBadRequest), says("message", "Invalid request body"), expectation{"a reason", func(a Answer) bool {
				return a.field("reason") != ""
			}}),
		},
		{ID: "API-9", Name: "an array in place of an object", Needs: takesObjects, Lacks: objects, Request: posts(refused), Expect: array},
		{
			ID: "API-9", Name: "a string in place of an object", Needs: takesObjects, Lacks: objects,
			Request: posts(func(p Pipeline) []byte { return fmt.Appendf(nil, "%q", p.Mark) }),
			Expect:  expects(status(http.StatusBadRequest), says("reason", wrongType("string"))),
		},
		{
			ID: "API-9", Name: "an object without any property", Needs: refusesEmpty, Lacks: empties,
			Request: posts(func(Pipeline) []byte { return []byte("{}") }),
			Expect: func(p Pipeline, a Answer) error {
				return meet(a, status(http.StatusBadRequest), says("reason", p.schema().emptyReason()))
			},
		},
	}
}

// undeclared asks for an answer that is none of the stack's gateway responses.
func undeclared() expectation {
	return expectation{"API Gateway's own answer, without requestId", func(a Answer) bool { return a.field("requestId") == "" }}
}

// takes reports whether /submit takes a content type.
func takes(contentType string) func(Pipeline) bool {
	return func(p Pipeline) bool { return slices.Contains(p.ContentTypes, contentType) }
}

// padded is the example with white space after it, as JSON allows, up to a length.
func padded(p Pipeline, length int) []byte {
	return []byte(p.Example + strings.Repeat(" ", max(0, length-len(p.Example))))
}
