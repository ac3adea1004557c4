package firehose

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

// Assumption FH-13: with dynamic partitioning each record goes to the buffer of its partition, whose size and interval count for
// it alone. A partition begins with its first record and ends when its buffer is delivered (developer guide, "Buffer data for
// dynamic partitioning"). The keys' values are the results of the query in jq 1.6 ("Understand partitioning keys"), as text: what
// jq -r prints for a string, a number or a boolean. So 9007199254740993 is 9007199254740992, because numbers in jq 1.6 are
// doubles. A value stands in the key as it is, "/" included. AWS documents no value of another type. Here an array, an object, no
// result and several results fail, as null and "" do (see FH-14).
//
// gojq gives the results, within a number of steps; package jq16 says where it differs from jq 1.6. The guide reports a delay of
// 1.5 times the interval, which is not imitated.

// Assumption FH-14: with dynamic partitioning, a record whose keys cannot be extracted goes below the error prefix, as
// metadata-extraction-failed, with the error code DynamicPartitioning.MetadataExtractionFailed. Neither is in the developer
// guide, which says that the error prefix gets such records ("Troubleshoot dynamic partitioning errors"); the tests of
// govuk-one-login/data-analytics-platform read both from objects that AWS delivered (integration-test/helpers/common-helpers.ts).
// AWS's messages are "partitionKeys values must not be null or empty" for null and "" and "Non JSON record provided" for a record
// that is not one JSON value, as users' documents quote them. The message of a query that fails is this project's. A record of a
// new partition while 500 are active goes there too, as activePartitionExceeded ("Buffer data for dynamic partitioning"). The
// guide does not show such a record. Its error code here is DynamicPartitioning.ActivePartitionsLimitExceeded.

// Assumption FH-15: an error object of dynamic partitioning has a JSON object on each line, with the members of a failed transformation
// but lambdaArn (see REPLAY-1). AWS does not document its form ("the delivered object also includes information about the error",
// developer guide, "Troubleshoot dynamic partitioning errors"). Here it is neither compressed nor does its key end with an extension, so that every error
// object can be replayed (see REPLAY-3). Error objects have buffers of their own with the same size and interval, and are no active
// partitions.

// The types of errors, as !{firehose:error-output-type} shows them.
const (
	metadataFailed     = "metadata-extraction-failed"
	partitionsExceeded = "activePartitionExceeded"
)

// failure is why a record has no partition.
type failure struct {
	errorType, code, message string
	// quotes is true if the message may have a part of the record.
	quotes bool
}

func extractionFailure(err error) *failure {
	message, quotes := err.Error(), false
	switch {
	case errors.Is(err, jq16.ErrNotJSON):
		message = "Non JSON record provided"
	case errors.Is(err, jq16.ErrEmpty):
		message = "partitionKeys values must not be null or empty"
	default:
		quotes = true
	}
	return &failure{metadataFailed, "DynamicPartitioning.MetadataExtractionFailed", message, quotes}
}

// errorRecord is a line of an error object.
type errorRecord struct {
	AttemptsMade           int    `json:"attemptsMade"`
	ArrivalTimestamp       int64  `json:"arrivalTimestamp"`
	ErrorCode              string `json:"errorCode"`
	ErrorMessage           string `json:"errorMessage"`
	AttemptEndingTimestamp int64  `json:"attemptEndingTimestamp"`
	RawData                []byte `json:"rawData"`
}

func (f failure) line(data []byte, arrived, now time.Time) []byte {
	text, _ := json.Marshal(errorRecord{1, arrived.UnixMilli(), f.code, f.message, now.UnixMilli(), data}) // it cannot fail
	return text
}

// route returns the buffer for one record, and what to write into it: the text and its end.
func (d *DeliveryStream) route(record kinesis.Record, data []byte) (to *buffer, text []byte, end string) {
	if d.queries == nil {
		return d.bufferOf("", place{}), data, d.cfg.Delimiter
	}
	values, err := d.queries.Run(data)
	var failed *failure
	if err != nil {
		failed = extractionFailure(err)
	} else if found, why := d.partitionOf(record, values); why == nil {
		return found, data, d.cfg.Delimiter
	} else {
		failed = why
	}
	d.noteFailure(failed)
	line := failed.line(data, record.ArrivedAt, d.opts.Clock.Now())
	return d.bufferOf("\x00"+failed.errorType, place{errorType: failed.errorType}), line, "\n"
}

// partitionOf returns the buffer of a partition, or why the partition cannot have one.
func (d *DeliveryStream) partitionOf(record kinesis.Record, values map[string]string) (*buffer, *failure) {
	to := place{values: values}
	var id strings.Builder
	for _, name := range d.queries.Names {
		fmt.Fprintf(&id, "%d:%s", len(values[name]), values[name])
	}
	if found := d.buffers[id.String()]; found != nil {
		return found, nil
	}
	// A value of the record can make a key that is no path.
	key, err := d.cfg.keyOf(d.prefix, record.ArrivedAt, zeros{}, to)
	if err == nil {
		err = s3.CheckKey(key)
	}
	if err != nil {
		return nil, extractionFailure(fmt.Errorf("the key %q cannot be a file on this machine: it %w", key, err))
	}
	if d.partitions() >= quota.ActivePartitions {
		return nil, &failure{partitionsExceeded, "DynamicPartitioning.ActivePartitionsLimitExceeded",
			fmt.Sprintf("the delivery stream has %d active partitions, its limit", quota.ActivePartitions), false}
	}
	return d.bufferOf(id.String(), to), nil
}

// partitions counts the active partitions.
func (d *DeliveryStream) partitions() int {
	if d.queries == nil {
		return 0
	}
	count := 0
	for _, b := range d.buffers {
		if b.to.errorType == "" {
			count++
		}
	}
	return count
}

// noteFailure logs and measures a record without a partition.
func (d *DeliveryStream) noteFailure(f *failure) {
	d.logFailedRecord(f)
	if f.errorType == partitionsExceeded {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.refused = true
	}
}
