package verify

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"cdk.tf/go/ingest/tfjson"
)

// distributionAsDeclared compares what serves the page. Its headers policy and its origin access control have ids that AWS makes up, so of
// these the check compares that there is one; the check of the page sees what they do.
func distributionAsDeclared(ctx context.Context, r *run) outcome {
	address := r.Outputs.Text("web_url")
	id, err := r.distributionID(ctx, address)
	if err != nil {
		return unread(err, "cloudfront:ListDistributions", "all distributions")
	}
	if id == "" {
		return differs("a distribution of "+address, "the account has none of this name", redeploy)
	}
	answer, err := r.AWS.CloudFront.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &id})
	if err != nil {
		return unread(err, "cloudfront:GetDistribution", "the distribution "+id)
	}
	if answer.Distribution == nil || answer.Distribution.DistributionConfig == nil {
		return withoutMember("GetDistribution", "DistributionConfig")
	}
	var d differences
	body, is := r.stack.Resources("aws_cloudfront_distribution")[0].Body, answer.Distribution.DistributionConfig
	compareDistribution(&d, body, is)
	compareOrigins(&d, body, is)
	compareBehaviour(&d, firstBlock(body, "default_cache_behavior"), cmp.Or(is.DefaultCacheBehavior, &types.DefaultCacheBehavior{}))
	return d.outcome(id, redeploy)
}

// distributionID is the id of the distribution of an address; "" where the account has none.
func (r *run) distributionID(ctx context.Context, address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	for pages := cloudfront.NewListDistributionsPaginator(r.AWS.CloudFront, &cloudfront.ListDistributionsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, one := range cmp.Or(page.DistributionList, &types.DistributionList{}).Items {
			if aws.ToString(one.DomainName) == parsed.Hostname() {
				return aws.ToString(one.Id), nil
			}
		}
	}
	return "", nil
}

// compareDistribution compares a distribution with the provider's defaults of what the stack leaves out (aws_cloudfront_distribution).
func compareDistribution(d *differences, body map[string]any, is *types.DistributionConfig) {
	d.compare("enabled", tfjson.True(body["enabled"]), aws.ToBool(is.Enabled))
	d.compare("object of the root", text(body["default_root_object"]), aws.ToString(is.DefaultRootObject))
	d.compare("version of HTTP", cmp.Or(text(body["http_version"]), "http2"), strings.ToLower(string(is.HttpVersion)))
	d.compare("IPv6", tfjson.True(body["is_ipv6_enabled"]), aws.ToBool(is.IsIPV6Enabled))
	d.compare("price class", cmp.Or(text(body["price_class"]), string(types.PriceClassPriceClassAll)), is.PriceClass)
	d.compare("other names", list(body["aliases"]), slices.Sorted(slices.Values(cmp.Or(is.Aliases, &types.Aliases{}).Items)))
	d.compare("web ACL of the page", text(body["web_acl_id"]) != "", aws.ToString(is.WebACLId) != "") // AWS makes up its id
	d.compare("distribution for tests", text(body["continuous_deployment_policy_id"]), aws.ToString(is.ContinuousDeploymentPolicyId))
	d.compare("log of the page in", text(tfjson.At(body, "logging_config", "bucket")), aws.ToString(cmp.Or(is.Logging, &types.LoggingConfig{}).Bucket))
	geo := cmp.Or(cmp.Or(is.Restrictions, &types.Restrictions{}).GeoRestriction, &types.GeoRestriction{})
	d.compare("restriction by country", text(tfjson.At(body, "restrictions", "geo_restriction", "restriction_type")), geo.RestrictionType)
	d.compare("countries", list(tfjson.At(body, "restrictions", "geo_restriction", "locations")), slices.Sorted(slices.Values(geo.Items)))
	certificate := cmp.Or(is.ViewerCertificate, &types.ViewerCertificate{})
	d.compare("certificate of CloudFront", tfjson.True(tfjson.At(body, "viewer_certificate", "cloudfront_default_certificate")), aws.ToBool(certificate.CloudFrontDefaultCertificate))
	var paths, errors []string
	for _, one := range cmp.Or(is.CacheBehaviors, &types.CacheBehaviors{}).Items {
		paths = append(paths, aws.ToString(one.PathPattern))
	}
	for _, one := range cmp.Or(is.CustomErrorResponses, &types.CustomErrorResponses{}).Items {
		errors = append(errors, itoa(int(aws.ToInt32(one.ErrorCode)))+" "+aws.ToString(one.ResponsePagePath))
	}
	d.compare("paths of their own", blockTexts(body, "ordered_cache_behavior", func(one map[string]any) string { return text(one["path_pattern"]) }), paths)
	d.compare("pages of errors", blockTexts(body, "custom_error_response", func(one map[string]any) string {
		return shownValue(one["error_code"]) + " " + text(one["response_page_path"])
	}), slices.Sorted(slices.Values(errors)))
}

