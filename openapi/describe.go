package openapi

import (
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cdk.tf/go/ingest/internal/models"
	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/tfjson"
)

// describer describes the methods of one API.
type describer struct {
	reader  *reader
	prober  *prober
	lenient *prober // without request validators, for bodies of which there is no valid example
	convert *models.Converter
	samples *models.Sampler
	stage   string
	headers map[string]object // components
	schemes map[string]object // of security
	ids     map[string]bool   // of operations
}

func newDescriber(written, resolved *tfjson.Stack, cfg apigateway.Config) (*describer, error) {
	r := &reader{stack: resolved}
	p, err := newProber(cfg, resolved.Region(), r.origins())
	if err != nil {
		return nil, err
	}
	lenient, err := withoutValidators(written, r.origins())
	if err != nil {
		return nil, err
	}
	convert := models.NewConverter(cfg.ID, r.models())
	samples, err := models.NewSampler(convert)
	return &describer{
		reader: r, prober: p, lenient: lenient, convert: convert, samples: samples, stage: first(cfg.Stages()),
		headers: map[string]object{}, schemes: map[string]object{}, ids: map[string]bool{},
	}, err
}

// withoutValidators asks the same API with no request validated.
func withoutValidators(written *tfjson.Stack, origins []string) (*prober, error) {
	resolved, _, err := read(written, defaultLocal)
	if err != nil {
		return nil, err
	}
	for _, m := range resolved.Resources("aws_api_gateway_method") {
		delete(m.Body, "request_validator_id")
	}
	cfg, err := apigateway.Read(resolved)
	if err != nil {
		return nil, err
	}
	return newProber(cfg, resolved.Region(), origins)
}

func (d *describer) operation(m method) (*operation, error) {
	requirement, schemes := m.security()
	for name, scheme := range schemes {
		d.schemes[name] = scheme
	}
	body, valid, err := d.body(m)
	if err != nil {
		return nil, err
	}
	outcomes, err := d.outcomes(m, valid)
	if err != nil {
		return nil, err
	}
	described := &operation{
		OperationID: d.operationID(m), Summary: summary(m), Parameters: d.parameters(m), RequestBody: body,
		Responses: map[string]*response{}, Security: []map[string][]string{},
	}
	if len(requirement) > 0 {
		described.Security = append(described.Security, requirement)
	}
	byStatus := map[string][]outcome{}
	for _, o := range outcomes {
		status := strconv.Itoa(o.status)
		byStatus[status] = append(byStatus[status], o)
	}
	for _, status := range sortedKeys(byStatus) {
		described.Responses[status] = d.response(byStatus[status])
	}
	return described, nil
}

// operationID is the method's own name, or one of its verb and path: postSubmitBatch.
func (d *describer) operationID(m method) string {
	id := m.operation
	if id == "" {
		id = strings.ToLower(m.verb)
		for _, word := range strings.FieldsFunc(m.path, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
			id += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	id = models.Free(id, func(id string) bool { return d.ids[id] })
	d.ids[id] = true
	return id
}

func summary(m method) string {
	switch {
	case m.service() == "kinesis" && m.action() == "PutRecord":
		return "Submit one event"
	case m.service() == "kinesis" && m.action() == "PutRecords":
		return "Submit many events"
	case m.verb == http.MethodOptions:
		return "CORS preflight"
	default:
		return m.verb + " " + m.path
	}
}

// parameters are those that the method declares, those of the path, those of a preflight, and headers that a mapping template reads.
func (d *describer) parameters(m method) []parameter {
	var all []parameter
	add := func(in, name, description string, required bool) {
		known := slices.ContainsFunc(all, func(p parameter) bool { return p.In == in && strings.EqualFold(p.Name, name) })
		if !known {
			all = append(all, parameter{Name: name, In: in, Description: description, Required: required, Schema: object{"type": "string"}})
		}
	}
	for _, found := range pathParameter.FindAllStringSubmatch(m.path, -1) {
		add("path", found[1], "", true)
	}
	for _, key := range sortedKeys(m.parameters) {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "method.request."), ".")
		if in := map[string]string{"header": "header", "querystring": "query"}[place]; in != "" {
			add(in, name, "", m.parameters[key])
		}
	}
	if m.verb == http.MethodOptions {
		for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
			add("header", name, "A browser sends it.", false)
		}
	}
	for _, name := range d.readByTemplates(m) {
		add("header", name, "The mapping template reads it.", false)
	}
	return all
}

// readByTemplates are the headers that pages may send and that a request's mapping template names. A header of authorisation is one
// of the security schemes.
func (d *describer) readByTemplates(m method) []string {
	var found []string
	for _, resource := range d.reader.stack.Resources("aws_api_gateway_integration_response") {
		allowed := strings.Trim(texts(resource.Body, "response_parameters")["method.response.header.Access-Control-Allow-Headers"], "'")
		for name := range strings.SplitSeq(allowed, ",") {
			name = strings.TrimSpace(name)
			for _, contentType := range sortedKeys(m.templates) {
				template := m.templates[contentType]
				named := strings.Contains(template, `"`+name+`"`) || strings.Contains(template, `'`+name+`'`)
				if name != "" && named && !slices.Contains(found, name) {
					found = append(found, name)
				}
			}
		}
	}
	return found
}

