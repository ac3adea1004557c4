package verify

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/tfjson"
)

// TestSurroundings shows each check of the surroundings as it holds and as it differs. deploytest shows those of prod on moto, too.
func TestSurroundings(t *testing.T) {
	t.Parallel()
	seen := differing{}
	for name, test := range map[string]func(*testing.T){
		"unread": seen.unread, "nothing deployed": seen.nothing, "local": seen.local, "public bucket": seen.publicBucket, "late line": seen.lateLine,
		"alarm states": seen.alarmStates, "subscribers": seen.subscribers, "query": seen.query, "Parquet": seen.parquet, "page": seen.page, "distribution": seen.distribution, "domain": seen.domain, "firewall": seen.firewall, "stream policies": seen.streamPolicies, "keys": seen.keys, "topics": seen.topics,
		"usage plans": seen.usagePlans, "notifications": seen.notifications, "copies": seen.copies,
	} {
		t.Run(name, test)
	}
	for _, golden := range []string{"prod", "option-web", "option-domain", "option-keys"} {
		for _, c := range surroundingsChecks(deployedRun(t, golden, newAccount(t, nil)).Pipeline) {
			if !seen[c.id] {
				t.Errorf("no test has seen %s differ", c.id)
			}
		}
	}
}

// unread denies every call: no check then holds, and each that asks AWS names the action to allow.
func (seen differing) unread(t *testing.T) {
	a := newAccount(t, nil)
	r := deployedRun(t, "prod", a)
	for _, c := range surroundingsChecks(r.Pipeline) {
		if c.late {
			continue
		}
		t.Run(c.id, func(t *testing.T) {
			seen.expect(t, c, r, Unknown, "run the command again: ")
		})
	}
	for id, call := range map[string]string{"stream": "DescribeStreamSummary", "delivery": "DescribeDeliveryStream", "log-groups": "DescribeLogGroups"} {
		a.set(call, denies("AccessDeniedException"))
		seen.expect(t, surroundingsCheck(t, r.Pipeline, id), r, Unknown, ":"+call+" on ")
	}
	for id, call := range map[string]string{"roles": "GetRole", "alarms": "DescribeAlarms", "alarm-topic": "ListSubscriptionsByTopic"} {
		a.set(call, deniesXML("AccessDenied"))
		seen.expect(t, surroundingsCheck(t, r.Pipeline, id), r, Unknown, ":"+call+" on ")
	}
	for _, code := range []string{"UnrecognizedClientException", "InvalidSignatureException"} {
		a.set("DescribeStreamSummary", denies(code))
		seen.expect(t, surroundingsCheck(t, r.Pipeline, "stream"), r, Unknown, "use credentials that are valid")
	}
	a.set("DescribeStreamSummary", denies("ResourceNotFoundException"))
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "stream"), r, Differs, "ResourceNotFoundException")
}

// TestUnread holds that a disabled key differs, because to run the command again would not help, and what an outage and another service
// have as their remedies.
func TestUnread(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"KMSDisabledException", "KMSInvalidStateException", "KMS.DisabledException", "KMS.KMSInvalidStateException"} {
		found := unread(&smithy.GenericAPIError{Code: code, Message: "the key"}, "kinesis:GetRecords", "the stream s")
		if found.status != Differs || !strings.Contains(found.remedy, "enable the key") || !strings.Contains(found.got, code) {
			t.Errorf("%s is %q: %s; %s", code, found.status, found.got, found.remedy)
		}
	}
	for remedy, err := range map[string]error{
		"check your network": &smithyhttp.RequestSendError{Err: errors.New("no such host")}, "another service than AWS": &smithy.DeserializationError{Err: errors.New("no JSON")},
	} {
		if found := unread(err, "kinesis:GetRecords", "the stream s"); found.status != Unknown || !strings.Contains(found.remedy, remedy) {
			t.Errorf("%v is %q: %s", err, found.status, found.remedy)
		}
	}
	if found := unread(&smithy.GenericAPIError{Code: "KMSThrottlingException"}, "kinesis:GetRecords", "the stream s"); found.status != Unknown {
		t.Errorf("a throttled key is %q", found.status)
	}
}

// nothing has answers of an account in which nothing is deployed, as AWS words them: each check that asks it differs.
func (seen differing) nothing(t *testing.T) {
	a := newAccount(t, map[string]reply{
		"DescribeStreamSummary":  {http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "no stream"}`},
		"DescribeDeliveryStream": {http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "no stream"}`},
		"GetRole":                {http.StatusNotFound, "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no role</Message></Error></ErrorResponse>"},
		"DescribeLogGroups":      {body: `{"logGroups": []}`},
		"GetTopicAttributes":     {http.StatusNotFound, "<ErrorResponse><Error><Code>NotFound</Code><Message>no topic</Message></Error></ErrorResponse>"},
		"GetWorkGroup":           {http.StatusBadRequest, `{"__type": "InvalidRequestException", "message": "WorkGroup api-kinesis-prod is not found."}`},
		"ListNamedQueries":       {http.StatusBadRequest, `{"__type": "InvalidRequestException", "message": "WorkGroup api-kinesis-prod is not found."}`},
		"ListWebACLs":            {body: `{"WebACLs": []}`},
		"DescribeKey":            {http.StatusBadRequest, `{"__type": "NotFoundException", "message": "no key"}`},
		"GetTable":               {http.StatusBadRequest, `{"__type": "EntityNotFoundException", "message": "no table"}`},
		"GET /account":           {body: `{}`},
		"GetDashboard":           {http.StatusNotFound, "<ErrorResponse><Error><Code>ResourceNotFound</Code><Message>no dashboard</Message></Error></ErrorResponse>"},
		"DescribeAlarms":         {body: `<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms></MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`},
	})
	r := deployedRun(t, "prod", a)
	a.set("GET /restapis/"+r.Outputs.Text("api_id"), reply{http.StatusNotFound, `{"__type": "NotFoundException", "message": "no API"}`})
	a.set("GET /restapis/"+r.Outputs.Text("api_id")+"/stages/prod", reply{http.StatusNotFound, `{"__type": "NotFoundException", "message": "no stage"}`})
	for _, bucket := range r.stack.Resources("aws_s3_bucket") {
		for _, part := range []string{"?publicAccessBlock", "?encryption", "?versioning", "?policy", "?lifecycle", "?object-lock", "?logging", "?replication", "?notification"} {
			a.set("GET /"+text(bucket.Body["bucket"])+part, reply{http.StatusNotFound, "<Error><Code>NoSuchBucket</Code><Message>no bucket</Message></Error>"})
		}
	}
	for _, c := range surroundingsChecks(r.Pipeline) {
		if !c.late && c.id != "surroundings/alarm-topic" && c.id != "surroundings/stream-policy" { // a stream that is not there has none
			seen.expect(t, c, r, Differs, "")
		}
	}
}

