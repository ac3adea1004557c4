package deploytest

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// need is a permission that a call of the AWS provider needs: an IAM action on a resource. service is the one to which a role is passed.
type need struct{ action, resource, service string }

// awsCall has the parts of a request to AWS that determine its needs.
type awsCall struct {
	region, service string
	request         *http.Request
	body            []byte
}

// credential's groups are the region and the service of a request's signature.
var credential = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request`)

// needsOf are the permissions that a request needs, by the service authorization reference
// (https://docs.aws.amazon.com/service-authorization/latest/reference/). sts:GetCallerIdentity needs none.
func needsOf(request *http.Request, body []byte) []need {
	signed := credential.FindStringSubmatch(request.Header.Get("Authorization"))
	if signed == nil {
		return []need{{"an unsigned call", request.Method + " " + request.URL.String(), ""}}
	}
	c := awsCall{signed[1], signed[2], request, body}
	switch c.service {
	case "sts":
		return nil
	case "s3":
		return c.ofS3()
	case "apigateway":
		return c.ofAPIGateway()
	case "cloudfront":
		return c.ofCloudFront()
	case "route53":
		return c.ofRoute53()
	case "iam", "sns", "monitoring":
		return c.ofForm()
	}
	return c.ofJSON()
}

func (c awsCall) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + c.region + ":" + motoAccount + ":" + resource
}

// bucketActions are the actions by method and subresource. The deletion of a setting needs the permission to put it.
var bucketActions = map[string]string{
	"GET accelerate": "GetAccelerateConfiguration", "GET acl": "GetBucketAcl", "GET cors": "GetBucketCORS", "GET encryption": "GetEncryptionConfiguration",
	"GET lifecycle": "GetLifecycleConfiguration", "GET logging": "GetBucketLogging", "GET object-lock": "GetBucketObjectLockConfiguration",
	"GET ownershipControls": "GetBucketOwnershipControls", "GET policy": "GetBucketPolicy", "GET publicAccessBlock": "GetBucketPublicAccessBlock",
	"GET replication": "GetReplicationConfiguration", "GET requestPayment": "GetBucketRequestPayment", "GET tagging": "GetBucketTagging",
	"GET versioning": "GetBucketVersioning", "GET versions": "ListBucketVersions", "GET website": "GetBucketWebsite",
	"HEAD ": "ListBucket", "PUT ": "CreateBucket", "DELETE ": "DeleteBucket", "DELETE policy": "DeleteBucketPolicy", "PUT policy": "PutBucketPolicy",
	"PUT encryption": "PutEncryptionConfiguration", "DELETE encryption": "PutEncryptionConfiguration",
	"PUT lifecycle": "PutLifecycleConfiguration", "DELETE lifecycle": "PutLifecycleConfiguration", "PUT logging": "PutBucketLogging",
	"PUT object-lock": "PutBucketObjectLockConfiguration", "PUT ownershipControls": "PutBucketOwnershipControls",
	"DELETE ownershipControls": "PutBucketOwnershipControls", "PUT publicAccessBlock": "PutBucketPublicAccessBlock",
	"DELETE publicAccessBlock": "PutBucketPublicAccessBlock", "PUT tagging": "PutBucketTagging", "DELETE tagging": "PutBucketTagging",
	"PUT versioning": "PutBucketVersioning",
}

var objectActions = map[string]string{
	"GET ": "GetObject", "HEAD ": "GetObject", "PUT ": "PutObject", "DELETE ": "DeleteObject", "DELETE versionId": "DeleteObjectVersion",
	"GET tagging": "GetObjectTagging", "PUT tagging": "PutObjectTagging",
}

func (c awsCall) ofS3() []need {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(c.request.URL.Path, "/"), "/")
	actions, arn := bucketActions, "arn:aws:s3:::"+bucket
	if key != "" {
		actions, arn = objectActions, arn+"/"+key
	}
	sub := ""
	for name := range c.request.URL.Query() {
		if _, ok := actions[c.request.Method+" "+name]; ok {
			sub = name
		}
	}
	if key == "" && c.request.URL.Query().Has("delete") {
		return c.ofDelete(arn)
	}
	action, ok := actions[c.request.Method+" "+sub]
	if !ok {
		action = c.request.Method + " " + c.request.URL.RawQuery + ", which this test does not know"
	}
	needs := []need{{"s3:" + action, arn, ""}}
	for header, action := range map[string]string{
		"X-Amz-Tagging": "s3:PutObjectTagging", "X-Amz-Bypass-Governance-Retention": "s3:BypassGovernanceRetention",
	} {
		if c.request.Header.Get(header) != "" {
			needs = append(needs, need{action, arn, ""})
		}
	}
	return needs
}

// ofDelete are the needs of a request that deletes several objects of a bucket.
func (c awsCall) ofDelete(bucket string) []need {
	var all struct {
		Object []struct{ Key, VersionId string }
	}
	_ = xml.Unmarshal(c.body, &all)
	var needs []need
	for _, object := range all.Object {
		action := "s3:DeleteObject"
		if object.VersionId != "" {
			action = "s3:DeleteObjectVersion"
		}
		needs = append(needs, need{action, bucket + "/" + object.Key, ""})
		if c.request.Header.Get("X-Amz-Bypass-Governance-Retention") == "true" {
			needs = append(needs, need{"s3:BypassGovernanceRetention", bucket + "/" + object.Key, ""})
		}
	}
	return needs
}

// roleARN matches a role that a request passes to a service, which needs iam:PassRole.
var roleARN = regexp.MustCompile(`arn:aws:iam::[0-9]+:role/[\w+=,.@/-]+`)

func (c awsCall) passedRoles(service string) []need {
	var needs []need
	for _, arn := range roleARN.FindAllString(string(c.body), -1) {
		needs = append(needs, need{"iam:PassRole", arn, service})
	}
	return needs
}

// ofAPIGateway are the needs of API Gateway's REST API. Its actions are the methods, and its ARNs end in the paths.
func (c awsCall) ofAPIGateway() []need {
	prefix := "arn:aws:apigateway:" + c.region + "::"
	path := c.request.URL.Path
	needs := []need{{"apigateway:" + c.request.Method, prefix + path, ""}}
	text := string(c.body)
	if c.request.Method != http.MethodGet && !strings.Contains(text, "Statement") {
		needs = append(needs, c.passedRoles("apigateway.amazonaws.com")...)
	}
	if strings.Contains(text, `"tags":{"`) {
		needs = append(needs, need{"apigateway:PUT", prefix + "/tags/" + url.QueryEscape(prefix+path), ""})
	}
	if strings.Contains(text, `"/policy"`) || strings.Contains(text, `"policy":`) {
		needs = append(needs, need{"apigateway:UpdateRestApiPolicy", prefix + path, ""})
	}
	return needs
}

