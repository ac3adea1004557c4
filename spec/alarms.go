package spec

import "time"

// Alarms are CloudWatch's alarms over the pipeline and its dashboard. What an alarm is set off by follows from the
// environment's other values, but for what only the clients' side can say: how slow and how refusing the API may be.
type Alarms struct {
	// Enabled declares the alarms, and a topic PREFIX-alarms-ENV that they are sent to where TopicARN names none.
	Enabled bool
	// Emails are subscribed to the topic. SNS sends each a link, and nothing else before it is followed.
	Emails []string
	// TopicARN is a topic that is there already, in the environment's region, which is used in place of an own one. Its
	// policy must let CloudWatch publish, and so must its key's where it has one.
	TopicARN string
	// RunbookURL is the https address of the folder of runbooks, which each alarm's description links to:
	// RunbookURL/ALARM.md. Empty names the page in the repository: docs/runbooks/ALARM.md.
	RunbookURL string
	// LatencyP99 is how long the slowest hundredth of the requests may take: whole milliseconds, 1 ms to 29 s, after which
	// API Gateway itself gives up.
	LatencyP99 time.Duration
	// RefusedPercent is how much of the requests may be answered with a status of 400 to 499, 1 to 99.
	RefusedPercent int
	// Dashboard declares a CloudWatch dashboard PREFIX-ENV, with or without alarms.
	Dashboard bool
}

// defaultAlarms are off. AWS recommends to be told when 5 percent of the requests are refused (CloudWatch user guide,
// "Recommended alarms", API Gateway, 4XXError). It recommends 2.5 s for the slowest tenth of the requests of any API; this
// one makes a single call that takes tens of milliseconds, so that a second is far from what is usual, and still short of
// what a client would take for a failure.
func defaultAlarms() Alarms { return Alarms{LatencyP99: time.Second, RefusedPercent: 5} }

// AlarmTopicName is the topic that alarms are sent to, where the environment has its own.
func (e Environment) AlarmTopicName() string { return e.derived("alarms") }

// AlarmName is the name of the alarm that the runbook docs/runbooks/ID.md is about.
func (e Environment) AlarmName(id string) string { return e.APIName() + "-" + id }

// DashboardName is the dashboard's name.
func (e Environment) DashboardName() string { return e.APIName() }
