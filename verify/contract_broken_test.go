package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
)

// stackText is a stack that a test edits.
type stackText map[string]any

func edited(t *testing.T, golden string, edits ...func(stackText)) []byte {
	t.Helper()
	var stack stackText
	if err := json.Unmarshal(goldens.Read(t, golden), &stack); err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(stack)
	}
	text, err := json.Marshal(stack)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// each changes the resources of a type whose names contain a text.
func (s stackText) each(typ, name string, change func(body map[string]any)) {
	resources, _ := s["resource"].(map[string]any)[typ].(map[string]any)
	found := false
	for at, body := range resources {
		if strings.Contains(at, name) {
			change(body.(map[string]any))
			found = true
		}
	}
	if !found {
		panic(fmt.Sprintf("the stack has no %s with %q in its name", typ, name))
	}
}

func set(typ, name, argument string, value any) func(stackText) {
	return func(s stackText) {
		s.each(typ, name, func(body map[string]any) { body[argument] = value })
	}
}

func unset(typ, name, argument string) func(stackText) {
	return func(s stackText) { s.each(typ, name, func(body map[string]any) { delete(body, argument) }) }
}

// setHeader sets a header of answers. A value is in single quotes; "" removes it.
func setHeader(typ, name, header, value string) func(stackText) {
	return func(s stackText) {
		s.each(typ, name, func(body map[string]any) {
			parameters := body["response_parameters"].(map[string]any)
			for _, prefix := range []string{"gatewayresponse.header.", "method.response.header."} {
				if _, there := parameters[prefix+header]; there {
					parameters[prefix+header] = value
					if value == "" {
						delete(parameters, prefix+header)
					}
				}
			}
		})
	}
}

func setTemplate(typ, name, text string) func(stackText) {
	return set(typ, name, "response_templates", map[string]any{jsonType: text})
}

// alsoTakes maps one more content type as JSON.
func alsoTakes(name, contentType string) func(stackText) {
	return func(s stackText) {
		s.each("aws_api_gateway_integration", name, func(body map[string]any) {
			templates := body["request_templates"].(map[string]any)
			templates[contentType] = templates[jsonType]
		})
	}
}

// without removes resources, and all that depends on them.
func without(names ...string) func(stackText) {
	return func(s stackText) {
		gone := func(name string) bool {
			return slices.ContainsFunc(names, func(part string) bool { return strings.Contains(name, part) })
		}
		for _, resources := range s["resource"].(map[string]any) {
			for name, body := range resources.(map[string]any) {
				if gone(name) {
					delete(resources.(map[string]any), name)
				}
				if list, ok := body.(map[string]any)["depends_on"].([]any); ok {
					body.(map[string]any)["depends_on"] = slices.DeleteFunc(list, func(at any) bool { return gone(at.(string)) })
				}
			}
		}
	}
}

// severalPages lets two origins in, as modules/apigateway/cors.go does.
func severalPages(t *testing.T) func(stackText) {
	t.Helper()
	echo, err := os.ReadFile(filepath.Join(goldens.Root(), "modules", "apigateway", "templates", "echo-origin.vtl"))
	if err != nil {
		t.Fatal(err)
	}
	template := "#set($origins = [\"https://a.example.com\", \"https://b.example.com\"])\n" + string(echo)
	const header = "method.response.header."
	return func(s stackText) {
		s.each("aws_api_gateway_method_response", "", func(body map[string]any) {
			body["response_parameters"].(map[string]any)[header+"Vary"] = true
		})
		s.each(mappings, "", func(body map[string]any) {
			parameters := body["response_parameters"].(map[string]any)
			delete(parameters, header+allowOrigin)
			parameters[header+"Vary"] = "'Origin'"
			templates, _ := body["response_templates"].(map[string]any)
			text, _ := templates[jsonType].(string)
			body["response_templates"] = map[string]any{jsonType: template + text}
		})
		s.each(refusals, "", func(body map[string]any) {
			parameters := body["response_parameters"].(map[string]any)
			parameters["gatewayresponse.header."+allowOrigin], parameters["gatewayresponse.header.Vary"] = "method.request.header.origin", "'Origin'"
		})
	}
}

