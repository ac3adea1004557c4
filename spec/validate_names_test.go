package spec

import (
	"fmt"
	"strings"
	"testing"
)

const prefixRemedy = `; use 1 to 32 of a-z, 0-9 and "-", beginning with a letter and ending with a letter or a digit`

func withPrefix(prefix string) func(e *Environment) {
	return func(e *Environment) { e.Names.Prefix = prefix }
}

const roleRemedy = `; use 1 to 64 letters, digits, "+", "=", ",", ".", "@", "_" and "-"`

func withRole(name string) func(e *Environment) {
	return func(e *Environment) { e.Names.SubmitRole = name }
}

// withAccount has the account's id in its buckets' names.
func withAccount(more func(e *Environment)) func(e *Environment) {
	return func(e *Environment) {
		e.Account, e.Names.AccountInBuckets = "111122223333", true
		more(e)
	}
}

func TestNamesRefused(t *testing.T) {
	a := func(count int) string { return strings.Repeat("a", count) }
	testRefusals(t, []refusal{
		{"no prefix", withPrefix(""), []string{`Names.Prefix is ""` + prefixRemedy}},
		{"upper case", withPrefix("Clicks"), []string{`Names.Prefix is "Clicks"` + prefixRemedy}},
		{"a digit first", withPrefix("1click"), []string{`Names.Prefix is "1click"` + prefixRemedy}},
		{"a hyphen last", withPrefix("clicks-"), []string{`Names.Prefix is "clicks-"` + prefixRemedy}},
		{"a dot", withPrefix("my.clicks"), []string{`Names.Prefix is "my.clicks"` + prefixRemedy}},
		{"an underscore", withPrefix("my_clicks"), []string{`Names.Prefix is "my_clicks"` + prefixRemedy}},
		{"a line break", withPrefix("clicks\n"), []string{`Names.Prefix is "clicks\n"` + prefixRemedy}},
		{"33 characters", withPrefix(a(33)), []string{`Names.Prefix is "` + a(33) + `"` + prefixRemedy}},
		{"a prefix that S3 reserves", withPrefix("sthree"),
			[]string{`Names.Prefix is "sthree"; use another: S3 reserves bucket names that begin with "sthree-"`}},
		{"another", withPrefix("xn--clicks"),
			[]string{`Names.Prefix is "xn--clicks"; use another: S3 reserves bucket names that begin with "xn--"`}},
		{"a role's name with a slash", withRole("team/submit"), []string{`Names.SubmitRole is "team/submit"` + roleRemedy}},
		{"a role's name that is an expression", withRole("${submit}"), []string{`Names.SubmitRole is "${submit}"` + roleRemedy}},
		{"a role's name with a line break", withRole("submit\n"), []string{`Names.SubmitRole is "submit\n"` + roleRemedy}},
		{"a role's name of 65 characters", withRole(a(65)), []string{`Names.SubmitRole is "` + a(65) + `"` + roleRemedy}},
		{"a role's name for two", withRole("api-kinesis-DELIVERY-dev"),
			[]string{`Names.SubmitRole is "api-kinesis-DELIVERY-dev", which is the name of the delivering role too; use another`}},
		{"an account that is not known", func(e *Environment) { e.Names.AccountInBuckets = true },
			[]string{`Names.AccountInBuckets is true and Account is ""; set Account to the 12 digits of the account's id, which becomes part of the names`}},
		{"an invalid account", func(e *Environment) { e.Names.AccountInBuckets, e.Account = true, "me" },
			[]string{`Account is "me"; use the 12 digits of an account's id, or leave it empty`}},
		{"an account in no name", withAccount(func(e *Environment) { e.Bucket.Name = "my-events" }),
			[]string{`Names.AccountInBuckets is true and no bucket has a derived name; leave it out, or leave out Bucket.Name`}},
	})
}

