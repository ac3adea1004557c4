package deploytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchschemas "github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

// verified is a deployed stack whose surroundings a test verifies, and breaks.
type verified struct {
	t       *testing.T
	p       *pipeline
	stack   *tfjson.Stack
	outputs verify.Outputs
	aws     verify.Clients
	gateway *standIn
}

// notOfMoto are the checks that cannot hold on moto, with what it lacks.
var notOfMoto = map[string]string{
	"surroundings/bucket-private": "it has no GetBucketPolicyStatus, and answers with the bucket's objects",
	"surroundings/bucket-logging": "its GetBucketLogging leaves out the format of the keys",
}

// checkSurroundings verifies what surrounds a deployed prod: each check holds, and differs after a change that deserves it.
func checkSurroundings(t *testing.T, p *pipeline) {
	t.Helper()
	v := newVerified(t, p)
	checkAccount(t, v)
	for id, result := range v.results() {
		if _, limited := notOfMoto[id]; !limited && result.Status != verify.Holds {
			t.Errorf("%s is %q: want %s; got %s", id, result.Status, result.Want, result.Got)
		}
	}
	for _, together := range rounds(v.changes()) {
		for _, change := range together {
			change.do()
		}
		results := v.results()
		for _, change := range together {
			t.Run(change.name, func(t *testing.T) { change.checkFound(t, results[change.check]) })
		}
		for _, change := range slices.Backward(together) {
			if change.undo != nil {
				change.undo()
			}
		}
	}
}

// rounds are the changes that one run looks for together: one for each check.
func rounds(changes []brokenBy) [][]brokenBy {
	var all [][]brokenBy
	of := map[string]int{}
	for _, change := range changes {
		number := of[change.check]
		of[change.check]++
		if number == len(all) {
			all = append(all, nil)
		}
		all[number] = append(all[number], change)
	}
	return all
}

func (c brokenBy) checkFound(t *testing.T, result verify.Result) {
	t.Helper()
	if result.Status != verify.Differs || !strings.Contains(result.Got, c.says) || result.Remedy == "" {
		t.Errorf("%s is %q after the change: want %q; got %q, which should say %q; remedy %q",
			c.check, result.Status, result.Want, result.Got, c.says, result.Remedy)
	}
}

func newVerified(t *testing.T, p *pipeline) *verified {
	t.Helper()
	stack, err := tfjson.ReadFile(filepath.Join(p.folder, "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	printed, err := p.tf.Output(p.context()) // terraform output -json
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := verify.ParseOutputs([]byte(encode(t, printed)), stack.Name())
	if err != nil {
		t.Fatal(err)
	}
	v := &verified{t: t, p: p, stack: stack, outputs: outputs, aws: motoClients(p.endpoint)}
	v.gateway = &standIn{cloud: p.cloud, outputs: outputs, rows: 1}
	return v
}

// motoClients are clients of a moto server. Moto's CloudWatch knows the older protocol alone.
func motoClients(endpoint string) verify.Clients {
	config := aws.Config{
		Region: region, BaseEndpoint: aws.String(endpoint), HTTPClient: sdkhttp.Keep(nil),
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	}
	clients := verify.NewClients(config)
	clients.CloudWatch = cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
		o.Protocol = awsquery.New(cloudwatchschemas.GraniteServiceVersion20100801)
	})
	return clients
}