// TestAnswersNameTheOriginOfSeveralThatAsked verifies a pipeline that lets two origins in, and one whose preflight lets any in.
func TestAnswersNameTheOriginOfSeveralThatAsked(t *testing.T) {
	t.Parallel()
	declares := edited(t, "dev", severalPages(t))
	new(seen).expect(t, deploy(t, declares, declares, clockwork.NewRealClock()).verify(t), nil, 0)
	runs := edited(t, "dev", severalPages(t), func(s stackText) {
		s.each(mappings, "options", func(body map[string]any) {
			body["response_templates"].(map[string]any)[jsonType] = "#set($context.responseOverride.header.Access-Control-Allow-Origin = $input.params().header.get(\"origin\"))"
		})
	})
	report := deploy(t, runs, declares, clockwork.NewRealClock()).verify(t)
	new(seen).expect(t, report, []string{"contract/submit/batch/options-foreign", "contract/submit/options-foreign"}, 0)
}

// before is what stands between the run and the pipeline.
type before func(request *http.Request, next http.RoundTripper) (*http.Response, error)

type transport struct {
	before before
	next   http.RoundTripper
}

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	return t.before(request, t.next)
}

// answered is an answer of what stands before the pipeline, with the CORS headers of dev.
func answered(request *http.Request, status int, body string) *http.Response {
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
	}
	header := http.Header{}
	header.Set("Content-Type", jsonType)
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "Retry-After,x-amzn-ErrorType,x-amzn-RequestId")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: request}
}

const refusedBody = `{"message": "Forbidden", "requestId": "a-request"}`

// changing changes the answers that a function names.
func changing(which func(*http.Response) bool, change func(*http.Response)) before {
	return func(request *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err == nil && which(response) {
			change(response)
		}
		return response, err
	}
}

func ofStatus(status int) func(*http.Response) bool {
	return func(r *http.Response) bool { return r.StatusCode == status }
}

// asOnAWS plays what ingest up has not: the firewall, the authorizer, or the address that API Gateway makes.
func asOnAWS(plays string) before {
	return func(request *http.Request, next http.RoundTripper) (*http.Response, error) {
		token := request.Header.Get("Authorization") + request.Header.Get("X-Client") + request.Header.Get("X-Token")
		own := strings.Contains(request.URL.Host, ".execute-api.")
		switch {
		case own && plays == "closed endpoint":
			return answered(request, http.StatusForbidden, `{"message": "Forbidden"}`), nil
		case own:
			return answered(request, http.StatusBadRequest, refusedBody), nil
		case plays == "firewall" && request.ContentLength > 16384:
			return answered(request, http.StatusForbidden, refusedBody), nil
		case plays == "authorizer" && request.Method == http.MethodPost && token != "a-token" && !strings.Contains(request.URL.Path, "ingest-verify"):
			return answered(request, http.StatusUnauthorized, refusedBody), nil
		}
		return next.RoundTrip(request)
	}
}

// elsewhere makes a run take ingest up for AWS.
func elsewhere(d *deployed, stands before) {
	d.opts.Pipeline.Local = false
	d.opts.HTTP = &http.Client{Transport: transport{stands, d.opts.HTTP.Transport}}
}

// writing writes the first event of a batch, and then refuses the batch as the API does.
func writing(request *http.Request, next http.RoundTripper) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	part := request.Clone(request.Context())
	first := body
	if line, rest, many := bytes.Cut(body, []byte("\n")); many && len(rest) > 0 {
		first = line
	} else if at := bytes.LastIndex(body, []byte(", ")); at > 0 {
		first = append(bytes.Clone(body[:at]), "]}"...)
	}
	part.Body, part.ContentLength = io.NopCloser(bytes.NewReader(first)), int64(len(first))
	if written, err := next.RoundTrip(part); err == nil {
		_, _ = io.Copy(io.Discard, written.Body)
		_ = written.Body.Close()
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	return next.RoundTrip(request)
}

const (
	methods     = "aws_api_gateway_method"
	refusals    = "aws_api_gateway_gateway_response"
	mappings    = "aws_api_gateway_integration_response"
	allowOrigin = "Access-Control-Allow-Origin"
	acceptAll   = "#set($context.responseOverride.status = 200)\n{\"message\": \"accepted\", \"requestId\": \"$context.requestId\"}"
)

