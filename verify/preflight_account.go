package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"cdk.tf/go/ingest/tfjson"
)

var errNoThrottle = errors.New("API Gateway names no throttle of the account")

// requests compares the account's throttle, which all its APIs of the region share, with the rate that the environment expects, or else
// with the rate that its stage allows.
func (p *preflight) requests(ctx context.Context) outcome {
	account, err := p.AWS.APIGateway.GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return unread(err, "apigateway:GET", "/account")
	}
	if account.ThrottleSettings == nil {
		return unknown(errNoThrottle, `look at "Throttle rate" (L-8A5B8E43) in Service Quotas`)
	}
	need, of := p.rate()
	has := account.ThrottleSettings.RateLimit
	if has < need {
		return differs(fmt.Sprintf("%.0f requests a second, %s", need, of), fmt.Sprintf("%.0f for all APIs of the account and region", has),
			fmt.Sprintf(`raise the quota "Throttle rate" (L-8A5B8E43 in Service Quotas) to at least %.0f, or send batches`, math.Ceil(need)))
	}
	return holds("%.0f for all APIs of the account and region; %.0f is %s", has, need, of)
}

// rate is the rate of requests that the account has to hold, and where it comes from.
func (p *preflight) rate() (float64, string) {
	for _, output := range p.stack.Outputs() {
		if load, ok := output.Value.(map[string]any); ok && output.Name == "expected_load" {
			return tfjson.Number(load["peak_per_second"]) / max(1, tfjson.Number(load["batch_size"])), "the Load's peak"
		}
	}
	for _, settings := range p.stack.Resources("aws_api_gateway_method_settings") {
		return tfjson.Number(tfjson.At(settings.Body, "settings", "throttling_rate_limit")), "the stage's throttle"
	}
	return 0, "no throttle"
}

func (p *preflight) shards(ctx context.Context) outcome {
	limits, err := p.AWS.Kinesis.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
	if err != nil {
		return unread(err, "kinesis:DescribeLimits", "the account")
	}
	body := p.stack.Resources("aws_kinesis_stream")[0].Body
	quota, used, need, what := limits.ShardLimit, aws.ToInt32(limits.OpenShardCount), int32(tfjson.Number(body["shard_count"])), "shards"
	onDemand := text(tfjson.At(body, "stream_mode_details", "stream_mode")) == "ON_DEMAND"
	if onDemand {
		quota, used, need, what = limits.OnDemandStreamCountLimit, aws.ToInt32(limits.OnDemandStreamCount), 1, "streams on demand"
	}
	if quota == nil {
		return withoutMember("DescribeLimits", "limit of "+what)
	}
	has := *quota
	if stream, err := p.AWS.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(text(body["name"]))}); err == nil && stream.StreamDescriptionSummary != nil {
		existing := aws.ToInt32(stream.StreamDescriptionSummary.OpenShardCount)
		if onDemand {
			existing = 0 // a stream with shards of its own counts to these only after its change
			if mode := stream.StreamDescriptionSummary.StreamModeDetails; mode != nil && mode.StreamMode == kinesistypes.StreamModeOnDemand {
				existing = 1
			}
		}
		need = max(0, need-existing)
	}
	if used+need > has {
		return differs(fmt.Sprintf("room for %d more %s", need, what), fmt.Sprintf("%d of %d are in use", used, has),
			"raise the quota of "+what+" of Kinesis Data Streams in Service Quotas")
	}
	return holds("%d of %d %s are in use; an apply adds %d", used, has, what, need)
}

func (p *preflight) roleQuota(ctx context.Context) outcome {
	summary, err := p.AWS.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return unread(err, "iam:GetAccountSummary", "the account")
	}
	has, known := summary.SummaryMap["RolesQuota"]
	if !known {
		return withoutMember("GetAccountSummary", "RolesQuota")
	}
	used, need := summary.SummaryMap["Roles"], int32(len(p.stack.Resources("aws_iam_role")))
	if p.deployed {
		need = 0
	}
	if used+need > has {
		return differs(fmt.Sprintf("room for %d more roles", need), fmt.Sprintf("%d of %d are in use", used, has), `raise the quota "Roles per account" of IAM in Service Quotas, or delete roles`)
	}
	return holds("%d of %d are in use; an apply adds %d at most", used, has, need)
}

// loggingRole says who sets the role that all REST APIs of the account and region log with.
func (p *preflight) loggingRole(ctx context.Context) outcome {
	account, err := p.AWS.APIGateway.GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return unread(err, "apigateway:GET", "/account")
	}
	is := aws.ToString(account.CloudwatchRoleArn)
	declared := p.stack.Resources("aws_api_gateway_account")
	if len(declared) == 0 {
		if is == "" {
			return differs("a role", "none", "deploy an environment with API.ManageAccount in this account and region first, or turn it on here: API Gateway refuses a stage that logs")
		}
		return holds("%s, which another stack sets", is)
	}
	want := text(declared[0].Body["cloudwatch_role_arn"])
	if is == "" {
		return holds("none yet; this stack sets %s", want)
	}
	if is == want {
		return holds("%s, this stack's", is)
	}
	others, err := p.otherLogs(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the REST APIs")
	}
	return differs("none, or "+want, fmt.Sprintf("%s, with which %d other REST APIs log%s", is, len(others), named(others)),
		"set API.ManageAccount to false: the role that is there serves this environment too. Otherwise an apply replaces it for all, and a destroy removes it")
}

