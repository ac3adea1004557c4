package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// surroundingsChecks look at what surrounds the way: logs, permissions, the bucket's settings, alarms, queries and the page. They only
// read, except for a query of Athena. A stack has checks for what it declares.
func surroundingsChecks(p *Pipeline) []check {
	has := func(typ string) bool { return len(p.stack.Resources(typ)) > 0 }
	checks := []check{
		{id: "surroundings/stream", title: "The stream has its declared mode, shards, retention and encryption", look: streamAsDeclared},
		{id: "surroundings/stream-policy", title: "The stream has the resource policy that the stack declares, or none", hidden: onlyAWS("policies of streams"), look: streamPolicy},
		{id: "surroundings/delivery", title: "The delivery stream is active with its declared source, buffer, prefixes and format", look: deliveryAsDeclared},
		{id: "surroundings/roles", title: "Each role has the policies that the stack declares, and no others", hidden: onlyAWS("IAM"), look: rolesAsDeclared},
		{id: "surroundings/bucket-private", title: "No bucket is public", hidden: onlyAWS("settings of a bucket's access"), look: bucketsPrivate},
		{id: "surroundings/bucket-encryption", title: "Each bucket encrypts as declared", hidden: onlyAWS("encryption"), look: bucketsEncrypted},
		{id: "surroundings/bucket-versioning", title: "Each bucket has its declared versioning", hidden: onlyAWS("versions of objects"), look: bucketsVersioned},
		{id: "surroundings/bucket-lifecycle", title: "Each bucket deletes and moves objects as declared", hidden: onlyAWS("lifecycle rules"), look: bucketLifecycles},
		{id: "surroundings/bucket-lock", title: "Each bucket locks its objects as declared", hidden: onlyAWS("locks of objects"), look: bucketLocks},
		{id: "surroundings/bucket-logging", title: "Each bucket writes its access log as declared", hidden: onlyAWS("access logs of buckets"), look: bucketLogs},
		{id: "surroundings/bucket-replication", title: "Each bucket copies its objects as declared", hidden: onlyAWS("replication"), look: bucketReplications},
		{id: "surroundings/bucket-notifications", title: "Each bucket tells of its objects as declared", hidden: onlyAWS("notifications of buckets"), look: bucketNotifications},
		{id: "surroundings/bucket-policy", title: "Each bucket has the policy that the stack declares, which refuses requests without TLS", hidden: onlyAWS("bucket policies"), look: bucketPolicies},
	}
	for _, more := range []struct {
		declared bool
		checks   []check
	}{
		{has("aws_api_gateway_rest_api") && has("aws_api_gateway_stage"), []check{
			{id: "surroundings/api", title: "The API has its declared resource policy, endpoint and compression", hidden: onlyAWS("API that a call describes"), look: apiAsDeclared},
			{id: "surroundings/stage", title: "The stage has its declared canary, variables and cache", hidden: onlyAWS("stage that a call describes"), look: stageAsDeclared},
			{id: "surroundings/deployment", title: "The stage serves the API's one deployment, which has the declared methods with their authorization", hidden: onlyAWS("deployment that a call describes"), look: deploymentAsDeclared},
			{id: "surroundings/firewall", title: "The stage's firewall is the one that the stack declares", hidden: onlyAWS("firewall"), look: firewallAsDeclared},
		}},
		{has("aws_wafv2_web_acl"), []check{
			{id: "surroundings/firewall-rules", title: "The firewall has its declared rules, default action, protection of data and log", hidden: onlyAWS("firewall"), look: firewallRules},
		}},
		{has("aws_api_gateway_stage"), logChecks()},
		{has("aws_api_gateway_authorizer"), []check{
			{id: "surroundings/authorizers", title: "Each authorizer has its declared user pools, function and source of the token", hidden: onlyAWS("authorizer that a call describes"), look: authorizersAsDeclared},
		}},
		{has("aws_api_gateway_usage_plan"), []check{
			{id: "surroundings/usage-plans", title: "Each usage plan has its declared limits, stages and keys", hidden: onlyAWS("usage plan that a call describes"), look: usagePlansAsDeclared},
		}},
		{has("aws_cloudwatch_metric_alarm"), alarmChecks()},
		{has("aws_cloudwatch_dashboard"), dashboardChecks()},
		{has("aws_sns_topic"), []check{
			{id: "surroundings/topics", title: "Each topic of the stack has its declared policy and key", hidden: onlyAWS("topics"), look: topicsAsDeclared},
		}},
		{has("aws_kms_key"), []check{
			{id: "surroundings/keys", title: "Each key of the stack is enabled, and has its declared rotation, policy and alias", hidden: onlyAWS("KMS"), look: keysAsDeclared},
		}},
		{has("aws_glue_catalog_table"), []check{
			{id: "surroundings/tables", title: "Each table has its declared columns, partitions, location and format", hidden: onlyAWS("Glue"), look: tablesAsDeclared},
		}},
		{has("aws_athena_workgroup"), []check{
			{id: "surroundings/workgroups", title: "Each workgroup has its declared limit of a query, results and encryption", hidden: onlyAWS("Athena"), look: workgroupsAsDeclared},
		}},
		{has("aws_athena_named_query"), namedQueryChecks()},
		{has("aws_athena_workgroup") && has("aws_glue_catalog_table"), queryChecks()},
		{has("aws_cloudfront_distribution"), pageChecks()},
		{has("aws_api_gateway_domain_name"), domainChecks()},
	} {
		if more.declared {
			checks = append(checks, more.checks...)
		}
	}
	return checks
}

