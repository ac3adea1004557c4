// Package shown has the requests that show on a deployed pipeline whether the assumptions about AWS hold: those of
// internal/assumptions that are shown by a request, and whose answer alone shows it.
//
// A probe is data: a request without credentials, and what its answer must be. Whoever runs the probes adds the credentials, sends the
// request as it is, and hands over the answer as it came. Most probes are refused by the API. Those that are not write one event with
// the run's mark each ([Probe.Writes]).
package shown

import (
	"net/http"
	"slices"
)

// Probe shows an assumption, or a part of one.
type Probe struct {
	// ID is the assumption's, such as API-11. Several probes may have the same.
	ID string
	// Name says what is sent, such as "an empty body". It is unique.
	Name string
	// Needs reports whether a pipeline can show it; nil is every pipeline. Lacks says why another cannot.
	Needs func(Pipeline) bool
	Lacks string
	// Unsigned says that the request goes without credentials: no signature, no key and no token.
	Unsigned bool
	// Writes says that AWS takes the request, so an event with the run's mark is in the stream afterwards.
	Writes bool
	// Request makes the request, without credentials.
	Request func(Pipeline) (*http.Request, error)
	// Expect is nil if the answer is what the assumption says. Its error has what is wanted and what was answered, in one line.
	Expect func(Pipeline, Answer) error
}

// Answer is what a client sees. The body is as it came, so it may be compressed: a client must not decompress it.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Pipeline is what the probes need to know of a pipeline.
type Pipeline struct {
	// SubmitURL is where an event is posted, and BatchURL where several are; "" without batches.
	SubmitURL, BatchURL string
	// Domain reports whether the URLs have a domain of the stack's own, without the stage.
	Domain bool
	// Local reports whether the pipeline runs on one machine, where nothing verifies tokens and no firewall stands before the API.
	Local bool
	// Authorization is that of POST /submit: NONE, AWS_IAM, COGNITO_USER_POOLS or CUSTOM. KeyRequired says that it needs an API key.
	Authorization string
	KeyRequired   bool
	// KeyHeader is the header from which the partition key comes; "" if it comes from elsewhere.
	KeyHeader string
	// Envelope reports whether a record has an envelope around the event.
	Envelope bool
	// Schema is the JSON schema that checks an event of /submit; "" where none does.
	Schema string
	// Example is an event that the schema accepts. It carries the run's mark where the schema allows it. A request that must be
	// refused carries Mark itself.
	Example, Mark string
	// ContentTypes are those that /submit takes beside application/json, and BatchTypes those that /submit/batch takes.
	ContentTypes, BatchTypes []string
	// MinimumCompression is the API's minimum_compression_size in bytes; negative where the API compresses nothing.
	MinimumCompression int
	// FirewallBody is the largest body, in bytes, that the firewall lets pass; 0 without a firewall.
	FirewallBody int
}

// Probes are all probes. They can be sent in any order.
func Probes() []Probe {
	return slices.Concat(addressProbes(), bodyProbes(), codingProbes(), answerProbes(), accessProbes(), streamProbes(), templateProbes())
}
