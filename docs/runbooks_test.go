package docs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/drill"
	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/tfjson"
)

// runbookFolder is what alarms' descriptions name where an environment says nothing else.
const runbookFolder = "docs/runbooks"

// watched is an environment that has every alarm.
const watched = "option-partitions"

// described is an alarm as its description has it.
type described struct{ level, says, page string }

var description = regexp.MustCompile(`^(page|notice): (.+\.) Runbook: (\S+)$`)

// descriptions of the alarms by their ids.
func descriptions(t *testing.T) map[string]described {
	t.Helper()
	found := map[string]described{}
	for _, alarm := range stackOf(t, watched).Resources("aws_cloudwatch_metric_alarm") {
		name, _ := alarm.Body["alarm_name"].(string)
		text, _ := alarm.Body["alarm_description"].(string)
		parts := description.FindStringSubmatch(text)
		id, isOurs := strings.CutPrefix(name, "api-kinesis-"+watched+"-")
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
	body, _ := stackOf(t, watched).Resources("aws_cloudwatch_dashboard")[0].Body["dashboard_body"].(string)
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
			if strings.Contains(text, `"s3://$BUCKET/e`) && !strings.Contains(prose, "[default folder](README.md#before-the-commands)") {
				t.Error("the page lists objects, and does not say that they are in a default folder")
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
			page, _, _ := strings.Cut(link[1], "#") // a part of the page itself is for TestEveryLinkLeadsSomewhere
			if _, err := os.Stat(filepath.Join(runbookFolder, page)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// deployed are the commands that change by hand what a deployment sets too, and the option with which it does. A deployment with the old
// value undoes the command, and the records that only a longer retention keeps are lost.
var deployed = map[string]string{
	"aws kinesis increase-stream-retention-period": "`Stream.Retention`",
	"aws kinesis decrease-stream-retention-period": "`Stream.Retention`",
	"aws kinesis update-shard-count":               "`Stream.Capacity`",
	"aws kinesis update-stream-mode":               "`Stream.Capacity`",
	"aws firehose update-destination":              "`Delivery.",
	"aws apigateway update-":                       "`API.",
}

// Under pressure a person enters the first command of a page, so the option stands before it.
func TestRunbooksChangeTheEnvironmentBeforeWhatItDeploys(t *testing.T) {
	for id := range descriptions(t) {
		_, text, _ := strings.Cut(read(t, filepath.Join(runbookFolder, id+".md")), "\n## What to do\n")
		for command, option := range deployed {
			before, _, found := strings.Cut(text, command)
			if found && !strings.Contains(before, option) {
				t.Errorf("%s has %s and does not say before it to change %s", id, command, option)
			}
		}
	}
}

// A count that is right for one stream halves another.
func TestRunbooksComputeTheNumberOfShards(t *testing.T) {
	for id := range descriptions(t) {
		if literal := regexp.MustCompile(`--target-shard-count \d+`).FindString(read(t, filepath.Join(runbookFolder, id+".md"))); literal != "" {
			t.Errorf("%s says %s; compute it from the stream's open shards", id, literal)
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

// shell runs a script in folder, with the programs in bin before all others. One that does not end is ended.
func shell(t *testing.T, folder, bin, script string, env ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", script)
	command.Dir, command.Env = folder, append(os.Environ(), append(env, "PATH="+bin+":"+os.Getenv("PATH"))...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := command.Run(); err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		t.Fatalf("%s: %v\n%s", script, err, &errs)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}

// fakeAWS answers the commands of the runbooks' functions: the states of a query, from STATES, one after the other.
const fakeAWS = `#!/bin/sh
test "$AWS_REGION" = "$REGION" && test "$AWS_DEFAULT_REGION" = "$REGION" || { echo "the region is not $REGION" >&2; exit 252; }
case "$*" in
  "apigateway get-resources --rest-api-id "?*" --"*) echo resource ;;
  "apigateway test-invoke-method --rest-api-id "?*" --resource-id resource "*'--body {"a": 1} '*) echo "what Kinesis says" ;;
  "logs start-query --log-group-name /aws/apigateway/api-kinesis-prod/access --query-string fields @message "*)
    test "$STATES" != "not started" || { echo "start-query is denied" >&2; exit 254; }
    echo query ;;
  "logs get-query-results --query-id query --query results"*) echo "what was found" ;;
  "logs get-query-results --query-id query --query status "*)
    echo asked >> asked
    state=$(echo "$STATES" | cut -d' ' -f "$(wc -l < asked)")
    test "$state" != Denied || { echo "get-query-results is denied" >&2; exit 254; }
    echo "$state" ;;
  *) echo "unexpected: $*" >&2; exit 2 ;;
esac
`

// commands are the index's first commands, which all pages build upon.
func commands(t *testing.T) string {
	t.Helper()
	_, text, _ := strings.Cut(read(t, filepath.Join(runbookFolder, "README.md")), "\n## Before the commands\n")
	blocks := fenced.FindAllStringSubmatch(text, 3)
	if len(blocks) < 3 {
		t.Fatal("the index has no commands")
	}
	return blocks[0][1] + blocks[1][1] + blocks[2][1]
}

// fakeTerraform answers for the outputs of an environment's stack, after an apply to some account.
func fakeTerraform(t *testing.T, env string) string {
	t.Helper()
	resolved, err := stackOf(t, env).Resolve(tfjson.Surroundings{Account: "111122223333"})
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString("#!/bin/sh\ncase \"$*\" in\n")
	for _, output := range resolved.Outputs() {
		if text, isText := output.Value.(string); isText && !strings.Contains(text, "'") {
			fmt.Fprintf(&script, "\"-chdir=cdktf.out/stacks/%s output -raw %s\") printf %%s '%s' ;;\n", env, output.Name, text)
		}
	}
	return script.String() + "*) echo \"unexpected: $*\" >&2; exit 1 ;;\nesac\n"
}

// fakeCommands is a folder with an aws of fakeAWS's answers, a terraform with an environment's outputs, and a sleep that takes no time.
func fakeCommands(t *testing.T, env string) string {
	t.Helper()
	bin := t.TempDir()
	for name, script := range map[string]string{"aws": fakeAWS, "terraform": fakeTerraform(t, env), "sleep": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

func TestTheRunbooksAskUntilThereIsAnAnswer(t *testing.T) {
	bin, region := fakeCommands(t, "prod"), "REGION="+catalogue.Named("prod").Region
	ended := func(state string) string { return "ask: no results of query query: its status is " + state + "\n" }
	for _, test := range []struct {
		states         string
		status         int
		stdout, stderr string
	}{
		{"Complete", 0, "what was found\n", ""},
		{"Scheduled Running Running Complete", 0, "what was found\n", ""},
		{"Running Failed", 1, "", ended("Failed")},
		{"Cancelled", 1, "", ended("Cancelled")},
		{"Timeout", 1, "", ended("Timeout")},
		{"Unknown", 1, "", ended("Unknown")},
		{"Denied", 1, "", "get-query-results is denied\n" + ended("unknown")},
		{"Running Denied", 1, "", "get-query-results is denied\n" + ended("unknown")},
		{"not started", 254, "", "start-query is denied\n"},
	} {
		t.Run(test.states, func(t *testing.T) {
			status, stdout, stderr := shell(t, t.TempDir(), bin, commands(t)+"\nask \"$ACCESS\" 'fields @message'", region, "STATES="+test.states)
			if status != test.status || stdout != test.stdout || stderr != test.stderr {
				t.Errorf("it ends with %d, %q and %q; want %d, %q and %q", status, stdout, stderr, test.status, test.stdout, test.stderr)
			}
		})
	}
}

// The commands have the names and the region of the environment's deployment. With others they would find nothing wrong.
func TestTheRunbooksNamesAreTheEnvironments(t *testing.T) {
	for _, name := range []string{"prod", "option-names", "option-tuned"} {
		env := catalogue.Named(name)
		want := strings.Join([]string{
			env.APIName(), env.StreamName(), env.DeliveryStreamName(), env.BucketName(), env.AccessLogGroupName(), env.DeliveryLogGroupName(), env.Region,
		}, " ")
		status, stdout, stderr := shell(t, t.TempDir(), fakeCommands(t, name),
			commands(t)+"\n"+`echo "$NAME $STREAM $DELIVERY_STREAM $BUCKET $ACCESS $DELIVERY $AWS_DEFAULT_REGION"`, "ENV="+name)
		if status != 0 || strings.TrimSpace(stdout) != want || stderr != "" {
			t.Errorf("%s: it ends with %d and has\n%s%s, want\n%s", name, status, stdout, stderr, want)
		}
	}
}

// Without outputs the commands end. Of a state without any, terraform output -raw prints a warning to stdout and succeeds.
func TestTheRunbooksNeedOutputs(t *testing.T) {
	for name, terraform := range map[string]string{
		"another environment is initialised": fakeTerraform(t, "dev"),
		"a state without outputs":            "#!/bin/sh\necho '\n│ Warning: No outputs found\n│ /aws/apigateway/x/access'\n",
	} {
		bin := fakeCommands(t, "dev")
		if err := os.WriteFile(filepath.Join(bin, "terraform"), []byte(terraform), 0o755); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := shell(t, t.TempDir(), bin, commands(t)+"\necho goes on")
		if status == 0 || stdout != "" || !strings.Contains(stderr, "the environment prod has no outputs here, and the commands would find nothing") {
			t.Errorf("%s: it ends with %d and %s%s", name, status, stdout, stderr)
		}
	}
}

// The page of failed requests says of which environments' requests the execution log has lines.
func TestTheRunbookKnowsTheExecutionLogs(t *testing.T) {
	said := strings.Join(strings.Fields(read(t, filepath.Join(runbookFolder, "api-5xx.md"))), " ")
	for env, level := range map[string]string{"dev": "INFO", "staging": "INFO", "prod": "ERROR"} {
		settings := stackOf(t, env).Resources("aws_api_gateway_method_settings")[0]
		if is := tfjson.At(settings.Body, "settings", "logging_level"); is != level || !strings.Contains(said, "Dev and staging log every request, and prod those that failed.") {
			t.Errorf("the execution log of %s has the level %v, want %s, as the page says", env, is, level)
		}
	}
}

func TestTheRunbooksSubmitAnEventByHand(t *testing.T) {
	status, stdout, stderr := shell(t, t.TempDir(), fakeCommands(t, "prod"), commands(t)+"\nattempt '{\"a\": 1}'", "REGION="+catalogue.Named("prod").Region)
	if status != 0 || stdout != "what Kinesis says\n" || stderr != "" {
		t.Errorf("it ends with %d, %q and %q", status, stdout, stderr)
	}
}

// drillOf is how a page sets its alarm off on one machine.
var drillOf = regexp.MustCompile(`(?m)^bin/ingest drill ([a-z0-9-]+)$`)

// Each page names a drill that sets off its alarm. That the drill does so is for drill to test.
func TestRunbooksNameADrill(t *testing.T) {
	for id := range descriptions(t) {
		found := drillOf.FindStringSubmatch(read(t, filepath.Join(runbookFolder, id+".md")))
		if found == nil {
			t.Errorf("%s names no drill", id)
			continue
		}
		drills, err := drill.Find(found[1])
		if err != nil || !slices.Contains(drills[0].Alarms, id) {
			t.Errorf("%s names the drill %s: %+v, %v", id, found[1], drills, err)
		}
	}
}

// The index has the table of the drills in the program's words.
func TestTheIndexHasTheDrills(t *testing.T) {
	var want strings.Builder
	for _, d := range drill.All() {
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", d.Name, strings.Join(d.Alarms, ", "), d.Says)
	}
	if text := read(t, filepath.Join(runbookFolder, "README.md")); !strings.Contains(text, want.String()) {
		t.Errorf("the index lacks this table:\n%s", want.String())
	}
}
