package verify

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"cdk.tf/go/ingest/internal/identity"
	"cdk.tf/go/ingest/internal/models"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// Pipeline is what a stack declares and where it is deployed.
type Pipeline struct {
	// Name is the environment's.
	Name string
	// Region is the pipeline's. Account is that of the deployment, 12 digits.
	Region, Account string
	// Base is the API's address with its stage, such as https://abc123.execute-api.us-east-1.amazonaws.com/dev.
	Base string
	// Local reports whether ingest up runs the pipeline.
	Local   bool
	Outputs Outputs

	stack    *tfjson.Stack // resolved
	routes   []route
	samples  *models.Sampler
	schemas  map[string]string // of the models, by name
	delivery delivery
	stream   string
	cors     cors
	says     map[string]string // the fixed messages of gateway responses, by their types
}

// route is a method that writes to the stream.
type route struct {
	path          string // below the stage
	batch         bool
	authorization string            // NONE, AWS_IAM, COGNITO_USER_POOLS or CUSTOM
	keyRequired   bool              // an API key
	tokens        []identity.Source // that carry a token
	models        map[string]string // by content type
	contentTypes  []string
	validated     bool   // a request validator checks the body
	keyHeader     string // that the partition key comes from; "" where it comes from elsewhere
	template      string // of application/json
	example       string // an event that the route takes; "" where none is known
}

// delivery is what is declared of the objects.
type delivery struct {
	name        string
	extension   string // "" where Firehose chooses it
	bucket      string
	prefix      string
	compression string // UNCOMPRESSED, GZIP, ZIP, Snappy or HADOOP_SNAPPY
	zone        *time.Location
	interval    time.Duration
	mebibytes   int
	delimited   bool // Firehose ends each record with a newline
	parquet     bool
}

// Read reads a stack and the outputs of its deployment.
func Read(stack *tfjson.Stack, outputs Outputs) (*Pipeline, error) {
	p := &Pipeline{Name: stack.Name(), Outputs: outputs, Local: outputs.Text("local") == "true"}
	stream, _ := arn.Parse(outputs.Text("stream_arn")) // has no account where there is no such output
	p.Account = cmp.Or(stream.AccountID, tfjson.NoAccount)
	url := outputs.Text("submit_url")
	p.Base = strings.TrimSuffix(url, "/submit")
	if p.Base == url || url == "" {
		return nil, fmt.Errorf("the output submit_url is %q; it must end in /submit: deploy the stack again", url)
	}
	var err error
	if p.stack, err = stack.Resolve(tfjson.Surroundings{Account: p.Account}); err != nil {
		return nil, err
	}
	if err := outputs.belong(p.stack, ofThis); err != nil {
		return nil, err
	}
	p.Region = p.stack.Region()
	p.readRoutes()
	p.readExamples()
	p.readCORS()
	p.readGatewayResponses()
	if len(p.routes) == 0 {
		return nil, errors.New("no method of the stack writes to a Kinesis stream")
	}
	return p, errors.Join(p.readSamples(), p.readDelivery())
}

func (p *Pipeline) readRoutes() {
	paths := p.paths()
	for _, method := range p.stack.Resources("aws_api_gateway_method") {
		body := method.Body
		integration := p.integration(text(body["resource_id"]), text(body["http_method"]))
		action := strings.TrimPrefix(text(integration["uri"]), "arn:"+p.stack.Surroundings().Partition+":apigateway:"+p.Region+":kinesis:action/")
		if action != "PutRecord" && action != "PutRecords" {
			continue
		}
		r := route{
			path: paths[text(body["resource_id"])], batch: action == "PutRecords", authorization: text(body["authorization"]),
			keyRequired: tfjson.True(body["api_key_required"]), models: texts(body["request_models"]), validated: body["request_validator_id"] != nil,
			tokens: p.tokens(text(body["authorizer_id"]), text(body["authorization"])),
		}
		templates := texts(integration["request_templates"])
		r.contentTypes, r.template = slices.Sorted(maps.Keys(templates)), templates[jsonType]
		r.keyHeader = keyHeader(r.template)
		p.routes = append(p.routes, r)
	}
	slices.SortFunc(p.routes, func(a, b route) int { return strings.Compare(a.path, b.path) })
	if stream := p.stack.Resources("aws_kinesis_stream"); len(stream) == 1 {
		p.stream = text(stream[0].Body["name"])
	}
}

