package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/internal/models"
)

const (
	// maxEventTypes keeps an API within 60 models, which is API Gateway's quota (developer guide, "Quotas for configuring and running a
	// REST API"): with API.Batch a type has two, and API Gateway makes two of its own.
	maxEventTypes = 25
	maxTypeName   = 32
	// maxExample keeps the outputs readable.
	maxExample = 8192
)

// maxMatch is far above what a pattern, or a whole schema, needs for an example, on a busy machine too. It is a variable, so that its test
// need not take as long.
var maxMatch = 5 * time.Second

// typeName makes the name of a type's model unique: a letter begins each part, and begins it in upper case there.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$`)

func (p *problems) eventTypes(api API) {
	p.atMost("API.EventTypes", len(api.EventTypes), maxEventTypes)
	var before []string
	for i, kind := range api.EventTypes {
		field := item("API.EventTypes", i)
		switch {
		case len(kind.Name) > maxTypeName || !typeName.MatchString(kind.Name):
			p.add(field+".Name", is(kind.Name), fmt.Sprintf(`use 1 to %d characters: parts of a-z and 0-9 that begin with a letter, joined by "-", such as "page-view"`, maxTypeName))
		case kind.Name == "batch":
			p.add(field+".Name", is(kind.Name), "use another: POST /submit/batch takes batches")
		case slices.Contains(before, kind.Name):
			p.add(field+".Name", is(kind.Name)+", which another type has too", "use another")
		}
		before = append(before, kind.Name)
		p.schema(field+".Schema", kind.Schema)
		p.example(field, kind.Schema, kind.Example)
	}
}

// example checks an example against the schema beside it. Another rule reports a schema that does not compile.
func (p *problems) example(owner, schema, example string) {
	field := owner + ".Example"
	if example == "" {
		return
	}
	if len(example) > maxExample {
		p.add(field, fmt.Sprintf("is %d bytes long", len(example)), fmt.Sprintf("use at most %d", maxExample))
		return
	}
	event, err := jsonschema.UnmarshalJSON(strings.NewReader(example))
	if err != nil {
		p.add(field, "is not JSON: "+oneLine(err.Error()), "write an event that "+owner+".Schema allows")
		return
	}
	check, err := compileSchema(models.Decode(schema))
	if err != nil {
		return
	}
	if said := whyInvalid(check(event)); said != "" {
		p.add(field, "is no event that "+owner+".Schema allows: "+said, "correct the example or the schema")
	}
}

// whyInvalid returns what a schema has against a value, on one line; empty for a valid value.
func whyInvalid(err error) string {
	var invalid *jsonschema.ValidationError
	var slow draft4.SlowError
	switch {
	case errors.As(err, &invalid):
		return oneLine(strings.Join(slices.Compact(slices.Sorted(slices.Values(causes(invalid)))), ", "))
	case errors.As(err, &slow) && slow.Pattern != "":
		return fmt.Sprintf("the pattern %q takes over %s to match", slow.Pattern, maxMatch)
	case errors.As(err, &slow):
		return fmt.Sprintf("the schema takes over %s to check it, because its parts refer to each other in too many ways", maxMatch)
	}
	return ""
}

// compileSchema returns a validator for short values.
func compileSchema(doc any) (check func(value any) error, err error) {
	const url = "urn:event"
	compiler := draft4.NewCompiler(maxMatch)
	deadline := draft4.NewDeadline(compiler, maxMatch)
	if err := compiler.AddResource(url, doc); err != nil {
		return nil, err
	}
	compiled, err := compiler.Compile(url)
	return func(value any) error { return deadline.Validate(compiled, value) }, err
}

// unknownExamples warns of a schema of which no event is known.
func unknownExamples(e Environment) []string {
	var texts []string
	note := func(field string, ok bool) {
		if !ok {
			texts = append(texts, field+".Example is empty, and no event can be derived from "+field+".Schema: the output curl and the page send an event that the schema may refuse; set it")
		}
	}
	_, ok := e.API.ExampleEvent()
	note("API", ok)
	for i, kind := range e.API.EventTypes {
		_, ok := kind.ExampleEvent()
		note(item("API.EventTypes", i), ok)
	}
	return texts
}
