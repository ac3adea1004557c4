package replay

import (
	"errors"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Target is what a replay reads and where it writes.
type Target struct {
	Bucket string
	// Prefix is what the keys of error objects begin with; never empty, because other objects are no error records.
	Prefix string
	// Stream is the name of the Kinesis data stream.
	Stream string
	Region string
	// Endpoint stands for AWS's own where it is not empty. It is told apart from AWS in a checkpoint.
	Endpoint string
}

// placeholder is an account's id where any will do: nothing that is read from the stack here holds one.
const placeholder = "000000000000"

const deliveryStream = "aws_kinesis_firehose_delivery_stream"

// TargetOf reads a stack's only delivery stream: the bucket that it delivers to, its error prefix up to the first
// expression, and the stream that it reads.
func TargetOf(stack *tfjson.Stack) (Target, error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: placeholder})
	if err != nil {
		return Target{}, err
	}
	found := resolved.Resources(deliveryStream)
	if len(found) != 1 {
		return Target{}, fmt.Errorf("it declares %d delivery streams, and a replay is about one; name --bucket, --prefix, --stream and --region", len(found))
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

// nameIn is what stands in an ARN after a separator.
func nameIn(r tfjson.Resource, block, attribute, separator string) (string, error) {
	arn, err := textIn(r, block, attribute)
	if err != nil {
		return "", err
	}
	if _, name, found := strings.Cut(arn, separator); found && name != "" {
		return name, nil
	}
	return "", fmt.Errorf("%s: %s.%s is %q, which holds no name", r.Address(), block, attribute, arn)
}

func textIn(r tfjson.Resource, block, attribute string) (string, error) {
	blocks, err := r.Blocks(block)
	if err != nil {
		return "", err
	}
	if len(blocks) == 0 {
		return "", fmt.Errorf("%s has no %s; a replay is from a bucket to the Kinesis stream that the delivery stream reads", r.Address(), block)
	}
	text, _ := blocks[0][attribute].(string)
	return text, nil
}