// parquet waits for rows of objects that are newer than the run.
func (seen differing) parquet(t *testing.T) {
	a := newAccount(t, map[string]reply{
		"StartQueryExecution": {body: `{"QueryExecutionId": "q"}`},
		"GetQueryExecution":   {body: `{"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}`},
		"GetQueryResults":     {body: `{"ResultSet": {"Rows": [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "0"}]}]}}`},
	})
	r := deployedRun(t, "option-parquet", a)
	r.events = []*event{{requestID: "one", asked: r.Clock.Now()}}
	r.Timeout = 10 * time.Millisecond
	c := surroundingsCheck(t, r.Pipeline, "query")
	seen.expect(t, c, r, Differs, `"$file_modified_time" >= from_iso8601_timestamp('`)
	if n := r.spent.queries; n == 0 || n > maxQueries {
		t.Errorf("the check made %d queries; want 1 to %d", n, maxQueries)
	}
	r.spent.queries = 0
	a.set("GetQueryResults", reply{body: `{"ResultSet": {"Rows": [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "4"}]}]}}`})
	seen.expect(t, c, r, Holds, "4 rows")
}

// local shows that nothing is claimed that ingest up cannot show.
func (seen differing) local(t *testing.T) {
	r := deployedRun(t, "prod", newAccount(t, nil))
	r.Local = true
	for _, c := range surroundingsChecks(r.Pipeline) {
		switch c.id {
		case "surroundings/stream", "surroundings/delivery", "surroundings/bucket-versioning", "surroundings/alarms", "surroundings/alarm-states":
		default:
			seen.expect(t, c, r, NotShown, "only AWS shows it")
		}
	}
}

// publicBucket has S3's answers about a bucket that only its policy makes public (API reference, GetBucketPolicyStatus).
func (seen differing) publicBucket(t *testing.T) {
	a := newAccount(t, map[string]reply{})
	r := deployedRun(t, "option-none", a)
	c := surroundingsCheck(t, r.Pipeline, "bucket-private")
	set := func(suffix, body string) {
		for _, bucket := range r.stack.Resources("aws_s3_bucket") {
			a.set("GET /"+text(bucket.Body["bucket"])+suffix, reply{body: body})
		}
	}
	set("?publicAccessBlock", `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>`+
		`<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`)
	set("?ownershipControls", `<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`)
	set("?policyStatus", `<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>`)
	seen.expect(t, c, r, Holds, "")
	set("?policyStatus", `<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>`)
	seen.expect(t, c, r, Differs, "public by its policy true")
	set("?policyStatus", `<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>`)
	set("?ownershipControls", `<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>`)
	seen.expect(t, c, r, Differs, "ownership ObjectWriter")
	set("?ownershipControls", `<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`)
	for _, typ := range []string{"aws_s3_bucket_public_access_block", "aws_s3_bucket_ownership_controls"} {
		for _, setting := range r.stack.Resources(typ) {
			setting.Body["bucket"] = "another" // so nothing is declared, and S3 has the same settings by default
		}
	}
	seen.expect(t, c, r, Holds, "")
}

// lateLine waits for the access log's line, and gives up at the bound.
func (seen differing) lateLine(t *testing.T) {
	a := newAccount(t, map[string]reply{"FilterLogEvents": {body: `{"events": []}`}})
	r := deployedRun(t, "dev", a)
	clock := clockwork.NewFakeClock()
	r.Clock, r.Poll = clock, time.Minute
	one := &event{requestID: "one", route: r.routes[0], body: []byte(`{"event": "signup"}`), asked: clock.Now()}
	r.events = []*event{one, {requestID: "two", route: r.routes[0], asked: clock.Now()}} // both wait for one time
	done := make(chan struct{})
	go func() {
		defer close(done)
		seen.expect(t, surroundingsCheck(t, r.Pipeline, "access-log"), r, Differs, "none after 3m0s")
	}()
	for range 3 {
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	<-done
	r.Clock, r.Poll, r.events = clockwork.NewRealClock(), time.Millisecond, []*event{one}
	line := func(fields string) {
		message, err := json.Marshal(`{"requestId": "one"` + fields + `}`)
		if err != nil {
			t.Fatal(err)
		}
		a.set("FilterLogEvents", reply{body: `{"events": [{"message": ` + string(message) + `}]}`})
	}
	line("")
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "access-log"), r, Differs, "the fields of the line of one [requestId]")
	var format map[string]any
	if err := json.Unmarshal([]byte(text(tfjson.At(r.declaredStage(), "access_log_settings", "format"))), &format); err != nil {
		t.Fatal(err)
	}
	var fields strings.Builder
	for name := range format {
		if name != "requestId" {
			fields.WriteString(`, "` + name + `": "-"`)
		}
	}
	line(fields.String())
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "access-log"), r, Holds, "1 lines")
	line(strings.Replace(fields.String(), `"userAgent": "-"`, `"userAgent": "signup"`, 1))
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "access-log"), r, Differs, "it has signup")
}

// alarmStates has DescribeAlarms' answers (API reference; and the treatment of missing data, user guide).
func (seen differing) alarmStates(t *testing.T) {
	a := newAccount(t, map[string]reply{})
	r := deployedRun(t, "prod", a)
	alarms := r.stack.Resources("aws_cloudwatch_metric_alarm")
	c := surroundingsCheck(t, r.Pipeline, "alarm-states")
	alarm := func(state, treatment string, age time.Duration) {
		var members strings.Builder
		for _, declared := range alarms {
			members.WriteString(`<member><AlarmName>` + text(declared.Body["alarm_name"]) + `</AlarmName>` +
				`<StateValue>` + state + `</StateValue><StateReason>because</StateReason><TreatMissingData>` + treatment + `</TreatMissingData>` +
				`<Period>60</Period><EvaluationPeriods>3</EvaluationPeriods><StateUpdatedTimestamp>` + time.Now().Add(-age).UTC().Format(time.RFC3339) +
				`</StateUpdatedTimestamp></member>`)
		}
		a.set("DescribeAlarms", reply{body: `<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms>` + members.String() +
			`</MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`})
	}
	one := text(alarms[0].Body["alarm_name"])
	alarm("OK", "notBreaching", time.Hour)
	seen.expect(t, c, r, Holds, itoa(len(alarms))+" in OK")
	alarm("ALARM", "notBreaching", time.Hour)
	seen.expect(t, c, r, Differs, one+" in ALARM: because")
	alarm("INSUFFICIENT_DATA", "missing", time.Hour)
	seen.expect(t, c, r, Holds, "without data yet: "+one)
	alarm("INSUFFICIENT_DATA", "notBreaching", time.Minute)
	seen.expect(t, c, r, NotShown, "has not evaluated "+one)
	alarm("INSUFFICIENT_DATA", "notBreaching", time.Hour)
	seen.expect(t, c, r, Differs, one+" in INSUFFICIENT_DATA since")
	alarms = alarms[1:]
	alarm("OK", "notBreaching", time.Hour)
	seen.expect(t, c, r, Differs, one+" does not exist")
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "alarms"), r, Differs, "it does not exist")
}

