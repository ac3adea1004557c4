package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/spec"
)

// The README's table has a row for each typed option, and none for what is not one.
func TestReadmeNamesEveryOption(t *testing.T) {
	want := options(reflect.TypeFor[spec.Environment](), "")
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Za-z0-9.]*)` \\|").FindAllStringSubmatch(read(t, "README.md"), -1) {
		got = append(got, row[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("the README's options are\n%s\nand those of spec.Environment\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// options are a struct's fields by their path, down to what is one value to a user: a field that is set by a function
// (AuthorizeIAM, PartitionByHeader, OnDemand) or that is a list is one.
func options(t reflect.Type, path string) []string {
	whole := []reflect.Type{reflect.TypeFor[spec.PartitionKey](), reflect.TypeFor[spec.Capacity](), reflect.TypeFor[spec.Authorization]()}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(whole, t) {
		return []string{strings.TrimPrefix(path, ".")}
	}
	var found []string
	for i := range t.NumField() {
		found = append(found, options(t.Field(i).Type, path+"."+t.Field(i).Name)...)
	}
	return found
}
