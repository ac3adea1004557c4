package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	metricAlarm    = "aws_cloudwatch_metric_alarm"
	snsTopic       = "aws_sns_topic"
	snsTopicPolicy = "aws_sns_topic_policy"
)

var (
	// runbookLink is how an alarm's description names its page.
	runbookLink = regexp.MustCompile(`\bRunbook: \S+/[a-z0-9-]+\.md$`)
	topicARN    = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$`)
)

// alarms: an alarm is useless if it reaches nobody or does not say what to do. It must set the meaning of a period without data,
// because CloudWatch's default is a state that notifies nobody.
func alarms(c *checker) {
	told := map[string]bool{}
	for _, alarm := range c.stack.Resources(metricAlarm) {
		c.want(in(alarm), "actions_enabled", "", "true")
		c.want(in(alarm), "treat_missing_data", "breaching", "ignore", "notBreaching")
		if description, ok := c.literal(in(alarm), "alarm_description"); ok && !runbookLink.MatchString(description) {
			c.breach(alarm.Address(), "alarm_description names no runbook", `end it with "Runbook: " and the address of a page, ….md`)
		}
		if len(list(alarm.Body["alarm_actions"])) == 0 {
			c.breach(alarm.Address(), "alarm_actions is empty", "name a topic")
		}
		for _, action := range list(alarm.Body["alarm_actions"]) {
			c.tellsATopic(alarm, action, told)
		}
	}
	for _, policy := range c.stack.Resources(snsTopicPolicy) {
		if topic, ours := c.follow(policy.Body["arn"], snsTopic, "arn", "id"); ours && told[topic.Address()] {
			c.takesAlarms(policy, topic)
		}
	}
}

// takesAlarms: CloudWatch reports no error if a topic refuses an alarm.
func (c *checker) takesAlarms(policy, topic tfjson.Resource) {
	statements, err := c.parseDocument(policy.Body["policy"])
	if err != nil {
		return // "closed-topic" reports it
	}
	if !slices.ContainsFunc(statements, func(s statement) bool { return letsAlarmsIn(s, topic) }) {
		c.breach(policy.Address(), "does not let CloudWatch publish, so no alarm reaches "+topic.Address(),
			"allow sns:Publish to "+alarmService+" where aws:SourceAccount is the account's")
	}
	for i, s := range statements {
		if s.effect == deny && concernsAlarms(s) && meetsService(s) && s.isAbout("sns:Publish") && s.isOn(arnOf(topic)) {
			c.breach(policy.Address(), fmt.Sprintf("policy: statement %d denies CloudWatch sns:Publish, so no alarm reaches %s", i+1, topic.Address()),
				"leave it out, or add a condition that is false for CloudWatch, such as that aws:SecureTransport is false")
		}
	}
}

// concernsAlarms reports whether a denial is for CloudWatch too.
func concernsAlarms(s statement) bool {
	if slices.Contains(s.inverted, "NotPrincipal") {
		return !slices.Contains(s.notPrincipals["Service"], alarmService)
	}
	return isEverybody(s) || slices.Contains(s.principals["Service"], alarmService)
}

// letsAlarmsIn reports whether a statement lets CloudWatch publish. Of conditions it knows those that CloudWatch fulfils.
func letsAlarmsIn(s statement, topic tfjson.Resource) bool {
	for operator, keys := range s.conditions {
		for key := range keys {
			source := strings.EqualFold(key, "aws:SourceArn") && slices.Contains([]string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"}, operator)
			account := operator == "StringEquals" && strings.EqualFold(key, "aws:SourceAccount")
			if !source && !account {
				return false
			}
		}
	}
	named := isEverybody(s) || slices.Contains(s.principals["Service"], alarmService)
	return s.effect == allow && named && allowsAction(s, "sns:Publish", arnOf(topic))
}

// tellsATopic accepts a topic of the stack, which it notes, or the ARN of an existing one.
func (c *checker) tellsATopic(alarm tfjson.Resource, action string, told map[string]bool) {
	if topic, ours := c.follow(action, snsTopic, "arn", "id"); ours {
		told[topic.Address()] = true
		return
	}
	if literal, ok := c.value(action); !ok || !topicARN.MatchString(literal) {
		c.breach(alarm.Address(), "alarm_actions names "+action+", which is not a standard SNS topic", "name a topic of the stack, or the ARN of a standard one")
	}
}

// closedTopic: anybody who can publish to a topic of alarms can page somebody, and anybody who can subscribe can read the alarms.
func closedTopic(c *checker) {
	for _, topic := range c.stack.Resources(snsTopic) {
		if topic.Body["policy"] != nil {
			c.breach(topic.Address(), "policy is set in the topic itself", "leave it out: an aws_sns_topic_policy controls access")
		}
		if key, _ := c.value(topic.Body["kms_master_key_id"]); strings.HasSuffix(key, "alias/aws/sns") {
			c.breach(topic.Address(), "kms_master_key_id is the AWS-managed key, which CloudWatch may not use", "name a customer key whose policy lets it, or none")
		}
	}
	for _, subscription := range c.stack.Resources("aws_sns_topic_subscription") {
		if protocol, ok := c.literal(in(subscription), "protocol"); ok && protocol == "http" {
			c.breach(subscription.Address(), "sends alarms without TLS", `use the protocol "https"`)
		}
	}
	policies := map[string]int{}
	for _, policy := range c.stack.Resources(snsTopicPolicy) {
		topic, ours := c.follow(policy.Body["arn"], snsTopic, "arn", "id")
		if !ours {
			c.breach(policy.Address(), "arn refers to no topic of the stack", "refer to the ARN of one: another topic's owner sets its policy")
			continue
		}
		policies[topic.Address()]++
		if statements, ok := c.document(in(policy), "policy"); ok {
			c.topicPolicy(policy, topic, statements)
		}
	}
	for _, topic := range c.stack.Resources(snsTopic) {
		if n := policies[topic.Address()]; n != 1 {
			c.breach(topic.Address(), fmt.Sprintf("%d resources of type %s refer to it", n, snsTopicPolicy), "declare exactly one")
		}
	}
}

func (c *checker) topicPolicy(policy, topic tfjson.Resource, statements []statement) {
	for _, s := range statements {
		if s.effect == allow {
			c.publishes(policy, topic, s)
		}
	}
	if !slices.ContainsFunc(statements, func(s statement) bool { return deniesPlainMessages(s, topic) }) {
		c.breach(policy.Address(), "does not deny messages without TLS",
			`deny sns:Publish to the principal "*" where aws:SecureTransport is false`)
	}
}

func deniesPlainMessages(s statement, topic tfjson.Resource) bool {
	return s.effect == deny && isEverybody(s) && s.isAbout("sns:Publish") && s.isOn(arnOf(topic)) &&
		onlyCondition(s, "Bool", "aws:SecureTransport", "false")
}

func onlyPublishing(s statement, topic tfjson.Resource) bool {
	return isOnly(s.actions, "sns:Publish") && slices.Equal(s.resources, []string{arnOf(topic)})
}

// publishes checks that a statement lets only services publish, and only on behalf of the account.
func (c *checker) publishes(policy, topic tfjson.Resource, s statement) {
	if !onlyPublishing(s, topic) {
		c.breach(policy.Address(), "allows more than sns:Publish to the topic", "allow that and nothing else")
	}
	if len(s.principals) != 1 || len(s.principals["Service"]) == 0 {
		c.breach(policy.Address(), "lets in "+everybodyOr(s), "name only services: the account's own principals need their own policies")
	}
	if !c.forThisAccount(s) {
		c.breach(policy.Address(), "lets a service publish for any account", "add the condition that aws:SourceAccount is the account's id under StringEquals")
	}
}

func (c *checker) forThisAccount(s statement) bool {
	for key, values := range s.conditions["StringEquals"] {
		if strings.EqualFold(key, "aws:SourceAccount") && len(values) == 1 && c.mayBeThisAccount(values[0]) {
			return true
		}
	}
	return false
}
