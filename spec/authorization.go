package spec

import (
	"slices"
	"strings"
	"time"
)

// Authorization is who may call the API's submitting methods. [AuthorizeNone], [AuthorizeIAM], [AuthorizeAPIKey],
// [AuthorizeCognito] and [AuthorizeLambda] make one.
type Authorization struct {
	// Kind says which of the fields below holds. The others must be empty.
	Kind AuthorizationKind
	// UsagePlan of AuthorizeAPIKey.
	UsagePlan UsagePlan
	// Cognito of AuthorizeCognito.
	Cognito Cognito
	// Lambda of AuthorizeLambda.
	Lambda LambdaAuthorizer
}

// AuthorizationKind is how callers prove who they are.
type AuthorizationKind string

const (
	// ByNothing lets anybody submit events.
	ByNothing AuthorizationKind = "NONE"
	// ByIAM requires a request signed with AWS Signature Version 4.
	ByIAM AuthorizationKind = "AWS_IAM"
	// ByAPIKey requires a key in the header X-Api-Key.
	ByAPIKey AuthorizationKind = "API_KEY"
	// ByCognito requires a token of a Cognito user pool in the header Authorization.
	ByCognito AuthorizationKind = "COGNITO_USER_POOLS"
	// ByLambda asks a Lambda function.
	ByLambda AuthorizationKind = "CUSTOM"
)

// AuthorizeNone lets anybody who knows the API's address submit events.
func AuthorizeNone() Authorization { return Authorization{Kind: ByNothing} }

// AuthorizeIAM requires a request signed with AWS Signature Version 4. The caller needs the permission execute-api:Invoke on
// the outputs submit_arn and batch_arn.
func AuthorizeIAM() Authorization { return Authorization{Kind: ByIAM} }

// AuthorizeAPIKey requires a key in the header X-Api-Key, and counts and limits the requests of each key. A key tells clients
// apart. It does not prove who a client is (API Gateway developer guide, "Usage plans and API keys for REST APIs").
func AuthorizeAPIKey(plan UsagePlan) Authorization {
	return Authorization{Kind: ByAPIKey, UsagePlan: plan}
}

// AuthorizeCognito requires a token of one of the user pools in the header Authorization. The user pools must exist: the
// environment does not make them.
func AuthorizeCognito(pools Cognito) Authorization {
	return Authorization{Kind: ByCognito, Cognito: pools}
}

// AuthorizeLambda has a Lambda function decide about each request. API Gateway calls the function through a role that may
// invoke this function and nothing else. The function must exist: the environment does not make it.
func AuthorizeLambda(authorizer LambdaAuthorizer) Authorization {
	return Authorization{Kind: ByLambda, Lambda: authorizer}
}

// UsagePlan has the API keys and their limits.
type UsagePlan struct {
	// Keys are the names of clients. Each client gets a key named PREFIX-ENV-NAME, whose value AWS makes. A name has 1 to 32
	// characters of a-z, 0-9 and "-", and begins with a letter.
	Keys []string
	// RateLimit is the steady rate of each key in requests per second, at least 0.000001. It may not exceed what API.Throttle allows
	// for each method. API.Batch and API.EventTypes add methods.
	RateLimit float64
	// BurstLimit is the size of each key's token bucket in requests, at least 1. It has the same upper bound.
	BurstLimit int
	// Quota is how many requests each key may send in a period. 0 means no quota.
	Quota int
	// QuotaPeriod is the period of the quota. Leave it empty without a quota.
	QuotaPeriod QuotaPeriod
}

// QuotaPeriod is a period over which API Gateway counts a key's requests.
type QuotaPeriod string

// A period begins at midnight UTC. A week begins on Sunday.
const (
	PerDay   QuotaPeriod = "DAY"
	PerWeek  QuotaPeriod = "WEEK"
	PerMonth QuotaPeriod = "MONTH"
)

// Cognito has the user pools whose tokens the API accepts.
type Cognito struct {
	// UserPoolARNs are the ARNs of 1 to 1,000 user pools, in any region of the environment's partition.
	UserPoolARNs []string
	// Scopes are scopes of an access token, such as "events/submit", at most 100. A token must have one of them. Without scopes the API
	// requires an identity token.
	Scopes []string
}

