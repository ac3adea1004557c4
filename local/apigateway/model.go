package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	modelschema "cdk.tf/go/ingest/internal/models"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
	"cdk.tf/go/ingest/local/apigateway/internal/validation"
	"cdk.tf/go/ingest/tfjson"
)

// patternTime bounds the time for matching patterns, of one body and of one template.
const patternTime = time.Second

// model checks a body against a JSON schema.
type model struct {
	// objectOnly is true if the schema requires only an object, or a non-empty one. Then the body is only read, and its values
	// are not listed.
	objectOnly, notEmpty bool
	schema               *validation.Schema
}

// models compiles the API's models, which may refer to each other.
type models struct {
	compiler *jsonschema.Compiler
	texts    map[string]map[string]any
	compiled map[string]*model
}

// modelURL is how one model names another (developer guide, "Data models for REST APIs").
const modelURL = "https://apigateway.amazonaws.com/restapis/"

// builtIn are the models that every API has (localstack's test_api_gateway_request_validator_with_ref_models, validated
// on AWS).
var builtIn = map[string]string{
	"Empty": `{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"}`,
	"Error": `{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}}`,
}

var modelName = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

func (r *reader) readModels() {
	m := &models{compiler: draft4.NewCompiler(patternTime), texts: map[string]map[string]any{}, compiled: map[string]*model{}}
	m.compiler.AssertFormat()
	r.models = m
	for name, text := range builtIn {
		if err := m.add(r.api.ID, name, text); err != nil {
			panic(err) // a mistake in this file, found by its first test
		}
	}
	declared := map[string]tfjson.Resource{}
	each(r, "aws_api_gateway_model", func(res tfjson.Resource, block modelBlock) {
		if r.ours(res, block.API) && r.addModel(res, block, declared) {
			declared[block.Name] = res
		}
	})
	for _, name := range sortedKeys(declared) { // now that each can find the others
		err := m.compile(r.api.ID, name)
		if errors.As(err, new(unknownModel)) && r.failed["aws_api_gateway_model"] {
			continue // it refers to one that has a problem already
		}
		if err != nil {
			r.problem(declared[name], "schema %w", err)
		}
	}
	for name := range builtIn {
		_ = m.compile(r.api.ID, name) // compiles, see above
	}
}

func (r *reader) addModel(res tfjson.Resource, block modelBlock, declared map[string]tfjson.Resource) bool {
	other, taken := declared[block.Name]
	switch {
	case taken:
		r.problem(res, "name is %s, which %s has; use another", block.Name, other.Address())
	case builtIn[block.Name] != "":
		r.problem(res, "name is %s, a model that every API has; use another", block.Name)
	case !modelName.MatchString(block.Name):
		r.problem(res, "name is %q; API Gateway accepts letters and digits only", block.Name)
	case block.ContentType != "" && !isMediaType(block.ContentType): // Terraform demands one
		r.problem(res, "content_type is %q, which API Gateway refuses; use a media type, such as application/json", block.ContentType)
	case block.Schema == "":
		// "Model schema must have at least 1 property or array items defined" (localstack's test_model_validation, recorded on
		// AWS, of JSON and of XML).
		r.problem(res, "schema is empty, which API Gateway refuses; give the model one, at least {}")
	default:
		if err := r.models.add(r.api.ID, block.Name, block.Schema); err != nil {
			r.problem(res, "schema %w", err)
			return false
		}
		return true
	}
	return false
}

// add reads a model.
//
// Assumption API-27: API Gateway refuses a model whose schema has a keyword that JSON schema draft 4 does not have, also one that checks
// nothing ("Unsupported keyword(s): ["$id"]", aws/aws-cdk#14585; "example", awslabs/aws-api-gateway-developer-portal#571;
// "dependentRequired", clouddrove/terraform-aws-api-gateway#30). It knows the keywords of the library of API-9
// (DraftV4SyntaxCheckerDictionary of java-json-tools/json-schema-core).
//
// Assumption API-32: API Gateway reads a reference in a model as a pointer from the root of a model, and follows no id below the root
// (Dereferencing.CANONICAL, the default of java-json-tools/json-schema-core). AWS does not document it. A body that leads the library in
// a circle of references is an error there (ValidationStack), so the local API refuses such a model. API Gateway refuses a reference that is
// neither to a part of the schema nor to a model by its URL ("Model reference must be in canonical form",
// Dropsource/serverless-todo-api-example-complete#3).
func (m *models) add(api, name, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("is not JSON: %s", oneLine(err.Error()))
	}
	root, isObject := doc.(map[string]any)
	if !isObject {
		return errors.New("is not a JSON object")
	}
	if said, ok := root["$schema"]; ok && said != draft4.URL && said != draft4.URL+"#" {
		return fmt.Errorf(`has the "$schema" %q; use %q, the only draft that API Gateway validates, or leave it out`, fmt.Sprint(said), draft4.URL+"#")
	}
	if faults := modelschema.Refused(root); len(faults) > 0 {
		return fmt.Errorf("%s; %s", faults[0].Has, faults[0].Remedy)
	}
	if err := canonical(api, root); err != nil {
		return err
	}
	delete(root, "id") // its references are to models, whatever it calls itself
	m.texts[name] = root
	return m.compiler.AddResource(modelURL+api+"/models/"+name, root)
}

