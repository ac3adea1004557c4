package local

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"cdk.tf/go/ingest/internal/goldens"
)

// describeKey asks for a key, as the AWS CLI does.
func (r *running) describeKey(t *testing.T, operation, body string) answered {
	t.Helper()
	return ask(t, asked{method: http.MethodPost, url: r.awsURL() + "/", body: body, header: []string{
		"X-Amz-Target: TrentService." + operation, "Content-Type: application/x-amz-json-1.1",
		"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=x",
	}})
}

// A stream names its key, and the key says whether it can be used.
func TestAKeySaysItsState(t *testing.T) {
	p := run(t, optionsOf(t, goldens.File(t, "prod")))
	summary, err := awskinesis.NewFromConfig(p.config()).DescribeStreamSummary(t.Context(), &awskinesis.DescribeStreamSummaryInput{StreamName: aws.String("api-kinesis-stream-prod")})
	if err != nil {
		t.Fatal(err)
	}
	key := aws.ToString(summary.StreamDescriptionSummary.KeyId)
	if summary.StreamDescriptionSummary.EncryptionType != types.EncryptionTypeKms || !strings.HasPrefix(key, "arn:aws:kms:us-east-1:000000000000:key/") {
		t.Fatalf("%+v", summary.StreamDescriptionSummary)
	}
	id := key[strings.LastIndex(key, "/")+1:]
	const enabled, disabled = `"Enabled":true,"KeyState":"Enabled"`, `"Enabled":false,"KeyState":"Disabled"`
	for _, name := range []string{key, id} {
		got := p.describeKey(t, "DescribeKey", `{"KeyId": "`+name+`"}`)
		if got.status != 200 || !strings.Contains(got.body, `"KeyId":"`+id+`","Arn":"`+key+`"`) || !strings.Contains(got.body, enabled) || !strings.Contains(got.body, `"KeyManager":"CUSTOMER"`) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	p.front().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/_local/faults/key-disabled?lease=5m", nil))
	for _, test := range []struct {
		operation, body string
		status          int
		want            string
	}{
		{"DescribeKey", `{"KeyId": "` + key + `"}`, 200, disabled},
		{"DescribeKey", `{"KeyId": "alias/aws/kinesis"}`, 200, enabled},
		{"DescribeKey", `{"KeyId": "alias/aws/nope"}`, 400, `"__type":"NotFoundException","message":"Key 'alias/aws/nope' does not exist in the stack that runs here; of AWS's own keys these are here: alias/aws/kinesis, alias/aws/s3, alias/aws/sns"`},
		{"DescribeKey", `{"KeyId": "arn:aws:kms:us-east-1:000000000000:alias/aws/nope"}`, 400, `"NotFoundException"`},
		{"DescribeKey", `{"KeyId": "arn:aws:kms:eu-west-1:000000000000:alias/aws/kinesis"}`, 400, `"NotFoundException"`},
		{"DescribeKey", `{"KeyId": "alias/other"}`, 400, `"__type":"NotFoundException","message":"Key 'alias/other' does not exist`},
		{"DescribeKey", `{}`, 400, `"ValidationException"`},
		{"DescribeKey", `{"keyid": "` + key + `"}`, 400, `"ValidationException"`},
		{"DescribeKey", `{"KeyId": 5}`, 400, `"SerializationException"`},
		{"DescribeKey", `[`, 400, `"SerializationException"`},
		{"EnableKey", `{"KeyId": "` + key + `"}`, 501, "kms (EnableKey) is not imitated on one machine; these are: "},
	} {
		if got := p.describeKey(t, test.operation, test.body); got.status != test.status || !strings.Contains(strings.ReplaceAll(got.body, `\u0027`, "'"), test.want) {
			t.Errorf("%s %s: %+v", test.operation, test.body, got)
		}
	}
}

// Each name of an AWS managed key is the same key, which has an ARN of its own.
func TestAnAWSManagedKey(t *testing.T) {
	p := devPipeline(t)
	const prefix = "arn:aws:kms:us-east-1:000000000000:"
	ask := func(name string) (metadata keyMetadata) {
		got := p.describeKey(t, "DescribeKey", `{"KeyId": "`+name+`"}`)
		var answer struct{ KeyMetadata keyMetadata }
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != 200 {
			t.Errorf("%s: %+v", name, got)
		}
		return answer.KeyMetadata
	}
	want := ask("alias/aws/kinesis")
	if want.ARN != prefix+"key/"+want.KeyID || len(want.KeyID) != len("1234abcd-12ab-34cd-56ef-1234567890ab") || want.KeyManager != "AWS" || !want.Enabled {
		t.Errorf("%+v", want)
	}
	for _, name := range []string{prefix + "alias/aws/kinesis", want.KeyID, want.ARN} {
		if got := ask(name); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
	if other := ask("alias/aws/s3"); other.ARN == want.ARN {
		t.Errorf("two aliases have the key %s", other.ARN)
	}
}

// A call for the lines of a log group is refused with the file that has them.
func TestLogsAreRefusedWithTheirFile(t *testing.T) {
	p := run(t, optionsOf(t, goldens.File(t, "prod")))
	logs := func(body string) string {
		got := ask(t, asked{method: http.MethodPost, url: p.awsURL() + "/", body: body, header: []string{
			"X-Amz-Target: Logs_20140328.FilterLogEvents", "Content-Type: application/x-amz-json-1.1",
			"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=x",
		}})
		if got.status != 501 || !strings.Contains(got.body, "logs (FilterLogEvents) is not imitated on one machine; these are: ") {
			t.Errorf("%s: %+v", body, got)
		}
		return got.body
	}
	const delivery, access = "the log group /aws/kinesisfirehose/api-kinesis-firehose-prod is the file ", "the log group /aws/apigateway/api-kinesis-prod/access is the file "
	for _, test := range []struct {
		body             string
		delivery, access bool
	}{
		{`{"logGroupName": "/aws/kinesisfirehose/api-kinesis-firehose-prod"}`, true, false},
		{`{"logGroupIdentifiers": ["arn:aws:logs:us-east-1:000000000000:log-group:/aws/apigateway/api-kinesis-prod/access"]}`, false, true},
		{`{"logGroupName": "/other"}`, true, true},
		{`[`, true, true},
	} {
		got := logs(test.body)
		if strings.Contains(got, delivery+p.logsDir()+"/aws/kinesisfirehose/api-kinesis-firehose-prod.log") != test.delivery || strings.Contains(got, access) != test.access {
			t.Errorf("%s: %s", test.body, got)
		}
	}
}
