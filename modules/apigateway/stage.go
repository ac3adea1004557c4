package apigateway

import (
	"slices"

	"github.com/aws/jsii-runtime-go"
	account "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayaccount"
	deployment "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaydeployment"
	settings "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethodsettings"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaystage"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// stageParts is the stage with its log groups.
type stageParts struct {
	stage     apigatewaystage.ApiGatewayStage
	name      *string
	access    *cloudwatch.LogGroup
	execution *cloudwatch.LogGroup
}

// stage declares the stage, its logs and its settings. API Gateway chooses the name of the execution log's group, and would make
// the group without retention, so stage declares it first.
func (a *api) stage(deployment deployment.ApiGatewayDeployment) stageParts {
	access := cloudwatch.New(a.c, "access", cloudwatch.Config{
		Name: a.cfg.AccessLogGroup, RetentionDays: a.cfg.Logs.RetentionDays, KeyARN: a.cfg.KeyARN,
	})
	execution := cloudwatch.New(a.c, "execution", cloudwatch.Config{
		Name:          "API-Gateway-Execution-Logs_" + *a.id + "/" + a.cfg.Stage,
		RetentionDays: a.cfg.Logs.KeptExecutionDays(),
		KeyARN:        a.cfg.KeyARN,
	})
	ready := slices.Concat(a.cfg.Ready, a.account(), []cdktf.ITerraformDependable{execution.Ready})
	stage := tf.New(a.c, "stage", apigatewaystage.NewApiGatewayStage, &apigatewaystage.ApiGatewayStageConfig{
		RestApiId:    a.id,
		DeploymentId: deployment.Id(),
		StageName:    jsii.String(a.cfg.Stage),
		AccessLogSettings: &apigatewaystage.ApiGatewayStageAccessLogSettings{
			DestinationArn: jsii.String(access.ARN),
			Format:         jsii.String(accessLogFormat()),
		},
		XrayTracingEnabled: jsii.Bool(a.cfg.API.Tracing),
		DependsOn:          &ready,
	})
	name := stage.StageName()
	tf.New(a.c, "settings", settings.NewApiGatewayMethodSettings, &settings.ApiGatewayMethodSettingsConfig{
		RestApiId:  a.id,
		StageName:  name,
		MethodPath: jsii.String("*/*"),
		Settings: &settings.ApiGatewayMethodSettingsSettings{
			LoggingLevel: jsii.String(string(a.cfg.Logs.Execution)),
			// A data trace would write every event's body to the log.
			DataTraceEnabled:     jsii.Bool(false),
			MetricsEnabled:       jsii.Bool(a.cfg.API.Metrics),
			ThrottlingRateLimit:  jsii.Number(a.cfg.API.Throttle.RateLimit),
			ThrottlingBurstLimit: jsii.Number(a.cfg.API.Throttle.BurstLimit),
		},
	})
	return stageParts{stage: stage, name: name, access: access, execution: execution}
}

// account declares the region's API Gateway setting, if this API manages it. API Gateway refuses a stage with logs before the
// setting exists ("CloudWatch Logs role ARN must be set").
func (a *api) account() []cdktf.ITerraformDependable {
	if a.cfg.LoggingRoleARN == "" {
		return nil
	}
	config := &account.ApiGatewayAccountConfig{
		CloudwatchRoleArn: jsii.String(a.cfg.LoggingRoleARN),
		// API Gateway tries the role at once. So slow resources come first, and AWS knows the role everywhere by then.
		DependsOn: tf.DependsOn(slices.Concat(a.cfg.LoggingReady, a.cfg.Ready)),
	}
	if a.cfg.ResetAccount {
		// Otherwise a destroy would leave the account with the ARN of a deleted role. The argument causes a warning with every
		// plan; docs/adr/0002 has the reason.
		config.ResetOnDelete = jsii.Bool(true)
	}
	return []cdktf.ITerraformDependable{tf.New(a.c, "account", account.NewApiGatewayAccount, config)}
}
