package stacks

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	_ "cdk.tf/go/ingest/internal/nodeenv" // before jsii reads the environment
	"cdk.tf/go/ingest/spec"
)

func TestMain(m *testing.M) {
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

func three() []spec.Environment { return []spec.Environment{Dev(), Staging(), Prod()} }

func TestSelect(t *testing.T) {
	for _, test := range []struct{ names, want string }{
		{"", "dev staging prod"},
		{"prod", "prod"},
		{"prod,dev", "prod dev"},
		{" dev , staging ", "dev staging"},
		{"dev,prod,dev,prod", "dev prod"},
	} {
		selected, err := Select(three(), test.names)
		var got []string
		for _, env := range selected {
			got = append(got, env.Name)
		}
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("Select(%q) = %v, %v; want %s", test.names, got, err, test.want)
		}
	}
}

func TestSelectRefusesAnUnknownName(t *testing.T) {
	for names, want := range map[string]string{
		"tset":        `ENV: no environment is named "tset"; use dev, staging, prod`,
		"dev,":        `ENV: no environment is named ""; use dev, staging, prod`,
		"Dev":         `ENV: no environment is named "Dev"; did you mean dev? There are dev, staging, prod`,
		"stagin,prod": `ENV: no environment is named "stagin"; did you mean staging? There are dev, staging, prod`,
		"prd,dve": `ENV: no environment is named "prd"; did you mean prod? There are dev, staging, prod` + "\n" +
			`ENV: no environment is named "dve"; did you mean dev? There are dev, staging, prod`,
	} {
		if selected, err := Select(three(), names); err == nil || err.Error() != want || selected != nil {
			t.Errorf("Select(%q) = %v, %v; want the error %s", names, selected, err, want)
		}
	}
}

func TestEnvironmentsAreValid(t *testing.T) {
	if err := spec.ValidateAll(All()); err != nil {
		t.Error(err)
	}
}

// document is the Terraform JSON of a stack.
type document struct {
	Terraform map[string]any
	Provider  map[string][]map[string]any
	Output    map[string]struct{ Value string }
	Resource  map[string]map[string]any
	Removed   []struct {
		From      string
		Lifecycle struct{ Destroy bool }
	}
}

func synth(t *testing.T, env spec.Environment, page ...spec.PageFile) document {
	t.Helper()
	return synthIn(t, nil, env, page...)
}

