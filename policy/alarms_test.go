package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

const (
	alarm       = "aws_cloudwatch_metric_alarm.a"
	topic       = "aws_sns_topic.t"
	topicPolicy = "aws_sns_topic_policy.p"

	// refused is the breach of a topic that refuses alarms.
	refused = `alarms: aws_sns_topic_policy.p: does not let CloudWatch publish, so no alarm reaches aws_sns_topic.t; allow sns:Publish to cloudwatch.amazonaws.com where aws:SourceAccount is the account's`
)

// withAlarm adds a good alarm, with its topic and the topic's policy, and changes them.
func withAlarm(changes ...change) []change {
	return append([]change{
		add(topic, `{"name": "alarms"}`),
		add(topicPolicy, `{"arn": "${aws_sns_topic.t.arn}", "policy": "{\"Statement\":[`+
			`{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudwatch.amazonaws.com\"},\"Action\":[\"sns:Publish\"],\"Resource\":[\"${aws_sns_topic.t.arn}\"],`+
			`\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":[\"${data.aws_caller_identity.current.account_id}\"]}}},`+
			`{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"sns:Publish\"],\"Resource\":[\"${aws_sns_topic.t.arn}\"],`+
			`\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}}]}"}`),
		add(alarm, `{"alarm_actions": ["${aws_sns_topic.t.arn}"], "alarm_description": "page: Runbook: docs/runbooks/api-5xx.md", "treat_missing_data": "notBreaching"}`),
	}, changes...)
}

