package spec

import "testing"

func logged(change func(e *Environment)) func(e *Environment) {
	return func(e *Environment) {
		e.Bucket.AccessLog = true
		change(e)
	}
}

func TestAccessLog(t *testing.T) {
	named := func(name string) func(e *Environment) {
		return func(e *Environment) { e.Bucket.AccessLogName = name }
	}
	testRefusals(t, []refusal{
		{"a bad name", logged(named("My-log")),
			[]string{`Bucket.AccessLogName is "My-log"; use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or a digit`}},
		{"a name with dots", logged(named("my.log")),
			[]string{`Bucket.AccessLogName is "my.log"; use "-" in place of ".": S3's TLS certificates do not match addresses of such names`}},
		{"the bucket itself", logged(named("api-kinesis-firehose-bucket-dev")),
			[]string{`Bucket.AccessLogName is "api-kinesis-firehose-bucket-dev", which is the name of the bucket itself; use another: a bucket that logs to itself logs each log`}},
		{"the bucket has the log's derived name", logged(func(e *Environment) { e.Bucket.Name = "api-kinesis-access-log-dev" }),
			[]string{`Bucket.AccessLogName is "api-kinesis-access-log-dev", which is the name of the bucket itself; use another: a bucket that logs to itself logs each log`}},
		{"the results' bucket", logged(func(e *Environment) { e.Query.Enabled, e.Query.ResultBucket = true, "api-kinesis-access-log-dev" }),
			[]string{`Bucket.AccessLogName is "api-kinesis-access-log-dev", which is also the bucket of query results; use another: results expire, and have other readers than logs`}},
		{"the web page's bucket", logged(func(e *Environment) { e.Bucket.AccessLogName, e.Web.Hosted = "api-kinesis-web-dev", true }),
			[]string{`Bucket.AccessLogName is "api-kinesis-web-dev", which is also the web page's bucket; use another: everything in the web page's bucket is public`}},
		{"negative expiry", logged(func(e *Environment) { e.Bucket.AccessLogExpireAfterDays = -1 }),
			[]string{`Bucket.AccessLogExpireAfterDays is -1; use 0 to 36500`}},
		{"late expiry", logged(func(e *Environment) { e.Bucket.AccessLogExpireAfterDays = 36501 }),
			[]string{`Bucket.AccessLogExpireAfterDays is 36501; use 0 to 36500`}},
		{"the state in it", logged(func(e *Environment) { e.State.S3 = &S3State{Bucket: "api-kinesis-access-log-dev"} }),
			[]string{`State.S3.Bucket is "api-kinesis-access-log-dev", which this environment makes; use a bucket that exists before the environment and outlives it`}},
	})
	testAcceptances(t, []acceptance{
		{"a log", logged(func(*Environment) {})},
		{"a name", logged(named("my-log"))},
		{"the name of a bucket that is not made", logged(named("api-kinesis-web-dev"))},
		{"the name of another bucket that is not made", logged(named("api-kinesis-query-dev"))},
		{"for ever", logged(func(e *Environment) { e.Bucket.AccessLogExpireAfterDays = 0 })},
		{"the state in a bucket of the unused name", func(e *Environment) { e.State.S3 = &S3State{Bucket: "api-kinesis-access-log-dev"} }},
	})
}

func TestAccessLogOfAReservedName(t *testing.T) {
	env := Default("milan-an")
	env.Bucket.Name, env.Bucket.AccessLog = "events", true
	checkError(t, env.Validate(),
		`environment "milan-an": Name is "milan-an"; use another or set Bucket.AccessLogName: S3 reserves bucket names that end with "-an"`)
	env.Bucket.AccessLogName = "my-log"
	checkError(t, env.Validate(), "")
}

func TestAccessLogsShareNoBucket(t *testing.T) {
	first, second := Default("a"), Default("b")
	first.Bucket.AccessLog, second.Bucket.AccessLog = true, true
	checkError(t, ValidateAll([]Environment{first, second}), "")
	second.Bucket.AccessLogName = "api-kinesis-access-log-a"
	checkError(t, ValidateAll([]Environment{first, second}),
		`environment "b": Bucket.AccessLogName makes the bucket "api-kinesis-access-log-a", as environment "a" does; use another`)
	second.Bucket.AccessLogName, second.Bucket.Name = "", "api-kinesis-access-log-a"
	checkError(t, ValidateAll([]Environment{first, second}),
		`environment "b": Bucket.Name makes the bucket "api-kinesis-access-log-a", as environment "a" does; use another`)
}

func TestObjectLock(t *testing.T) {
	locked := func(mode ObjectLockMode, days, expire int, removal Removal) func(e *Environment) {
		return func(e *Environment) {
			e.Bucket.ObjectLock, e.Bucket.ExpireAfterDays, e.Removal = ObjectLock{mode, days}, expire, removal
		}
	}
	testRefusals(t, []refusal{
		{"no mode", locked("", 30, 0, Retained), []string{`Bucket.ObjectLock.Mode is ""; use "GOVERNANCE" or "COMPLIANCE"`}},
		{"mode", locked("LEGAL", 30, 0, Retained), []string{`Bucket.ObjectLock.Mode is "LEGAL"; use "GOVERNANCE" or "COMPLIANCE"`}},
		{"no days", locked(Governance, 0, 0, Retained), []string{`Bucket.ObjectLock.Days is 0; use 1 to 36500`}},
		{"too many days", locked(Governance, 36501, 0, Retained), []string{`Bucket.ObjectLock.Days is 36501; use 1 to 36500`}},
		{"what nobody can delete in what is to be deleted", locked(Compliance, 30, 0, Disposable),
			[]string{`Bucket.ObjectLock.Mode is "COMPLIANCE" and Removal is "disposable"; use "GOVERNANCE" or another Removal: nobody can delete locked versions, so no destroy would succeed`}},
		{"expiry before the lock's end", locked(Governance, 30, 29, Retained),
			[]string{`Bucket.ExpireAfterDays is 29; use 0 or at least Bucket.ObjectLock.Days, which is 30: S3 hides an object that expires earlier, and keeps it`}},
	})
	testAcceptances(t, []acceptance{
		{"none", locked("", 0, 1, Disposable)},
		{"least", locked(Governance, 1, 0, Disposable)},
		{"most", locked(Compliance, 36500, 0, Protected)},
		{"expiry at the lock's end", locked(Compliance, 30, 30, Retained)},
	})
}
