package local

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/internal/arguments"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
	"cdk.tf/go/ingest/tfjson"
)

// account is the account id in every ARN here.
const account = tfjson.NoAccount

// declaration is a stack's content, as the packages that run it have read it.
type declaration struct {
	written    *tfjson.Stack
	stack      *tfjson.Stack // resolved
	region     string
	partition  string
	api        apigateway.Config
	streams    []kinesis.Config
	deliveries []firehose.Config
	buckets    []s3.Config
	groups     []cloudwatch.Config
	alarms     []cloudwatch.Alarm
	roles      *iam.Roles
	keys       keys
	// accessLog is the name of the log group that the API's stages write to; empty if they write none.
	accessLog string
}

// rooms are the packages' lists of resource types that they read, or know to have no effect here.
var rooms = []func() []string{apigateway.Types, cloudwatch.Types, firehose.Types, iam.Types, kinesis.Types, s3.Types}

// readStack reads opts.Stack, resolved as after an apply; of the other options it uses only AllowUnverified. apiBase replaces API
// Gateway's address. The error has a line for each problem, and begins with the file's name.
func readStack(opts Options, apiBase string) (*declaration, error) {
	written, err := tfjson.ReadFile(opts.Stack)
	if err != nil {
		return nil, err
	}
	d, err := declare(written, apiBase)
	if err == nil && !opts.AllowUnverified {
		err = d.refuseUnverified()
	}
	if err != nil {
		return nil, inFile(opts.Stack, err)
	}
	return d, nil
}

// deliverEvery replaces the delivery streams' intervals.
func (d *declaration) deliverEvery(interval time.Duration) {
	for i := range d.deliveries {
		d.deliveries[i].BufferInterval = interval
	}
}

// inFile adds the file's name to a stack's problems once. They are a line each, and each names its resource.
func inFile(file string, err error) error {
	if problems := lines(err); len(problems) > 1 {
		return fmt.Errorf("%s: %d problems:\n%s", file, len(problems), strings.Join(problems, "\n"))
	}
	return fmt.Errorf("%s: %w", file, err)
}

func lines(err error) []string { return strings.Split(err.Error(), "\n") }

func declare(written *tfjson.Stack, apiBase string) (*declaration, error) {
	if len(written.All()) == 0 {
		return nil, errors.New(`"resource" declares nothing, so there is nothing to run; name a synthesised stack, such as cdktf.out/stacks/dev/cdk.tf.json`)
	}
	stack, err := written.Resolve(tfjson.Surroundings{Account: account, APIBase: apiBase})
	if err != nil {
		return nil, unresolved(written, err)
	}
	d := &declaration{written: written, stack: stack, region: stack.Region(), partition: stack.Surroundings().Partition}
	var errs [7]error
	d.api, errs[0] = apigateway.Read(stack)
	d.streams, errs[1] = kinesis.Read(stack)
	d.deliveries, errs[2] = firehose.Read(stack)
	d.buckets, errs[3] = s3.Read(stack)
	d.groups, errs[4] = cloudwatch.Read(stack)
	d.roles, errs[5] = iam.Read(stack)
	d.alarms, errs[6] = cloudwatch.ReadAlarms(stack)
	err = errors.Join(errs[:]...)
	if err = errors.Join(err, refuseUnknown(stack, err), refuseArguments(stack, err)); err != nil {
		return nil, err
	}
	d.keys, err = readKeys(stack, d.roles)
	return d, errors.Join(err, checkNames(stack), checkStages(stack), d.findAccessLog(), d.checkDeliveries())
}

// unresolved is the error of a stack that could not be resolved. Resources that cannot run here have no attributes, so a reference to
// one is not reported as another problem.
func unresolved(stack *tfjson.Stack, err error) error {
	foreign := foreigners(stack, func(r tfjson.Resource) bool { return slices.Contains(behindAuthorizers, r.Type) })
	var problems []error
	for _, r := range foreign {
		problems = append(problems, cannotRun(r))
	}
	for _, line := range lines(err) {
		if !slices.ContainsFunc(foreign, func(r tfjson.Resource) bool { return strings.Contains(line, r.Address()) }) {
			problems = append(problems, errors.New(line))
		}
	}
	return errors.Join(problems...)
}

// foreigners are a stack's resources that no package knows, except those that are let in.
func foreigners(stack *tfjson.Stack, letIn func(tfjson.Resource) bool) []tfjson.Resource {
	known := map[string]bool{}
	for _, types := range rooms {
		for _, typ := range types() {
			known[typ] = true
		}
	}
	return slices.DeleteFunc(stack.All(), func(r tfjson.Resource) bool { return known[r.Type] || passedOver[r.Type] != "" || letIn(r) })
}

