package arguments

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"cdk.tf/go/ingest/internal/excerpt"
)

// each makes a check of a rule for one value. right reports whether a value keeps it.
func each(right func(value any) bool, remedy string) check {
	return func(given []any) string {
		for _, value := range given {
			if !right(value) {
				return fmt.Sprintf("is %s; %s", shown(value), remedy)
			}
		}
		return ""
	}
}

// shown is a value in an error, as JSON. A long one is cut.
func shown(value any) string {
	text, _ := json.Marshal(value)
	return excerpt.Bytes(string(text), 80)
}

// oneOf takes some texts alone.
func oneOf(texts ...string) check {
	return each(func(value any) bool {
		for _, text := range texts {
			if text == textOf(value) {
				return true
			}
		}
		return false
	}, "use "+list(texts))
}

func list(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " or " + texts[len(texts)-1]
}

// textOf is a value as Terraform converts it to text.
func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// within takes numbers from one to another.
func within(from, to float64) check {
	return each(func(value any) bool {
		n, err := strconv.ParseFloat(textOf(value), 64)
		return err == nil && from <= n && n <= to
	}, fmt.Sprintf("use %s to %s", textOf(from), textOf(to)))
}

// atLeast takes numbers from one on.
func atLeast(from float64) check {
	return each(func(value any) bool {
		n, err := strconv.ParseFloat(textOf(value), 64)
		return err == nil && from <= n
	}, "use at least "+textOf(from))
}

// like takes texts of a pattern. It compiles the pattern when it first needs it: all of them take a tenth of a command's start.
func like(pattern, remedy string) check {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return each(func(value any) bool { return compiled().MatchString(textOf(value)) }, remedy)
}

// notBeginning takes texts that do not begin with a reserved one.
func notBeginning(reserved string) check {
	return each(func(value any) bool { return !strings.HasPrefix(textOf(value), reserved) }, "use another: AWS reserves what begins with "+reserved)
}

var (
	// arn takes "" too, which the provider treats as absent.
	arn     = like(`^$|^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9-]*:.+`, "use an ARN")
	account = like(`^[0-9]{12}$`, "use an account's id of 12 digits")
	asJSON  = each(func(value any) bool {
		text, is := value.(string)
		return is && json.Valid([]byte(text))
	}, "use JSON")
)

// needed takes one value at least.
func needed(given []any) string {
	if len(given) == 0 {
		return "is missing; give it"
	}
	return ""
}

// once takes one block, or none.
func once(given []any) string {
	if len(given) > 1 {
		return fmt.Sprintf("is there %d times; give one", len(given))
	}
	return ""
}

// all takes what each of the checks takes.
func all(checks ...check) check {
	return func(given []any) string {
		for _, check := range checks {
			if problem := check(given); problem != "" {
				return problem
			}
		}
		return ""
	}
}