func TestAGoodAlarmBreachesNothing(t *testing.T) {
	for name, changes := range map[string][]change{
		"the stack's topic":     withAlarm(),
		"somebody else's topic": withAlarm(set(alarm, []any{"arn:aws-cn:sns:cn-north-1:111122223333:on-call"}, "alarm_actions")),
		"a page elsewhere":      withAlarm(set(alarm, "Runbook: https://example.com/r/a-1.md", "alarm_description")),
		"a customer's key":      withAlarm(set(topic, "${aws_kms_key.k.arn}", "kms_master_key_id")),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAlarms(t *testing.T) {
	const described = `alarms: aws_cloudwatch_metric_alarm.a: alarm_description names no runbook; end it with "Runbook: " and the address of a page, ….md`
	check(t, []breaking{
		{
			name:    "nobody to tell",
			changes: withAlarm(unset(alarm, "alarm_actions")),
			want:    []string{`alarms: aws_cloudwatch_metric_alarm.a: alarm_actions is empty; name a topic`},
		},
		{
			name:    "an empty list",
			changes: withAlarm(set(alarm, []any{}, "alarm_actions")),
			want:    []string{`alarms: aws_cloudwatch_metric_alarm.a: alarm_actions is empty; name a topic`},
		},
		{
			name:    "a topic that is not declared",
			changes: withAlarm(set(alarm, []any{"${aws_sns_topic.other.arn}"}, "alarm_actions")),
			want: []string{
				`alarms: aws_cloudwatch_metric_alarm.a: alarm_actions names ${aws_sns_topic.other.arn}, which is not a standard SNS topic; name a topic of the stack, or the ARN of a standard one`,
			},
		},
		{
			name:    "a FIFO topic, and something else",
			changes: withAlarm(set(alarm, []any{"arn:aws:sns:us-east-1:111122223333:a.fifo", "arn:aws:swf:us-east-1:111122223333:action/x"}, "alarm_actions")),
			want: []string{
				`alarms: aws_cloudwatch_metric_alarm.a: alarm_actions names arn:aws:sns:us-east-1:111122223333:a.fifo, which is not a standard SNS topic; name a topic of the stack, or the ARN of a standard one`,
				`alarms: aws_cloudwatch_metric_alarm.a: alarm_actions names arn:aws:swf:us-east-1:111122223333:action/x, which is not a standard SNS topic; name a topic of the stack, or the ARN of a standard one`,
			},
		},
		{
			name:    "an alarm that is off",
			changes: withAlarm(set(alarm, false, "actions_enabled")),
			want:    []string{`alarms: aws_cloudwatch_metric_alarm.a: actions_enabled is "false"; leave it out or set it to "true"`},
		},
		{
			name:    "no word on missing data",
			changes: withAlarm(unset(alarm, "treat_missing_data")),
			want:    []string{`alarms: aws_cloudwatch_metric_alarm.a: treat_missing_data is not set; set it to "breaching", "ignore" or "notBreaching"`},
		},
		{
			name:    "no description",
			changes: withAlarm(unset(alarm, "alarm_description")),
			want:    []string{described},
		},
		{
			name:    "no runbook",
			changes: withAlarm(set(alarm, "page: Requests fail.", "alarm_description")),
			want:    []string{described},
		},
		{
			name:    "no page",
			changes: withAlarm(set(alarm, "Runbook: docs/runbooks/", "alarm_description")),
			want:    []string{described},
		},
	})
}

func TestClosedTopic(t *testing.T) {
	const address = "closed-topic: aws_sns_topic_policy.p: "
	replace := func(before, after string) []change { return withAlarm(edit(topicPolicy, before, after, "policy")) }
	check(t, []breaking{
		{
			name:    "no policy",
			changes: withAlarm(drop(topicPolicy)),
			want:    []string{`closed-topic: aws_sns_topic.t: 0 resources of type aws_sns_topic_policy refer to it; declare exactly one`},
		},
		{
			name:    "a policy in the topic",
			changes: withAlarm(set(topic, "{}", "policy")),
			want:    []string{`closed-topic: aws_sns_topic.t: policy is set in the topic itself; leave it out: an aws_sns_topic_policy controls access`},
		},
		{
			name:    "the AWS-managed key",
			changes: withAlarm(set(topic, "alias/aws/sns", "kms_master_key_id")),
			want:    []string{`closed-topic: aws_sns_topic.t: kms_master_key_id is the AWS-managed key, which CloudWatch may not use; name a customer key whose policy lets it, or none`},
		},
		{
			name:    "a topic elsewhere",
			changes: withAlarm(add("aws_sns_topic_policy.other", `{"arn": "arn:aws:sns:us-east-1:111122223333:x", "policy": "{}"}`)),
			want:    []string{`closed-topic: aws_sns_topic_policy.other: arn refers to no topic of the stack; refer to the ARN of one: another topic's owner sets its policy`},
		},
		{
			name:    "a policy that cannot be read",
			changes: withAlarm(set(topicPolicy, "${var.policy}", "policy")),
			want:    []string{address + `policy cannot be read: ${var.policy} is not a name or an ARN of the stack; write it as one JSON document, in which names and ARNs of the stack are the only references`},
		},
		{
			name:    "everybody",
			changes: replace(`{"Service":"cloudwatch.amazonaws.com"}`, `"*"`),
			want:    []string{address + `lets in "*"; name only services: the account's own principals need their own policies`},
		},
		{
			name:    "another account",
			changes: replace(`{"Service":"cloudwatch.amazonaws.com"}`, `{"AWS":"arn:aws:iam::111122223333:root"}`),
			want:    []string{refused, address + `lets in AWS "arn:aws:iam::111122223333:root"; name only services: the account's own principals need their own policies`},
		},
		{
			name:    "all but one account",
			changes: replace(`"Principal":{"Service":"cloudwatch.amazonaws.com"}`, `"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}`),
			want:    []string{refused, address + `lets in all but NotPrincipal; name only services: the account's own principals need their own policies`},
		},
		{
			name:    "all but subscribing",
			changes: replace(`"Action":["sns:Publish"],"Resource":["${aws_sns_topic.t.arn}"],"Condition":{"StringEquals"`, `"NotAction":["sns:Subscribe"],"Resource":["${aws_sns_topic.t.arn}"],"Condition":{"StringEquals"`),
			want:    []string{refused, address + `allows more than sns:Publish to the topic; allow that and nothing else`},
		},
		{
			name:    "every topic but one",
			changes: replace(`"Resource":["${aws_sns_topic.t.arn}"],"Condition":{"StringEquals"`, `"NotResource":["arn:aws:sns:us-east-1:111122223333:x"],"Condition":{"StringEquals"`),
			want:    []string{refused, address + `allows more than sns:Publish to the topic; allow that and nothing else`},
		},
		{
			name:    "any account's alarms",
			changes: replace(`"StringEquals":{"aws:SourceAccount":["${data.aws_caller_identity.current.account_id}"]}`, `"StringEquals":{}`),
			want:    []string{address + `lets a service publish for any account; add the condition that aws:SourceAccount is the account's id under StringEquals`},
		},
		{
			name:    "an invalid account",
			changes: replace(`["${data.aws_caller_identity.current.account_id}"]`, `["*"]`),
			want:    []string{address + `lets a service publish for any account; add the condition that aws:SourceAccount is the account's id under StringEquals`},
		},
		{
			name:    "subscribing",
			changes: replace(`"Action":["sns:Publish"],"Resource":["${aws_sns_topic.t.arn}"],"Condition":{"StringEquals"`, `"Action":["sns:Subscribe"],"Resource":["${aws_sns_topic.t.arn}"],"Condition":{"StringEquals"`),
			want:    []string{refused, address + `allows more than sns:Publish to the topic; allow that and nothing else`},
		},
		{
			name:    "no TLS for another topic",
			changes: replace(`"Effect":"Deny","Principal":"*","Action":["sns:Publish"],"Resource":["${aws_sns_topic.t.arn}"]`, `"Effect":"Deny","Principal":"*","Action":["sns:Publish"],"Resource":["arn:aws:sns:us-east-1:111122223333:x"]`),
			want:    []string{address + `does not deny messages without TLS; deny sns:Publish to the principal "*" where aws:SecureTransport is false`},
		},
		{
			name:    "no TLS for some",
			changes: replace(`"Effect":"Deny","Principal":"*"`, `"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}`),
			want:    []string{address + `does not deny messages without TLS; deny sns:Publish to the principal "*" where aws:SecureTransport is false`},
		},
		{
			name:    "no TLS",
			changes: replace(`"false"`, `"true"`),
			want:    []string{address + `does not deny messages without TLS; deny sns:Publish to the principal "*" where aws:SecureTransport is false`},
		},
	})
}

// An alarm that its topic refuses reaches nobody, and CloudWatch does not say so.
func TestATopicThatRefusesAlarms(t *testing.T) {
	edited := func(before, after string) []change { return withAlarm(edit(topicPolicy, before, after, "policy")) }
	var tests []breaking
	for name, changes := range map[string][]change{
		"another service":     edited("cloudwatch.amazonaws.com", "events.amazonaws.com"),
		"another condition":   edited(`{"StringEquals":{`, `{"Bool":{"aws:ViaAWSService":"true"},"StringEquals":{`),
		"all but the sources": edited(`{"StringEquals":{`, `{"ArnNotLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"},"StringEquals":{`),
	} {
		tests = append(tests, breaking{name: name, changes: changes, want: []string{refused}})
	}
	for _, denial := range []string{
		`"Principal":"*","Action":"sns:*","Resource":"*"`,
		`"Principal":{"Service":["events.amazonaws.com","cloudwatch.amazonaws.com"]},"Action":"sns:Publish","Resource":"${aws_sns_topic.t.arn}"`,
		`"NotPrincipal":{"AWS":"${data.aws_caller_identity.current.account_id}"},"Action":"sns:Publish","Resource":"*"`,
		`"Principal":"*","NotAction":"sns:Subscribe","Resource":"*"`,
		`"Principal":"*","Action":"sns:Publish","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`,
	} {
		tests = append(tests, breaking{
			name: denial, changes: edited(`"Statement":[`, `"Statement":[{"Effect":"Deny",`+denial+`},`),
			want: []string{`alarms: aws_sns_topic_policy.p: policy: statement 1 denies CloudWatch sns:Publish, so no alarm reaches aws_sns_topic.t; ` +
				`leave it out, or add a condition that is false for CloudWatch, such as that aws:SecureTransport is false`},
		})
	}
	check(t, tests)
	denying := func(denial string) []change {
		return edited(`"Statement":[`, `"Statement":[{"Effect":"Deny",`+denial+`},`)
	}
	for name, changes := range map[string][]change{
		"its alarms alone":            edited(`{"StringEquals":{`, `{"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"},"StringEquals":{`),
		"a denial to all but it":      denying(`"NotPrincipal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*"`),
		"a denial to all of AWS":      edited(`"Effect":"Deny","Principal":"*"`, `"Effect":"Deny","Principal":{"AWS":"*"}`),
		"a denial of all actions":     edited(`"Effect":"Deny","Principal":"*","Action":["sns:Publish"],"Resource":["${aws_sns_topic.t.arn}"]`, `"Effect":"Deny","Principal":"*","Action":"sns:*","Resource":"*"`),
		"a denial to another service": denying(`"Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"`),
		"a denial of all but this":    denying(`"Principal":"*","NotAction":"sns:Publish","Resource":"*"`),
		"a denial by another network": denying(`"Principal":"*","Action":"sns:Publish","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