// subscribers has ListSubscriptionsByTopic's answers (SNS API reference: an email that is not confirmed has PendingConfirmation in
// place of an ARN).
func (seen differing) subscribers(t *testing.T) {
	a := newAccount(t, map[string]reply{})
	r := deployedRun(t, "option-alarms", a)
	c := surroundingsCheck(t, r.Pipeline, "alarm-topic")
	subscription := func(members string) {
		a.set("ListSubscriptionsByTopic", reply{body: `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>` + members +
			`</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`})
	}
	member := func(arn, endpoint string) string {
		return `<member><SubscriptionArn>` + arn + `</SubscriptionArn><Endpoint>` + endpoint + `</Endpoint><Protocol>email</Protocol></member>`
	}
	const confirmed = "arn:aws:sns:us-east-1:123456789012:topic:1"
	subscription(member(confirmed, "on-call@example.com"))
	seen.expect(t, c, r, Holds, "")
	subscription(member("PendingConfirmation", "on-call@example.com"))
	seen.expect(t, c, r, Differs, "it has not: AWS waits for a click")
	subscription("")
	seen.expect(t, c, r, Differs, "none")
	subscription(member(confirmed, "other@example.com"))
	seen.expect(t, c, r, Differs, "it was removed")
	for _, alarm := range r.stack.Resources("aws_cloudwatch_metric_alarm") {
		alarm.Body["alarm_actions"] = []any{"arn:aws:lambda:us-east-1:123456789012:function:raised"}
	}
	seen.expect(t, c, r, Differs, "no action of the alarms is a topic")
}

// topics has GetTopicAttributes' answers (SNS API reference).
func (seen differing) topics(t *testing.T) {
	a := newAccount(t, nil)
	r := deployedRun(t, "prod", a)
	c := surroundingsCheck(t, r.Pipeline, "topics")
	policy := text(r.stack.Resources("aws_sns_topic_policy")[0].Body["policy"])
	attributes := func(policy, key string) {
		var body strings.Builder
		writeXML(&body, tree{"GetTopicAttributesResponse": tree{"GetTopicAttributesResult": tree{"Attributes": tree{"entry": []any{
			tree{"key": "Policy", "value": policy}, tree{"key": "KmsMasterKeyId", "value": key},
		}}}}})
		a.set("GetTopicAttributes", reply{body: body.String()})
	}
	key := r.Outputs.Text("key_arn")
	attributes(policy, key)
	seen.expect(t, c, r, Holds, "1 topic")
	attributes(strings.ReplaceAll(policy, "cloudwatch.amazonaws.com", "events.amazonaws.com"), key)
	seen.expect(t, c, r, Differs, "the policy of api-kinesis-alarms-prod lacks it")
	attributes(policy, "alias/aws/sns")
	seen.expect(t, c, r, Differs, "api-kinesis-alarms-prod: key alias/aws/sns")
	a.set("GetTopicAttributes", deniesXML("AuthorizationError"))
	seen.expect(t, c, r, Unknown, "allow sns:GetTopicAttributes on the topic ")
}

// query has Athena's answers to the query (API reference, GetQueryExecution and GetQueryResults).
func (seen differing) query(t *testing.T) {
	a := newAccount(t, map[string]reply{
		"StartQueryExecution": {body: `{"QueryExecutionId": "q"}`},
		"GetQueryExecution":   {body: `{"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}`},
	})
	r := deployedRun(t, "prod", a)
	c := surroundingsCheck(t, r.Pipeline, "query")
	seen.expect(t, c, r, NotShown, "acknowledged no event")
	r.events = []*event{{requestID: "one", data: []byte("{}"), asked: r.Clock.Now()}}
	seen.expect(t, c, r, NotShown, "no event of this run was found in the bucket")
	r.events[0].object = "events/year=2026/month=01/day=02/hour=03/object"
	rows := func(n string) {
		a.set("GetQueryResults", reply{body: `{"ResultSet": {"Rows": [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "` + n + `"}]}]}}`})
	}
	rows("1")
	seen.expect(t, c, r, Holds, "rows of the object s3://api-kinesis-firehose-bucket-prod/events/year=2026/")
	r.report.Marked = true
	seen.expect(t, c, r, Holds, "rows with this run's mark")
	rows("0")
	seen.expect(t, c, r, Differs, `"year" = '2026' AND "month" = '01' AND "day" = '02' AND "hour" = '03' AND "$path" = 's3://`)
	a.set("GetQueryExecution", reply{body: `{"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "Bytes scanned limit was exceeded"}}}`})
	seen.expect(t, c, r, Differs, "FAILED: Bytes scanned limit was exceeded")
	for _, reason := range []string{
		"Permission denied on S3 path: s3://events/hour=02/object",
		"com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)",
		"Insufficient permissions to execute the query. User: a is not authorized to perform: glue:GetTable",
	} {
		a.set("GetQueryExecution", reply{body: `{"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "` + reason + `"}}}`})
		seen.expect(t, c, r, Unknown, "with the credentials that run the command: allow them ")
	}
	a.set("StartQueryExecution", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow athena:StartQueryExecution")
	r.events[0].object = "elsewhere/object"
	seen.expect(t, c, r, Unknown, "is not in the table's location")
}

// page asks a page that answers as CloudFront does with the stack's response headers policy.
func (seen differing) page(t *testing.T) {
	r := deployedRun(t, "option-web", newAccount(t, nil))
	headers := r.securityHeaders()
	if len(headers) != 5 {
		t.Errorf("the stack's policy has the headers %v; want 5", headers)
	}
	config := `{"` + r.Name + `": {"submit_url": "` + r.url("/submit") + `"}}`
	icon := "<svg/>"
	for _, object := range r.stack.Resources("aws_s3_object") {
		content := ""
		if text(object.Body["key"]) == "favicon.svg" {
			content = icon
		}
		if object.Body["source_hash"] != nil {
			object.Body["source_hash"] = fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
		}
	}
	status := http.StatusOK
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		switch request.URL.Path {
		case "/config.json":
			_, _ = w.Write([]byte(config))
		case "/favicon.svg":
			_, _ = w.Write([]byte(icon))
		}
	}))
	t.Cleanup(page.Close)
	r.Outputs["web_url"] = page.URL + "/"
	answers, settings, files := surroundingsCheck(t, r.Pipeline, "page"), surroundingsCheck(t, r.Pipeline, "page-config"), surroundingsCheck(t, r.Pipeline, "page-files")
	seen.expect(t, answers, r, Holds, "")
	seen.expect(t, settings, r, Holds, "")
	seen.expect(t, files, r, Holds, "4 files")
	icon = "<svg onload='steal()'/>"
	seen.expect(t, files, r, Differs, "at /favicon.svg: SHA-256 ")
	headers = map[string]string{"X-Frame-Options": "DENY"}
	seen.expect(t, answers, r, Differs, "Content-Security-Policy none")
	config = `{"other": {}}`
	seen.expect(t, settings, r, Differs, "submit_url none")
	status = http.StatusForbidden
	seen.expect(t, answers, r, Differs, "status 403")
	seen.expect(t, files, r, Differs, "at /index.html: status 403")
	page.Close()
	seen.expect(t, files, r, Unknown, "check your network")
	seen.expect(t, answers, r, Unknown, "check your network")
}

