package apigateway

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"cdk.tf/go/ingest/tfjson"
)

func (r *reader) readUsage() {
	keys := map[string]*apiKey{}
	each(r, "aws_api_gateway_api_key", func(res tfjson.Resource, block apiKeyBlock) {
		r.checkKeyTexts(res, block)
		key := &apiKey{id: r.id(res), name: block.Name, value: r.keyValue(res, block), enabled: true, plans: map[string]*usagePlan{}}
		if block.Enabled != nil {
			key.enabled = *block.Enabled
		}
		if r.api.keys[key.value] != nil {
			r.problem(res, "value is that of another key; give each its own")
		}
		keys[key.id], r.api.keys[key.value] = key, key
	})
	plans := map[string]*usagePlan{}
	each(r, "aws_api_gateway_usage_plan", func(res tfjson.Resource, block usagePlanBlock) {
		plans[r.id(res)] = r.usagePlan(res, block)
	})
	each(r, "aws_api_gateway_usage_plan_key", func(res tfjson.Resource, block usagePlanKeyBlock) {
		key, plan := keys[block.Key], plans[block.Plan]
		switch {
		case block.Type != "API_KEY":
			r.problem(res, "key_type is %q; use API_KEY", block.Type)
		case key == nil:
			r.dangling(res, "api_key", "key_id is %q, which is no API key of the stack", block.Key)
		case plan == nil:
			r.dangling(res, "usage_plan", "usage_plan_id is %q, which is no usage plan of the stack", block.Plan)
		default:
			r.join(res, key, plan)
		}
	})
}

// checkKeyTexts refuses what is too long for API Gateway ("Invalid API Key name, can be at most 1024 characters" and "Invalid
// API Key description specified": localstack's test_apigateway_extended.py, recorded on AWS with one character more).
func (r *reader) checkKeyTexts(res tfjson.Resource, block apiKeyBlock) {
	for _, text := range []struct {
		attribute, value string
		most             int
	}{{"name", block.Name, 1024}, {"description", block.Description, 125_000}} {
		if n := utf8.RuneCountInString(text.value); n > text.most {
			r.problem(res, "%s has %d characters; use at most %d", text.attribute, n, text.most)
		}
	}
}

// largestOffset is the largest offset of a quota in its first period ("Usage Plan quota offset must be between 0 and 6
// inclusive in the WEEK period": deployed on AWS by badmintoncryer/cdk-preflight, pf-apigw-usage-plan-quota-offset-range, which
// takes the other two from AWS's documentation).
var largestOffset = map[string]int64{"DAY": 0, "WEEK": 6, "MONTH": 27}

func (r *reader) checkOffset(res tfjson.Resource, quota quotaBlock) {
	most, known := largestOffset[quota.Period]
	switch {
	case !known || quota.Offset < 0 || quota.Offset <= most: // usagePlan has looked at the rest
	case most == 0:
		r.problem(res, "quota_settings.offset is %d; use 0 in a %s", quota.Offset, quota.Period)
	default:
		r.problem(res, "quota_settings.offset is %d; use 0 to %d in a %s", quota.Offset, most, quota.Period)
	}
}

// keyValue returns the key's own value, or generates one as AWS does.
func (r *reader) keyValue(res tfjson.Resource, block apiKeyBlock) string {
	const least, most = 20, 128 // API reference, CreateApiKey
	if block.Value != "" {
		if len(block.Value) < least || len(block.Value) > most {
			r.problem(res, "value has %d characters; use %d to %d", len(block.Value), least, most)
		}
		return block.Value
	}
	value, err := r.stack.Attribute(res.Address(), "value")
	if err != nil {
		r.problem(res, "value is empty, and no value can be generated: %w", err)
	}
	return value
}

func (r *reader) usagePlan(res tfjson.Resource, block usagePlanBlock) *usagePlan {
	plan := &usagePlan{byMethod: map[string]map[int]limit{}}
	for _, throttle := range block.Throttle {
		plan.limit = &limit{rate: rate.Limit(throttle.Rate), burst: throttle.Burst}
	}
	for _, quota := range block.Quota {
		if !slices.Contains([]string{"DAY", "WEEK", "MONTH"}, quota.Period) || quota.Limit < 1 || quota.Offset < 0 {
			r.problem(res, "quota_settings is %d requests per %q with the offset %d; use a limit of at least 1 per DAY, WEEK or MONTH", quota.Limit, quota.Period, quota.Offset)
		}
		r.checkOffset(res, quota)
		plan.quota = &quota
	}
	for _, at := range block.Stages {
		if at.API != r.api.ID || r.api.stages[at.Stage] == nil {
			r.dangling(res, "stage", "api_stages names the stage %q of the API %q, which is not in the stack", at.Stage, at.API)
			continue
		}
		plan.byMethod[at.Stage] = map[int]limit{}
		for _, throttle := range at.Throttle {
			numbers, problem := r.methodsAt(throttle.Path)
			if problem != "" {
				r.dangling(res, "method", "api_stages.throttle.path is %q%s", throttle.Path, problem)
			}
			for _, number := range numbers {
				plan.byMethod[at.Stage][number] = limit{rate: rate.Limit(throttle.Rate), burst: throttle.Burst}
			}
		}
	}
	return plan
}

// join adds a key to a plan. A key has one plan for a stage (developer guide, "Usage plans and API keys": "an API key can be
// associated with more than one usage plan … but only once for a stage").
func (r *reader) join(res tfjson.Resource, key *apiKey, plan *usagePlan) {
	for _, stage := range sortedKeys(plan.byMethod) {
		if key.plans[stage] != nil {
			r.problem(res, "the key is in another usage plan of the stage %s; API Gateway allows one", stage)
		}
		key.plans[stage] = plan
	}
}
