package draft4

import (
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// SlowError says that a schema takes too long to check a value.
type SlowError struct {
	// Pattern is the regular expression that takes the time. It is empty if the schema as a whole does.
	Pattern string
}

// Error names what takes the time.
func (e SlowError) Error() string {
	if e.Pattern != "" {
		return "the pattern " + e.Pattern + " takes too long"
	}
	return "the schema takes too long"
}

// Deadline ends validations that take too long. The validator itself takes no context, and a small schema can take forever: each of
// 40 definitions that refers twice to the one before it doubles the work.
type Deadline struct {
	limit time.Duration
	ends  time.Time
}

// NewDeadline sets a limit for each validation by the schemas of a compiler.
func NewDeadline(compiler *jsonschema.Compiler, limit time.Duration) *Deadline {
	d := &Deadline{limit: limit}
	compiler.RegisterVocabulary(&jsonschema.Vocabulary{
		URL: "urn:draft-04:deadline",
		// The validator calls the extension of every schema in a schema.
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) { return clock{d}, nil },
	})
	return d
}

// Validate checks a value. It returns a [SlowError] if that takes too long. One goroutine at a time may call it.
func (d *Deadline) Validate(schema *jsonschema.Schema, value any) (err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case SlowPattern:
			err = SlowError{Pattern: string(thrown)}
		case SlowError:
			err = thrown
		default:
			panic(thrown)
		}
	}()
	d.ends = time.Now().Add(d.limit)
	return schema.Validate(value)
}

// clock panics after the deadline: an error would only make the schema that reports it invalid, and the validation would go on.
type clock struct{ of *Deadline }

func (c clock) Validate(*jsonschema.ValidatorContext, any) {
	if time.Now().After(c.of.ends) {
		panic(SlowError{})
	}
}
