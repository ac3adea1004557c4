package apigateway

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// variable returns the value of one of API Gateway's variables for a request, or "" if it has none.
type variable func(x *exchange) string

func none(*exchange) string { return "" }

// contextVariables are all variables that API Gateway documents for REST APIs ("Variables for data transformations" and
// "Variables for access logging"). Those of Cognito, of client certificates, of WAF and of custom domains are always absent
// here, as they are on AWS for an API that has none.
var contextVariables = map[string]variable{
	"accountId":            func(x *exchange) string { return x.api.opts.Account },
	"apiId":                func(x *exchange) string { return x.api.cfg.ID },
	"awsEndpointRequestId": func(x *exchange) string { return x.call.requestID },
	"deploymentId":         func(x *exchange) string { return x.stage.deployment },
	"domainName":           (*exchange).domainName,
	"domainPrefix": func(x *exchange) string {
		prefix, _, _ := strings.Cut(x.domainName(), ".")
		return prefix
	},
	"extendedRequestId": func(x *exchange) string { return x.extendedID },
	"httpMethod":        func(x *exchange) string { return x.verb },
	"path":              func(x *exchange) string { return x.path },
	// Over HTTP/2 as well (developer guide: "the request protocol is logged as HTTP/1.1").
	"protocol":  func(*exchange) string { return "HTTP/1.1" },
	"requestId": func(x *exchange) string { return x.requestID },
	// The Common Log Format's time, dd/MMM/yyyy:HH:mm:ss +-hhmm.
	"requestTime":      func(x *exchange) string { return x.arrived.UTC().Format("02/Jan/2006:15:04:05 -0700") },
	"requestTimeEpoch": func(x *exchange) string { return strconv.FormatInt(x.arrived.UnixMilli(), 10) },
	"resourceId":       (*exchange).resourceID,
	"resourcePath":     (*exchange).resourcePath,
	"stage":            func(x *exchange) string { return x.stage.name },
	"cipherSuite":      none, "tlsVersion": none, "isCanaryRequest": none, "endpointType": none,
	"webaclArn": none, "wafResponseCode": none,

	"identity.accountId": func(x *exchange) string {
		caller, _ := arn.Parse(x.caller.arn) // has no account where nobody signed
		return caller.AccountID
	},
	"identity.accessKey": func(x *exchange) string { return x.caller.accessKey },
	"identity.userArn":   func(x *exchange) string { return x.caller.arn },
	"identity.sourceIp":  (*exchange).sourceIP,
	"identity.userAgent": func(x *exchange) string { return x.r.UserAgent() },
	"identity.apiKey": func(x *exchange) string {
		if x.key == nil {
			return ""
		}
		return x.key.value
	},
	"identity.apiKeyId": func(x *exchange) string {
		if x.key == nil {
			return ""
		}
		return x.key.id
	},
	// IAM's unique ids of principals (AIDA…) exist on AWS only.
	"identity.caller": none, "identity.user": none, "identity.principalOrgId": none, "identity.vpcId": none, "identity.vpceId": none,
	"identity.cognitoAuthenticationProvider": none, "identity.cognitoAuthenticationType": none,
	"identity.cognitoIdentityId": none, "identity.cognitoIdentityPoolId": none,
	"identity.clientCert.clientCertPem": none, "identity.clientCert.subjectDN": none, "identity.clientCert.issuerDN": none,
	"identity.clientCert.serialNumber": none, "identity.clientCert.validity.notBefore": none, "identity.clientCert.validity.notAfter": none,

	"error.message":               func(x *exchange) string { return x.failure.text() },
	"error.messageString":         func(x *exchange) string { return x.failure.text() }, // its quotes: see segment
	"error.responseType":          func(x *exchange) string { return x.failure.typeName() },
	"error.validationErrorString": func(x *exchange) string { return x.failure.validationText() },
}

// logVariables are for access logs only.
var logVariables = map[string]variable{
	"integration.error":  func(x *exchange) string { return x.call.problem },
	"integration.status": (*exchange).integrationStatus,
	// Lambda's own, apart from the function's: not here.
	"integration.integrationStatus": (*exchange).integrationStatus,
	"integration.latency":           (*exchange).integrationLatency,
	"integration.requestId":         func(x *exchange) string { return x.call.requestID },
	"integrationErrorMessage":       func(x *exchange) string { return x.call.problem },
	"integrationLatency":            (*exchange).integrationLatency,
	"integrationStatus":             (*exchange).integrationStatus,
	"responseLatency": func(x *exchange) string {
		return strconv.FormatInt(x.api.opts.Clock.Since(x.arrived).Milliseconds(), 10)
	},
	"responseLength":               func(x *exchange) string { return strconv.Itoa(len(x.answer.body)) },
	"status":                       func(x *exchange) string { return strconv.Itoa(x.answer.status) },
	"xrayTraceId":                  (*exchange).xrayTraceID,
	"customDomain.basePathMatched": none,
	"authenticate.error":           none, "authenticate.latency": none, "authenticate.status": none,
	"authorize.error": none, "authorize.latency": none, "authorize.status": none,
	"waf.error": none, "waf.latency": none, "waf.status": none,
}