// domain has API Gateway's answers about a domain (API reference, GetDomainName and GetBasePathMappings).
func (seen differing) domain(t *testing.T) {
	a := newAccount(t, map[string]reply{})
	r := deployedRun(t, "option-certificate", a)
	domain := func(status, certificate, api string) {
		a.set("GET /domainnames/certified.example.com", reply{body: `{"domainName": "certified.example.com", "domainNameStatus": "` + status + `", "securityPolicy": "TLS_1_2",
			"regionalCertificateArn": "` + certificate + `", "mutualTlsAuthentication": {"truststoreUri": "s3://example-trust/events.pem"}}`})
		a.set("GET /domainnames/certified.example.com/basepathmappings", reply{body: `{"item": [{"basePath": "(none)", "restApiId": "` + api + `", "stage": "` + r.Name + `"}]}`})
	}
	const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
	c, api := surroundingsCheck(t, r.Pipeline, "domain"), r.Outputs.Text("api_id")
	domain("AVAILABLE", certificate, api)
	seen.expect(t, c, r, Holds, "AVAILABLE")
	domain("PENDING_CERTIFICATE_REIMPORT", certificate, api)
	seen.expect(t, c, r, Differs, "status PENDING_CERTIFICATE_REIMPORT")
	domain("AVAILABLE", certificate+"1", api)
	seen.expect(t, c, r, Differs, "certificate "+certificate+"1")
	mapped := func(path string) {
		a.set("GET /domainnames/certified.example.com/basepathmappings", reply{body: `{"item": [{"basePath": "` + path + `", "restApiId": "` + api + `", "stage": "` + r.Name + `"}]}`})
	}
	domain("AVAILABLE", certificate, api)
	mapped("v2")
	seen.expect(t, c, r, Differs, "leads to "+api+"/"+r.Name+" at /v2")
	const mappings = "GET /domainnames/certified.example.com/basepathmappings"
	mapped("(none)")
	first := a.replies[mappings]
	a.set(mappings, reply{body: strings.Replace(first.body, "{", `{"position": "2", `, 1)})
	a.set(mappings+"?position", reply{body: `{"item": [{"basePath": "old", "restApiId": "another", "stage": "s"}]}`})
	seen.expect(t, c, r, Differs, "another/s at /old")
	a.set(mappings+"?position", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow apigateway:GET on the domain")
	a.set(mappings, first)
	truststore := func(members string) {
		a.set("GET /domainnames/certified.example.com", reply{body: `{"domainNameStatus": "AVAILABLE", "securityPolicy": "TLS_1_2", "regionalCertificateArn": "` + certificate + `"` + members + `}`})
	}
	truststore(`, "mutualTlsAuthentication": {"truststoreUri": "s3://other/events.pem"}`)
	seen.expect(t, c, r, Differs, "truststore s3://other/events.pem")
	truststore("")
	seen.expect(t, c, r, Differs, "truststore none")
	domain("AVAILABLE", certificate, "other")
	seen.expect(t, c, r, Differs, "leads to other/")
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "domain-answers"), r, NotShown, "asks clients for a certificate")
	r = deployedRun(t, "option-domain", a)
	a.set("GET /domainnames/events.example.com", reply{body: `{"domainNameStatus": "AVAILABLE", "securityPolicy": "TLS_1_2",
		"mutualTlsAuthentication": {"truststoreUri": "s3://example-trust/events.pem", "truststoreVersion": "other"}}`})
	a.set("GET /domainnames/events.example.com/basepathmappings", reply{body: `{"item": []}`})
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "domain"), r, Differs, "version of the truststore other; leads to none")
	delete(r.stack.Resources("aws_api_gateway_domain_name")[0].Body, "mutual_tls_authentication")
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "domain-answers"), withHTTP(r, a.server), Holds, "400")
	r.HTTP = &http.Client{Transport: refusing{}}
	seen.expect(t, surroundingsCheck(t, r.Pipeline, "domain-answers"), r, Differs, "no such host")
}

