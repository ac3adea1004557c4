package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// refusal is a change of Default("dev") and the problems that it causes, without `environment "dev": `.
type refusal struct {
	name   string
	change func(e *Environment)
	want   []string
}

func testRefusals(t *testing.T, rows []refusal) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			env := Default("dev")
			row.change(&env)
			want := `environment "dev": ` + strings.Join(row.want, "\nenvironment \"dev\": ")
			checkError(t, env.Validate(), want)
		})
	}
}

// acceptance is a change of Default("dev") that is valid.
type acceptance struct {
	name   string
	change func(e *Environment)
}

func testAcceptances(t *testing.T, rows []acceptance) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			env := Default("dev")
			row.change(&env)
			checkError(t, env.Validate(), "")
		})
	}
}

// checkError compares the whole message. An empty message means no error.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDefaultsAreValid(t *testing.T) {
	for _, name := range []string{"dev", "x", strings.Repeat("a", 35)} {
		checkError(t, Default(name).Validate(), "")
	}
}

func TestZeroEnvironmentReportsEverything(t *testing.T) {
	want := []string{
		`Name is ""; use 1 to 35 of a-z, 0-9 and "-", beginning with a letter and ending with a letter or a digit`,
		`Region is ""; use a region such as "eu-west-1": an area, a direction and a number`,
		`Names.Prefix is ""; use 1 to 32 of a-z, 0-9 and "-", beginning with a letter and ending with a letter or a digit`,
		`Removal is ""; use "disposable", "retained" or "protected"`,
		`Provider is ""; use "~> 5.99" or "~> 6.0"`,
		`API.Authorization.Kind is ""; use "NONE", "AWS_IAM", "API_KEY", "COGNITO_USER_POOLS" or "CUSTOM"`,
		`API.Schema is empty; write a JSON schema of draft 4, at least {"type": "object"}`,
		`API.PartitionKey.Source is ""; use "request id", "JSON path" or "header"`,
		`API.CORS.AllowOrigins is empty; use "*" alone, or origins such as "https://app.example.com"`,
		`API.CORS.AllowHeaders has no "Content-Type"; add it: without it no page can send JSON`,
		`API.CORS.AllowMethods has no "POST"; add it: events are submitted with it`,
		`API.Throttle.RateLimit is 0; use a number of requests per second, more than 0`,
		`API.Throttle.BurstLimit is 0; use 1 to 2147483647`,
		`Stream.Capacity.Mode is ""; use "PROVISIONED" or "ON_DEMAND"`,
		`Stream.Retention is 0s; use whole hours, 24 to 8760`,
		`Delivery.BufferMiB is 0; use 1 to 128`,
		`Delivery.Compression is ""; use "UNCOMPRESSED", "GZIP", "ZIP" or "Snappy"`,
		`Delivery.Format is ""; use "JSON" or "Parquet"`,
		`Delivery.Prefix is ""; begin with a folder, such as "events/"`,
		`Delivery.ErrorPrefix is ""; begin with a folder, such as "events/"`,
		`Delivery.TimeZone is ""; use "UTC" or a time zone that Firehose lists, such as "Asia/Tokyo"`,
		`Bucket.NoncurrentExpireAfterDays is 0; use 1 to 36500`,
		`Bucket.AbortUploadsAfterDays is 0; use 1 to 36500`,
		`Logs.RetentionDays is 0; use 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, ` +
			`2557, 2922, 3288 or 3653: 0 would keep logs forever`,
		`Logs.Execution is ""; use "ERROR", "INFO" or "OFF"`,
	}
	checkError(t, Environment{}.Validate(), `environment "": `+strings.Join(want, "\nenvironment \"\": "))
}

func TestProblemsKeepTheirParts(t *testing.T) {
	env := Default("dev")
	env.Stream.Capacity = Provisioned(0)
	env.Removal, env.Provider = "maybe", "~> 4.0"
	joined, ok := env.Validate().(interface{ Unwrap() []error })
	if !ok {
		t.Fatal("the error does not join several")
	}
	want := []problem{
		{"dev", "Removal", `is "maybe"`, `use "disposable", "retained" or "protected"`},
		{"dev", "Provider", `is "~> 4.0"`, `use "~> 5.99" or "~> 6.0"`},
		{"dev", "Stream.Capacity.Shards", "is 0", "use 1 to 10000"},
	}
	for i, err := range joined.Unwrap() {
		var got problem
		if !errors.As(err, &got) || got != want[i] {
			t.Errorf("problem %d: got %#v, want %#v", i, err, want[i])
		}
	}
}