// The message has each name that becomes too long, and the resource that has it.
func TestLengthsOfNames(t *testing.T) {
	long := strings.Repeat("p", 32)
	everything := func(e *Environment) {
		e.Bucket.AccessLog, e.Query.Enabled, e.Web.Hosted = true, true, true
		e.API.Authorization = AuthorizeLambda(LambdaAuthorizer{
			FunctionARN: "arn:aws:lambda:us-east-1:123456789012:function:f", Kind: TokenAuthorizer, IdentitySources: []string{"method.request.header.X"},
		})
	}
	tooLong := func(what, kind string, length int, remedy string) string {
		name := long + "-" + kind + "-" + strings.Repeat("e", length)
		return fmt.Sprintf("Names.Prefix is %q, which makes the name of %s %q, %d characters; shorten Names.Prefix or Name%s", long, what, name, len(name), remedy)
	}
	for _, row := range []struct {
		name   string
		length int
		change func(e *Environment)
		want   []string
	}{
		{"as long as may be", 14, func(*Environment) {}, nil},
		{"a bucket of a name of its own", 20, func(e *Environment) { e.Bucket.Name = "my-events" }, nil},
		{"one more", 15, func(*Environment) {}, []string{
			tooLong("the bucket", "firehose-bucket", 15, ", or set Bucket.Name: S3 takes 63"),
		}},
		{"the longest name, of everything", 35, everything, []string{
			tooLong("the bucket", "firehose-bucket", 35, ", or set Bucket.Name: S3 takes 63"),
			tooLong("the access log's bucket", "access-log", 35, ", or set Bucket.AccessLogName: S3 takes 63"),
			tooLong("the bucket of queries' results", "query", 35, ", or set Query.ResultBucket: S3 takes 63"),
			tooLong("the web page's bucket", "web", 35, ", or set Web.BucketName: S3 takes 63"),
			tooLong("the delivery stream", "firehose", 35, ": Firehose takes 64"),
			tooLong("the submitting role", "submit", 35, ": IAM takes 64"),
			tooLong("the delivering role", "delivery", 35, ": IAM takes 64"),
			tooLong("the logging role", "logging", 35, ": IAM takes 64"),
			tooLong("the authorizer's role", "authorizer", 35, ": IAM takes 64"),
			tooLong("the web page's access control", "web", 35, ": CloudFront takes 64"),
		}},
		{"roles that there are not", 24, func(e *Environment) { e.Bucket.Name, e.API.ManageAccount = "my-events", false }, []string{
			tooLong("the delivery stream", "firehose", 24, ": Firehose takes 64"),
			tooLong("the delivering role", "delivery", 24, ": IAM takes 64"),
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			env := Default(strings.Repeat("e", row.length))
			env.Names.Prefix = long
			row.change(&env)
			want := ""
			for i, line := range row.want {
				if i > 0 {
					want += "\n"
				}
				want += `environment "` + env.Name + `": ` + line
			}
			checkError(t, env.Validate(), want)
		})
	}
	testRefusals(t, []refusal{
		{"the account's id in a long name", withAccount(func(e *Environment) { e.Names.Prefix = long }), []string{
			`Names.AccountInBuckets is true, which makes the name of the bucket "` + long + `-firehose-bucket-111122223333-dev", 65 characters; shorten Names.Prefix or Name, or set Bucket.Name: S3 takes 63`,
		}},
	})
}

func TestNamesAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"a role's name", withRole("Team_1+events=a,b.c@d-" + strings.Repeat("e", 42))},
		{"a logging role's name without such a role", func(e *Environment) { e.API.ManageAccount, e.Names.SubmitRole = false, e.LoggingRoleName() }},
		{"one letter", withPrefix("c")},
		{"32 characters", withPrefix(strings.Repeat("a", 32))},
		{"hyphens and digits", withPrefix("a1--2b")},
		{"nearly one that S3 reserves", withPrefix("sthre")},
		{"the account's id", withAccount(func(*Environment) {})},
		{"the account's id in some names", withAccount(func(e *Environment) { e.Bucket.Name, e.Query.Enabled = "my-events", true })},
		{"the longest name with the account's id", withAccount(func(e *Environment) { e.Names.Prefix = strings.Repeat("a", 30) })},
	})
}

