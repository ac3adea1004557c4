package iam

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

const account = "123456789012"

func resolve(t testing.TB, stack *tfjson.Stack) *tfjson.Stack {
	t.Helper()
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: account})
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// stackOf is a resolved stack of some resources.
func stackOf(t testing.TB, resources string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(`{"provider": {"aws": {"region": "us-east-1"}}, "resource": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return resolve(t, stack)
}

func environment(t testing.TB, name string) *Roles {
	t.Helper()
	stack, err := tfjson.ReadFile(goldens.File(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return rolesOf(t, resolve(t, stack))
}

func rolesOf(t testing.TB, stack *tfjson.Stack) *Roles {
	t.Helper()
	roles, err := Read(stack)
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

func assume(t testing.TB, roles *Roles, name, service string) *Session {
	t.Helper()
	session, err := roles.Assume("arn:aws:iam::"+account+":role/"+name, service, map[string]string{"sts:ExternalId": account})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

const (
	apigateway = "apigateway.amazonaws.com"
	firehose   = "firehose.amazonaws.com"
)

// TestEnvironments checks that each environment's roles may do what the pipeline does, and nothing else.
func TestEnvironments(t *testing.T) {
	for _, env := range []string{"dev", "staging", "prod"} {
		roles := environment(t, env)
		stream := "arn:aws:kinesis:us-east-1:" + account + ":stream/api-kinesis-stream-" + env
		bucket := "arn:aws:s3:::api-kinesis-firehose-bucket-" + env
		logs := "arn:aws:logs:us-east-1:" + account + ":log-group:/aws/kinesisfirehose/api-kinesis-firehose-" + env + ":log-stream:S3Delivery"
		submit, deliver := assume(t, roles, "api-kinesis-submit-"+env, apigateway), assume(t, roles, "api-kinesis-delivery-"+env, firehose)
		for _, test := range []struct {
			session          *Session
			action, resource string
			want             bool
		}{
			{submit, "kinesis:PutRecord", stream, true},
			{submit, "kinesis:PutRecords", stream, env == "dev"}, // batches are on there
			{submit, "kinesis:PutRecord", stream + "2", false},
			{submit, "s3:PutObject", bucket + "/events/year=2025/x", false},
			{deliver, "kinesis:GetRecords", stream, true},
			{deliver, "kinesis:GetShardIterator", stream, true},
			{deliver, "kinesis:ListShards", stream, true},
			{deliver, "kinesis:PutRecord", stream, false},
			{deliver, "s3:PutObject", bucket + "/events/year=2025/month=01/x", true},
			{deliver, "s3:PutObject", bucket + "/errors/processing-failed/x", true},
			{deliver, "s3:PutObject", bucket + "/elsewhere", false},
			{deliver, "s3:ListBucket", bucket, true},
			{deliver, "s3:DeleteObject", bucket + "/events/year=2025/x", false},
			{deliver, "logs:PutLogEvents", logs, true},
			{deliver, "logs:CreateLogGroup", logs, false},
		} {
			if err := test.session.Allow(test.action, test.resource); (err == nil) != test.want {
				t.Errorf("%s: %s on %s: error %v, want it allowed: %t", env, test.action, test.resource, err, test.want)
			}
		}
	}
}

const (
	trust = `"assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"firehose.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"`
)

// policyText is a policy document of one or more statements, as a stack's JSON holds it.
func policyText(statements string) string {
	return `"{\"Version\":\"2012-10-17\",\"Statement\":[` + strings.ReplaceAll(statements, `"`, `\"`) + `]}"`
}

func TestDenied(t *testing.T) {
	roles := rolesOf(t, stackOf(t, `
		"aws_iam_role": {"r": {"name": "deliver", `+trust+`}},
		"aws_iam_role_policy": {"p": {"role": "deliver", "policy": `+policyText(
		`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"NoDelete","Effect":"Deny","Action":"s3:Delete*","Resource":"*"}`)+`}},
		"aws_s3_bucket": {"b": {"bucket": "b"}},
		"aws_s3_bucket_policy": {"bp": {"bucket": "b", "policy": `+policyText(
		`{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/secret/*"}`)+`}}`))
	session := assume(t, roles, "deliver", firehose)
	const user = "User: arn:aws:sts::123456789012:assumed-role/deliver/AWSFirehoseToS3 is not authorized to perform: "
	for _, test := range []struct {
		action, resource, message, remedy string
	}{
		{"kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s",
			user + "kinesis:PutRecord on resource: arn:aws:kinesis:us-east-1:123456789012:stream/s because no identity-based policy allows the kinesis:PutRecord action",
			`{"Effect":"Allow","Action":"kinesis:PutRecord","Resource":"arn:aws:kinesis:us-east-1:123456789012:stream/s"}`},
		{"s3:DeleteObject", "arn:aws:s3:::b/k",
			user + `s3:DeleteObject on resource: "arn:aws:s3:::b/k" with an explicit deny in an identity-based policy`,
			`a change to the statement that denies it, because no Allow outweighs a Deny: aws_iam_role_policy.p: policy: {"Action":"s3:Delete*","Effect":"Deny","Resource":"*","Sid":"NoDelete"}`},
		{"s3:PutObject", "arn:aws:s3:::b/secret/k",
			user + `s3:PutObject on resource: "arn:aws:s3:::b/secret/k" with an explicit deny in a resource-based policy`,
			`a change to the statement that denies it, because no Allow outweighs a Deny: aws_s3_bucket_policy.bp: policy: {"Action":"s3:PutObject","Effect":"Deny","Principal":"*","Resource":"arn:aws:s3:::b/secret/*"}`},
	} {
		for range 2 { // the second is cached
			err := session.Allow(test.action, test.resource)
			var denied *Denied
			if !errors.As(err, &denied) || err.Error() != test.message || denied.Remedy() != test.remedy {
				t.Errorf("error: %v\nwant:  %s\nremedy: %v\nwant: %s", err, test.message, denied.Remedy(), test.remedy)
			}
		}
	}
	if err := session.Allow("s3:PutObject", "arn:aws:s3:::b/k"); err != nil {
		t.Error(err)
	}
}

func TestAssume(t *testing.T) {
	trusting := func(statements string) string {
		return `"aws_iam_role": {"r": {"name": "r", "assume_role_policy": ` + policyText(statements) + `}}`
	}
	const external = `{"Effect":"Allow","Principal":{"Service":"firehose.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"123456789012"}}}`
	const source = `{"Effect":"Allow","Principal":{"Service":["apigateway.amazonaws.com","firehose.amazonaws.com"]},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}`
	const remedy = `{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}`
	for _, test := range []struct {
		name, statements, service string
		context                   map[string]string
		want, remedy              string // empty if it may assume the role
	}{
		{"its external id", external, firehose, map[string]string{"sts:ExternalId": "123456789012"}, "", ""},
		{"in another case", external, firehose, map[string]string{"STS:externalid": "123456789012"}, "", ""},
		{"another external id", external, firehose, map[string]string{"sts:ExternalId": "210987654321"},
			"User: firehose.amazonaws.com is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action", fmt.Sprintf(remedy, firehose)},
		{"no external id", external, firehose, nil,
			"User: firehose.amazonaws.com is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action", fmt.Sprintf(remedy, firehose)},
		{"another service", external, apigateway, map[string]string{"sts:ExternalId": "123456789012"},
			"User: apigateway.amazonaws.com is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action", fmt.Sprintf(remedy, apigateway)},
		// API Gateway does not give aws:SourceAccount, so it cannot assume such a role on AWS either.
		{"a key that API Gateway does not give", source, apigateway, nil,
			"User: apigateway.amazonaws.com is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action", fmt.Sprintf(remedy, apigateway)},
		{"denied", external + `,{"Effect":"Deny","Principal":"*","Action":"sts:*"}`, firehose, map[string]string{"sts:ExternalId": "123456789012"},
			"User: firehose.amazonaws.com is not authorized to perform: sts:AssumeRole with an explicit deny in the role trust policy",
			`a change to the statement that denies it, because no Allow outweighs a Deny: aws_iam_role.r: assume_role_policy: {"Action":"sts:*","Effect":"Deny","Principal":"*"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			session, err := rolesOf(t, stackOf(t, trusting(test.statements))).Assume("arn:aws:iam::123456789012:role/r", test.service, test.context)
			var denied *Denied
			switch {
			case test.want == "":
				if err != nil || session == nil {
					t.Errorf("error: %v, want none", err)
				}
			case !errors.As(err, &denied) || err.Error() != test.want || denied.Remedy() != test.remedy:
				t.Errorf("error: %v\nwant:  %s\nremedy %v\nwant   %s", err, test.want, denied, test.remedy)
			}
		})
	}
	want := "the stack does not declare the role arn:aws:iam::123456789012:role/s, which firehose.amazonaws.com must assume"
	if _, err := rolesOf(t, stackOf(t, trusting(external))).Assume("arn:aws:iam::123456789012:role/s", firehose, nil); err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

// TestPolicies gives a role one permission in each of the ways that a stack can.
func TestPolicies(t *testing.T) {
	allow := policyText(`{"Effect":"Allow","Action":"kinesis:PutRecord","Resource":"*"}`)
	const stream = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
	named := policyText(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/r"},"Action":"kinesis:PutRecord","Resource":"` + stream + `"}`)
	rooted := policyText(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"kinesis:PutRecord","Resource":"` + stream + `"}`)
	const plain = `"aws_iam_role": {"r": {"name": "r", ` + trust + `}}`
	for _, test := range []struct {
		name, resources string
		want            bool
	}{
		{"none", plain, false},
		{"inline", `"aws_iam_role": {"r": {"name": "r", "inline_policy": [{"name": "p", "policy": ` + allow + `}], ` + trust + `}}`, true},
		{"one inline block", `"aws_iam_role": {"r": {"name": "r", "inline_policy": {"name": "p", "policy": ` + allow + `}, ` + trust + `}}`, true},
		{"a role policy", plain + `, "aws_iam_role_policy": {"p": {"role": "${aws_iam_role.r.id}", "policy": ` + allow + `}}`, true},
		{"attached", plain + `, "aws_iam_policy": {"p": {"name": "p", "policy": ` + allow + `}}, "aws_iam_role_policy_attachment": {"a": {"role": "r", "policy_arn": "${aws_iam_policy.p.arn}"}}`, true},
		{"not attached", plain + `, "aws_iam_policy": {"p": {"name": "p", "policy": ` + allow + `}}`, false},
		{"managed", `"aws_iam_role": {"r": {"name": "r", "managed_policy_arns": ["${aws_iam_policy.p.arn}"], ` + trust + `}}, "aws_iam_policy": {"p": {"name": "p", "policy": ` + allow + `}}`, true},
		{"the stream's policy", plain + `, "aws_kinesis_resource_policy": {"p": {"resource_arn": "` + stream + `", "policy": ` + named + `}}`, true},
		{"the stream's policy for the account", plain + `, "aws_kinesis_resource_policy": {"p": {"resource_arn": "` + stream + `", "policy": ` + rooted + `}}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := assume(t, rolesOf(t, stackOf(t, test.resources)), "r", firehose).Allow("kinesis:PutRecord", stream)
			if (err == nil) != test.want {
				t.Errorf("error: %v, want it allowed: %t", err, test.want)
			}
		})
	}
}

