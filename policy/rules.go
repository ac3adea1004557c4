package policy

import "slices"

// Rule is one of the project's rules.
type Rule struct {
	// Name begins each breach of the rule.
	Name string
	// Requires has the rule's requirements, one in each text.
	Requires []string
	// Reason says why the project has the rule: a clause on one line, which each breach quotes.
	Reason string

	check func(*checker)
}

// Rules are all rules, in the order in which [Check] applies them.
func Rules() []Rule { return slices.Clone(rules) }

var rules = []Rule{
	{"readable", []string{
		"Every text is a Terraform template that can be read, and no argument's name is an expression.",
		"No resource has `count`, `for_each` or a `dynamic` block. The stack names one backend at most.",
		"An API declares its methods as resources, and not in `body`. No resource declares others in a text (CloudFormation, Cloud Control), is of the provider `awscc`, or has a `provisioner`. No data source is `external`.",
		"A mapping template is written out, without `#evaluate`, `#include` and `#parse`. The only expressions in it are names and ARNs of the stack.",
		"Each part of an API refers to the API, the path and the method that it belongs to. A method has one HTTP verb, and not `ANY`.",
		"No HTTP API or WebSocket API writes to a stream. Only resources that these rules read, that read the stream or that cannot write may name the stream, or a role that may write to it or to the bucket of events. So no event bus, pipe, schedule or function lets others in.",
	}, "the other rules cannot check what they cannot read", readable},
	{"least-privilege", []string{
		"A statement that allows something names each action in full. It has no `NotAction`, `NotPrincipal` or `NotResource`.",
		"Its actions read or write data. So it allows no action that changes a setting or who may do what, acts as somebody else, or destroys something.",
		"It names each resource in full. A wildcard is for the objects that Firehose delivers and for API Gateway's logging role.",
		"A policy that is attached by its ARN is a policy of the stack, or AWS's `AmazonAPIGatewayPushToCloudWatchLogs`.",
		"A policy of CloudWatch Logs names each action in full, and each principal.",
	}, "an attacker who takes over a role must not be able to do more than the role's service needs", leastPrivilege},
	{"trust", []string{
		"The trust policy of a role has one statement. It allows `sts:AssumeRole` to one service: API Gateway or Firehose.",
		"Trust in API Gateway has no condition on `aws:SourceAccount` or `aws:SourceArn`, which API Gateway does not send.",
		"Trust in Firehose has the condition that `sts:ExternalId` is the account's ID.",
	}, "only the service that a role is for may assume it", trust},
	{"private-bucket", []string{
		"A bucket has exactly one public access block (with all four settings), ownership controls (`BucketOwnerEnforced`), encryption, versioning (`Enabled`) and bucket policy.",
		"The bucket policy denies requests without TLS. It allows nothing to a principal with a wildcard or by `NotPrincipal`, and a service only with a condition on `aws:SourceArn` or `aws:SourceAccount`, for named accounts or resources. It lets nobody change who else is let in, nor destroy versions or settings.",
		"No bucket has a `grant`, a policy or a setting in the resource itself that has a resource of its own, or an ACL that lets others in.",
		"The policy of an access point of any kind or of a stream keeps to the same. Copies, backups and lists of objects go only to buckets of the stack. Notifications of new objects go only to resources of the stack or of its account.",
		"If the stack has the account's public access block, that has all four settings too.",
	}, "events must stay private, encrypted and recoverable", privateBucket},
	{"kept-bucket", []string{
		"A bucket either has `force_destroy`, so that a destroy empties it, or `prevent_destroy`.",
		"The settings and the key of a bucket with `prevent_destroy` have `prevent_destroy` too.",
	}, "a destroy must not take the settings or the key of a bucket that it cannot delete", keptBucket},
	{"web-page", []string{
		"Each origin of a distribution is a bucket of the stack in which no events land. The distribution signs its requests (origin access control).",
		"Every cache behaviour requires HTTPS and sets the security headers: a content security policy without wide sources, `nosniff`, no frames, no referrer, and HTTPS only for a year. A certificate of your own needs TLS 1.2.",
		"The policy of the page's bucket allows its distribution to read objects, and nothing to anybody else.",
		"No bucket has an S3 website. No object has a public ACL or a `grant`.",
	}, "a hosted page must publish its own files and nothing else, over TLS", webPage},
	{"authorization", []string{
		"In an environment that is not public, every method requires an API key or has the authorization `AWS_IAM`, `COGNITO_USER_POOLS` or `CUSTOM`.",
		"A preflight (`OPTIONS` with a `MOCK` integration) is exempt: browsers send it without credentials.",
	}, "an environment that is not public must require credentials from every caller", authorization},
	{"access", []string{
		"If a statement of the API's resource policy allows everybody, another statement denies callers from other addresses or VPC endpoints. The first does not cover a method that IAM or a Lambda function authorises.",
		"A statement that allows principals names accounts, roles or an organisation, and each method. The method's authorization is `AWS_IAM`. For an organisation it leaves out the stack's own account.",
		"If the API has a resource policy, the policy allows everybody the methods with the authorization `NONE` or `COGNITO_USER_POOLS`.",
		"A private API has a resource policy that denies requests from other VPC endpoints.",
	}, "a resource policy must restrict where callers are and not replace a method's authorization", access},
	{"domain", []string{
		"A domain has the security policy `TLS_1_2` and a certificate that ACM has issued.",
		"A base path mapping joins the domain to an API and a stage of the stack.",
		"If a domain requires client certificates, the API's own address is off, and each other domain of the API requires them too. If the API's own address is off, a domain leads to it.",
	}, "a domain must lead to a stage over TLS 1.2, with no way around its client certificates", domain},
	{"firewall", []string{
		"A web ACL is regional and associated with a stage. If the stack has a web ACL, every stage has one.",
		"Each rule is a `rule` block, and blocks what it matches. So do the rules of a managed group, apart from those that an override names to count. A limit for bodies blocks a body that is larger than WAF reads.",
		"A web ACL has one logging configuration, to a log group of the stack, which keeps each request that is blocked and leaves out the headers `authorization`, `cookie`, `x-amz-security-token` and `x-api-key`.",
		"CloudWatch metrics are on and samples are off. Data protection hides what a rule matched in a body, a query string or one of those headers.",
	}, "a web ACL must protect every stage, block what its rules match and log it without secrets", firewall},
	{"log-retention", []string{
		"Every log group has `retention_in_days`, more than 0.",
	}, "without retention CloudWatch keeps a log group, and charges for it, forever", logRetention},
	{"cors", []string{
		"Every path with methods has `OPTIONS` with a `MOCK` integration, without authorization or an API key. It answers with a status from 200 to 299 and `Access-Control-Allow-Headers`.",
		"Its `Access-Control-Allow-Methods` names every method of the path.",
		"Every answer sets `Access-Control-Allow-Origin`, not to `null`, and not to `*` if it sets `Access-Control-Allow-Credentials`.",
		"The gateway responses `DEFAULT_4XX` and `DEFAULT_5XX` exist and set it too.",
	}, "a web page must be able to read every answer, errors included", cors},
	{"stage-logs", []string{
		"Every stage has an access log in a log group of the stack. Its format has `$context.requestId` and no variable that quotes a request.",
		"The stack declares the log group of the stage's execution log.",
		"Method settings for `*/*` set a `logging_level`. `data_trace_enabled` is off.",
	}, "you must be able to find a request by its ID, and no log may be set to hold bodies or credentials", stageLogs},
	{"records", []string{
		"No request template reads the API key, the access key, or the headers `Authorization`, `Cookie`, `X-Api-Key` and `X-Amz-Security-Token`.",
		"It names each header, each query parameter and each value of the context that it reads. It composes no such name, and reads no map as a whole.",
	}, "every reader of the stream and of the bucket would have the credentials", records},
	{"flow", []string{
		"The stack has an integration, a stream, a delivery stream and a bucket.",
		"A method `POST`, `PUT` or `PATCH` that can answer a success has an integration that calls `PutRecord` or `PutRecords` for one stream of the stack, and writes the body to it. Its role is one that API Gateway can assume and that may do so.",
		"A delivery stream reads each stream that the API writes, and no other. It writes to a bucket of the stack. Its roles are ones that Firehose can assume and that may do so.",
		"The policy of the bucket or of the stream denies the roles none of that, such as by a network (a service's requests come through no VPC), by their account or by `NotPrincipal`.",
		"No processor of the delivery stream can drop a record: a Lambda function can. The delivery stream logs its errors to a log group and a log stream of the stack, and its role may write them.",
	}, "an event that the API accepts must reach the bucket", flow},
	{"query", []string{
		"A workgroup enforces its configuration, limits the bytes that a query reads, and writes encrypted results to a bucket of the stack.",
		"A table uses partition projection over the bucket and the prefix of a delivery stream, and reads the format that the delivery stream writes. Each date of the prefix is a partition with a projection. A table of JSON needs a delivery stream that ends each event with a line break.",
		"If the delivery stream has another time zone than UTC, a range of the table's dates that ends relative to `NOW` ends at `NOW+14HOURS`. If the delivery stream has a file extension, that ends with the extension of the compression.",
		"A delivery of Parquet refers to a database and a table of the stack, with a role that may read them. No other policy allows anything in Glue, and no policy of the catalog does.",
	}, "SQL must read what Firehose delivers, with a limit for each query and private results", query},
	{"partitions", []string{
		"A delivery stream that partitions by fields has dynamic partitioning on, and a query that jq 1.6 and the local pipeline read alike.",
		"Its prefix has each key of the query, and no other.",
		"A table over it has each key as a partition, with a projection of the type `enum` or `injected`.",
	}, "an event must land in the folder that its fields name, where a query finds it", partitions},
	{"stream-encryption", []string{
		"Every stream has the `encryption_type` `KMS`.",
	}, "events in the stream must be encrypted at rest", streamEncryption},
	{"customer-key", []string{
		"If the stack has a KMS key, a key of the stack encrypts every stream, log group, topic, query result and bucket. The buckets of an access log and of a hosted page are exempt.",
		"A key rotates. Its policy names each action and each principal, lets the stack's own account and nobody else's principals change it, and lets principals use the key only through a service. A service's statement has a condition that names an account or a resource. The key has no grants. The policy of a replica and of an external key keeps to the same.",
		"A bucket depends on its key, and its policy denies objects with another encryption.",
		"The roles of the API and of the delivery stream may use the key through Kinesis and S3 for their stream and bucket.",
	}, "if one part of the data has a customer key, every part must have it, and only the pipeline may use it", customerKey},
	{"access-log", []string{
		"A bucket's access log goes to another bucket of the stack. That bucket has S3's own keys, no object lock, and a policy that lets S3 write the log of the first bucket.",
		"An object lock has the mode `GOVERNANCE` or `COMPLIANCE`, and not `COMPLIANCE` with `force_destroy`.",
	}, "S3 reports nothing if it cannot write an access log, and a destroy cannot empty a bucket in compliance mode", accessLog},
	{"deployment", []string{
		"Every API has a deployment and a stage that refers to it. No deployment makes a stage by its `stage_name`.",
		"The deployment has `triggers` and `create_before_destroy`, and depends on every method, integration, response, gateway response and model of the API, and on its resource policy.",
	}, "API Gateway serves a snapshot, which must hold what the stack declares", deployment},
	{"alarms", []string{
		"An alarm's actions are on. `alarm_actions` names a topic of the stack or the ARN of a standard SNS topic. The policy of a topic of the stack lets CloudWatch publish.",
		"`treat_missing_data` is set.",
		"`alarm_description` ends with `Runbook: ` and the address of a page.",
	}, "an alarm must notify somebody and say what to do", alarms},
	{"closed-topic", []string{
		"A topic has exactly one `aws_sns_topic_policy` and no policy in the resource itself. It does not use the AWS-managed key, which CloudWatch may not use.",
		"The policy allows services to publish on behalf of this account, and nothing else. It denies messages without TLS. No subscription has the protocol `http`.",
	}, "only this account's services may raise an alarm", closedTopic},
	{"closed-resource", []string{
		"The policy of any other resource that an app declares (a queue, a table, a secret, a repository, an event bus, a backup vault, a Kafka cluster, a search domain that is not in a VPC and asks for no users) names its principals. A wildcard or `NotPrincipal` needs a condition that names accounts, an organisation, resources, networks or addresses.",
		"Such a policy lets in a service only with such a condition. So does a permission of a Lambda function, of its layers or of an event bus.",
		"A function URL has the `authorization_type` `AWS_IAM`.",
	}, "what an app makes of the events must be as private as the events", closedResource},
	{"fail-closed", []string{
		"An integration has the type `AWS`, `HTTP` or `MOCK`, and is not a proxy. One of type `AWS` has the `passthrough_behavior` `NEVER`.",
		"An integration response with a status from 200 to 299 has a `selection_pattern` that matches only successes.",
		"A method that writes to a stream has a request validator for its body, and a model of the stack for each content type that its integration maps. NDJSON needs none: no model reads several JSON texts.",
		"A success of `PutRecords` has a template that reads what became of each record, and can set another status. No method's answers are cached.",
		"A response template sets only a status from 400 to 599, or 207 in a success. It uses `$context.responseOverride` for nothing but a status and headers. The status of a gateway response and of a web ACL's custom response is from 400 to 599.",
	}, "a client may get a success only for an event that was checked and is in the stream", failClosed},
}