// firewall has stages behind web ACLs that the stack declares or does not.
func (seen differing) firewall(t *testing.T) {
	a := newAccount(t, map[string]reply{})
	behind := func(golden, arn, says string, want Status) {
		r := deployedRun(t, golden, a)
		a.set("GET /restapis/"+r.Outputs.Text("api_id")+"/stages/"+r.Name, reply{body: `{"webAclArn": "` + arn + `"}`})
		seen.expect(t, surroundingsCheck(t, r.Pipeline, "firewall"), r, want, says)
	}
	const acl = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/"
	behind("prod", acl+"api-kinesis-prod/a", acl+"api-kinesis-prod/a", Holds)
	behind("prod", "", "web ACL none", Differs)
	behind("prod", acl+"other/a", acl+"other/", Differs)
	behind("dev", "", "none is declared", Holds)
	rules := func(call string, answer reply, says string, want Status) {
		r := deployedRun(t, "prod", a)
		a.set(call, answer)
		seen.expect(t, surroundingsCheck(t, r.Pipeline, "firewall-rules"), r, want, says)
	}
	rules("ListWebACLs", denies("AccessDeniedException"), "allow wafv2:ListWebACLs", Unknown)
	rules("ListWebACLs", reply{body: `{"WebACLs": [{"Name": "other"}]}`}, "it does not exist", Differs)
	a.setAll(t, rightAnswers(t, deployedRun(t, "prod", a)))
	right := a.replies["GetWebACL"]
	rules("GetWebACL", denies("AccessDeniedException"), "allow wafv2:GetWebACL on the web ACL api-kinesis-prod", Unknown)
	rules("GetWebACL", denies("WAFNonexistentItemException"), "WAFNonexistentItemException", Differs)
	rules("GetWebACL", right, "5 rules", Holds)
	rules("GetLoggingConfiguration", denies("WAFNonexistentItemException"), "log none", Differs)
	rules("GetLoggingConfiguration", denies("AccessDeniedException"), "allow wafv2:GetLoggingConfiguration", Unknown)
	behind("dev", acl+"other/a", "which the stack does not declare", Holds)
}

