package local

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"cdk.tf/go/ingest/docs/runbooks"
	"cdk.tf/go/ingest/local/answers"
	"cdk.tf/go/ingest/local/cloudwatch"
)

// shownAlarm is an alarm in the answer of /_local/alarms.
type shownAlarm struct {
	Name string `json:"name"`
	// ID is the name of the alarm's runbook, or the end of Name that no other alarm has.
	ID string `json:"id"`
	// Level is page or notice, or empty if the description does not begin with one.
	Level         string                   `json:"level"`
	Says          string                   `json:"says"`
	State         cloudwatch.State         `json:"state"`
	Since         time.Time                `json:"since"`
	Reason        string                   `json:"reason"`
	Threshold     float64                  `json:"threshold"`
	Comparison    string                   `json:"comparison"`
	PeriodSeconds int                      `json:"periodSeconds"`
	Datapoints    int                      `json:"datapoints"`
	Periods       int                      `json:"periods"`
	Runbook       string                   `json:"runbook"`
	Values        []cloudwatch.Reading     `json:"values"`
	History       []cloudwatch.StateChange `json:"history"`
}

// serveAlarms answers with the alarms, and their values over the last three hours.
func (p *Pipeline) serveAlarms(w http.ResponseWriter, _ *http.Request) {
	courses := p.alarms.Courses()
	var names []string
	for _, c := range courses {
		names = append(names, c.Name)
	}
	common := commonStart(names)
	shown := []shownAlarm{}
	for _, c := range courses {
		a := shownAlarm{
			Name: c.Name, ID: c.Name[common:], State: c.State, Since: c.ChangedAt, Reason: c.Reason, Threshold: c.Threshold, Comparison: c.Comparison,
			PeriodSeconds: c.PeriodSeconds, Datapoints: c.Datapoints, Periods: c.Periods, Values: c.Values, History: c.History,
		}
		a.describe(c.Description)
		shown = append(shown, a)
	}
	answers.JSON(w, http.StatusOK, map[string]any{"alarms": shown})
}

// commonStart is the length of what all names begin with, up to a "-". It is 0 for one name.
func commonStart(names []string) int {
	if len(names) < 2 {
		return 0
	}
	start := names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, start) {
			start = start[:len(start)-1]
		}
	}
	return strings.LastIndex(start, "-") + 1
}

const runbooksPath = "/_local/runbooks/"

var (
	leveled = regexp.MustCompile(`^(page|notice): `)
	guided  = regexp.MustCompile(`\s*Runbook: (\S*?([\w-]+)\.md)$`)
)

// describe takes a description apart, which modules/alarms composes. One of another form is a sentence alone.
func (a *shownAlarm) describe(description string) {
	a.Says = description
	if level := leveled.FindStringSubmatch(a.Says); level != nil {
		a.Level, a.Says = level[1], strings.TrimPrefix(a.Says, level[0])
	}
	if guide := guided.FindStringSubmatch(a.Says); guide != nil {
		a.Says, a.ID = strings.TrimSuffix(a.Says, guide[0]), guide[2]
		if strings.HasPrefix(guide[1], "https://") {
			a.Runbook = guide[1]
		}
	}
	if _, known := runbooks.Page(a.ID); known {
		a.Runbook = runbooksPath + a.ID // also where the description has an address: it may not be reachable from here
	}
}

// serveRunbook answers with the page of an alarm, in Markdown.
func (p *Pipeline) serveRunbook(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	text, known := runbooks.Page(id)
	if !known {
		answers.Refuse(w, http.StatusNotFound, fmt.Errorf("there is no runbook %q; /_local/alarms has the path of each alarm's runbook", id))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	_, _ = w.Write([]byte(text)) // the client may have gone
}
