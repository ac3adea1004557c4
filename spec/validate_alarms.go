package spec

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

const (
	// maxLatency is the default integration timeout, which the API does not change: no request takes longer.
	maxLatency = quota.IntegrationTimeout
	// maxRunbookURL leaves an alarm's description within CloudWatch's 1,024 characters (API reference, PutMetricAlarm).
	maxRunbookURL = 512
	// maxEmails is this project's bound: each address is a resource of the stack. A mailing list takes more readers.
	maxEmails = 100
	// maxEmail is from RFC 5321, section 4.5.3.1.3: a path has 256 characters, of which "<" and ">" are two.
	maxEmail = 254
	// maxMailbox is the most characters before the "@" (RFC 5321, section 4.5.3.1.1).
	maxMailbox = 64
)

var (
	// emailPattern checks only the form: SNS finds out whether somebody reads the address. A dot in a mailbox name stands between two
	// other characters (RFC 5321, section 4.1.2, Dot-string). The pattern excludes those that begin a Terraform expression.
	emailPattern = regexp.MustCompile(`^[A-Za-z0-9!#&'*+/=?^_|~-]+(\.[A-Za-z0-9!#&'*+/=?^_|~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$`)
	// topicPattern's group is the region. It does not match a FIFO topic (".fifo"), which cannot notify e-mail addresses.
	topicPattern = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
)

// alarms checks the options of the alarms. While the alarms are off, it refuses the options that would have no effect.
func (p *problems) alarms(alarms Alarms, region string) {
	if alarms.Enabled {
		p.emails(alarms.Emails)
		if alarms.TopicARN != "" {
			p.topic(alarms.TopicARN, region)
		}
		p.runbookURL(alarms.RunbookURL)
	} else {
		p.withoutAlarms(alarms)
	}
	if alarms.Enabled || alarms.Dashboard { // the dashboard draws it
		p.whole("Alarms.LatencyP99", alarms.LatencyP99, time.Millisecond, maxLatency, time.Millisecond, "milliseconds")
	}
	if alarms.Enabled {
		p.within("Alarms.RefusedPercent", alarms.RefusedPercent, 1, 99)
	}
}

func (p *problems) withoutAlarms(alarms Alarms) {
	byDefault := defaultAlarms()
	p.unused("Alarms.Enabled is false", "set Alarms.Enabled to true, or leave it out",
		option{"Alarms.Emails", len(alarms.Emails) > 0},
		option{"Alarms.TopicARN", alarms.TopicARN != ""},
		option{"Alarms.RunbookURL", alarms.RunbookURL != ""},
		option{"Alarms.LatencyP99", !alarms.Dashboard && isSet(alarms.LatencyP99, byDefault.LatencyP99)},
		option{"Alarms.RefusedPercent", isSet(alarms.RefusedPercent, byDefault.RefusedPercent)})
}

func (p *problems) emails(emails []string) {
	p.atMost("Alarms.Emails", len(emails), maxEmails)
	for i, email := range emails {
		field := item("Alarms.Emails", i)
		p.match(field, email, emailPattern, `use an address such as "on-call@example.com"`)
		if mailbox, _, _ := strings.Cut(email, "@"); len(mailbox) > maxMailbox {
			p.add(field, fmt.Sprintf("has %d characters before the \"@\"", len(mailbox)), fmt.Sprintf("use at most %d", maxMailbox))
		}
		if len(email) > maxEmail {
			p.add(field, fmt.Sprintf("is %d characters long", len(email)), fmt.Sprintf("use at most %d", maxEmail))
		}
		if slices.Contains(emails[:i], email) {
			p.add(field, is(email)+" again", "leave it out")
		}
	}
}

// topic checks that the topic is in the alarms' region, as CloudWatch requires (API reference, PutMetricAlarm, "AlarmActions").
func (p *problems) topic(arn, region string) {
	parts := topicPattern.FindStringSubmatch(arn)
	switch {
	case parts == nil:
		p.add("Alarms.TopicARN", is(arn),
			`use the ARN of a standard topic, such as "arn:aws:sns:eu-west-1:111122223333:on-call", or leave it empty`)
	case parts[1] != region:
		p.add("Alarms.TopicARN", is(arn), fmt.Sprintf("use a topic in %s: an alarm cannot notify a topic in another region", region))
	default:
		p.arn("Alarms.TopicARN", arn, region)
	}
}

func (p *problems) runbookURL(address string) {
	if address == "" {
		return
	}
	const field = "Alarms.RunbookURL"
	parsed, err := url.Parse(address)
	authority := address
	if _, after, hasScheme := strings.Cut(address, ":/"); hasScheme { // a scheme has no case, and may be another one
		authority = after
	}
	authority, _, _ = strings.Cut(strings.TrimLeft(authority, "/"), "/") // whatever the number of slashes before it
	switch {
	case strings.Contains(authority, "@"):
		// The value is not in the message: it may hold a password.
		p.add(field, "has a user's name before its host", "leave the name and the password out: each alarm's description has the address")
	case err != nil || !isFolder(parsed) || strings.ContainsAny(address, " \"{}?#") || strings.ContainsFunc(address, notPrintable):
		p.add(field, is(address),
			`use the address of a folder, such as "https://git.example.com/ingest/docs/runbooks", or leave it empty`)
	case len(address) > maxRunbookURL:
		p.add(field, fmt.Sprintf("is %d bytes long", len(address)), fmt.Sprintf("use at most %d", maxRunbookURL))
	}
}

// isFolder reports whether an address has a host to which a path can be added, over HTTPS.
func isFolder(address *url.URL) bool {
	return address.Scheme == "https" && address.Hostname() != "" && !strings.HasSuffix(address.Host, ":") && isPort(address.Port())
}
