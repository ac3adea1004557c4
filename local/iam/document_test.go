package iam

import (
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) document {
	t.Helper()
	document, err := parseDocument(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return document
}

// oneStatement is a document of one statement in the newer version.
func oneStatement(elements string) string {
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
		{"a statement that is text", `{"Statement": "x"}`, `"Statement" is a string; it must be an object or a list of objects`},
		{"another element", `{"Statements": []}`, `"Statements" is not a known element`},
		{"another version", `{"Version": "2024-01-01", "Statement": []}`, `"Version" is 2024-01-01; it must be 2012-10-17 or 2008-10-17`},
		{"another element of a statement", oneStatement(allow + `, "Actions": "x"`), `statement 1: "Actions" is not a known element`},
		{"a null condition", oneStatement(allow + `, "Condition": null`), `statement 1: "Condition" is null`},
		{"in the second", `{"Statement": [{` + allow + `}, {"Effect": "allow"}]}`, `statement 2: "Effect" is neither Allow nor Deny`},
		{"a sid that is a number", oneStatement(allow + `, "Sid": 1`), `statement 1: "Sid" is not text`},
		{"no effect", oneStatement(`"Action": "*", "Resource": "*"`), `statement 1: "Effect" is neither Allow nor Deny`},
		{"no action", oneStatement(`"Effect": "Allow", "Resource": "*"`), `statement 1: "Action" is missing`},
		{"no resource", oneStatement(`"Effect": "Allow", "Action": "*"`), `statement 1: "Resource" is missing`},
		{"no resource of a resource's policy", oneStatement(`"Effect": "Allow", "Action": "s3:*", "Principal": "*"`),
			`statement 1: "Resource" is missing; only a role's trust policy has none, and its actions are sts:…`},
		{"both actions", oneStatement(allow + `, "NotAction": "*"`), `statement 1: "Action" and "NotAction" exclude each other`},
		{"both resources", oneStatement(allow + `, "NotResource": "*"`), `statement 1: "Resource" and "NotResource" exclude each other`},
		{"both principals", oneStatement(allow + `, "Principal": "*", "NotPrincipal": "*"`), `statement 1: "Principal" and "NotPrincipal" exclude each other`},
		{"all but one allowed", oneStatement(allow + `, "NotPrincipal": {"AWS": "123456789012"}`),
			`statement 1: "NotPrincipal" with "Allow" would allow everybody else; AWS takes it only with "Deny"`},
		{"an empty list", oneStatement(`"Effect": "Allow", "Action": [], "Resource": "*"`), `statement 1: "Action" is empty`},
		{"a number", oneStatement(`"Effect": "Allow", "Action": [1], "Resource": "*"`), `statement 1: "Action" holds something other than text`},
		{"an action without a service", oneStatement(`"Effect": "Allow", "Action": "PutRecord", "Resource": "*"`),
			`statement 1: "Action": "PutRecord" is not an action; write service:Action`},
		{"a resource that is not an ARN", oneStatement(`"Effect": "Allow", "Action": "*", "Resource": "my-bucket/*"`),
			`statement 1: "Resource": "my-bucket/*" is not a resource; write an ARN or "*"`},
		{"an unknown variable", oneStatement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${bucket}"`),
			`statement 1: "Resource": "arn:aws:s3:::${bucket}": ${bucket} is not a known variable`},
		{"an open variable", oneStatement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:userid"`),
			`statement 1: "Resource": "arn:aws:s3:::${aws:userid" holds a ${ without }`},
		{"an excluded variable", oneStatement(`"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:userid}"`),
			`statement 1: "NotResource": "arn:aws:s3:::${aws:userid}" holds a variable, which is not evaluated here`},
		{"a principal's text", oneStatement(allow + `, "Principal": "me"`), `statement 1: "Principal" is "me"; it must be "*" or an object`},
		{"a principal's number", oneStatement(allow + `, "Principal": 1`), `statement 1: "Principal" must be "*" or an object`},
		{"a principal's kind", oneStatement(allow + `, "Principal": {"aws": "*"}`), `statement 1: "Principal": "aws" is not a known kind of principal`},
		{"a wildcard principal", oneStatement(allow + `, "Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}`),
			`statement 1: "Principal": "arn:aws:iam::123456789012:role/*" is not a principal; it must be "*", an account, or the ARN of one identity`},
		{"no principals", oneStatement(allow + `, "Principal": {"Service": []}`), `statement 1: "Principal": "Service" is empty`},
		{"a condition's list", oneStatement(allow + `, "Condition": []`), `statement 1: "Condition" is not an object`},
		{"an operator's text", oneStatement(allow + `, "Condition": {"Bool": "x"}`), `statement 1: "Condition": "Bool" is not an object`},
		{"an unknown operator", oneStatement(allow + `, "Condition": {"StringMatches": {"a:b": "c"}}`),
			`statement 1: "Condition": "StringMatches": it is not a known operator`},
		{"an unknown quantity", oneStatement(allow + `, "Condition": {"ForSomeValues:StringLike": {"a:b": "c"}}`),
			`statement 1: "Condition": "ForSomeValues:StringLike": it is not a known operator`},
		{"null if it exists", oneStatement(allow + `, "Condition": {"NullIfExists": {"a:b": "true"}}`),
			`statement 1: "Condition": "NullIfExists": it is not a known operator`},
		{"any value if it exists", oneStatement(allow + `, "Condition": {"ForAnyValue:StringLikeIfExists": {"a:b": "c"}}`),
			`statement 1: "Condition": "ForAnyValue:StringLikeIfExists": ForAnyValue and IfExists together are not evaluated here`},
		{"null of text", oneStatement(allow + `, "Condition": {"Null": {"a:b": "c"}}`), `statement 1: "Condition": "Null": "a:b" must be true or false`},
		{"a value's object", oneStatement(allow + `, "Condition": {"Bool": {"a:b": {}}}`), `statement 1: "Condition": "Bool": "a:b" holds something other than text`},
		{"no values", oneStatement(allow + `, "Condition": {"Bool": {"a:b": []}}`), `statement 1: "Condition": "Bool": "a:b" is empty`},
		{"a boolean's text", oneStatement(allow + `, "Condition": {"Bool": {"a:b": "yes"}}`), `statement 1: "Condition": "Bool": "a:b": "yes" is neither true nor false`},
		{"a number's text", oneStatement(allow + `, "Condition": {"NumericEquals": {"a:b": "1e9"}}`), `statement 1: "Condition": "NumericEquals": "a:b": "1e9" is not a number`},
		{"a date's text", oneStatement(allow + `, "Condition": {"DateEquals": {"a:b": "today"}}`),
			`statement 1: "Condition": "DateEquals": "a:b": "today" is not a date; write one such as 2025-01-31T00:00:00Z, or seconds since 1970`},
		{"an address's text", oneStatement(allow + `, "Condition": {"IpAddress": {"a:b": "home"}}`), `statement 1: "Condition": "IpAddress": "a:b": "home" is not an IP address or a range of them`},
		{"binary text", oneStatement(allow + `, "Condition": {"BinaryEquals": {"a:b": "!"}}`), `statement 1: "Condition": "BinaryEquals": "a:b": "!" is not base64`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseDocument(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("error: %v\nwant:  %s", err, test.want)
			}
		})
	}
}

