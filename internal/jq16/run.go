package jq16

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// ErrNotJSON is the error of a record that is not one JSON value.
var ErrNotJSON = errors.New("the record is not one JSON value")

// ErrEmpty is the error of a key that is null or an empty string.
var ErrEmpty = errors.New("a partition key is null or empty")

// maxSteps bounds the run of one query, so that one like `repeat(.)` ends. A record of 1 MiB with a query that visits each of its
// values takes fewer.
const maxSteps = 1_000_000

// Run returns the values of a record's partition keys by name. It returns an error if the record is not one JSON value, a query
// fails or takes too long, or a key is null, empty, an array or an object.
func (q *Queries) Run(record []byte) (map[string]string, error) {
	input, err := decode(record)
	if err != nil {
		return nil, err
	}
	budget := &steps{Context: context.Background(), left: maxSteps}
	results := q.code.RunWithContext(budget, input)
	result, ok := results.Next()
	if !ok {
		return nil, errors.New("the query has no result")
	}
	if err, failed := result.(error); failed {
		return nil, q.explain(err)
	}
	if second, more := results.Next(); more {
		if err, failed := second.(error); failed {
			return nil, q.explain(err)
		}
		return nil, errors.New("the query has more than one result")
	}
	object, _ := result.(map[string]any)
	values := make(map[string]string, len(q.Names))
	for _, name := range q.Names {
		if values[name], err = key(object[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return values, nil
}

func (q *Queries) explain(err error) error {
	if errors.Is(err, errSteps) {
		return fmt.Errorf("the query takes more than %d steps", maxSteps)
	}
	return fmt.Errorf("the query fails: %w", err)
}

func key(value any) (string, error) {
	switch value.(type) {
	case nil:
		return "", ErrEmpty
	case []any:
		return "", errors.New("a partition key is an array")
	case map[string]any:
		return "", errors.New("a partition key is an object")
	}
	made, _ := text(value).(string)
	if made == "" {
		return "", ErrEmpty
	}
	return made, nil
}

var errSteps = errors.New("too many steps")

// steps is a context that ends after a number of gojq's steps: gojq asks for Done before each.
type steps struct {
	context.Context
	left int
}

var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (s *steps) Done() <-chan struct{} {
	if s.left--; s.left < 0 {
		return ended
	}
	return nil
}

func (s *steps) Err() error {
	if s.left < 0 {
		return errSteps
	}
	return nil
}

// decode reads one JSON value with jq 1.6's numbers.
func decode(record []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, ErrNotJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrNotJSON
	}
	return numbers(value), nil
}

// numbers replaces the numbers within a value by doubles.
func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(value.String(), 64) // beyond a double's range it is infinite, as for jq
		return normal(f)
	case []any:
		for i := range value {
			value[i] = numbers(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = numbers(value[name])
		}
	}
	return value
}

// exact is the largest whole number of which a double holds every smaller one too.
const exact = 1 << 53

// normal returns a whole number as gojq has it, and any other as it is.
func normal(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) <= exact && (f != 0 || !math.Signbit(f)) {
		return int(f)
	}
	return f
}

func number(value any) (float64, bool) { return gojq.ToFloat64(value) }

// text is jq 1.6's tostring.
func text(value any) any {
	if value, ok := value.(string); ok {
		return value
	}
	return jsonText(value)
}

// jsonText is jq 1.6's tojson, but for the order of an object's members: gojq sorts them.
func jsonText(value any) any {
	if f, ok := number(value); ok {
		return numberText(f)
	}
	made, err := gojq.Marshal(value)
	if err != nil {
		return err
	}
	return string(made)
}

// trimmed is a text without the white space that jq 1.6 passes over around a number.
func trimmed(value any) any {
	text, _ := value.(string)
	return strings.Trim(text, " \t\r\n")
}

// percent is jq 1.6's @uri, which leaves more characters as they are than later versions do.
func percent(value any) any {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
	text, _ := value.(string)
	var escaped strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte(plain, c) >= 0 {
			escaped.WriteByte(c)
		} else {
			fmt.Fprintf(&escaped, "%%%02X", c)
		}
	}
	return escaped.String()
}

// offsets are the places of a text in another one, in bytes: jq 1.6 counts no characters there. They may overlap.
func offsets(value, sought any) any {
	text, _ := value.(string)
	part, _ := sought.(string)
	if part == "" {
		return failure("jq 1.6 does not end the search for an empty string")
	}
	found := []any{}
	for at := 0; ; at++ {
		next := strings.Index(text[at:], part)
		if next < 0 {
			return found
		}
		at += next
		found = append(found, at)
	}
}

// numberText is the text of a number in jq 1.6: the shortest that a double reads back, with an exponent if it has more than 15
// zeros at its end or at least four after the point (jvp_dtoa_fmt in its jv_dtoa.c).
func numberText(f float64) string {
	if math.IsNaN(f) {
		return "null"
	}
	f = min(max(f, -math.MaxFloat64), math.MaxFloat64)
	scientific := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(scientific, "e")
	digits := len(strings.NewReplacer(".", "", "-", "").Replace(mantissa))
	point, _ := strconv.Atoi(exponent)
	if point++; f != 0 && (point <= -4 || point > digits+15) {
		return scientific
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
