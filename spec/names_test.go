package spec

import (
	"regexp"
	"strings"
	"testing"
)

func TestDerivedNames(t *testing.T) {
	env := Default("dev")
	env.State = State{S3: &S3State{}, Cloud: &CloudState{}}
	for _, row := range []struct{ of, got, want string }{
		{"API", env.APIName(), "api-kinesis-dev"},
		{"stream", env.StreamName(), "api-kinesis-stream-dev"},
		{"delivery stream", env.DeliveryStreamName(), "api-kinesis-firehose-dev"},
		{"bucket", env.BucketName(), "api-kinesis-firehose-bucket-dev"},
		{"access log's bucket", env.AccessLogBucketName(), "api-kinesis-access-log-dev"},
		{"key's alias", env.KeyAliasName(), "alias/api-kinesis-dev"},
		{"web page", env.WebName(), "api-kinesis-web-dev"},
		{"web page's bucket", env.WebBucketName(), "api-kinesis-web-dev"},
		{"access log", env.AccessLogGroupName(), "/aws/apigateway/api-kinesis-dev/access"},
		{"delivery log", env.DeliveryLogGroupName(), "/aws/kinesisfirehose/api-kinesis-firehose-dev"},
		{"submit role", env.SubmitRoleName(), "api-kinesis-submit-dev"},
		{"logging role", env.LoggingRoleName(), "api-kinesis-logging-dev"},
		{"authorizer role", env.AuthorizerRoleName(), "api-kinesis-authorizer-dev"},
		{"delivery role", env.DeliveryRoleName(), "api-kinesis-delivery-dev"},
		{"query database", env.QueryDatabaseName(), "api_kinesis_dev"},
		{"query table", env.QueryTableName(), "events"},
		{"query workgroup", env.QueryWorkgroupName(), "api-kinesis-dev"},
		{"query bucket", env.QueryBucketName(), "api-kinesis-query-dev"},
		{"state key", env.StateKey(), "api-kinesis/dev.tfstate"},
		{"state region", env.StateRegion(), "us-east-1"},
		{"workspace", env.StateWorkspace(), "api-kinesis-dev"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.of, row.got, row.want)
		}
	}
}

func TestChosenNames(t *testing.T) {
	env := Default("dev")
	env.Bucket.Name, env.Bucket.AccessLogName = "my-events", "my-log"
	env.Web.BucketName = "my-page"
	env.Query.ResultBucket = "my-results"
	env.Names.SubmitRole = "my-role"
	env.State = State{S3: &S3State{Key: "k", Region: "eu-west-1"}, Cloud: &CloudState{Workspace: "w"}}
	for _, row := range []struct{ of, got, want string }{
		{"bucket", env.BucketName(), "my-events"},
		{"access log's bucket", env.AccessLogBucketName(), "my-log"},
		{"web page", env.WebName(), "api-kinesis-web-dev"},
		{"web page's bucket", env.WebBucketName(), "my-page"},
		{"query bucket", env.QueryBucketName(), "my-results"},
		{"submit role", env.SubmitRoleName(), "my-role"},
		{"state key", env.StateKey(), "k"},
		{"state region", env.StateRegion(), "eu-west-1"},
		{"workspace", env.StateWorkspace(), "w"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.of, row.got, row.want)
		}
	}
}

// The account's id stands before the environment's name, so that a list still sorts by kind.
func TestAccountInBuckets(t *testing.T) {
	env := Default("dev")
	env.Account, env.Names.AccountInBuckets = "111122223333", true
	for _, row := range []struct{ of, got, want string }{
		{"bucket", env.BucketName(), "api-kinesis-firehose-bucket-111122223333-dev"},
		{"access log's bucket", env.AccessLogBucketName(), "api-kinesis-access-log-111122223333-dev"},
		{"web page's bucket", env.WebBucketName(), "api-kinesis-web-111122223333-dev"},
		{"query bucket", env.QueryBucketName(), "api-kinesis-query-111122223333-dev"},
		// Names that are unique within an account do not hold the account.
		{"web page", env.WebName(), "api-kinesis-web-dev"},
		{"stream", env.StreamName(), "api-kinesis-stream-dev"},
		{"submit role", env.SubmitRoleName(), "api-kinesis-submit-dev"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.of, row.got, row.want)
		}
	}
	env.Bucket.Name, env.Bucket.AccessLogName, env.Web.BucketName, env.Query.ResultBucket = "a-a", "b-b", "c-c", "d-d"
	for want, got := range map[string]string{
		"a-a": env.BucketName(), "b-b": env.AccessLogBucketName(), "c-c": env.WebBucketName(), "d-d": env.QueryBucketName(),
	} {
		if got != want {
			t.Errorf("got %q, want the chosen %q", got, want)
		}
	}
}

