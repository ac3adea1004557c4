package replay

import (
	"errors"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/tfjson"
)

// Target is the source and the destination of a replay.
type Target struct {
	Bucket string
	// Prefix is the beginning of the objects' keys. It is never empty, because other objects do not hold such records.
	Prefix string
	// Region is the bucket's. Endpoint replaces AWS's endpoint if it is not empty. A checkpoint distinguishes it from AWS.
	Region, Endpoint string
	// Stream is the name of the Kinesis data stream, and the others are its own region and endpoint.
	Stream, ToRegion, ToEndpoint string
}

// AWS stands for AWS's own address of a stream whose bucket has another.
const AWS = "AWS"

// placeholder is an arbitrary account id: nothing that this package reads from the stack holds one.
const placeholder = tfjson.NoAccount

const deliveryStream = "aws_kinesis_firehose_delivery_stream"

// TargetOf reads a stack's only delivery stream: its bucket, its error prefix up to the first expression, and the stream that
// it reads.
func TargetOf(stack *tfjson.Stack) (Target, error) {
	t, _, err := targetOf(stack, "error_output_prefix", nil)
	return t, err
}

// DeliveredOf is TargetOf with the prefix of the delivered objects. It refuses a delivery stream whose objects do not have one
// record on each line, and one that writes its error objects below the same prefix.
func DeliveredOf(stack *tfjson.Stack) (Target, error) {
	t, r, err := targetOf(stack, "prefix", checkLines)
	if err != nil {
		return t, err
	}
	failed, err := fixedIn(r, "error_output_prefix")
	// The folder also has the objects of former partitions in it, such as those from before Delivery.PartitionBy.
	if folder := t.Prefix[:strings.LastIndex(t.Prefix, "/")+1]; folder != "" && !strings.HasPrefix(failed, folder) {
		t.Prefix = folder
	}
	return t, err
}

// StreamOf reads only the stream of a stack's only delivery stream, and its region.
func StreamOf(stack *tfjson.Stack) (Target, error) {
	resolved, r, err := deliveryStreamOf(stack)
	if err != nil {
		return Target{}, err
	}
	name, err := nameIn(r, "kinesis_source_configuration", "kinesis_stream_arn", ":stream/")
	return Target{Stream: name, ToRegion: resolved.Region()}, err
}

func targetOf(stack *tfjson.Stack, prefix string, check func(tfjson.Resource) error) (Target, tfjson.Resource, error) {
	resolved, r, err := deliveryStreamOf(stack)
	if err != nil {
		return Target{}, r, err
	}
	t := Target{Region: resolved.Region(), ToRegion: resolved.Region()}
	t.Bucket, err = nameIn(r, "extended_s3_configuration", "bucket_arn", ":::")
	errs := []error{err}
	t.Stream, err = nameIn(r, "kinesis_source_configuration", "kinesis_stream_arn", ":stream/")
	errs = append(errs, err)
	t.Prefix, err = fixedIn(r, prefix)
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil || check == nil {
		return t, r, err
	}
	return t, r, check(r)
}

func deliveryStreamOf(stack *tfjson.Stack) (*tfjson.Stack, tfjson.Resource, error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: placeholder})
	if err != nil {
		return nil, tfjson.Resource{}, err
	}
	found := resolved.Resources(deliveryStream)
	if len(found) != 1 {
		return nil, tfjson.Resource{}, fmt.Errorf("it declares %d delivery streams, and a replay needs exactly one; name --bucket, --prefix, --stream and --region", len(found))
	}
	return resolved, found[0], nil
}

// fixedIn returns a prefix up to its first expression.
func fixedIn(r tfjson.Resource, attribute string) (string, error) {
	prefix, err := textIn(r, "extended_s3_configuration", attribute)
	return objectname.FixedPrefix(prefix), err
}

// written is what a delivery stream says of the form of its objects.
type written struct {
	S3 struct {
		Conversion []struct {
			Enabled *bool          `tf:"enabled"`
			Rest    map[string]any `tf:",remain"`
		} `tf:"data_format_conversion_configuration"`
		Processing []struct {
			Enabled    bool `tf:"enabled"`
			Processors []struct {
				Type string         `tf:"type"`
				Rest map[string]any `tf:",remain"`
			} `tf:"processors"`
		} `tf:"processing_configuration"`
		Rest map[string]any `tf:",remain"`
	} `tf:"extended_s3_configuration"`
	Rest map[string]any `tf:",remain"`
}

func (w written) converted() bool {
	return len(w.S3.Conversion) > 0 && (w.S3.Conversion[0].Enabled == nil || *w.S3.Conversion[0].Enabled)
}

func (w written) delimited() bool {
	if len(w.S3.Processing) == 0 || !w.S3.Processing[0].Enabled {
		return false
	}
	for _, p := range w.S3.Processing[0].Processors {
		if p.Type == "AppendDelimiterToRecord" {
			return true
		}
	}
	return false
}

// checkLines refuses a delivery stream whose objects do not have one record on each line, and one that writes its error objects
// below the prefix of the delivered ones.
func checkLines(r tfjson.Resource) error {
	var w written
	if err := r.Into(&w); err != nil {
		return err
	}
	delivered, err := fixedIn(r, "prefix")
	failed, otherErr := fixedIn(r, "error_output_prefix")
	switch {
	case err != nil || otherErr != nil:
		return errors.Join(err, otherErr)
	case w.converted():
		return fmt.Errorf("%s delivers Parquet or ORC, and a replay reads lines; convert the objects to lines of JSON, for example with UNLOAD of Athena, and name those with --bucket, --prefix, --stream and --region instead of --env", r.Address())
	case !w.delimited():
		return fmt.Errorf("%s ends no record with a newline, so that a replay cannot tell its records apart; if the objects have one record on each line, name --bucket, --prefix, --stream and --region instead of --env", r.Address())
	case delivered != "" && strings.HasPrefix(failed, delivered):
		return fmt.Errorf("%s writes error objects below %s too, where they cannot be told from delivered ones; name --bucket, --prefix, --stream and --region instead of --env", r.Address(), delivered)
	}
	return nil
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