func decide(d document, r request) decision {
	decision, _ := d.evaluate(&r)
	return decision
}

func TestConditionKeys(t *testing.T) {
	document := mustParse(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:userid}", "Condition": {"Bool": {"aws:SecureTransport": true}}},
		{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}}}]}`)
	got, want := strings.Join(document.conditionKeys(), " "), "aws:principaltag/team aws:securetransport aws:userid s3:prefix"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestActionsAndResources(t *testing.T) {
	for _, test := range []struct {
		elements, action, resource string
		want                       decision
	}{
		{`"Action": "*", "Resource": "*"`, "s3:GetObject", "arn:aws:s3:::b/k", allow},
		{`"Action": "s3:GetObject", "Resource": "*"`, "s3:GetObject", "*", allow},
		{`"Action": "s3:GetObject", "Resource": "*"`, "s3:getobject", "*", allow}, // "not case sensitive"
		{`"Action": "S3:GETOBJECT", "Resource": "*"`, "s3:GetObject", "*", allow},
		{`"Action": "s3:GetObject", "Resource": "*"`, "s3:GetObjectAcl", "*", silent},
		{`"Action": "s3:Get*", "Resource": "*"`, "s3:GetObjectAcl", "*", allow},
		{`"Action": "iam:*AccessKey*", "Resource": "*"`, "iam:CreateAccessKey", "*", allow},
		{`"Action": "iam:*AccessKey*", "Resource": "*"`, "iam:GetUser", "*", silent},
		{`"Action": "s3:Get?bject", "Resource": "*"`, "s3:GetObject", "*", allow},
		{`"Action": ["kinesis:PutRecord", "kinesis:PutRecords"], "Resource": "*"`, "kinesis:PutRecords", "*", allow},
		{`"NotAction": "iam:*", "Resource": "*"`, "s3:GetObject", "*", allow},
		{`"NotAction": ["iam:*", "s3:*"], "Resource": "*"`, "s3:GetObject", "*", silent},

		{`"Action": "*", "Resource": "arn:aws:s3:::b"`, "s3:ListBucket", "arn:aws:s3:::b", allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::b"`, "s3:GetObject", "arn:aws:s3:::b/k", silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::B"`, "s3:ListBucket", "arn:aws:s3:::b", silent}, // resources have a case
		{`"Action": "*", "Resource": "arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::b/x/y:z", allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/*"`, "s3:ListBucket", "arn:aws:s3:::b", silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/????"`, "s3:GetObject", "arn:aws:s3:::b/\u00e4bcd", allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/????"`, "s3:GetObject", "arn:aws:s3:::b/abc", silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::*/*.txt"`, "s3:GetObject", "arn:aws:s3:::b/a.txt/b.txt", allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::*/*.txt"`, "s3:GetObject", "arn:aws:s3:::b/a.txt/b", silent},
		{`"Action": "*", "Resource": "arn:aws:kinesis:*:123456789012:stream/*"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-*:123456789012:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", allow},
		// A "*" at the end of a segment passes colons; another one stays within its segment, and so does a "?".
		{`"Action": "*", "Resource": "arn:aws:kinesis:*stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", silent},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-*:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:*:stream/api-*"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/api-s", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:*:stream/api-*"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", silent},
		{`"Action": "*", "Resource": "arn:*:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-*-1:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", silent},
		{`"Action": "*", "Resource": "arn:aws:kinesis:*east*:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis?us-east-1:123456789012:stream/s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", silent},
		{`"Action": "*", "Resource": "arn:aws:kinesis:*:123456789012:*:s"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", silent},
		{`"Action": "*", "Resource": "arn:aws:s3:*:b/k"`, "s3:GetObject", "arn:aws:s3:::b/k", allow},
		{`"Action": "*", "Resource": "arn:aws:s3:::a*:c"`, "s3:GetObject", "arn:aws:s3:::a/b:c", allow}, // within the last
		// A "*" at the end matches the rest.
		{`"Action": "*", "Resource": "arn:aws:logs:us-east-1:123456789012:*"`, "logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:a:log-stream:b", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-east-1:*"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", allow},
		{`"Action": "*", "Resource": "arn:aws:kinesis:us-east-1"`, "kinesis:PutRecord", "arn:aws:kinesis:us-east-1:123456789012:stream/s", silent},
		{`"Action": "*", "Resource": "arn:aws:s3:::b/*"`, "s3:ListAllMyBuckets", "*", silent},
		{`"Action": "*", "NotResource": "arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::b/k", silent},
		{`"Action": "*", "NotResource": "arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::c/k", allow},
	} {
		document := mustParse(t, oneStatement(`"Effect": "Allow", `+test.elements))
		got := decide(document, request{action: test.action, resource: test.resource})
		if got != test.want {
			t.Errorf("{%s} says %v to %s on %s, want %v", test.elements, got, test.action, test.resource, test.want)
		}
	}
}

func TestVariables(t *testing.T) {
	context := conditionKeys{"aws:UserName": {"ann"}, "aws:userid": {"A*:x"}, "aws:TagKeys": {"a", "b"}, "aws:PrincipalTag/team": {"blue"}}
	for _, test := range []struct {
		version, resource, asked string
		want                     decision
	}{
		{"2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "arn:aws:s3:::b/home/ann/x", allow},
		{"2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "arn:aws:s3:::b/home/bob/x", silent},
		{"2012-10-17", "arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::b/blue", allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/A*:x", allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/Ab:x", silent}, // the value's "*" is not a wildcard
		{"2012-10-17", "arn:aws:s3:::b/${aws:FederatedProvider}", "arn:aws:s3:::b/", silent},
		{"2012-10-17", "arn:aws:s3:::b/${aws:FederatedProvider, 'none'}", "arn:aws:s3:::b/none", allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:username, 'none'}", "arn:aws:s3:::b/ann", allow},
		{"2012-10-17", "arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/a", silent}, // of several values none is put in
		{"2012-10-17", "arn:aws:s3:::b/${*}${?}${$}", "arn:aws:s3:::b/*?$", allow},
		{"2012-10-17", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", silent},
		{"2008-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:username}", allow},
		{"2008-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/ann", silent},
	} {
		document := mustParse(t, `{"Version": "`+test.version+`", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "`+test.resource+`"}}`)
		if got := decide(document, request{action: "s3:GetObject", resource: test.asked, context: context}); got != test.want {
			t.Errorf("%s of %s says %v to %s, want %v", test.resource, test.version, got, test.asked, test.want)
		}
	}
}

func TestPrincipals(t *testing.T) {
	const role, session = "arn:aws:iam::123456789012:role/r", "arn:aws:sts::123456789012:assumed-role/r/s"
	who := map[string]principal{
		"session":   {account: "123456789012", arns: []string{session, role}},
		"user":      {account: "123456789012", arns: []string{"arn:aws:iam::123456789012:user/u"}},
		"stranger":  {account: "210987654321", arns: []string{"arn:aws:iam::210987654321:user/u"}},
		"firehose":  {service: "firehose.amazonaws.com"},
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
		document := mustParse(t, oneStatement(`"Effect": "`+test.effect+`", "Action": "s3:*", "Resource": "*", `+test.principal))
		var answered []string
		for _, name := range []string{"session", "user", "stranger", "firehose", "anonymous"} {
			if got := decide(document, request{action: "s3:GetObject", resource: "*", principal: who[name]}); got != silent {
				answered = append(answered, name+" "+got.String())
			}
		}
		if got := strings.Join(answered, ", "); got != test.want {
			t.Errorf("%s %s: %s\nwant %s", test.effect, test.principal, got, test.want)
		}
	}
}

func TestConditions(t *testing.T) {
	context := conditionKeys{
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
		{`{"NumericLessThan": {"s3:prefix": "10"}}`, false}, // the value is not a number
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
		// A missing key: false, except for a negated operator.
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
		document := mustParse(t, oneStatement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": `+test.condition))
		got := decide(document, request{action: "s3:ListBucket", resource: "*", context: context})
		if (got == allow) != test.want {
			t.Errorf("%s: %v, want %t", test.condition, got, test.want)
		}
	}
}

// TestDocumentationExamples holds the examples of AWS's IAM User Guide, where it says what they do.
func TestDocumentationExamples(t *testing.T) {
	// reference_policies_evaluation-logic_policy-eval-basics: Carlos, his policy, and his bucket's.
	carlos := mustParse(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "AllowS3ListRead", "Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAccessPoints", "s3:ListAllMyBuckets"], "Resource": "arn:aws:s3:::*"},
		{"Sid": "AllowS3Self", "Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]},
		{"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"}]}`)
	bucket := mustParse(t, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/carlossalazar"},
		"Action": "s3:*", "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*", "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar"]}}`)
	// reference_policies_elements_condition_operators: deny without TLS, and the Null check.
	transport := mustParse(t, `{"Version": "2012-10-17", "Statement": {"Sid": "BooleanExample", "Action": "s3:*", "Effect": "Deny",
		"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`)
	temporary := mustParse(t, `{"Version": "2012-10-17", "Statement": {"Action": "*", "Effect": "Allow", "Resource": "*", "Condition": {"Null": {"aws:TokenIssueTime": "true"}}}}`)
	// reference_policies_elements_notaction: all but IAM.
	notIAM := mustParse(t, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}`)
	// reference_policies_elements_notresource: deny all but one bucket.
	notHR := mustParse(t, `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]}}`)
	carlosHimself := principal{account: "111122223333", arns: []string{"arn:aws:iam::111122223333:user/carlossalazar"}}
	for _, test := range []struct {
		name     string
		document document
		request  request
		want     decision
	}{
		{"his own bucket", carlos, request{action: "s3:PutObject", resource: "arn:aws:s3:::carlossalazar/x"}, allow},
		{"lists all", carlos, request{action: "s3:ListAllMyBuckets", resource: "arn:aws:s3:::*"}, allow},
		{"another's", carlos, request{action: "s3:PutObject", resource: "arn:aws:s3:::another/x"}, silent},
		{"logs", carlos, request{action: "s3:PutObject", resource: "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar-logs/x"}, deny},
		{"the bucket allows", bucket, request{action: "s3:PutObject", resource: "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/x", principal: carlosHimself}, allow},
		{"without TLS", transport, request{action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context: conditionKeys{"aws:SecureTransport": {"false"}}}, deny},
		{"with TLS", transport, request{action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context: conditionKeys{"aws:SecureTransport": {"true"}}}, silent},
		{"lasting credentials", temporary, request{action: "s3:GetObject", resource: "arn:aws:s3:::b/k"}, allow},
		{"temporary ones", temporary, request{action: "s3:GetObject", resource: "*", context: conditionKeys{"aws:tokenissuetime": {"2025-01-01T00:00:00Z"}}}, silent},
		{"not IAM", notIAM, request{action: "ec2:RunInstances", resource: "*"}, allow},
		{"IAM", notIAM, request{action: "iam:CreateUser", resource: "*"}, silent},
		{"payroll", notHR, request{action: "s3:GetObject", resource: "arn:aws:s3:::HRBucket/Payroll/x"}, silent},
		{"not payroll", notHR, request{action: "s3:GetObject", resource: "arn:aws:s3:::HRBucket/Other"}, deny},
	} {
		if got := decide(test.document, test.request); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{
		oneStatement(`"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:userid}*?"`),
		oneStatement(`"Effect": "Deny", "NotAction": ["a:b"], "NotResource": "*", "NotPrincipal": {"AWS": "123456789012"}`),
		oneStatement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForAllValues:NumericLessThanIfExists": {"a:b": [1, "2"]}, "Null": {"c:d": true}}`),
		`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}`, `{"Statement": 1}`, `[]`,
	} {
		f.Add(seed, "s3:GetObject", "arn:aws:s3:::b/k")
	}
	f.Fuzz(func(t *testing.T, text, action, resource string) {
		document, err := parseDocument(text)
		if err != nil {
			return
		}
		request := request{action: action, resource: resource, context: conditionKeys{"aws:userid": {resource}, "a:b": {"1", "x"}}}
		first := decide(document, request)
		if again := decide(document, request); first != again {
			t.Errorf("%v, then %v", first, again)
		}
	})
}