// blockTexts are the texts of a resource's blocks.
func blockTexts(body map[string]any, block string, of func(map[string]any) string) []string {
	blocks, _ := tfjson.Blocks(body, block)
	var all []string
	for _, one := range blocks {
		all = append(all, of(one))
	}
	return all
}

// compareOrigins compares where the page's files come from.
func compareOrigins(d *differences, body map[string]any, is *types.DistributionConfig) {
	origin := func(id, domain, path string, signed bool) string {
		how := " without a signature"
		if signed {
			how = " with a signature"
		}
		return id + ": " + domain + path + how
	}
	var there []string
	for _, one := range cmp.Or(is.Origins, &types.Origins{}).Items {
		there = append(there, origin(aws.ToString(one.Id), aws.ToString(one.DomainName), aws.ToString(one.OriginPath), aws.ToString(one.OriginAccessControlId) != ""))
	}
	want := blockTexts(body, "origin", func(one map[string]any) string {
		return origin(text(one["origin_id"]), text(one["domain_name"]), text(one["origin_path"]), text(one["origin_access_control_id"]) != "")
	})
	slices.Sort(want)
	slices.Sort(there)
	d.compare("origins", strings.Join(want, ", "), strings.Join(there, ", "))
}

// compareBehaviour compares which requests the page takes, and what runs with them.
func compareBehaviour(d *differences, want map[string]any, is *types.DefaultCacheBehavior) {
	allowed := cmp.Or(is.AllowedMethods, &types.AllowedMethods{})
	d.compare("origin", text(want["target_origin_id"]), aws.ToString(is.TargetOriginId))
	d.compare("protocols", text(want["viewer_protocol_policy"]), is.ViewerProtocolPolicy)
	d.compare("methods", list(want["allowed_methods"]), slices.Sorted(slices.Values(allowed.Items)))
	d.compare("cached methods", list(want["cached_methods"]), slices.Sorted(slices.Values(cmp.Or(allowed.CachedMethods, &types.CachedMethods{}).Items)))
	d.compare("compression", tfjson.True(want["compress"]), aws.ToBool(is.Compress))
	d.compare("cache policy", text(want["cache_policy_id"]), aws.ToString(is.CachePolicyId))
	d.compare("origin request policy", text(want["origin_request_policy_id"]), aws.ToString(is.OriginRequestPolicyId))
	d.compare("policy of headers", text(want["response_headers_policy_id"]) != "", aws.ToString(is.ResponseHeadersPolicyId) != "")
	d.compare("log in real time", text(want["realtime_log_config_arn"]), aws.ToString(is.RealtimeLogConfigArn))
	d.compare("signed addresses alone", want["trusted_key_groups"] != nil || want["trusted_signers"] != nil,
		aws.ToBool(cmp.Or(is.TrustedKeyGroups, &types.TrustedKeyGroups{}).Enabled) || aws.ToBool(cmp.Or(is.TrustedSigners, &types.TrustedSigners{}).Enabled))
	var functions []string
	for _, one := range cmp.Or(is.FunctionAssociations, &types.FunctionAssociations{}).Items {
		functions = append(functions, aws.ToString(one.FunctionARN))
	}
	for _, one := range cmp.Or(is.LambdaFunctionAssociations, &types.LambdaFunctionAssociations{}).Items {
		functions = append(functions, aws.ToString(one.LambdaFunctionARN))
	}
	declared := slices.Concat(
		blockTexts(want, "function_association", func(one map[string]any) string { return text(one["function_arn"]) }),
		blockTexts(want, "lambda_function_association", func(one map[string]any) string { return text(one["lambda_arn"]) }),
	)
	slices.Sort(declared)
	d.compare("functions", declared, slices.Sorted(slices.Values(functions)))
}