const (
	jsonType = "application/json"
	ndjson   = "application/x-ndjson"
)

// largestBody is API Gateway's limit (developer guide, "Quotas for configuring and running a REST API in API Gateway").
const largestBody = "A body has at most 10 MB (10,485,760 bytes). It may have the Content-Encoding gzip or deflate; it has at most 10 MB decompressed, too."

// aboutBody says what holds for a body of each content type.
func aboutBody(types []string) string {
	if slices.Contains(types, ndjson) {
		return largestBody + " As " + ndjson + ", it has an event on each line, which no schema checks."
	}
	return largestBody
}

// body describes what a method takes, and is a request that it accepts.
func (d *describer) body(m method) (*requestBody, request, error) {
	valid := d.empty(m)
	if m.service() == "" || m.verb == http.MethodGet || m.verb == http.MethodHead {
		return nil, valid, nil
	}
	types := sortedKeys(m.templates)
	if len(types) == 0 {
		types = sortedKeys(m.models)
	}
	if len(types) == 0 {
		types = []string{jsonType}
	}
	described := &requestBody{Description: aboutBody(types), Content: map[string]mediaType{}}
	for _, contentType := range types {
		content, sample, required, err := d.content(m.models[contentType])
		if contentType == ndjson {
			content = d.lines(m)
		}
		if err != nil {
			return nil, valid, err
		}
		described.Content[contentType] = content
		if valid.contentType == "" || contentType == jsonType {
			described.Required, valid.contentType, valid.body = required, contentType, sample
		}
	}
	return described, valid, nil
}

// empty is a request without a body, and with every parameter that the method requires.
func (d *describer) empty(m method) request {
	r := request{verb: m.verb, path: "/" + d.stage + filled(m.path), header: map[string]string{}, query: map[string]string{}, iam: m.authorization == "AWS_IAM"}
	for key, required := range m.parameters {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "method.request."), ".")
		if required && place == "header" {
			r.header[name] = "text"
		}
		if required && place == "querystring" {
			r.query[name] = "text"
		}
	}
	if m.verb == http.MethodOptions {
		r.header["Access-Control-Request-Method"] = http.MethodPost
	}
	return r
}

// content describes a body that a model checks, or that none does.
func (d *describer) content(model string) (content mediaType, sample []byte, required bool, err error) {
	value, found := models.Decode(models.FirstEvent), true
	if model != "" {
		if content.Schema, err = d.convert.Model(model); err != nil {
			return content, nil, false, err
		}
		value, found = d.samples.Example(model)
		required = !d.samples.Allows(model, object{}) // API Gateway checks no body as {}
	}
	if !found {
		return content, []byte(models.FirstEvent), required, nil
	}
	content.Examples = map[string]example{"event": {Value: value}}
	sample, err = json.Marshal(value)
	return content, sample, required, err
}

// lines describes a body with an event on each line. No model checks it; its example is an event of the model that checks JSON.
func (d *describer) lines(m method) mediaType {
	var content mediaType
	batch, _ := d.samples.Example(m.models[jsonType])
	of, _ := batch.(object)
	events, _ := of["events"].([]any)
	if len(events) == 0 {
		return content
	}
	if event, isObject := events[0].(object); isObject {
		content.Examples = map[string]example{"event": {Value: event}}
	}
	return content
}

// outcomes are all answers of a method.
func (d *describer) outcomes(m method, valid request) ([]outcome, error) {
	all, made, err := d.prober.answers(m, valid)
	if err != nil {
		return nil, err
	}
	if !made { // for want of a valid example
		if all, _, err = d.lenient.answers(m, valid); err != nil {
			return nil, err
		}
	}
	refused, err := d.prober.refusals(m, valid)
	return append(all, refused...), err
}

// response describes the answers of one status.
func (d *describer) response(outcomes []outcome) *response {
	made := &response{Headers: d.describeHeaders(outcomes), Content: map[string]mediaType{}}
	var reasons []string
	values := map[string][]any{}
	for _, o := range outcomes {
		if !slices.Contains(reasons, o.when) {
			reasons = append(reasons, o.when)
		}
		if len(o.body) == 0 {
			continue
		}
		value := models.Decode(string(o.body))
		if value == nil {
			value = string(o.body)
		}
		values[o.contentType] = append(values[o.contentType], value)
		content := made.Content[o.contentType]
		if content.Examples == nil {
			content.Examples = map[string]example{}
		}
		if !slices.ContainsFunc(sortedKeys(content.Examples), func(name string) bool { return reflect.DeepEqual(content.Examples[name].Value, value) }) {
			content.Examples[o.name] = example{Summary: o.when, Value: value}
		}
		made.Content[o.contentType] = content
	}
	for contentType, content := range made.Content {
		content.Schema = models.Infer(values[contentType])
		made.Content[contentType] = content
	}
	made.Description = reasons[0]
	if len(reasons) > 1 {
		made.Description = "- " + strings.Join(reasons, "\n- ")
	}
	return made
}