// onlyAWS hides a check where ingest up runs the pipeline.
func onlyAWS(what string) func(*run) string {
	return func(r *run) string {
		if r.Local {
			return "ingest up has no " + what + "; only AWS shows it"
		}
		return ""
	}
}

// redeploy is the remedy for what is not as the stack declares. Terraform knows nothing of what others added beside it, such as a
// policy of a role.
const redeploy = "somebody changed it after the apply, or another stack was applied: compare with make diff, and deploy again; what make diff does not show, a deployment leaves there: undo it by hand, or declare it"

// readStack is the remedy where an attribute of the stack cannot be known.
const readStack = "correct the stack, and synthesise it again"

// useKey is the remedy for a key that is disabled or waits for its deletion.
const useKey = "enable the key, or cancel its deletion first (aws kms cancel-key-deletion); read docs/runbooks/stream-refused.md"

// unread is what a failed call says of a check. A missing permission and a failed call leave it unknown; what does not exist differs.
func unread(err error, action, on string) outcome {
	if found, ok := spentOutcome(err); ok {
		return found
	}
	code := codeOf(err)
	switch {
	case slices.Contains(denied, code):
		return unknown(err, "allow "+action+" on "+on+" to the credentials that run the command")
	case slices.Contains(untrusted, code):
		return unknown(err, "use credentials that are valid in the pipeline's region")
	case unusable(code):
		return differs(on+" with a key that can be used", oneLine(err), useKey)
	case absent(code):
		return differs(on+" as declared", oneLine(err), redeploy)
	}
	var unsent *smithyhttp.RequestSendError
	var foreign *smithy.DeserializationError
	switch {
	case errors.As(err, &unsent):
		return unknown(err, "check your network, the region and AWS_ENDPOINT_URL, and run the command again: "+action+" on "+on+" did not answer")
	case errors.As(err, &foreign) && statusOf(err) < http.StatusMultipleChoices: // a balancer of AWS's answers an outage in HTML
		return unknown(err, otherService)
	}
	return unknown(err, "run the command again: "+action+" on "+on+" did not answer")
}

// otherService is the remedy for an answer that is not AWS's.
const otherService = "look at it in the console, and whether AWS_ENDPOINT_URL or a proxy leads to another service than AWS"

// withoutMember is the outcome where an answer lacks what each answer of AWS has, as that of another service does.
func withoutMember(call, member string) outcome {
	return unknown(fmt.Errorf("the answer to %s has no %s", call, member), otherService)
}