// broken are pipelines that are not what their stacks declare, and the checks that say so.
var broken = []struct {
	name, golden string
	edits        []func(stackText)
	stands       before
	aws          bool // take ingest up for AWS
	throttle     bool
	// differ are the checks that differ; no other does.
	differ []string
	sent   int // events that the pipeline has taken
}{
	{
		name: "no validator", golden: "dev", edits: []func(stackText){unset(methods, "submit_post", "request_validator_id")},
		differ: []string{"contract/submit/400-schema", "contract/submit/400-not-json", "contract/submit/400-no-body"}, sent: 3,
	},
	{
		name: "no model of batches", golden: "dev", edits: []func(stackText){unset(methods, "batch_post", "request_models")},
		differ: []string{"contract/submit/batch/400-one-bad"}, sent: 2,
	},
	{
		name: "no reason of bad bodies", golden: "dev", edits: []func(stackText){without("api_bad-request-body")},
		differ: []string{
			"contract/submit/400-schema", "contract/submit/400-not-json", "contract/submit/400-no-body", "contract/submit/batch/400-schema",
			"contract/submit/batch/400-not-json", "contract/submit/batch/400-no-body", "contract/submit/batch/400-one-bad", "contract/submit/batch/400-501",
		},
	},
	{
		name: "no answer of its own to other content types", golden: "option-intake", edits: []func(stackText){without("api_unsupported-media-type")},
		differ: []string{
			"contract/submit/415-type", "contract/submit/celsius/415-type", "contract/submit/celsius/batch/415-type", "contract/submit/415-lines", "contract/submit/415-data", "contract/submit/415-coding",
			"contract/submit/batch/415-type", "contract/submit/batch/415-data",
		},
	},
	{
		name: "text/plain is taken", golden: "dev", edits: []func(stackText){alsoTakes("api_submit_post_integration", plainText)},
		differ: []string{"contract/submit/415-text"}, sent: 1,
	},
	{
		name: "another origin in API Gateway's answers", golden: "dev", edits: []func(stackText){setHeader(refusals, "api_default-4xx", allowOrigin, "'https://other.example'")},
		differ: []string{"contract/403-path", "contract/submit/403-verb", "contract/submit/batch/403-verb"},
	},
	{
		name: "a plain 200 for a record that Kinesis refuses", golden: "option-intake", edits: []func(stackText){setTemplate(mappings, "400-mapping", acceptAll)},
		differ: []string{
			"contract/submit/400-record", "contract/submit/batch/400-record", "contract/submit/batch/400-bad-line", "contract/submit/batch/400-501-lines",
		},
	},
	{
		name: "no answer of its own to what Kinesis refuses", golden: "option-token", edits: []func(stackText){without("400-mapping")},
		differ: []string{"contract/submit/400-record", "contract/submit/400-key"}, sent: 2, // that show that it is no outage
	},
	{
		name: "no authorisation", golden: "staging", edits: []func(stackText){set(methods, "submit_post", "authorization", "NONE")},
		differ: []string{"contract/submit/403-unsigned", "contract/submit/403-signature"},
	},
	{
		name: "no authorisation of a batch", golden: "option-envelope", edits: []func(stackText){set(methods, "batch_post", "authorization", "NONE")},
		differ: []string{"contract/submit/batch/403-unsigned", "contract/submit/batch/403-signature"},
	},
	{
		name: "no authorisation of an event type", golden: "option-types", edits: []func(stackText){set(methods, "types_order_post", "authorization", "NONE")},
		differ: []string{"contract/submit/order/403-unsigned", "contract/submit/order/403-signature"},
	},
	{
		name: "no key", golden: "option-keys", edits: []func(stackText){set(methods, "submit_post", "api_key_required", false)},
		differ: []string{"contract/submit/403-no-key", "contract/submit/403-key"},
	},
	{
		name: "no OPTIONS", golden: "dev", edits: []func(stackText){without("api_submit_options")},
		differ: []string{"contract/submit/options"},
	},
	{
		name: "another age of preflights", golden: "dev", edits: []func(stackText){setHeader(mappings, "submit_options", "Access-Control-Max-Age", "'60'")},
		differ: []string{"contract/submit/options"},
	},
	{
		name: "fewer headers of pages", golden: "dev", edits: []func(stackText){setHeader(mappings, "batch_options", "Access-Control-Allow-Headers", "'Content-Type'")},
		differ: []string{"contract/submit/batch/options"},
	},
	{
		name: "other verbs of pages", golden: "dev", edits: []func(stackText){setHeader(mappings, "submit_options", "Access-Control-Allow-Methods", "'OPTIONS,GET'")},
		differ: []string{"contract/submit/options"},
	},
	{
		name: "each origin may submit", golden: "option-tuned", edits: []func(stackText){setHeader(mappings, "submit_options", allowOrigin, "'*'")},
		differ: []string{"contract/submit/options", "contract/submit/options-foreign"},
	},
	{
		name: "no Vary", golden: "option-tuned", edits: []func(stackText){setHeader(mappings, "submit_options", "Vary", "")},
		differ: []string{"contract/submit/options", "contract/submit/options-foreign"},
	},
	{
		name: "CORS in an answer that is API Gateway's", golden: "dev",
		stands: changing(ofStatus(http.StatusRequestEntityTooLarge), func(r *http.Response) { r.Header.Set(allowOrigin, "*") }),
		differ: []string{"contract/submit/413-body", "contract/submit/413-decompressed"},
	},
	{
		name: "no limit of headers", golden: "dev",
		stands: changing(ofStatus(http.StatusRequestHeaderFieldsTooLarge), func(r *http.Response) { r.StatusCode = http.StatusBadRequest }),
		differ: []string{"contract/submit/431-headers"},
	},
	{
		name: "another status for paths", golden: "dev",
		stands: changing(ofStatus(http.StatusForbidden), func(r *http.Response) { r.StatusCode = http.StatusNotFound }),
		differ: []string{"contract/403-path", "contract/submit/403-verb", "contract/submit/batch/403-verb"},
	},
	{
		name: "an HTML page for answers", golden: "dev",
		stands: changing(ofStatus(http.StatusForbidden), func(r *http.Response) { r.Header.Set("Content-Type", "text/html") }),
		differ: []string{"contract/403-path", "contract/submit/403-verb", "contract/submit/batch/403-verb"},
	},
	{
		name: "events of refused batches", golden: "option-intake", stands: writing,
		differ: []string{"contract/submit/batch/400-one-bad", "contract/submit/batch/400-bad-line"},
	},
	{name: "nothing that AWS alone has", golden: "option-firewall", aws: true, stands: asOnAWS(""), differ: []string{"contract/submit/403-firewall"}},
	{
		name: "no user pool", golden: "option-cognito", aws: true, stands: asOnAWS(""),
		differ: []string{"contract/submit/401-no-token", "contract/submit/401-token"},
	},
	{
		name: "no function", golden: "option-lambda", aws: true, stands: asOnAWS(""),
		differ: []string{"contract/submit/401-no-token", "contract/submit/401-token", "contract/submit/batch/401-no-token", "contract/submit/batch/401-token"},
	},
	{name: "an open endpoint", golden: "option-domain", aws: true, stands: asOnAWS(""), differ: []string{"contract/403-default-endpoint"}},
	{
		name: "no limit of requests", golden: "option-keys", throttle: true, differ: []string{"contract/429-throttle"},
		edits: []func(stackText){unset("aws_api_gateway_usage_plan", "", "throttle_settings"), func(s stackText) {
			s.each("aws_api_gateway_method_settings", "", func(body map[string]any) {
				body["settings"].(map[string]any)["throttling_rate_limit"], body["settings"].(map[string]any)["throttling_burst_limit"] = -1, -1
			})
		}},
	},
	{
		name: "no Retry-After", golden: "option-keys", throttle: true, differ: []string{"contract/429-throttle"},
		edits: []func(stackText){setHeader(refusals, "api_throttled", "Retry-After", "")},
	},
}

