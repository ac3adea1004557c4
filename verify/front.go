package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// apiAsDeclared compares who may reach the API, and how it takes bodies.
func apiAsDeclared(ctx context.Context, r *run) outcome {
	is, err := r.AWS.APIGateway.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String(r.Outputs.Text("api_id"))})
	if err != nil {
		return unread(err, "apigateway:GET", "the REST API")
	}
	var d differences
	body := r.stack.Resources("aws_api_gateway_rest_api")[0].Body
	policy := text(body["policy"])
	for _, own := range r.stack.Resources("aws_api_gateway_rest_api_policy") {
		policy = text(own.Body["policy"])
	}
	d.comparePolicy("the API's policy", r.inFull(r.actual(policy)), r.inFull(unquoted(aws.ToString(is.Policy))))
	endpoint := cmp.Or(is.EndpointConfiguration, &types.EndpointConfiguration{})
	want := func(name string) []string { return list(tfjson.At(body, "endpoint_configuration", name)) }
	if kinds := want("types"); len(kinds) > 0 {
		d.compare("endpoint", kinds, endpoint.Types)
	}
	d.compare("endpoints of VPCs", want("vpc_endpoint_ids"), slices.Sorted(slices.Values(endpoint.VpcEndpointIds)))
	d.compare("default endpoint closed", tfjson.True(body["disable_execute_api_endpoint"]), is.DisableExecuteApiEndpoint)
	d.compare("place of API keys", cmp.Or(text(body["api_key_source"]), string(types.ApiKeySourceTypeHeader)), cmp.Or(is.ApiKeySource, types.ApiKeySourceTypeHeader))
	d.compare("least bytes to compress", compressionText(r.minimumCompression()), compressionText(compressionNow(is.MinimumCompressionSize)))
	d.compare("binary types", list(body["binary_media_types"]), slices.Sorted(slices.Values(is.BinaryMediaTypes)))
	return d.outcome("", redeploy)
}

// inFull is a policy in which each method has its ARN: API Gateway stores execute-api:/stage/verb/path so (API Gateway developer guide,
// "API Gateway resource policy examples").
func (p *Pipeline) inFull(policy string) string {
	arn := "arn:" + p.stack.Surroundings().Partition + ":execute-api:" + p.Region + ":" + p.Account + ":" + p.Outputs.Text("api_id")
	return strings.ReplaceAll(policy, `"execute-api:/`, `"`+arn+"/")
}

// unquoted is a policy as API Gateway returns it: the inside of a text of JSON (hashicorp/terraform-provider-aws, flattenAPIPolicy).
func unquoted(policy string) string {
	if plain, err := strconv.Unquote(`"` + policy + `"`); err == nil {
		return plain
	}
	return policy
}

// compressionNow is the size from which on the API compresses. API Gateway has none where the provider has quota.NoCompression.
func compressionNow(size *int32) int {
	if size == nil {
		return quota.NoCompression
	}
	return int(*size)
}

func compressionText(size int) string {
	if size == quota.NoCompression {
		return ""
	}
	return itoa(size)
}

// usagePlansAsDeclared compares what each plan allows and the keys that it has.
func usagePlansAsDeclared(ctx context.Context, r *run) outcome {
	var there []types.UsagePlan
	pages := apigateway.NewGetUsagePlansPaginator(r.AWS.APIGateway, &apigateway.GetUsagePlansInput{Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err, "apigateway:GET", "/usageplans")
		}
		there = append(there, page.Items...)
	}
	var d differences
	own := map[string]bool{}
	declared := r.stack.Resources("aws_api_gateway_usage_plan")
	for _, plan := range declared {
		name := text(plan.Body["name"])
		is, found := planNow(there, name, r.Outputs.Text("api_id"))
		if !found {
			d.add("the usage plan "+name, "it does not exist")
			continue
		}
		own[aws.ToString(is.Id)] = true
		r.comparePlan(&d, plan.Body, is)
		if failed, ok := r.compareKeys(ctx, &d, plan, aws.ToString(is.Id)); !ok {
			return worse(d.outcome("", redeploy), failed)
		}
	}
	for _, plan := range there {
		if !own[aws.ToString(plan.Id)] && has(plan, r.Outputs.Text("api_id")) {
			d.add("only the stack's usage plans let keys in", "the usage plan "+aws.ToString(plan.Name)+" ("+aws.ToString(plan.Id)+") does too")
		}
	}
	return d.outcome(counted(len(declared), "usage plan"), redeploy)
}

// planNow is the plan of a name. Several may have it, so one of this API goes before the others.
func planNow(plans []types.UsagePlan, name, api string) (types.UsagePlan, bool) {
	var found types.UsagePlan
	for _, plan := range plans {
		if aws.ToString(plan.Name) != name {
			continue
		}
		own := has(plan, api)
		if own || found.Id == nil {
			found = plan
		}
		if own {
			break
		}
	}
	return found, found.Id != nil
}

