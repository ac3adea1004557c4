package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	static "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local"
	"cdk.tf/go/ingest/tfjson"
)

// deployed is what a verification needs of a pipeline that runs in this process.
type deployed struct{ opts Options }

// started is an output that tells when the pipeline serves.
type started struct{ said chan string }

func (s started) Write(text []byte) (int, error) {
	select {
	case s.said <- string(text):
	default: // only the first is waited for
	}
	return len(text), nil
}

var apiLine = regexp.MustCompile(`(?m)^  API +(http://[^/]+)/`)

// deploy runs one stack and verifies it by another, which differ where a deployment is not its stack's.
func deploy(t *testing.T, runs, declares []byte, clock clockwork.Clock) *deployed {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cdk.tf.json")
	if err := os.WriteFile(file, runs, 0o600); err != nil {
		t.Fatal(err)
	}
	out := started{make(chan string, 1)}
	pipeline, err := local.Open(local.Options{
		Stack: file, API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: t.TempDir(), AllowUnverified: true, AccessKeys: map[string]string{"test": "test"},
		Clock: clock, Logger: slog.New(slog.DiscardHandler), Out: out,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- pipeline.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	said := <-out.said
	outputs := outputsOf(t, apiLine.FindStringSubmatch(said)[1])
	return &deployed{opts: Options{
		Pipeline: read(t, declares, outputs), Mark: "20260701T120000Z-test",
		Caller: Caller{AWS: static.NewStaticCredentialsProvider("test", "test", ""), Token: "a-token", APIKey: keyIn(said)},
		AWS: NewClients(aws.Config{
			Region: "us-east-1", BaseEndpoint: aws.String(outputs.Text("local_aws_url")), Credentials: static.NewStaticCredentialsProvider("test", "test", ""),
		}),
		HTTP: &http.Client{Transport: &http.Transport{}}, Groups: []string{"contract"}, Poll: time.Millisecond, Clock: clockwork.NewRealClock(), Progress: io.Discard,
	}}
}

var apiKey = regexp.MustCompile(`(?m)^with API_KEY=(\S+) `)

func keyIn(said string) string {
	if found := apiKey.FindStringSubmatch(said); found != nil {
		return found[1]
	}
	return ""
}

func outputsOf(t *testing.T, base string) Outputs {
	t.Helper()
	response, err := http.Get(base + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var all map[string]Outputs
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, outputs := range all {
		return outputs
	}
	t.Fatal("the pipeline has no outputs")
	return nil
}

func read(t *testing.T, text []byte, outputs Outputs) *Pipeline {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := Read(stack, outputs)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline
}

func (d *deployed) verify(t *testing.T) *Report {
	t.Helper()
	report, err := Run(t.Context(), d.opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// contractGoldens are environments that differ in what their clients see.
var contractGoldens = []string{
	"dev", "staging", "prod", "option-none", "option-keys", "option-cognito", "option-lambda", "option-token", "option-intake", "option-types", "option-envelope",
	"option-domain", "option-certificate", "option-firewall", "option-tuned", "option-private", "option-producers", "option-topic",
}

func TestTheContractHoldsOfEachEnvironment(t *testing.T) {
	for _, name := range contractGoldens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stack := goldens.Read(t, name)
			report := deploy(t, stack, stack, clockwork.NewRealClock()).verify(t)
			for _, result := range report.Results {
				if result.Status != Holds && result.Status != NotShown || result.Status == NotShown && result.Got == "" {
					t.Errorf("%s %s: want %s, got %s", result.ID, result.Status, result.Want, result.Got)
				}
			}
			if report.Count(Holds) < 10 || len(report.Events) > 0 {
				t.Errorf("%d checks hold, and %d events were sent", report.Count(Holds), len(report.Events))
			}
		})
	}
}

// TestTheContractHoldsWithAMinimumOfCompression verifies APIs that leave smaller bodies as they are.
func TestTheContractHoldsWithAMinimumOfCompression(t *testing.T) {
	const off = `"minimum_compression_size": "-1"`
	for minimum, decompressed := range map[int]Status{
		0: Holds, 1: Holds, 37: Holds, 100_000: Holds, 8 << 20: Holds, quota.MaxBody - expansion: Holds, quota.MaxBody - expansion + 1: NotShown, quota.MaxBody - 1: NotShown, quota.MaxBody: NotShown,
	} {
		t.Run(strconv.Itoa(minimum), func(t *testing.T) {
			t.Parallel()
			golden := string(goldens.Read(t, "dev"))
			if !strings.Contains(golden, off) {
				t.Fatalf("dev does not have %s", off)
			}
			stack := []byte(strings.Replace(golden, off, `"minimum_compression_size": "`+strconv.Itoa(minimum)+`"`, 1))
			for _, result := range deploy(t, stack, stack, clockwork.NewRealClock()).verify(t).Results {
				if result.Status != Holds && result.Status != NotShown {
					t.Errorf("%s %s: want %s, got %s", result.ID, result.Status, result.Want, result.Got)
				}
				if strings.HasSuffix(result.ID, "/413-decompressed") && result.Status != decompressed || strings.Contains(result.ID, "/415-") && !strings.Contains(result.ID, "lines") && result.Status != Holds {
					t.Errorf("%s is %s: %s", result.ID, result.Status, result.Got)
				}
			}
		})
	}
}

// TestEachAnswerOfTheDocumentsIsChecked compares the tables of docs/clients.md with the checks of an environment.
func TestEachAnswerOfTheDocumentsIsChecked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(goldens.Root(), "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, answers, _ := strings.Cut(string(text), "\n## Answers\n")
	answers, batches, _ := strings.Cut(answers, "\n## Send many events at once\n")
	batches, _, _ = strings.Cut(batches, "\n## ")
	pipeline := read(t, goldens.Read(t, "dev"), Outputs{"submit_url": "https://api.example.com/dev/submit"})
	has := func(status string, of func(id string) bool) bool {
		for _, c := range contractChecks(pipeline) {
			at := strings.LastIndex(c.id, "/") + 1
			if of(c.id) && strings.HasPrefix(c.id[at:], status) {
				return true
			}
		}
		return status == "200" // the way's
	}
	rows := regexp.MustCompile(`(?m)^\| (\d{3}) \|`)
	every := func(string) bool { return true }
	ofBatches := func(id string) bool {
		return strings.HasPrefix(id, "contract/submit/batch/") || strings.HasSuffix(id, "-batch") || id == "contract/207"
	}
	for _, table := range []struct {
		name, text string
		of         func(string) bool
		least      int
	}{{"Answers", answers, every, 13}, {"Send many events at once", batches, ofBatches, 5}} {
		found := rows.FindAllStringSubmatch(table.text, -1)
		if len(found) < table.least {
			t.Errorf("the table of %q has %d rows; it had %d", table.name, len(found), table.least)
		}
		for _, row := range found {
			if !has(row[1], table.of) {
				t.Errorf("no check has the status %s of the table of %q", row[1], table.name)
			}
		}
	}
}