// keys has KMS's answers about a key that somebody changed, whose ARN only the outputs know (API reference, DescribeKey and GetKeyPolicy).
func (seen differing) keys(t *testing.T) {
	const arn, other = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555", "arn:aws:kms:us-east-1:123456789012:key/other"
	a := newAccount(t, nil)
	r := deployedRun(t, "prod", a)
	c := surroundingsCheck(t, r.Pipeline, "keys")
	derived := r.Outputs.Text("key_arn")
	r.Outputs["key_arn"] = arn
	a.setAll(t, rightAnswers(t, r))
	seen.expect(t, c, r, Holds, "1 key")
	described := func(state, arn string) {
		a.set("DescribeKey", reply{body: `{"KeyMetadata": {"Arn": "` + arn + `", "KeyState": "` + state + `"}}`})
	}
	for _, state := range []string{"Disabled", "PendingDeletion"} {
		described(state, arn)
		seen.expect(t, c, r, Differs, arn+": state "+state+" |  | enable the key, or cancel its deletion first")
	}
	described("Enabled", other)
	seen.expect(t, c, r, Differs, "alias/api-kinesis-prod: leads to "+other)
	described("Enabled", arn)
	policy := text(r.stack.Resources("aws_kms_key")[0].Body["policy"])
	opened, err := json.Marshal(tree{"Policy": strings.Replace(policy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"},`, 1)})
	if err != nil {
		t.Fatal(err)
	}
	a.set("GetKeyPolicy", reply{body: string(opened)})
	seen.expect(t, c, r, Differs, `also has {"Action":["kms:*"],"Effect":"Allow","Principal":{"AWS":["*"]}`)
	a.set("GetKeyPolicy", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow kms:GetKeyPolicy on the key "+arn)
	r.Outputs["key_arn"] = ""
	seen.expect(t, c, r, NotShown, "the output key_arn does not have it")
	r.Outputs["key_arn"] = derived
}

// TestAuthorizersOfTwoPages finds the stack's authorizer behind those of others.
func TestAuthorizersOfTwoPages(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "option-cognito", a)
	c, path := surroundingsCheck(t, r.Pipeline, "authorizers"), "GET /restapis/"+r.Outputs.Text("api_id")+"/authorizers"
	right := rightAnswers(t, r)[path]
	a.set(path, reply{body: `{"position": "2", "item": [{"name": "another"}]}`})
	a.set(path+"?position", right.reply(t))
	seen := differing{}
	seen.expect(t, c, r, Holds, "1 authorizer")
	a.set(path+"?position", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow apigateway:GET on the authorizers")
}

// TestThePagesBucketPolicy has the id of the page's distribution in a policy, which AWS makes up.
func TestThePagesBucketPolicy(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "option-web", a)
	a.setAll(t, rightAnswers(t, r))
	const bucket = "example-page"
	derived := text(r.setting("aws_s3_bucket_policy", bucket)["policy"])
	id, err := r.stack.Attribute(r.stack.Resources("aws_cloudfront_distribution")[0].Address(), "id")
	if err != nil || !strings.Contains(derived, "distribution/"+id) {
		t.Fatalf("the policy is %s, the distribution %s (%v)", derived, id, err)
	}
	c, seen := surroundingsCheck(t, r.Pipeline, "bucket-policy"), differing{}
	a.set("GET /"+bucket+"?policy", reply{body: strings.ReplaceAll(derived, id, "E2EXAMPLE")})
	seen.expect(t, c, r, Holds, "")
	a.set("GET /"+bucket+"?policy", reply{body: strings.ReplaceAll(derived, "distribution/"+id, "*")})
	seen.expect(t, c, r, Differs, bucket+" lacks it")
}

// TestDeployments has deployments on two pages, and answers without what AWS's have.
func TestDeployments(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "prod", a)
	c, path := surroundingsCheck(t, r.Pipeline, "deployment"), "GET /restapis/"+r.Outputs.Text("api_id")+"/deployments"
	right := rightAnswers(t, r)
	a.setAll(t, right)
	seen := differing{}
	seen.expect(t, c, r, Holds, "the stage serves d3p10y")
	a.set(path, reply{body: `{"position": "2", "item": [{"id": "d3p10y"}]}`})
	a.set(path+"?position", reply{body: `{"item": [{"id": "later"}]}`})
	seen.expect(t, c, r, Differs, "the API also has later")
	a.set(path+"?position", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow apigateway:GET on the deployments")
	a.set(path, right[path].reply(t))
	a.set(path+"/d3p10y?embed", reply{body: `{"id": "d3p10y"}`})
	seen.expect(t, c, r, Unknown, "the answer to GetDeployment has no apiSummary")
	a.set(path+"/d3p10y?embed", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow apigateway:GET on the deployment d3p10y")
}

// TestDashboards has widgets that somebody changed, removed and added.
func TestDashboards(t *testing.T) {
	t.Parallel()
	const want = `{"start": "-PT3H", "widgets": [{"type": "metric", "x": 0, "properties": {"title": "requests"}}, {"type": "text", "properties": {"markdown": "read me"}}]}`
	for _, test := range []struct{ name, got, says string }{
		{"the same in another order", `{"widgets": [{"properties": {"title": "requests"}, "x": 0, "type": "metric"}, {"type": "text", "properties": {"markdown": "read me"}}], "start": "-PT3H"}`, ""},
		{"a change", `{"widgets": [{"type": "metric", "x": 1, "properties": {"title": "requests"}}, {"type": "text", "properties": {"markdown": "read me"}}]}`, `it has none that is so; it also has "requests", or has it otherwise`},
		{"a loss", `{"widgets": [{"type": "metric", "x": 0, "properties": {"title": "requests"}}]}`, "it has none that is so"},
		{"no JSON", ``, "d: unexpected end of JSON input"},
	} {
		var d differences
		d.compareWidgets("d", want, test.got)
		if got := strings.Join(d.got, "; "); got != test.says {
			t.Errorf("%s: it says %q, want %q", test.name, got, test.says)
		}
	}
}

// TestNamedQueries has a declared name twice, on two pages, beside a query of a person's own.
func TestNamedQueries(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "prod", a)
	c := surroundingsCheck(t, r.Pipeline, "named-queries")
	a.setAll(t, rightAnswers(t, r))
	seen := differing{}
	seen.expect(t, c, r, Holds, "count by type, latest")
	a.set("GetNamedQuery own", reply{body: `{"NamedQuery": {"Name": "own", "QueryString": "SELECT 1"}}`})
	a.set("GetNamedQuery old", reply{body: `{"NamedQuery": {"Name": "latest", "QueryString": "SELECT 1"}}`})
	a.set("ListNamedQueries", reply{body: `{"NamedQueryIds": ["own", "old", "of-latest", "of-count by type"]}`})
	seen.expect(t, c, r, Holds, "count by type, latest")
	a.set("ListNamedQueries", reply{body: `{"NamedQueryIds": ["own", "old", "of-count by type"]}`})
	seen.expect(t, c, r, Differs, "latest: SQL SELECT 1")
	a.set("ListNamedQueries", reply{body: `{"NamedQueryIds": []}`})
	seen.expect(t, c, r, Differs, "it does not exist")
	a.set("ListNamedQueries", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow athena:ListNamedQueries and athena:GetNamedQuery on the workgroup ")
	a.set("ListNamedQueries", reply{http.StatusBadRequest, `{"__type": "InvalidRequestException", "message": "WorkGroup is not found."}`})
	seen.expect(t, c, r, Differs, "it does not exist")
}

// distribution has CloudFront's answers about the page's distribution, behind those of others.
func (seen differing) distribution(t *testing.T) {
	a := newAccount(t, nil)
	r := deployedRun(t, "option-web", a)
	c := surroundingsCheck(t, r.Pipeline, "page-distribution")
	const all = "GET /2020-05-31/distribution"
	right := rightAnswers(t, r)
	a.setAll(t, right)
	a.set(all, reply{body: `<DistributionList><IsTruncated>true</IsTruncated><NextMarker>m</NextMarker><Items><DistributionSummary><Id>A</Id><DomainName>a.example</DomainName></DistributionSummary></Items></DistributionList>`})
	a.set(all+"?Marker", right[all].reply(t))
	seen.expect(t, c, r, Holds, "PAGE")
	a.set(all+"?Marker", reply{body: `<DistributionList></DistributionList>`})
	seen.expect(t, c, r, Differs, "the account has none of this name")
	a.set(all+"?Marker", deniesXML("AccessDenied"))
	seen.expect(t, c, r, Unknown, "allow cloudfront:ListDistributions on all distributions")
	a.set(all, right[all].reply(t))
	a.set(all+"/PAGE", deniesXML("AccessDenied"))
	seen.expect(t, c, r, Unknown, "allow cloudfront:GetDistribution on the distribution PAGE")
	a.set(all+"/PAGE", deniesXML("NoSuchDistribution"))
	seen.expect(t, c, r, Differs, "NoSuchDistribution")
}

// streamPolicies has GetResourcePolicy's answers: of no policy, and of one that lets another account read (API reference).
func (seen differing) streamPolicies(t *testing.T) {
	a := newAccount(t, nil)
	r := deployedRun(t, "dev", a)
	c := surroundingsCheck(t, r.Pipeline, "stream-policy")
	for _, none := range []reply{{body: `{}`}, {body: `{"Policy": ""}`}, {body: `{"Policy": "{}"}`}, {http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "no policy"}`}} {
		a.set("GetResourcePolicy", none)
		seen.expect(t, c, r, Holds, "")
	}
	a.set("GetResourcePolicy", reply{body: `{"Policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"210987654321\"}, \"Action\": \"kinesis:GetRecords\", \"Resource\": \"*\"}]}"}`})
	seen.expect(t, c, r, Differs, `the stream's policy also has {"Action":["kinesis:GetRecords"]`)
	a.set("GetResourcePolicy", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow kinesis:GetResourcePolicy on the stream "+r.stream)
}

// usagePlans has two pages of plans, of which several have one name, and two of keys.
func (seen differing) usagePlans(t *testing.T) {
	a := newAccount(t, map[string]reply{})
	r := deployedRun(t, "option-keys", a)
	c, api, name := surroundingsCheck(t, r.Pipeline, "usage-plans"), r.Outputs.Text("api_id"), text(r.stack.Resources("aws_api_gateway_usage_plan")[0].Body["name"])
	a.set("GET /usageplans", reply{body: `{"item": []}`})
	seen.expect(t, c, r, Differs, "it does not exist")
	a.set("GET /usageplans", reply{body: `{"position": "2", "item": [{"id": "another", "name": "` + name + `", "apiStages": [{"apiId": "another", "stage": "a"}]}]}`})
	a.set("GET /usageplans?position", reply{body: `{"item": [{"id": "own", "name": "` + name + `", "apiStages": [{"apiId": "` + api + `", "stage": "` + r.Name + `"}],
		"throttle": {"rateLimit": 10, "burstLimit": 20}, "quota": {"limit": 100000, "period": "DAY"}}]}`})
	a.set("GET /usageplans/own/keys", reply{body: `{"position": "2", "item": [{"id": "m", "name": "` + name + `-mobile"}]}`})
	a.set("GET /usageplans/own/keys?position", reply{body: `{"item": [{"id": "w", "name": "` + name + `-web"}]}`})
	a.set("GET /apikeys/m", reply{body: `{"enabled": true}`})
	a.set("GET /apikeys/w", reply{body: `{"enabled": true}`})
	seen.expect(t, c, r, Holds, "1 usage plan")
	a.set("GET /usageplans", reply{body: `{"position": "2", "item": [{"id": "another", "name": "others", "apiStages": [{"apiId": "` + api + `", "stage": "a"}]}]}`})
	seen.expect(t, c, r, Differs, "the usage plan others (another) does too")
	a.set("GET /usageplans", reply{body: `{"position": "2", "item": []}`})
	a.set("GET /apikeys/w", reply{body: `{"enabled": false}`})
	seen.expect(t, c, r, Differs, name+"-web: enabled false")
	a.set("GET /apikeys/w", denies("AccessDeniedException"))
	seen.expect(t, c, r, Unknown, "allow apigateway:GET on the API key "+name+"-web")
	a.set("GET /usageplans/own/keys", reply{body: `{"item": []}`})
	seen.expect(t, c, r, Differs, "it has none of that name")
}

// notifications compares who is told of which objects, in the forms of the provider and of S3.
func (seen differing) notifications(t *testing.T) {
	r := deployedRun(t, "dev", newAccount(t, nil))
	declared := tree{
		"lambda_function": []any{tree{"lambda_function_arn": "arn:l", "events": []any{"s3:ObjectRemoved:*", "s3:ObjectCreated:*"}, "filter_prefix": "events/"}},
		"queue":           tree{"queue_arn": "arn:q", "events": []any{"s3:ObjectCreated:*"}}, "topic": tree{"topic_arn": "arn:t", "events": []any{"s3:ObjectCreated:*"}, "filter_suffix": ".gz"},
	}
	filter := func(name types.FilterRuleName, value string) *types.NotificationConfigurationFilter {
		return &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: name, Value: &value}}}}
	}
	created := []types.Event{"s3:ObjectCreated:*"}
	is := &s3.GetBucketNotificationConfigurationOutput{
		LambdaFunctionConfigurations: []types.LambdaFunctionConfiguration{{LambdaFunctionArn: aws.String("arn:l"), Events: append(created, "s3:ObjectRemoved:*"), Filter: filter("Prefix", "events/")}},
		QueueConfigurations:          []types.QueueConfiguration{{QueueArn: aws.String("arn:q"), Events: created}},
		TopicConfigurations:          []types.TopicConfiguration{{TopicArn: aws.String("arn:t"), Events: created, Filter: filter("suffix", ".gz")}},
	}
	const want = "arn:l, s3:ObjectCreated:* s3:ObjectRemoved:*, prefix events/; arn:q, s3:ObjectCreated:*; arn:t, s3:ObjectCreated:*, suffix .gz"
	if of, now := strings.Join(r.notificationsOf(declared), "; "), strings.Join(notificationsNow(is), "; "); of != want || now != want {
		t.Errorf("declared is %q, and there is %q; want both %q", of, now, want)
	}
}

// copies compares where objects are copied, in the forms of the provider and of S3.
func (seen differing) copies(t *testing.T) {
	r := deployedRun(t, "dev", newAccount(t, nil))
	declared := tree{"rule": []any{
		tree{"id": "a", "status": "Enabled", "destination": tree{"bucket": "arn:aws:s3:::copy", "account": "210987654321", "storage_class": "STANDARD_IA"},
			"filter": tree{"and": tree{"prefix": "events/", "tags": tree{"k": "v"}}}, "delete_marker_replication": tree{"status": "Enabled"}},
		tree{"id": "b", "status": "Disabled", "destination": tree{"bucket": "arn:aws:s3:::copy"}},
	}}
	copied := aws.String("arn:aws:s3:::copy")
	is := &types.ReplicationConfiguration{Rules: []types.ReplicationRule{
		{Status: "Enabled", Destination: &types.Destination{Bucket: copied, Account: aws.String("210987654321"), StorageClass: "STANDARD_IA"},
			Filter: &types.ReplicationRuleFilter{And: &types.ReplicationRuleAndOperator{
				Prefix: aws.String("events/"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
			}}, DeleteMarkerReplication: &types.DeleteMarkerReplication{Status: "Enabled"}},
		{Status: "Disabled", Destination: &types.Destination{Bucket: copied}, DeleteMarkerReplication: &types.DeleteMarkerReplication{Status: "Disabled"}},
	}}
	const want = "Disabled, to arn:aws:s3:::copy; Enabled, to arn:aws:s3:::copy, of 210987654321, as STANDARD_IA, prefix events/, tags k=v, markers Enabled"
	if of, now := strings.Join(r.copiesOf(declared), "; "), strings.Join(copiesNow(is), "; "); of != want || now != want {
		t.Errorf("declared is %q, and there is %q; want both %q", of, now, want)
	}
}

// withHTTP is a run whose every address is a server.
func withHTTP(r *run, server *httptest.Server) *run {
	other := &run{Options: r.Options, Pipeline: r.Pipeline, report: r.report, events: r.events}
	to := strings.TrimPrefix(server.URL, "http://")
	other.HTTP = &http.Client{Transport: toServer(to)}
	return other
}

// toServer is a network in which every address is one server's.
type toServer string

func (host toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Clone(r.Context())
	request.URL.Scheme, request.URL.Host = "http", string(host)
	return http.DefaultTransport.RoundTrip(request)
}

// TestPolicies compares policies that say the same in other words.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ name, want, got, says string }{
		{"one value and a list", `{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["b", "a"], "Principal": "*"}}`,
			`{"Version": "2012-10-17", "Statement": [{"Principal": {"AWS": "*"}, "Resource": ["a", "b"], "Action": ["s3:GetObject"], "Effect": "Allow"}]}`, ""},
		{"a condition's case", `{"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": false}}}]}`,
			`{"Statement": [{"Condition": {"Bool": {"AWS:SecureTransport": ["false"]}}}]}`, ""},
		{"an account's number", `{"Statement": [{"Principal": {"AWS": "123456789012"}}]}`, `{"Statement": [{"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]}`, ""},
		{"an account's number in China", `{"Statement": [{"Principal": {"AWS": "123456789012"}}]}`, `{"Statement": [{"Principal": {"AWS": "arn:aws-cn:iam::123456789012:root"}}]}`, ""},
		{"what AWS makes up", `{"Statement": [{"Resource": "arn:` + anyText + `:x"}]}`, `{"Statement": [{"Resource": "arn:E1:x"}]}`, ""},
		{"another resource", `{"Statement": [{"Resource": "a"}]}`, `{"Statement": [{"Resource": "*"}]}`, `lacks it; policy also has {"Resource":["*"]}`},
		{"another effect", `{"Statement": [{"Effect": "Deny"}]}`, `{"Statement": [{"Effect": "Allow"}]}`, "lacks it"},
		{"twice", `{"Statement": [{"Effect": "Deny"}]}`, `{"Statement": [{"Effect": "Deny"}, {"Effect": "Deny"}]}`, "also has"},
		{"no policy", `{"Statement": [{"Effect": "Deny"}]}`, ``, "lacks it"},
		{"no JSON", `{}`, `{`, "unexpected end"},
	} {
		var d differences
		d.comparePolicy("policy", one.want, one.got)
		if got := strings.Join(d.got, "; "); got != one.says && (one.says == "" || !strings.Contains(got, one.says)) {
			t.Errorf("%s: the differences are %q; want %q", one.name, got, one.says)
		}
	}
}

// TestMinimumCompression holds that each reader of the size sees the same in each form that the provider takes.
func TestMinimumCompression(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "dev", a)
	body, right := r.stack.Resources("aws_api_gateway_rest_api")[0].Body, rightAnswers(t, r)
	a.setAll(t, right)
	api, path := right["GET /restapis/"+r.Outputs.Text("api_id")], "GET /restapis/"+r.Outputs.Text("api_id")
	seen := differing{}
	for _, one := range []struct {
		declared any
		size     int
	}{{nil, -1}, {"", -1}, {"-1", -1}, {-1.0, -1}, {"0", 0}, {0.0, 0}, {"1024", 1024}, {1024.0, 1024}} {
		body["minimum_compression_size"] = one.declared
		delete(api.body, "minimumCompressionSize")
		if one.size >= 0 {
			api.body["minimumCompressionSize"] = one.size
		}
		a.set(path, api.reply(t))
		seen.expect(t, surroundingsCheck(t, r.Pipeline, "api"), r, Holds, "")
		if contract, probes := r.minimumCompression(), r.probed().MinimumCompression; contract != one.size || probes != one.size {
			t.Errorf("%#v is %d to the contract and %d to the probes; want %d", one.declared, contract, probes, one.size)
		}
	}
}

