package stacks

import (
	"cmp"
	"strings"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/region"
	"cdk.tf/go/ingest/modules/alarms"
	"cdk.tf/go/ingest/modules/sns"
	"cdk.tf/go/ingest/spec"
)

// runbooks is the folder of the alarms' pages in the repository.
const runbooks = "docs/runbooks"

// watch declares the alarms with their topic, and the dashboard, if the environment has them. It returns their outputs.
func watch(stack cdktf.TerraformStack, env spec.Environment, where surroundings, encryption encryption, pipeline alarms.Pipeline) []output {
	var outputs []output
	var arns []string
	if env.Alarms.Enabled {
		topic := alarmTopic(stack, env, where, encryption)
		arns = alarms.New(stack, "alarms", alarms.Config{
			Pipeline: pipeline,
			Name:     env.AlarmName,
			TopicARN: topic,
			Runbooks: cmp.Or(env.Alarms.RunbookURL, runbooks),
		})
		outputs = append(outputs, output{"alarm_topic_arn", "The topic that alarms are sent to", topic})
	}
	if env.Alarms.Dashboard {
		name := alarms.NewDashboard(stack, "dashboard", alarms.DashboardConfig{
			Pipeline: pipeline, Name: env.DashboardName(), Region: where.region, AlarmARNs: arns,
		})
		outputs = append(outputs, output{"dashboard_url", "The pipeline from the request to the object", dashboardURL(env.Region, name)})
	}
	return outputs
}

// alarmTopic is the topic of every alarm: an existing one, or a new one to which only this environment's alarms may publish.
func alarmTopic(stack cdktf.TerraformStack, env spec.Environment, where surroundings, encryption encryption) string {
	arn := env.Alarms.TopicARN
	if arn == "" {
		arn = sns.New(stack, "alarm-topic", sns.Config{
			Name:    env.AlarmTopicName(),
			Service: "cloudwatch.amazonaws.com",
			Account: where.account,
			Sources: strings.Join([]string{"arn", where.partition, "cloudwatch", where.region, where.account, "alarm", env.AlarmName("*")}, ":"),
			KeyARN:  encryption.arn(),
		}).ARN
	}
	sns.Subscribe(stack, "alarm-emails", arn, env.Alarms.Emails)
	return arn
}

func dashboardURL(name, dashboard string) string {
	return "https://" + region.Console(name) + "/cloudwatch/home?region=" + name + "#dashboards/dashboard/" + dashboard
}