// identityKeys are always in $context.identity, with null for an unknown value. Other keys are there only with a value
// (localstack's test_sqs_amz_json_protocol, recorded on AWS, which has no other key of $context without a value).
var identityKeys = []string{
	"accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId",
	"cognitoIdentityPoolId", "principalOrgId", "sourceIp", "user", "userAgent", "userArn",
}

// contextTree is $context as a mapping template sees it: nested, by its first names. An absent value is nil.
var contextTree = treeOf(contextVariables)

func treeOf(variables map[string]variable) map[string]func(*exchange) any {
	tree := map[string]func(*exchange) any{}
	nested := map[string]map[string]variable{}
	for name, value := range variables {
		first, rest, isNested := strings.Cut(name, ".")
		if !isNested {
			tree[first] = func(x *exchange) any { return orNil(value(x)) }
			continue
		}
		if nested[first] == nil {
			nested[first] = map[string]variable{}
		}
		nested[first][rest] = value
	}
	for first, rest := range nested {
		var always []string
		if first == "identity" {
			always = identityKeys
		}
		tree[first] = branchOf(rest, always)
	}
	// It is a number on AWS, so templates can calculate with it.
	if variables["requestTimeEpoch"] != nil {
		tree["requestTimeEpoch"] = func(x *exchange) any { return x.arrived.UnixMilli() }
	}
	// Every value of an authorizer that does not exist is null.
	if variables["requestId"] != nil {
		for _, name := range []string{"authorizer", "customDomain"} {
			tree[name] = func(*exchange) any { return nil }
		}
	}
	return tree
}

// branchOf returns a map below $context, or nil if it has no value. always are the names that it also has with null.
func branchOf(variables map[string]variable, always []string) func(*exchange) any {
	below := treeOf(variables)
	return func(x *exchange) any {
		values := map[string]any{}
		for name, value := range below {
			if v := value(x); v != nil || slices.Contains(always, name) {
				values[name] = v
			}
		}
		if len(values) == 0 {
			return nil
		}
		return values
	}
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// format is text with variables and without other syntax: a gateway response's body or a line of an access log.
type format []segment

// segment is either literal text or a variable.
type segment struct {
	literal string
	value   variable
	// quoted is true of messageString: "The quoted value of $context.error.message" (developer guide).
	quoted bool
}

// formatVariable matches the variables of a format. A dot at the end is text.
var formatVariable = regexp.MustCompile(`\$(?:` + variableName + `|\{` + variableName + `\})`)

const variableName = `((?:context|stageVariables)(?:\.\w+)+|method\.request\.(?:header|querystring|path)\.[\w-]+(?:\.[\w-]+)*)`

// parseFormat reads a format. find returns the variable of a name such as context.requestId.
func parseFormat(text string, find func(name string) (variable, error)) (format, error) {
	var parsed format
	for text != "" {
		at := formatVariable.FindStringSubmatchIndex(text)
		if at == nil {
			return append(parsed, segment{literal: text}), nil
		}
		if at[0] > 0 {
			parsed = append(parsed, segment{literal: text[:at[0]]})
		}
		name := text[max(at[2], at[4]):max(at[3], at[5])] // the one of the two that is there
		value, err := find(name)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, segment{value: value, quoted: name == "context.error.messageString"})
		text = text[at[1]:]
	}
	return parsed, nil
}

// findContext finds a variable of $context for gateway responses and mappings.
func findContext(name string) (variable, error) {
	short := strings.TrimPrefix(name, "context.")
	if value := contextVariables[short]; value != nil {
		return value, nil
	}
	if strings.HasPrefix(short, "authorizer.") {
		return none, nil
	}
	return nil, fmt.Errorf("$%s is no variable of API Gateway's REST APIs", name)
}

// findLogged finds a variable of an access log, which may hold only $context (developer guide, "Setting up CloudWatch
// logging").
func findLogged(name string) (variable, error) {
	if value := logVariables[strings.TrimPrefix(name, "context.")]; value != nil {
		return value, nil
	}
	if !strings.HasPrefix(name, "context.") {
		return nil, fmt.Errorf("$%s is no variable of an access log, which has only $context", name)
	}
	return findContext(name)
}

// append writes the format for an exchange. It writes absent for a variable without a value. With escape it writes a value as
// the inside of a JSON string.
//
// Assumption API-2: in access logs and in gateway responses, API Gateway escapes a variable's value as the inside of a JSON
// string (DataBiosphere/azul#4348: a quote in a user agent is logged as \"; public examples of a BAD_REQUEST_BODY response show
// [object has missing required properties ([\"email\"])] within quotes). In a log it writes "-" for a variable without a value
// (the same azul issue).
func (f format) append(to []byte, x *exchange, absent string, escape bool) []byte {
	for _, s := range f {
		if s.value == nil {
			to = append(to, s.literal...)
			continue
		}
		value := s.value(x)
		switch {
		case value == "" && !s.quoted:
			to = append(to, absent...)
		case value == "" && absent != "":
			to = append(to, absent...)
		case s.quoted:
			to = append(to, '"')
			to = jsontext.AppendEscaped(to, value)
			to = append(to, '"')
		case escape:
			to = jsontext.AppendEscaped(to, value)
		default:
			to = append(to, value...)
		}
	}
	return to
}
