package tfjson

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-viper/mapstructure/v2"
)

// Into decodes a resolved resource's body into target, a pointer to a struct whose fields are tagged `tf:"attribute"`. As
// Terraform does, it accepts "1" as a number, "true" as a boolean, 1 and true as strings, and one nested block as a list of
// one. It also accepts a list of one block as a struct. An attribute that target does not have is an error that names it, so a
// caller cannot ignore a part of a stack silently. An attribute that is null is not there. Terraform's own depends_on, lifecycle and provider are not attributes. The
// error has every problem on a line of its own.
func (r Resource) Into(target any) error {
	body := map[string]any{}
	for name, value := range r.Body {
		if !isTerraforms(name) && value != nil {
			body[name] = withoutNulls(value)
		}
	}
	unknown, err := decode(body, target, asTerraform)
	problems := r.problems(err)
	if err != nil && reflect.TypeOf(target).Kind() == reflect.Pointer { // the error ended the search for unknown attributes, so search again
		unknown, _ = decode(body, reflect.New(reflect.TypeOf(target).Elem()).Interface(), zeroWhereWrong)
	}
	for _, name := range unknown {
		problems = append(problems, fmt.Errorf("%s: the attribute %s is not imitated on one machine; leave it out of the environment that runs here", r.Address(), name))
	}
	return errors.Join(problems...)
}

// withoutNulls leaves out what is null in the objects of a value: null unsets an attribute, as CDKTF's overrides do.
func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for name, inner := range value {
			if inner != nil {
				object[name] = withoutNulls(inner)
			}
		}
		return object
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = withoutNulls(item)
		}
		return items
	}
	return value
}

// decode returns the attributes that target does not have, sorted.
func decode(body map[string]any, target any, hook func(from, to reflect.Value) (any, error)) ([]string, error) {
	var meta mapstructure.Metadata
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: target, TagName: "tf", WeaklyTypedInput: true, Metadata: &meta, DecodeHook: hook,
		MatchName: func(attribute, field string) bool { return attribute == field },
	})
	if err != nil {
		return nil, err
	}
	err = decoder.Decode(body)
	slices.Sort(meta.Unused)
	return meta.Unused, err
}

func zeroWhereWrong(from, to reflect.Value) (any, error) {
	value, err := asTerraform(from, to)
	if err != nil {
		return reflect.Zero(to.Type()).Interface(), nil //nolint:nilerr // the first decoding has reported it
	}
	return value, nil
}

// problems returns the errors of a decoding, each with its attribute.
func (r Resource) problems(err error) []error {
	var found []error
	var visit func(error)
	visit = func(err error) {
		switch err := err.(type) { //nolint:errorlint // the errors are taken apart here
		case *mapstructure.DecodeError:
			found = append(found, fmt.Errorf("%s: %s: %s", r.Address(), err.Name(), oneLine(err.Unwrap().Error())))
		case interface{ Unwrap() []error }:
			for _, one := range err.Unwrap() {
				visit(one)
			}
		case interface{ Unwrap() error }:
			visit(err.Unwrap())
		}
	}
	visit(err)
	if err != nil && found == nil {
		found = append(found, fmt.Errorf("%s: %s", r.Address(), oneLine(err.Error())))
	}
	slices.SortFunc(found, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return found
}

// asTerraform converts a JSON value to a field's type as Terraform would, and refuses the values that Terraform refuses.
// mapstructure alone would convert 1.5 to 1 and true to "1".
func asTerraform(from, to reflect.Value) (any, error) {
	value := from.Interface()
	switch to.Kind() {
	case reflect.String:
		if text, ok := Scalar(value); ok {
			return text, nil
		}
		return nil, mustBe(value, "a string")
	case reflect.Bool:
		return asBool(value)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return asInt(value)
	case reflect.Float32, reflect.Float64:
		return asFloat(value)
	case reflect.Slice:
		if _, isScalar := Scalar(value); isScalar && to.Type().Elem().Kind() == reflect.Struct {
			return nil, mustBe(value, "an object or a list of objects")
		} else if isScalar {
			return nil, mustBe(value, "a list")
		}
	case reflect.Map, reflect.Struct:
		return asObject(value)
	}
	return value, nil
}

func mustBe(value any, what string) error {
	if text, ok := value.(string); ok {
		return fmt.Errorf("it is %s; it must be %s", quoted(text), what)
	}
	if text, ok := Scalar(value); ok {
		return fmt.Errorf("it is %s; it must be %s", text, what)
	}
	return fmt.Errorf("it is %s; it must be %s", kind(value), what)
}

func asBool(value any) (any, error) {
	switch value { // Terraform's conversion to bool
	case true, "true", "1":
		return true, nil
	case false, "false", "0":
		return false, nil
	default:
		return nil, mustBe(value, "true or false")
	}
}

func asFloat(value any) (any, error) {
	switch value := value.(type) {
	case float64:
		return value, nil
	case string:
		if number, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(number) && !math.IsInf(number, 0) {
			return number, nil
		}
	}
	return nil, mustBe(value, "a number")
}

// asInt accepts whole numbers that a float64 holds exactly, because JSON's numbers are float64.
func asInt(value any) (any, error) {
	const exact = 1 << 53
	number, err := asFloat(value)
	if err != nil {
		return nil, err
	}
	f, _ := number.(float64)
	switch {
	case f != math.Trunc(f):
		return nil, mustBe(value, "a whole number")
	case math.Abs(f) > exact:
		return nil, mustBe(value, "a whole number of 53 bits at most")
	}
	return int64(f), nil
}

// asObject returns the only block of a list.
func asObject(value any) (any, error) {
	items, isList := value.([]any)
	if isList && len(items) == 0 {
		return map[string]any{}, nil
	}
	if isList && len(items) > 1 {
		return nil, fmt.Errorf("it is there %d times; it must be there once", len(items))
	}
	if isList {
		value = items[0]
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, mustBe(value, "an object")
	}
	return value, nil
}
