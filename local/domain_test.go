package local

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cdk.tf/go/ingest/internal/goldens"
)

const (
	namedNotice     = "the API answers at its local address, not at its domain"
	unguardedNotice = "the firewall is not imitated: WAF blocks nothing here"
	certificates    = "aws_api_gateway_domain_name.domain: mutual_tls_authentication"
)

// A stack with a domain answers at the local address, and prints that address.
func TestAPipelineWithADomain(t *testing.T) {
	file := goldens.File(t, "option-domain")
	_, err := Open(optionsOf(t, file))
	refused := file + ": " + certificates + " cannot be enforced on one machine, where clients call without TLS; --allow-unverified lets them in without a certificate"
	if err == nil || err.Error() != refused {
		t.Errorf("error: %v\nwant:  %s", err, refused)
	}

	var said strings.Builder
	opts := optionsOf(t, file)
	opts.AllowUnverified, opts.Web, opts.Out = true, fstest.MapFS{}, &said
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.sayStarted()
	submit := p.apiBase() + "/option-domain/submit"
	for _, part := range []string{
		"  API       " + submit + "\n", "curl -sS -X POST \\\n    " + submit + " \\\n    -H ", "\nwithout --cert and --key: nothing here asks for a certificate\n",
		"\n  - " + namedNotice + "\n", "\n  - " + certificates + " is off: clients are let in without a certificate\n",
	} {
		if strings.Count(said.String(), part) != 1 {
			t.Errorf("it does not say %q once:\n%s", part, said.String())
		}
	}
	if strings.Contains(said.String(), "events.example.com") {
		t.Errorf("it names the domain:\n%s", said.String())
	}
	if got := p.status().SubmitURL; got != submit {
		t.Errorf("the status has %s, want %s", got, submit)
	}

	recorder := httptest.NewRecorder()
	p.front().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, p.apiBase()+"/config.json", http.NoBody))
	var config map[string]map[string]string
	if err := json.Unmarshal(recorder.Body.Bytes(), &config); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"submit_url": submit, "batch_url": submit + "/batch"} {
		if got := config["option-domain"][name]; got != want {
			t.Errorf("the page is told %s = %s, want %s", name, got, want)
		}
	}
	request := httptest.NewRequest(http.MethodPost, "/option-domain/submit", strings.NewReader(`{"id":1}`))
	request.Header.Set("Content-Type", "application/json")
	recorder = httptest.NewRecorder()
	p.front().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		t.Errorf("the API answers %d %s", recorder.Code, recorder.Body)
	}
}

// Each of several domains is replaced by the address that it leads to. A name that only begins like a domain stays.
func TestAddressesOfSeveralDomains(t *testing.T) {
	stack := devStack(t)
	stack.add("aws_api_gateway_domain_name", "a", object{"domain_name": "a.example"})
	stack.add("aws_api_gateway_base_path_mapping", "root", object{"domain_name": "a.example", "api_id": apiID})
	stack.add("aws_api_gateway_base_path_mapping", "path", object{
		"domain_name": "b.example", "api_id": apiID, "base_path": "v1", "stage_name": "${aws_api_gateway_stage.api_stage.stage_name}",
	})
	stack.body("aws_api_gateway_rest_api", "api")["disable_execute_api_endpoint"] = true
	outputs := stack["output"].(object)
	outputs["root"] = object{"value": "https://a.example/dev/submit"}
	outputs["path"] = object{"value": "https://b.example/v1/submit"}
	outputs["other"] = object{"value": "https://a.example.org/dev/submit"}
	p, err := Open(optionsOf(t, stack.write(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for name, want := range map[string]string{
		"root": p.apiBase() + "/dev/submit", "path": p.apiBase() + "/dev/submit", "other": "https://a.example.org/dev/submit",
		"submit_url": p.apiBase() + "/dev/submit",
	} {
		if got := p.output(name); got != want {
			t.Errorf("the output %s is %s, want %s", name, got, want)
		}
	}
}

// A stack with a firewall runs as without it, with one notice that nothing is blocked.
func TestAGuardedPipelineRuns(t *testing.T) {
	d, err := readStack(Options{Stack: goldens.File(t, "option-firewall")}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	if at := slices.Index(d.notices(), unguardedNotice); at < 0 || slices.Contains(d.notices()[at+1:], unguardedNotice) {
		t.Errorf("the notices are %q", d.notices())
	}
}
