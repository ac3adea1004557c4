package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"cdk.tf/go/ingest/tfjson"
)

// logChecks look at the stage's two logs and at the account's role that writes them.
func logChecks() []check {
	return []check{
		{id: "surroundings/access-log-settings", title: "The stage writes its access log as declared", hidden: onlyAWS("stage that a call describes"), look: accessLogSettings},
		{id: "surroundings/execution-log", title: "The stage's level of logging, data trace, metrics, tracing and throttle are as declared", hidden: onlyAWS("execution log"), look: methodSettings},
		{id: "surroundings/logging-role", title: "The account has the role with which API Gateway writes logs", hidden: onlyAWS("account's settings"), look: loggingRole},
		{id: "surroundings/log-groups", title: "Each log group has its declared retention, key and streams", hidden: onlyAWS("log groups; it writes files"), look: logGroups},
		{id: "surroundings/access-log", title: "The access log has a line for each request of this run, without a value of its body", late: true, hidden: noLines, look: accessLog},
	}
}

func (r *run) declaredStage() map[string]any {
	return r.stack.Resources("aws_api_gateway_stage")[0].Body
}

// stageNow is the deployed stage.
func (r *run) stageNow(ctx context.Context) (*apigateway.GetStageOutput, error) {
	return r.AWS.APIGateway.GetStage(ctx, &apigateway.GetStageInput{
		RestApiId: aws.String(r.Outputs.Text("api_id")), StageName: aws.String(text(r.declaredStage()["stage_name"])),
	})
}

// stageAsDeclared compares where the stage sends requests, and with what. A canary sends some of them to another deployment than that of
// the stack.
func stageAsDeclared(ctx context.Context, r *run) outcome {
	stage, err := r.stageNow(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the stage")
	}
	var d differences
	declared := r.declaredStage()
	canary, _ := tfjson.Blocks(declared, "canary_settings")
	want := func(name string) any { return tfjson.At(declared, "canary_settings", name) }
	is := cmp.Or(stage.CanarySettings, &gatewaytypes.CanarySettings{})
	d.compare("canary", len(canary) > 0, stage.CanarySettings != nil)
	d.compare("requests to the canary in percent", tfjson.Number(want("percent_traffic")), is.PercentTraffic)
	d.compare("variables of the canary", settingsText(texts(want("stage_variable_overrides"))), settingsText(is.StageVariableOverrides))
	d.compare("variables", settingsText(texts(declared["variables"])), settingsText(stage.Variables))
	d.compare("cache", tfjson.True(declared["cache_cluster_enabled"]), stage.CacheClusterEnabled)
	d.compare("client certificate", text(declared["client_certificate_id"]) != "", aws.ToString(stage.ClientCertificateId) != "") // AWS makes up its id
	return d.outcome("", redeploy)
}

func accessLogSettings(ctx context.Context, r *run) outcome {
	stage, err := r.stageNow(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the stage")
	}
	var d differences
	is := cmp.Or(stage.AccessLogSettings, &gatewaytypes.AccessLogSettings{})
	declared := r.declaredStage()
	// API Gateway takes a log group's ARN with or without ":*" at its end.
	d.compare("destination", strings.TrimSuffix(r.actual(text(tfjson.At(declared, "access_log_settings", "destination_arn"))), ":*"), strings.TrimSuffix(aws.ToString(is.DestinationArn), ":*"))
	d.compare("format", text(tfjson.At(declared, "access_log_settings", "format")), aws.ToString(is.Format))
	return d.outcome("", redeploy)
}

