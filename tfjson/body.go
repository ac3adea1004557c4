package tfjson

import "strconv"

// At is the value at a path of nested blocks, the first of each name; nil where there is none.
func At(body map[string]any, path ...string) any {
	for len(path) > 1 {
		blocks, err := Blocks(body, path[0])
		if err != nil || len(blocks) == 0 {
			return nil
		}
		body, path = blocks[0], path[1:]
	}
	return body[path[0]]
}

// Number is a value as Terraform reads a number: "1" is 1. It is 0 for anything else.
func Number(value any) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case string:
		parsed, _ := strconv.ParseFloat(value, 64)
		return parsed
	}
	return 0
}

// True reports whether a value is true as Terraform reads a boolean: "true" and "1" are.
func True(value any) bool {
	is, _ := asBool(value)
	return is == true
}

// Scalar is a string, a boolean or a number as the text that Terraform converts it to; not ok for anything else.
func Scalar(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	default:
		return "", false
	}
}
