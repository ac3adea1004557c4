package firehose

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	target   = "Firehose_20150804."
	jsonType = "application/x-amz-json-1.1"

	listDefault, listMost = 10, 10_000 // API reference, ListDeliveryStreams

	// maxBody is the largest body of a call, in bytes: a call only names a delivery stream.
	maxBody = 64 << 10
)

// Described answers Firehose's DescribeDeliveryStream and ListDeliveryStreams for the running delivery streams.
type Described struct {
	Streams []Config
	Account string
	// Since is their time of creation in the answers.
	Since time.Time
	// NotImitated is called with an operation that a client asked for and that is not imitated.
	NotImitated func(text string)
}

// problem is an error in AWS's form.
type problem struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

// ServeHTTP speaks AWS JSON 1.1. It accepts any credentials, but requires some.
func (d Described) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, wrong := d.answer(w, r)
	w.Header().Set("Content-Type", jsonType)
	if wrong != nil {
		answer = wrong
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client may have gone
}

func (d Described) answer(w http.ResponseWriter, r *http.Request) (any, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var in input
	if err != nil || json.Unmarshal(exact(body), &in) != nil {
		return nil, &problem{"SerializationException", "the body is not the JSON of a call"}
	}
	if r.Header.Get("Authorization") == "" && !r.URL.Query().Has("X-Amz-Signature") {
		return nil, &problem{"MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	switch action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target); action {
	case "DescribeDeliveryStream":
		return d.describe(in.DeliveryStreamName)
	case "ListDeliveryStreams":
		return d.list(in)
	default:
		text := fmt.Sprintf("Firehose's operation %q is not imitated on one machine; these are: DescribeDeliveryStream, ListDeliveryStreams", action)
		d.NotImitated(text)
		return nil, &problem{"UnknownOperationException", text}
	}
}

// exact returns the JSON of a call without the members whose names are spelt otherwise than an input's, such as limit: encoding/json would
// take them, and AWS ignores them. It returns other JSON as it is.
func exact(body []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return body
	}
	known := reflect.TypeFor[input]()
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool {
		_, found := known.FieldByName(name)
		return !found
	})
	kept, _ := json.Marshal(members) // of JSON
	return kept
}

const fromStream = "KinesisStreamAsSource"

// input has the members of both calls. A nil member is absent.
type input struct {
	DeliveryStreamName, DeliveryStreamType, ExclusiveStartDeliveryStreamName *string
	Limit                                                                    *int
}

// invalid is the error of a member with a wrong value, in the words of AWS's services.
func invalid(value any, member, format string, values ...any) *problem {
	return &problem{"ValidationException", fmt.Sprintf("1 validation error detected: Value %v at '%s' failed to satisfy constraint: ", value, member) +
		fmt.Sprintf(format, values...)}
}

// types are a delivery stream's (API reference, ListDeliveryStreams, DeliveryStreamType).
var types = []string{"DirectPut", fromStream, "MSKAsSource", "DatabaseAsSource"}

