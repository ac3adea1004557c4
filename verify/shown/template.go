package shown

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// templateProbes are about what the mapping templates make of a body.
func templateProbes() []Probe {
	const lines = "application/x-ndjson"
	return []Probe{
		{
			ID: "VTL-6", Name: "a partition key with quotation marks, a slash and a backslash", Writes: true, Lacks: "needs a partition key from a header",
			Needs: func(p Pipeline) bool { return p.KeyHeader != "" },
			Request: func(p Pipeline) (*http.Request, error) {
				return post(p.SubmitURL, example(p), p.KeyHeader, `it's "`+p.Mark+`"/\`)
			},
			Expect: expects(status(http.StatusOK), says("message", "accepted")),
		},
		{
			ID: "VTL-10", Name: "a batch with a number beyond a double", Writes: true, Needs: all(withBatches, open), Lacks: "needs batches, and a schema that allows any field",
			Request: batched("1e400"),
			Expect:  expects(takenOrRefused()),
		},
		{
			ID: "VTL-10", Name: "a batch that is nested more than 400 levels deep", Writes: true, Needs: all(withBatches, open), Lacks: "needs batches, and a schema that allows any field",
			Request: batched(strings.Repeat("[", 401) + strings.Repeat("]", 401)),
			Expect:  expects(takenOrRefused()),
		},
		{
			ID: "VTL-20", Name: "a batch with half a surrogate pair", Writes: true, Needs: all(withBatches, open), Lacks: "needs batches, and a schema that allows any field",
			Request: batched(`"\ud800"`),
			Expect:  expects(takenOrRefused()),
		},
		{
			ID: "VTL-11", Name: "lines of JSON, of which only the first is a payload", Writes: true, Lacks: "needs batches of NDJSON, and events that are objects",
			Needs: func(p Pipeline) bool {
				return withBatches(p) && slices.Contains(p.BatchTypes, lines) && strings.HasPrefix(p.Example, "{") && !strings.Contains(p.Example, "\n")
			},
			Request: func(p Pipeline) (*http.Request, error) {
				return post(p.BatchURL, []byte(p.Example+"\n"+p.Example+"\n"), "Content-Type", lines)
			},
			Expect: expects(status(http.StatusOK), expectation{"accepted 2", func(a Answer) bool {
				return strings.Contains(strings.ReplaceAll(string(a.Body), " ", ""), `"accepted":2,`)
			}}),
		},
	}
}

func withBatches(p Pipeline) bool { return p.BatchURL != "" }

// batched is a request with a batch of one event: the example with one more field.
func batched(value string) func(Pipeline) (*http.Request, error) {
	return func(p Pipeline) (*http.Request, error) {
		fields, found := strings.CutSuffix(strings.TrimSpace(p.Example), "}")
		if !found || strings.TrimSpace(fields) == "{" {
			return nil, fmt.Errorf("the example %s has no field", p.Example)
		}
		return post(p.BatchURL, []byte(`{"events": [`+fields+`, "ingest_value": `+value+`}]}`))
	}
}

// takenOrRefused is what is known of such a batch: AWS documents neither. Anything else would be a fault of the templates.
func takenOrRefused() expectation {
	return expectation{"200, or 400 with a reason", func(a Answer) bool {
		return a.Status == http.StatusOK || a.Status == http.StatusBadRequest && a.field("reason") != ""
	}}
}
