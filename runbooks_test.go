package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// runbookFolder is what alarms' descriptions name where an environment says nothing else.
const runbookFolder = "docs/runbooks"

// described is an alarm as its description has it.
type described struct{ level, says, page string }

var description = regexp.MustCompile(`^(page|notice): (.+\.) Runbook: (\S+)$`)

// descriptions of the alarms by their ids.
func descriptions(t *testing.T) map[string]described {
	t.Helper()
	found := map[string]described{}
	for _, alarm := range watchedStack(t).Resources("aws_cloudwatch_metric_alarm") {
		name, _ := alarm.Body["alarm_name"].(string)
		text, _ := alarm.Body["alarm_description"].(string)
		parts := description.FindStringSubmatch(text)
		id, isOurs := strings.CutPrefix(name, "api-kinesis-watched-")
		if parts == nil || !isOurs {
			t.Fatalf("%s is described as %q", name, text)
		}
		found[id] = described{parts[1], parts[2], parts[3]}
	}
	return found
}

func TestEveryAlarmHasItsRunbookAndEveryRunbookItsAlarm(t *testing.T) {
	var want []string
	for id, alarm := range descriptions(t) {
		if alarm.page != runbookFolder+"/"+id+".md" {
			t.Errorf("%s names the page %s", id, alarm.page)
		}
		want = append(want, alarm.page)
	}
	slices.Sort(want)
	got, err := filepath.Glob(filepath.Join(runbookFolder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(file string) bool { return filepath.Base(file) == "README.md" })
	if !slices.Equal(got, want) {
		t.Errorf("the runbooks are\n%s\nand those of the alarms\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The index has each alarm's own words, and the order of the dashboard.
func TestTheIndexOfRunbooks(t *testing.T) {
	got := regexp.MustCompile(`(?m)^\| \[.*$`).FindAllString(read(t, filepath.Join(runbookFolder, "README.md")), -1)
	alarms := descriptions(t)
	var want []string
	body, _ := watchedStack(t).Resources("aws_cloudwatch_dashboard")[0].Body["dashboard_body"].(string)
	for _, shown := range regexp.MustCompile(`aws_cloudwatch_metric_alarm\.alarms_([a-z0-9-]+)\.arn`).FindAllStringSubmatch(body, -1) {
		id := shown[1]
		want = append(want, fmt.Sprintf("| [%s](%s.md) | %s | %s |", id, id, alarms[id].level, alarms[id].says))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the index is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var (
	fenced = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")
	// quantity is a number with a unit: a threshold that would stay behind when the code's changes.
	quantity = regexp.MustCompile(`(?i)\b[0-9][0-9,.]* ?(%|percent|ms|milliseconds?|s|seconds?|min|minutes?|h|hours?|days?|bytes|[KM]i?B|requests|records)\b`)
	// declaredBy is how a page says where its alarm is.
	declaredBy = regexp.MustCompile("`([a-z][A-Za-z]+)` in `(modules/alarms/[a-z]+\\.go)`|`[a-z][A-Za-z]+` and `([a-z][A-Za-z]+)` in `(modules/alarms/[a-z]+\\.go)`")
	sections   = []string{"What a client sees", "Look first", "Causes, the likeliest first", "What to do", "Try it here", "When it is over"}
)

func TestRunbooks(t *testing.T) {
	for id, alarm := range descriptions(t) {
		t.Run(id, func(t *testing.T) {
			text := read(t, filepath.Join(runbookFolder, id+".md"))
			prose := fenced.ReplaceAllString(text, "")
			if want := "# " + id + "\n\nA **" + alarm.level + "**. "; !strings.HasPrefix(text, want) {
				t.Errorf("the page does not begin with %q", want)
			}
			var got []string
			for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1) {
				got = append(got, heading[1])
			}
			if !slices.Equal(got, sections) {
				t.Errorf("the sections are %q", got)
			}
			if stale := quantity.FindString(prose); stale != "" {
				t.Errorf("the page says %q: name what it follows from, or it will be wrong one day", stale)
			}
			checkDeclaredBy(t, id, prose)
		})
	}
}

// checkDeclaredBy finds the function that a page names, and the page's alarm in it.
func checkDeclaredBy(t *testing.T, id, prose string) {
	t.Helper()
	parts := declaredBy.FindStringSubmatch(prose)
	if parts == nil {
		t.Fatal("the page does not say what sets the alarm off")
	}
	function, file := parts[1]+parts[3], parts[2]+parts[4]
	_, declared, found := strings.Cut(read(t, file), "func "+function+"(p Pipeline) alarm {")
	if body, _, _ := strings.Cut(declared, "\n}\n"); !found || !strings.Contains(body, `id: "`+id+`"`) {
		t.Errorf("%s in %s does not declare %s", function, file, id)
	}
}

func TestRunbooksLinkToWhatIsThere(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(runbookFolder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(read(t, file), -1) {
			if _, err := os.Stat(filepath.Join(runbookFolder, link[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// asked is a query of CloudWatch Logs Insights in a runbook, and the log that it is over.
var asked = regexp.MustCompile(`ask "\$([A-Z]+)" '([^']*)'`)

// fieldsOf are the fields of the logs' lines. Firehose's are those of its developer guide ("Monitoring … using CloudWatch
// Logs"); API Gateway's execution log is text.
func fieldsOf(t *testing.T) map[string][]string {
	t.Helper()
	var access map[string]string
	if err := json.Unmarshal([]byte(read(t, "modules/apigateway/templates/access-log.json")), &access); err != nil {
		t.Fatal(err)
	}
	own := []string{"@timestamp", "@message"}
	return map[string][]string{
		"ACCESS":    append(slices.Collect(maps.Keys(access)), own...),
		"DELIVERY":  append([]string{"deliveryStreamARN", "destination", "deliveryStreamVersionId", "message", "errorCode"}, own...),
		"EXECUTION": own,
	}
}

// language are the words of the queries that name no field, but for what "as" introduces.
var language = strings.Fields("fields filter stats sort limit by as asc desc like not and or count pct bin")

func TestQueriesOfRunbooksAskForFieldsThatAreThere(t *testing.T) {
	fields := fieldsOf(t)
	count := 0
	for id := range descriptions(t) {
		for _, query := range asked.FindAllStringSubmatch(read(t, filepath.Join(runbookFolder, id+".md")), -1) {
			count++
			known := append(slices.Clone(fields[query[1]]), language...)
			text := regexp.MustCompile(`/[^/]*/|"[^"]*"`).ReplaceAllString(query[2], "")
			for _, alias := range regexp.MustCompile(` as (\w+)`).FindAllStringSubmatch(text, -1) {
				known = append(known, alias[1])
			}
			for _, word := range regexp.MustCompile(`[@\w]+`).FindAllString(text, -1) {
				if !slices.Contains(known, word) && !regexp.MustCompile(`^[0-9]+m?$`).MatchString(word) {
					t.Errorf("%s asks the log %s for %q, which is no field of its lines: %s", id, query[1], word, query[2])
				}
			}
		}
	}
	if count < 12 {
		t.Errorf("only %d queries were found", count)
	}
}
