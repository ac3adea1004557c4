package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// reply is what AWS answers to a call.
type reply struct {
	status int // 200 unless set
	body   string
}

// account answers the calls of a test in AWS's wire forms, by what is called: an operation's name, or a method and a path with the name
// of its sub-resource. It refuses every other call, with a code that no check knows.
type account struct {
	t       *testing.T
	server  *httptest.Server
	mu      sync.Mutex
	replies map[string]reply
	asked   map[string]string // the last body of each operation
	header  http.Header       // of each answer
}

func newAccount(t *testing.T, replies map[string]reply) *account {
	t.Helper()
	a := &account{t: t, replies: map[string]reply{}, asked: map[string]string{}, header: http.Header{}}
	maps.Copy(a.replies, replies)
	a.server = httptest.NewServer(a)
	t.Cleanup(a.server.Close)
	return a
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	called := operation(r, string(body))
	a.mu.Lock()
	a.asked[called] = string(body)
	answer, known := a.replies[strings.TrimSpace(called+" "+about(string(body)))]
	if !known {
		answer, known = a.replies[called]
	}
	a.mu.Unlock()
	if !known {
		answer = reply{http.StatusBadRequest, `{"__type": "NotOfThisTest", "message": "` + called + `"}`}
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json") {
			answer.body = "<ErrorResponse><Error><Code>NotOfThisTest</Code><Message>" + called + "</Message></Error></ErrorResponse>"
		}
	}
	if strings.HasPrefix(answer.body, "{") && r.Header.Get("X-Amz-Target") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	if code := errorCode(answer); code != "" {
		w.Header().Set("X-Amzn-Errortype", code)
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(max(answer.status, http.StatusOK))
	_, _ = io.WriteString(w, answer.body)
}

// errorCode is the code in the header of a REST API's errors.
func errorCode(answer reply) string {
	_, after, found := strings.Cut(answer.body, `"__type": "`)
	code, _, _ := strings.Cut(after, `"`)
	if !found {
		return ""
	}
	return code
}

// about is the role that a call of IAM's is about, and its policy, or the query of one of Athena's.
func about(body string) string {
	var members struct{ NamedQueryId string }
	if json.Unmarshal([]byte(body), &members) == nil {
		return members.NamedQueryId
	}
	form, _ := url.ParseQuery(body) // another body has no role
	return strings.TrimSpace(form.Get("RoleName") + " " + form.Get("PolicyName"))
}

func operation(r *http.Request, body string) string {
	if _, name, found := strings.Cut(r.Header.Get("X-Amz-Target"), "."); found {
		return name
	}
	for pair := range strings.SplitSeq(body, "&") {
		if name, found := strings.CutPrefix(pair, "Action="); found {
			return name
		}
	}
	called := r.Method + " " + r.URL.Path
	for name := range r.URL.Query() {
		if name != "x-id" && name != "limit" {
			called += "?" + name
		}
	}
	return called
}

// clients are clients of the account. CloudWatch's speak the older protocol, which a person can read.
func (a *account) clients() Clients {
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(a.server.URL), Credentials: awscredentials.NewStaticCredentialsProvider("test", "test", ""),
		RetryMaxAttempts: 1,
	}
	clients := NewClients(cfg)
	clients.CloudWatch = cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) })
	return clients
}

func stackOf(t *testing.T, golden string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, golden)))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// deployedRun is a run on a golden's stack, deployed as the resolved stack says.
func deployedRun(t *testing.T, golden string, a *account) *run {
	t.Helper()
	stack := stackOf(t, golden)
	const number = "123456789012"
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: number})
	if err != nil {
		t.Fatal(err)
	}
	outputs := Outputs{}
	for _, output := range resolved.Outputs() {
		outputs[output.Name] = output.Value
	}
	p, err := Read(stack, outputs)
	if err != nil {
		t.Fatal(err)
	}
	return &run{
		Options:  Options{AWS: a.clients(), HTTP: a.server.Client(), Clock: clockwork.NewRealClock(), Poll: time.Millisecond, Progress: io.Discard, Mark: "20260102T030405Z-mark"},
		Pipeline: p, report: &Report{},
	}
}

// differing are the checks that a test has seen to differ, by id.
type differing map[string]bool

// expect runs a check and compares what it found.
func (seen differing) expect(t *testing.T, c check, r *run, want Status, says string) {
	t.Helper()
	found := r.look(t.Context(), c)
	all := strings.Join([]string{found.Got, found.Note, found.Remedy}, " | ")
	if found.Status != want || !strings.Contains(all, says) {
		t.Errorf("%s is %q (want %s; got %s; note %s; remedy %s); it should be %q and say %q", c.id, found.Status, found.Want, found.Got, found.Note, found.Remedy, want, says)
	}
	if found.Status == Unknown && found.Remedy == "" {
		t.Errorf("%s is unknown and has no remedy", c.id)
	}
	if found.Status == Differs {
		if found.Remedy == "" || found.Want == "" {
			t.Errorf("%s has no remedy, or does not say what it wants", c.id)
		}
		seen[c.id] = true
	}
}

// set has the account answer a call from now on.
func (a *account) set(call string, answer reply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.replies[call] = answer
}

func surroundingsCheck(t *testing.T, p *Pipeline, id string) check {
	t.Helper()
	for _, c := range surroundingsChecks(p) {
		if c.id == "surroundings/"+id {
			return c
		}
	}
	t.Fatalf("the stack has no check %s", id)
	return check{}
}

func denies(code string) reply {
	return reply{http.StatusForbidden, fmt.Sprintf(`{"__type": %q, "message": "no"}`, code)}
}

func deniesXML(code string) reply {
	return reply{http.StatusForbidden, "<ErrorResponse><Error><Code>" + code + "</Code><Message>no</Message></Error></ErrorResponse>"}
}

// refusing is a network that knows no host.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}
