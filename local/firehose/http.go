package firehose

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	var in struct {
		DeliveryStreamName, DeliveryStreamType, ExclusiveStartDeliveryStreamName string
		Limit                                                                    *int
	}
	if err != nil || json.Unmarshal(body, &in) != nil {
		return nil, &problem{"SerializationException", "the body is not the JSON of a call"}
	}
	if r.Header.Get("Authorization") == "" && !r.URL.Query().Has("X-Amz-Signature") {
		return nil, &problem{"MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	switch action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target); action {
	case "DescribeDeliveryStream":
		return d.describe(in.DeliveryStreamName)
	case "ListDeliveryStreams":
		limit := listDefault
		if in.Limit != nil {
			limit = *in.Limit
		}
		return d.list(in.DeliveryStreamType, in.ExclusiveStartDeliveryStreamName, limit)
	default:
		text := fmt.Sprintf("Firehose's operation %q is not imitated on one machine; these are: DescribeDeliveryStream, ListDeliveryStreams", action)
		d.NotImitated(text)
		return nil, &problem{"UnknownOperationException", text}
	}
}

const fromStream = "KinesisStreamAsSource"

func (d Described) list(typ, after string, limit int) (any, *problem) {
	if limit < 1 || limit > listMost {
		return nil, &problem{"ValidationException", fmt.Sprintf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", limit, listMost)}
	}
	answer := struct {
		DeliveryStreamNames    []string
		HasMoreDeliveryStreams bool
	}{DeliveryStreamNames: []string{}}
	for _, cfg := range slices.SortedFunc(slices.Values(d.Streams), func(a, b Config) int { return cmp.Compare(a.Name, b.Name) }) {
		switch {
		case cfg.Name <= after || typ != "" && typ != fromStream:
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
func (d Described) describe(name string) (any, *problem) {
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
		"EncryptionConfiguration":  object{"NoEncryptionConfig": "NoEncryption"},
		"CloudWatchLoggingOptions": object{"Enabled": false},
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
