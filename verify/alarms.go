package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"cdk.tf/go/ingest/tfjson"
)

func alarmChecks() []check {
	return []check{
		{id: "surroundings/alarms", title: "Each alarm has its declared metric, threshold and actions", look: alarmsAsDeclared},
		{id: "surroundings/alarm-states", title: "No alarm is raised", look: alarmStates},
		{id: "surroundings/alarm-topic", title: "Somebody gets the alarms: each topic has a subscription that is confirmed", hidden: onlyAWS("topics"), look: topicsSubscribed},
	}
}

// alarmsNow are the deployed alarms of the stack by name.
func (r *run) alarmsNow(ctx context.Context) (map[string]types.MetricAlarm, error) {
	var names []string
	for _, alarm := range r.stack.Resources("aws_cloudwatch_metric_alarm") {
		names = append(names, text(alarm.Body["alarm_name"]))
	}
	found := map[string]types.MetricAlarm{}
	for some := range slices.Chunk(names, 100) { // API reference, DescribeAlarms
		answer, err := r.AWS.CloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: some, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(100),
		})
		if err != nil {
			return nil, err
		}
		for _, alarm := range answer.MetricAlarms {
			found[aws.ToString(alarm.AlarmName)] = alarm
		}
	}
	return found, nil
}

func alarmsAsDeclared(ctx context.Context, r *run) outcome {
	there, err := r.alarmsNow(ctx)
	if err != nil {
		return unread(err, "cloudwatch:DescribeAlarms", "the alarms")
	}
	var d differences
	declared := r.stack.Resources("aws_cloudwatch_metric_alarm")
	for _, alarm := range declared {
		name := text(alarm.Body["alarm_name"])
		is, found := there[name]
		if !found {
			d.add("the alarm "+name, "it does not exist")
			continue
		}
		r.compareAlarm(&d, name, alarm.Body, is)
	}
	return d.outcome(itoa(len(declared))+" alarms", redeploy)
}

func (r *run) compareAlarm(d *differences, name string, body map[string]any, is types.MetricAlarm) {
	periods := tfjson.Number(body["evaluation_periods"])
	d.compare(name+": comparison", text(body["comparison_operator"]), is.ComparisonOperator)
	d.compare(name+": threshold", tfjson.Number(body["threshold"]), aws.ToFloat64(is.Threshold))
	d.compare(name+": periods", periods, aws.ToInt32(is.EvaluationPeriods))
	d.compare(name+": datapoints", cmp.Or(tfjson.Number(body["datapoints_to_alarm"]), periods), cmp.Or(aws.ToInt32(is.DatapointsToAlarm), aws.ToInt32(is.EvaluationPeriods)))
	d.compare(name+": missing data", cmp.Or(text(body["treat_missing_data"]), "missing"), cmp.Or(aws.ToString(is.TreatMissingData), "missing"))
	d.compare(name+": actions enabled", body["actions_enabled"] == nil || tfjson.True(body["actions_enabled"]), aws.ToBool(is.ActionsEnabled))
	for argument, actions := range sorted(map[string][]string{"alarm_actions": is.AlarmActions, "ok_actions": is.OKActions, "insufficient_data_actions": is.InsufficientDataActions}) {
		d.compare(name+": "+argument, list(body[argument]), slices.Sorted(slices.Values(actions)))
	}
	queries, _ := tfjson.Blocks(body, "metric_query")
	if len(queries) == 0 {
		want := metricOf(text(body["namespace"]), text(body["metric_name"]), cmp.Or(text(body["statistic"]), text(body["extended_statistic"])), tfjson.Number(body["period"]), text(body["unit"]), texts(body["dimensions"]))
		got := metricOf(aws.ToString(is.Namespace), aws.ToString(is.MetricName), cmp.Or(string(is.Statistic), aws.ToString(is.ExtendedStatistic)), float64(aws.ToInt32(is.Period)), string(is.Unit), dimensionsOf(is.Dimensions))
		d.compare(name+": metric", want, got)
		return
	}
	var want, got []string
	for _, query := range queries {
		metrics, _ := tfjson.Blocks(query, "metric")
		one := queryText(text(query["id"]), text(query["expression"]), tfjson.True(query["return_data"]))
		if len(metrics) > 0 {
			m := metrics[0]
			one += metricOf(text(m["namespace"]), text(m["metric_name"]), text(m["stat"]), tfjson.Number(m["period"]), text(m["unit"]), texts(m["dimensions"]))
		}
		want = append(want, one)
	}
	for _, query := range is.Metrics {
		one := queryText(aws.ToString(query.Id), aws.ToString(query.Expression), aws.ToBool(query.ReturnData))
		if m := query.MetricStat; m != nil && m.Metric != nil {
			one += metricOf(aws.ToString(m.Metric.Namespace), aws.ToString(m.Metric.MetricName), aws.ToString(m.Stat), float64(aws.ToInt32(m.Period)), string(m.Unit), dimensionsOf(m.Metric.Dimensions))
		}
		got = append(got, one)
	}
	slices.Sort(want)
	slices.Sort(got)
	d.compare(name+": metrics", want, got)
}

