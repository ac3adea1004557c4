package verify

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
)

// The elements of JUnit's XML that CI systems read (https://github.com/testmoapp/junitxml, "Complete JUnit XML example").
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Suite   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure"`
		Error   *junitText `xml:"error"`
		Skipped *junitText `xml:"skipped"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a report for a CI system: what differs is a failure, what is unknown an error, and what is not shown is skipped.
func (r *Report) JUnit(out io.Writer) error {
	all := junitSuites{
		Name: "ingest verify " + r.Environment, Tests: len(r.Results), Failures: r.Count(Differs), Errors: r.Count(Unknown), Skipped: r.Count(NotShown),
		Time: seconds(r.Ended.Sub(r.Started).Milliseconds()),
	}
	for _, group := range slices.Concat([]string{preflightGroup}, Groups) {
		part := Report{Results: r.of(group)}
		if len(part.Results) == 0 {
			continue
		}
		suite := junitSuite{
			Name: group, Tests: len(part.Results), Failures: part.Count(Differs), Errors: part.Count(Unknown), Skipped: part.Count(NotShown),
			Timestamp: r.Started.Format(junitTime),
		}
		for _, result := range part.Results {
			suite.Cases = append(suite.Cases, caseOf(result))
		}
		all.Suites = append(all.Suites, suite)
	}
	if r.Interrupted {
		all.addInterruption(r)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// addInterruption adds an error: the checks that ran may all hold, and a CI system knows the checks of the file alone.
func (all *junitSuites) addInterruption(r *Report) {
	all.Tests++
	all.Errors++
	all.Suites = append(all.Suites, junitSuite{
		Name: "run", Tests: 1, Errors: 1, Timestamp: r.Started.Format(junitTime),
		Cases: []junitCase{{Suite: "run", Name: "run/end: The run came to its end", Time: seconds(0), Error: &junitText{"interrupted", "run the command again"}}},
	})
}

// junitTime is the form of a suite's time.
const junitTime = "2006-01-02T15:04:05"

func caseOf(result Result) junitCase {
	one := junitCase{Suite: groupOf(result.ID), Name: result.ID + ": " + result.Title, Time: seconds(result.Millis)}
	switch result.Status {
	case Differs:
		one.Failure = &junitText{result.Remedy, fmt.Sprintf("want: %s\ngot: %s\n", result.Want, result.Got)}
	case Unknown:
		one.Error = &junitText{result.Got, result.Remedy}
	case NotShown:
		one.Skipped = &junitText{result.Got, ""}
	}
	return one
}

func seconds(millis int64) string { return fmt.Sprintf("%d.%03d", millis/1000, millis%1000) }
