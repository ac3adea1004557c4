package spec

import (
	"strings"
	"testing"
)

func TestValidateAll(t *testing.T) {
	const (
		account = `; set API.ManageAccount = false in all but one: they would overwrite each other's setting`
		key     = `; use another key: they would overwrite each other's state`
		space   = `; use another workspace: they would overwrite each other's state`
	)
	with := func(name string, change func(e *Environment)) Environment {
		env := Default(name)
		change(&env)
		return env
	}
	inAccount := func(name string, change func(e *Environment)) Environment {
		env := Default(name)
		env.Account = "111122223333"
		change(&env)
		return env
	}
	asIs := func(*Environment) {}
	stateIn := func(name string, s3 S3State) Environment {
		return with(name, func(e *Environment) { e.State.S3 = &s3 })
	}
	cloudIn := func(name string, cloud CloudState) Environment {
		return with(name, func(e *Environment) { e.State.Cloud = &cloud })
	}
	for _, row := range []struct {
		name string
		envs []Environment
		want []string
	}{
		{"none", nil, []string{`there are no environments; declare at least one`}},
		{"one", []Environment{Default("a")}, nil},
		{"several", []Environment{Default("a"), Default("b"), Default("c")}, nil},
		{"problems of each", []Environment{
			with("a", func(e *Environment) { e.Region = "x" }), with("b", func(e *Environment) { e.Account = "y" }),
		}, []string{
			`environment "a": Region is "x"; use a region such as "eu-west-1": an area, a direction and a number`,
			`environment "b": Account is "y"; use the 12 digits of an account's id, or leave it empty`,
		}},
		{"same environment twice", []Environment{inAccount("a", asIs), Default("b"), inAccount("a", asIs), Default("b"), Default("b")}, []string{
			`environment "a": Name is "a", which another environment has too; use another`,
			`environment "b": Name is "b", which another environment has too; use another`,
			`environment "b": Name is "b", which another environment has too; use another`,
		}},
		{"own problems first", []Environment{Default("a"), with("a", func(e *Environment) { e.Logs.Execution = "" })}, []string{
			`environment "a": Logs.Execution is ""; use "ERROR", "INFO" or "OFF"`,
			`environment "a": Name is "a", which another environment has too; use another`,
		}},
		{"state in another's bucket", []Environment{
			with("a", func(e *Environment) { e.State.S3 = &S3State{Bucket: "api-kinesis-web-b"} }),
			with("b", func(e *Environment) {
				e.Web.Hosted, e.State.S3 = true, &S3State{Bucket: "api-kinesis-firehose-bucket-a"}
			}),
			with("c", func(e *Environment) { e.State.S3 = &S3State{Bucket: "api-kinesis-query-b"} }), // b makes no such bucket
		}, []string{
			`environment "a": State.S3.Bucket is "api-kinesis-web-b", which environment "b" makes; use a bucket that exists before the environment and outlives it`,
			`environment "b": State.S3.Bucket is "api-kinesis-firehose-bucket-a", which environment "a" makes; use a bucket that exists before the environment and outlives it`,
		}},
		{"same bucket", []Environment{
			with("a", func(e *Environment) { e.Bucket.Name = "events" }), with("b", func(e *Environment) { e.Bucket.Name = "events" }),
		}, []string{`environment "b": Bucket.Name makes the bucket "events", as environment "a" does; use another`}},
		{"another's derived bucket", []Environment{
			with("a", func(e *Environment) { e.Bucket.Name = "api-kinesis-firehose-bucket-b" }), Default("b"),
		}, []string{`environment "b": Bucket.Name makes the bucket "api-kinesis-firehose-bucket-b", as environment "a" does; use another`}},
		{"same web page's bucket", []Environment{
			with("a", hosted("page")), with("b", hosted("page")),
		}, []string{`environment "b": Web.BucketName makes the bucket "page", as environment "a" does; use another`}},
		{"a bucket of events for another's web page", []Environment{
			with("a", func(e *Environment) { e.Bucket.Name = "api-kinesis-web-b" }), with("b", hosted("")),
		}, []string{`environment "b": Web.BucketName makes the bucket "api-kinesis-web-b", as environment "a" does; use another`}},
		{"a web page's bucket for another's events", []Environment{with("a", hosted("events")), with("b", func(e *Environment) { e.Bucket.Name = "events" })},
			[]string{`environment "b": Bucket.Name makes the bucket "events", as environment "a" does; use another`}},
		{"the bucket of a web page that is not hosted", []Environment{with("a", hosted("api-kinesis-web-b")), Default("b")}, nil},
		{"two web pages", []Environment{with("a", hosted("")), with("b", hosted(""))}, nil},
		{"same bucket of results", []Environment{
			with("a", func(e *Environment) { e.Query.Enabled, e.Query.ResultBucket = true, "results" }),
			with("b", func(e *Environment) { e.Query.Enabled, e.Query.ResultBucket = true, "results" }),
		}, []string{`environment "b": Query.ResultBucket makes the bucket "results", as environment "a" does; use another`}},
		{"the bucket of results that are not made", []Environment{
			with("a", func(e *Environment) { e.Query.Enabled, e.Query.ResultBucket = true, "api-kinesis-query-b" }), Default("b"),
		}, nil},
		{"same domain", []Environment{
			with("a", named(func(*Domain) {})), with("b", named(func(*Domain) {})), with("c", named(func(d *Domain) { d.Name = "c.example.com" })),
		}, []string{`environment "b": API.Domain.Name is "events.example.com", as in environment "a"; use another: a domain leads to one API`}},
		{"same account and region", []Environment{inAccount("a", asIs), inAccount("b", asIs), inAccount("c", asIs)}, []string{
			`environment "b": API.ManageAccount is true, as in environment "a" of the same account and region` + account,
			`environment "c": API.ManageAccount is true, as in environment "a" of the same account and region` + account,
		}},
		{"one manages the account", []Environment{inAccount("a", asIs), inAccount("b", func(e *Environment) { e.API.ManageAccount = false })}, nil},
		{"same account, another region", []Environment{inAccount("a", asIs), inAccount("b", func(e *Environment) { e.Region = "eu-west-1" })}, nil},
		{"another account", []Environment{inAccount("a", asIs), inAccount("b", func(e *Environment) { e.Account = "444455556666" })}, nil},
		{"same state", []Environment{stateIn("a", S3State{Bucket: "state", Key: "k"}), stateIn("b", S3State{Bucket: "state", Key: "k"})},
			[]string{`environment "b": State.S3 is the key "k" of the bucket "state", as in environment "a"` + key}},
		{"a lock file in the place of a state", []Environment{stateIn("a", S3State{Bucket: "state", Key: "k.tflock"}), stateIn("b", S3State{Bucket: "state", Key: "k"})},
			[]string{`environment "b": State.S3 has the lock file "k.tflock" in the bucket "state", which is the state of environment "a"; use another key: each lock would overwrite that state`}},
		{"a state in the place of a lock file", []Environment{stateIn("a", S3State{Bucket: "state", Key: "k"}), stateIn("b", S3State{Bucket: "state", Key: "k.tflock"})},
			[]string{`environment "b": State.S3 is the key "k.tflock" of the bucket "state", which is the lock file of environment "a"` + key}},
		{"another's derived key", []Environment{
			stateIn("a", S3State{Bucket: "state", Key: "api-kinesis/b.tfstate"}), stateIn("b", S3State{Bucket: "state"}),
		}, []string{`environment "b": State.S3 is the key "api-kinesis/b.tfstate" of the bucket "state", as in environment "a"` + key}},
		{"derived keys", []Environment{stateIn("a", S3State{Bucket: "state"}), stateIn("b", S3State{Bucket: "state"})}, nil},
		{"another bucket", []Environment{stateIn("a", S3State{Bucket: "state-a", Key: "k"}), stateIn("b", S3State{Bucket: "state-b", Key: "k"})}, nil},
		{"same workspace", []Environment{
			cloudIn("a", CloudState{Organization: "acme", Workspace: "w"}),
			cloudIn("b", CloudState{Organization: "acme", Workspace: "w", Hostname: "App.Terraform.io"}),
		}, []string{`environment "b": State.Cloud is the workspace "w" of the organization "acme", as in environment "a"` + space}},
		{"same workspace, by the port of HTTPS", []Environment{
			cloudIn("a", CloudState{Organization: "acme", Workspace: "w", Hostname: "tfe.example.com:443"}),
			cloudIn("b", CloudState{Organization: "acme", Workspace: "w", Hostname: "tfe.example.com"}),
		}, []string{`environment "b": State.Cloud is the workspace "w" of the organization "acme", as in environment "a"` + space}},
		{"another's derived workspace", []Environment{
			cloudIn("a", CloudState{Organization: "acme", Workspace: "api-kinesis-b"}), cloudIn("b", CloudState{Organization: "acme"}),
		}, []string{`environment "b": State.Cloud is the workspace "api-kinesis-b" of the organization "acme", as in environment "a"` + space}},
		{"derived workspaces", []Environment{cloudIn("a", CloudState{Organization: "acme"}), cloudIn("b", CloudState{Organization: "acme"})}, nil},
		{"another organization", []Environment{
			cloudIn("a", CloudState{Organization: "acme", Workspace: "w"}), cloudIn("b", CloudState{Organization: "emca", Workspace: "w"}),
		}, nil},
		{"another host", []Environment{
			cloudIn("a", CloudState{Organization: "acme", Workspace: "w"}),
			cloudIn("b", CloudState{Organization: "acme", Workspace: "w", Hostname: "tfe.example.com"}),
		}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			checkError(t, ValidateAll(row.envs), strings.Join(row.want, "\n"))
		})
	}
}

func TestValidateAllOfNamelessEnvironments(t *testing.T) {
	// Each environment reports that its name is empty. ValidateAll does not also report that the two names are equal.
	err := ValidateAll([]Environment{{}, {}})
	alone := strings.Split(Environment{}.Validate().Error(), "\n")
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 2*len(alone) {
		t.Errorf("got %d problems:\n%v", len(lines), err)
	}
}