func (c awsCall) ofCloudFront() []need {
	parts := strings.Split(strings.TrimPrefix(c.request.URL.Path, "/"), "/") // a date, the kind, an id
	kinds := map[string]string{
		"distribution": "Distribution", "origin-access-control": "OriginAccessControl", "response-headers-policy": "ResponseHeadersPolicy",
	}
	verbs := map[string]string{"GET": "Get", "POST": "Create", "PUT": "Update", "DELETE": "Delete"}
	if parts[1] == "tagging" {
		action := map[string]string{"GET": "ListTagsForResource", "POST": c.request.URL.Query().Get("Operation") + "Resource"}[c.request.Method]
		// Moto's ARNs lack the region's colon.
		resource := strings.Replace(c.request.URL.Query().Get("Resource"), "cloudfront:"+motoAccount, "cloudfront::"+motoAccount, 1)
		return []need{{"cloudfront:" + action, resource, ""}}
	}
	arn := "arn:aws:cloudfront::" + motoAccount + ":" + parts[1] + "/"
	needs := []need{{"cloudfront:" + verbs[c.request.Method] + kinds[parts[1]], arn + slices.Concat(parts[2:], []string{""})[0], ""}}
	if c.request.URL.Query().Has("WithTags") {
		needs = append(needs, need{"cloudfront:TagResource", arn, ""})
	}
	return needs
}