// Every name begins with the prefix, or with the beginning that a service requires.
func TestPrefix(t *testing.T) {
	env := Default("dev")
	env.Names.Prefix = "web-clicks"
	env.State = State{S3: &S3State{}, Cloud: &CloudState{}}
	for of, row := range map[string]struct{ got, want string }{
		"API":                 {env.APIName(), "web-clicks-dev"},
		"stream":              {env.StreamName(), "web-clicks-stream-dev"},
		"delivery stream":     {env.DeliveryStreamName(), "web-clicks-firehose-dev"},
		"bucket":              {env.BucketName(), "web-clicks-firehose-bucket-dev"},
		"access log's bucket": {env.AccessLogBucketName(), "web-clicks-access-log-dev"},
		"key's alias":         {env.KeyAliasName(), "alias/web-clicks-dev"},
		"web page":            {env.WebName(), "web-clicks-web-dev"},
		"web page's bucket":   {env.WebBucketName(), "web-clicks-web-dev"},
		"access log":          {env.AccessLogGroupName(), "/aws/apigateway/web-clicks-dev/access"},
		"delivery log":        {env.DeliveryLogGroupName(), "/aws/kinesisfirehose/web-clicks-firehose-dev"},
		"submit role":         {env.SubmitRoleName(), "web-clicks-submit-dev"},
		"logging role":        {env.LoggingRoleName(), "web-clicks-logging-dev"},
		"authorizer role":     {env.AuthorizerRoleName(), "web-clicks-authorizer-dev"},
		"delivery role":       {env.DeliveryRoleName(), "web-clicks-delivery-dev"},
		"query database":      {env.QueryDatabaseName(), "web_clicks_dev"},
		"query workgroup":     {env.QueryWorkgroupName(), "web-clicks-dev"},
		"query bucket":        {env.QueryBucketName(), "web-clicks-query-dev"},
		"alarm topic":         {env.AlarmTopicName(), "web-clicks-alarms-dev"},
		"alarm":               {env.AlarmName("api-5xx"), "web-clicks-dev-api-5xx"},
		"dashboard":           {env.DashboardName(), "web-clicks-dev"},
		"firewall":            {env.FirewallName(), "web-clicks-dev"},
		"firewall log":        {env.FirewallLogGroupName(), "aws-waf-logs-web-clicks-dev"},
		"state key":           {env.StateKey(), "web-clicks/dev.tfstate"},
		"workspace":           {env.StateWorkspace(), "web-clicks-dev"},
		"tag":                 {env.AllTags()["Project"], "web-clicks"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", of, row.got, row.want)
		}
	}
}

func TestDatabaseNameHasNoHyphen(t *testing.T) {
	if got, want := Default("blue-eu-1").QueryDatabaseName(), "api_kinesis_blue_eu_1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The patterns are those of the services' API references.
func TestLongestNameFits(t *testing.T) {
	env := Default(strings.Repeat("a", 35))
	env.State.Cloud = &CloudState{}
	for _, row := range []struct{ of, name, pattern string }{
		{"bucket", env.BucketName(), `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`},
		{"access log's bucket", env.AccessLogBucketName(), `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`},
		{"key's alias", env.KeyAliasName(), `^alias/[a-zA-Z0-9/_-]{1,250}$`},
		{"web page", env.WebName(), `^[A-Za-z0-9_-]{1,64}$`},
		{"web page's bucket", env.WebBucketName(), `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`},
		{"query bucket", env.QueryBucketName(), `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`},
		{"query database", env.QueryDatabaseName(), `^[a-z0-9_]{1,255}$`},
		{"query workgroup", env.QueryWorkgroupName(), `^[a-zA-Z0-9._-]{1,128}$`},
		{"submit role", env.SubmitRoleName(), `^[\w+=,.@-]{1,64}$`},
		{"logging role", env.LoggingRoleName(), `^[\w+=,.@-]{1,64}$`},
		{"authorizer role", env.AuthorizerRoleName(), `^[\w+=,.@-]{1,64}$`},
		{"delivery role", env.DeliveryRoleName(), `^[\w+=,.@-]{1,64}$`},
		{"stream", env.StreamName(), `^[a-zA-Z0-9_.-]{1,128}$`},
		{"delivery stream", env.DeliveryStreamName(), `^[a-zA-Z0-9_.-]{1,64}$`},
		{"stage", env.Name, `^[a-zA-Z0-9_-]{1,128}$`},
		{"access log", env.AccessLogGroupName(), `^[.\-_/#A-Za-z0-9]{1,512}$`},
		{"delivery log", env.DeliveryLogGroupName(), `^[.\-_/#A-Za-z0-9]{1,512}$`},
		{"workspace", env.StateWorkspace(), `^[A-Za-z0-9_-]{1,90}$`},
	} {
		if !regexp.MustCompile(row.pattern).MatchString(row.name) {
			t.Errorf("%s: %q (%d characters) does not match %s", row.of, row.name, len(row.name), row.pattern)
		}
	}
	if got := len(env.BucketName()); got != 63 {
		t.Errorf("the longest bucket name has %d characters: a name may be of another length than 35", got)
	}
}

// Another state, or none, has no such name.
func TestNamesOfNoState(t *testing.T) {
	local, cloud, inBucket := Default("dev"), Default("dev"), Default("dev")
	cloud.State.Cloud, inBucket.State.S3 = &CloudState{Organization: "o"}, &S3State{Bucket: "states"}
	for name, got := range map[string]string{
		"local key": local.StateKey(), "local region": local.StateRegion(), "local workspace": local.StateWorkspace(),
		"cloud key": cloud.StateKey(), "cloud region": cloud.StateRegion(), "workspace in a bucket": inBucket.StateWorkspace(),
	} {
		if got != "" {
			t.Errorf("%s: got %q, want none", name, got)
		}
	}
}