// checkName checks a delivery stream's name, if it is given (API reference, DescribeDeliveryStream).
func checkName(member string, name *string) *problem {
	const most = 64
	switch {
	case name == nil || namePattern.MatchString(*name):
		return nil
	case len(*name) > most:
		return invalid("'"+*name+"'", member, "Member must have length less than or equal to %d", most)
	}
	return invalid("'"+*name+"'", member, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
}

// check checks what a ListDeliveryStreams asks for.
func (in input) check() *problem {
	if in.Limit != nil && (*in.Limit < 1 || *in.Limit > listMost) {
		return invalid(fmt.Sprintf("'%d'", *in.Limit), "limit", "Member must have value between 1 and %d", listMost)
	}
	if in.DeliveryStreamType != nil && !slices.Contains(types, *in.DeliveryStreamType) {
		return invalid("'"+*in.DeliveryStreamType+"'", "deliveryStreamType", "Member must satisfy enum value set: [%s]", strings.Join(types, ", "))
	}
	return checkName("exclusiveStartDeliveryStreamName", in.ExclusiveStartDeliveryStreamName)
}

// or is a member's value, or another one if it is absent.
func or[T any](member *T, absent T) T {
	if member == nil {
		return absent
	}
	return *member
}

func (d Described) list(in input) (any, *problem) {
	if wrong := in.check(); wrong != nil {
		return nil, wrong
	}
	typ, after, limit := or(in.DeliveryStreamType, fromStream), or(in.ExclusiveStartDeliveryStreamName, ""), or(in.Limit, listDefault)
	answer := struct {
		DeliveryStreamNames    []string
		HasMoreDeliveryStreams bool
	}{DeliveryStreamNames: []string{}}
	for _, cfg := range slices.SortedFunc(slices.Values(d.Streams), func(a, b Config) int { return cmp.Compare(a.Name, b.Name) }) {
		switch {
		case cfg.Name <= after || typ != fromStream:
		case len(answer.DeliveryStreamNames) == limit:
			answer.HasMoreDeliveryStreams = true
			return answer, nil
		default:
			answer.DeliveryStreamNames = append(answer.DeliveryStreamNames, cfg.Name)
		}
	}
	return answer, nil
}

// Assumption FH-11: Firehose's DescribeDeliveryStream answers with the members of DeliveryStreamDescription (API reference,
// DeliveryStreamDescription). Here it has those of the settings that run here, and the buffer's interval is the one in effect.
func (d Described) describe(asked *string) (any, *problem) {
	if asked == nil {
		return nil, invalid("null", "deliveryStreamName", "Member must not be null")
	}
	if wrong := checkName("deliveryStreamName", asked); wrong != nil {
		return nil, wrong
	}
	name := *asked
	at := slices.IndexFunc(d.Streams, func(cfg Config) bool { return cfg.Name == name })
	if at < 0 {
		return nil, &problem{"ResourceNotFoundException", fmt.Sprintf("Firehose %s under account %s not found.", name, d.Account)}
	}
	cfg, since := d.Streams[at], float64(d.Since.UnixMilli())/1000
	type object = map[string]any
	destination := object{
		"RoleARN": cfg.RoleARN, "BucketARN": cfg.BucketARN, "Prefix": cfg.Prefix, "ErrorOutputPrefix": cfg.ErrorOutputPrefix,
		"BufferingHints":           object{"SizeInMBs": cfg.BufferMiB, "IntervalInSeconds": int(cfg.BufferInterval / time.Second)},
		"CompressionFormat":        cfg.Compression,
		"EncryptionConfiguration":  cfg.encryption(),
		"CloudWatchLoggingOptions": cfg.logging(),
	}
	extended := object{
		"S3BackupMode": "Disabled", "FileExtension": cfg.FileExtension, "CustomTimeZone": cfg.TimeZone,
		"ProcessingConfiguration": object{"Enabled": len(cfg.processors()) > 0, "Processors": cfg.processors()},
	}
	if cfg.PartitionQuery != "" {
		retry := object{"DurationInSeconds": int(cfg.PartitionRetry / time.Second)}
		extended["DynamicPartitioningConfiguration"] = object{"Enabled": true, "RetryOptions": retry}
	}
	for member, value := range destination {
		extended[member] = value
	}
	return object{"DeliveryStreamDescription": object{
		"DeliveryStreamName": cfg.Name, "DeliveryStreamARN": cfg.ARN, "DeliveryStreamStatus": "ACTIVE", "DeliveryStreamType": fromStream,
		"DeliveryStreamEncryptionConfiguration": object{"Status": "DISABLED"},
		"VersionId":                             "1", "CreateTimestamp": since, "HasMoreDestinations": false,
		"Source": object{"KinesisStreamSourceDescription": object{
			"KinesisStreamARN": cfg.StreamARN, "RoleARN": cfg.SourceRoleARN, "DeliveryStartTimestamp": since,
		}},
		"Destinations": []object{{
			"DestinationId": "destinationId-000000000001", "S3DestinationDescription": destination, "ExtendedS3DestinationDescription": extended,
		}},
	}}, nil
}

func (c Config) encryption() any {
	if c.KMSKeyARN == "" {
		return map[string]string{"NoEncryptionConfig": "NoEncryption"}
	}
	return map[string]any{"KMSEncryptionConfig": map[string]string{"AWSKMSKeyARN": c.KMSKeyARN}}
}

func (c Config) logging() any {
	if c.LogGroup == "" {
		return map[string]any{"Enabled": false}
	}
	return map[string]any{"Enabled": true, "LogGroupName": c.LogGroup, "LogStreamName": c.LogStream}
}

func (c Config) processors() []any {
	all := []any{}
	add := func(kind string, parameters ...any) {
		all = append(all, map[string]any{"Type": kind, "Parameters": parameters})
	}
	parameter := func(name, value string) any {
		return map[string]string{"ParameterName": name, "ParameterValue": value}
	}
	if c.PartitionQuery != "" {
		add(metadataExtraction, parameter(extractionQuery, c.PartitionQuery), parameter("JsonParsingEngine", jsonParsingEngine))
	}
	if c.Delimiter != "" {
		add(appendDelimiter, parameter("Delimiter", strings.ReplaceAll(c.Delimiter, "\n", `\n`)))
	}
	return all
}
