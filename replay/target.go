package replay

import (
	"errors"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Target is the source and the destination of a replay.
type Target struct {
	Bucket string
	// Prefix is the beginning of the keys of error objects. It is never empty, because other objects do not hold error records.
	Prefix string
	// Stream is the name of the Kinesis data stream.
	Stream string
	Region string
	// Endpoint replaces AWS's endpoint if it is not empty. A checkpoint distinguishes it from AWS.
	Endpoint string
}

// placeholder is an arbitrary account id: nothing that this package reads from the stack holds one.
const placeholder = "000000000000"

const deliveryStream = "aws_kinesis_firehose_delivery_stream"

// TargetOf reads a stack's only delivery stream: its bucket, its error prefix up to the first expression, and the stream that
// it reads.
func TargetOf(stack *tfjson.Stack) (Target, error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: placeholder})
	if err != nil {
		return Target{}, err
	}
	found := resolved.Resources(deliveryStream)
	if len(found) != 1 {
		return Target{}, fmt.Errorf("it declares %d delivery streams, and a replay needs exactly one; name --bucket, --prefix, --stream and --region", len(found))
	}
	t := Target{Region: resolved.Region()}
	t.Bucket, err = nameIn(found[0], "extended_s3_configuration", "bucket_arn", ":::")
	errs := []error{err}
	t.Stream, err = nameIn(found[0], "kinesis_source_configuration", "kinesis_stream_arn", ":stream/")
	errs = append(errs, err)
	prefix, err := textIn(found[0], "extended_s3_configuration", "error_output_prefix")
	errs = append(errs, err)
	t.Prefix, _, _ = strings.Cut(prefix, "!{")
	return t, errors.Join(errs...)
}

// nameIn returns the part of an ARN after a separator.
func nameIn(r tfjson.Resource, block, attribute, separator string) (string, error) {
	arn, err := textIn(r, block, attribute)
	if err != nil {
		return "", err
	}
	if _, name, found := strings.Cut(arn, separator); found && name != "" {
		return name, nil
	}
	return "", fmt.Errorf("%s: %s.%s is %q, which has no name", r.Address(), block, attribute, arn)
}

func textIn(r tfjson.Resource, block, attribute string) (string, error) {
	blocks, err := r.Blocks(block)
	if err != nil {
		return "", err
	}
	if len(blocks) == 0 {
		return "", fmt.Errorf("%s has no %s; a replay reads from the delivery stream's bucket and writes to the Kinesis stream that it reads", r.Address(), block)
	}
	text, _ := blocks[0][attribute].(string)
	return text, nil
}