func cannotRun(r tfjson.Resource) error {
	return fmt.Errorf("%s: a resource of type %s cannot run on one machine; leave it out of the environment that runs here", r.Address(), r.Type)
}

// refuseUnknown refuses the resources that no package knows, unless one has refused them already with its own message.
func refuseUnknown(stack *tfjson.Stack, refused error) error {
	said := ""
	if refused != nil {
		said = "\n" + refused.Error()
	}
	behind := usedByAuthorizers(stack)
	var problems []error
	for _, r := range foreigners(stack, func(r tfjson.Resource) bool { return behind[r.Address()] }) {
		if !strings.Contains(said, "\n"+r.Address()+": ") {
			problems = append(problems, cannotRun(r))
		}
	}
	return errors.Join(problems...)
}

// refuseArguments refuses values that an apply would refuse, in resources that no package has refused already.
func refuseArguments(stack *tfjson.Stack, refused error) error {
	said := ""
	if refused != nil {
		said = "\n" + refused.Error()
	}
	found := arguments.Problems(stack)
	var problems []error
	for _, address := range slices.Sorted(maps.Keys(found)) {
		if strings.Contains(said, "\n"+address+": ") {
			continue
		}
		for _, problem := range found[address] {
			problems = append(problems, fmt.Errorf("%s: %s", address, problem))
		}
	}
	return errors.Join(problems...)
}

// findAccessLog finds the log group of the stages' access log among the declared ones.
func (d *declaration) findAccessLog() error {
	for _, stage := range d.stack.Resources("aws_api_gateway_stage") {
		settings, err := stage.Blocks("access_log_settings")
		if err != nil {
			return err
		}
		for _, s := range settings {
			arn, _ := s["destination_arn"].(string)
			at := slices.IndexFunc(d.groups, func(g cloudwatch.Config) bool { return g.ARN == arn })
			if at < 0 {
				return fmt.Errorf("%s: access_log_settings.destination_arn is %q, but no aws_cloudwatch_log_group of the stack has that ARN; refer to one that is declared", stage.Address(), arn)
			}
			if d.accessLog != "" && d.accessLog != d.groups[at].Name {
				return fmt.Errorf("%s: access_log_settings.destination_arn is %s, and another stage's %s; here all stages share one log group", stage.Address(), d.groups[at].Name, d.accessLog)
			}
			d.accessLog = d.groups[at].Name
		}
	}
	return nil
}

// checkNames checks that no two resources have the same name, which AWS would refuse. Here the two would share their files, and one
// delivery stream's checkpoint would skip the other's events.
func checkNames(stack *tfjson.Stack) error {
	var problems []error
	for _, named := range []struct{ typ, attribute, within string }{
		{typ: "aws_kinesis_firehose_delivery_stream", attribute: "name"}, {typ: "aws_kinesis_stream", attribute: "name"},
		{typ: "aws_s3_bucket", attribute: "bucket"}, {typ: "aws_cloudwatch_log_group", attribute: "name"},
		{"aws_cloudwatch_log_stream", "name", "log_group_name"}, {typ: "aws_iam_policy", attribute: "name"},
		{typ: "aws_kms_alias", attribute: "name"}, {"aws_api_gateway_base_path_mapping", "base_path", "domain_name"},
	} {
		first := map[[2]string]string{}
		for _, r := range stack.Resources(named.typ) {
			name := r.Body[named.attribute]
			if name == nil && named.within == "" {
				continue // the provider makes one up
			}
			key := [2]string{fmt.Sprint(name), fmt.Sprint(r.Body[named.within])}
			if other, taken := first[key]; taken {
				problems = append(problems, fmt.Errorf("%s: %s is %q, but %s has that name already; use another, because AWS requires unique names", r.Address(), named.attribute, cmp.Or(name, any("")), other))
				continue
			}
			first[key] = r.Address()
		}
	}
	return errors.Join(problems...)
}

// checkStages refuses the stages whose paths would be the pipeline's own (see front).
func checkStages(stack *tfjson.Stack) error {
	var problems []error
	for _, stage := range stack.Resources("aws_api_gateway_stage") {
		if name := stage.Body["stage_name"]; name == "_local" || name == "_web" {
			problems = append(problems, fmt.Errorf("%s: stage_name is %q, and /%s/ has this machine's own addresses here; use another name", stage.Address(), name, name))
		}
	}
	return errors.Join(problems...)
}