// canonical refuses a reference such as "Other", which the compiler would take for the model of that name.
func canonical(api string, root map[string]any) error {
	references := modelschema.References(root)
	for _, at := range sortedKeys(references) {
		if ref := references[at]; !strings.HasPrefix(ref, "#") && !strings.HasPrefix(ref, modelURL+api+"/models/") {
			return fmt.Errorf(`has the reference %q at %q, which API Gateway refuses; use one within the schema, such as "#/definitions/user", or the URL of a model of the API, %s%s/models/NAME`,
				ref, at, modelURL, api)
		}
	}
	return nil
}

func (m *models) compile(api, name string) error {
	schema, err := m.compiler.Compile(modelURL + api + "/models/" + name)
	var unknown *jsonschema.LoadURLError
	if errors.As(err, &unknown) {
		return unknownModel(strings.TrimPrefix(unknown.URL, modelURL+api+"/models/"))
	}
	if err != nil {
		return fmt.Errorf("is no JSON schema of draft 4: %s", oneLine(err.Error()))
	}
	least := m.texts[name]["minProperties"]
	m.compiled[name] = &model{
		schema: validation.New(schema, patternTime), objectOnly: isObjectOnly(m.texts[name]), notEmpty: least == json.Number("1"),
	}
	return nil
}

// unknownModel is the error of a reference to a model that the API does not have.
type unknownModel string

func (name unknownModel) Error() string {
	return fmt.Sprintf("has a reference to the model %q, which the API does not have; declare it, or correct the name", string(name))
}

func (m *models) get(name string) (*model, error) {
	if found := m.compiled[name]; found != nil {
		return found, nil
	}
	if m.texts[name] != nil {
		return &model{}, nil // is a problem already
	}
	return nil, fmt.Errorf("the API has no model %q", name)
}

func isObjectOnly(schema map[string]any) bool {
	for key, value := range schema {
		if key == "minProperties" && (value == json.Number("0") || value == json.Number("1")) {
			continue
		}
		if !slices.Contains([]string{"$schema", "title", "description", "type"}, key) {
			return false
		}
	}
	return schema["type"] == "object"
}

// broken is the fault of a body. The zero value means no fault.
type broken struct {
	// says is API Gateway's validationErrorString. It may quote the body.
	says string
	// rule has the rules of the schema that the body breaks. It quotes only the schema.
	rule string
}

// check validates a body.
//
// Assumption API-7: API Gateway validates an empty body as {} (localstack's method_request.py).
//
// Assumption API-8: for a body that is not JSON, AWS does not document the text of $context.error.validationErrorString. Here it
// describes the fault and its place.
func (m *model) check(request *parsedBody) broken {
	body := trimJSON(request.text)
	if len(body) == 0 {
		body = []byte("{}")
	}
	if m.objectOnly && body[0] == '{' && json.Valid(body) && (!m.notEmpty || !isEmptyObject(body)) {
		return broken{}
	}
	value, err := jsontape.Read(body)
	if err != nil {
		return broken{says: "[the body is not JSON: " + notJSON(body, err) + "]", rule: "the body is not JSON"}
	}
	wrong := m.schema.Check(value)
	return broken{says: wrong.Says, rule: wrong.Rule}
}

// notJSON describes what is wrong with a body. encoding/json names a byte where it means a character, so one that is not ASCII is named
// here. At an end within a word or a number it names a space, which the body does not have: its own white space has been trimmed.
func notJSON(body []byte, err error) string {
	var syntax *json.SyntaxError
	said := oneLine(err.Error())
	if errors.As(err, &syntax) && syntax.Offset == int64(len(body)) && strings.HasPrefix(said, "invalid character ' '") {
		said = ended
	}
	if said == ended || !errors.As(err, &syntax) || syntax.Offset < 1 || syntax.Offset > int64(len(body)) || body[syntax.Offset-1] < utf8.RuneSelf {
		return said
	}
	_, where, _ := strings.Cut(said, "' ")
	c, size := utf8.DecodeRune(body[syntax.Offset-1:])
	switch {
	case c == utf8.RuneError && size == 1:
		return fmt.Sprintf("invalid byte 0x%02X, which is not UTF-8, %s", body[syntax.Offset-1], where)
	case c == byteOrderMark:
		return "a byte order mark (U+FEFF) " + where + "; send the body without it"
	}
	return fmt.Sprintf("invalid character %U %s", c, where)
}

// ended is encoding/json's error for a text that stops too early.
const ended = "unexpected end of JSON input"

const byteOrderMark = '\uFEFF'

// trimJSON trims only JSON's white space: a template reads a body with any other white space before it as text.
func trimJSON(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }

// isEmptyObject reports whether a valid object is {}.
func isEmptyObject(object []byte) bool {
	return len(trimJSON(object[1:len(object)-1])) == 0
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
