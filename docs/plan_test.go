package docs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/plan"
)

func planOf(t *testing.T, name string) *plan.Pipeline {
	t.Helper()
	pipeline, err := plan.Read(stackOf(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return pipeline
}

// What a synthesis holds a load against and what `ingest plan` reads from the stack are the same, for every environment. So is the
// load.
func TestAPlanReadsWhatAnEnvironmentDeclares(t *testing.T) {
	for _, env := range catalogue.All() {
		pipeline := planOf(t, env.Name)
		if diff := cmp.Diff(env.Shape(), pipeline.Shape()); diff != "" {
			t.Errorf("%s (-environment +stack):\n%s", env.Name, diff)
		}
		report, err := pipeline.Report(plan.Try{})
		if err != nil {
			t.Errorf("%s: %v", env.Name, err)
			continue
		}
		if report.Declared != env.Load.Declared() {
			t.Errorf("%s declares a load: %v, and its stack: %v", env.Name, env.Load.Declared(), report.Declared)
		}
		want := plan.Load{
			PeakPerSecond: float64(env.Load.PeakPerSecond), EventBytes: env.Load.EventBytes, EventsPerMonth: float64(env.Load.EventsPerMonth),
			BatchSize: max(1, env.Load.BatchSize), Keys: env.Load.Keys,
		}
		if env.Load.Declared() && report.Load != want {
			t.Errorf("%s declares %v, and its stack %v", env.Name, want, report.Load)
		}
		for _, limit := range report.Limits {
			if env.Load.Declared() && limit.Verdict == "too low" {
				t.Errorf("%s is valid, and its plan says that %s is too low", env.Name, limit.Name)
			}
		}
	}
}

// The templates of every environment make records of its example.
func TestAPlanTakesASampleOfEveryEnvironment(t *testing.T) {
	for _, env := range catalogue.All() {
		event, _ := env.API.ExampleEvent()
		sample, err := planOf(t, env.Name).Sample(t.Context(), strings.NewReader(strings.ReplaceAll(event, "\n", " ")))
		if err != nil || sample.Events != 1 || sample.MeanBytes == 0 {
			t.Errorf("%s: %+v, %v", env.Name, sample, err)
		}
	}
}