// synthIn declares the stack below constructs with these ids.
func synthIn(t *testing.T, above []string, env spec.Environment, page ...spec.PageFile) document {
	t.Helper()
	if err := env.Validate(); err != nil {
		t.Fatal(err)
	}
	app := cdktf.Testing_App(&cdktf.TestingAppConfig{Outdir: jsii.String(t.TempDir())})
	var scope constructs.Construct = app
	for _, id := range above {
		scope = constructs.NewConstruct(scope, jsii.String(id))
	}
	var doc document
	if err := json.Unmarshal([]byte(*cdktf.Testing_Synth(New(scope, env, page).Stack, jsii.Bool(true))), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestState(t *testing.T) {
	versions := `"required_version": ">= 1.10.0, < 2.0.0", "required_providers": {"aws": {"source": "aws", "version": "~> 5.99"}}`
	for _, test := range []struct {
		name  string
		state spec.State
		want  string
	}{
		{"local", spec.State{}, `{"backend": {"local": {"path": "../../../terraform.dev.tfstate"}}, ` + versions + `}`},
		{
			"S3 with its defaults",
			spec.State{S3: &spec.S3State{Bucket: "states"}},
			`{"backend": {"s3": {"bucket": "states", "key": "api-kinesis/dev.tfstate", "region": "us-east-1", "encrypt": true, "use_lockfile": true}}, ` + versions + `}`,
		},
		{
			"S3 overridden",
			spec.State{S3: &spec.S3State{Bucket: "states", Key: "k", Region: "eu-west-1", KMSKeyARN: "arn:aws:kms:eu-west-1:111122223333:alias/state"}},
			`{"backend": {"s3": {"bucket": "states", "key": "k", "region": "eu-west-1", "encrypt": true, "use_lockfile": true, "kms_key_id": "arn:aws:kms:eu-west-1:111122223333:alias/state"}}, ` + versions + `}`,
		},
		{
			"HCP Terraform with its defaults",
			spec.State{Cloud: &spec.CloudState{Organization: "org"}},
			`{"cloud": {"organization": "org", "workspaces": {"name": "api-kinesis-dev"}}, ` + versions + `}`,
		},
		{
			"HCP Terraform overridden",
			spec.State{Cloud: &spec.CloudState{Organization: "org", Workspace: "w", Hostname: "tfe.example.com"}},
			`{"cloud": {"organization": "org", "hostname": "tfe.example.com", "workspaces": {"name": "w"}}, ` + versions + `}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := spec.Default("dev")
			env.State = test.state
			var want map[string]any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, synth(t, env).Terraform); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProvider(t *testing.T) {
	env := spec.Default("dev")
	env.Region, env.Account = "eu-west-1", "111122223333"
	env.Tags = map[string]string{"Team": "data", "Project": "events"}
	want := map[string]any{
		"region":              "eu-west-1",
		"allowed_account_ids": []any{"111122223333"},
		"default_tags": []any{map[string]any{"tags": map[string]any{
			"Environment": "dev", "ManagedBy": "cdktf", "Project": "events", "Team": "data",
		}}},
	}
	if diff := cmp.Diff(want, synth(t, env).Provider["aws"][0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnExistingAccountSettingNeedsNoRole(t *testing.T) {
	env := spec.Default("dev")
	env.API.ManageAccount = false
	doc := synth(t, env)
	if got := doc.Resource["aws_api_gateway_account"]; got != nil {
		t.Errorf("the account's setting is managed: %v", got)
	}
	if got := len(doc.Resource["aws_iam_role"]); got != 2 {
		t.Errorf("there are %d roles, want the submitting and the delivering one", got)
	}
}

func TestRemoval(t *testing.T) {
	for removal, want := range map[spec.Removal]struct {
		emptied, pageEmptied bool
		// data are the bucket and its settings; the rest are resources that a deployment alone cannot restore.
		dataGuarded, restGuarded bool
	}{
		spec.Disposable: {emptied: true, pageEmptied: true},
		spec.Retained:   {pageEmptied: true, dataGuarded: true},
		spec.Protected:  {dataGuarded: true, restGuarded: true},
	} {
		env := spec.Default("dev")
		env.Removal, env.Web.Hosted = removal, true
		doc := synth(t, env, onePage)
		bucket, _ := doc.Resource["aws_s3_bucket"]["bucket"].(map[string]any)
		if bucket["force_destroy"] != want.emptied {
			t.Errorf("%s: force_destroy is %v", removal, bucket["force_destroy"])
		}
		account, _ := doc.Resource["aws_api_gateway_account"]["api_account"].(map[string]any)
		if reset := account["reset_on_delete"] == true; reset != want.emptied {
			t.Errorf("%s: reset_on_delete is %v", removal, account["reset_on_delete"])
		}
		if web, _ := doc.Resource["aws_s3_bucket"]["web-bucket"].(map[string]any); web["force_destroy"] != want.pageEmptied {
			t.Errorf("%s: force_destroy of the page's bucket is %v", removal, web["force_destroy"])
		}
		for address, want := range map[[2]string]bool{
			{"aws_s3_bucket", "bucket"}: want.dataGuarded, {"aws_s3_bucket_policy", "bucket_policy"}: want.dataGuarded,
			{"aws_s3_bucket_lifecycle_configuration", "bucket_lifecycle"}: want.dataGuarded,
			{"aws_kinesis_stream", "stream"}:                              want.restGuarded, {"aws_kinesis_firehose_delivery_stream", "delivery"}: want.restGuarded,
			{"aws_api_gateway_rest_api", "api"}: want.restGuarded, {"aws_s3_bucket", "web-bucket"}: want.restGuarded,
			{"aws_s3_bucket_policy", "web-bucket_policy"}: want.restGuarded, {"aws_cloudfront_distribution", "web"}: want.restGuarded,
		} {
			body, _ := doc.Resource[address[0]][address[1]].(map[string]any)
			lifecycle, _ := body["lifecycle"].(map[string]any)
			if protected := lifecycle["prevent_destroy"] == true; protected != want {
				t.Errorf("%s: prevent_destroy of %v is %t, want %t", removal, address, protected, want)
			}
		}
	}
}

// Version 6 of the provider has no reset_on_delete, and resets always.
func TestProvider6HasNoResetOnDelete(t *testing.T) {
	for provider, want := range map[spec.Provider]any{spec.Provider5: true, spec.Provider6: nil} {
		env := spec.Default("dev")
		env.Removal, env.Provider = spec.Disposable, provider
		account, ok := synth(t, env).Resource["aws_api_gateway_account"]["api_account"].(map[string]any)
		if !ok || account["reset_on_delete"] != want {
			t.Errorf("%s: the account's setting is %v, want reset_on_delete to be %v", provider, account, want)
		}
	}
}

func TestCurlAsksForASignatureWhereTheAPIDoes(t *testing.T) {
	env := spec.Default("dev")
	begin := "curl -sS -X POST \\\n  ${aws_api_gateway_stage.api_stage.invoke_url}/submit \\\n  -H 'Content-Type: application/json' \\\n"
	end := `  -d '{"event": "signup", "user_id": 123}'`
	if open := synth(t, env).Output["curl"].Value; open != begin+end {
		t.Errorf("got\n%s\nwant\n%s", open, begin+end)
	}
	env.Region, env.API.Authorization = "eu-west-1", spec.AuthorizeIAM()
	signed := synth(t, env).Output["curl"].Value
	if want := begin + "  --aws-sigv4 aws:amz:eu-west-1:execute-api \\\n"; !strings.HasPrefix(signed, want) || !strings.HasSuffix(signed, end) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", signed, want)
	}
}

// The event of the curl is one that the environment's own schema allows, and one word to the shell and to Terraform.
func TestCurlSendsWhatTheSchemaAllows(t *testing.T) {
	env := spec.Default("dev")
	env.API.Schema = `{"type": "object", "required": ["id"], "properties": {"id": {"enum": ["it's ${a} %{b}"]}}}`
	got := synth(t, env).Output["curl"].Value
	if want := ` -d '{"id":"it'\''s $${a} %%{b}"}'`; !strings.HasSuffix(got, want) {
		t.Errorf("got  %s\nwant an end of %s", got, want)
	}
}
