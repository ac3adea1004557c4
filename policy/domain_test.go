package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

const (
	restAPI  = "aws_api_gateway_rest_api.api"
	apiName  = "aws_api_gateway_domain_name.d"
	pathMap  = "aws_api_gateway_base_path_mapping.m"
	mutually = `{"truststore_uri": "s3://b/k"}`
)

// withDomain adds a good domain with its certificate and its mapping, and changes them.
func withDomain(changes ...change) []change {
	return append([]change{
		add("aws_acm_certificate.c", `{"domain_name": "events.example.com", "validation_method": "DNS"}`),
		add("aws_acm_certificate_validation.v", `{"certificate_arn": "${aws_acm_certificate.c.arn}"}`),
		add(apiName, `{"domain_name": "events.example.com", "security_policy": "TLS_1_2", "endpoint_configuration": {"types": ["REGIONAL"]},
			"regional_certificate_arn": "${aws_acm_certificate_validation.v.certificate_arn}"}`),
		add(pathMap, `{"domain_name": "${aws_api_gateway_domain_name.d.domain_name}", "api_id": "${aws_api_gateway_rest_api.api.id}",
			"stage_name": "${aws_api_gateway_stage.api_stage.stage_name}"}`),
	}, changes...)
}

func TestAGoodDomainBreachesNothing(t *testing.T) {
	for name, changes := range map[string][]change{
		"a certificate of ACM's":      withDomain(),
		"a certificate that is there": withDomain(set(apiName, "arn:aws:acm:us-east-1:111122223333:certificate/x", "regional_certificate_arn")),
		"that address alone":          withDomain(set(restAPI, true, "disable_execute_api_endpoint")),
		"client certificates":         withDomain(set(restAPI, true, "disable_execute_api_endpoint"), put(apiName, mutually, "mutual_tls_authentication")),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDomain(t *testing.T) {
	const about = `domain: aws_api_gateway_domain_name.d: `
	check(t, []breaking{
		{
			name: "another domain that bypasses the client certificates",
			changes: withDomain(set(restAPI, true, "disable_execute_api_endpoint"), put(apiName, mutually, "mutual_tls_authentication"),
				add("aws_api_gateway_domain_name.open", `{"domain_name": "open.example.com", "security_policy": "TLS_1_2"}`),
				add("aws_api_gateway_base_path_mapping.open", `{"domain_name": "${aws_api_gateway_domain_name.open.domain_name}",
					"api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "${aws_api_gateway_stage.api_stage.stage_name}"}`)),
			want: []string{`domain: aws_api_gateway_domain_name.open: leads to aws_api_gateway_rest_api.api without the client certificates of ` +
				`aws_api_gateway_domain_name.d; require them here too`},
		},
		{
			name: "another domain that bypasses them, and leads to a second API too",
			changes: withDomain(set(restAPI, true, "disable_execute_api_endpoint"), put(apiName, mutually, "mutual_tls_authentication"),
				add("aws_api_gateway_rest_api.second", `{"name": "second"}`),
				add("aws_api_gateway_domain_name.open", `{"domain_name": "open.example.com", "security_policy": "TLS_1_2"}`),
				add("aws_api_gateway_base_path_mapping.open_a", `{"domain_name": "${aws_api_gateway_domain_name.open.domain_name}", "base_path": "a",
					"api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "${aws_api_gateway_stage.api_stage.stage_name}"}`),
				add("aws_api_gateway_base_path_mapping.open_b", `{"domain_name": "${aws_api_gateway_domain_name.open.domain_name}", "base_path": "b",
					"api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "${aws_api_gateway_stage.api_stage.stage_name}"}`),
				add("aws_api_gateway_base_path_mapping.open_c", `{"domain_name": "${aws_api_gateway_domain_name.open.domain_name}", "base_path": "c",
					"api_id": "${aws_api_gateway_rest_api.second.id}", "stage_name": "${aws_api_gateway_stage.api_stage.stage_name}"}`)),
			want: []string{
				`domain: aws_api_gateway_base_path_mapping.open_c: stage_name refers to aws_api_gateway_stage.api_stage, which is no stage of ` +
					`aws_api_gateway_rest_api.second; refer to the stage_name of one of its own`,
				`domain: aws_api_gateway_domain_name.open: leads to aws_api_gateway_rest_api.api without the client certificates of ` +
					`aws_api_gateway_domain_name.d; require them here too`,
				`cors: aws_api_gateway_rest_api.second: has no gateway response DEFAULT_4XX; declare one that sets Access-Control-Allow-Origin`,
				`cors: aws_api_gateway_rest_api.second: has no gateway response DEFAULT_5XX; declare one that sets Access-Control-Allow-Origin`,
				`deployment: aws_api_gateway_rest_api.second: has no deployment; declare one`,
				`deployment: aws_api_gateway_rest_api.second: has no stage; declare one`,
			},
		},
		{
			name:    "TLS 1.0",
			changes: withDomain(set(apiName, "TLS_1_0", "security_policy")),
			want:    []string{about + `security_policy is "TLS_1_0"; set it to "TLS_1_2"`},
		},
		{
			name:    "TLS by API Gateway's choice",
			changes: withDomain(unset(apiName, "security_policy")),
			want:    []string{about + `security_policy is not set; set it to "TLS_1_2"`},
		},
		{
			name:    "a certificate that is not issued",
			changes: withDomain(set(apiName, "${aws_acm_certificate.c.arn}", "regional_certificate_arn")),
			want: []string{
				about + `regional_certificate_arn is that of aws_acm_certificate.c, which may not be issued yet; refer to the certificate_arn of its aws_acm_certificate_validation`,
			},
		},
		{
			name:    "an address that bypasses the client's certificate",
			changes: withDomain(put(apiName, mutually, "mutual_tls_authentication")),
			want: []string{
				`domain: aws_api_gateway_rest_api.api: answers at its own address, which bypasses the client certificates of aws_api_gateway_domain_name.d; set disable_execute_api_endpoint to true`,
			},
		},
		{
			name:    "no mapping",
			changes: withDomain(drop(pathMap), set(restAPI, true, "disable_execute_api_endpoint")),
			want: []string{
				about + `leads to no stage; declare an aws_api_gateway_base_path_mapping to a stage of the stack`,
				`domain: aws_api_gateway_rest_api.api: answers at no address; map a domain to a stage of it, or leave disable_execute_api_endpoint out`,
			},
		},
		{
			name:    "a mapping to another API",
			changes: withDomain(set(pathMap, "abcdef1234", "api_id")),
			want: []string{
				`domain: aws_api_gateway_base_path_mapping.m: api_id refers to no REST API of the stack; refer to the id of one`,
				about + `leads to no stage; declare an aws_api_gateway_base_path_mapping to a stage of the stack`,
			},
		},
		{
			name:    "a mapping to every stage",
			changes: withDomain(unset(pathMap, "stage_name")),
			want: []string{
				`domain: aws_api_gateway_base_path_mapping.m: stage_name refers to no stage of the stack; refer to the stage_name of one`,
			},
		},
		{
			name:    "a mapping of another domain",
			changes: withDomain(set(pathMap, "other.example.com", "domain_name")),
			want: []string{
				`domain: aws_api_gateway_base_path_mapping.m: domain_name refers to no domain of the stack; refer to the domain_name of one`,
				about + `leads to no stage; declare an aws_api_gateway_base_path_mapping to a stage of the stack`,
			},
		},
	})
}

// A page may call the domain, but not another reference, whose value is known only after an apply.
func TestAPageMayCallTheDomain(t *testing.T) {
	const (
		stage  = "${aws_api_gateway_stage.api_stage.invoke_url}"
		mapped = "https://${aws_api_gateway_base_path_mapping.m.domain_name}"
		path   = "content_security_policy"
	)
	called := func(by string) []change {
		return withPage(withDomain(edit(pageHeaders, stage, by, "security_headers_config", path, path))...)
	}
	if err := policy.Check(good(t, called(mapped)...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"${aws_api_gateway_base_path_mapping.m}", "${aws_api_gateway_stage.api_stage.domain_name}", "https://${aws_sns_topic.t}"} {
		if err := policy.Check(good(t, called(other)...), policy.Expect{Public: true}); err == nil {
			t.Errorf("%s breaks nothing", other)
		}
	}
}
