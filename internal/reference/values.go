package reference

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/spec"
)

// value is a value as an environment's file writes it.
func (d *declarations) value(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return duration(value)
	case spec.Authorization:
		return authorization(value)
	case spec.Capacity:
		return capacity(value)
	case spec.PartitionKey:
		return partitionKey(value)
	case string:
		return strconv.Quote(value)
	case []string:
		return list(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	if v.Kind() == reflect.String {
		return d.constantOf(v)
	}
	return fmt.Sprint(v.Interface())
}

// constantOf is the name of a typed value.
func (d *declarations) constantOf(v reflect.Value) string {
	_, constants := d.constants(v.Type().Name())
	for _, one := range constants {
		if one.value == v.String() {
			return "spec." + one.name
		}
	}
	return strconv.Quote(v.String())
}

func duration(value time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "time.Hour"}, {time.Second, "time.Second"}, {time.Millisecond, "time.Millisecond"}} {
		switch {
		case value == unit.length:
			return unit.name
		case value > 0 && value%unit.length == 0:
			return fmt.Sprintf("%d * %s", value/unit.length, unit.name)
		}
	}
	return fmt.Sprint(int64(value))
}

func authorization(value spec.Authorization) string {
	names := map[spec.AuthorizationKind]string{
		spec.ByNothing: "AuthorizeNone()", spec.ByIAM: "AuthorizeIAM()", spec.ByAPIKey: "AuthorizeAPIKey(…)",
		spec.ByCognito: "AuthorizeCognito(…)", spec.ByLambda: "AuthorizeLambda(…)",
	}
	return "spec." + names[value.Kind]
}

func capacity(value spec.Capacity) string {
	if value == spec.OnDemand() {
		return "spec.OnDemand()"
	}
	return fmt.Sprintf("spec.Provisioned(%d)", value.Shards)
}

func partitionKey(value spec.PartitionKey) string {
	switch value.Source {
	case spec.KeyFromJSONPath:
		return fmt.Sprintf("spec.PartitionByJSONPath(%q)", value.Name)
	case spec.KeyFromHeader:
		return fmt.Sprintf("spec.PartitionByHeader(%q)", value.Name)
	}
	return "spec.PartitionByRequestID()"
}

func list(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = strconv.Quote(value)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}

// example is the name of the environment whose derived names the page shows.
const example = "ENV"

// derived are the options whose empty value takes a name or a value that the environment derives.
var derived = map[string]func(spec.Environment) any{
	"Names.SubmitRole":            func(e spec.Environment) any { return e.SubmitRoleName() },
	"Bucket.Name":                 func(e spec.Environment) any { return e.BucketName() },
	"Bucket.AccessLogName":        func(e spec.Environment) any { return e.AccessLogBucketName() },
	"Query.ResultBucket":          func(e spec.Environment) any { return e.QueryBucketName() },
	"Web.BucketName":              func(e spec.Environment) any { return e.WebBucketName() },
	"Logs.ExecutionRetentionDays": func(e spec.Environment) any { return e.Logs.KeptExecutionDays() },
	"State.S3.Key":                func(e spec.Environment) any { return e.StateKey() },
	"State.S3.Region":             func(e spec.Environment) any { return e.StateRegion() },
	"State.Cloud.Workspace":       func(e spec.Environment) any { return e.StateWorkspace() },
}

// byDefault is the default of an option, as the page shows it after a colon.
func (d *declarations) byDefault(path string) string {
	env := spec.Default(example)
	value := at(&env, path)
	if path == "Name" {
		return " the argument of `spec.Default`"
	}
	if derive, ok := derived[path]; ok {
		env.State = spec.State{S3: &spec.S3State{}, Cloud: &spec.CloudState{}}
		return fmt.Sprintf(" %s, which means %s", code(d.value(value)), code(d.value(reflect.ValueOf(derive(env)))))
	}
	switch text := value.Interface(); {
	case isNone(value):
		return " none"
	case path == "API.Schema":
		return fmt.Sprintf("\n\n  ```json\n  %s\n  ```", strings.ReplaceAll(fmt.Sprint(text), "\n", "\n  "))
	}
	return " " + code(d.value(value))
}

// isNone tells whether a value stands for nothing at all. A false or a 0 says something.
func isNone(v reflect.Value) bool {
	return slices.Contains([]reflect.Kind{reflect.String, reflect.Slice, reflect.Map}, v.Kind()) && v.Len() == 0
}

// at is the value of an option. A section that is not there has the zero value.
func at(env *spec.Environment, path string) reflect.Value {
	v := reflect.ValueOf(env).Elem()
	for name := range strings.SplitSeq(path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v = reflect.New(v.Type().Elem())
			}
			v = v.Elem()
		}
		v = v.FieldByName(name)
	}
	return v
}