// LambdaAuthorizer is a Lambda function that answers a request with a policy.
type LambdaAuthorizer struct {
	// FunctionARN is the function's ARN, in any region of the environment's partition. It may end with a version or an alias.
	FunctionARN string
	// Kind is what the function gets.
	Kind LambdaAuthorizerKind
	// IdentitySources are the parts of a request that identify a caller, in API Gateway's form, such as
	// "method.request.header.Authorization". API Gateway answers a request that lacks one with 401 and does not call the
	// function. A [TokenAuthorizer] has one source, which is a header. The sources of a [RequestAuthorizer] are headers,
	// parameters of the query ("method.request.querystring.NAME") and variables of the context ("context.identity.sourceIp"): at most
	// 100 of at most 256 characters. With Firewall.Enabled a header's name has at most 40 characters.
	IdentitySources []string
	// CacheTTL is how long API Gateway caches the function's answer for an identity: whole seconds, 0 to 3,600. With 0 it
	// calls the function for each request.
	CacheTTL time.Duration
}

// reads reports whether the value of a header is one of the identity sources. Their values are what a caller proves itself with, so they
// belong in no record.
func (l LambdaAuthorizer) reads(header string) bool {
	return containsFold(l.IdentitySources, headerSourcePrefix+header) ||
		strings.EqualFold(header, userAgentHeader) && slices.Contains(l.IdentitySources, userAgentSource)
}

// userAgentHeader is also a variable of the context, userAgentSource.
const (
	userAgentHeader = "User-Agent"
	userAgentSource = "context.identity.userAgent"
)

// LambdaAuthorizerKind is what a Lambda authorizer gets.
type LambdaAuthorizerKind string

const (
	// TokenAuthorizer gets the value of one header.
	TokenAuthorizer LambdaAuthorizerKind = "TOKEN"
	// RequestAuthorizer gets the request's headers, query and path, without its body.
	RequestAuthorizer LambdaAuthorizerKind = "REQUEST"
)

// Access restricts where the API may be called from, and lets in producers of other AWS accounts, by the API's resource policy.
// Without these options the API has no resource policy.
//
// API Gateway checks the resource policy before API.Authorization, and answers a caller from elsewhere with 403. With IAM and
// with Lambda the policy lets nobody in whom the caller's own policies or the function would refuse.
//
// Know two properties of the address that API Gateway makes:
//
//   - The address of a regional API takes TLS 1.0. The address of a private API takes TLS 1.2 or newer (API Gateway developer
//     guide, "Choose a security policy for your REST API custom domain in API Gateway").
//   - In a VPC that has an execute-api endpoint with private DNS, the address leads to that endpoint. The endpoint knows private
//     APIs alone and answers 403 ("Private REST APIs in API Gateway"; AWS re:Post, "Why do I get an HTTP 403 Forbidden error
//     when I connect to my API Gateway APIs from a VPC?").
//
// The remedy for both is API.Domain, and API.Domain.DisableDefaultEndpoint for the first. A synthesis warns about both.
type Access struct {
	// SourceIPs are the ranges of IP addresses, such as "203.0.113.0/24", that requests may come from: at most 100. They are
	// public addresses, at least one of IPv4, over which the API answers. With API.Access.VPCEndpoints they are addresses in the
	// VPCs. Empty allows every address.
	SourceIPs []string
	// VPCEndpoints are IDs of interface endpoints of execute-api, such as "vpce-0123456789abcdef0": at most 100. With one the
	// API is private: only these endpoints reach it.
	VPCEndpoints []string
	Producers    Producers
}

// Producers are principals of other AWS accounts that may submit events. They need [AuthorizeIAM]: across accounts IAM requires
// both the API's resource policy and the principal's own policy to allow a request (API Gateway developer guide, "How API
// Gateway resource policies affect authorization workflow", Table B). So each producer also needs execute-api:Invoke on the
// outputs submit_arn and batch_arn in its own account. Do not name the environment's own account: its principals need their own
// policies alone.
type Producers struct {
	// Accounts are 12-digit IDs of other accounts, at most 50. Each account decides which of its principals may submit.
	Accounts []string
	// Roles are ARNs of IAM roles of other accounts, at most 50, such as "arn:aws:iam::444455556666:role/producer". A role must
	// exist when you deploy. If somebody deletes a role and makes it again, the new role has no access: replace the resource
	// policy then (IAM User Guide, "AWS JSON policy elements: Principal", "IAM role principals").
	Roles []string
	// Organization is the ID of an AWS organisation, such as "o-a1b2c3d4e5". Each other account of the organisation decides which
	// of its principals may submit.
	Organization string
}

// set reports whether there are producers in other accounts.
func (p Producers) set() bool { return len(p.Accounts)+len(p.Roles) > 0 || p.Organization != "" }

// Private reports whether only VPC endpoints reach the API.
func (a Access) Private() bool { return len(a.VPCEndpoints) > 0 }

// Open reports whether the API has no resource policy. Such an API accepts calls from everywhere. If it requires a signature,
// only principals of this account can call it.
func (a Access) Open() bool { return len(a.VPCEndpoints)+len(a.SourceIPs) == 0 && !a.Producers.set() }
