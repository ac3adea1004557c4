package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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

// submitRole is the option that sets a role's name.
const submitRole = "Names.SubmitRole"

// The services whose names more than one kind of thing has.
const bucketService, roleService = "S3", "IAM"

// roleNamePattern is CreateRole's (IAM API reference).
var roleNamePattern = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

func (p *problems) names(e Environment) {
	p.submitRole(e)
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

func (p *problems) submitRole(e Environment) {
	name := e.Names.SubmitRole
	if name == "" {
		return
	}
	if !roleNamePattern.MatchString(name) {
		p.add(submitRole, is(name), fmt.Sprintf(`use 1 to %d letters, digits, "+", "=", ",", ".", "@", "_" and "-"`, maxRoleName))
	}
	for _, t := range e.things() {
		if t.isRole() && t.made && !t.chosen && strings.EqualFold(t.name, name) {
			p.add(submitRole, is(name)+", which is the name of "+t.what+" too", "use another")
		}
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
	// field is the option that sets the name; empty if there is none. chosen reports whether it is set.
	field  string
	chosen bool
}

func (t thing) isBucket() bool { return t.service == bucketService }

// isRole reports whether the thing is a role. An account has one role of a name, whatever the role is for.
func (t thing) isRole() bool { return t.service == roleService }

// things returns every resource whose name begins with the prefix, except those whose name includes the name of another one.
func (e Environment) things() []thing {
	bucket := func(what, name, field, chosen string, made bool) thing {
		return thing{what, name, made, bucketService, maxBucketName, field, chosen != ""}
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
		{"the submitting role", e.SubmitRoleName(), true, roleService, maxRoleName, submitRole, e.Names.SubmitRole != ""},
		other("the delivering role", e.DeliveryRoleName(), roleService, maxRoleName, true),
		other("the logging role", e.LoggingRoleName(), roleService, maxRoleName, e.API.ManageAccount),
		other("the authorizer's role", e.AuthorizerRoleName(), roleService, maxRoleName, e.API.Authorization.Kind == ByLambda),
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
			if t, shared := env.shares(by); shared {
				found = append(found, t.taken(env, by))
				break
			}
		}
	}
	return found
}

// shares returns the first thing that has the name of one of the other environment's. Roles' names differ by more than their case
// (IAM API reference, CreateRole). Derived names have no upper case.
func (e Environment) shares(other Environment) (thing, bool) {
	if e.Account != "" && other.Account != "" && e.Account != other.Account {
		return thing{}, false
	}
	for _, t := range e.things() {
		for _, o := range other.things() {
			if !t.isBucket() && t.service == o.service && t.made && o.made && strings.EqualFold(t.name, o.name) {
				return t, true
			}
		}
	}
	return thing{}, false
}

// taken is the problem of a name that another environment has.
func (t thing) taken(env, by Environment) problem {
	if t.chosen {
		return problem{env.Name, t.field, fmt.Sprintf("%s, which is the name of a role of environment %q too", is(t.name), by.Name), "use another"}
	}
	remedy := "use another"
	if t.field != "" {
		remedy += ", or set " + t.field
	}
	fault := fmt.Sprintf("%s, which makes the name of %s %q, as in environment %q", is(env.Names.Prefix), t.what, t.name, by.Name)
	return problem{env.Name, "Names.Prefix", fault, remedy}
}