// With the default prefix two environments never share a name. With other prefixes they may.
func TestSameNames(t *testing.T) {
	with := func(name, prefix, account string) Environment {
		env := Default(name)
		env.Names.Prefix, env.Account, env.API.ManageAccount = prefix, account, false
		return env
	}
	logging := func(env Environment) Environment { env.API.ManageAccount = true; return env }
	role := func(env Environment, name string) Environment { env.Names.SubmitRole = name; return env }
	const a, b = "111122223333", "444455556666"
	same := func(prefix, what, name string) string {
		return `environment "c": Names.Prefix is "` + prefix + `", which makes the name of ` + what + ` "` + name + `", as in environment "b-c"; use another`
	}
	for _, row := range []struct {
		name string
		envs []Environment
		want string
	}{
		{"the same prefix", []Environment{with("b-c", "a", ""), with("c", "a", "")}, ""},
		{"everything", []Environment{with("b-c", "a", ""), with("c", "a-b", "")}, same("a-b", "the API", "a-b-c")},
		{"in one account", []Environment{with("b-c", "a", a), with("c", "a-b", a)}, same("a-b", "the API", "a-b-c")},
		{"in two accounts", []Environment{with("b-c", "a", a), with("c", "a-b", b)}, ""},
		{"a role", []Environment{with("submit-c", "a", ""), with("c", "a-submit", "")},
			`environment "c": Names.Prefix is "a-submit", which makes the name of the API "a-submit-c", as in environment "submit-c"; use another`},
		{"a role alone", []Environment{with("b-submit-c", "a", ""), with("c", "a-submit-b", "")},
			`environment "c": Names.Prefix is "a-submit-b", which makes the name of the submitting role "a-submit-b-submit-c", as in environment "b-submit-c"; use another, or set Names.SubmitRole`},
		{"roles of two kinds", []Environment{with("logging-c", "a", ""), logging(with("c", "a-delivery", ""))},
			`environment "c": Names.Prefix is "a-delivery", which makes the name of the logging role "a-delivery-logging-c", as in environment "logging-c"; use another`},
		{"a chosen role", []Environment{role(with("b-c", "a", ""), "A-submit-c"), with("c", "a", "")},
			`environment "c": Names.Prefix is "a", which makes the name of the submitting role "a-submit-c", as in environment "b-c"; use another, or set Names.SubmitRole`},
		{"the role that another has", []Environment{with("b-c", "a", ""), role(with("c", "a", ""), "a-delivery-b-c")},
			`environment "c": Names.SubmitRole is "a-delivery-b-c", which is the name of a role of environment "b-c" too; use another`},
		{"the role that another has in its account", []Environment{with("b-c", "a", a), role(with("c", "a", b), "a-submit-b-c")}, ""},
		{"the stream alone", []Environment{with("b-stream-c", "a", ""), with("c", "a-stream-b", "")},
			`environment "c": Names.Prefix is "a-stream-b", which makes the name of the stream "a-stream-b-stream-c", as in environment "b-stream-c"; use another`},
	} {
		t.Run(row.name, func(t *testing.T) { checkError(t, ValidateAll(row.envs), row.want) })
	}
}

// CloudFront's own domain serves no content in China, and GovCloud has no CloudFront.
func TestWebRegions(t *testing.T) {
	in := func(region string) func(e *Environment) {
		return func(e *Environment) { hosted("")(e); e.Region = region }
	}
	const remedy = `; set Web.Hosted to false and host the built page yourself: `
	testRefusals(t, []refusal{
		{"Beijing", in("cn-north-1"), []string{`Web.Hosted is true and Region is "cn-north-1"` + remedy + `in China CloudFront serves nothing under its own domain`}},
		{"Ningxia", in("cn-northwest-1"), []string{`Web.Hosted is true and Region is "cn-northwest-1"` + remedy + `in China CloudFront serves nothing under its own domain`}},
		{"GovCloud", in("us-gov-west-1"), []string{`Web.Hosted is true and Region is "us-gov-west-1"` + remedy + `GovCloud has no CloudFront`}},
		{"the Sovereign Cloud", in("eusc-de-east-1"), []string{`Web.Hosted is true and Region is "eusc-de-east-1"` + remedy + `no public document names CloudFront's domain in the European Sovereign Cloud`}},
	})
	testAcceptances(t, []acceptance{
		{"Frankfurt", in("eu-central-1")},
		{"China without a page", func(e *Environment) { e.Region = "cn-north-1" }},
	})
}
