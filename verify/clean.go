package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// clean deletes the objects whose every line is an event of this run with the run's mark. An object with anything else stays: Firehose
// writes the events of all clients into one. A bucket with versions keeps the deleted object as an older version, as long as its
// lifecycle says.
func (r *run) clean(ctx context.Context) {
	for _, key := range slices.Sorted(maps.Keys(r.own)) {
		at := fmt.Sprintf("s3://%s/%s", r.delivery.bucket, key)
		switch {
		case !r.report.Marked:
			fmt.Fprintf(r.Progress, "%s stays: the events have no mark, so that others may look the same\n", at)
			continue
		case r.own[key] < r.lines[key]:
			fmt.Fprintf(r.Progress, "%s stays: %d of its %d lines are of this run\n", at, r.own[key], r.lines[key])
			continue
		}
		if _, err := r.AWS.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(r.delivery.bucket), Key: aws.String(key)}); err != nil {
			fmt.Fprintf(r.Progress, "%s stays: %s\n", at, oneLine(err))
			continue
		}
		fmt.Fprintf(r.Progress, "%s deleted\n", at)
		r.report.Deleted = append(r.report.Deleted, key)
	}
}