func (c awsCall) ofRoute53() []need {
	parts := strings.Split(strings.TrimPrefix(c.request.URL.Path, "/"), "/") // a date, the kind, an id, rrset
	action := map[string]string{
		"GET change": "GetChange", "GET hostedzone": "GetHostedZone",
		"GET hostedzone rrset": "ListResourceRecordSets", "POST hostedzone rrset": "ChangeResourceRecordSets",
	}[strings.Join(append([]string{c.request.Method, parts[1]}, parts[3:]...), " ")]
	return []need{{"route53:" + action, "arn:aws:route53:::" + parts[1] + "/" + parts[2], ""}}
}

// ofForm are the needs of services whose requests are forms.
func (c awsCall) ofForm() []need {
	form, _ := url.ParseQuery(string(c.body))
	operation := form.Get("Action")
	var resource string
	service := c.service
	switch service {
	case "iam":
		resource = "arn:aws:iam::" + motoAccount + ":role/" + form.Get("RoleName")
	case "sns":
		resource = form.Get("TopicArn") + form.Get("ResourceArn")
		if name := form.Get("Name"); name != "" {
			resource = c.arn("sns", name)
		}
		if strings.Contains(operation, "ubscri") {
			resource = "*"
		}
	case "monitoring":
		service, resource = "cloudwatch", c.ofCloudWatch(form)
	}
	needs := []need{{service + ":" + operation, resource, ""}}
	if form.Has("Tags.member.1.Key") {
		tagging := "TagResource"
		if service == "iam" {
			tagging = "TagRole"
		}
		needs = append(needs, need{service + ":" + tagging, resource, ""})
	}
	return needs
}

func (c awsCall) ofCloudWatch(form url.Values) string {
	for _, dashboard := range []string{form.Get("DashboardName"), form.Get("DashboardNames.member.1")} {
		if dashboard != "" {
			return "arn:aws:cloudwatch::" + motoAccount + ":dashboard/" + dashboard
		}
	}
	if form.Get("Action") == "DescribeAlarms" {
		return "*"
	}
	if arn := form.Get("ResourceARN"); arn != "" {
		return arn
	}
	return c.arn("cloudwatch", "alarm:"+form.Get("AlarmName")+form.Get("AlarmNames.member.1"))
}

// fields are the members by which the JSON services name their resources.
type fields struct {
	StreamName, StreamARN, DeliveryStreamName             string
	LogGroupName, LogStreamName, ResourceArn, ResourceARN string
	Name, Scope, WebACLArn                                string
	DatabaseName, TableName, WorkGroup                    string
	KeyID, AliasName, TargetKeyID, CertificateArn         string
	DatabaseInput, TableInput                             struct{ Name string }
	LoggingConfiguration                                  struct{ ResourceArn string }
	Tags                                                  any
}

// ofJSON are the needs of services whose requests are JSON.
func (c awsCall) ofJSON() []need {
	_, operation, _ := strings.Cut(c.request.Header.Get("X-Amz-Target"), ".")
	var f fields
	_ = json.Unmarshal(c.body, &f) // Unmarshal ignores the case of names
	var needs []need
	for _, resource := range c.resources(operation, f) {
		needs = append(needs, need{c.service + ":" + operation, resource, ""})
		if f.Tags != nil && !strings.Contains(resource, ":regional/managedruleset/") {
			needs = append(needs, c.ofTagging(operation, resource)...)
		}
	}
	return append(needs, c.others(operation, f)...)
}

// ofTagging are the needs for the tags of a new resource, in addition to those for its creation.
func (c awsCall) ofTagging(operation, resource string) []need {
	if operation == "RequestCertificate" {
		return []need{{"acm:AddTagsToCertificate", c.arn("acm", "certificate/new"), ""}}
	}
	if !strings.HasPrefix(operation, "Create") {
		return nil
	}
	tagging := map[string]string{"kinesis": "AddTagsToStream", "firehose": "TagDeliveryStream"}[c.service]
	if tagging == "" {
		tagging = "TagResource"
	}
	return []need{{c.service + ":" + tagging, resource, ""}}
}

