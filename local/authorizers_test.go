package local

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

const apiID = "${aws_api_gateway_rest_api.api.id}"

// withCognito protects POST /submit with a user pool, as CDKTF writes it.
func withCognito(s editable) {
	s.add("aws_cognito_user_pool", "users", object{"name": "users", "tags": object{"team": "data"}})
	s.add("aws_cognito_user_pool_client", "web", object{"name": "web", "user_pool_id": "${aws_cognito_user_pool.users.id}"})
	s.add("aws_cognito_user_pool_domain", "login", object{"domain": "events", "user_pool_id": "${aws_cognito_user_pool.users.id}"})
	s.add("aws_cognito_resource_server", "events", object{"identifier": "events", "name": "events", "user_pool_id": "${aws_cognito_user_pool.users.id}"})
	s.add("aws_api_gateway_authorizer", "callers", object{
		"name": "callers", "type": "COGNITO_USER_POOLS", "rest_api_id": apiID,
		"provider_arns": []any{"${aws_cognito_user_pool.users.arn}"},
	})
	s.authorize("COGNITO_USER_POOLS", "${aws_api_gateway_authorizer.callers.id}")
}

// withPools protects POST /submit with user pools of another owner, looked up by name and by id.
func withPools(s editable) {
	data := s["data"].(object)
	data["aws_cognito_user_pools"] = object{"named": object{"name": "users"}}
	data["aws_cognito_user_pool"] = object{"one": object{"user_pool_id": "us-east-1_aBcDeF123"}}
	s.add("aws_api_gateway_authorizer", "callers", object{
		"name": "callers", "type": "COGNITO_USER_POOLS", "rest_api_id": apiID,
		"provider_arns": "${concat(data.aws_cognito_user_pools.named.arns, [data.aws_cognito_user_pool.one.arn])}",
	})
	s.authorize("COGNITO_USER_POOLS", "${aws_api_gateway_authorizer.callers.id}")
}

// withLambda protects POST /submit with a Lambda function and its resources.
func withLambda(s editable) {
	s.add("aws_iam_role", "function", object{
		"name":               "function",
		"assume_role_policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}`,
	})
	s.add("aws_iam_role_policy_attachment", "function", object{
		"role": "${aws_iam_role.function.name}", "policy_arn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
	})
	s.add("aws_lambda_function", "check", object{
		"function_name": "check", "role": "${aws_iam_role.function.arn}", "handler": "index.handler", "runtime": "nodejs22.x", "filename": "check.zip",
	})
	s.add("aws_lambda_permission", "invoke", object{
		"action": "lambda:InvokeFunction", "function_name": "${aws_lambda_function.check.function_name}",
		"principal": "apigateway.amazonaws.com", "source_arn": "${aws_api_gateway_rest_api.api.execution_arn}/*",
	})
	s.add("aws_api_gateway_authorizer", "callers", object{
		"name": "callers", "rest_api_id": apiID, "authorizer_uri": "${aws_lambda_function.check.invoke_arn}",
	})
	s.authorize("CUSTOM", "${aws_api_gateway_authorizer.callers.id}")
}

func (s editable) authorize(authorization, authorizer string) {
	method := s.body("aws_api_gateway_method", "api_submit_post")
	method["authorization"], method["authorizer_id"] = authorization, authorizer
}

