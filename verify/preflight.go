package verify

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/tfjson"
)

// PreflightOptions are what [Preflight] needs.
type PreflightOptions struct {
	// Stack is the stack as it was synthesised, not resolved.
	Stack *tfjson.Stack
	// Outputs are those of an earlier deployment of the stack; none where there was none. With them names that exist are the
	// deployment's own.
	Outputs Outputs
	AWS     Clients
	Clock   clockwork.Clock
	// Progress gets a line for each check.
	Progress io.Writer
}

// preflight is a run of the checks before an apply.
type preflight struct {
	*run
	written  *tfjson.Stack
	deployed bool
	// caller is whose credentials the run has; failed is why that is not known.
	caller *sts.GetCallerIdentityOutput
	failed error
}

// Preflight looks at what an apply of a stack needs: free names, quotas, the account's settings and permissions. It reads only. Its
// error is that of a stack that cannot be read, or of an interruption.
func Preflight(ctx context.Context, opts PreflightOptions) (*Report, error) {
	p := &preflight{written: opts.Stack, deployed: opts.Outputs.Text("submit_url") != ""}
	p.caller, p.failed = opts.AWS.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	account := tfjson.NoAccount
	if p.failed == nil {
		account = aws.ToString(p.caller.Account)
	}
	resolved, err := opts.Stack.Resolve(tfjson.Surroundings{Account: account})
	if err != nil {
		return nil, err
	}
	// An apply may change names and the region; the stage has the environment's name.
	if err := opts.Outputs.belong(resolved, []string{"api_stage"}); err != nil {
		return nil, err
	}
	p.run = &run{
		Options:  Options{AWS: opts.AWS, Clock: opts.Clock, Progress: opts.Progress},
		Pipeline: &Pipeline{Name: opts.Stack.Name(), Region: resolved.Region(), Account: account, Outputs: opts.Outputs, stack: resolved},
		report: &Report{
			Environment: opts.Stack.Name(), SubmitURL: opts.Outputs.Text("submit_url"), Region: resolved.Region(), Started: opts.Clock.Now().UTC(),
			Events: []Event{}, Hops: []Hop{}, Results: []Result{},
		},
	}
	for _, c := range p.checks() {
		if ctx.Err() != nil {
			break
		}
		if result := p.look(ctx, c); result.ID != "" {
			p.report.Results = append(p.report.Results, result)
		}
	}
	p.report.Ended, p.report.Interrupted = opts.Clock.Now().UTC(), ctx.Err() != nil
	return p.report, ctx.Err()
}

// checks are those that a stack needs.
func (p *preflight) checks() []check {
	var checks []check
	for _, c := range []struct {
		types     string // that a stack must have one of; empty is any stack
		id, title string
		look      func(context.Context) outcome
	}{
		{"", "account", "The credentials are of an account that the stack is meant for", p.account},
		{"", "region", "The account may use the stack's region", p.region},
		{"aws_s3_bucket", "buckets", "The buckets' names are free", p.buckets},
		{"aws_kinesis_stream", "streams", "The names of the streams are free", p.streams},
		{"aws_iam_role", "roles", "The roles' names are free", p.roles},
		{"aws_cloudwatch_log_group", "log-groups", "The log groups' names are free", p.groups},
		{"aws_cloudwatch_metric_alarm", "alarms", "The alarms' names are free", p.alarms},
		{"aws_api_gateway_stage", "quota-requests", "The account's rate of requests holds the load", p.requests},
		{"aws_kinesis_stream", "quota-shards", "The account has shards left", p.shards},
		{"aws_iam_role", "quota-roles", "The account has roles left", p.roleQuota},
		{"aws_api_gateway_stage", "logging-role", "The account's role for API Gateway's logs is this stack's, or one that this stack relies on", p.loggingRole},
		{"aws_route53_record", "zone", "The hosted zones of the stack's records exist and are public", p.zones},
		{"aws_api_gateway_domain_name", "certificate", "The domain's certificate is issued, for this domain and in this region", p.certificate},
		{"aws_cloudwatch_metric_alarm", "topic", "The topic of the alarms exists", p.topic},
		{"", "permissions", "The credentials may do what an apply of the stack does", p.permissions},
	} {
		if c.types == "" || len(p.stack.Resources(c.types)) > 0 {
			checks = append(checks, check{id: "preflight/" + c.id, title: c.title, look: func(ctx context.Context, _ *run) outcome { return c.look(ctx) }})
		}
	}
	return checks
}

func (p *preflight) account(context.Context) outcome {
	if p.failed != nil {
		return unread(p.failed, "sts:GetCallerIdentity", "the account")
	}
	account := aws.ToString(p.caller.Account)
	allowed := p.written.AllowedAccounts()
	if len(allowed) > 0 && !slices.Contains(allowed, account) {
		return differs("the account "+strings.Join(allowed, " or "), account, "use credentials of the environment's Account, or correct it")
	}
	return holds("%s, as %s", account, aws.ToString(p.caller.Arn))
}

// region asks a service of the region. A region that the account has not enabled does not know its credentials (AWS account management
// guide, "Specify which AWS Regions your account can use").
func (p *preflight) region(ctx context.Context) outcome {
	_, err := p.AWS.Kinesis.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
	switch {
	case err == nil || slices.Contains(denied, codeOf(err)): // it knows the credentials
		return holds("%s", p.Region)
	case p.failed == nil && slices.Contains(untrusted, codeOf(err)):
		return differs("the region "+p.Region, oneLine(err), "enable the region in the account's settings, or choose another: Region")
	}
	return unread(err, "kinesis:DescribeLimits", "the region "+p.Region)
}

// names are what an apply makes, by what there is of them.
type names struct {
	free       int
	own, taken []string
	failed     outcome
}

// outcome says whether an apply can make what is named. What exists is the deployment's where there is one.
func (n names) outcome(deployed bool, remedy string) outcome {
	found := holds("%d free", n.free)
	switch {
	case len(n.taken) > 0:
		found = differs("a free name", strings.Join(n.taken, "; "), remedy)
	case len(n.own) > 0 && deployed:
		found = holds("%d free; %d exist, which the deployment's state must have: %s", n.free, len(n.own), strings.Join(n.own, ", "))
	case len(n.own) > 0:
		found = differs("a free name, or the state of the deployment that has it", strings.Join(n.own, ", ")+" in this account already",
			"an apply must own it: use the state of the deployment that made it, import it, or choose another Names.Prefix")
	}
	if n.failed.status != "" {
		return worse(found, n.failed)
	}
	return found
}

// each looks up the name of each resource of a type. lookUp says whether the name exists in this account.
func (p *preflight) each(typ, argument, action string, lookUp func(name string) (bool, error)) names {
	var n names
	for _, resource := range p.stack.Resources(typ) {
		name := p.actual(text(resource.Body[argument]))
		found, err := lookUp(name)
		switch {
		case err != nil && !absent(codeOf(err)):
			n.failed = cmp.Or(n.failed, unread(err, action, name))
		case err == nil && found:
			n.own = append(n.own, name)
		default:
			n.free++
		}
	}
	return n
}

// and joins what was found of two types.
func (n names) and(other names) names {
	return names{n.free + other.free, append(n.own, other.own...), append(n.taken, other.taken...), cmp.Or(n.failed, other.failed)}
}