// TestLargeNumbers holds that a number of the stack is the same as that of AWS, also where Go would write the float with an exponent.
func TestLargeNumbers(t *testing.T) {
	t.Parallel()
	r := deployedRun(t, "option-keys", newAccount(t, nil))
	const limit = 2_000_000
	body := tree{
		"name": "plan", "quota_settings": tree{"limit": float64(limit), "period": "MONTH"}, "throttle_settings": tree{"rate_limit": float64(limit), "burst_limit": float64(limit)},
		"api_stages": []any{tree{"api_id": "api", "stage": "s", "throttle": []any{tree{"path": "/submit/POST", "rate_limit": float64(limit), "burst_limit": float64(limit)}}}},
	}
	is := gatewaytypes.UsagePlan{
		Quota: &gatewaytypes.QuotaSettings{Limit: limit, Period: gatewaytypes.QuotaPeriodTypeMonth}, Throttle: &gatewaytypes.ThrottleSettings{RateLimit: limit, BurstLimit: limit},
		ApiStages: []gatewaytypes.ApiStage{{ApiId: aws.String("api"), Stage: aws.String("s"), Throttle: map[string]gatewaytypes.ThrottleSettings{"/submit/POST": {RateLimit: limit, BurstLimit: limit}}}},
	}
	var d differences
	r.comparePlan(&d, body, is)
	if len(d.got) > 0 {
		t.Errorf("the differences are %q", d.got)
	}
	is.Quota.Limit++
	r.comparePlan(&d, body, is)
	if got := strings.Join(d.got, "; "); got != "plan: quota 2000001" {
		t.Errorf("the differences are %q", got)
	}
}

