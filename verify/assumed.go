package verify

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/assumptions"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/verify/shown"
)

// assumptionChecks have one check for each assumption of the local pipeline, of its id. Package shown has the requests for those that
// an answer shows; of some others the run's own events show something. The rest are not shown, and say what would show them.
func assumptionChecks(*Pipeline) []check {
	var checks []check
	for _, a := range assumptions.All() {
		c := check{id: a.ID, title: sentence(a.Text)}
		probes := slices.DeleteFunc(shown.Probes(), func(p shown.Probe) bool { return p.ID != a.ID })
		if look, ok := delivered[a.ID]; ok {
			c.late, c.hidden, c.look = true, notDelivered, look
		} else if len(probes) > 0 {
			c.look = func(ctx context.Context, r *run) outcome { return r.probe(ctx, probes) }
		} else {
			c.hidden = func(*run) string { return hiddenBy[a.Shown] }
		}
		checks = append(checks, c)
	}
	return checks
}

// hiddenBy is why an assumption has no check.
var hiddenBy = map[assumptions.How]string{
	assumptions.ByRequest:      "the events of a verification do not show it",
	assumptions.BySurroundings: "calls to AWS's own APIs show it, and a verification only reads",
	assumptions.ByTime:         "it shows only under load, after a failure or after a time",
	assumptions.ByOther:        "only a pipeline with settings that no environment has shows it",
	assumptions.OnlyHere:       "the local pipeline alone behaves so",
}

// sentence is the first sentence of a text, without what is in brackets: the sources.
func sentence(text string) string {
	var said strings.Builder
	depth := 0
	for i, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (strings.HasPrefix(text[i:], ". ") || text[i:] == "."):
			return tidy(said.String())
		case depth == 0:
			said.WriteRune(c)
		}
	}
	return tidy(said.String())
}

// tidy removes the spaces that a bracket leaves.
func tidy(text string) string {
	return strings.NewReplacer(" ,", ",", " :", ":", " ;", ";").Replace(strings.Join(strings.Fields(text), " "))
}

// probe sends the requests of an assumption. It holds if each answer that the pipeline can give is the assumed one.
func (r *run) probe(ctx context.Context, probes []shown.Probe) outcome {
	of := r.probed()
	tried, lacks := 0, ""
	for _, p := range probes {
		if p.Needs != nil && !p.Needs(of) {
			lacks = p.Lacks
			continue
		}
		a, err := r.sendProbe(ctx, of, p)
		if err != nil {
			return unsent(fmt.Errorf("%s: %w", p.Name, err))
		}
		if a.limited() {
			return a.notLooked()
		}
		if err := p.Expect(of, shown.Answer{Status: a.status, Header: a.header, Body: a.body}); err != nil {
			if found, shut := r.probedRoute().shuts(a); shut && !p.Unsigned {
				return found
			}
			if found, down := r.takesNothing(ctx, r.probedRoute(), a); down {
				return found
			}
			return differs("as the assumption says, for "+p.Name, oneLine(err), "the local pipeline assumes something else of AWS: docs/verify.md says where to report it")
		}
		tried++
	}
	if tried == 0 {
		return notShown(lacks)
	}
	return holds("%s", counted(tried, "request"))
}

func (r *run) sendProbe(ctx context.Context, of shown.Pipeline, p shown.Probe) (answer, error) {
	req, err := p.Request(of)
	if err != nil {
		return answer{}, err
	}
	to := r.probedRoute()
	if to.keyHeader != "" && req.Header.Get(to.keyHeader) == "" {
		req.Header.Set(to.keyHeader, r.Mark)
	}
	if !p.Unsigned {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return answer{}, err
		}
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody() // it does not fail
		if err := r.authorize(req, to, body, false); err != nil {
			return answer{}, err
		}
	}
	a, err := r.patiently(req.WithContext(ctx))
	if err == nil {
		r.note(a)
	}
	return a, err
}

// probedRoute is the route whose credentials the probes have.
func (r *run) probedRoute() route {
	if i := slices.IndexFunc(r.routes, func(one route) bool { return one.path == "/submit" }); i >= 0 {
		return r.routes[i]
	}
	return r.routes[0]
}

// note remembers the events of an answer that the run does not follow to the bucket.
func (r *run) note(a answer) {
	results, _ := a.fields()["results"].([]any)
	for _, one := range append(results, any(a.fields())) {
		fields, _ := one.(map[string]any)
		if number := text(fields["sequenceNumber"]); number != "" {
			r.report.Events = append(r.report.Events, Event{RequestID: a.field("requestId"), ShardID: text(fields["shardId"]), SequenceNumber: number})
		}
	}
}

// probed is what the probes need to know.
func (r *run) probed() shown.Pipeline {
	p := shown.Pipeline{SubmitURL: r.SubmitURL(), Local: r.Local, Mark: r.Mark, MinimumCompression: r.minimumCompression(), Domain: r.ownDomain()}
	for _, to := range r.routes {
		switch to.path {
		case "/submit":
			p.Authorization, p.KeyRequired, p.KeyHeader = to.authorization, to.keyRequired, to.keyHeader
			p.Envelope, p.ContentTypes = strings.Contains(to.template, "receivedAt"), others(to.contentTypes)
			if to.validated {
				p.Schema = r.schemas[to.models[jsonType]]
			}
			if event, err := r.make(to, 0); err == nil {
				p.Example = string(event)
			}
		case "/submit/batch":
			p.BatchURL, p.BatchTypes = r.url(to.path), others(to.contentTypes)
		}
	}
	p.FirewallBody = r.declaredFirewallLimit()
	return p
}

