package verify

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	static "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/prices"
)

// TestTheBoundGrowsWithTheContract verifies an API with many types of events, batches and content types: no check goes without its
// request, although a limit refuses each request once.
func TestTheBoundGrowsWithTheContract(t *testing.T) {
	t.Parallel()
	p := read(t, goldens.Read(t, "option-types"), Outputs{"submit_url": "https://api.example.com/dev/submit"})
	few := p.routes
	for i := range 25 {
		for _, to := range few {
			to.path = fmt.Sprintf("/more%d%s", i, to.path)
			to.contentTypes = append([]string{"application/a", "application/b"}, to.contentTypes...)
			p.routes = append(p.routes, to)
		}
	}
	refused := map[string]bool{}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		body, _ := io.ReadAll(r.Body) // one that ends early is another request
		what := fmt.Sprint(r.Method, r.URL, r.Header, len(body))
		if !refused[what] {
			refused[what] = true
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	opts := Options{
		Pipeline: p, Mark: "20260701T120000Z-test", Caller: Caller{AWS: static.NewStaticCredentialsProvider("test", "test", "")}, AWS: newAccount(t, nil).clients(), HTTP: withHTTP(&run{Options: Options{}}, server).HTTP,
		Groups: []string{"way", "contract"}, Poll: time.Millisecond, Timeout: time.Millisecond, Clock: atOnce{clockwork.NewRealClock()}, Progress: io.Discard,
	}
	report, err := Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		if strings.Contains(result.Got, "said it uses") {
			t.Errorf("%s: %s; %s", result.ID, result.Got, result.Remedy)
		}
	}
	most := mostRequests(p, opts.Groups, false)
	if asked <= leastRequests || asked > most || !strings.HasPrefix(opts.Cost(), fmt.Sprintf("at most %d requests to the API", most)) {
		t.Errorf("the run sent %d requests, of at most %d; it says %s", asked, most, opts.Cost())
	}
	if smoke := mostRequests(p, nil, true); smoke != leastRequests {
		t.Errorf("a smoke test sends at most %d requests", smoke)
	}
}

// atOnce is a clock on which no wait takes time.
type atOnce struct{ clockwork.Clock }

func (atOnce) After(time.Duration) <-chan time.Time {
	passed := make(chan time.Time, 1)
	passed <- time.Time{}
	return passed
}

// TestCostElsewhere holds that prices that stand in for a region's own are named.
func TestCostElsewhere(t *testing.T) {
	t.Parallel()
	for region, names := range map[string]bool{prices.Home: false, "eu-central-1": true, "cn-north-1": true} {
		p := *deployedRun(t, "dev", newAccount(t, nil)).Pipeline
		p.Region = region
		if said := (Options{Pipeline: &p}).Cost(); strings.Contains(said, "by the prices of us-east-1 where those of "+region+" are not known here") != names {
			t.Errorf("in %s it says %s", region, said)
		}
	}
}

// TestSpent ends the checks of a run that has used what it said, each with its own remedy.
func TestSpent(t *testing.T) {
	t.Parallel()
	r := deployedRun(t, "dev", newAccount(t, nil))
	r.spent = spent{requests: leastRequests, reads: maxReads, queries: maxQueries}
	_, err := r.send(t.Context(), r.routes[0], request{})
	for _, test := range []struct {
		name, remedy string
		found        outcome
	}{
		{"a request", "a key with a higher rate", unsent(err)},
		{"a probe", "a key with a higher rate", unsent(fmt.Errorf("a probe: %w", err))},
		{"a read", "with less traffic", unread(r.read(), "s3:GetObject", "the bucket")},
		{"an object", "with less traffic", unread(r.load(5<<30), "s3:GetObject", "the bucket")},
		{"a query", "a longer --timeout", unread(r.queried(), "athena:StartQueryExecution", "the workgroup")},
	} {
		if test.found.status != Unknown || !strings.Contains(test.found.got, "that it said it uses at most") || !strings.Contains(test.found.remedy, test.remedy) {
			t.Errorf("%s: %+v", test.name, test.found)
		}
	}
}