func TestAuthorizersThatCannotRun(t *testing.T) {
	for _, test := range []struct {
		name, typ string
		edit      func(editable)
	}{
		{"a user pool", "COGNITO_USER_POOLS", withCognito},
		{"pools that are looked up", "COGNITO_USER_POOLS", withPools},
		{"a function", "TOKEN", withLambda},
	} {
		t.Run(test.name, func(t *testing.T) {
			stack := devStack(t)
			test.edit(stack)
			file := stack.write(t)
			_, err := Open(optionsOf(t, file))
			refused := file + ": aws_api_gateway_authorizer.callers: the authorizer callers (" + test.typ + ") of POST /submit cannot run on one machine; " +
				"--allow-unverified lets its requests through without verifying them"
			if err == nil || err.Error() != refused {
				t.Errorf("error: %v\nwant:  %s", err, refused)
			}

			opts := optionsOf(t, file)
			opts.AllowUnverified = true
			p, err := Open(opts)
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			notice := "authorisation by aws_api_gateway_authorizer.callers (callers, " + test.typ + ") is off: POST /submit lets everyone through"
			if notices := p.declared.notices(); !slices.Contains(notices, notice) {
				t.Errorf("the notices are\n%s\nwant among them\n%s", strings.Join(notices, "\n"), notice)
			}
			request := httptest.NewRequest(http.MethodPost, "/dev/submit", strings.NewReader(`{"id":1}`))
			request.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			p.front().ServeHTTP(recorder, request)
			if recorder.Code != http.StatusOK || !strings.HasPrefix(recorder.Body.String(), `{"message": "accepted"`) {
				t.Errorf("the API answers %d %s", recorder.Code, recorder.Body)
			}
		})
	}
}

// A caller's origin is not known on one machine: a policy that depends on it is refused, or off with a notice.
func TestOriginsThatCannotBeChecked(t *testing.T) {
	stack := devStack(t)
	stack.add("aws_api_gateway_rest_api_policy", "p", object{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "policy": "{}"})
	stack.body("aws_api_gateway_rest_api", "api")["endpoint_configuration"] = object{"types": []any{"PRIVATE"}, "vpc_endpoint_ids": []any{"vpce-0123456789abcdef0"}}
	file := stack.write(t)
	const private, policy = "aws_api_gateway_rest_api.api: endpoint_configuration (PRIVATE)", "aws_api_gateway_rest_api_policy.p: policy (a resource policy)"
	const refused = " cannot be enforced on one machine, where all callers are local; --allow-unverified lets them in"
	_, err := Open(optionsOf(t, file))
	if want := file + ": 2 problems:\n" + private + refused + "\n" + policy + refused; err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
	opts := optionsOf(t, file)
	opts.AllowUnverified = true
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	notices := strings.Join(p.declared.notices(), "\n")
	for _, origin := range []string{private, policy} {
		if notice := origin + " is off: callers from anywhere are let in"; !strings.Contains(notices, notice) {
			t.Errorf("the notices are\n%s\nwant among them\n%s", notices, notice)
		}
	}
}

// A policy that only allows principals of other accounts does not keep this account's out, and every key here is of this account.
func TestProducersOfOtherAccounts(t *testing.T) {
	const policy = "aws_api_gateway_rest_api_policy.api_resource-policy"
	p, err := Open(optionsOf(t, goldens.File(t, "option-producers")))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	const notice = policy + " lets in principals of other accounts: each key here belongs to the stack's own account"
	if notices := p.declared.notices(); !slices.Contains(notices, notice) {
		t.Errorf("the notices are\n%s\nwant among them\n%s", strings.Join(notices, "\n"), notice)
	}
	request := httptest.NewRequest(http.MethodPost, "/option-producers/submit", strings.NewReader(`{"id":1}`))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	p.front().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusForbidden {
		t.Errorf("a request without a signature is answered %d %s", recorder.Code, recorder.Body)
	}
}

