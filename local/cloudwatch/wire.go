package cloudwatch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Assumption CW-11: CloudWatch answers in three protocols: Smithy's RPC v2 in CBOR, JSON 1.0, and the query protocol with XML (botocore's
// service-2.json of cloudwatch lists them: "protocols": ["smithy-rpc-v2-cbor", "json", "query"]). AWS's SDK for Go 2 sends CBOR, boto3 and
// the command line JSON, and older clients the query protocol; times are seconds since 1970 in the first two and ISO 8601 in XML. An
// error has the code of the query protocol in the header x-amzn-query-error (botocore, awsQueryCompatible; documentation of Smithy, "AWS
// query compatible trait"). Its __type is the name of the error's shape, which differs (localstack's
// test_exception_serializing_with_no_shape_in_spec and test_put_metric_data_validation, recorded on AWS).

// service is CloudWatch's name in requests, and version that of its API in the query protocol.
const (
	service = "GraniteServiceVersion20100801"
	version = "2010-08-01"
)

// maxCall bounds the body of a call, in bytes.
const maxCall = 1 << 20

// deepestName bounds the points of a name in the query protocol, because each makes a map: a name as long as a call would take hundreds
// of megabytes. GetMetricData's longest names have 8 points. The decoders of the other protocols have a bound of their own.
const deepestName = 32

// object is a structure of an answer: its members in order. A member with a nil value is left out.
type object []member

type member struct {
	name  string
	value any // object, list, string, float64, int, bool, time.Time, map[string]float64, or nil
}

type list []any

func texts(values []string) list {
	all := list{}
	for _, value := range values {
		all = append(all, value)
	}
	return all
}

// optional is nil for an empty text.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// callError is an error of a call, with its code in the query protocol.
type callError struct {
	code, message string
	status        int
}

// shapes are the names of errors in JSON and CBOR, by their codes in the query protocol (botocore's service-2.json of cloudwatch). A code
// that is not among them is its shape's name.
var shapes = map[string]string{
	"InvalidParameterCombination": "com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterCombinationException",
	"InvalidParameterValue":       "com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException",
	"MissingParameter":            "com.amazonaws.cloudwatch.v2010_08_01#MissingRequiredParameterException",
	"ValidationError":             "com.amazon.coral.validate#ValidationException",
}

// body is the error in JSON and CBOR.
func (e *callError) body() object {
	return object{{"__type", cmp.Or(shapes[e.code], "com.amazonaws.cloudwatch.v2010_08_01#"+e.code)}, {"message", e.message}}
}

func (e *callError) Error() string { return e.code + ": " + e.message }

func invalid(format string, values ...any) *callError {
	return &callError{"InvalidParameterValue", fmt.Sprintf(format, values...), http.StatusBadRequest}
}

// protocol reads calls and writes answers.
type protocol interface {
	// read returns the operation and its input: texts, float64, bool, time.Time, []any and map[string]any. In the query protocol
	// everything but lists and maps is a text.
	read(r *http.Request, body []byte) (operation string, in input, err error)
	write(w http.ResponseWriter, operation string, answer object)
	fail(w http.ResponseWriter, err *callError)
}

func protocolOf(r *http.Request) protocol {
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return inCBOR{}
	case r.Header.Get("X-Amz-Target") != "":
		return inJSON{}
	}
	return inQuery{}
}

type inJSON struct{}

func (inJSON) read(r *http.Request, body []byte) (string, input, error) {
	target := r.Header.Get("X-Amz-Target")
	operation, found := strings.CutPrefix(target, service+".")
	if !found {
		return "", nil, &callError{"UnknownOperationException", fmt.Sprintf("X-Amz-Target is %s; write %s.OPERATION", target, service), http.StatusBadRequest}
	}
	var in input
	if len(bytes.TrimSpace(body)) == 0 {
		return operation, in, nil
	}
	return operation, in, json.Unmarshal(body, &in)
}

func (inJSON) write(w http.ResponseWriter, _ string, answer object) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = w.Write(jsonOf(answer)) // the client may have gone
}

func (p inJSON) fail(w http.ResponseWriter, err *callError) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	failQuery(w, err)
	w.WriteHeader(err.status)
	_, _ = w.Write(jsonOf(err.body()))
}