// results are the results of the surroundings by id. Athena answers with one row.
func (v *verified) results() map[string]verify.Result {
	v.t.Helper()
	v.answerQueries(v.gateway.rows)
	pipeline, err := verify.Read(v.stack, v.outputs)
	if err != nil {
		v.t.Fatal(err)
	}
	report, err := verify.Run(v.t.Context(), verify.Options{
		Pipeline: pipeline, Mark: "verify-" + uuid.NewString()[:8], Groups: []string{"way", "surroundings"},
		Caller: verify.Caller{AWS: credentials.NewStaticCredentialsProvider(accessKey, secretKey, "")},
		AWS:    v.aws, HTTP: &http.Client{Transport: v.gateway}, Timeout: time.Minute, Poll: 50 * time.Millisecond, Clock: clockwork.NewRealClock(), Progress: io.Discard,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	results := byID(report)
	maps.DeleteFunc(results, func(id string, _ verify.Result) bool { return !strings.HasPrefix(id, "surroundings/") })
	return results
}

// answerQueries sets what moto's Athena answers next.
func (v *verified) answerQueries(rows int) {
	v.t.Helper()
	cell := func(text string) map[string]any {
		return map[string]any{"Data": []any{map[string]any{"VarCharValue": text}}}
	}
	body := encode(v.t, map[string]any{"account_id": motoAccount, "region": region, "results": []any{
		map[string]any{"rows": []any{cell("_col0"), cell(fmt.Sprint(rows))}, "column_info": []any{}},
	}})
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.p.endpoint+"/moto-api/static/athena/query-results", strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = response.Body.Close()
	expect(v.t, "the status of Athena's next answer", http.StatusCreated, response.StatusCode)
}

// notBefore are the checks of a preflight that moto cannot answer, with what it lacks.
var notBefore = map[string]string{
	"preflight/quota-requests": "its GetAccount has no throttle",
	"preflight/permissions":    "it has no SimulatePrincipalPolicy",
}

// checkAccount looks at the account of a deployed stack as before an apply: with the outputs, what exists is the deployment's, and
// without them it is in the way of a first apply.
func checkAccount(t *testing.T, v *verified) {
	t.Helper()
	look := func(outputs verify.Outputs) map[string]verify.Result {
		report, err := verify.Preflight(t.Context(), verify.PreflightOptions{
			Stack: v.stack, Outputs: outputs, AWS: v.aws, Clock: clockwork.NewRealClock(), Progress: io.Discard,
		})
		if err != nil {
			t.Fatal(err)
		}
		return byID(report)
	}
	for id, result := range look(v.outputs) {
		if _, limited := notBefore[id]; !limited && result.Status != verify.Holds {
			t.Errorf("%s is %q: want %s; got %s", id, result.Status, result.Want, result.Got)
		}
	}
	results := look(nil)
	for _, name := range []string{"buckets", "streams", "roles", "log-groups", "alarms"} {
		if result := results["preflight/"+name]; result.Status != verify.Differs || !strings.Contains(result.Got, "in this account already") {
			t.Errorf("without the state, preflight/%s is %q: %s", name, result.Status, result.Got)
		}
	}
}

func byID(report *verify.Report) map[string]verify.Result {
	results := map[string]verify.Result{}
	for _, result := range report.Results {
		results[result.ID] = result
	}
	return results
}

// standIn does what moto's API Gateway, Firehose and Athena do not: it writes each event to the stream, to the bucket and a line to the
// access log.
type standIn struct {
	cloud   cloud
	outputs verify.Outputs
	leak    bool // the access log quotes the body
	rows    int  // that queries find
	stream  sync.Once
}

func (g *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	id := uuid.NewString()
	put, err := g.cloud.kinesis.PutRecord(r.Context(), &kinesis.PutRecordInput{StreamName: ref(g.outputs.Text("stream_name")), Data: body, PartitionKey: &id})
	if err != nil {
		return nil, err
	}
	key := "events/" + time.Now().UTC().Format("year=2006/month=01/day=02/hour=15") + "/" + id
	if _, err := g.cloud.s3.PutObject(r.Context(), &s3.PutObjectInput{Bucket: ref(g.outputs.Text("bucket_name")), Key: &key, Body: bytes.NewReader(append(body, '\n'))}); err != nil {
		return nil, err
	}
	if err := g.log(r.Context(), id, body); err != nil {
		return nil, err
	}
	answer, err := json.Marshal(map[string]any{"requestId": id, "shardId": put.ShardId, "sequenceNumber": put.SequenceNumber})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(answer)), Request: r}, err
}

