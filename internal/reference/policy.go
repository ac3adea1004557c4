package reference

import (
	"fmt"
	"strings"

	"cdk.tf/go/ingest/policy"
)

// Policy is docs/policy.md: every rule of package policy. breach is an example of what a synthesis says.
func Policy(breach string) (string, error) {
	p := &page{}
	p.paragraph("%s", strings.Replace(policyLead, "BREACH", breach, 1))
	p.heading(2, "Contents")
	var lines []string
	for _, rule := range policy.Rules() {
		lines = append(lines, fmt.Sprintf("[%s](#%s): %s", rule.Name, rule.Name, rule.Reason))
	}
	p.items(lines)
	left := len(met)
	for _, rule := range policy.Rules() {
		source, ok := met[rule.Name]
		if !ok {
			return "", fmt.Errorf("the rule %q has no entry in met of internal/reference/policy.go; add one", rule.Name)
		}
		left--
		p.rule(rule, source)
	}
	if left != 0 {
		return "", fmt.Errorf("met of internal/reference/policy.go names %d rules that are not there; delete them", left)
	}
	return p.text(), nil
}

const policyLead = `# Policy rules

Look up what every synthesised stack must satisfy, why, and what to change if a stack does not.

<!-- Written by "` + Remedy + `" from policy/rules.go and internal/reference/policy.go. Edit those. -->

A synthesis checks these rules on the Terraform JSON of every environment, and writes no file if a stack breaches one. The project's
own modules satisfy every rule. You breach a rule if you change a module or add a resource of your own. Each breach is one line with
the environment, the rule, the resource's address, the problem, the reason in parentheses, and the remedy after the semicolon:

` + "```text" + `
BREACH
` + "```" + `

If a rule needs a value that only an apply can tell, that is a breach too: write the value itself.`

// source is where the project decides about what a rule asks.
type source struct{ folders, options []string }

// met are the sources by the rule's name.
var met = map[string]source{
	"readable":          {[]string{"modules"}, nil},
	"least-privilege":   {[]string{"modules/iam"}, nil},
	"trust":             {[]string{"modules/iam"}, nil},
	"private-bucket":    {[]string{"modules/s3"}, nil},
	"kept-bucket":       {[]string{"modules/s3", "modules/kms"}, []string{"Removal"}},
	"web-page":          {[]string{"modules/cloudfront", "modules/s3"}, []string{"Web"}},
	"authorization":     {[]string{"modules/apigateway"}, []string{"API.Authorization"}},
	"access":            {[]string{"modules/apigateway"}, []string{"API.Access", "API.Authorization"}},
	"domain":            {[]string{"modules/apigateway", "modules/acm"}, []string{"API.Domain"}},
	"firewall":          {[]string{"modules/waf"}, []string{"Firewall"}},
	"log-retention":     {[]string{"modules/cloudwatch"}, []string{"Logs.RetentionDays", "Logs.ExecutionRetentionDays"}},
	"cors":              {[]string{"modules/apigateway"}, []string{"API.CORS"}},
	"stage-logs":        {[]string{"modules/apigateway", "modules/cloudwatch"}, []string{"Logs.Execution"}},
	"records":           {[]string{"modules/apigateway"}, []string{"API.Envelope"}},
	"flow":              {[]string{"modules/apigateway", "modules/kinesis", "modules/firehose", "modules/s3"}, []string{"Delivery.Prefix", "Delivery.ErrorPrefix"}},
	"query":             {[]string{"modules/athena", "modules/glue", "modules/firehose"}, []string{"Query", "Delivery.Format", "Delivery.TimeZone", "Delivery.FileExtension"}},
	"partitions":        {[]string{"modules/firehose", "modules/glue"}, []string{"Delivery.PartitionBy"}},
	"stream-encryption": {[]string{"modules/kinesis"}, []string{"Encryption.CustomerKey"}},
	"customer-key":      {[]string{"modules/kms", "modules/iam", "modules/s3"}, []string{"Encryption.CustomerKey"}},
	"access-log":        {[]string{"modules/s3"}, []string{"Bucket.AccessLog", "Bucket.ObjectLock"}},
	"deployment":        {[]string{"modules/apigateway"}, nil},
	"alarms":            {[]string{"modules/alarms", "modules/cloudwatch"}, []string{"Alarms.TopicARN", "Alarms.RunbookURL"}},
	"closed-topic":      {[]string{"modules/sns"}, []string{"Alarms.Enabled"}},
	"closed-resource":   {[]string{"examples/ownapp"}, nil},
	"fail-closed":       {[]string{"modules/apigateway"}, []string{"API.Schema", "API.ContentTypes"}},
}

func (p *page) rule(rule policy.Rule, source source) {
	p.heading(2, rule.Name)
	p.paragraph("Why: %s.", rule.Reason)
	p.items(rule.Requires)
	var folders, options []string
	for _, folder := range source.folders {
		folders = append(folders, fmt.Sprintf("[%s](../%s)", folder, folder))
	}
	for _, option := range source.options {
		options = append(options, fmt.Sprintf("[%s](options.md#%s)", option, anchor(option)))
	}
	where := "Declared in " + strings.Join(folders, ", ") + "."
	if len(options) > 0 {
		where += " Options: " + strings.Join(options, ", ") + "."
	}
	p.paragraph("%s", where)
}