const jsonType = "application/json"

// paths are the resources' paths by their ids.
func (p *Pipeline) paths() map[string]string {
	paths := map[string]string{}
	for _, api := range p.stack.Resources("aws_api_gateway_rest_api") {
		root, _ := p.stack.Attribute(api.Address(), "root_resource_id")
		paths[root] = ""
	}
	resources := p.stack.Resources("aws_api_gateway_resource")
	for range resources { // as deep as there are resources, at most
		for _, resource := range resources {
			id, _ := p.stack.Attribute(resource.Address(), "id")
			if parent, known := paths[text(resource.Body["parent_id"])]; known {
				paths[id] = parent + "/" + text(resource.Body["path_part"])
			}
		}
	}
	return paths
}

func (p *Pipeline) integration(resourceID, verb string) map[string]any {
	for _, integration := range p.stack.Resources("aws_api_gateway_integration") {
		if body := integration.Body; text(body["resource_id"]) == resourceID && text(body["http_method"]) == verb {
			return body
		}
	}
	return nil
}

// tokens are the parts of a request in which a method takes a token.
func (p *Pipeline) tokens(authorizerID, authorization string) []identity.Source {
	if authorization != "COGNITO_USER_POOLS" && authorization != "CUSTOM" {
		return nil
	}
	for _, authorizer := range p.stack.Resources("aws_api_gateway_authorizer") {
		if id, _ := p.stack.Attribute(authorizer.Address(), "id"); id == authorizerID {
			return identity.Sources(authorizer.Body)
		}
	}
	return identity.Sources(nil)
}

// keyName is how the stack's mapping templates name the header, or the JSON path, that the partition key comes from.
var keyName = regexp.MustCompile(`#set\(\$keyName = '([^']+)'\)`)

// comparesHeaders is how they look for the header.
const comparesHeaders = "equalsIgnoreCase($keyName)"

func keyHeader(template string) string {
	if found := keyName.FindStringSubmatch(template); found != nil && strings.Contains(template, comparesHeaders) {
		return found[1]
	}
	return ""
}

// readSamples reads the models, to know what they allow.
func (p *Pipeline) readSamples() (err error) {
	p.schemas = map[string]string{}
	schemas := map[string]map[string]any{}
	for _, model := range p.stack.Resources("aws_api_gateway_model") {
		if schema, ok := models.Decode(text(model.Body["schema"])).(map[string]any); ok {
			schemas[text(model.Body["name"])], p.schemas[text(model.Body["name"])] = schema, text(model.Body["schema"])
		}
	}
	var api string
	for _, resource := range p.stack.Resources("aws_api_gateway_rest_api") {
		api, _ = p.stack.Attribute(resource.Address(), "id")
	}
	p.samples, err = models.NewSampler(models.NewConverter(api, schemas))
	return err
}

// readExamples takes each route's event from the command that the outputs show: it is the example that the environment declares.
func (p *Pipeline) readExamples() {
	of := map[string]string{"/submit": exampleIn(p.Outputs.Text("curl"))}
	urls, _ := p.Outputs["event_type_urls"].(map[string]any)
	for name, url := range urls {
		of[strings.TrimPrefix(text(url), p.Base)] = exampleIn(p.Outputs.Text("curl_" + name))
	}
	for i, r := range p.routes {
		p.routes[i].example = of[strings.TrimSuffix(r.path, "/batch")]
	}
}