func (g *standIn) log(ctx context.Context, id string, body []byte) (err error) {
	group, stream := ref(g.outputs.Text("access_log_group")), ref("stand-in")
	g.stream.Do(func() {
		_, err = g.cloud.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream})
	})
	if err != nil {
		return err
	}
	line := map[string]string{}
	for _, field := range strings.Fields(`extendedRequestId time timeEpochMs apiId stage method path protocol sourceIp userAgent principal status responseBytes
		latencyMs integrationStatus integrationLatencyMs integrationRequestId errorType traceId`) {
		line[field] = "-"
	}
	line["requestId"] = id
	if g.leak {
		line["userAgent"] = string(body)
	}
	message, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = g.cloud.logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream,
		LogEvents: []logstypes.InputLogEvent{{Message: ref(string(message)), Timestamp: ref(time.Now().UnixMilli())}}})
	return err
}

// brokenBy is a change that a check must find.
type brokenBy struct {
	name, check string
	// says is a part of what the check has found.
	says     string
	do, undo func()
}

func (v *verified) changes() []brokenBy {
	return append(append(append(v.ofTheWay(), v.ofRoles()...), append(v.ofBuckets(), v.ofTheStage()...)...), v.ofAlarms()...)
}

func (v *verified) ofTheWay() []brokenBy {
	stream, delivery := ref(v.outputs.Text("stream_name")), v.outputs.Text("delivery_stream_name")
	return []brokenBy{
		{"a longer retention", "surroundings/stream", "retention in hours 169",
			func() {
				call(v.t, v.p.cloud.kinesis.IncreaseStreamRetentionPeriod, kinesis.IncreaseStreamRetentionPeriodInput{StreamName: stream, RetentionPeriodHours: ref(int32(169))})
			},
			func() {
				call(v.t, v.p.cloud.kinesis.DecreaseStreamRetentionPeriod, kinesis.DecreaseStreamRetentionPeriodInput{StreamName: stream, RetentionPeriodHours: ref(int32(168))})
			}},
		{"another buffer", "surroundings/delivery", "buffer in seconds 300", func() { v.buffer(delivery, 300) }, func() { v.buffer(delivery, 60) }},
		{"another column", "surroundings/tables", "columns other string", func() { v.column("other") }, func() { v.column("event") }},
		{"no rows", "surroundings/query", "no rows", func() { v.gateway.rows = 0 }, func() { v.gateway.rows = 1 }},
		{"a body in the access log", "surroundings/access-log", "it has verify-", func() { v.gateway.leak = true }, func() { v.gateway.leak = false }},
	}
}

func (v *verified) buffer(delivery string, seconds int32) {
	is := call(v.t, v.p.cloud.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{DeliveryStreamName: &delivery}).DeliveryStreamDescription
	call(v.t, v.p.cloud.firehose.UpdateDestination, firehose.UpdateDestinationInput{
		DeliveryStreamName: &delivery, CurrentDeliveryStreamVersionId: is.VersionId, DestinationId: is.Destinations[0].DestinationId,
		ExtendedS3DestinationUpdate: &firehosetypes.ExtendedS3DestinationUpdate{BufferingHints: &firehosetypes.BufferingHints{IntervalInSeconds: &seconds, SizeInMBs: ref(int32(1))}},
	})
}

// column renames the column of the table of events.
func (v *verified) column(name string) {
	database, table := ref("api_kinesis_prod"), ref("events")
	is := call(v.t, v.aws.Glue.GetTable, glue.GetTableInput{DatabaseName: database, Name: table}).Table
	is.StorageDescriptor.Columns[0].Name = &name
	call(v.t, v.aws.Glue.UpdateTable, glue.UpdateTableInput{DatabaseName: database, TableInput: &gluetypes.TableInput{
		Name: table, Description: is.Description, Retention: is.Retention, Parameters: is.Parameters, PartitionKeys: is.PartitionKeys, StorageDescriptor: is.StorageDescriptor, TableType: is.TableType,
	}})
}