// TestParts compares blocks in the provider's form with those of the SDK, as WAF's statements have them.
func TestParts(t *testing.T) {
	t.Parallel()
	want := tree{"statement": tree{"and_statement": tree{"statement": []any{
		tree{"byte_match_statement": tree{"search_string": "admin", "positional_constraint": "CONTAINS", "field_to_match": []any{tree{"uri_path": tree{}}}, "text_transformation": tree{"priority": 0.0, "type": "NONE"}}},
		tree{"ip_set_reference_statement": tree{"arn": "arn:set"}},
	}}}, "rule_label": []any{tree{"name": "seen"}}}
	is := func(search, set string) any {
		return treeOf(waftypes.Rule{CaptchaConfig: &waftypes.CaptchaConfig{}, RuleLabels: []waftypes.Label{{Name: aws.String("seen")}}, Statement: &waftypes.Statement{AndStatement: &waftypes.AndStatement{Statements: []waftypes.Statement{
			{IPSetReferenceStatement: &waftypes.IPSetReferenceStatement{ARN: aws.String(set)}},
			{ByteMatchStatement: &waftypes.ByteMatchStatement{
				SearchString: []byte(search), PositionalConstraint: "CONTAINS", FieldToMatch: &waftypes.FieldToMatch{UriPath: &waftypes.UriPath{}},
				TextTransformations: []waftypes.TextTransformation{{Type: "NONE"}},
			}},
		}}}})
	}
	for _, test := range []struct{ search, set, says string }{
		{"admin", "arn:set", ""},
		{"other", "arn:set", "search_string=other"},
		{"admin", "arn:other", "ip_set_reference_statement.arn=arn:other"},
	} {
		var d differences
		d.compareParts("rule", want, is(test.search, test.set))
		if got := strings.Join(d.got, "; "); (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
			t.Errorf("%v: the differences are %q of %q", test, got, d.want)
		}
	}
}

// TestShortNamesOfMethods takes the short form of a method's ARN, which API Gateway writes in full.
func TestShortNamesOfMethods(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "option-private", a)
	policy := r.stack.Resources("aws_api_gateway_rest_api_policy")[0].Body
	a.setAll(t, rightAnswers(t, r))
	full := "arn:aws:execute-api:us-east-1:123456789012:" + r.Outputs.Text("api_id") + "/"
	short := strings.ReplaceAll(text(policy["policy"]), full, "execute-api:/")
	if policy["policy"] == short {
		t.Fatalf("the policy names no method by %s", full)
	}
	policy["policy"] = short
	differing{}.expect(t, surroundingsCheck(t, r.Pipeline, "api"), r, Holds, "")
}

// TestEachCheckIsInTheDocs holds that the table of docs/verify.md has each check of the surroundings.
func TestEachCheckIsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, golden := range []string{"prod", "option-web", "option-domain", "option-keys", "option-cognito"} {
		for _, c := range surroundingsChecks(deployedRun(t, golden, newAccount(t, nil)).Pipeline) {
			if id := strings.TrimPrefix(c.id, "surroundings/"); !strings.Contains(string(page), "`"+id+"`") {
				t.Errorf("docs/verify.md does not have the check %s", id)
			}
		}
	}
}