func others(contentTypes []string) []string {
	return slices.DeleteFunc(slices.Clone(contentTypes), func(one string) bool { return one == jsonType })
}

// ownDomain reports whether the address has a domain of the stack's, whose paths have no stage.
func (p *Pipeline) ownDomain() bool {
	for _, stage := range p.stack.Resources("aws_api_gateway_stage") {
		if strings.HasSuffix(p.Base, "/"+text(stage.Body["stage_name"])) {
			return false
		}
	}
	return true
}

// delivered are the assumptions that the run's objects show.
var delivered = map[string]func(context.Context, *run) outcome{
	"FH-1":     prefixOfArrival,
	"FH-2":     prefixOfArrival,
	"FH-3":     objectNames,
	"FH-4":     compressedNames,
	"REPLAY-4": compressedBytes,
	"REPLAY-5": createdLast,
}

func notDelivered(r *run) string {
	if why := notInLines(r); why != "" {
		return why
	}
	if len(r.missing()) == len(r.readInStream()) {
		return "no event of this run is in the bucket"
	}
	return ""
}

// inBucket calls a function for each event that is in the bucket, until one differs.
func (r *run) inBucket(look func(*event) (want, got string)) outcome {
	for _, e := range r.readInStream() {
		if e.object == "" {
			continue
		}
		if want, got := look(e); want != "" {
			return differs(want, got, "the local pipeline assumes something else of AWS: docs/verify.md says where to report it")
		}
	}
	return holds("%s", r.objects())
}

func prefixOfArrival(_ context.Context, r *run) outcome {
	return r.inBucket(func(e *event) (string, string) {
		prefixes, err := firehose.KeyPrefixes(r.delivery.prefix, r.delivery.zone, e.arrived.Add(-r.delivery.interval-time.Second), e.arrived)
		if err != nil {
			return "a prefix as Firehose reads it", oneLine(err)
		}
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(e.object, prefix) }) {
			return "", ""
		}
		return "a key that begins with the time at which the object's oldest record arrived, one of " + strings.Join(prefixes, ", "), e.object
	})
}

func objectNames(_ context.Context, r *run) outcome {
	const moment = `\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}`
	name := regexp.MustCompile(regexp.QuoteMeta(r.delivery.name) + `-\d+-` + moment + `-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}` + regexp.QuoteMeta(r.delivery.extension))
	return r.inBucket(func(e *event) (string, string) {
		if name.MatchString(e.object) {
			return "", ""
		}
		return "a key that ends with NAME-VERSION-yyyy-MM-dd-HH-mm-ss-UUID" + r.delivery.extension, e.object
	})
}

// compressed has what the local pipeline assumes of each compression: the end of a key without a file extension of the delivery
// stream's, the Content-Encoding, and the first bytes. Hadoop's format begins with a length.
var compressed = map[string]struct{ extension, encoding, begins string }{
	"GZIP":          {".gz", "gzip", "\x1f\x8b"},
	"ZIP":           {".zip", "zip", "PK\x03\x04"},
	"Snappy":        {".snappy", "snappy-java", "\x82SNAPPY\x00"},
	"HADOOP_SNAPPY": {".snappy", "hadoop-snappy", "\x00"},
}

func compressedNames(_ context.Context, r *run) outcome {
	assumed, ok := compressed[r.delivery.compression]
	if !ok {
		return notShown("the delivery stream compresses nothing")
	}
	end := cmp.Or(r.delivery.extension, assumed.extension)
	return r.inBucket(func(e *event) (string, string) {
		got := r.heads[e.object].encoding
		if strings.HasSuffix(e.object, end) && got == assumed.encoding {
			return "", ""
		}
		return fmt.Sprintf("a key that ends in %s, and the Content-Encoding %q", end, assumed.encoding), fmt.Sprintf("%s, and %q", e.object, got)
	})
}

func compressedBytes(_ context.Context, r *run) outcome {
	assumed, ok := compressed[r.delivery.compression]
	if !ok {
		return notShown("the delivery stream compresses nothing")
	}
	return r.inBucket(func(e *event) (string, string) {
		got := r.heads[e.object].bytes
		if bytes.HasPrefix(got, []byte(assumed.begins)) {
			return "", ""
		}
		return fmt.Sprintf("an object that begins with %q, as %s does", assumed.begins, r.delivery.compression), fmt.Sprintf("%q", got)
	})
}

func createdLast(_ context.Context, r *run) outcome {
	return r.inBucket(func(e *event) (string, string) {
		if !e.delivered.Add(time.Second).Before(e.arrived) { // S3 has whole seconds
			return "", ""
		}
		return "an object that is created after its records arrived, at " + e.arrived.String(), e.delivered.String()
	})
}