// by is who caused an error, in the words of the query protocol.
func (e *callError) by() string {
	if e.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// failQuery adds the code of the query protocol.
func failQuery(w http.ResponseWriter, err *callError) {
	w.Header().Set("X-Amzn-Query-Error", err.code+";"+err.by())
}

func jsonOf(value any) []byte {
	var out bytes.Buffer
	switch value := value.(type) {
	case object:
		out.WriteByte('{')
		for _, m := range value {
			if m.value == nil {
				continue
			}
			if out.Len() > 1 {
				out.WriteByte(',')
			}
			fmt.Fprintf(&out, "%q:%s", m.name, jsonOf(m.value))
		}
		out.WriteByte('}')
	case list:
		out.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				out.WriteByte(',')
			}
			out.Write(jsonOf(item))
		}
		out.WriteByte(']')
	case time.Time:
		return strconv.AppendFloat(nil, epoch(value), 'f', -1, 64)
	default:
		text, _ := json.Marshal(value) // of texts, finite numbers and maps of them
		return text
	}
	return out.Bytes()
}

// epoch is a time in seconds since 1970, with milliseconds.
func epoch(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

type inCBOR struct{}

func (inCBOR) read(r *http.Request, body []byte) (string, input, error) {
	_, operation, _ := strings.Cut(r.URL.Path, "/service/"+service+"/operation/")
	if len(body) == 0 {
		return operation, nil, nil
	}
	decoded, err := cbor.Decode(body)
	if err != nil {
		return operation, nil, err
	}
	in, isMap := fromCBOR(decoded).(map[string]any)
	if !isMap {
		return operation, nil, errors.New("the body is no map")
	}
	return operation, in, nil
}

func fromCBOR(value cbor.Value) any {
	switch value := value.(type) {
	case cbor.Map:
		all := map[string]any{}
		for name, inner := range value {
			all[name] = fromCBOR(inner)
		}
		return all
	case cbor.List:
		all := []any{}
		for _, inner := range value {
			all = append(all, fromCBOR(inner))
		}
		return all
	case cbor.String:
		return string(value)
	case cbor.Bool:
		return bool(value)
	}
	if at, err := cbor.AsTime(value); err == nil {
		return at
	}
	if number, err := cbor.AsFloat64(value); err == nil {
		return number
	}
	if number, err := cbor.AsInt64(value); err == nil {
		return float64(number)
	}
	return nil
}

func (inCBOR) write(w http.ResponseWriter, _ string, answer object) {
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	_, _ = w.Write(cbor.Encode(toCBOR(answer)))
}

func (inCBOR) fail(w http.ResponseWriter, err *callError) {
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	failQuery(w, err)
	w.WriteHeader(err.status)
	_, _ = w.Write(cbor.Encode(toCBOR(err.body())))
}

func toCBOR(value any) cbor.Value {
	switch value := value.(type) {
	case object:
		all := cbor.Map{}
		for _, m := range value {
			if m.value != nil {
				all[m.name] = toCBOR(m.value)
			}
		}
		return all
	case list:
		all := cbor.List{}
		for _, item := range value {
			all = append(all, toCBOR(item))
		}
		return all
	case map[string]float64:
		all := object{}
		for name, number := range value {
			all = append(all, member{name, number})
		}
		return toCBOR(all)
	default:
		return scalarToCBOR(value)
	}
}

func scalarToCBOR(value any) cbor.Value {
	switch value := value.(type) {
	case string:
		return cbor.String(value)
	case bool:
		return cbor.Bool(value)
	case int:
		return cbor.Uint(max(0, value)) //nolint:gosec // lengths and counts
	case float64:
		return cbor.Float64(value)
	case time.Time:
		return &cbor.Tag{ID: 1, Value: cbor.Float64(epoch(value))}
	}
	return &cbor.Nil{}
}

type inQuery struct{}

// parameters reads a call's form, which is its query where it has no body, and checks what every call must have (API reference, Common
// Parameters and Common Errors).
func parameters(r *http.Request, body []byte) (url.Values, *callError) {
	text := r.URL.RawQuery
	if len(body) > 0 {
		text = string(body)
	}
	form, err := url.ParseQuery(text)
	switch {
	case err != nil:
		return nil, &callError{"MalformedQueryString", "The query string contains a syntax error: " + err.Error() + ".", http.StatusBadRequest}
	case form.Get("Action") == "":
		return nil, &callError{"MissingAction", "The parameter Action is required: the name of an operation, such as DescribeAlarms.", http.StatusBadRequest}
	case form.Get("Version") != version:
		return nil, &callError{"InvalidAction", fmt.Sprintf("Could not find operation %s for version %s. Send Version=%s.",
			form.Get("Action"), cmp.Or(form.Get("Version"), "NO_VERSION_SPECIFIED"), version), http.StatusBadRequest}
	}
	return form, nil
}

// read makes a tree of names such as Dimensions.member.1.Name.
func (inQuery) read(r *http.Request, body []byte) (string, input, error) {
	form, wrong := parameters(r, body)
	if wrong != nil {
		return "", nil, wrong
	}
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if strings.Count(name, ".") > deepestName {
			return form.Get("Action"), nil, fmt.Errorf("a parameter's name has more than %d points", deepestName)
		}
		place(root, strings.Split(name, "."), form.Get(name))
	}
	in, _ := lists(root).(map[string]any)
	return form.Get("Action"), in, nil
}