// checkDeliveries checks that the stack declares the streams, buckets and roles of its delivery streams: no others exist here.
func (d *declaration) checkDeliveries() error {
	const source, destination = "kinesis_source_configuration", "extended_s3_configuration"
	var problems []error
	for i, r := range d.stack.Resources("aws_kinesis_firehose_delivery_stream") {
		cfg := d.deliveries[i]
		for _, end := range []struct{ field, arn, typ string }{
			{source + ".kinesis_stream_arn", cfg.StreamARN, "aws_kinesis_stream"},
			{source + ".role_arn", cfg.SourceRoleARN, "aws_iam_role"},
			{destination + ".bucket_arn", cfg.BucketARN, "aws_s3_bucket"},
			{destination + ".role_arn", cfg.RoleARN, "aws_iam_role"},
		} {
			if !d.declares(end.typ, end.arn) {
				problems = append(problems, fmt.Errorf("%s: %s is %q, but no %s of the stack has that ARN; refer to one that is declared", r.Address(), end.field, end.arn, end.typ))
			}
		}
	}
	return errors.Join(problems...)
}

func (d *declaration) declares(typ, arn string) bool {
	return slices.ContainsFunc(d.stack.Resources(typ), func(r tfjson.Resource) bool {
		found, err := d.stack.Attribute(r.Address(), "arn")
		return err == nil && found == arn
	})
}

// notices say what the stack declares and the local pipeline does not imitate.
func (d *declaration) notices() []string {
	found := d.unverified()
	for _, typ := range slices.Sorted(maps.Keys(passedOver)) {
		if notice := passedOver[typ]; len(d.stack.Resources(typ)) > 0 && !slices.Contains(found, notice) {
			found = append(found, notice)
		}
	}
	if d.writesLogs() && len(d.stack.Resources("aws_api_gateway_account")) == 0 {
		found = append(found, "the stage writes logs, but the stack sets no role for them: on AWS the deployment fails unless the account's API Gateway has one (aws_api_gateway_account)")
	}
	for _, policy := range d.api.Producers() {
		found = append(found, policy+" lets in principals of other accounts: each key here belongs to the stack's own account")
	}
	if d.hasQuota() {
		found = append(found, "the use of an API key's quota is counted from zero at each start")
	}
	found = append(found, d.bucketNotices()...)
	found = append(found, d.keys.notices...)
	if len(d.groups) > 0 {
		found = append(found, "log lines never expire")
	}
	if d.measuresShards() {
		found = append(found, "the shards are not measured (shard_level_metrics)")
	}
	if unmeasured := cloudwatch.Unmeasured(d.alarms); len(unmeasured) > 0 {
		found = append(found, "nothing here measures these metrics of alarms: "+strings.Join(unmeasured, "; "))
	}
	return append(found, "X-Ray and encryption at rest are not imitated")
}

// warnings are the settings that AWS accepts although they are probably mistakes.
func (d *declaration) warnings() []string {
	found := d.api.Warnings()
	for _, delivery := range d.deliveries {
		found = append(found, delivery.Warnings...)
	}
	return found
}

// bucketNotices are the buckets' notices, each once with the names of all its buckets.
func (d *declaration) bucketNotices() []string {
	var notices []string
	buckets := map[string][]string{}
	for _, bucket := range d.buckets {
		for _, notice := range bucket.Notices {
			if len(buckets[notice]) == 0 {
				notices = append(notices, notice)
			}
			buckets[notice] = append(buckets[notice], bucket.Name)
		}
	}
	for i, notice := range notices {
		notices[i] = fmt.Sprintf(notice, strings.Join(buckets[notice], ", "))
	}
	return notices
}

func (d *declaration) measuresShards() bool {
	return slices.ContainsFunc(d.stack.Resources("aws_kinesis_stream"), func(stream tfjson.Resource) bool {
		metrics, _ := stream.Body["shard_level_metrics"].([]any) // kinesis has read them
		return len(metrics) > 0
	})
}

func (d *declaration) hasQuota() bool {
	return slices.ContainsFunc(d.stack.Resources("aws_api_gateway_usage_plan"), func(plan tfjson.Resource) bool {
		quotas, _ := plan.Blocks("quota_settings") // apigateway has read them
		return len(quotas) > 0
	})
}

// writesLogs reports whether API Gateway writes an access log or an execution log. It does so with the account's role.
func (d *declaration) writesLogs() bool {
	if d.accessLog != "" {
		return true
	}
	for _, r := range d.stack.Resources("aws_api_gateway_method_settings") {
		settings, _ := r.Blocks("settings") // apigateway has read them
		for _, s := range settings {
			if level, _ := s["logging_level"].(string); level == "ERROR" || level == "INFO" {
				return true
			}
		}
	}
	return false
}
