package deploytest

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// withDomain is an environment with a domain in the zone.
func withDomain(zone string) spec.Environment {
	env := catalogue.Named("option-domain")
	env.Name, env.Removal, env.API.Batch = "domain", spec.Disposable, false
	env.API.Domain.ZoneID, env.API.Domain.MutualTLS = zone, spec.MutualTLS{}
	return env
}

// TestDomain makes an environment with a domain and destroys it.
func TestDomain(t *testing.T) {
	inParallel(t)
	endpoint := startMoto(t)
	zone := createZone(t, endpoint)
	p := initialised(t, endpoint, withDomain(zone))
	p.apply()
	p.expectPlan(map[string]string{})
	outputs := p.outputs()
	expect(t, "submit_url", "https://events.example.com/submit", outputs["submit_url"])
	checkDomain(t, p, zone, outputs)

	if err := p.destroy(unread); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "the number of domains that are left", 0, len(call(t, p.cloud.apigateway.GetDomainNames, apigateway.GetDomainNamesInput{}).Items))
	expect(t, "the records that are left", []string{"example.com. NS", "example.com. SOA"}, recordsOf(t, endpoint, zone))
}

// route53 calls Route 53's REST API, for which the project has no SDK.
func route53(t *testing.T, endpoint, method, path, body string, answer any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, endpoint+"/2013-04-01"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260101/"+region+"/route53/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s, %v: %s", method, path, response.Status, err, text)
	}
	if err := xml.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
}

// createZone makes a hosted zone, which the stack does not manage.
func createZone(t *testing.T, endpoint string) string {
	t.Helper()
	var answer struct {
		ID string `xml:"HostedZone>Id"`
	}
	route53(t, endpoint, http.MethodPost, "/hostedzone", `<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">`+
		`<Name>example.com.</Name><CallerReference>1</CallerReference></CreateHostedZoneRequest>`, &answer)
	return strings.TrimPrefix(answer.ID, "/hostedzone/")
}

// recordsOf are a zone's records: name, type and target.
func recordsOf(t *testing.T, endpoint, zone string) []string {
	t.Helper()
	var answer struct {
		Records []struct {
			Name   string
			Type   string
			Target string `xml:"AliasTarget>DNSName"`
		} `xml:"ResourceRecordSets>ResourceRecordSet"`
	}
	route53(t, endpoint, http.MethodGet, "/hostedzone/"+zone+"/rrset", "", &answer)
	var found []string
	for _, record := range answer.Records {
		found = append(found, strings.TrimSpace(record.Name+" "+record.Type+" "+record.Target))
	}
	return found
}

func checkDomain(t *testing.T, p *pipeline, zone string, outputs map[string]string) {
	t.Helper()
	name := ref("events.example.com")
	domain := call(t, p.cloud.apigateway.GetDomainName, apigateway.GetDomainNameInput{DomainName: name})
	expect(t, "the domain's security policy", apigatewaytypes.SecurityPolicyTls12, domain.SecurityPolicy)
	expect(t, "the domain's endpoint", []apigatewaytypes.EndpointType{"REGIONAL"}, domain.EndpointConfiguration.Types)
	expect(t, "domain_target", *domain.RegionalDomainName, outputs["domain_target"])
	mapping := call(t, p.cloud.apigateway.GetBasePathMapping, apigateway.GetBasePathMappingInput{DomainName: name, BasePath: ref("(none)")})
	expect(t, "the mapping", []string{outputs["api_id"], "domain"}, []string{*mapping.RestApiId, *mapping.Stage})
	api := call(t, p.cloud.apigateway.GetRestApi, apigateway.GetRestApiInput{RestApiId: ref(outputs["api_id"])})
	expect(t, "disable_execute_api_endpoint", true, api.DisableExecuteApiEndpoint)

	_, text := ask(t, p.endpoint, "acm", "CertificateManager.DescribeCertificate", map[string]any{"CertificateArn": *domain.RegionalCertificateArn})
	certificate := decode[struct {
		Certificate struct {
			Status                  string
			DomainValidationOptions []struct{ ResourceRecord struct{ Name string } }
		}
	}](t, "the certificate", string(text)).Certificate
	expect(t, "the certificate", "ISSUED", certificate.Status)
	proof := strings.TrimSuffix(certificate.DomainValidationOptions[0].ResourceRecord.Name, ".") + ". CNAME"
	for _, record := range []string{proof, "events.example.com. A " + *domain.RegionalDomainName} {
		expectText(t, "the zone", strings.ReplaceAll(strings.Join(recordsOf(t, p.endpoint, zone), "\n")+"\n", ".\n", "\n"), record+"\n")
	}
}

