package iam_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/iam"
)

func parse(t *testing.T, text string) iam.Document {
	t.Helper()
	document, err := iam.ParseDocument(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return document
}

// statement is a document of one statement in the newer version.
func statement(elements string) string {
	return `{"Version": "2012-10-17", "Statement": {` + elements + `}}`
}

func TestParseDocumentRefuses(t *testing.T) {
	const allow = `"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"`
	for _, test := range []struct{ name, text, want string }{
		{"no JSON", `{`, `not JSON: unexpected end of JSON input`},
		{"a list", `[]`, `a policy document is a JSON object`},
		{"a name twice", `{"Statement": [], "Statement": []}`, `an object holds the name "Statement" twice`},
		{"nothing", `{}`, `"Statement" is missing`},
		{"no statement", `{"Statement": []}`, `"Statement" is missing`},
		{"a statement that is none", `{"Statement": "x"}`, `"Statement" is a string; it must be an object or a list of objects`},
		{"another element", `{"Statements": []}`, `"Statements" is no element that is known here`},
		{"another version", `{"Version": "2024-01-01", "Statement": []}`, `"Version" is 2024-01-01; it must be 2012-10-17 or 2008-10-17`},
		{"another element of a statement", statement(allow + `, "Actions": "x"`), `statement 1: "Actions" is no element that is known here`},
		{"null for a condition", statement(allow + `, "Condition": null`), `statement 1: "Condition" is null`},
		{"in the second", `{"Statement": [{` + allow + `}, {"Effect": "allow"}]}`, `statement 2: "Effect" is neither Allow nor Deny`},
		{"a sid that is none", statement(allow + `, "Sid": 1`), `statement 1: "Sid" is no text`},
		{"no effect", statement(`"Action": "*", "Resource": "*"`), `statement 1: "Effect" is neither Allow nor Deny`},
		{"no action", statement(`"Effect": "Allow", "Resource": "*"`), `statement 1: "Action" is missing`},
		{"no resource", statement(`"Effect": "Allow", "Action": "*"`), `statement 1: "Resource" is missing`},
		{"no resource of a resource's policy", statement(`"Effect": "Allow", "Action": "s3:*", "Principal": "*"`),
			`statement 1: "Resource" is missing; a role's trust policy alone has none, and its actions are sts:…`},
		{"both actions", statement(allow + `, "NotAction": "*"`), `statement 1: "Action" and "NotAction" exclude each other`},
		{"both resources", statement(allow + `, "NotResource": "*"`), `statement 1: "Resource" and "NotResource" exclude each other`},
		{"both principals", statement(allow + `, "Principal": "*", "NotPrincipal": "*"`), `statement 1: "Principal" and "NotPrincipal" exclude each other`},
		{"all but one allowed", statement(allow + `, "NotPrincipal": {"AWS": "123456789012"}`),
			`statement 1: "NotPrincipal" with "Allow" would allow everybody else; AWS takes it with "Deny" alone`},
		{"an empty list", statement(`"Effect": "Allow", "Action": [], "Resource": "*"`), `statement 1: "Action" is empty`},
		{"a number", statement(`"Effect": "Allow", "Action": [1], "Resource": "*"`), `statement 1: "Action" holds something other than text`},
		{"an action without a service", statement(`"Effect": "Allow", "Action": "PutRecord", "Resource": "*"`),
			`statement 1: "Action": "PutRecord" is no action; one is written service:Action`},
		{"a resource that is no ARN", statement(`"Effect": "Allow", "Action": "*", "Resource": "my-bucket/*"`),
			`statement 1: "Resource": "my-bucket/*" is no resource; write an ARN or "*"`},
		{"an unknown variable", statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${bucket}"`),
			`statement 1: "Resource": "arn:aws:s3:::${bucket}": ${bucket} is no variable that is known here`},
		{"an open variable", statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:userid"`),
			`statement 1: "Resource": "arn:aws:s3:::${aws:userid" holds a ${ without }`},
		{"an excluded variable", statement(`"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:userid}"`),
			`statement 1: "NotResource": "arn:aws:s3:::${aws:userid}" holds a variable, which is not evaluated here`},
		{"a principal's text", statement(allow + `, "Principal": "me"`), `statement 1: "Principal" is "me"; it must be "*" or an object`},
		{"a principal's number", statement(allow + `, "Principal": 1`), `statement 1: "Principal" must be "*" or an object`},
		{"a principal's kind", statement(allow + `, "Principal": {"aws": "*"}`), `statement 1: "Principal": "aws" is no kind of principal that is known here`},
		{"a wildcard principal", statement(allow + `, "Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}`),
			`statement 1: "Principal": "arn:aws:iam::123456789012:role/*" is no principal; it must be "*", an account, or the ARN of one identity`},
		{"no principals", statement(allow + `, "Principal": {"Service": []}`), `statement 1: "Principal": "Service" is empty`},
		{"a condition's list", statement(allow + `, "Condition": []`), `statement 1: "Condition" is no object`},
		{"an operator's text", statement(allow + `, "Condition": {"Bool": "x"}`), `statement 1: "Condition": "Bool" is no object`},
		{"an unknown operator", statement(allow + `, "Condition": {"StringMatches": {"a:b": "c"}}`),
			`statement 1: "Condition": "StringMatches": it is no operator that is known here`},
		{"an unknown quantity", statement(allow + `, "Condition": {"ForSomeValues:StringLike": {"a:b": "c"}}`),
			`statement 1: "Condition": "ForSomeValues:StringLike": it is no operator that is known here`},
		{"null if it exists", statement(allow + `, "Condition": {"NullIfExists": {"a:b": "true"}}`),
			`statement 1: "Condition": "NullIfExists": it is no operator that is known here`},
		{"any value if it exists", statement(allow + `, "Condition": {"ForAnyValue:StringLikeIfExists": {"a:b": "c"}}`),
			`statement 1: "Condition": "ForAnyValue:StringLikeIfExists": ForAnyValue and IfExists together are not evaluated here`},
		{"null of text", statement(allow + `, "Condition": {"Null": {"a:b": "c"}}`), `statement 1: "Condition": "Null": "a:b" must be true or false`},
		{"a value's object", statement(allow + `, "Condition": {"Bool": {"a:b": {}}}`), `statement 1: "Condition": "Bool": "a:b" holds something other than text`},
		{"no values", statement(allow + `, "Condition": {"Bool": {"a:b": []}}`), `statement 1: "Condition": "Bool": "a:b" is empty`},
		{"a boolean's text", statement(allow + `, "Condition": {"Bool": {"a:b": "yes"}}`), `statement 1: "Condition": "Bool": "a:b": "yes" is neither true nor false`},
		{"a number's text", statement(allow + `, "Condition": {"NumericEquals": {"a:b": "1e9"}}`), `statement 1: "Condition": "NumericEquals": "a:b": "1e9" is no number`},
		{"a date's text", statement(allow + `, "Condition": {"DateEquals": {"a:b": "today"}}`),
			`statement 1: "Condition": "DateEquals": "a:b": "today" is no date; write one such as 2025-01-31T00:00:00Z, or seconds since 1970`},
		{"an address's text", statement(allow + `, "Condition": {"IpAddress": {"a:b": "home"}}`), `statement 1: "Condition": "IpAddress": "a:b": "home" is no IP address and no range of them`},
		{"binary text", statement(allow + `, "Condition": {"BinaryEquals": {"a:b": "!"}}`), `statement 1: "Condition": "BinaryEquals": "a:b": "!" is no base64`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := iam.ParseDocument(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("error: %v\nwant:  %s", err, test.want)
			}
		})
	}
}

