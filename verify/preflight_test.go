package verify

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/deployer"
)

// ofCaller is STS's answer about the credentials.
func ofCaller(arn string) reply {
	return reply{body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>` + arn + `</Arn><UserId>AIDA</UserId><Account>123456789012</Account>` +
		`</GetCallerIdentityResult></GetCallerIdentityResponse>`}
}

// emptyAccount has the answers of an account that has nothing, for each call of a preflight, as AWS words them.
func emptyAccount() map[string]reply {
	return map[string]reply{
		"GetCallerIdentity":       ofCaller("arn:aws:iam::123456789012:user/deployer"),
		"DescribeLimits":          {body: `{"ShardLimit": 500, "OpenShardCount": 10, "OnDemandStreamCount": 0, "OnDemandStreamCountLimit": 50}`},
		"DescribeStreamSummary":   {http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "no stream"}`},
		"DescribeDeliveryStream":  {http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "no stream"}`},
		"GetRole":                 {http.StatusNotFound, "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no role</Message></Error></ErrorResponse>"},
		"DescribeLogGroups":       {body: `{"logGroups": []}`},
		"DescribeAlarms":          {body: `<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms></MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`},
		"GET /account":            {body: `{"throttleSettings": {"burstLimit": 5000, "rateLimit": 10000}}`},
		"GetAccountSummary":       summary(10, 1000),
		"SimulatePrincipalPolicy": simulated("allowed"),
	}
}

func summary(roles, quota int) reply {
	return reply{body: `<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap><entry><key>Roles</key><value>` + itoa(roles) + `</value></entry>` +
		`<entry><key>RolesQuota</key><value>` + itoa(quota) + `</value></entry></SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>`}
}

func simulated(decision string) reply {
	return reply{body: `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>` +
		`<EvalActionName>kinesis:CreateStream</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>` + decision + `</EvalDecision>` +
		`</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`}
}

// preflightOf runs a preflight of a golden, and gives its results by id.
func preflightOf(t *testing.T, golden string, outputs Outputs, replies map[string]reply) map[string]Result {
	t.Helper()
	a := newAccount(t, emptyAccount())
	stack := stackOf(t, golden)
	bucket := reply{status: http.StatusNotFound}
	if given, ok := replies["bucket"]; ok {
		bucket = given
	}
	for _, resource := range stack.Resources("aws_s3_bucket") {
		a.set("HEAD /"+text(resource.Body["bucket"]), bucket)
	}
	for call, answer := range replies {
		a.set(call, answer)
	}
	report, err := Preflight(t.Context(), PreflightOptions{Stack: stack, Outputs: outputs, AWS: a.clients(), Clock: clockwork.NewRealClock(), Progress: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]Result{}
	for _, result := range report.Results {
		if groupOf(result.ID) != "preflight" {
			t.Errorf("%s is of the group %s", result.ID, groupOf(result.ID))
		}
		results[result.ID] = result
	}
	return results
}

// a case of a preflight: with these answers a check has this status and says this.
type preflightCase struct {
	name, golden, check string
	replies             map[string]reply
	status              Status
	says                string
}

const (
	otherRole = `{"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/other", "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000}}`
	zone      = `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>ZONE.</Name><CallerReference>1</CallerReference><Config><PrivateZone>PRIVATE</PrivateZone></Config></HostedZone></GetHostedZoneResponse>`
)

func preflightCases() []preflightCase {
	with := func(call string, answer reply) map[string]reply { return map[string]reply{call: answer} }
	zoneOf := func(name, private string) map[string]reply {
		return with("GET /2013-04-01/hostedzone/Z0123456789ABCDEFGHIJ", reply{body: strings.NewReplacer("ZONE", name, "PRIVATE", private).Replace(zone)})
	}
	certificate := func(status, name string) map[string]reply {
		return with("DescribeCertificate", reply{body: `{"Certificate": {"DomainName": "` + name + `", "SubjectAlternativeNames": [], "Status": "` + status + `"}}`})
	}
	const one = `{"StreamDescriptionSummary": {"StreamName": "s", "OpenShardCount": 1}}`
	return append(namesCases(with, one), []preflightCase{
		{"another account", "option-names", "account", with("GetCallerIdentity", ofCaller("arn:aws:iam::123456789012:user/deployer")), Differs, "123456789012"},
		{"no identity", "dev", "account", with("GetCallerIdentity", deniesXML("AccessDenied")), Unknown, "sts:GetCallerIdentity"},
		{"a region that is off", "dev", "region", with("DescribeLimits", denies("UnrecognizedClientException")), Differs, "enable the region"},
		{"no permission in the region", "dev", "region", with("DescribeLimits", denies("AccessDeniedException")), Holds, "us-east-1"},
		{"a low throttle", "prod", "quota-requests", with("GET /account", reply{body: `{"throttleSettings": {"rateLimit": 100}}`}), Differs, "L-8A5B8E43"},
		{"the stage's throttle", "dev", "quota-requests", nil, Holds, "1000 is the stage's throttle"},
		{"no throttle", "dev", "quota-requests", with("GET /account", reply{body: `{}`}), Unknown, "L-8A5B8E43"},
		{"no shards left", "dev", "quota-shards", with("DescribeLimits", reply{body: `{"ShardLimit": 10, "OpenShardCount": 10}`}), Differs, "10 of 10 are in use"},
		{"no limit of shards", "dev", "quota-shards", with("DescribeLimits", reply{body: `{}`}), Unknown, "has no limit of shards"},
		{"shards of the deployment", "dev", "quota-shards", map[string]reply{"DescribeLimits": {body: `{"ShardLimit": 10, "OpenShardCount": 10}`}, "DescribeStreamSummary": {body: one}}, Holds, "adds 0"},
		{"a stream that becomes one on demand", "option-ondemand", "quota-shards", map[string]reply{
			"DescribeLimits": {body: `{"OnDemandStreamCountLimit": 50, "OnDemandStreamCount": 50}`}, "DescribeStreamSummary": {body: one},
		}, Differs, "50 of 50 are in use"},
		{"a stream on demand", "option-ondemand", "quota-shards", map[string]reply{
			"DescribeLimits":        {body: `{"OnDemandStreamCountLimit": 50, "OnDemandStreamCount": 50}`},
			"DescribeStreamSummary": {body: `{"StreamDescriptionSummary": {"StreamName": "s", "OpenShardCount": 4, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}}`},
		}, Holds, "adds 0"},
		{"no roles left", "dev", "quota-roles", with("GetAccountSummary", summary(999, 1000)), Differs, "999 of 1000"},
		{"no limit of roles", "dev", "quota-roles", with("GetAccountSummary", reply{body: `<GetAccountSummaryResponse><GetAccountSummaryResult></GetAccountSummaryResult></GetAccountSummaryResponse>`}), Unknown, "has no RolesQuota"},
		{"no logging role yet", "dev", "logging-role", nil, Holds, "none yet; this stack sets"},
		{"another stack's logging role", "dev", "logging-role", map[string]reply{
			"GET /account":           {body: otherRole},
			"GET /restapis":          {body: `{"item": [{"id": "a", "name": "shop"}, {"id": "b", "name": "quiet"}]}`},
			"GET /restapis/a/stages": {body: `{"item": [{"stageName": "s", "methodSettings": {"*/*": {"loggingLevel": "INFO"}}}]}`},
			"GET /restapis/b/stages": {body: `{"item": [{"stageName": "s"}]}`},
		}, Differs, "with which 1 other REST APIs log: shop"},
		{"no logging role to rely on", "option-tuned", "logging-role", nil, Differs, "none"},
		{"a logging role to rely on", "option-tuned", "logging-role", with("GET /account", reply{body: otherRole}), Holds, "which another stack sets"},
		{"the zone", "option-domain", "zone", zoneOf("example.com", "false"), Holds, ""},
		{"another zone", "option-domain", "zone", zoneOf("example.org", "false"), Differs, "it is the zone of example.org"},
		{"a private zone", "option-domain", "zone", zoneOf("example.com", "true"), Differs, "it is private"},
		{"a certificate of the stack's", "option-domain", "certificate", nil, NotShown, "the stack makes the certificate"},
		{"an issued certificate", "option-certificate", "certificate", certificate("ISSUED", "*.example.com"), Holds, ""},
		{"a certificate that waits", "option-certificate", "certificate", certificate("PENDING_VALIDATION", "certified.example.com"), Differs, "status PENDING_VALIDATION"},
		{"a certificate of another domain", "option-certificate", "certificate", certificate("ISSUED", "example.com"), Differs, "it is for example.com"},
		{"no topic", "option-topic", "topic", with("GetTopicAttributes", deniesXML("NotFound")), Differs, "correct Alarms.TopicARN"},
		{"a topic", "option-topic", "topic", with("GetTopicAttributes", reply{body: `<GetTopicAttributesResponse><GetTopicAttributesResult></GetTopicAttributesResult></GetTopicAttributesResponse>`}), Holds, ":on-call"},
		{"a missing permission", "prod", "permissions", with("SimulatePrincipalPolicy", simulated("implicitDeny")), Differs, "kinesis:CreateStream on *"},
		{"no simulation", "prod", "permissions", with("SimulatePrincipalPolicy", deniesXML("AccessDenied")), NotShown, "iam:SimulatePrincipalPolicy"},
		{"the root user", "prod", "permissions", with("GetCallerIdentity", ofCaller("arn:aws:iam::123456789012:root")), NotShown, "root user"},
		{"a session", "prod", "permissions", map[string]reply{
			"GetCallerIdentity": ofCaller("arn:aws:sts::123456789012:assumed-role/deployer/session"),
			"GetRole":           {body: `<GetRoleResponse><GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/path/deployer</Arn></Role></GetRoleResult></GetRoleResponse>`},
		}, Holds, "of arn:aws:iam::123456789012:role/path/deployer"},
	}...)
}

// namesCases are those of names that exist.
func namesCases(with func(string, reply) map[string]reply, stream string) []preflightCase {
	const ours = "in this account already"
	return []preflightCase{
		{"another account's bucket", "dev", "buckets", with("bucket", reply{status: http.StatusForbidden}), Differs, "another account's"},
		{"a bucket for a wrong secret key", "dev", "buckets", map[string]reply{"bucket": {status: http.StatusForbidden}, "GetCallerIdentity": deniesXML("SignatureDoesNotMatch")}, Unknown, "use credentials that are valid"},
		{"a bucket for an expired token", "dev", "buckets", map[string]reply{"bucket": {status: http.StatusBadRequest}, "GetCallerIdentity": deniesXML("ExpiredToken")}, Unknown, "use credentials that are valid"},
		{"a bucket elsewhere", "dev", "buckets", with("bucket", reply{status: http.StatusMovedPermanently}), Differs, "another region"},
		{"an own bucket", "dev", "buckets", with("bucket", reply{}), Differs, ours},
		{"a stream", "dev", "streams", with("DescribeStreamSummary", reply{body: stream}), Differs, ours},
		{"a role", "dev", "roles", with("GetRole", reply{body: `<GetRoleResponse><GetRoleResult><Role></Role></GetRoleResult></GetRoleResponse>`}), Differs, ours},
		{"a log group", "dev", "log-groups", with("DescribeLogGroups", reply{body: `{"logGroups": [{"logGroupName": "/aws/apigateway/api-kinesis-dev/access"}]}`}), Differs, ours},
		{"an alarm", "prod", "alarms", with("DescribeAlarms", reply{body: `<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms><member><AlarmName>a</AlarmName></member></MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`}), Differs, ours},
		{"a composite alarm", "prod", "alarms", with("DescribeAlarms", reply{body: `<DescribeAlarmsResponse><DescribeAlarmsResult><CompositeAlarms><member><AlarmName>a</AlarmName></member></CompositeAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`}), Differs, ours},
		{"no permission to look", "dev", "streams", with("DescribeStreamSummary", denies("AccessDeniedException")), Unknown, "allow kinesis:DescribeStreamSummary"},
	}
}

// TestPreflight shows each check of a preflight as it holds and as it differs.
func TestPreflight(t *testing.T) {
	t.Parallel()
	for _, golden := range []string{"dev", "prod"} {
		for id, result := range preflightOf(t, golden, nil, nil) {
			if result.Status != Holds {
				t.Errorf("%s of %s is %q in an empty account: %s; %s", id, golden, result.Status, result.Got, result.Remedy)
			}
		}
	}
	differed := map[string]bool{}
	for _, one := range preflightCases() {
		t.Run(one.name, func(t *testing.T) {
			result, ok := preflightOf(t, one.golden, nil, one.replies)["preflight/"+one.check]
			if says := result.Got + " | " + result.Note + " | " + result.Remedy; !ok || result.Status != one.status || !strings.Contains(says, one.says) {
				t.Errorf("preflight/%s is %q and says %q; want %q and %q", one.check, result.Status, says, one.status, one.says)
			}
			if result.Status == Differs && (result.Want == "" || result.Remedy == "") {
				t.Errorf("preflight/%s does not say what it wants, or has no remedy", one.check)
			}
			differed[one.check] = differed[one.check] || result.Status == Differs
		})
	}
	for _, golden := range []string{"prod", "option-domain", "option-certificate"} {
		for id := range preflightOf(t, golden, nil, nil) {
			if !differed[strings.TrimPrefix(id, "preflight/")] {
				t.Errorf("no test has seen %s differ", id)
			}
		}
	}
}

// TestCompositeAlarms holds that CloudWatch is asked for composite alarms too: of a request that names no kind it returns metric alarms alone
// (API reference, DescribeAlarms).
func TestCompositeAlarms(t *testing.T) {
	t.Parallel()
	a := newAccount(t, emptyAccount())
	p := &preflight{run: &run{Options: Options{AWS: a.clients()}, Pipeline: &Pipeline{stack: stackOf(t, "prod")}}}
	p.alarms(t.Context())
	for _, kind := range []string{"MetricAlarm", "CompositeAlarm"} {
		if !strings.Contains(a.asked["DescribeAlarms"], kind) {
			t.Errorf("a preflight asks for no %s: %s", kind, a.asked["DescribeAlarms"])
		}
	}
}

// TestCertificateElsewhere holds that a certificate of another region differs, also if ACM says nothing of it.
func TestCertificateElsewhere(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{"no answer": denies("AccessDeniedException"), "no member": {body: `{}`}} {
		a := newAccount(t, map[string]reply{"DescribeCertificate": answer})
		p := &preflight{run: &run{Options: Options{AWS: a.clients()}, Pipeline: &Pipeline{Region: "eu-west-1", stack: stackOf(t, "option-certificate")}}}
		if found := p.certificate(t.Context()); found.status != Differs || !strings.Contains(found.want, "eu-west-1") || !strings.Contains(found.remedy, "region") {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// TestSimulation holds what IAM is asked and how its answer is read: a key that has several values in a request is a list, even of one
// value, and an answer of several resources has a decision for each.
func TestSimulation(t *testing.T) {
	t.Parallel()
	a := newAccount(t, map[string]reply{"SimulatePrincipalPolicy": {body: `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member>
		<EvalActionName>kms:Decrypt</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>explicitDeny</EvalDecision><ResourceSpecificResults>
		<member><EvalResourceName>arn:one</EvalResourceName><EvalResourceDecision>allowed</EvalResourceDecision></member>
		<member><EvalResourceName>arn:two</EvalResourceName><EvalResourceDecision>explicitDeny</EvalResourceDecision></member>
		</ResourceSpecificResults></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`}})
	p := &preflight{run: &run{Options: Options{AWS: a.clients()}}}
	for _, test := range []struct {
		need deployer.Need
		kind string
	}{
		{deployer.Need{Context: map[string][]string{"kms:ResourceAliases": {"alias/one"}}, Lists: map[string]bool{"kms:ResourceAliases": true}}, "stringList"},
		{deployer.Need{Context: map[string][]string{"iam:PassedToService": {"firehose.amazonaws.com"}}}, "string"},
	} {
		test.need.Actions, test.need.Resources = []string{"kms:Decrypt"}, []string{"arn:one", "arn:two"}
		refused, asked, err := p.simulate(t.Context(), "arn:aws:iam::123456789012:user/deployer", test.need)
		if got := strings.Join(refused, ", "); err != nil || asked != 2 || got != "kms:Decrypt on arn:two" {
			t.Errorf("of %d permissions %q are refused (%v); want kms:Decrypt on arn:two, of 2", asked, got, err)
		}
		form, err := url.ParseQuery(a.asked["SimulatePrincipalPolicy"])
		if got := form.Get("ContextEntries.member.1.ContextKeyType"); err != nil || got != test.kind {
			t.Errorf("%v is simulated as a %q, want %q", test.need.Context, got, test.kind)
		}
	}
}

// TestPreflightOfADeployment takes what exists for the deployment's own.
func TestPreflightOfADeployment(t *testing.T) {
	t.Parallel()
	results := preflightOf(t, "dev", Outputs{"submit_url": "https://a.execute-api.us-east-1.amazonaws.com/dev/submit"}, map[string]reply{
		"bucket": {}, "DescribeStreamSummary": {body: `{"StreamDescriptionSummary": {"StreamName": "s", "OpenShardCount": 1}}`},
	})
	for _, check := range []string{"buckets", "streams"} {
		if result := results["preflight/"+check]; result.Status != Holds || !strings.Contains(result.Note, "which the deployment's state must have") {
			t.Errorf("preflight/%s is %q: %s %s", check, result.Status, result.Got, result.Note)
		}
	}
}