func named(names []string) string {
	const most = 5
	switch {
	case len(names) == 0:
		return ""
	case len(names) > most:
		names = append(slices.Clone(names[:most]), "…")
	}
	return ": " + strings.Join(names, ", ")
}

// otherLogs are the names of the region's other REST APIs that have a stage with a log.
func (p *preflight) otherLogs(ctx context.Context) ([]string, error) {
	var found []string
	pages := apigateway.NewGetRestApisPaginator(p.AWS.APIGateway, &apigateway.GetRestApisInput{Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, api := range page.Items {
			if aws.ToString(api.Id) == p.Outputs.Text("api_id") {
				continue
			}
			stages, err := p.AWS.APIGateway.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: api.Id})
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(stages.Item, logs) {
				found = append(found, aws.ToString(api.Name))
			}
		}
	}
	return found, nil
}

func logs(stage gatewaytypes.Stage) bool {
	if stage.AccessLogSettings != nil && aws.ToString(stage.AccessLogSettings.DestinationArn) != "" {
		return true
	}
	for _, settings := range stage.MethodSettings {
		if level := cmp.Or(aws.ToString(settings.LoggingLevel), "OFF"); level != "OFF" {
			return true
		}
	}
	return false
}

func (p *preflight) zones(ctx context.Context) outcome {
	const remedy = "correct API.Domain.ZoneID: aws route53 list-hosted-zones-by-name shows the zones"
	var d differences
	seen := map[string]bool{}
	for _, record := range p.stack.Resources("aws_route53_record") {
		id, name := text(record.Body["zone_id"]), strings.TrimSuffix(text(record.Body["name"]), ".")
		if seen[id+name] {
			continue
		}
		seen[id+name] = true
		answer, err := p.AWS.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String(id)})
		if err != nil {
			return worse(d.outcome("", remedy), unread(err, "route53:GetHostedZone", "the hosted zone "+id))
		}
		if answer.HostedZone == nil {
			return worse(d.outcome("", remedy), withoutMember("GetHostedZone", "HostedZone"))
		}
		zone := strings.TrimSuffix(aws.ToString(answer.HostedZone.Name), ".")
		if name != zone && !strings.HasSuffix(name, "."+zone) {
			d.add(id+" is a zone of "+name, "it is the zone of "+zone)
		}
		if answer.HostedZone.Config != nil && answer.HostedZone.Config.PrivateZone {
			d.add(id+" is public", "it is private: ACM and clients on the internet do not see its records")
		}
	}
	return d.outcome("", remedy)
}

func (p *preflight) certificate(ctx context.Context) outcome {
	domain := p.stack.Resources("aws_api_gateway_domain_name")[0].Body
	if len(p.stack.Resources("aws_acm_certificate")) > 0 {
		return notShown("the stack makes the certificate, and an apply waits until it is issued")
	}
	certificate, name := text(domain["regional_certificate_arn"]), text(domain["domain_name"])
	var d differences
	if named, err := arn.Parse(certificate); err == nil {
		d.compare("region", p.Region, named.Region)
	}
	answer, err := p.AWS.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: aws.String(certificate)})
	const elsewhere = "use a certificate of the stack's region"
	if err != nil {
		return worse(d.outcome("", elsewhere), unread(err, "acm:DescribeCertificate", "the certificate "+certificate))
	}
	is := answer.Certificate
	if is == nil {
		return worse(d.outcome("", elsewhere), withoutMember("DescribeCertificate", "Certificate"))
	}
	d.compare("status", types.CertificateStatusIssued, is.Status)
	if covered := append(slices.Clone(is.SubjectAlternativeNames), aws.ToString(is.DomainName)); !slices.ContainsFunc(covered, func(of string) bool { return covers(of, name) }) {
		d.add("a certificate for "+name, "it is for "+strings.Join(covered, ", "))
	}
	return d.outcome("", "request a certificate for the domain in the stack's region and validate it, or set API.Domain.ZoneID and leave API.Domain.CertificateARN empty")
}

// covers reports whether a certificate's name is a domain's. A wildcard stands for one label.
func covers(of, domain string) bool {
	if rest, wild := strings.CutPrefix(of, "*."); wild {
		_, after, found := strings.Cut(domain, ".")
		return found && strings.EqualFold(after, rest)
	}
	return strings.EqualFold(of, domain)
}

// topic asks for the topics that the alarms name and the stack does not make.
func (p *preflight) topic(ctx context.Context) outcome {
	var asked []string
	for _, arn := range p.topics() {
		made := slices.ContainsFunc(p.stack.Resources("aws_sns_topic"), func(topic tfjson.Resource) bool {
			own, _ := p.stack.Attribute(topic.Address(), "arn")
			return own == arn
		})
		if made {
			continue
		}
		if _, err := p.AWS.SNS.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(arn)}); err != nil {
			found := unread(err, "sns:GetTopicAttributes", "the topic "+arn)
			if found.status == Differs {
				found.remedy = "make the topic, or correct Alarms.TopicARN"
			}
			return found
		}
		asked = append(asked, arn)
	}
	return holds("%s", cmp.Or(strings.Join(asked, ", "), "the stack makes it"))
}
