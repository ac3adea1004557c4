package modules_test

import (
	"testing"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tftest"
)

func TestIAMDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		iam.New(stack, "role", iam.Config{Name: "r", Description: "d", Service: "apigateway.amazonaws.com"})
	})
	resources.ExpectAddresses(t, "aws_iam_role.role")
	resources.Expect(t, "aws_iam_role.role", `{
		"name": "r",
		"description": "d",
		"assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"apigateway.amazonaws.com\"},\"Action\":[\"sts:AssumeRole\"]}]}"
	}`)
}

func TestIAMEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		role := iam.New(stack, "role", iam.Config{
			Name:            "r",
			Service:         "firehose.amazonaws.com",
			TrustConditions: map[string]map[string][]string{"StringEquals": {"sts:ExternalId": {"123456789012"}}},
			KeepName:        true,
		})
		role.Allow(map[string]iam.Document{
			"write": {{Sid: "W", Actions: []string{"s3:PutObject"}, Resources: []string{"arn:b/*"}}},
			"read":  {{Actions: []string{"kinesis:GetRecords"}, Resources: []string{"arn:s"}}},
		})
		if got := len(role.Ready); got != 2 {
			t.Errorf("the role is ready with %d policies, want 2", got)
		}
	})
	resources.ExpectAddresses(t, "aws_iam_role.role", "aws_iam_role_policy.role_read", "aws_iam_role_policy.role_write")
	resources.Expect(t, "aws_iam_role.role", `{
		"name": "r",
		"description": "",
		"assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"firehose.amazonaws.com\"},\"Action\":[\"sts:AssumeRole\"],\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":[\"123456789012\"]}}}]}",
		"lifecycle": {"ignore_changes": ["name"]}
	}`)
	resources.Expect(t, "aws_iam_role_policy.role_write", `{
		"name": "write",
		"role": "${aws_iam_role.role.name}",
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"W\",\"Effect\":\"Allow\",\"Action\":[\"s3:PutObject\"],\"Resource\":[\"arn:b/*\"]}]}"
	}`)
}

// Terraform reads "$${" as "${", and so leaves IAM's variables to IAM.
func TestIAMVariables(t *testing.T) {
	for given, want := range map[string]string{
		"arn:aws:s3:::b/${aws:username}/*":       "arn:aws:s3:::b/$${aws:username}/*",
		"${aws:PrincipalTag/team, 'none'}":       "$${aws:PrincipalTag/team, 'none'}",
		"${saml:sub}-${s3:prefix}":               "$${saml:sub}-$${s3:prefix}",
		"a${*}b${?}c${$}":                        "a$${*}b$${?}c$${$}",
		"$${aws:username}":                       "$${aws:username}",
		"${aws_s3_bucket.b.arn}/*":               "${aws_s3_bucket.b.arn}/*",
		"${TfToken[TOKEN.1]}/${aws:username}":    "${TfToken[TOKEN.1]}/$${aws:username}",
		`${var.a ? "b:c" : "d"}`:                 `${var.a ? \"b:c\" : \"d\"}`,
		"cognito-identity.amazonaws.com:sub $ {": "cognito-identity.amazonaws.com:sub $ {",
	} {
		got := iam.Document{{Actions: []string{"a:B"}, Resources: []string{given}}}.JSON()
		whole := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B"],"Resource":["` + want + `"]}]}`
		if got != whole {
			t.Errorf("got\n%s\nwant\n%s", got, whole)
		}
	}
}

func TestIAMTwiceInOneStack(t *testing.T) {
	policies := map[string]iam.Document{"p": {{Actions: []string{"a:B"}, Resources: []string{"arn:x"}}}}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		iam.New(stack, "first", iam.Config{Name: "first", Service: "s"}).Allow(policies)
		iam.New(stack, "second", iam.Config{Name: "second", Service: "s"}).Allow(policies)
	})
	resources.ExpectAddresses(t, "aws_iam_role.first", "aws_iam_role.second",
		"aws_iam_role_policy.first_p", "aws_iam_role_policy.second_p")
}

func TestIAMDocument(t *testing.T) {
	for _, test := range []struct {
		name     string
		document iam.Document
		want     string
	}{
		{"empty", nil, `{"Version":"2012-10-17","Statement":[]}`},
		{
			"allow is the default",
			iam.Document{{Actions: []string{"a:B"}, Resources: []string{"arn:x"}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B"],"Resource":["arn:x"]}]}`,
		},
		{
			"deny stays",
			iam.Document{{Effect: "Deny", Principal: "*", Actions: []string{"a:B"}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["a:B"]}]}`,
		},
		{
			"no escapes for HTML",
			iam.Document{{Actions: []string{"a:B"}, Resources: []string{"arn:<x>&y"}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B"],"Resource":["arn:<x>&y"]}]}`,
		},
		{
			"conditions are sorted",
			iam.Document{{Actions: []string{"a:B"}, Conditions: map[string]map[string][]string{"Y": {"b": {"2"}, "a": {"1"}}, "X": {}}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B"],"Condition":{"X":{},"Y":{"a":["1"],"b":["2"]}}}]}`,
		},
	} {
		if got := test.document.JSON(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}