// queryText is a query of an alarm without its metric. The alarm compares the query whose data it returns.
func queryText(id, expression string, returned bool) string {
	if returned {
		id += " (the alarm's)"
	}
	return id + " " + expression
}

// metricOf is a metric on one line. Without a unit it has the samples of each.
func metricOf(namespace, name, statistic string, period float64, unit string, dimensions map[string]string) string {
	var all []string
	for _, dimension := range slices.Sorted(maps.Keys(dimensions)) {
		all = append(all, dimension+"="+dimensions[dimension])
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s of %v s, %s %s", namespace, name, statistic, period, strings.Join(all, " "), unit))
}

func dimensionsOf(dimensions []types.Dimension) map[string]string {
	all := map[string]string{}
	for _, dimension := range dimensions {
		all[aws.ToString(dimension.Name)] = aws.ToString(dimension.Value)
	}
	return all
}

// alarmStates looks for alarms that are raised. An alarm begins in INSUFFICIENT_DATA. One that takes missing data as good or as bad
// leaves this state at its first evaluation, with traffic or without; one that does neither (missing, ignore) stays in it until the
// metric has data (CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data").
func alarmStates(ctx context.Context, r *run) outcome {
	there, err := r.alarmsNow(ctx)
	if err != nil {
		return unread(err, "cloudwatch:DescribeAlarms", "the alarms")
	}
	var d differences
	var early, quiet []string
	for _, declared := range r.stack.Resources("aws_cloudwatch_metric_alarm") {
		name := text(declared.Body["alarm_name"])
		alarm, found := there[name]
		treatment := cmp.Or(aws.ToString(alarm.TreatMissingData), "missing")
		switch {
		case !found:
			d.add(name+" in OK", name+" does not exist")
		case alarm.StateValue == types.StateValueOk:
		case alarm.StateValue == types.StateValueAlarm:
			d.add(name+" in OK", name+" in ALARM: "+aws.ToString(alarm.StateReason))
		case treatment == "missing" || treatment == "ignore":
			quiet = append(quiet, name)
		case r.Clock.Since(aws.ToTime(alarm.StateUpdatedTimestamp)) < evaluated(alarm):
			early = append(early, name)
		default:
			d.add(name+" in OK", name+" in INSUFFICIENT_DATA since "+aws.ToTime(alarm.StateUpdatedTimestamp).UTC().Format(time.RFC3339))
		}
	}
	found := d.outcome(strings.TrimSpace(itoa(len(there)-len(quiet))+" in OK "+noData(quiet)), "read the alarm's page in docs/runbooks")
	if len(early) > 0 {
		found = worse(found, notShown("CloudWatch has not evaluated "+strings.Join(early, ", ")+" since the apply; run the command again in some minutes"))
	}
	return found
}

func noData(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "and without data yet: " + strings.Join(names, ", ")
}

// evaluated is how long an alarm may take from its creation to its first evaluation: its periods, and some minutes.
func evaluated(alarm types.MetricAlarm) time.Duration {
	period := cmp.Or(aws.ToInt32(alarm.Period), 60)
	for _, query := range alarm.Metrics {
		if query.MetricStat != nil {
			period = max(period, aws.ToInt32(query.MetricStat.Period))
		}
	}
	return time.Duration(period*aws.ToInt32(alarm.EvaluationPeriods))*time.Second + 5*time.Minute
}

// topics are those that the alarms are sent to.
func (p *Pipeline) topics() []string {
	found := map[string]bool{}
	for _, alarm := range p.stack.Resources("aws_cloudwatch_metric_alarm") {
		for _, action := range list(alarm.Body["alarm_actions"]) {
			if strings.Contains(action, ":sns:") {
				found[action] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func topicsSubscribed(ctx context.Context, r *run) outcome {
	var d differences
	topics := r.topics()
	if len(topics) == 0 {
		return differs("a topic", "no action of the alarms is a topic", "set Alarms.Emails or Alarms.TopicARN")
	}
	for _, topic := range topics {
		confirmed, pending, err := r.subscribers(ctx, topic)
		if err != nil {
			return worse(d.outcome("", redeploy), unread(err, "sns:ListSubscriptionsByTopic", "the topic "+topic))
		}
		for _, endpoint := range pending {
			d.add(endpoint+" has confirmed its subscription", "it has not: AWS waits for a click on the link in its message")
		}
		if len(confirmed)+len(pending) == 0 {
			d.add("a subscription of "+topic, "none")
		}
		for _, declared := range r.of("aws_sns_topic_subscription", "topic_arn", topic) {
			if endpoint := text(declared["endpoint"]); !slices.Contains(confirmed, endpoint) && !slices.Contains(pending, endpoint) {
				d.add("a subscription of "+endpoint, "none: it was removed, or it was not confirmed within three days")
			}
		}
	}
	return d.outcome("", "set Alarms.Emails and deploy, or subscribe to the topic, and confirm the message that AWS sends")
}

// topicsAsDeclared compares who may publish to each topic of the stack, and with which key it encrypts. Without the permission, or without
// that of the key, CloudWatch raises an alarm and nobody hears of it.
func topicsAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	topics := r.stack.Resources("aws_sns_topic")
	for _, topic := range topics {
		arn, err := r.stack.Attribute(topic.Address(), "arn")
		if err != nil {
			return unknown(err, readStack)
		}
		answer, err := r.AWS.SNS.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(arn)})
		if err != nil {
			return worse(d.outcome("", redeploy), unread(err, "sns:GetTopicAttributes", "the topic "+arn))
		}
		name, policy := text(topic.Body["name"]), text(topic.Body["policy"])
		for _, own := range r.of("aws_sns_topic_policy", "arn", arn) {
			policy = text(own["policy"])
		}
		if policy != "" { // SNS gives a topic without one a policy
			d.comparePolicy("the policy of "+name, r.actual(policy), answer.Attributes["Policy"])
		}
		if key, got := r.actual(text(topic.Body["kms_master_key_id"])), answer.Attributes["KmsMasterKeyId"]; !sameKey(key, got) {
			d.add(name+": key "+quoteEmpty(key), name+": key "+quoteEmpty(got))
		}
	}
	return d.outcome(counted(len(topics), "topic"), redeploy)
}

// subscribers are the endpoints of a topic. An email that has not confirmed has no ARN yet (SNS API reference, Subscribe).
func (r *run) subscribers(ctx context.Context, topic string) (confirmed, pending []string, err error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(r.AWS.SNS, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topic)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, subscription := range page.Subscriptions {
			endpoint := aws.ToString(subscription.Endpoint)
			switch arn := aws.ToString(subscription.SubscriptionArn); {
			case strings.HasPrefix(arn, "arn:"):
				confirmed = append(confirmed, endpoint)
			case arn == "PendingConfirmation":
				pending = append(pending, endpoint)
			}
		}
	}
	return confirmed, pending, nil
}
