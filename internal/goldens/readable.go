package goldens

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"cdk.tf/go/ingest/internal/plainjson"
)

const (
	// inline is the length in bytes up to which a string stays on its line.
	inline    = 100
	jsonInto  = `"JSON in a string": `
	linesInto = `"lines of a string": `
)

// stringLine is a line of a stack that holds a string: what stands before it, the string, and a comma or nothing.
var stringLine = regexp.MustCompile(`^( *)((?:"(?:[^"\\]|\\.)*": )?)("(?:[^"\\]|\\.)*")(,?)$`)

// Readable is the form for people of a stack's JSON, which has a value a line, as CDKTF writes it. It fails where [Read] would
// give another text.
func Readable(text string) (string, error) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if len(line) > inline {
			lines[i] = readableLine(line)
		}
	}
	readable := strings.Join(lines, "\n")
	if back, err := exact(readable); err != nil || back != text {
		return "", fmt.Errorf("the readable form of a stack does not give the stack back (%w)", err)
	}
	return readable, nil
}

func readableLine(line string) string {
	parts := stringLine.FindStringSubmatch(line)
	if parts == nil {
		return line
	}
	indent, key, literal, comma := parts[1], parts[2], parts[3], parts[4]
	var value string
	if err := json.Unmarshal([]byte(literal), &value); err != nil || quoted(value) != literal {
		return line
	}
	open := indent + key + "{\n" + indent + "  "
	end := "\n" + indent + "}" + comma
	if expanded, ok := expand(value, indent+"  "); ok {
		return open + jsonInto + expanded + end
	}
	if strings.Contains(value, "\n") {
		list, _ := expand(mustMarshal(strings.Split(value, "\n")), indent+"  ")
		return open + linesInto + list + end
	}
	return line
}

// expand is compact JSON of an object or an array over several lines. It is not ok where the text is anything else.
func expand(text, indent string) (expanded string, ok bool) {
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return "", false
	}
	var compact, out bytes.Buffer
	if json.Compact(&compact, []byte(text)) != nil || compact.String() != text {
		return "", false
	}
	if err := json.Indent(&out, []byte(text), indent, "  "); err != nil {
		return "", false
	}
	return out.String(), true
}

// exact is the stack's JSON of a readable form. Its error names the line that does not have the form.
func exact(readable string) (string, error) {
	lines := strings.Split(readable, "\n")
	var back []string
	for i := 0; i < len(lines); i++ {
		kind := ""
		if i+1 < len(lines) {
			kind = kindOf(lines[i+1])
		}
		if kind == "" {
			back = append(back, lines[i])
			continue
		}
		open := strings.TrimSuffix(lines[i], "{")
		indent := open[:len(open)-len(strings.TrimLeft(open, " "))]
		end := i + 1
		for end < len(lines) && strings.TrimSuffix(lines[end], ",") != indent+"}" {
			end++
		}
		if end == len(lines) {
			return "", fmt.Errorf("line %d: the string is not closed", i+1)
		}
		value, err := collapse(kind, strings.Join(lines[i+1:end], "\n"))
		if err != nil {
			return "", fmt.Errorf("line %d: %w", i+2, err)
		}
		back = append(back, open+quoted(value)+strings.TrimPrefix(lines[end], indent+"}"))
		i = end
	}
	return strings.Join(back, "\n"), nil
}

func kindOf(line string) string {
	for _, kind := range []string{jsonInto, linesInto} {
		if strings.HasPrefix(strings.TrimLeft(line, " "), kind) {
			return kind
		}
	}
	return ""
}

func collapse(kind, text string) (string, error) {
	text = strings.TrimPrefix(strings.TrimLeft(text, " "), kind)
	if kind == linesInto {
		var lines []string
		if err := json.Unmarshal([]byte(text), &lines); err != nil {
			return "", err
		}
		return strings.Join(lines, "\n"), nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return "", err
	}
	return compact.String(), nil
}

// quoted is a JSON string as JavaScript writes it, which CDKTF does.
func quoted(value string) string {
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(mustMarshal(value))
}

func mustMarshal(value any) string {
	text, err := plainjson.Line(value)
	if err != nil {
		panic(err) // texts always become JSON
	}
	return text
}