func TestConditionKeys(t *testing.T) {
	document := parse(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:userid}", "Condition": {"Bool": {"aws:SecureTransport": true}}},
		{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}}}]}`)
	got, want := strings.Join(document.ConditionKeys(), " "), "aws:principaltag/team aws:securetransport aws:userid s3:prefix"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestActionsAndResources(t *testing.T) {
	for _, test := range []struct {
		elements, action, resource string
		want                       iam.Decision
	}{
		{`"Action": "*", "Resource": "*"`, "s3:GetObject", "arn:aws:s3:::b/k", iam.Allow},
		{`"Action": "s3:GetObject", "Resource": "*"`, "s3:GetObject", "*", iam.Allow},
		{`"Action": "s3:GetObject", "Resource": "*"`, "s3:getobject", "*", iam.Allow}, // "not case sensitive"
		{`"Action": "S3:GETOBJECT", "Resource": "*"`, "s3:GetObject", "*", iam.Allow},
		{`"Action": "s3:GetObject", "Resource": "*"`, "s3:GetObjectAcl", "*", iam.Silent},
		{`"Action": "s3:Get*", "Resource": "*"`, "s3:GetObjectAcl", "*", iam.Allow},
		{`"Action": "iam:*AccessKey*", "Resource": "*"`, "iam:CreateAccessKey", "*", iam.Allow},
		{`"Action": "iam:*AccessKey*", "Resource": "*"`, "iam:GetUser", "*", iam.Silent},
		{`"Action": "s3:Get?bject", "Resource": "*"`, "s3:GetObject", "*", iam.Allow},
		{`"Action": ["kinesis:PutRecord", "kinesis:PutRecords"], "Resource": "*"`, "kinesis:PutRecords", "*", iam.Allow},
		{`"NotAction": "iam:*", "Resource": "*"`, "s3:GetObject", "*", iam.Allow},
		{`"NotAction": ["iam:*", "s3:*"], "Resource": "*"`, "s3:GetObject", "*", iam.Silent},

		{`"Action": "*", "Resource": "arn:aws:s3:::b"`, "s3:ListBucket", "arn:aws:s3:::b", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::b"`, "s3:GetObject", "arn:aws:s3:::b/k", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::B"`, "s3:ListBucket", "arn:aws:s3:::b", iam.Silent}, // resources have a case
		{`"Action": "*", "Resource": "arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::b/x/y:z", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/*"`, "s3:ListBucket", "arn:aws:s3:::b", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/????"`, "s3:GetObject", "arn:aws:s3:::b/\u00e4bcd", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/????"`, "s3:GetObject", "arn:aws:s3:::b/abc", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::*/*.txt"`, "s3:GetObject", "arn:aws:s3:::b/a.txt/b.txt", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::*/*.txt"`, "s3:GetObject", "arn:aws:s3:::b/a.txt/b", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:kinesis:*:123456789012:stream/*"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-*:123456789012:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", iam.Allow},
		// A "*" within a part of an ARN does not reach into the next part.
		{`"Action": "*", "Resource": "arn:aws:kinesis:*stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-*:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:s3:*:b/k"`, "s3:GetObject", "arn:aws:s3:::b/k", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::a*:c"`, "s3:GetObject", "arn:aws:s3:::a/b:c", iam.Allow}, // within the last
		// A "*" at the end takes what is left.
		{`"Action": "*", "Resource": "arn:aws:logs:us-east-1:123456789012:*"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:a:log-stream:b", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-east-1:*"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", iam.Allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-east-1"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", iam.Silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/*"`, "s3:ListAllMyBuckets", "*", iam.Silent},
		{`"Action": "*", "NotResource": "arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::b/k", iam.Silent},
		{`"Action": "*", "NotResource": "arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::c/k", iam.Allow},
	} {
		document := parse(t, statement(`"Effect": "Allow", `+test.elements))
		got := document.Evaluate(iam.Request{Action: test.action, Resource: test.resource})
		if got != test.want {
			t.Errorf("{%s} says %v to %s on %s, want %v", test.elements, got, test.action, test.resource, test.want)
		}
	}
}

func TestVariables(t *testing.T) {
	context := iam.Context{"aws:UserName": {"ann"}, "aws:userid": {"A*:x"}, "aws:TagKeys": {"a", "b"}, "aws:PrincipalTag/team": {"blue"}}
	for _, test := range []struct {
		version, resource, asked string
		want                     iam.Decision
	}{
		{"2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "arn:aws:s3:::b/home/ann/x", iam.Allow},
		{"2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "arn:aws:s3:::b/home/bob/x", iam.Silent},
		{"2012-10-17", "arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::b/blue", iam.Allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/A*:x", iam.Allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/Ab:x", iam.Silent}, // the value's "*" is no wildcard
		{"2012-10-17", "arn:aws:s3:::b/${aws:FederatedProvider}", "arn:aws:s3:::b/", iam.Silent},
		{"2012-10-17", "arn:aws:s3:::b/${aws:FederatedProvider, 'none'}", "arn:aws:s3:::b/none", iam.Allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:username, 'none'}", "arn:aws:s3:::b/ann", iam.Allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/a", iam.Silent}, // of several values none is put in
		{"2012-10-17", "arn:aws:s3:::b/${*}${?}${$}", "arn:aws:s3:::b/*?$", iam.Allow},
		{"2012-10-17", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", iam.Silent},
		{"2008-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:username}", iam.Allow},
		{"2008-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/ann", iam.Silent},
	} {
		document := parse(t, `{"Version": "`+test.version+`", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "`+test.resource+`"}}`)
		if got := document.Evaluate(iam.Request{Action: "s3:GetObject", Resource: test.asked, Context: context}); got != test.want {
			t.Errorf("%s of %s says %v to %s, want %v", test.resource, test.version, got, test.asked, test.want)
		}
	}
}

func TestPrincipals(t *testing.T) {
	const role, session = "arn:aws:iam::123456789012:role/r", "arn:aws:sts::123456789012:assumed-role/r/s"
	who := map[string]iam.Principal{
		"session":   {Account: "123456789012", ARNs: []string{session, role}},
		"user":      {Account: "123456789012", ARNs: []string{"arn:aws:iam::123456789012:user/u"}},
		"stranger":  {Account: "210987654321", ARNs: []string{"arn:aws:iam::210987654321:user/u"}},
		"firehose":  {Service: "firehose.amazonaws.com"},
		"anonymous": {},
	}
	for _, test := range []struct {
		effect, principal string
		want              string // who is answered, and how
	}{
		{"Allow", `"Principal": "*"`, "session Allow, user Allow, stranger Allow, firehose Allow, anonymous Allow"},
		{"Allow", `"Principal": {"AWS": "*"}`, "session Allow, user Allow, stranger Allow, firehose Allow, anonymous Allow"},
		{"Allow", `"Principal": {"AWS": "` + role + `"}`, "session Allow"},
		{"Allow", `"Principal": {"AWS": ["` + session + `"]}`, "session Allow"},
		{"Allow", `"Principal": {"AWS": "123456789012"}`, "session AccountAllowed, user AccountAllowed"},
		{"Allow", `"Principal": {"AWS": "arn:aws:iam::123456789012:root"}`, "session AccountAllowed, user AccountAllowed"},
		{"Allow", `"Principal": {"AWS": ["210987654321", "` + role + `"]}`, "session Allow, stranger AccountAllowed"},
		{"Allow", `"Principal": {"Service": "firehose.amazonaws.com"}`, "firehose Allow"},
		{"Allow", `"Principal": {"Service": ["sns.amazonaws.com", "apigateway.amazonaws.com"]}`, ""},
		{"Allow", `"Principal": {"Service": "*"}`, "firehose Allow"},
		{"Allow", `"Principal": {"Federated": "cognito-identity.amazonaws.com", "CanonicalUser": "79a5"}`, ""},
		{"Deny", `"Principal": {"AWS": "123456789012"}`, "session Deny, user Deny"},
		{"Deny", `"Principal": "*"`, "session Deny, user Deny, stranger Deny, firehose Deny, anonymous Deny"},
		{"Deny", `"NotPrincipal": {"AWS": ["123456789012", "` + role + `", "` + session + `"]}`, "user Deny, stranger Deny, firehose Deny, anonymous Deny"},
		{"Deny", `"NotPrincipal": {"AWS": ["123456789012", "` + role + `"]}`, "session Deny, user Deny, stranger Deny, firehose Deny, anonymous Deny"},
		{"Deny", `"NotPrincipal": {"AWS": "` + role + `"}`, "session Deny, user Deny, stranger Deny, firehose Deny, anonymous Deny"},
		{"Deny", `"NotPrincipal": {"Service": "firehose.amazonaws.com"}`, "session Deny, user Deny, stranger Deny, anonymous Deny"},
		{"Deny", `"NotPrincipal": {"AWS": "*"}`, ""},
	} {
		document := parse(t, statement(`"Effect": "`+test.effect+`", "Action": "s3:*", "Resource": "*", `+test.principal))
		var answered []string
		for _, name := range []string{"session", "user", "stranger", "firehose", "anonymous"} {
			if got := document.Evaluate(iam.Request{Action: "s3:GetObject", Resource: "*", Principal: who[name]}); got != iam.Silent {
				answered = append(answered, name+" "+got.String())
			}
		}
		if got := strings.Join(answered, ", "); got != test.want {
			t.Errorf("%s %s: %s\nwant %s", test.effect, test.principal, got, test.want)
		}
	}
}

func TestConditions(t *testing.T) {
	context := iam.Context{
		"aws:SecureTransport": {"true"}, "aws:SourceIp": {"203.0.113.7"}, "s3:prefix": {"home/ann/"}, "s3:max-keys": {"10"},
		"aws:CurrentTime": {"2025-06-01T12:00:00Z"}, "aws:EpochTime": {"1748779200"}, "aws:TagKeys": {"a", "b"},
		"aws:SourceArn": {"arn:aws:sns:us-east-1:123456789012:topic"}, "x:empty": {}, "aws:username": {"ann"}, "x:v6": {"2001:db8::1"},
		"x:binary": {"hello"}, "aws:MultiFactorAuthPresent": {"False"}, "x:mapped": {"::ffff:203.0.113.7"},
	}
	for _, test := range []struct {
		condition string
		want      bool
	}{
		{`{}`, true},
		{`{"StringEquals": {"s3:prefix": "home/ann/"}}`, true},
		{`{"StringEquals": {"S3:PREFIX": ["x", "home/ann/"]}}`, true}, // keys have no case; one of the values will do
		{`{"StringEquals": {"s3:prefix": "Home/ann/"}}`, false},
		{`{"StringEquals": {"s3:prefix": "home/*"}}`, false},
		{`{"StringEquals": {"s3:prefix": "home/${aws:username}/"}}`, true},
		{`{"StringEquals": {"s3:prefix": "home/${x:absent}/"}}`, false},
		{`{"StringEquals": {"s3:prefix": "home/${aws:username}/", "s3:max-keys": "11"}}`, false}, // all of the keys
		{`{"StringEquals": {"s3:max-keys": 10}}`, true},
		{`{"StringNotEquals": {"s3:prefix": ["x", "y"]}}`, true},
		{`{"StringNotEquals": {"s3:prefix": ["x", "home/ann/"]}}`, false}, // none of the values
		{`{"StringEqualsIgnoreCase": {"s3:prefix": "HOME/ANN/"}}`, true},
		{`{"StringNotEqualsIgnoreCase": {"s3:prefix": "HOME/ANN/"}}`, false},
		{`{"StringLike": {"s3:prefix": ["", "home/${aws:username}/*"]}}`, true},
		{`{"StringLike": {"s3:prefix": "home/???/"}}`, true},
		{`{"StringLike": {"s3:prefix": "home/b*"}}`, false},
		{`{"StringNotLike": {"s3:prefix": "home/*"}}`, false},
		{`{"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}`, true},
		{`{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:topic"}}`, false},
		{`{"ArnNotLike": {"aws:SourceArn": "arn:aws:sqs:*:*:*"}}`, true},
		{`{"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}}`, false},
		{`{"Bool": {"aws:SecureTransport": "true"}}`, true},
		{`{"Bool": {"aws:SecureTransport": false}}`, false},
		{`{"Bool": {"aws:MultiFactorAuthPresent": "false"}}`, true},
		{`{"NumericEquals": {"s3:max-keys": "10.0"}}`, true},
		{`{"NumericNotEquals": {"s3:max-keys": "10"}}`, false},
		{`{"NumericLessThan": {"s3:max-keys": "10"}}`, false},
		{`{"NumericLessThanEquals": {"s3:max-keys": 10}}`, true},
		{`{"NumericGreaterThan": {"s3:max-keys": "9.5"}}`, true},
		{`{"NumericGreaterThanEquals": {"s3:max-keys": "-1"}}`, true},
		{`{"NumericLessThan": {"s3:prefix": "10"}}`, false}, // it is no number
		{`{"NumericNotEquals": {"s3:prefix": "10"}}`, true},
		{`{"DateEquals": {"aws:CurrentTime": "2025-06-01T12:00:00Z"}}`, true},
		{`{"DateNotEquals": {"aws:CurrentTime": "2025-06-01"}}`, true},
		{`{"DateGreaterThan": {"aws:CurrentTime": "2025-06-01"}, "DateLessThan": {"aws:CurrentTime": "2025-06-02"}}`, true},
		{`{"DateGreaterThan": {"aws:CurrentTime": "2025-07"}}`, false},
		{`{"DateLessThanEquals": {"aws:EpochTime": "1748779200"}}`, true},
		{`{"DateGreaterThanEquals": {"aws:EpochTime": "2026"}}`, false},
		{`{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}`, true},
		{`{"IpAddress": {"aws:SourceIp": ["192.0.2.1", "203.0.113.7"]}}`, true},
		{`{"IpAddress": {"x:mapped": "203.0.113.0/24"}}`, true},
		{`{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}`, false},
		{`{"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}`, true},
		{`{"IpAddress": {"x:v6": "2001:DB8::/32"}}`, true},
		{`{"IpAddress": {"x:v6": "203.0.113.0/24"}}`, false},
		{`{"BinaryEquals": {"x:binary": "aGVsbG8="}}`, true},
		// A key that is not there: false, but for a negated operator.
		{`{"StringEquals": {"x:absent": "a"}}`, false},
		{`{"StringNotEquals": {"x:absent": "a"}}`, true},
		{`{"StringLike": {"x:empty": "*"}}`, false},
		{`{"ArnNotLike": {"x:absent": "*"}}`, true},
		{`{"Bool": {"x:absent": "false"}}`, false},
		{`{"NotIpAddress": {"x:absent": "203.0.113.0/24"}}`, true},
		{`{"StringEqualsIfExists": {"x:absent": "a"}}`, true},
		{`{"StringEqualsIfExists": {"s3:prefix": "a"}}`, false},
		{`{"BoolIfExists": {"x:absent": "true"}}`, true},
		{`{"StringNotEqualsIfExists": {"s3:prefix": "a"}}`, true},
		{`{"Null": {"x:absent": "true"}}`, true},
		{`{"Null": {"x:absent": false}}`, false},
		{`{"Null": {"s3:prefix": "false"}}`, true},
		{`{"Null": {"x:empty": true}}`, true},
		// Keys of several values.
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}`, true},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "c"]}}`, false},
		{`{"ForAllValues:StringEquals": {"x:absent": "a"}}`, true},
		{`{"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": "a"}}`, false},
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["c", "d"]}}`, true},
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a", "d"]}}`, false},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "c"]}}`, true},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": "c"}}`, false},
		{`{"ForAnyValue:StringEquals": {"x:absent": "a"}}`, false},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}`, true},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b"]}}`, false},
		{`{"ForAnyValue:StringNotEquals": {"x:absent": "a"}}`, false},
	} {
		document := parse(t, statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": `+test.condition))
		got := document.Evaluate(iam.Request{Action: "s3:ListBucket", Resource: "*", Context: context})
		if (got == iam.Allow) != test.want {
			t.Errorf("%s: %v, want %t", test.condition, got, test.want)
		}
	}
}

// TestDocumentationExamples holds the examples of AWS's IAM User Guide, where it says what they do.
func TestDocumentationExamples(t *testing.T) {
	// reference_policies_evaluation-logic_policy-eval-basics: Carlos, his policy, and his bucket's.
	carlos := parse(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "AllowS3ListRead", "Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAccessPoints", "s3:ListAllMyBuckets"], "Resource": "arn:aws:s3:::*"},
		{"Sid": "AllowS3Self", "Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]},
		{"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"}]}`)
	bucket := parse(t, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/carlossalazar"},
		"Action": "s3:*", "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*", "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar"]}}`)
	// reference_policies_elements_condition_operators: deny without TLS, and the Null check.
	transport := parse(t, `{"Version": "2012-10-17", "Statement": {"Sid": "BooleanExample", "Action": "s3:*", "Effect": "Deny",
		"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`)
	temporary := parse(t, `{"Version": "2012-10-17", "Statement": {"Action": "*", "Effect": "Allow", "Resource": "*", "Condition": {"Null": {"aws:TokenIssueTime": "true"}}}}`)
	// reference_policies_elements_notaction: all but IAM.
	notIAM := parse(t, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}`)
	// reference_policies_elements_notresource: deny all but one bucket.
	notHR := parse(t, `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]}}`)
	carlosHimself := iam.Principal{Account: "111122223333", ARNs: []string{"arn:aws:iam::111122223333:user/carlossalazar"}}
	for _, test := range []struct {
		name     string
		document iam.Document
		request  iam.Request
		want     iam.Decision
	}{
		{"his own bucket", carlos, iam.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::carlossalazar/x"}, iam.Allow},
		{"lists all", carlos, iam.Request{Action: "s3:ListAllMyBuckets", Resource: "arn:aws:s3:::*"}, iam.Allow},
		{"another's", carlos, iam.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::another/x"}, iam.Silent},
		{"logs", carlos, iam.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar-logs/x"}, iam.Deny},
		{"the bucket allows", bucket, iam.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/x", Principal: carlosHimself}, iam.Allow},
		{"without TLS", transport, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: iam.Context{"aws:SecureTransport": {"false"}}}, iam.Deny},
		{"with TLS", transport, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: iam.Context{"aws:SecureTransport": {"true"}}}, iam.Silent},
		{"lasting credentials", temporary, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}, iam.Allow},
		{"temporary ones", temporary, iam.Request{Action: "s3:GetObject", Resource: "*", Context: iam.Context{"aws:tokenissuetime": {"2025-01-01T00:00:00Z"}}}, iam.Silent},
		{"not IAM", notIAM, iam.Request{Action: "ec2:RunInstances", Resource: "*"}, iam.Allow},
		{"IAM", notIAM, iam.Request{Action: "iam:CreateUser", Resource: "*"}, iam.Silent},
		{"payroll", notHR, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::HRBucket/Payroll/x"}, iam.Silent},
		{"not payroll", notHR, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::HRBucket/Other"}, iam.Deny},
	} {
		if got := test.document.Evaluate(test.request); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{
		statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:userid}*?"`),
		statement(`"Effect": "Deny", "NotAction": ["a:b"], "NotResource": "*", "NotPrincipal": {"AWS": "123456789012"}`),
		statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForAllValues:NumericLessThanIfExists": {"a:b": [1, "2"]}, "Null": {"c:d": true}}`),
		`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}`, `{"Statement": 1}`, `[]`,
	} {
		f.Add(seed, "s3:GetObject", "arn:aws:s3:::b/k")
	}
	f.Fuzz(func(t *testing.T, text, action, resource string) {
		document, err := iam.ParseDocument(text)
		if err != nil {
			return
		}
		request := iam.Request{Action: action, Resource: resource, Context: iam.Context{"aws:userid": {resource}, "a:b": {"1", "x"}}}
		first := document.Evaluate(request)
		if again := document.Evaluate(request); first != again {
			t.Errorf("%v, then %v", first, again)
		}
	})
}