// codeOf is the code of an AWS error; "" for other errors.
func codeOf(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

var (
	// denied are the codes of a missing permission: each protocol has its own (IAM user guide, "Troubleshoot access denied error
	// messages"; SNS API reference, "Common Errors": AuthorizationError). S3 answers a HEAD without a body, so the SDK takes the
	// status' text.
	denied = []string{"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedException", "Forbidden", "KMSAccessDeniedException"}
	// untrusted are the codes of credentials that AWS does not know here. Services with JSON have another code of a wrong secret key than
	// those with XML, and S3 one of its own of a wrong session token (S3 API reference, "Error responses").
	untrusted = []string{
		"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidToken", "ExpiredToken", "ExpiredTokenException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "OptInRequired",
	}
)

// unusable reports whether a code says that a key of KMS is disabled or waits for its deletion, in Kinesis's form or in S3's (assumption
// LOC-5).
func unusable(code string) bool {
	return strings.HasPrefix(code, "KMS") && (strings.HasSuffix(code, "DisabledException") || strings.HasSuffix(code, "InvalidStateException"))
}

// absent reports whether a code says that something does not exist.
func absent(code string) bool {
	return strings.HasPrefix(code, "NoSuch") || strings.HasSuffix(code, "NotFound") || strings.Contains(code, "NotFoundE") || code == "WAFNonexistentItemException"
}

// differences collects what is not as declared.
type differences struct{ want, got []string }

// compare notes two values that should be the same.
func (d *differences) compare(name string, want, got any) {
	if w, g := shownValue(want), shownValue(got); w != g {
		d.add(name+" "+quoteEmpty(w), name+" "+quoteEmpty(g))
	}
}

// shownValue is a value as a report has it. The stack's numbers are floats and most of AWS's are integers, so a float has no exponent.
func shownValue(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// sorted are a map's entries by their keys: two reports of one pipeline have its differences in one order.
func sorted[T any](entries map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if !yield(key, entries[key]) {
				return
			}
		}
	}
}

func quoteEmpty(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

func (d *differences) add(want, got string) {
	d.want, d.got = append(d.want, want), append(d.got, got)
}

// outcome says what was found: that it holds, with a note, or the differences.
func (d *differences) outcome(note, remedy string) outcome {
	if len(d.got) == 0 {
		return holds("%s", note)
	}
	return differs(strings.Join(d.want, "; "), strings.Join(d.got, "; "), remedy)
}

// worse is the outcome that says more against a pipeline: a difference, then what is unknown, then what is not shown.
func worse(a, b outcome) outcome {
	order := []Status{Differs, Unknown, NotShown, Holds}
	if slices.Index(order, b.status) < slices.Index(order, a.status) {
		return b
	}
	return a
}

// made are the outputs with values that AWS makes up in an apply. The resolved stack has derived ones in their place.
var made = []string{"api_id", "key_arn", "domain_target", "web_url"}

// anyText stands for a text that AWS makes up and no output has: a character for private use, which stands in JSON as it is.
const anyText = "\uE000"

// actual is a text of the resolved stack with what AWS made up in the apply, as far as the outputs know it.
func (p *Pipeline) actual(value string) string {
	type pair struct{ derived, actual string }
	var pairs []pair
	for _, output := range p.stack.Outputs() {
		derived, actual := text(output.Value), p.Outputs.Text(output.Name)
		if slices.Contains(made, output.Name) && derived != "" && actual != "" && derived != actual {
			pairs = append(pairs, pair{derived, actual})
		}
	}
	for _, typ := range []string{"aws_cloudfront_distribution", "aws_wafv2_web_acl"} {
		for _, resource := range p.stack.Resources(typ) {
			if id, err := p.stack.Attribute(resource.Address(), "id"); err == nil {
				pairs = append(pairs, pair{id, anyText})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(len(b.derived), len(a.derived)) })
	var texts []string
	for _, one := range pairs {
		texts = append(texts, one.derived, one.actual)
	}
	return strings.NewReplacer(texts...).Replace(value)
}

// of are the bodies of the resources of a type in which an argument has a value.
func (p *Pipeline) of(typ, argument, value string) []map[string]any {
	var found []map[string]any
	for _, resource := range p.stack.Resources(typ) {
		if text(resource.Body[argument]) == value {
			found = append(found, resource.Body)
		}
	}
	return found
}

// list are the texts of a list, sorted.
func list(value any) []string {
	values, _ := value.([]any)
	var all []string
	for _, one := range values {
		all = append(all, text(one))
	}
	slices.Sort(all)
	return all
}

// within looks until something is found, or a time is over. It is false where it was not found.
func (r *run) within(ctx context.Context, limit time.Duration, look func() (bool, error)) (bool, error) {
	for deadline := r.Clock.Now().Add(limit); ; {
		found, err := look()
		if found || err != nil || !r.Clock.Now().Before(deadline) {
			return found, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-r.Clock.After(max(r.Poll, 100*time.Millisecond)):
		}
	}
}
