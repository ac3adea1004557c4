package spec

import "time"

// Authorization is who may call the API's submitting methods. Made by [AuthorizeNone], [AuthorizeIAM], [AuthorizeAPIKey],
// [AuthorizeCognito] or [AuthorizeLambda]. A preflight is always anonymous: browsers send it without credentials.
type Authorization struct {
	// Kind says which of the parts below holds. The others must be empty.
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
	// ByNothing lets anybody submit.
	ByNothing AuthorizationKind = "NONE"
	// ByIAM asks for a request signed with AWS Signature Version 4 by a principal that may execute-api:Invoke.
	ByIAM AuthorizationKind = "AWS_IAM"
	// ByAPIKey asks for a key in the header X-Api-Key.
	ByAPIKey AuthorizationKind = "API_KEY"
	// ByCognito asks for a token of a Cognito user pool in the header Authorization.
	ByCognito AuthorizationKind = "COGNITO_USER_POOLS"
	// ByLambda asks a Lambda function.
	ByLambda AuthorizationKind = "CUSTOM"
)

// AuthorizeNone lets anybody submit.
func AuthorizeNone() Authorization { return Authorization{Kind: ByNothing} }

// AuthorizeIAM asks for a request signed with AWS Signature Version 4 by a principal that may execute-api:Invoke.
func AuthorizeIAM() Authorization { return Authorization{Kind: ByIAM} }

// AuthorizeAPIKey asks for a key in the header X-Api-Key, and counts each key's requests. A key tells clients apart and
// holds them to their plan; it is no proof of who sends it (API Gateway developer guide, "Usage plans and API keys for REST
// APIs"), so that what it lets in should be public anyway.
func AuthorizeAPIKey(plan UsagePlan) Authorization {
	return Authorization{Kind: ByAPIKey, UsagePlan: plan}
}

// AuthorizeCognito asks for a token of one of the user pools, which are somebody else's to manage.
func AuthorizeCognito(pools Cognito) Authorization {
	return Authorization{Kind: ByCognito, Cognito: pools}
}

// AuthorizeLambda asks a Lambda function, which is somebody else's to manage, and keeps its answer for a while.
func AuthorizeLambda(authorizer LambdaAuthorizer) Authorization {
	return Authorization{Kind: ByLambda, Lambda: authorizer}
}

// UsagePlan is what each of its keys may send.
type UsagePlan struct {
	// Keys are names of clients, each of which gets a key PREFIX-ENV-NAME, whose value AWS makes. 1 to 32 characters of
	// a-z, 0-9 and "-", beginning with a letter.
	Keys []string
	// RateLimit is the steady rate of each key in requests per second, more than 0. The stage's holds above it, so that it may
	// not be more: as much as API.Throttle lets through to each method, of which API.Batch adds one.
	RateLimit float64
	// BurstLimit is the token bucket's size in requests, at least 1, and within the stage's in the same way.
	BurstLimit int
	// Quota is how many requests each key may send in a period; 0 for no quota.
	Quota int
	// QuotaPeriod is the period of the quota; empty without one.
	QuotaPeriod QuotaPeriod
}

// QuotaPeriod is a period over which API Gateway counts a key's requests.
type QuotaPeriod string

// The periods of a quota. Each begins at midnight UTC, a week's on Sunday.
const (
	PerDay   QuotaPeriod = "DAY"
	PerWeek  QuotaPeriod = "WEEK"
	PerMonth QuotaPeriod = "MONTH"
)

// Cognito is whose tokens are taken.
type Cognito struct {
	// UserPoolARNs are 1 to 1,000 pools.
	UserPoolARNs []string
	// Scopes of which an access token must have one, such as "events/submit". Without scopes the token is an identity token.
	Scopes []string
}

// LambdaAuthorizer is a Lambda function that answers a request with a policy.
type LambdaAuthorizer struct {
	// FunctionARN may end with a version or an alias.
	FunctionARN string
	// Kind is what the function is given.
	Kind LambdaAuthorizerKind
	// IdentitySources are the headers, query parameters and so on of a request that tell callers apart, in API Gateway's
	// form, such as "method.request.header.Authorization". A request that lacks one is answered with 401 and the function
	// is not asked. Of [TokenAuthorizer] it is one header.
	IdentitySources []string
	// CacheTTL is how long an answer holds for the same identity: whole seconds, 0 to 3,600; 0 asks for each request.
	CacheTTL time.Duration
}

// LambdaAuthorizerKind is what a Lambda authoriser is given.
type LambdaAuthorizerKind string

const (
	// TokenAuthorizer is given the one header.
	TokenAuthorizer LambdaAuthorizerKind = "TOKEN"
	// RequestAuthorizer is given the request's headers, query and path, without its body.
	RequestAuthorizer LambdaAuthorizerKind = "REQUEST"
)

// Access is from where the API may be called at all, and from which other AWS accounts: its resource policy. Without any of them
// the API has none.
//
// Whoever decides about access should know two things of the address that API Gateway makes. Of a regional API it takes TLS 1.0, of
// a private one TLS 1.2 or newer (API Gateway developer guide, "Choose a security policy for your REST API custom domain in API
// Gateway"). And in a VPC that has an execute-api endpoint with private DNS it leads to that endpoint, which knows private APIs
// alone and answers 403 ("Private REST APIs in API Gateway"; AWS re:Post, "Why do I get an HTTP 403 Forbidden error when I connect
// to my API Gateway APIs from a VPC?"). [Domain] is the remedy for both, with its DisableDefaultEndpoint for the first. [Warnings]
// names the environments.
type Access struct {
	// SourceIPs are the ranges of addresses, such as "203.0.113.0/24", from which requests may come: at most 100. They are
	// addresses on the internet, and those within the VPCs where VPCEndpoints is set.
	SourceIPs []string
	// VPCEndpoints are interface endpoints of execute-api, such as "vpce-0123456789abcdef0", at most 100. With one the API is
	// private: it has no address outside their VPCs.
	VPCEndpoints []string
	// Producers are who may submit from other accounts.
	Producers Producers
}

// Producers are principals of other AWS accounts that may submit, with [AuthorizeIAM] alone: across accounts IAM asks the API's
// resource policy and the principal's own (API Gateway developer guide, "How API Gateway resource policies affect authorization
// workflow", Table B). So each producer also needs execute-api:Invoke on the outputs submit_arn and batch_arn in its account.
// This environment's own account is not named: its principals need their own policies alone.
type Producers struct {
	// Accounts are 12-digit ids of accounts, at most 50: each decides for its own principals.
	Accounts []string
	// Roles are ARNs of IAM roles of other accounts, at most 50, such as "arn:aws:iam::444455556666:role/producer". A role must
	// exist when the policy is applied. One that is deleted and made anew is another: replace the resource policy then (IAM User
	// Guide, "AWS JSON policy elements: Principal", "IAM role principals").
	Roles []string
	// Organization is the id of an organisation of AWS Organizations, such as "o-a1b2c3d4e5", whose other accounts decide for
	// their own principals. Empty for none.
	Organization string
}

// set tells whether there are producers in other accounts.
func (p Producers) set() bool { return len(p.Accounts)+len(p.Roles) > 0 || p.Organization != "" }

// Private tells whether the API is reached through VPC endpoints alone.
func (a Access) Private() bool { return len(a.VPCEndpoints) > 0 }

// Open tells whether the API has no resource policy: it may be called from anywhere, and by this account's principals alone where
// it asks for a signature.
func (a Access) Open() bool { return len(a.VPCEndpoints)+len(a.SourceIPs) == 0 && !a.Producers.set() }