// exampleIn is the body of a curl command that a stack has as an output: its last word, in single quotes after -d, or what a printf
// before it writes to it. curl takes the line breaks out of the latter.
func exampleIn(curl string) string {
	curl = strings.TrimSpace(curl)
	if piped, ok := strings.CutPrefix(curl, "printf %s '"); ok {
		if quoted, _, found := strings.Cut(piped, "' | curl "); found {
			return strings.ReplaceAll(strings.ReplaceAll(quoted, "\n", ""), `'\''`, "'")
		}
	}
	_, quoted, found := strings.Cut(curl, "-d '")
	quoted, closed := strings.CutSuffix(quoted, "'")
	if !found || !closed {
		return ""
	}
	return strings.ReplaceAll(quoted, `'\''`, "'")
}

func (p *Pipeline) readDelivery() error {
	found := p.stack.Resources("aws_kinesis_firehose_delivery_stream")
	if len(found) != 1 {
		return fmt.Errorf("the stack has %d delivery streams; a verification needs one", len(found))
	}
	blocks, err := found[0].Blocks("extended_s3_configuration")
	if err != nil || len(blocks) != 1 {
		return fmt.Errorf("%s has no extended_s3_configuration", found[0].Address())
	}
	s3 := blocks[0]
	arn := text(s3["bucket_arn"])
	p.delivery = delivery{
		name: text(found[0].Body["name"]), extension: text(s3["file_extension"]),
		bucket: arn[strings.LastIndex(arn, ":")+1:], prefix: text(s3["prefix"]), compression: cmp.Or(text(s3["compression_format"]), "UNCOMPRESSED"),
		interval: quota.DefaultBufferInterval, mebibytes: int(cmp.Or(tfjson.Number(s3["buffering_size"]), quota.DefaultBufferMiB)),
	}
	if seconds := s3["buffering_interval"]; seconds != nil { // 0 is an interval, too
		p.delivery.interval = time.Duration(tfjson.Number(seconds)) * time.Second
	}
	p.delivery.delimited = delimited(s3)
	conversion, _ := tfjson.Blocks(s3, "data_format_conversion_configuration")
	p.delivery.parquet = len(conversion) > 0 && (conversion[0]["enabled"] == nil || tfjson.True(conversion[0]["enabled"]))
	p.delivery.zone, err = time.LoadLocation(cmp.Or(text(s3["custom_time_zone"]), "UTC"))
	return err
}

// delimited reports whether a destination appends a delimiter to each record.
func delimited(destination map[string]any) bool {
	processing, _ := tfjson.Blocks(destination, "processing_configuration")
	for _, one := range processing {
		processors, _ := tfjson.Blocks(one, "processors")
		if tfjson.True(one["enabled"]) && slices.ContainsFunc(processors, func(p map[string]any) bool { return p["type"] == "AppendDelimiterToRecord" }) {
			return true
		}
	}
	return false
}

// url is the address of a path.
func (p *Pipeline) url(path string) string { return p.Base + path }

func text(value any) string { s, _ := value.(string); return s }

func texts(value any) map[string]string {
	values, _ := value.(map[string]any)
	all := map[string]string{}
	for name, one := range values {
		all[name] = text(one)
	}
	return all
}

// SubmitURL is where events are posted.
func (p *Pipeline) SubmitURL() string { return p.url("/submit") }

// AsksForKey reports whether the API asks for an API key.
func (p *Pipeline) AsksForKey() bool {
	return slices.ContainsFunc(p.routes, func(r route) bool { return r.keyRequired })
}

// AsksForToken reports whether the API asks for a token of an authorizer.
func (p *Pipeline) AsksForToken() bool {
	return slices.ContainsFunc(p.routes, func(r route) bool { return len(r.tokens) > 0 })
}

// AsksForCertificate reports whether the API's domain asks for a client certificate.
func (p *Pipeline) AsksForCertificate() bool {
	return slices.ContainsFunc(p.stack.Resources("aws_api_gateway_domain_name"), func(domain tfjson.Resource) bool {
		blocks, _ := domain.Blocks("mutual_tls_authentication") // an apply has read them
		return len(blocks) > 0
	})
}