// has reports whether a plan's keys are let in to an API.
func has(plan types.UsagePlan, api string) bool {
	return slices.ContainsFunc(plan.ApiStages, func(stage types.ApiStage) bool { return aws.ToString(stage.ApiId) == api })
}

func (r *run) comparePlan(d *differences, body map[string]any, is types.UsagePlan) {
	name := text(body["name"])
	at := func(path ...string) float64 { return tfjson.Number(tfjson.At(body, path...)) }
	throttle, quota := cmp.Or(is.Throttle, &types.ThrottleSettings{}), cmp.Or(is.Quota, &types.QuotaSettings{})
	d.compare(name+": requests a second of a key", at("throttle_settings", "rate_limit"), throttle.RateLimit)
	d.compare(name+": burst of a key", at("throttle_settings", "burst_limit"), throttle.BurstLimit)
	d.compare(name+": quota", at("quota_settings", "limit"), quota.Limit)
	d.compare(name+": period of the quota", text(tfjson.At(body, "quota_settings", "period")), quota.Period)
	d.compare(name+": offset of the quota", at("quota_settings", "offset"), quota.Offset)
	var want, got []string
	stages, _ := tfjson.Blocks(body, "api_stages")
	for _, stage := range stages {
		limits := map[string]string{}
		throttles, _ := tfjson.Blocks(stage, "throttle")
		for _, one := range throttles {
			limits[text(one["path"])] = limitText(tfjson.Number(one["rate_limit"]), tfjson.Number(one["burst_limit"]))
		}
		want = append(want, stageText(r.actual(text(stage["api_id"])), text(stage["stage"]), limits))
	}
	for _, stage := range is.ApiStages {
		limits := map[string]string{}
		for path, one := range stage.Throttle {
			limits[path] = limitText(one.RateLimit, float64(one.BurstLimit))
		}
		got = append(got, stageText(aws.ToString(stage.ApiId), aws.ToString(stage.Stage), limits))
	}
	slices.Sort(want)
	slices.Sort(got)
	d.compare(name+": stages", want, got)
}

func limitText(rate, burst float64) string { return shownValue(rate) + "/" + shownValue(burst) }

// stageText is a stage of a plan with the limits of its methods.
func stageText(api, stage string, limits map[string]string) string {
	text := api + "/" + stage
	if len(limits) > 0 {
		text += fmt.Sprint(limits) // fmt sorts a map's keys
	}
	return text
}

// compareKeys compares the keys of a plan by their names, which the stack knows before AWS makes their ids.
func (r *run) compareKeys(ctx context.Context, d *differences, plan tfjson.Resource, id string) (outcome, bool) {
	declared, err := r.keysOf(plan)
	if err != nil {
		return unknown(err, readStack), false
	}
	name := text(plan.Body["name"])
	pages := apigateway.NewGetUsagePlanKeysPaginator(r.AWS.APIGateway, &apigateway.GetUsagePlanKeysInput{UsagePlanId: aws.String(id), Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err, "apigateway:GET", "the keys of the usage plan "+name), false
		}
		for _, key := range page.Items {
			body, own := declared[aws.ToString(key.Name)]
			if !own {
				d.add(name+" has only the stack's keys", "it also has "+aws.ToString(key.Name)+" ("+aws.ToString(key.Id)+")")
				continue
			}
			delete(declared, aws.ToString(key.Name))
			is, err := r.AWS.APIGateway.GetApiKey(ctx, &apigateway.GetApiKeyInput{ApiKey: key.Id})
			if err != nil {
				return unread(err, "apigateway:GET", "the API key "+aws.ToString(key.Name)), false
			}
			d.compare(aws.ToString(key.Name)+": enabled", body["enabled"] == nil || tfjson.True(body["enabled"]), is.Enabled)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		d.add(name+" has the key "+key, "it has none of that name")
	}
	return outcome{}, true
}

// keysOf are the bodies of a plan's declared keys, by their names.
func (r *run) keysOf(plan tfjson.Resource) (map[string]map[string]any, error) {
	id, err := r.stack.Attribute(plan.Address(), "id")
	if err != nil {
		return nil, err
	}
	keys := map[string]map[string]any{}
	for _, member := range r.of("aws_api_gateway_usage_plan_key", "usage_plan_id", id) {
		for _, key := range r.stack.Resources("aws_api_gateway_api_key") {
			of, err := r.stack.Attribute(key.Address(), "id")
			if err != nil {
				return nil, err
			}
			if of == text(member["key_id"]) {
				keys[text(key.Body["name"])] = key.Body
			}
		}
	}
	return keys, nil
}