// In an outage no answer shows what its request was sent for, so no check differs.
func TestAnOutageIsNoDifference(t *testing.T) {
	t.Parallel()
	stack := goldens.Read(t, "dev")
	d := deploy(t, stack, stack, clockwork.NewRealClock())
	d.opts.Groups = []string{"way", "contract", "assumptions"}
	elsewhere(d, func(request *http.Request, _ http.RoundTripper) (*http.Response, error) {
		return answered(request, http.StatusBadGateway, `{"message": "The stream cannot take the event", "requestId": "a-request"}`), nil
	})
	d.opts.Pipeline.Local = true
	unknown := 0
	for _, result := range d.verify(t).Results {
		switch {
		case result.Status == Unknown:
			unknown++
			if !strings.Contains(result.Got, "502") || !strings.Contains(result.Remedy, "end the outage") {
				t.Errorf("%s: %s; %s", result.ID, result.Got, result.Remedy)
			}
		case result.Status != NotShown:
			t.Errorf("%s %s: %s", result.ID, result.Status, result.Got)
		}
	}
	if unknown < 20 {
		t.Errorf("%d checks are unknown", unknown)
	}
}

// seen are the checks that differ in some test, as kinds.
type seen struct {
	mutex sync.Mutex
	kinds map[string]bool
}

func (s *seen) add(kind string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.kinds == nil {
		s.kinds = map[string]bool{}
	}
	s.kinds[kind] = true
}