func place(in map[string]any, path []string, text string) {
	if len(path) == 1 {
		in[path[0]] = text
		return
	}
	inner, isMap := in[path[0]].(map[string]any)
	if !isMap {
		inner = map[string]any{}
		in[path[0]] = inner
	}
	place(inner, path[1:], text)
}

// lists makes lists of the maps that have only the member "member", in the order of their numbers.
func lists(value any) any {
	in, isMap := value.(map[string]any)
	if !isMap {
		return value
	}
	if members, isList := in["member"].(map[string]any); isList && len(in) == 1 {
		numbered := func(name string) int { n, _ := strconv.Atoi(name); return n }
		all := []any{}
		for _, name := range slices.SortedFunc(maps.Keys(members), func(a, b string) int { return numbered(a) - numbered(b) }) {
			all = append(all, lists(members[name]))
		}
		return all
	}
	for name, inner := range in {
		in[name] = lists(inner)
	}
	return in
}

func (inQuery) write(w http.ResponseWriter, operation string, answer object) {
	w.Header().Set("Content-Type", "text/xml")
	var out bytes.Buffer
	fmt.Fprintf(&out, `<%sResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><%sResult>`, operation, operation)
	writeXML(&out, answer)
	fmt.Fprintf(&out, "</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", operation, w.Header().Get(requestID), operation)
	_, _ = w.Write(out.Bytes())
}

// requestID is the header with the UUID of a request, which an answer in XML repeats.
const requestID = "X-Amzn-Requestid"

func (inQuery) fail(w http.ResponseWriter, err *callError) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(err.status)
	var out bytes.Buffer
	out.WriteString(`<ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error>`)
	writeXML(&out, object{{"Type", err.by()}, {"Code", err.code}, {"Message", err.message}})
	out.WriteString("</Error><RequestId>" + w.Header().Get(requestID) + "</RequestId></ErrorResponse>")
	_, _ = w.Write(out.Bytes())
}

func writeXML(out *bytes.Buffer, value any) {
	inside := func(name string, value any) {
		fmt.Fprintf(out, "<%s>", name)
		writeXML(out, value)
		fmt.Fprintf(out, "</%s>", name)
	}
	switch value := value.(type) {
	case object:
		for _, m := range value {
			if m.value != nil {
				inside(m.name, m.value)
			}
		}
	case list:
		for _, item := range value {
			inside("member", item)
		}
	case map[string]float64:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			inside("entry", object{{"key", name}, {"value", value[name]}})
		}
	case time.Time:
		out.WriteString(value.UTC().Format("2006-01-02T15:04:05.000Z"))
	default:
		_ = xml.EscapeText(out, fmt.Append(nil, value)) // a buffer takes everything
	}
}

// input is the input of a call.
type input map[string]any

func (in input) text(name string) string {
	text, _ := in[name].(string)
	return text
}

func (in input) texts(name string) []string {
	var all []string
	for _, value := range in.list(name) {
		if text, isText := value.(string); isText {
			all = append(all, text)
		}
	}
	return all
}

func (in input) list(name string) []any {
	all, _ := in[name].([]any)
	return all
}

func (in input) inner(name string) input {
	inner, _ := in[name].(map[string]any)
	return inner
}

// number is a whole number, or otherwise if it is not there.
func (in input) number(name string, otherwise int) (int, *callError) {
	value, given := in[name]
	if text, isText := value.(string); isText {
		if parsed, err := strconv.ParseFloat(text, 64); err == nil {
			value = parsed
		}
	}
	number, isNumber := value.(float64)
	switch {
	case !given || value == nil:
		return otherwise, nil
	case !isNumber || number != math.Trunc(number) || math.Abs(number) > math.MaxInt32:
		return 0, invalid("The parameter %s must be a whole number.", name)
	}
	return int(number), nil
}

func (in input) is(name string, otherwise bool) bool {
	switch value := in[name].(type) {
	case bool:
		return value
	case string:
		return value == "true"
	}
	return otherwise
}

// time is a required time.
func (in input) time(name string) (time.Time, *callError) {
	switch value := in[name].(type) {
	case time.Time:
		return value, nil
	case float64:
		return time.UnixMilli(int64(value * 1000)), nil
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
			if at, err := time.Parse(layout, value); err == nil {
				return at, nil
			}
		}
	case nil:
		return time.Time{}, &callError{"MissingParameter", "The parameter " + name + " is required.", http.StatusBadRequest}
	}
	return time.Time{}, invalid("The parameter %s must be a time.", name)
}

func readCall(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
}