// ofEveryAnswer are headers that a response does not describe: OpenAPI has the content type elsewhere, and the rest is HTTP's.
var ofEveryAnswer = []string{"connection", "content-length", "content-type"}

// aboutHeaders say what a header is, by its name in lower case.
var aboutHeaders = map[string]string{
	"access-control-allow-credentials": "Whether a page may send cookies",
	"access-control-allow-headers":     "Request headers that a page may send",
	"access-control-allow-methods":     "Methods that a page may use",
	"access-control-allow-origin":      "Origin of the pages whose scripts may read the answer",
	"access-control-expose-headers":    "Response headers that a page's scripts may read",
	"access-control-max-age":           "Seconds for which a browser keeps the answer",
	"retry-after":                      "Seconds to wait before the next try",
	"vary":                             "Request headers that the answer depends on",
	"x-amz-apigw-id":                   "API Gateway's extended request id",
	"x-amzn-errortype":                 "The kind of an error that API Gateway answers by itself",
	"x-amzn-requestid":                 "The request's id, which the logs have too",
	"x-amzn-trace-id":                  "The request's AWS X-Ray trace",
}

// various are headers whose value differs from one answer to the next, so that none of them is an example of all.
var various = []string{"x-amz-apigw-id", "x-amzn-errortype"}

// describeHeaders describes each header of some answers; what all of them have is required.
func (d *describer) describeHeaders(outcomes []outcome) map[string]object {
	seen, values := map[string]int{}, map[string]string{}
	for _, o := range outcomes {
		for name, value := range o.header {
			if !slices.Contains(ofEveryAnswer, strings.ToLower(name)) {
				seen[name]++
				values[name] = cmp.Or(values[name], first(value))
			}
		}
	}
	described := map[string]object{}
	for _, name := range sortedKeys(seen) {
		lower := strings.ToLower(name)
		header := object{"required": seen[name] == len(outcomes), "schema": object{"type": "string"}}
		if about := aboutHeaders[lower]; about != "" {
			header["description"] = about + "."
		}
		if _, err := strconv.Atoi(values[name]); err == nil {
			header["schema"] = object{"type": "integer"}
			header["example"] = json.Number(values[name])
		} else if !slices.Contains(various, lower) {
			header["example"] = values[name]
		}
		described[name] = d.shared(name, header)
	}
	return described
}

// shared is a reference to a header's description; one that differs from that of other answers stands by itself.
func (d *describer) shared(name string, header object) object {
	component := name
	if header["required"] == false {
		component += "-optional"
	}
	if other, taken := d.headers[component]; taken && !reflect.DeepEqual(other, header) {
		return header
	}
	d.headers[component] = header
	return object{"$ref": "#/components/headers/" + component}
}

// finish makes components of the answers' schemas, so that generated clients have names for them: those of errors that several
// answers share are Failure, Failure2 and so on; each other one has its operation's name and its status.
func (d *describer) finish(paths map[string]pathItem) components {
	uses := map[string]int{}
	d.eachSchema(paths, func(_, status, text string, _ *mediaType) {
		if status >= "400" {
			uses[text]++
		}
	})
	named := map[string]string{}
	d.eachSchema(paths, func(id, status, text string, content *mediaType) {
		shared := uses[text] > 1 && status >= "400"
		name := named[text]
		if name == "" || !shared {
			name = strings.ToUpper(id[:1]) + id[1:] + status
			if shared {
				name = "Failure"
			}
			name = models.Free(name, func(name string) bool { _, taken := d.convert.Components[name]; return taken })
			d.convert.Components[name], _ = content.Schema.(object)
		}
		if shared {
			named[text] = name
		}
		content.Schema = object{"$ref": models.SchemaRef + name}
	})
	return components{Schemas: d.convert.Components, Headers: d.headers, SecuritySchemes: d.schemes}
}

// eachSchema visits the schemas of all answers in order.
func (d *describer) eachSchema(paths map[string]pathItem, visit func(id, status, text string, content *mediaType)) {
	for _, path := range sortedKeys(paths) {
		for _, verb := range sortedKeys(paths[path]) {
			operation := paths[path][verb]
			for _, status := range sortedKeys(operation.Responses) {
				contents := operation.Responses[status].Content
				for _, contentType := range sortedKeys(contents) {
					content := contents[contentType]
					text, _ := json.Marshal(content.Schema) // always works: it was made of JSON
					visit(operation.OperationID, status, string(text), &content)
					contents[contentType] = content
				}
			}
		}
	}
}
