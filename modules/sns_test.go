package modules_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/sns"
)

func snsAlarms() sns.Config {
	return sns.Config{
		Name: "alarms", Service: "cloudwatch.amazonaws.com", Account: "111122223333",
		Sources: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a-*",
	}
}

func TestSNSDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { sns.New(stack, "topic", snsAlarms()) })
	resources.ExpectAddresses(t, "aws_sns_topic.topic", "aws_sns_topic_policy.topic_policy")
	resources.Expect(t, "aws_sns_topic.topic", `{"name": "alarms"}`)
	resources.Expect(t, "aws_sns_topic_policy.topic_policy", `{
		"arn": "${aws_sns_topic.topic.arn}",
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Publish\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudwatch.amazonaws.com\"},\"Action\":[\"sns:Publish\"],\"Resource\":[\"${aws_sns_topic.topic.arn}\"],\"Condition\":{\"ArnLike\":{\"aws:SourceArn\":[\"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a-*\"]},\"StringEquals\":{\"aws:SourceAccount\":[\"111122223333\"]}}},{\"Sid\":\"TLSOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"sns:Publish\"],\"Resource\":[\"${aws_sns_topic.topic.arn}\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}}]}"
	}`)
}

func TestSNSEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cfg := snsAlarms()
		cfg.KeyARN = "arn:aws:kms:eu-west-1:111122223333:key/k"
		sns.New(stack, "topic", cfg)
	})
	resources.Expect(t, "aws_sns_topic.topic", `{"name": "alarms", "kms_master_key_id": "arn:aws:kms:eu-west-1:111122223333:key/k"}`)
}

func TestSNSTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		sns.New(stack, "first", snsAlarms())
		sns.New(stack, "second", snsAlarms())
	})
	resources.ExpectAddresses(t, "aws_sns_topic.first", "aws_sns_topic.second",
		"aws_sns_topic_policy.first_policy", "aws_sns_topic_policy.second_policy")
}

// snsSubscribed are the e-mail addresses of subscriptions by their Terraform addresses.
func snsSubscribed(t *testing.T, emails ...string) map[string]any {
	t.Helper()
	found := map[string]any{}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { sns.Subscribe(stack, "emails", "arn:topic", emails) })
	for address, body := range resources {
		found[address] = body["endpoint"]
		if body["protocol"] != "email" || body["topic_arn"] != "arn:topic" {
			t.Errorf("%s is %v", address, body)
		}
	}
	return found
}

func TestSNSSubscribe(t *testing.T) {
	if got := snsSubscribed(t); len(got) != 0 {
		t.Errorf("nobody's subscriptions are %v", got)
	}
	three := snsSubscribed(t, "a@example.com", "b@example.com", "c@example.com")
	if diff := cmp.Diff([]any{"a@example.com", "b@example.com", "c@example.com"}, snsSorted(three)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A remaining subscription keeps its Terraform address, and so its confirmation.
	for address, email := range snsSubscribed(t, "c@example.com", "b@example.com") {
		if three[address] != email {
			t.Errorf("%s was %v and is %v", address, three[address], email)
		}
	}
}

func snsSorted(byAddress map[string]any) []any {
	return slices.SortedFunc(maps.Values(byAddress), func(a, b any) int {
		if a.(string) < b.(string) {
			return -1
		}
		return 1
	})
}