func TestNames(t *testing.T) {
	const shape = `use 1 to 35 of a-z, 0-9 and "-", beginning with a letter and ending with a letter or a digit`
	reserved := func(suffix string) string {
		return "use another or set Bucket.Name: S3 reserves bucket names that end with " + suffix
	}
	for name, remedy := range map[string]string{
		"a":                     "",
		"a1":                    "",
		"a--b":                  "",
		strings.Repeat("a", 35): "",
		strings.Repeat("a", 36): shape,
		"Dev":                   shape,
		"1dev":                  shape,
		"-dev":                  shape,
		"dev-":                  shape,
		"de v":                  shape,
		"dev\n":                 shape,
		"dév":                   shape,
		"s3alias":               reserved(`"-s3alias"`),
		"dev-s3alias":           reserved(`"-s3alias"`),
		"devs3alias":            "",
		"dev--ol-s3":            reserved(`"--ol-s3"`),
		"dev--x-s3":             reserved(`"--x-s3"`),
		"dev--table-s3":         reserved(`"--table-s3"`),
		"an":                    reserved(`"-an"`),
		"milan":                 "",
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			if remedy != "" {
				want = fmt.Sprintf("environment %q: Name is %q; %s", name, name, remedy)
			}
			checkError(t, Default(name).Validate(), want)
		})
	}
}

func TestIdentityRefused(t *testing.T) {
	const (
		region  = `; use a region such as "eu-west-1": an area, a direction and a number`
		account = `; use the 12 digits of an account's id, or leave it empty`
	)
	testRefusals(t, []refusal{
		{"region without number", func(e *Environment) { e.Region = "eu-west" },
			[]string{`Region is "eu-west"` + region}},
		{"a region newer than the provider", func(e *Environment) { e.Region = "ap-southeast-6" },
			[]string{`Region is "ap-southeast-6", which version 5 of the AWS provider does not know; correct it, or set Provider to Provider6 for a region that AWS opened later`}},
		{"an isolated region", func(e *Environment) {
			e.Region, e.State.S3 = "us-iso-east-1", &S3State{Bucket: "states", Region: "eu-isoe-west-1"}
		}, []string{
			`Region is "us-iso-east-1"; use a region such as "eu-west-1": this one is in the isolated partition "aws-iso", which this project does not support`,
			`State.S3.Region is "eu-isoe-west-1"; use a region such as "eu-west-1": this one is in the isolated partition "aws-iso-e", which this project does not support, or leave it empty`,
		}},
		{"availability zone", func(e *Environment) { e.Region = "eu-west-1a" },
			[]string{`Region is "eu-west-1a"` + region}},
		{"no direction", func(e *Environment) { e.Region = "eu-middle-9" },
			[]string{`Region is "eu-middle-9"` + region}},
		{"no area", func(e *Environment) { e.Region = "uk-west-1" },
			[]string{`Region is "uk-west-1"` + region}},
		{"two directions", func(e *Environment) { e.Region = "us-east-west-1" },
			[]string{`Region is "us-east-west-1"` + region}},
		{"no number", func(e *Environment) { e.Region = "eu-west-0" },
			[]string{`Region is "eu-west-0"` + region}},
		{"upper case", func(e *Environment) { e.Region = "EU-WEST-1" },
			[]string{`Region is "EU-WEST-1"` + region}},
		{"11 digits", func(e *Environment) { e.Account = "11112222333" },
			[]string{`Account is "11112222333"` + account}},
		{"13 digits", func(e *Environment) { e.Account = "1111222233334" },
			[]string{`Account is "1111222233334"` + account}},
		{"account with dashes", func(e *Environment) { e.Account = "1111-2222-3333" },
			[]string{`Account is "1111-2222-3333"` + account}},
		{"removal", func(e *Environment) { e.Removal = "Disposable" },
			[]string{`Removal is "Disposable"; use "disposable", "retained" or "protected"`}},
	})
}

// The regions are those that the AWS SDK for Go 1.48.0 knows, without the isolated ones. Version 5 of the provider knows no newer ones.
func TestRegionsAccepted(t *testing.T) {
	var rows []acceptance
	newer := []string{"ap-southeast-6", "me-west-1", "sa-west-1"}
	for region := range strings.FieldsSeq(`
		af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
		ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
		eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1
		me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1
		eusc-de-east-1 us-gov-east-1 us-gov-west-1`) {
		rows = append(rows, acceptance{region, func(e *Environment) {
			e.Region = region
			if slices.Contains(newer, region) {
				e.Provider = Provider6
			}
		}})
	}
	testAcceptances(t, rows)
}

func TestIdentityAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"a region that is not there yet", func(e *Environment) { e.Region, e.Provider = "ap-northwest-12", Provider6 }},
		{"12 digits", func(e *Environment) { e.Account = "111122223333" }},
		{"reserved end with a bucket of its own", func(e *Environment) { e.Name, e.Bucket.Name = "an", "my-events" }},
	})
}

func tagged(pairs ...string) func(e *Environment) {
	return func(e *Environment) {
		e.Tags = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			e.Tags[pairs[i]] = pairs[i+1]
		}
	}
}

func manyTags(count int) func(e *Environment) {
	return func(e *Environment) {
		e.Tags = map[string]string{}
		for i := range count {
			e.Tags[fmt.Sprintf("key-%d", i)] = "value"
		}
	}
}

func TestTagsRefused(t *testing.T) {
	long := strings.Repeat("k", 129)
	testRefusals(t, []refusal{
		{"48 tags", manyTags(48),
			[]string{`Tags has 48 entries; use at most 47: every resource gets three more, and AWS allows 50`}},
		{"empty key", tagged("", "x"),
			[]string{`Tags has the key ""; use 1 to 128 letters, digits, spaces and . : + = @ _ / -`}},
		{"long key", tagged(long, "x"),
			[]string{`Tags has the key "` + long + `"; use 1 to 128 letters, digits, spaces and . : + = @ _ / -`}},
		{"character in a key", tagged("a,b", "x"),
			[]string{`Tags has the key "a,b"; use 1 to 128 letters, digits, spaces and . : + = @ _ / -`}},
		{"reserved key", tagged("AWS:team", "x"),
			[]string{`Tags has the key "AWS:team"; use one that does not begin with "aws:", which AWS reserves`}},
		{"no project", tagged("Project", ""), []string{"Tags[\"Project\"] is \"\"; use a value, or leave it out: the roles of `ingest deployer` know the environment's resources by it"}},
		{"reserved value", tagged("team", "Aws:x"), []string{`Tags["team"] is "Aws:x"; use one that does not begin with "aws:", which AWS reserves`}},
		{"Environment", tagged("Environment", "x"),
			[]string{`Tags has the key "Environment"; leave it out: the tag Environment is always the environment's name`}},
		{"environment", tagged("environment", "x"),
			[]string{`Tags has the key "environment"; leave it out: the tag Environment is always the environment's name`}},
		{"another spelling of a default", tagged("project", "x"),
			[]string{`Tags has the key "project"; use the spelling "Project" only: IAM refuses keys that differ in case alone`}},
		{"another spelling of the other default", tagged("MANAGEDBY", "x"),
			[]string{`Tags has the key "MANAGEDBY"; use the spelling "ManagedBy" only: IAM refuses keys that differ in case alone`}},
		{"two spellings", tagged("team", "x", "TEAM", "y"),
			[]string{`Tags has the key "team"; use the spelling "TEAM" only: IAM refuses keys that differ in case alone`}},
		{"long value", tagged("team", strings.Repeat("v", 257)),
			[]string{`Tags["team"] is "` + strings.Repeat("v", 257) + `"; use at most 256 letters, digits, spaces and . : + = @ _ / -`}},
		{"character in a value", tagged("team", "ünit"),
			[]string{`Tags["team"] is "ünit"; use at most 256 letters, digits, spaces and . : + = @ _ / -`}},
		{"line break in a value", tagged("team", "a\nb"),
			[]string{`Tags["team"] is "a\nb"; use at most 256 letters, digits, spaces and . : + = @ _ / -`}},
		{"several, in order of their keys", tagged("z", "!", "a", "!", "aws:m", "!"), []string{
			`Tags["a"] is "!"; use at most 256 letters, digits, spaces and . : + = @ _ / -`,
			`Tags has the key "aws:m"; use one that does not begin with "aws:", which AWS reserves`,
			`Tags["aws:m"] is "!"; use at most 256 letters, digits, spaces and . : + = @ _ / -`,
			`Tags["z"] is "!"; use at most 256 letters, digits, spaces and . : + = @ _ / -`,
		}},
	})
}

func TestTagsAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"47 tags", manyTags(47)},
		{"defaults replaced", tagged("Project", "mine", "ManagedBy", "me")},
		{"empty value", tagged("team", "")},
		{"longest key", tagged(strings.Repeat("k", 128), "x")},
		{"longest value", tagged("team", strings.Repeat("v", 256))},
		{"every character", tagged("aA0 .:+=@_/-", "aA0 .:+=@_/-")},
		{"aws elsewhere", tagged("my-aws:x", "my-aws:y")},
	})
}
