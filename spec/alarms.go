package spec

import "time"

// Alarms are CloudWatch alarms over the pipeline, and its dashboard. The thresholds follow from the environment's other options,
// such as its shards and its retention. You set the two that depend on your clients: Alarms.LatencyP99 and
// Alarms.RefusedPercent.
type Alarms struct {
	// Enabled declares the alarms. They notify the SNS topic PREFIX-alarms-ENV, which the stack makes, or Alarms.TopicARN.
	Enabled bool
	// Emails are the e-mail addresses that the topic notifies, at most 100. SNS sends each address a link, and notifies it only after
	// somebody follows the link.
	Emails []string
	// TopicARN is the ARN of an existing topic in the environment's region. Empty makes a topic. The topic's policy must let
	// CloudWatch publish to it, and so must the policy of its key.
	TopicARN string
	// RunbookURL is the https address of the folder of the runbooks. Each alarm's description links to RunbookURL/ALARM.md.
	// Empty names the page in the repository: docs/runbooks/ALARM.md.
	RunbookURL string
	// LatencyP99 is how long the slowest hundredth of the requests may take: whole milliseconds, 1 ms to 29 s. API Gateway
	// ends a request after 29 s.
	LatencyP99 time.Duration
	// RefusedPercent is the percentage of the requests that may get a status of 400 to 499: 1 to 99.
	RefusedPercent int
	// Dashboard declares the CloudWatch dashboard PREFIX-ENV. It does not need Alarms.Enabled.
	Dashboard bool
}

// defaultAlarms are off. AWS recommends an alarm when 5 percent of the requests are refused (CloudWatch user guide,
// "Recommended alarms", API Gateway, 4XXError). It recommends 2.5 s for the slowest tenth of the requests of any API; this one
// makes a single call that takes tens of milliseconds. A second is far above the usual, and still below the time after which a
// client gives up.
func defaultAlarms() Alarms { return Alarms{LatencyP99: time.Second, RefusedPercent: 5} }

// AlarmTopicName is the name of the SNS topic that the stack makes for its alarms.
func (e Environment) AlarmTopicName() string { return e.derived("alarms") }

// AlarmName is the name of the alarm whose runbook is docs/runbooks/ID.md.
func (e Environment) AlarmName(id string) string { return e.APIName() + "-" + id }

// DashboardName is the dashboard's name.
func (e Environment) DashboardName() string { return e.APIName() }
