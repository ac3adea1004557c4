package spec

import (
	"strings"
	"testing"
)

// Every option that takes an ARN refuses one of another partition, whatever its region.
func TestARNsOfOtherPartitions(t *testing.T) {
	const mars = `; use a region such as "eu-west-1": an area, a direction and a number`
	options := []struct {
		field, arn string
		set        func(e *Environment, arn string)
	}{
		{"API.Authorization.Cognito.UserPoolARNs[0]", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a", func(e *Environment, arn string) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{arn}})
		}},
		{"API.Authorization.Lambda.FunctionARN", "arn:aws:lambda:us-east-1:123456789012:function:f", func(e *Environment, arn string) {
			asked(func(l *LambdaAuthorizer) { l.FunctionARN = arn })(e)
		}},
		{"API.Access.Producers.Roles[0]", "arn:aws:iam::444455556666:role/producer", func(e *Environment, arn string) {
			e.API.Authorization, e.API.Access.Producers.Roles = AuthorizeIAM(), []string{arn}
		}},
		{"API.Domain.CertificateARN", "arn:aws:acm:us-east-1:123456789012:certificate/a", func(e *Environment, arn string) {
			e.API.Domain = Domain{Name: "a.example.com", CertificateARN: arn}
		}},
		{"Alarms.TopicARN", "arn:aws:sns:us-east-1:123456789012:topic", func(e *Environment, arn string) {
			e.Alarms.Enabled, e.Alarms.TopicARN = true, arn
		}},
		{"State.S3.KMSKeyARN", "arn:aws:kms:us-east-1:123456789012:alias/state", func(e *Environment, arn string) {
			e.State.S3 = &S3State{Bucket: "states", KMSKeyARN: arn}
		}},
	}
	var refused []refusal
	var accepted []acceptance
	for i, option := range options {
		add := func(name, arn, fault string) {
			refused = append(refused, refusal{option.field + ", " + name, func(e *Environment) { option.set(e, arn) }, []string{option.field + " " + is(arn) + fault}})
		}
		in := func(partition, region string) string {
			return strings.NewReplacer("arn:aws:", "arn:"+partition+":", "us-east-1", region).Replace(option.arn)
		}
		add("of China", in("aws-cn", "us-east-1"), `, in the partition "aws-cn"; use one in "aws", the partition of us-east-1`)
		add("of no partition", in("aws-typo", "us-east-1"), `, in the partition "aws-typo"; use one in "aws", the partition of us-east-1`)
		accepted = append(accepted, acceptance{option.field, func(e *Environment) { option.set(e, option.arn) }}, acceptance{option.field + " in China", func(e *Environment) {
			e.Region = "cn-north-1"
			option.set(e, in("aws-cn", "cn-north-1"))
		}})
		if i < 2 { // the others have no region, or must have the environment's
			add("of no region", in("aws", "mars"), `, in the region "mars"`+mars)
			add("of a region of China", in("aws", "cn-north-1"), `, in a region of the partition "aws-cn"; use one in "aws", the partition of us-east-1`)
			accepted = append(accepted, acceptance{option.field + " elsewhere", func(e *Environment) { option.set(e, in("aws", "eu-west-1")) }})
		}
	}
	testRefusals(t, refused)
	testAcceptances(t, accepted)
}