// No other kind of resource policy can be enforced.
func TestPoliciesThatDoMore(t *testing.T) {
	const allow = `{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"${aws_api_gateway_rest_api.api.execution_arn}/*/OPTIONS/*"}`
	for name, edit := range map[string]func(editable){
		"a denial": func(s editable) {
			s.allow(allow + `,{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}`)
		},
		"an Allow on a condition": func(s editable) {
			s.allow(allow + `,{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`)
		},
		"no preflight": func(s editable) {
			s.allow(strings.ReplaceAll(allow, "/*/OPTIONS/*", "/*/POST/*"))
		},
		"a preflight of some": func(s editable) { s.allow(strings.ReplaceAll(allow, `"*"`, `{"AWS":"444455556666"}`)) },
		"all but an action":   func(s editable) { s.allow(strings.ReplaceAll(allow, `"Action"`, `"NotAction"`)) },
		"an unsigned method": func(s editable) {
			s.allow(allow)
			s.body("aws_api_gateway_method", "api_submit_post")["authorization"] = "NONE"
		},
		"nothing readable": func(s editable) { s.allow("x") },
	} {
		t.Run(name, func(t *testing.T) {
			stack := devStack(t)
			stack.body("aws_api_gateway_method", "api_submit_post")["authorization"] = "AWS_IAM"
			stack.body("aws_api_gateway_method", "api_submit_batch_post")["authorization"] = "AWS_IAM"
			edit(stack)
			_, err := Open(optionsOf(t, stack.write(t)))
			const want = "aws_api_gateway_rest_api_policy.p: policy (a resource policy) cannot be enforced on one machine, where all callers are local; --allow-unverified lets them in"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error: %v\nwant %s", err, want)
			}
		})
	}
}

// allow gives the API a resource policy with these statements.
func (s editable) allow(statements string) {
	s.add("aws_api_gateway_rest_api_policy", "p", object{"rest_api_id": apiID, "policy": `{"Version":"2012-10-17","Statement":[` + statements + `]}`})
}

// The resources that an authorizer uses are let in only together with it.
func TestPoolsAndFunctionsOfNoAuthorizer(t *testing.T) {
	stack := devStack(t)
	withCognito(stack)
	stack.add("aws_cognito_user_pool", "others", object{"name": "others"})
	stack.add("aws_lambda_function", "job", object{"function_name": "job"})
	file := stack.write(t)
	_, err := readStack(Options{Stack: file, AllowUnverified: true}, "http://127.0.0.1:8080")
	want := file + `: 2 problems:
aws_cognito_user_pool.others: a resource of type aws_cognito_user_pool cannot run on one machine; leave it out of the environment that runs here
aws_lambda_function.job: a resource of type aws_lambda_function cannot run on one machine; leave it out of the environment that runs here`
	if err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func withoutAccount(s editable) {
	delete(s.types(), "aws_api_gateway_account")
	delete(s.body("aws_api_gateway_stage", "api_stage"), "depends_on")
}

func TestLogsWithoutAnAccount(t *testing.T) {
	const notice = "the stage writes logs, but the stack sets no role for them: on AWS the deployment fails unless the account's API Gateway has one (aws_api_gateway_account)"
	for _, test := range []struct {
		name string
		edit func(editable)
		want bool
	}{
		{"with an account", func(editable) {}, false},
		{"without", withoutAccount, true},
		{"without, and the execution log alone", func(s editable) {
			withoutAccount(s)
			delete(s.body("aws_api_gateway_stage", "api_stage"), "access_log_settings")
		}, true},
		{"without, and no log", func(s editable) {
			withoutAccount(s)
			delete(s.types(), "aws_api_gateway_method_settings")
			delete(s.body("aws_api_gateway_stage", "api_stage"), "access_log_settings")
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			stack := devStack(t)
			test.edit(stack)
			d, err := readStack(Options{Stack: stack.write(t)}, "http://127.0.0.1:8080")
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Contains(d.notices(), notice); got != test.want {
				t.Errorf("the notices are\n%s\nthat of the account among them: %t", strings.Join(d.notices(), "\n"), test.want)
			}
		})
	}
}

func TestQuotasThatAreForgotten(t *testing.T) {
	const notice = "the use of an API key's quota is counted from zero at each start"
	for environment, want := range map[string]bool{"option-keys": true, "dev": false} {
		d, err := readStack(Options{Stack: goldens.File(t, environment)}, "http://127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(d.notices(), notice); got != want {
			t.Errorf("%s: the notices are\n%s\nthat of the quota among them: %t", environment, strings.Join(d.notices(), "\n"), want)
		}
	}
}
