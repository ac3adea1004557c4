package spec

import (
	"fmt"
	"slices"

	"cdk.tf/go/ingest/internal/bucketname"
)

// maxPrefixLength leaves room in the bucket's name for 14 characters of the environment's name.
const maxPrefixLength = 32

// Lengths of names by their services' API references: S3's bucket naming rules, CreateDeliveryStream, CreateRole, CreateStream,
// CreateWebACL, CreateTopic and CloudFront's OriginAccessControlConfig. Resources that are not among the things have such a
// name within theirs, or may have names of 90 characters and more.
const (
	maxBucketName        = 63
	maxDeliveryName      = 64
	maxRoleName          = 64
	maxAccessControlName = 64
	maxStreamName        = 128
	maxFirewallName      = 128
	maxTopicName         = 256
)

func (p *problems) names(e Environment) {
	const prefix = "Names.Prefix"
	if len(e.Names.Prefix) > maxPrefixLength || !namePattern.MatchString(e.Names.Prefix) {
		p.add(prefix, is(e.Names.Prefix), fmt.Sprintf(
			`use 1 to %d of a-z, 0-9 and "-", beginning with a letter and ending with a letter or a digit`, maxPrefixLength))
		return
	}
	if reserved := bucketname.ReservedPrefix(e.Names.Prefix + "-"); reserved != "" {
		p.add(prefix, is(e.Names.Prefix), fmt.Sprintf("use another: S3 reserves bucket names that begin with %q", reserved))
	}
	p.accountInBuckets(e)
	if len(e.Name) <= maxNameLength { // a longer Name is already a problem
		p.lengths(e)
	}
}

func (p *problems) accountInBuckets(e Environment) {
	const field = "Names.AccountInBuckets"
	switch {
	case !e.Names.AccountInBuckets:
	case e.Account == "":
		p.add(field, `is true and Account is ""`, "set Account to the 12 digits of the account's id, which becomes part of the names")
	case !e.namesABucket():
		p.add(field, "is true and no bucket has a derived name", "leave it out, or leave out Bucket.Name")
	}
}

// namesABucket reports whether the name of any bucket is derived.
func (e Environment) namesABucket() bool {
	return slices.ContainsFunc(e.things(), func(t thing) bool { return t.isBucket() && t.made && !t.chosen })
}

// thing is a resource that an environment makes, with its name.
type thing struct {
	what, name string
	made       bool
	// most is the number of characters that service allows in a name.
	service string
	most    int
	// field is the option that sets a bucket's name. chosen reports whether it is set.
	field  string
	chosen bool
}

func (t thing) isBucket() bool { return t.field != "" }

// things returns every resource whose name begins with the prefix, except those whose name includes the name of another one.
func (e Environment) things() []thing {
	bucket := func(what, name, field, chosen string, made bool) thing {
		return thing{what, name, made, "S3", maxBucketName, field, chosen != ""}
	}
	other := func(what, name, service string, most int, made bool) thing {
		return thing{what: what, name: name, made: made, service: service, most: most}
	}
	return []thing{
		bucket("the bucket", e.BucketName(), "Bucket.Name", e.Bucket.Name, true),
		bucket("the access log's bucket", e.AccessLogBucketName(), "Bucket.AccessLogName", e.Bucket.AccessLogName, e.Bucket.AccessLog),
		bucket("the bucket of queries' results", e.QueryBucketName(), "Query.ResultBucket", e.Query.ResultBucket, e.Query.Enabled),
		bucket("the web page's bucket", e.WebBucketName(), "Web.BucketName", e.Web.BucketName, e.Web.Hosted),
		other("the API", e.APIName(), "WAF", maxFirewallName, true), // the firewall has its name
		other("the stream", e.StreamName(), "Kinesis", maxStreamName, true),
		other("the delivery stream", e.DeliveryStreamName(), "Firehose", maxDeliveryName, true),
		other("the submitting role", e.SubmitRoleName(), "IAM", maxRoleName, true),
		other("the delivering role", e.DeliveryRoleName(), "IAM", maxRoleName, true),
		other("the logging role", e.LoggingRoleName(), "IAM", maxRoleName, e.API.ManageAccount),
		other("the authorizer's role", e.AuthorizerRoleName(), "IAM", maxRoleName, e.API.Authorization.Kind == ByLambda),
		other("the web page's access control", e.WebName(), "CloudFront", maxAccessControlName, e.Web.Hosted),
		other("the topic of alarms", e.AlarmTopicName(), "SNS", maxTopicName, e.Alarms.Enabled && e.Alarms.TopicARN == ""),
	}
}

// lengths reports each name that is too long.
func (p *problems) lengths(e Environment) {
	for _, t := range e.things() {
		if !t.made || t.chosen || len(t.name) <= t.most {
			continue
		}
		field, value := "Names.Prefix", is(e.Names.Prefix)
		orChoose := ""
		if t.isBucket() {
			orChoose = ", or set " + t.field
			if e.Names.AccountInBuckets {
				field, value = "Names.AccountInBuckets", "is true"
			}
		}
		p.add(field, fmt.Sprintf("%s, which makes the name of %s %q, %d characters", value, t.what, t.name, len(t.name)),
			fmt.Sprintf("shorten Names.Prefix or Name%s: %s takes %d", orChoose, t.service, t.most))
	}
}

// sameNames reports each environment that would make a resource with the name of one in an environment before it. Two prefixes
// and two names can give the same name: "a-b" and "c", "a" and "b-c". The claims of ValidateAll cover buckets, whose names an
// environment can set. Environments in different accounts cannot conflict.
func sameNames(envs []Environment) []error {
	var found []error
	for i, env := range envs {
		for _, by := range envs[:i] {
			if what, name := env.shares(by); name != "" {
				fault := fmt.Sprintf("%s, which makes the name of %s %q, as in environment %q", is(env.Names.Prefix), what, name, by.Name)
				found = append(found, problem{env.Name, "Names.Prefix", fault, "use another"})
				break
			}
		}
	}
	return found
}

// shares returns the first name that both environments give to a thing of the same kind.
func (e Environment) shares(other Environment) (what, name string) {
	if e.Account != "" && other.Account != "" && e.Account != other.Account {
		return "", ""
	}
	others := other.things()
	for i, t := range e.things() {
		if !t.isBucket() && t.made && others[i].made && t.name == others[i].name {
			return t.what, t.name
		}
	}
	return "", ""
}