// checkFirewall checks the web ACL and its log, which must keep the requests with these actions or labels, in order.
func checkFirewall(t *testing.T, endpoint, api, env string, logged ...string) {
	t.Helper()
	stage := "arn:aws:apigateway:us-east-1::/restapis/" + api + "/stages/" + env
	_, text := ask(t, endpoint, "wafv2", "AWSWAF_20190729.GetWebACLForResource", map[string]any{"ResourceArn": stage})
	acl := decode[struct {
		WebACL struct {
			ARN   string
			Name  string
			Rules []struct {
				Name     string
				Priority int
			}
			DataProtectionConfig struct {
				DataProtections []struct {
					Action string
					Field  struct{ FieldType string }
				}
			}
		}
	}](t, "the stage's web ACL", string(text)).WebACL
	expect(t, "the web ACL's name", "api-kinesis-"+env, acl.Name)
	rules := map[string]int{}
	for _, rule := range acl.Rules {
		rules[rule.Name] = rule.Priority
	}
	var hidden []string
	for _, protection := range acl.DataProtectionConfig.DataProtections {
		hidden = append(hidden, protection.Field.FieldType+" "+protection.Action)
	}
	expect(t, "what is stored of no request", []string{"BODY SUBSTITUTION", "QUERY_STRING SUBSTITUTION", "SINGLE_HEADER SUBSTITUTION"}, hidden)
	expect(t, "the rules by priority",
		map[string]int{"rate-limit": 0, "body-size": 1, "AmazonIpReputationList": 2, "KnownBadInputsRuleSet": 3, "CommonRuleSet": 4}, rules)
	_, text = ask(t, endpoint, "wafv2", "AWSWAF_20190729.GetLoggingConfiguration", map[string]any{"ResourceArn": acl.ARN})
	logging := decode[struct {
		LoggingConfiguration struct {
			LogDestinationConfigs []string
			LoggingFilter         struct {
				DefaultBehavior string
				Filters         []struct {
					Behavior, Requirement string
					Conditions            []struct {
						ActionCondition    struct{ Action string }
						LabelNameCondition struct{ LabelName string }
					}
				}
			}
			RedactedFields []struct{ SingleHeader struct{ Name string } }
		}
	}](t, "the log", string(text)).LoggingConfiguration
	expect(t, "the log", []string{"arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-api-kinesis-" + env}, logging.LogDestinationConfigs)
	filter := logging.LoggingFilter
	if filter.DefaultBehavior != "DROP" || len(filter.Filters) != 1 || filter.Filters[0].Behavior != "KEEP" || filter.Filters[0].Requirement != "MEETS_ANY" {
		t.Errorf("the log's filter is %+v", filter)
	} else {
		var kept []string
		for _, condition := range filter.Filters[0].Conditions {
			kept = append(kept, condition.ActionCondition.Action+condition.LabelNameCondition.LabelName)
		}
		slices.Sort(kept)
		expect(t, "what is logged", logged, kept)
	}
	var redacted []string
	for _, field := range logging.RedactedFields {
		redacted = append(redacted, field.SingleHeader.Name)
	}
	expect(t, "what the log leaves out", []string{"authorization", "cookie", "x-amz-security-token", "x-api-key"}, redacted)
}
