package deployer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// stackNamed is an environment of the catalogue that keeps its state in S3.
func stackNamed(t *testing.T, name string) *tfjson.Stack {
	t.Helper()
	return edited(t, name, func(stack map[string]any) {
		settings := stack["terraform"].(map[string]any)
		delete(settings, "cloud")
		settings["backend"] = map[string]any{"s3": map[string]any{"bucket": "states", "key": "api-kinesis/" + name + ".tfstate"}}
	})
}

func edited(t *testing.T, name string, edit func(stack map[string]any)) *tfjson.Stack {
	t.Helper()
	var written map[string]any
	if err := json.Unmarshal(goldens.Read(t, name), &written); err != nil {
		t.Fatal(err)
	}
	edit(written)
	text, err := json.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := tfjson.Read(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// printed is as much as the tests read of the roles' stack.
type printed struct {
	Provider struct{ Aws map[string]any }
	Data     map[string]any
	Output   map[string]any
	Resource struct {
		Providers map[string]any `json:"aws_iam_openid_connect_provider"`
		Roles     map[string]struct {
			Name     string
			Trust    string `json:"assume_role_policy"`
			Boundary string `json:"permissions_boundary"`
		} `json:"aws_iam_role"`
		Policies    map[string]struct{ Name, Policy string } `json:"aws_iam_policy"`
		Attachments map[string]map[string]string             `json:"aws_iam_role_policy_attachment"`
	}
}

func rolesOf(t *testing.T, cfg Config) printed {
	t.Helper()
	text, err := cfg.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var p printed
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	again, _ := cfg.JSON()
	if string(again) != string(text) {
		t.Error("two prints differ")
	}
	return p
}

// policy is all that a role may do.
func (p printed) policy(t *testing.T, role string) []statement {
	t.Helper()
	var all []statement
	for name, attachment := range p.Resource.Attachments {
		if attachment["role"] != "${aws_iam_role."+role+".name}" {
			continue
		}
		var document struct{ Statement []statement }
		if err := json.Unmarshal([]byte(p.Resource.Policies[name].Policy), &document); err != nil {
			t.Fatal(err)
		}
		all = append(all, document.Statement...)
	}
	return all
}

func actions(statements []statement) map[string]bool {
	found := map[string]bool{}
	for _, s := range statements {
		for _, action := range s.Action {
			found[action] = true
		}
	}
	return found
}

// reads are the verbs of the actions that change nothing. s3:GetObject and kms:Decrypt are of the state, and of a hosted page, which is public.
var reads = regexp.MustCompile(`^([a-z0-9]+:(Get|List|Describe)[A-Za-z]*|apigateway:GET|kms:Decrypt)$`)

func TestRoles(t *testing.T) {
	names, err := goldens.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			p := rolesOf(t, Config{Stacks: []*tfjson.Stack{stackNamed(t, name)}, Repository: "octo-org/octo-repo"})
			checkSizes(t, p)
			plan, deploy := p.policy(t, "plan-"+name), p.policy(t, "deploy-"+name)
			for action := range actions(plan) {
				if !reads.MatchString(action) {
					t.Errorf("the plan role may %s", action)
				}
				if !actions(deploy)[action] {
					t.Errorf("the deploy role may not %s, and a deployment plans too", action)
				}
			}
			checkReach(t, append(plan, deploy...), name)
		})
	}
}

// checkSizes holds each managed policy to IAM's limit, and their number to that of a role.
func checkSizes(t *testing.T, p printed) {
	t.Helper()
	of := map[string]int{}
	for name, policy := range p.Resource.Policies {
		if size := size(policy.Policy); size > 6144 {
			t.Errorf("%s has %d characters, and IAM takes 6,144", name, size)
		}
		of[p.Resource.Attachments[name]["role"]]++
	}
	for role, count := range of {
		if count > 10 {
			t.Errorf("%s has %d policies, and a role takes 10", role, count)
		}
	}
}

// everywhere are the actions that IAM checks on no resource, or on one whose name is not known before it is there.
var everywhere = []string{
	"acm:RequestCertificate", "cloudwatch:DescribeAlarms", "kinesis:DescribeLimits", "kms:CreateKey", "kms:ListAliases", "kms:TagResource",
	"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy",
	"sns:GetSubscriptionAttributes", "sns:Subscribe", "sns:Unsubscribe",
}

