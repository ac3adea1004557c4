package verify

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// sizeProbes are requests that are too large for the API or for the stream.
func sizeProbes() []probe {
	byStream := func(*Pipeline, route) expectation {
		return expectation{statuses: []int{http.StatusBadRequest}, reason: true}
	}
	tooLarge := func(p *Pipeline, _ route) expectation {
		want := expectation{statuses: []int{http.StatusRequestEntityTooLarge}}
		if p.firewallLimit() > 0 {
			// AWS does not say which of both looks at a body first.
			want.statuses = append(want.statuses, http.StatusForbidden)
		}
		return want
	}
	return []probe{
		{id: "400-record", title: "an event over 1 MiB gets 400 with Kinesis's reason", at: first, hidden: noLargeRecord, ask: largeRecord, want: byStream},
		{
			id: "400-key", title: "a partition key over 256 characters gets 400 with Kinesis's reason", want: byStream,
			at: func(p *Pipeline, to route) bool { return to.keyHeader != "" && first(p, to) },
			ask: func(r *run, to route) (request, error) {
				one, err := r.make(to, 0)
				if err != nil {
					return request{}, err
				}
				return request{body: r.payload(to, jsonType, [][]byte{one}), header: map[string]string{to.keyHeader: strings.Repeat("k", quota.MaxPartitionKey+1)}}, nil
			},
		},
		{
			id: "403-firewall", title: "a body over the firewall's limit gets 403", at: single,
			hidden: func(r *run, _ route) string { return r.noFirewall() },
			ask: func(r *run, to route) (request, error) {
				return request{body: padded(r.harmless(to), r.firewallLimit()+1)}, nil
			},
			want: func(*Pipeline, route) expectation { return expectation{statuses: []int{http.StatusForbidden}} },
		},
		{
			id: "413-body", title: "a body over 10 MB gets 413", at: single, want: tooLarge,
			ask: func(r *run, to route) (request, error) {
				return request{body: padded(r.harmless(to), quota.MaxBody+1)}, nil
			},
		},
		{
			id: "413-decompressed", title: "a body that decompresses to over 10 MB gets 413", at: single, hidden: noDecompression,
			ask: func(r *run, to route) (request, error) {
				body, err := zipped(padded(r.expanding(to), quota.MaxBody+1))
				return request{body: body, header: map[string]string{"Content-Encoding": "gzip"}}, err
			},
			want: func(*Pipeline, route) expectation {
				return expectation{statuses: []int{http.StatusRequestEntityTooLarge}}
			},
		},
		{
			id: "431-headers", title: "headers over 10,240 bytes get 431", at: single,
			ask: func(r *run, to route) (request, error) {
				return request{body: r.harmless(to), header: map[string]string{"X-Ingest-Verify": strings.Repeat("h", quota.MaxHeaders)}}, nil
			},
			want: func(*Pipeline, route) expectation {
				return expectation{statuses: []int{http.StatusRequestHeaderFieldsTooLarge}}
			},
		},
	}
}

// noDecompression says why no body that the API decompresses expands to over 10 MB.
func noDecompression(r *run, _ route) string {
	if least := r.minimumCompression(); least > quota.MaxBody-expansion {
		return fmt.Sprintf("the API decompresses only bodies of at least %d bytes, and takes none over %d", least, quota.MaxBody)
	}
	return ""
}

// expansion bounds the size of 10 MiB of white space, compressed, with what GZIP adds to bytes that it cannot compress.
const expansion = 64 << 10

// expanding is a body to which white space is added before it is compressed. It is as long as API Gateway's minimum for decompression
// asks, and then of bytes that GZIP cannot compress, which are no JSON.
func (r *run) expanding(to route) []byte {
	least := r.minimumCompression()
	if least <= 0 {
		return r.harmless(to)
	}
	body := padded([]byte(noJSON), len(noJSON)+least)
	_, _ = rand.NewChaCha8([32]byte{}).Read(body[len(noJSON):]) // it never fails
	return body
}

func zipped(body []byte) ([]byte, error) {
	var to bytes.Buffer
	writer := gzip.NewWriter(&to)
	if _, err := writer.Write(body); err != nil {
		return nil, err
	}
	err := writer.Close()
	return to.Bytes(), err
}

// noLargeRecord says why no record is too large for the stream alone.
func noLargeRecord(r *run, to route) string {
	if limit := r.firewallLimit(); limit > 0 {
		return fmt.Sprintf("the firewall blocks bodies over %d bytes", limit)
	}
	for _, stream := range r.stack.Resources("aws_kinesis_stream") {
		if declared := stream.Body["max_record_size_in_kib"]; declared != nil && tfjson.Number(declared)*1024 > quota.MaxRecordBytes {
			return "the stream takes larger records"
		}
	}
	if !to.batch {
		return ""
	}
	if one, err := r.make(to, 0); err != nil || !bytes.Contains(one, []byte(markField)) {
		return "the schema allows no field with which an event of a batch could be made larger"
	}
	return ""
}

// largeRecord is an event over 1 MiB. A single one has white space after it. A batch loses that, so its event has a long field.
func largeRecord(r *run, to route) (request, error) {
	one, err := r.make(to, 0)
	if err != nil {
		return request{}, err
	}
	if !to.batch {
		return request{body: padded(one, quota.MaxRecordBytes+1)}, nil
	}
	long := bytes.Replace(one, []byte(r.Mark), []byte(r.Mark+strings.Repeat("x", quota.MaxRecordBytes)), 1)
	return request{body: r.payload(to, jsonType, [][]byte{long})}, nil
}

// firewallLimit is the size of a body that the firewall lets through, in bytes; 0 where there is no such limit. ingest up has no
// firewall.
func (p *Pipeline) firewallLimit() int {
	if p.Local {
		return 0
	}
	return p.declaredFirewallLimit()
}

func (p *Pipeline) declaredFirewallLimit() int {
	for _, rule := range p.firewallRules() {
		if size, ok := rule["size_constraint_statement"]; ok {
			return int(tfjson.Number(firstOf(size)["size"]))
		}
	}
	return 0
}

// firewallRate is how many requests of one address the firewall lets through in five minutes; 0 where it does not count.
func (p *Pipeline) firewallRate() int {
	for _, rule := range p.firewallRules() {
		if rate, ok := rule["rate_based_statement"]; ok && !p.Local {
			return int(tfjson.Number(firstOf(rate)["limit"]))
		}
	}
	return 0
}

// firewallRules are the statements of the rules that block.
func (p *Pipeline) firewallRules() []map[string]any {
	var statements []map[string]any
	for _, acl := range p.stack.Resources("aws_wafv2_web_acl") {
		rules, _ := acl.Blocks("rule") // a rule that is no block blocks nothing
		for _, rule := range rules {
			if _, blocks := firstOf(rule["action"])["block"]; blocks {
				statements = append(statements, firstOf(rule["statement"]))
			}
		}
	}
	return statements
}

// firstOf is a block, which JSON has as an object or as a list.
func firstOf(block any) map[string]any {
	if list, ok := block.([]any); ok && len(list) > 0 {
		block = list[0]
	}
	body, _ := block.(map[string]any)
	return body
}

func (r *run) noFirewall() string {
	switch {
	case r.declaredFirewallLimit() == 0:
		return "the environment has no firewall that limits bodies"
	case r.Local:
		return "ingest up has no firewall"
	}
	return ""
}
