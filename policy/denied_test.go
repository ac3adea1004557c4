package policy_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

// A denial in a resource's policy ends the delivery, whatever the role's own policy allows.
func TestDenialsInAResourcesPolicy(t *testing.T) {
	const (
		remedy  = `; leave its role out with the condition ArnNotEquals on aws:PrincipalArn: a service's requests come from no network of yours`
		objects = `"Action":"s3:PutObject","Resource":"${aws_s3_bucket.bucket.arn}/*"`
		whole   = `"Action":"s3:*","Resource":["${aws_s3_bucket.bucket.arn}","${aws_s3_bucket.bucket.arn}/*"]`
		nobody  = `"Effect":"Deny","Principal":"*",`
	)
	denying := func(statement string) []change {
		return []change{edit(bucketPolicy, `"Statement":[`, `"Statement":[{`+statement+`},`, "policy")}
	}
	var tests []breaking
	refused := func(statement, action string) {
		tests = append(tests, breaking{name: statement, changes: denying(statement), want: []string{
			`flow: ` + bucketPolicy + `: policy: statement 1 denies ` + action + `, which ` + delivery + ` needs` + remedy}})
	}
	refused(nobody+objects, "s3:PutObject")
	refused(`"Effect":"Deny","Principal":{"AWS":"${aws_iam_role.delivery-role.arn}"},`+objects, "s3:PutObject")
	refused(nobody+whole+`,"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`, "s3:AbortMultipartUpload")
	refused(nobody+whole+`,"Condition":{"StringNotLikeIfExists":{"aws:SourceVpc":"vpc-1"}}`, "s3:AbortMultipartUpload")
	refused(nobody+whole+`,"Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24"]}}`, "s3:AbortMultipartUpload")
	refused(nobody+whole+`,"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1","aws:SourceVpc":"vpc-1"}}`, "s3:AbortMultipartUpload")
	refused(nobody+whole+`,"Condition":{"Null":{"aws:SourceVpce":"true"}}`, "s3:AbortMultipartUpload")
	refused(`"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:role/x"},`+objects, "s3:PutObject")
	refused(`"Effect":"Deny","NotPrincipal":{"AWS":["${data.aws_caller_identity.current.account_id}","${aws_iam_role.delivery-role.arn}"]},`+objects, "s3:PutObject")
	refused(`"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"},`+objects, "s3:PutObject")
	refused(`"Effect":"Deny","Principal":{"AWS":"${data.aws_caller_identity.current.account_id}"},`+objects, "s3:PutObject")
	refused(nobody+`"NotAction":["s3:Get*","s3:List*","s3:Abort*"],"Resource":"${aws_s3_bucket.bucket.arn}/*"`, "s3:PutObject")
	refused(nobody+`"Action":"s3:PutObject","NotResource":"${aws_s3_bucket.bucket.arn}/events/*"`, "s3:PutObject")
	refused(nobody+`"Action":"s3:ListBucket","Resource":"${aws_s3_bucket.bucket.arn}"`, "s3:ListBucket")
	refused(nobody+`"Action":"s3:PutObject","Resource":"${aws_s3_bucket.bucket.arn}/errors/*"`, "s3:PutObject")
	const stream = "aws_kinesis_resource_policy.p"
	streamPolicy := func(action string) change {
		return add(stream, `{"resource_arn": "${aws_kinesis_stream.stream.arn}", "policy": "`+
			strings.ReplaceAll(`{"Statement":[{`+nobody+`"Action":"`+action+`","Resource":"${aws_kinesis_stream.stream.arn}"}]}`, `"`, `\"`)+`"}`)
	}
	tests = append(tests,
		breaking{name: "a stream that nobody writes", changes: []change{streamPolicy("kinesis:PutRecord")}, want: []string{
			`flow: ` + stream + `: policy: statement 1 denies kinesis:PutRecord, which ` + submit + ` needs` + remedy}},
		breaking{name: "a stream that nobody reads", changes: []change{streamPolicy("kinesis:Get*")}, want: []string{
			`flow: ` + stream + `: policy: statement 1 denies kinesis:GetRecords, which ` + delivery + ` needs` + remedy}},
	)
	check(t, tests)
	for _, statement := range []string{
		nobody + whole + `,"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"},"ArnNotEquals":{"aws:PrincipalArn":"${aws_iam_role.delivery-role.arn}"}}`,
		nobody + whole + `,"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1","aws:PrincipalArn":"${aws_iam_role.delivery-role.arn}"}}`,
		nobody + whole + `,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`,
		nobody + whole + `,"Condition":{"NumericLessThan":{"s3:TlsVersion":"1.2"}}`,
		nobody + whole + `,"Condition":{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`,
		`"Effect":"Allow","Principal":{"AWS":"${aws_iam_role.delivery-role.arn}"},` + objects,
		nobody + `"Action":"s3:PutObject","Resource":"${aws_s3_bucket.bucket.arn}/reports/*"`,
		nobody + `"Action":"s3:DeleteObjectVersion","Resource":"${aws_s3_bucket.bucket.arn}/*"`,
		`"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:role/x"},` + objects,
		`"Effect":"Deny","NotPrincipal":{"AWS":["${data.aws_caller_identity.current.account_id}","${aws_iam_role.delivery-role.arn}",` +
			`"arn:aws:sts::${data.aws_caller_identity.current.account_id}:assumed-role/${aws_iam_role.delivery-role.name}/AWSFirehoseToS3"]},` + objects,
		nobody + `"NotAction":"s3:*","Resource":"${aws_s3_bucket.bucket.arn}/*"`,
		nobody + `"Action":"s3:PutObject","NotResource":["${aws_s3_bucket.bucket.arn}/events/*","${aws_s3_bucket.bucket.arn}/errors/*"]`,
		nobody + whole + `,"Condition":{"Null":{"aws:SourceVpce":"false"}}`,
		nobody + whole + `,"Condition":{"Null":{"s3:TlsVersion":"true"}}`,
	} {
		if err := policy.Check(good(t, denying(statement)...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