// checkReach holds every permission to the environment's own names, as far as there are names.
func checkReach(t *testing.T, statements []statement, name string) {
	t.Helper()
	// AWS chooses the ids of these.
	ids := regexp.MustCompile(`:apigateway:[a-z0-9-]*::/(restapis|tags|account|apikeys|usageplans|domainnames)|:kms:[^:]*:[^:]*:key/\*$|` +
		`:cloudfront::[^:]*:(distribution|origin-access-control|response-headers-policy)/\*$|:acm:[^:]*:[^:]*:certificate/\*$|:route53:::change/\*$`)
	known := regexp.MustCompile(`[-_/]` + strings.ReplaceAll(name, "-", "[-_]") + `\b|example|states|facts|catalog$|managedruleset|webacl/\*|aws-service-role|hostedzone/Z`)
	for _, s := range statements {
		for _, action := range s.Action {
			if strings.Contains(action, "*") {
				t.Errorf("%s is not one action", action)
			}
		}
		for _, resource := range s.Resource {
			switch {
			case resource == "*":
				for _, action := range s.Action {
					if !slices.Contains(everywhere, action) {
						t.Errorf("%s is allowed on everything", action)
					}
				}
			case ids.MatchString(resource), known.MatchString(resource):
			case strings.Contains(resource, ":kms:") && !strings.Contains(resource, "*"):
			default:
				t.Errorf("%s is none of %s's", resource, name)
			}
		}
	}
	for _, s := range statements {
		if slices.Contains(s.Action, "iam:PassRole") && len(s.Condition["StringEquals"]["iam:PassedToService"]) != 1 {
			t.Errorf("iam:PassRole on %s to any service", s.Resource)
		}
		if keys := strings.Join(s.Resource, " "); strings.Contains(keys, ":key/*") && s.Condition["StringEquals"]["aws:ResourceTag/Environment"] == nil {
			t.Errorf("%s on any key", s.Action)
		}
	}
}

// What Terraform may not destroy the role may not either.
func TestProtectedIsNotDestroyed(t *testing.T) {
	const api, events = "apigateway:us-east-1::/restapis/*", "s3:::api-kinesis-firehose-bucket-"
	for _, test := range []struct{ action, resource string }{
		{"kinesis:DeleteStream", "stream/api-kinesis-stream-"}, {"firehose:DeleteDeliveryStream", "deliverystream/api-kinesis-firehose-"},
		{"s3:DeleteBucket", events}, {"s3:DeleteBucketPolicy", events}, {"s3:DeleteObjectVersion", events}, {"apigateway:DELETE", api},
	} {
		for name, want := range map[string]bool{"dev": true, "prod": false} {
			may := slices.ContainsFunc(rolesOf(t, Config{Stacks: []*tfjson.Stack{stackNamed(t, name)}, Repository: "o/r"}).policy(t, "deploy-"+name), func(s statement) bool {
				return slices.Contains(s.Action, test.action) && slices.ContainsFunc(s.Resource, func(resource string) bool {
					return strings.HasSuffix(resource, test.resource) || strings.Contains(resource, test.resource+name)
				})
			})
			if may != want {
				t.Errorf("%s may %s on %s: %t", name, test.action, test.resource, may)
			}
		}
	}
}

func TestTrust(t *testing.T) {
	const boundary = "arn:aws:iam::111122223333:policy/boundary"
	stacks := []*tfjson.Stack{stackNamed(t, "dev"), stackNamed(t, "staging")}
	for _, test := range []struct {
		cfg                    Config
		plan, deploy, provider string
	}{
		{Config{Repository: "octo-org/octo-repo"}, "repo:octo-org/octo-repo:pull_request", "repo:octo-org/octo-repo:environment:staging", "aws_iam"},
		{Config{Repository: "octo-org@12/octo-repo@34", Branch: "main", ExistingProvider: true, BoundaryARN: boundary},
			"repo:octo-org@12/octo-repo@34:pull_request", "repo:octo-org@12/octo-repo@34:ref:refs/heads/main", "data.aws_iam"},
	} {
		test.cfg.Stacks = stacks
		p := rolesOf(t, test.cfg)
		for role, subject := range map[string]string{"plan-staging": test.plan, "deploy-staging": test.deploy} {
			want := `{"Statement":[{"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com",` +
				`"token.actions.githubusercontent.com:sub":"` + subject + `"}},"Effect":"Allow","Principal":{"Federated":"${` + test.provider + `_openid_connect_provider.github.arn}"}}],"Version":"2012-10-17"}`
			if got := p.Resource.Roles[role]; got.Trust != want || got.Name != "api-kinesis-"+role || got.Boundary != test.cfg.BoundaryARN {
				t.Errorf("%s is %+v, want %s", role, got, want)
			}
		}
		if made := len(p.Resource.Providers) == 1; made == test.cfg.ExistingProvider {
			t.Errorf("it makes the identity provider: %t", made)
		}
		if len(p.Output) != 4 || len(p.Resource.Roles) != 4 {
			t.Errorf("%d outputs and %d roles of two environments", len(p.Output), len(p.Resource.Roles))
		}
	}
}

