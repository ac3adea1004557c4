package spec

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// alarmed turns the alarms on and changes them.
func alarmed(change func(a *Alarms)) func(e *Environment) {
	return func(e *Environment) {
		e.Alarms.Enabled = true
		change(&e.Alarms)
	}
}

func emailsOf(count int) []string {
	all := numbered("on-call-", count)
	for i := range all {
		all[i] += "@example.com"
	}
	return all
}

func TestAlarmsRefused(t *testing.T) {
	const (
		folder = `; use the address of a folder, such as "https://git.example.com/ingest/docs/runbooks", or leave it empty`
		topic  = `; use the ARN of a standard topic, such as "arn:aws:sns:eu-west-1:111122223333:on-call", or leave it empty`
	)
	long := "https://example.com/" + strings.Repeat("a", 500)
	testRefusals(t, []refusal{
		{"too many addresses", alarmed(func(a *Alarms) { a.Emails = emailsOf(101) }), []string{"Alarms.Emails has 101 entries; use at most 100"}},
		{"an address without a host", alarmed(func(a *Alarms) { a.Emails = []string{"on-call"} }),
			[]string{`Alarms.Emails[0] is "on-call"; use an address such as "on-call@example.com"`}},
		{"an address with a name", alarmed(func(a *Alarms) { a.Emails = []string{"On call <on-call@example.com>"} }),
			[]string{`Alarms.Emails[0] is "On call <on-call@example.com>"; use an address such as "on-call@example.com"`}},
		{"an address that Terraform would take for an expression", alarmed(func(a *Alarms) { a.Emails = []string{"${x}@example.com"} }),
			[]string{`Alarms.Emails[0] is "${x}@example.com"; use an address such as "on-call@example.com"`}},
		{"addresses at no host", alarmed(func(a *Alarms) { a.Emails = []string{"a@b..com", "a@-b.com", "a@" + strings.Repeat("b", 64) + ".com"} }), []string{
			`Alarms.Emails[0] is "a@b..com"; use an address such as "on-call@example.com"`, `Alarms.Emails[1] is "a@-b.com"; use an address such as "on-call@example.com"`,
			`Alarms.Emails[2] is "a@` + strings.Repeat("b", 64) + `.com"; use an address such as "on-call@example.com"`,
		}},
		{"a long address", alarmed(func(a *Alarms) { a.Emails = []string{"a@" + strings.Repeat("example.", 32) + "com"} }),
			[]string{"Alarms.Emails[0] is 261 characters long; use at most 254"}},
		{"dots at no place of theirs", alarmed(func(a *Alarms) {
			a.Emails = []string{"on..call@example.com", ".on-call@example.com", "on-call.@example.com"}
		}), []string{
			`Alarms.Emails[0] is "on..call@example.com"; use an address such as "on-call@example.com"`,
			`Alarms.Emails[1] is ".on-call@example.com"; use an address such as "on-call@example.com"`,
			`Alarms.Emails[2] is "on-call.@example.com"; use an address such as "on-call@example.com"`,
		}},
		{"a long mailbox", alarmed(func(a *Alarms) { a.Emails = []string{strings.Repeat("a", 65) + "@example.com"} }),
			[]string{`Alarms.Emails[0] has 65 characters before the "@"; use at most 64`}},
		{"an address twice", alarmed(func(a *Alarms) { a.Emails = []string{"a@example.com", "b@example.com", "a@example.com"} }),
			[]string{`Alarms.Emails[2] is "a@example.com" again; leave it out`}},
		{"a topic's name", alarmed(func(a *Alarms) { a.TopicARN = "on-call" }), []string{`Alarms.TopicARN is "on-call"` + topic}},
		{"a FIFO topic", alarmed(func(a *Alarms) { a.TopicARN = "arn:aws:sns:us-east-1:111122223333:on-call.fifo" }),
			[]string{`Alarms.TopicARN is "arn:aws:sns:us-east-1:111122223333:on-call.fifo"` + topic}},
		{"a topic elsewhere", alarmed(func(a *Alarms) { a.TopicARN = "arn:aws:sns:eu-west-1:111122223333:on-call" }),
			[]string{`Alarms.TopicARN is "arn:aws:sns:eu-west-1:111122223333:on-call"; use a topic in us-east-1: an alarm cannot notify a topic in another region`}},
		{"runbooks over HTTP", alarmed(func(a *Alarms) { a.RunbookURL = "http://example.com" }),
			[]string{`Alarms.RunbookURL is "http://example.com"` + folder}},
		{"runbooks by a path", alarmed(func(a *Alarms) { a.RunbookURL = "docs/runbooks" }),
			[]string{`Alarms.RunbookURL is "docs/runbooks"` + folder}},
		{"runbooks by a query", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com/?page=" }),
			[]string{`Alarms.RunbookURL is "https://example.com/?page="` + folder}},
		{"runbooks behind a password", alarmed(func(a *Alarms) { a.RunbookURL = "https://me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, on no port", alarmed(func(a *Alarms) { a.RunbookURL = "https://me:secret@example.com:x" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, with a scheme in upper case", alarmed(func(a *Alarms) { a.RunbookURL = "HTTPS://me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, over HTTP", alarmed(func(a *Alarms) { a.RunbookURL = "http://me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, with one slash", alarmed(func(a *Alarms) { a.RunbookURL = "https:/me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, with three slashes", alarmed(func(a *Alarms) { a.RunbookURL = "https:///me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, with slashes alone", alarmed(func(a *Alarms) { a.RunbookURL = "//me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks behind a password, without a scheme", alarmed(func(a *Alarms) { a.RunbookURL = "me:secret@example.com/" }),
			[]string{"Alarms.RunbookURL has a user's name before its host; leave the name and the password out: each alarm's description has the address"}},
		{"runbooks by an empty query", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com/?" }), []string{`Alarms.RunbookURL is "https://example.com/?"` + folder}},
		{"runbooks by an empty fragment", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com/#" }), []string{`Alarms.RunbookURL is "https://example.com/#"` + folder}},
		{"runbooks on a port alone", alarmed(func(a *Alarms) { a.RunbookURL = "https://:443/" }), []string{`Alarms.RunbookURL is "https://:443/"` + folder}},
		{"runbooks on no port", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com:/" }), []string{`Alarms.RunbookURL is "https://example.com:/"` + folder}},
		{"runbooks on port 0", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com:0/" }), []string{`Alarms.RunbookURL is "https://example.com:0/"` + folder}},
		{"runbooks on port 65536", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com:65536/" }), []string{`Alarms.RunbookURL is "https://example.com:65536/"` + folder}},
		{"runbooks by an expression", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com/${path.root}" }),
			[]string{`Alarms.RunbookURL is "https://example.com/${path.root}"` + folder}},
		{"runbooks far away", alarmed(func(a *Alarms) { a.RunbookURL = long }),
			[]string{`Alarms.RunbookURL is 520 bytes long; use at most 512`}},
		{"no latency", alarmed(func(a *Alarms) { a.LatencyP99 = 0 }),
			[]string{`Alarms.LatencyP99 is 0s; use whole milliseconds, 1 to 29000`}},
		{"a latency that no request reaches", alarmed(func(a *Alarms) { a.LatencyP99 = 30 * time.Second }),
			[]string{`Alarms.LatencyP99 is 30s; use whole milliseconds, 1 to 29000`}},
		{"microseconds", alarmed(func(a *Alarms) { a.LatencyP99 = 1500 * time.Microsecond }),
			[]string{`Alarms.LatencyP99 is 1.5ms; use whole milliseconds, 1 to 29000`}},
		{"no share", alarmed(func(a *Alarms) { a.RefusedPercent = 0 }),
			[]string{`Alarms.RefusedPercent is 0; use 1 to 99`}},
		{"more than everything", alarmed(func(a *Alarms) { a.RefusedPercent = 100 }),
			[]string{`Alarms.RefusedPercent is 100; use 1 to 99`}},
		{"a dashboard without a line", func(e *Environment) { e.Alarms = Alarms{Dashboard: true} },
			[]string{`Alarms.LatencyP99 is 0s; use whole milliseconds, 1 to 29000`}},
	})
}

func TestAlarmsAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"nobody to tell yet", alarmed(func(*Alarms) {})},
		{"a dashboard alone, with a line of its own", func(e *Environment) { e.Alarms.Dashboard, e.Alarms.LatencyP99 = true, 2*time.Second }},
		{"addresses", alarmed(func(a *Alarms) {
			a.Emails = []string{"on-call@example.com", "o'hara+events@mail.example.co.uk", "a.b.c@example.com", strings.Repeat("a", 64) + "@example.com"}
		})},
		{"a topic and an address", alarmed(func(a *Alarms) {
			a.TopicARN, a.Emails = "arn:aws:sns:us-east-1:111122223333:on-call", []string{"on-call@example.com"}
		})},
		{"a topic in China", func(e *Environment) {
			e.Region, e.Alarms.Enabled, e.Alarms.TopicARN = "cn-north-1", true, "arn:aws-cn:sns:cn-north-1:111122223333:on_call"
		}},
		{"runbooks whose path has an @", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com/@team/runbooks" })},
		{"runbooks", alarmed(func(a *Alarms) { a.RunbookURL = "https://git.example.com:8443/ingest/-/blob/main/docs/runbooks/" })},
		{"the most addresses", alarmed(func(a *Alarms) { a.Emails = emailsOf(100) })},
		{"runbooks of a user", alarmed(func(a *Alarms) { a.RunbookURL = "https://git.example.com/@me/runbooks" })},
		{"the longest address", alarmed(func(a *Alarms) { a.RunbookURL = "https://example.com/" + strings.Repeat("a", 492) })},
		{"the least", alarmed(func(a *Alarms) { a.LatencyP99, a.RefusedPercent = time.Millisecond, 1 })},
		{"the most", alarmed(func(a *Alarms) { a.LatencyP99, a.RefusedPercent = 29*time.Second, 99 })},
	})
}

// The patterns are those of the services' API references.
func TestNamesOfAlarms(t *testing.T) {
	for _, row := range []struct{ of, name, want, pattern string }{
		{"topic", Default("dev").AlarmTopicName(), "api-kinesis-alarms-dev", `^[A-Za-z0-9_-]{1,256}$`},
		{"alarm", Default("dev").AlarmName("api-5xx"), "api-kinesis-dev-api-5xx", `^[ -~]{1,255}$`},
		{"dashboard", Default("dev").DashboardName(), "api-kinesis-dev", `^[A-Za-z0-9_-]{1,255}$`},
	} {
		if row.name != row.want || !regexp.MustCompile(row.pattern).MatchString(row.name) {
			t.Errorf("%s: got %q, want %q, which matches %s", row.of, row.name, row.want, row.pattern)
		}
	}
}