// kindOf leaves the route out of an id: the probe of each route is the same.
func kindOf(id string) string { return id[strings.LastIndex(id, "/")+1:] }

func TestEachCheckOfTheContractDiffersWhereThePipelineIsBroken(t *testing.T) {
	all := &seen{}
	t.Run("broken", func(t *testing.T) {
		for _, test := range broken {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				clock := clockwork.NewRealClock()
				if test.throttle {
					clock = clockwork.NewFakeClockAt(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)) // no token comes back
				}
				d := deploy(t, edited(t, test.golden, test.edits...), goldens.Read(t, test.golden), clock)
				d.opts.Throttle = test.throttle
				if test.throttle {
					d.opts.Clock = clock
				}
				if test.stands != nil {
					elsewhere(d, test.stands)
					d.opts.Pipeline.Local = !test.aws
				}
				all.expect(t, d.verify(t), test.differ, test.sent)
			})
		}
	})
	if t.Failed() || len(broken) == 0 {
		return
	}
	if missing := all.missing(t); len(missing) > 0 {
		t.Errorf("no broken pipeline shows that these checks can differ: %s", strings.Join(missing, ", "))
	}
}

func (s *seen) expect(t *testing.T, report *Report, differ []string, sent int) {
	t.Helper()
	var got []string
	for _, result := range report.Results {
		if result.Status == Unknown {
			t.Errorf("%s is unknown: %s", result.ID, result.Got)
		}
		if result.Status != Differs {
			continue
		}
		got = append(got, result.ID)
		if result.Want == "" || result.Got == "" || result.Remedy == "" || strings.Contains(result.Want+result.Got, "\n") {
			t.Errorf("%s: want %q, got %q, remedy %q; each is one line", result.ID, result.Want, result.Got, result.Remedy)
		}
		s.add(kindOf(result.ID))
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(slices.Values(differ)), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(report.Events) != sent {
		t.Errorf("the report has %d events, and the pipeline took %d", len(report.Events), sent)
	}
}

// missing are the kinds of checks of all environments that did not differ, without those that no request can show.
func (s *seen) missing(t *testing.T) []string {
	t.Helper()
	wanted := map[string]bool{}
	for _, name := range contractGoldens {
		pipeline := read(t, goldens.Read(t, name), Outputs{"submit_url": "https://api.example.com/x/submit"})
		for _, c := range contractChecks(pipeline) {
			if c.look != nil && !s.kinds[kindOf(c.id)] {
				wanted[kindOf(c.id)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(wanted))
}

// TestTheContractHoldsOfWhatAWSAloneHas verifies pipelines before which something plays the part of AWS.
func TestTheContractHoldsOfWhatAWSAloneHas(t *testing.T) {
	for _, test := range []struct {
		golden, plays string
		hold          []string
	}{
		{"option-firewall", "firewall", []string{"contract/submit/403-firewall", "contract/submit/413-body"}},
		{"option-cognito", "authorizer", []string{"contract/submit/401-no-token", "contract/submit/401-token"}},
		{"option-lambda", "authorizer", []string{"contract/submit/401-token", "contract/submit/batch/401-no-token"}},
		{"option-domain", "closed endpoint", []string{"contract/403-default-endpoint"}},
	} {
		t.Run(test.golden, func(t *testing.T) {
			t.Parallel()
			stack := goldens.Read(t, test.golden)
			d := deploy(t, stack, stack, clockwork.NewRealClock())
			elsewhere(d, asOnAWS(test.plays))
			report := d.verify(t)
			new(seen).expect(t, report, nil, 0)
			for _, id := range test.hold {
				if !slices.ContainsFunc(report.Results, func(r Result) bool { return r.ID == id && r.Status == Holds }) {
					t.Errorf("%s does not hold", id)
				}
			}
		})
	}
}

// TestTheThrottleAnswersWithItsHeader uses the key's limit up. The clock stands still, so no token comes back.
func TestTheThrottleAnswersWithItsHeader(t *testing.T) {
	t.Parallel()
	stack, clock := goldens.Read(t, "option-keys"), clockwork.NewFakeClockAt(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))
	d := deploy(t, stack, stack, clock)
	d.opts.Clock, d.opts.Throttle = clock, true
	report := d.verify(t)
	new(seen).expect(t, report, nil, 0)
	if at := slices.IndexFunc(report.Results, func(r Result) bool { return r.ID == "contract/429-throttle" }); report.Results[at].Status != Holds {
		t.Errorf("429: %+v", report.Results[at])
	}
}