// The state's bucket is read by both roles; the deploying one writes and locks it.
func TestState(t *testing.T) {
	p := rolesOf(t, Config{Stacks: []*tfjson.Stack{edited(t, "option-tuned", func(map[string]any) {})}, Repository: "o/r"})
	const state = "arn:${data.aws_partition.current.partition}:s3:::example-states/events/tuned.tfstate"
	on := func(role, resource string) string {
		var found []string
		for _, s := range p.policy(t, role) {
			if slices.Contains(s.Resource, resource) {
				found = append(found, s.Action...)
			}
		}
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-96ef-1234567890ab"
	for _, test := range [][3]string{
		{"plan-option-tuned", state, "s3:GetObject"}, {"plan-option-tuned", state + ".tflock", ""}, {"plan-option-tuned", key, "kms:Decrypt"},
		{"deploy-option-tuned", state, "s3:GetObject s3:PutObject"}, {"deploy-option-tuned", key, "kms:Decrypt kms:GenerateDataKey"},
		{"deploy-option-tuned", state + ".tflock", "s3:DeleteObject s3:GetObject s3:PutObject"},
	} {
		if got := on(test[0], test[1]); got != test[2] {
			t.Errorf("%s may %q on %s, want %q", test[0], got, test[1], test[2])
		}
	}
	if got := p.Provider.Aws["allowed_account_ids"]; fmt.Sprint(got) != "[111122223333]" {
		t.Errorf("the roles are made in %v", got)
	}
}

// A policy's Resource names keys, and an alias there is no key: the roles could not read the state.
func TestStateUnderTheAliasOfAKey(t *testing.T) {
	stack := edited(t, "dev", func(stack map[string]any) {
		settings := stack["terraform"].(map[string]any)
		delete(settings, "cloud")
		settings["backend"] = map[string]any{"s3": map[string]any{
			"bucket": "states", "key": "dev.tfstate", "kms_key_id": "arn:aws-cn:kms:cn-north-1:111122223333:alias/team/state",
		}}
	})
	p := rolesOf(t, Config{Stacks: []*tfjson.Stack{stack}, Repository: "o/r"})
	for role, want := range map[string]string{"plan-dev": "[kms:Decrypt]", "deploy-dev": "[kms:Decrypt kms:GenerateDataKey]"} {
		var got []string
		for _, s := range p.policy(t, role) {
			if strings.Contains(strings.Join(s.Resource, " "), ":alias/team/state") {
				t.Errorf("%s: %s is allowed on an alias", role, s.Action)
			}
			if slices.Contains(s.Resource, "arn:aws-cn:kms:cn-north-1:111122223333:key/*") {
				got = append(got, fmt.Sprint(s.Action, s.Condition))
			}
		}
		if want := want + " map[ForAnyValue:StringEquals:map[kms:ResourceAliases:[alias/team/state]]]"; len(got) != 1 || got[0] != want {
			t.Errorf("%s may %s, want %s", role, got, want)
		}
	}
	needs, err := Needs(stack, "111122223333")
	if err != nil {
		t.Fatal(err)
	}
	for _, need := range needs {
		for key := range need.Context {
			if want := key == "kms:ResourceAliases"; need.Lists[key] != want {
				t.Errorf("%s is a list of a request: %t, want %t", key, need.Lists[key], want)
			}
		}
	}
}

// TestNewerRegion takes version 6 of the provider where version 5 would refuse the region of the first environment.
func TestNewerRegion(t *testing.T) {
	newer := edited(t, "option-ondemand", func(stack map[string]any) {
		stack["provider"].(map[string]any)["aws"].([]any)[0].(map[string]any)["region"] = "ap-southeast-6"
	})
	text, err := Config{Stacks: []*tfjson.Stack{newer}, Repository: "o/r"}.JSON()
	if err != nil || !strings.Contains(string(text), `"version": "~> 6.0"`) {
		t.Errorf("the roles' stack does not ask for version 6 (%v)", err)
	}
}

func TestRefusals(t *testing.T) {
	named := func(names ...string) []*tfjson.Stack {
		var all []*tfjson.Stack
		for _, name := range names {
			all = append(all, stackNamed(t, name))
		}
		return all
	}
	long := edited(t, "option-tuned", func(stack map[string]any) {
		tags := stack["provider"].(map[string]any)["aws"].([]any)[0].(map[string]any)["default_tags"].([]any)[0].(map[string]any)["tags"].(map[string]any)
		tags["Environment"], tags["Project"] = strings.Repeat("e", 35), strings.Repeat("p", 32)
	})
	unknown := edited(t, "option-tuned", func(stack map[string]any) {
		stack["resource"].(map[string]any)["aws_sqs_queue"] = map[string]any{"queue": map[string]any{"name": "q"}}
	})
	elsewhere := edited(t, "option-ondemand", func(stack map[string]any) {
		stack["provider"].(map[string]any)["aws"].([]any)[0].(map[string]any)["region"] = "cn-north-1"
	})
	untagged := edited(t, "option-tuned", func(stack map[string]any) {
		delete(stack["provider"].(map[string]any)["aws"].([]any)[0].(map[string]any), "default_tags")
	})
	for _, test := range []struct {
		name   string
		stacks []*tfjson.Stack
		want   string
	}{
		{"a local state", []*tfjson.Stack{edited(t, "dev", func(map[string]any) {})}, `dev: its state is in a backend of type "local", which a workflow loses at its end; set env.State.S3 = &spec.S3State{Bucket: "NAME"} in its file in stacks/ and synthesise again`},
		{"HCP Terraform", []*tfjson.Stack{edited(t, "option-ondemand", func(map[string]any) {})}, "<nil>"},
		{"one twice", named("dev", "dev"), "dev: the environment is given twice; name it once"},
		{"two accounts", named("dev", "option-tuned"), "the environments are deployed to different accounts; print the roles of each account by themselves"},
		{"two partitions", append(named("dev"), elsewhere), "the environments are in the partitions aws and aws-cn, of which an account is in one; print the roles of each account by themselves"},
		{"a long name", []*tfjson.Stack{long}, strings.Repeat("p", 32) + "-plan-" + strings.Repeat("e", 35) + ": the role's name has 73 characters, and IAM takes 64; shorten Names.Prefix or the environment's name"},
		{"an unknown type", []*tfjson.Stack{unknown}, "option-tuned: aws_sqs_queue.queue: what a deployment of this type needs is not known; add it to deployer/grants.go"},
		{"no tags", []*tfjson.Stack{untagged}, "its stream has no tags Project and Environment; synthesise it with this project"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Config{Stacks: test.stacks, Repository: "o/r"}.JSON()
			if got := fmt.Sprint(err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	const repository = "; use OWNER/NAME, or OWNER@ID/NAME@ID where GitHub puts ids into the subject of its tokens"
	for _, test := range []struct {
		cfg  Config
		want string
	}{
		{Config{Repository: "octo-org/octo.repo_1"}, "<nil>"},
		{Config{Repository: "octo-org@1/octo-repo@2", Branch: "release/1.x", BoundaryARN: "arn:aws:iam::aws:policy/PowerUserAccess"}, "<nil>"},
		{Config{}, `--repository is ""` + repository},
		{Config{Repository: "octo-org/*"}, `--repository is "octo-org/*"` + repository},
		{Config{Repository: "https://github.com/octo-org/octo-repo"}, `--repository is "https://github.com/octo-org/octo-repo"` + repository},
		{Config{Repository: "o/r", Branch: "*", BoundaryARN: "boundary"}, `--branch is "*"; use the name of one branch, such as main` + "\n" +
			`--permissions-boundary is "boundary"; use the ARN of a managed policy, such as arn:aws:iam::111122223333:policy/boundary`},
	} {
		if got := fmt.Sprint(test.cfg.Check()); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.cfg, got, test.want)
		}
	}
}