func TestBucketPolicies(t *testing.T) {
	const plain = `"aws_iam_role": {"r": {"name": "r", "path": "/x/", ` + trust + `}}, "aws_s3_bucket": {"b": {"bucket": "b"}}, `
	const role = "arn:aws:iam::123456789012:role/x/r"
	for _, test := range []struct {
		name, statements string
		want             bool
	}{
		{"allows the role", `{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`, true},
		{"allows the session", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/r/AWSFirehoseToS3"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`, true},
		{"allows everyone over TLS", `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`, true},
		{"allows the service, whose role asks", `{"Effect":"Allow","Principal":{"Service":"firehose.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`, false},
		{"allows by the session's context", `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{
			"StringEquals":{"aws:PrincipalAccount":"123456789012","aws:PrincipalType":"AssumedRole","aws:RequestedRegion":"us-east-1","aws:ResourceAccount":"123456789012","s3:ResourceAccount":"123456789012"},
			"ArnEquals":{"aws:PrincipalArn":"` + role + `"},"Bool":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"},"StringLike":{"aws:userid":"AROA*:AWSFirehoseToS3"},
			"Null":{"aws:SourceVpce":"true","aws:username":"true"}}}`, true},
		{"allows another bucket", `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::c/*"}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			statements := strings.NewReplacer("\n", "", "\t", "").Replace(test.statements)
			roles := rolesOf(t, stackOf(t, plain+`"aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": `+policyText(statements)+`}}`))
			session, err := roles.Assume(role, firehose, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := session.Allow("s3:PutObject", "arn:aws:s3:::b/k"); (err == nil) != test.want {
				t.Errorf("error: %v, want it allowed: %t", err, test.want)
			}
		})
	}
}

// lambdas is a role that no service here may assume.
const lambdas = `"aws_iam_role": {"f": {"name": "f", "permissions_boundary": "arn:aws:iam::aws:policy/X",
	"assume_role_policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}}"}}`

// The permissions of a role that no service here assumes are never evaluated, so they may hold what cannot be evaluated.
func TestRolesThatNothingHereAssumes(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:role/f"
	roles := rolesOf(t, stackOf(t, lambdas+`,
		"aws_iam_role_policy_attachment": {"a": {"role": "f", "policy_arn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}},
		"aws_iam_role_policy": {"p": {"role": "f", "policy": `+policyText(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`)+`}}`))
	var denied *Denied
	if _, err := roles.Assume(arn, firehose, nil); !errors.As(err, &denied) || denied.Policy != "role trust" {
		t.Errorf("error: %v, want a denial by the trust policy", err)
	}
}

// What IAM refuses at an apply is refused here: a Sid with other characters or one that is there twice, and a policy that is too long.
func TestPoliciesThatIAMRefuses(t *testing.T) {
	const plain = `"aws_iam_role": {"r": {"name": "r", ` + trust + `}}`
	statement := func(sid, resource string) string {
		return `{"Sid":"` + sid + `","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + resource + `"}`
	}
	inline := func(name, statements string) string {
		return `"` + name + `": {"role": "r", "policy": ` + policyText(statements) + `}`
	}
	long := strings.Repeat("x", 5_100)
	for _, test := range []struct{ resources, want string }{
		{`"aws_iam_role_policy": {` + inline("p", statement("", "a")+","+statement("", "b")) + `}`, ""},
		{`"aws_iam_role_policy": {` + inline("p", statement("One", "a")+","+statement("One", "b")) + `}`, `aws_iam_role_policy.p: policy: statement 2: "Sid" is "One", as in statement 1; IAM takes each once, so use another`},
		{`"aws_iam_role_policy": {` + inline("p", statement("a-b", "a")) + `}`, `aws_iam_role_policy.p: policy: statement 1: "Sid" is "a-b"; IAM takes letters and digits alone`},
		{`"aws_iam_role_policy": {` + inline("p", statement("", long)) + `}`, ""},
		{`"aws_iam_role_policy": {` + inline("p", statement("", long)) + `, ` + inline("q", statement("", long)) + `}`, "aws_iam_role_policy.q: policy: with it the inline policies of the role r have"},
		{`"aws_iam_policy": {"m": {"name": "m", "policy": ` + policyText(statement("", long)) + `}}`, ""},
		{`"aws_iam_policy": {"m": {"name": "m", "policy": ` + policyText(statement("", long+long)) + `}}`, "characters without white space, and IAM takes 6144; divide it into several"},
	} {
		_, err := Read(stackOf(t, plain+", "+test.resources))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("error: %v\nwant:  %s", err, test.want)
		}
	}
	bucket := stackOf(t, `"aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": `+policyText(`{"Sid":"TLS only","Effect":"Deny","Action":"s3:*","Resource":"*","Principal":"*"}`)+`}}`)
	if _, err := Read(bucket); err != nil { // S3's own policies take any Sid
		t.Error(err)
	}
}

func TestReadRefuses(t *testing.T) {
	const plain = `"aws_iam_role": {"r": {"name": "r", ` + trust + `}}`
	allow := policyText(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	for _, test := range []struct{ name, resources, want string }{
		{"AWS's own policies", `"aws_iam_role": {"r": {"name": "r", "managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonKinesisFullAccess"], ` + trust + `}}`,
			"aws_iam_role.r: managed_policy_arns: the stack does not hold the policy arn:aws:iam::aws:policy/AmazonKinesisFullAccess, so its permissions are not known here; write its statements as an aws_iam_role_policy"},
		{"AWS's own policies, attached", plain + `, "aws_iam_role_policy_attachment": {"a": {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/X"}}`,
			"aws_iam_role_policy_attachment.a: policy_arn: the stack does not hold the policy arn:aws:iam::aws:policy/X, so its permissions are not known here; write its statements as an aws_iam_role_policy"},
		{"a boundary", `"aws_iam_role": {"r": {"name": "r", "permissions_boundary": "arn:aws:iam::123456789012:policy/p", ` + trust + `}}`,
			"aws_iam_role.r: permissions_boundary is not evaluated on one machine; leave it out of the environment that runs here"},
		{"an unknown attribute", `"aws_iam_role": {"r": {"name": "r", "colour": "red", ` + trust + `}}`,
			"aws_iam_role.r: the attribute colour is not imitated on one machine; leave it out of the environment that runs here"},
		{"no trust", `"aws_iam_role": {"r": {"name": "r"}}`, "aws_iam_role.r: assume_role_policy is empty; write a policy document"},
		{"a role that cannot be read, and a policy of it that can", `"aws_iam_role": {"r": {"name": "r", "assume_role_policy": "x"}}, "aws_iam_role_policy": {"p": {"role": "r", "policy": ` + allow + `}}`,
			"aws_iam_role.r: assume_role_policy: not JSON: invalid character 'x' looking for beginning of value"},
		{"a broken policy of a role that nothing here assumes", lambdas + `, "aws_iam_role_policy": {"p": {"role": "f", "policy": "{}"}}`, `aws_iam_role_policy.p: policy: "Statement" is missing`},
		{"two of one name", `"aws_iam_role": {"r": {"name": "r", ` + trust + `}, "s": {"name": "r", ` + trust + `}}`, `aws_iam_role.s: name is "r", but another role has that name; use another`},
		{"a policy of no role", `"aws_iam_role_policy": {"p": {"role": "r", "policy": ` + allow + `}}`,
			`aws_iam_role_policy.p: role is "r", but no aws_iam_role of the stack has that name; refer to one that is declared`},
		{"a role's policy with a principal", plain + `, "aws_iam_role_policy": {"p": {"role": "r", "policy": ` + policyText(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}`) + `}}`,
			`aws_iam_role_policy.p: policy: statement 1: a role's policy has no "Principal"; the principal is the role`},
		{"a trust policy with a resource", `"aws_iam_role": {"r": {"name": "r", "assume_role_policy": ` + policyText(`{"Effect":"Allow","Action":"sts:*","Resource":"*","Principal":"*"}`) + `}}`,
			`aws_iam_role.r: assume_role_policy: statement 1: a trust policy has no "Resource"; the resource is the role`},
		{"a trust policy without a principal", `"aws_iam_role": {"r": {"name": "r", "assume_role_policy": ` + allow + `}}`, `aws_iam_role.r: assume_role_policy: statement 1: "Principal" is missing`},
		{"a bucket's policy without a resource", `"aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": ` + policyText(`{"Effect":"Allow","Action":"sts:*","Principal":"*"}`) + `}}`,
			`aws_s3_bucket_policy.p: policy: statement 1: "Resource" is missing`},
		{"two policies of a bucket", `"aws_s3_bucket": {"b": {"bucket": "b", "policy": ` + policyText(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}`) + `}},
			"aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": ` + policyText(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}`) + `}}`,
			"aws_s3_bucket_policy.p: policy: arn:aws:s3:::b has a policy already, aws_s3_bucket.b: policy; AWS keeps only one, so join them"},
		{"a condition key without a value", plain + `, "aws_iam_role_policy": {"p": {"role": "r", "policy": ` + policyText(`{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}`) + `}}`,
			"aws_iam_role_policy.p: policy: the condition key aws:principalorgid has no value on one machine; leave it out of the environment that runs here"},
		{"a variable without a value", plain + `, "aws_iam_role_policy": {"p": {"role": "r", "policy": ` + policyText(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::$${aws:PrincipalTag/team}"}`) + `}}`,
			"aws_iam_role_policy.p: policy: the condition key aws:principaltag/team has no value on one machine; leave it out of the environment that runs here"},
		{"everything at once", `"aws_iam_role": {"r": {"name": "r", "assume_role_policy": "x"}}, "aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": "{}"}}`,
			"aws_iam_role.r: assume_role_policy: not JSON: invalid character 'x' looking for beginning of value\naws_s3_bucket_policy.p: policy: \"Statement\" is missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(stackOf(t, test.resources))
			if err == nil || err.Error() != test.want {
				t.Errorf("error: %v\nwant:  %s", err, test.want)
			}
		})
	}
	unresolved, err := tfjson.Read(strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(unresolved); err == nil || err.Error() != "the stack is not resolved" {
		t.Errorf("an unresolved stack: %v", err)
	}
}