// others are the permissions that an operation needs on other services.
func (c awsCall) others(operation string, f fields) []need {
	var needs []need
	switch {
	case c.service == "firehose" && operation != "DeleteDeliveryStream":
		needs = append(needs, c.passedRoles("firehose.amazonaws.com")...)
	case operation == "AssociateWebACL", operation == "DisassociateWebACL":
		needs = append(needs, need{"apigateway:SetWebACL", f.ResourceArn, ""})
	case operation == "PutLoggingConfiguration":
		for _, action := range []string{"CreateLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy"} {
			needs = append(needs, need{"logs:" + action, "*", ""})
		}
	case operation == "DeleteLoggingConfiguration":
		needs = append(needs, need{"logs:DeleteLogDelivery", "*", ""})
	}
	return needs
}

// resources are the resources on each of which an operation needs its permission.
func (c awsCall) resources(operation string, f fields) []string {
	switch c.service {
	case "kinesis":
		if f.StreamName != "" {
			return []string{c.arn("kinesis", "stream/"+f.StreamName)}
		}
	case "firehose":
		return []string{c.arn("firehose", "deliverystream/"+f.DeliveryStreamName)}
	case "logs":
		if f.LogGroupName != "" {
			return []string{c.arn("logs", "log-group:"+f.LogGroupName+":log-stream:"+f.LogStreamName)}
		}
		if f.ResourceArn != "" {
			return []string{f.ResourceArn}
		}
	case "glue":
		return c.ofGlue(operation, f)
	case "athena":
		return c.ofAthena(f)
	case "kms":
		return c.ofKMS(f)
	case "wafv2":
		return c.ofWAF(f)
	case "acm":
		if f.CertificateArn != "" {
			return []string{f.CertificateArn}
		}
	}
	return []string{"*"}
}

func (c awsCall) ofGlue(operation string, f fields) []string {
	if f.ResourceArn != "" {
		return []string{f.ResourceArn}
	}
	database, table := f.DatabaseName, f.Name+f.TableName+f.TableInput.Name
	if strings.HasSuffix(operation, "Database") {
		database, table = f.Name+f.DatabaseInput.Name, ""
	}
	all := []string{c.arn("glue", "catalog"), c.arn("glue", "database/"+database)}
	switch {
	case table != "":
		all = append(all, c.arn("glue", "table/"+database+"/"+table))
	case operation == "DeleteDatabase":
		all = append(all, c.arn("glue", "table/"+database+"/any"), c.arn("glue", "userDefinedFunction/"+database+"/any"))
	}
	return all
}

// ofAthena uses a placeholder for the workgroup of a request that names only a query's id: Athena knows the workgroup, and the test
// does not.
func (c awsCall) ofAthena(f fields) []string {
	switch {
	case f.ResourceARN+f.ResourceArn != "":
		return []string{f.ResourceARN + f.ResourceArn}
	case f.WorkGroup != "":
		return []string{c.arn("athena", "workgroup/"+f.WorkGroup)}
	case f.Name != "":
		return []string{c.arn("athena", "workgroup/"+f.Name)}
	}
	return []string{anyWorkgroup}
}

func (c awsCall) ofKMS(f fields) []string {
	var all []string
	if f.AliasName != "" {
		all = append(all, c.arn("kms", f.AliasName))
	}
	for _, key := range []string{f.KeyID, f.TargetKeyID} {
		if key != "" {
			all = append(all, c.arn("kms", "key/"+key[strings.LastIndex(key, "/")+1:]))
		}
	}
	if len(all) == 0 {
		return []string{"*"}
	}
	return all
}

func (c awsCall) ofWAF(f fields) []string {
	var all []string
	for _, arn := range []string{f.ResourceArn, f.ResourceARN, f.WebACLArn, f.LoggingConfiguration.ResourceArn} {
		if arn != "" {
			all = append(all, arn)
		}
	}
	if f.Name != "" {
		all = append(all, c.arn("wafv2", "regional/webacl/"+f.Name+"/id"))
	}
	if strings.Contains(string(c.body), `"ManagedRuleGroupStatement"`) {
		all = append(all, c.arn("wafv2", "regional/managedruleset/AWS/any"))
	}
	if len(all) == 0 {
		return []string{"*"} // which no policy allows
	}
	return all
}

// anyWorkgroup stands for the workgroup of a named query.
const anyWorkgroup = "arn:aws:athena:us-east-1:123456789012:workgroup/"

func encode(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