func methodSettings(ctx context.Context, r *run) outcome {
	stage, err := r.stageNow(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the stage")
	}
	var d differences
	d.compare("tracing", tfjson.True(r.declaredStage()["xray_tracing_enabled"]), stage.TracingEnabled)
	for _, path := range slices.Sorted(maps.Keys(stage.MethodSettings)) {
		is := stage.MethodSettings[path]
		if len(r.of("aws_api_gateway_method_settings", "method_path", path)) == 0 { // it goes before those of */*
			d.add("no settings of "+path, fmt.Sprintf("%s: logging level %s, data trace %t, %v requests a second", path, cmp.Or(aws.ToString(is.LoggingLevel), "OFF"), is.DataTraceEnabled, is.ThrottlingRateLimit))
		}
	}
	for _, resource := range r.stack.Resources("aws_api_gateway_method_settings") {
		path := text(resource.Body["method_path"])
		is, found := stage.MethodSettings[path]
		if !found {
			d.add("settings of "+path, "none")
			continue
		}
		want := func(name string) any { return tfjson.At(resource.Body, "settings", name) }
		d.compare(path+": logging level", cmp.Or(text(want("logging_level")), "OFF"), cmp.Or(aws.ToString(is.LoggingLevel), "OFF"))
		d.compare(path+": data trace", tfjson.True(want("data_trace_enabled")), is.DataTraceEnabled)
		d.compare(path+": metrics", tfjson.True(want("metrics_enabled")), is.MetricsEnabled)
		if rate := want("throttling_rate_limit"); rate != nil {
			d.compare(path+": requests a second", tfjson.Number(rate), is.ThrottlingRateLimit)
			d.compare(path+": burst", tfjson.Number(want("throttling_burst_limit")), is.ThrottlingBurstLimit)
		}
	}
	return d.outcome("", redeploy)
}

// loggingRole compares the role that the account's stages write their logs with. There is one in an account and region, so another
// stack may have replaced it.
func loggingRole(ctx context.Context, r *run) outcome {
	account, err := r.AWS.APIGateway.GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return unread(err, "apigateway:GET", "/account")
	}
	got := aws.ToString(account.CloudwatchRoleArn)
	declared := r.stack.Resources("aws_api_gateway_account")
	if len(declared) == 0 {
		if got == "" {
			return differs("a role", "none", "another stack of this account and region must set it: deploy an environment with API.ManageAccount")
		}
		return holds("%s, which another stack sets", got)
	}
	if want := text(declared[0].Body["cloudwatch_role_arn"]); got != want {
		return differs(want, quoteEmpty(got), "another stack of this account and region set or removed it; leave API.ManageAccount on in one environment alone, and deploy that one again")
	}
	return holds("")
}

func logGroups(ctx context.Context, r *run) outcome {
	var d differences
	groups := r.stack.Resources("aws_cloudwatch_log_group")
	for _, group := range groups {
		name := r.actual(text(group.Body["name"]))
		answer, err := r.AWS.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(name)})
		if err != nil {
			return worse(d.outcome("", redeploy), unread(err, "logs:DescribeLogGroups", "the log group "+name))
		}
		found := false
		for _, is := range answer.LogGroups {
			if aws.ToString(is.LogGroupName) != name {
				continue
			}
			found = true
			d.compare(name+": retention in days", tfjson.Number(group.Body["retention_in_days"]), aws.ToInt32(is.RetentionInDays))
			d.compare(name+": key", r.actual(text(group.Body["kms_key_id"])), aws.ToString(is.KmsKeyId))
		}
		if !found {
			d.add("the log group "+name, "it does not exist")
		}
	}
	if failed := r.compareLogStreams(ctx, &d); failed.status != "" {
		return worse(d.outcome("", redeploy), failed)
	}
	return d.outcome(itoa(len(groups))+" log groups", redeploy)
}

// compareLogStreams looks for the declared log streams: the delivery role may write into that of Firehose's errors, and make none.
func (r *run) compareLogStreams(ctx context.Context, d *differences) (failed outcome) {
	for _, stream := range r.stack.Resources("aws_cloudwatch_log_stream") {
		group, name := r.actual(text(stream.Body["log_group_name"])), text(stream.Body["name"])
		answer, err := r.AWS.Logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String(group), LogStreamNamePrefix: aws.String(name)})
		if err != nil && !absent(codeOf(err)) {
			return unread(err, "logs:DescribeLogStreams", "the log group "+group)
		}
		if err != nil || !slices.ContainsFunc(answer.LogStreams, func(is logstypes.LogStream) bool { return aws.ToString(is.LogStreamName) == name }) {
			d.add("the log stream "+name+" of "+group, "it does not exist")
		}
	}
	return outcome{}
}