// TestSessionForgets asks about more resources than a session caches, from several goroutines at once.
func TestSessionForgets(t *testing.T) {
	session := assume(t, environment(t, "dev"), "api-kinesis-delivery-dev", firehose)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 3000 {
				key := fmt.Sprintf("arn:aws:s3:::api-kinesis-firehose-bucket-dev/events/year=%d", i)
				if err := session.Allow("s3:PutObject", key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if session.arn() != "arn:aws:sts::123456789012:assumed-role/api-kinesis-delivery-dev/AWSFirehoseToS3" {
		t.Errorf("the session is %s", session.arn())
	}
}

func BenchmarkAllowKnown(b *testing.B) {
	session := assume(b, environment(b, "prod"), "api-kinesis-submit-prod", apigateway)
	const stream = "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-prod"
	for b.Loop() {
		if err := session.Allow("kinesis:PutRecord", stream); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAllowNew asks about a new object each time.
func BenchmarkAllowNew(b *testing.B) {
	session := assume(b, environment(b, "prod"), "api-kinesis-delivery-prod", firehose)
	keys := make([]string, 4096)
	for i := range keys {
		keys[i] = fmt.Sprintf("arn:aws:s3:::api-kinesis-firehose-bucket-prod/events/year=2025/month=06/day=01/hour=12/api-kinesis-firehose-prod-1-2025-06-01-12-00-00-%d", i)
	}
	i := 0
	for b.Loop() {
		if err := session.Allow("s3:PutObject", keys[i%len(keys)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// A session bounds the decisions that it caches, because a resource may be a client's input.
func TestDecisionsAreKeptWithinBounds(t *testing.T) {
	session := assume(t, environment(t, "dev"), "api-kinesis-submit-dev", "apigateway.amazonaws.com")
	kept := func() int {
		session.mutex.RLock()
		defer session.mutex.RUnlock()
		return len(session.decided)
	}
	const stream = "arn:aws:kinesis:us-east-1:" + account + ":stream/"
	if err := session.Allow("kinesis:PutRecord", stream+strings.Repeat("a", maxKept)); err == nil || kept() != 0 {
		t.Errorf("error: %v, and %d decisions are kept; want a denial that is not", err, kept())
	}
	for i := range 2 * maxDecided {
		if err := session.Allow("kinesis:PutRecord", fmt.Sprint(stream, i)); err == nil {
			t.Fatalf("the stream %d is allowed", i)
		}
		if kept() > maxDecided {
			t.Fatalf("%d decisions are kept, want %d at most", kept(), maxDecided)
		}
	}
}