func (v *verified) ofRoles() []brokenBy {
	role, policy := ref("api-kinesis-submit-prod"), ref("put-record")
	was := call(v.t, v.p.cloud.iam.GetRolePolicy, iam.GetRolePolicyInput{RoleName: role, PolicyName: policy}).PolicyDocument
	document := unescaped(v.t, *was)
	put := func(name *string, text string) {
		call(v.t, v.p.cloud.iam.PutRolePolicy, iam.PutRolePolicyInput{RoleName: role, PolicyName: name, PolicyDocument: &text})
	}
	const id = "surroundings/roles"
	restore := func() { put(policy, document) }
	more := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`
	attached := call(v.t, v.p.cloud.iam.CreatePolicy, iam.CreatePolicyInput{PolicyName: ref("others"), PolicyDocument: &more}).Policy.Arn
	return []brokenBy{
		{"another statement", id, "lacks it; api-kinesis-submit-prod's put-record also has", func() { put(policy, more) }, restore},
		{"no policy", id, "it has none of that name", func() {
			call(v.t, v.p.cloud.iam.DeleteRolePolicy, iam.DeleteRolePolicyInput{RoleName: role, PolicyName: policy})
		}, restore},
		{"a policy too many", id, "it also has more", func() { put(ref("more"), more) }, func() {
			call(v.t, v.p.cloud.iam.DeleteRolePolicy, iam.DeleteRolePolicyInput{RoleName: role, PolicyName: ref("more")})
		}},
		{"an attached policy", id, "it also has arn:aws:iam::123456789012:policy/others", func() {
			call(v.t, v.p.cloud.iam.AttachRolePolicy, iam.AttachRolePolicyInput{RoleName: role, PolicyArn: attached})
		}, func() {
			call(v.t, v.p.cloud.iam.DetachRolePolicy, iam.DetachRolePolicyInput{RoleName: role, PolicyArn: attached})
			call(v.t, v.p.cloud.iam.DeletePolicy, iam.DeletePolicyInput{PolicyArn: attached})
		}},
	}
}

func (v *verified) ofBuckets() []brokenBy {
	bucket, s := ref(v.outputs.Text("bucket_name")), v.p.cloud.s3
	logs := ref(v.outputs.Text("access_log_bucket"))
	access := call(v.t, s.GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: bucket}).PublicAccessBlockConfiguration
	encryption := call(v.t, s.GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: bucket}).ServerSideEncryptionConfiguration
	policy := call(v.t, s.GetBucketPolicy, s3.GetBucketPolicyInput{Bucket: bucket}).Policy
	versioning := func(status s3types.BucketVersioningStatus) func() {
		return func() {
			call(v.t, s.PutBucketVersioning, s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: status}})
		}
	}
	rules := call(v.t, s.GetBucketLifecycleConfiguration, s3.GetBucketLifecycleConfigurationInput{Bucket: bucket}).Rules
	lifecycle := func(rules []s3types.LifecycleRule) func() {
		return func() {
			call(v.t, s.PutBucketLifecycleConfiguration, s3.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: rules}})
		}
	}
	topic := v.outputs.Text("alarm_topic_arn")
	notify := func(told ...s3types.TopicConfiguration) func() {
		return func() {
			call(v.t, s.PutBucketNotificationConfiguration, s3.PutBucketNotificationConfigurationInput{
				Bucket: bucket, NotificationConfiguration: &s3types.NotificationConfiguration{TopicConfigurations: told},
			})
		}
	}
	quick := s3types.LifecycleRule{ID: ref("quick"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: ref("")}, Expiration: &s3types.LifecycleExpiration{Days: ref(int32(1))}}
	public := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + *bucket + `/*"}]}`
	return []brokenBy{
		{"no access block", "surroundings/bucket-private", "block_public_policy false",
			func() { call(v.t, s.DeletePublicAccessBlock, s3.DeletePublicAccessBlockInput{Bucket: bucket}) },
			func() {
				call(v.t, s.PutPublicAccessBlock, s3.PutPublicAccessBlockInput{Bucket: bucket, PublicAccessBlockConfiguration: access})
			}},
		{"no encryption with the key", "surroundings/bucket-encryption", "key none",
			func() { call(v.t, s.DeleteBucketEncryption, s3.DeleteBucketEncryptionInput{Bucket: bucket}) },
			func() {
				call(v.t, s.PutBucketEncryption, s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: encryption})
			}},
		{"no versions", "surroundings/bucket-versioning", "Suspended", versioning(s3types.BucketVersioningStatusSuspended), versioning(s3types.BucketVersioningStatusEnabled)},
		{"a rule that deletes events", "surroundings/bucket-lifecycle", "also has quick: Enabled, expires after days 1", lifecycle(append(slices.Clone(rules), quick)), lifecycle(rules)},
		{"messages about objects", "surroundings/bucket-notifications", topic + ", s3:ObjectCreated:*",
			notify(s3types.TopicConfiguration{TopicArn: &topic, Events: []s3types.Event{"s3:ObjectCreated:*"}}), notify()},
		{"a copy elsewhere", "surroundings/bucket-replication", "Enabled, to arn:aws:s3:::" + *bucket, func() {
			call(v.t, s.PutBucketReplication, s3.PutBucketReplicationInput{Bucket: logs, ReplicationConfiguration: &s3types.ReplicationConfiguration{
				Role: ref("arn:aws:iam::123456789012:role/other"), Rules: []s3types.ReplicationRule{{
					Status: s3types.ReplicationRuleStatusEnabled, Prefix: ref(""), Destination: &s3types.Destination{Bucket: ref("arn:aws:s3:::" + *bucket)},
				}},
			}})
		}, func() { call(v.t, s.DeleteBucketReplication, s3.DeleteBucketReplicationInput{Bucket: logs}) }},
		{"no policy of the bucket", "surroundings/bucket-policy", "lacks it",
			func() { call(v.t, s.DeleteBucketPolicy, s3.DeleteBucketPolicyInput{Bucket: bucket}) },
			func() { call(v.t, s.PutBucketPolicy, s3.PutBucketPolicyInput{Bucket: bucket, Policy: policy}) }},
		{"a public policy without TLS", "surroundings/bucket-policy", `also has {"Action":["s3:GetObject"],"Effect":"Allow","Principal":{"AWS":["*"]}`,
			func() { call(v.t, s.PutBucketPolicy, s3.PutBucketPolicyInput{Bucket: bucket, Policy: &public}) },
			func() { call(v.t, s.PutBucketPolicy, s3.PutBucketPolicyInput{Bucket: bucket, Policy: policy}) }},
	}
}

func (v *verified) ofTheStage() []brokenBy {
	api, group := v.outputs.Text("api_id"), ref(v.outputs.Text("access_log_group"))
	format := call(v.t, v.p.cloud.apigateway.GetStage, apigateway.GetStageInput{RestApiId: &api, StageName: ref("prod")}).AccessLogSettings.Format
	stage := "arn:aws:apigateway:" + region + "::/restapis/" + api + "/stages/prod"
	acl := call(v.t, v.p.cloud.apigateway.GetStage, apigateway.GetStageInput{RestApiId: &api, StageName: ref("prod")}).WebAclArn
	role := call(v.t, v.p.cloud.apigateway.GetAccount, apigateway.GetAccountInput{}).CloudwatchRoleArn
	patch := func(path, value string) func() {
		return func() {
			call(v.t, v.p.cloud.apigateway.UpdateStage, apigateway.UpdateStageInput{RestApiId: &api, StageName: ref("prod"),
				PatchOperations: []apigatewaytypes.PatchOperation{{Op: apigatewaytypes.OpReplace, Path: &path, Value: &value}}})
		}
	}
	account := func(arn string) func() {
		return func() {
			call(v.t, v.p.cloud.apigateway.UpdateAccount, apigateway.UpdateAccountInput{
				PatchOperations: []apigatewaytypes.PatchOperation{{Op: apigatewaytypes.OpReplace, Path: ref("/cloudwatchRoleArn"), Value: &arn}}})
		}
	}
	var another *string
	days := func(days int32) func() {
		return func() {
			call(v.t, v.p.cloud.logs.PutRetentionPolicy, cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: &days})
		}
	}
	return []brokenBy{
		{"another format", "surroundings/access-log-settings", "$context.requestId only", patch("/accessLogSettings/format", "$context.requestId only"), patch("/accessLogSettings/format", *format)},
		{"a data trace", "surroundings/execution-log", "data trace true", patch("/*/*/logging/dataTrace", "true"), patch("/*/*/logging/dataTrace", "false")},
		{"no firewall", "surroundings/firewall", "web ACL none",
			func() {
				ask(v.t, v.p.endpoint, "wafv2", "AWSWAF_20190729.DisassociateWebACL", map[string]any{"ResourceArn": stage})
			},
			func() {
				ask(v.t, v.p.endpoint, "wafv2", "AWSWAF_20190729.AssociateWebACL", map[string]any{"ResourceArn": stage, "WebACLArn": *acl})
			}},
		{"a deployment by hand", "surroundings/deployment", "and the API also has ",
			func() {
				another = call(v.t, v.p.cloud.apigateway.CreateDeployment, apigateway.CreateDeploymentInput{RestApiId: &api}).Id
			},
			func() {
				call(v.t, v.p.cloud.apigateway.DeleteDeployment, apigateway.DeleteDeploymentInput{RestApiId: &api, DeploymentId: another})
			}},
		{"another role for logs", "surroundings/logging-role", "role/other", account("arn:aws:iam::123456789012:role/other"), account(*role)},
		{"a shorter retention of logs", "surroundings/log-groups", "retention in days 1", days(1), days(365)},
	}
}