// lateLines is how long a line of the access log may take to be found. AWS names no bound; it is usually below a minute.
const lateLines = 3 * time.Minute

func noLines(r *run) string {
	return cmp.Or(onlyAWS("log groups; it writes files below .ingest")(r), nothingSent(r))
}

// accessLog waits for the line of each request of the run.
func accessLog(ctx context.Context, r *run) outcome {
	var format map[string]any
	if json.Unmarshal([]byte(text(tfjson.At(r.declaredStage(), "access_log_settings", "format"))), &format) != nil {
		return notShown("the stack's format of the access log is no JSON object")
	}
	var d differences
	seen := map[string]bool{}
	deadline := r.Clock.Now().Add(lateLines) // of all lines: they come together
	for _, e := range r.events {
		if seen[e.requestID] {
			continue
		}
		seen[e.requestID] = true
		var line string
		found, err := r.within(ctx, deadline.Sub(r.Clock.Now()), func() (ok bool, err error) {
			line, err = r.logLine(ctx, e)
			return line != "", err
		})
		switch {
		case err != nil:
			return worse(d.outcome("", redeploy), unread(err, "logs:FilterLogEvents", "the log group "+r.Outputs.Text("access_log_group")))
		case !found:
			d.add("a line with the request "+e.requestID, fmt.Sprintf("none after %s", lateLines))
		default:
			r.compareLine(&d, e, line, format)
		}
	}
	return d.outcome(itoa(len(seen))+" lines", "look at the account's role for logs (surroundings/logging-role) and at the stage's settings, and deploy again")
}

// logLine is the access log's line of an event's request; "" where there is none yet.
func (r *run) logLine(ctx context.Context, e *event) (string, error) {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(r.AWS.Logs, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(r.Outputs.Text("access_log_group")), FilterPattern: aws.String(`"` + e.requestID + `"`),
		StartTime: aws.Int64(e.asked.Add(-clocks).UnixMilli()), EndTime: aws.Int64(e.answered.Add(clocks).UnixMilli()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, one := range page.Events {
			var line map[string]any
			message := aws.ToString(one.Message)
			if json.Unmarshal([]byte(message), &line) == nil && text(line["requestId"]) == e.requestID {
				return message, nil
			}
		}
	}
	return "", nil
}

// compareLine compares the fields of a line with the format's, and looks for what only the event's body has.
func (r *run) compareLine(d *differences, e *event, line string, format map[string]any) {
	var fields map[string]any
	_ = json.Unmarshal([]byte(line), &fields) // logLine has read it
	d.compare("the fields of the line of "+e.requestID, slices.Sorted(maps.Keys(format)), slices.Sorted(maps.Keys(fields)))
	for _, secret := range secrets(e.body, r.Mark) {
		if strings.Contains(line, secret) && !strings.Contains(r.url(e.route.path), secret) {
			d.add("no value of the event in the line of "+e.requestID, "it has "+secret)
		}
	}
}

// shortest is the length from which on a text of an event is not found in a line by chance.
const shortest = 6

// secrets are the texts of an event that a line of the log must not have: the run's mark, and its longer values.
func secrets(body []byte, mark string) []string {
	found := map[string]bool{}
	if bytes.Contains(body, []byte(mark)) {
		found[mark] = true
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		collectTexts(value, found)
	}
	return slices.Sorted(maps.Keys(found))
}

func collectTexts(value any, found map[string]bool) {
	switch value := value.(type) {
	case string:
		if len(value) >= shortest {
			found[value] = true
		}
	case []any:
		for _, one := range value {
			collectTexts(one, found)
		}
	case map[string]any:
		for _, one := range value {
			collectTexts(one, found)
		}
	}
}