func (v *verified) ofAlarms() []brokenBy {
	name := ref("api-kinesis-prod-api-5xx")
	state := func(value cloudwatchtypes.StateValue) func() {
		return func() {
			call(v.t, v.aws.CloudWatch.SetAlarmState, cloudwatch.SetAlarmStateInput{AlarmName: name, StateValue: value, StateReason: ref("a test")})
		}
	}
	return []brokenBy{
		{"another threshold", "surroundings/alarms", *name + ": threshold 50", func() { v.threshold(*name, 50) }, func() { v.threshold(*name, 0.01) }},
		{"a raised alarm", "surroundings/alarm-states", *name + " in ALARM: a test", state(cloudwatchtypes.StateValueAlarm), state(cloudwatchtypes.StateValueOk)},
		// Terraform makes the subscription again.
		{"no subscription", "surroundings/alarm-topic", "none", func() {
			topic := ref(v.outputs.Text("alarm_topic_arn"))
			for _, one := range call(v.t, v.aws.SNS.ListSubscriptionsByTopic, sns.ListSubscriptionsByTopicInput{TopicArn: topic}).Subscriptions {
				call(v.t, v.aws.SNS.Unsubscribe, sns.UnsubscribeInput{SubscriptionArn: one.SubscriptionArn})
			}
		}, nil},
	}
}

// threshold changes an alarm of one metric.
func (v *verified) threshold(name string, threshold float64) {
	is := call(v.t, v.aws.CloudWatch.DescribeAlarms, cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}}).MetricAlarms[0]
	call(v.t, v.aws.CloudWatch.PutMetricAlarm, cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Threshold: &threshold, ActionsEnabled: is.ActionsEnabled, AlarmActions: is.AlarmActions, OKActions: is.OKActions,
		AlarmDescription: is.AlarmDescription, ComparisonOperator: is.ComparisonOperator, DatapointsToAlarm: is.DatapointsToAlarm,
		Dimensions: is.Dimensions, EvaluationPeriods: is.EvaluationPeriods, MetricName: is.MetricName, Namespace: is.Namespace, Period: is.Period,
		Statistic: is.Statistic, TreatMissingData: is.TreatMissingData,
	})
}
