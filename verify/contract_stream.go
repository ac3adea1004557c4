package verify

import (
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	// mostShards bounds the shards that are read: each costs some calls of its five a second.
	mostShards = 100
	// mostPages bounds the pages that are read of a shard at once. A busy stream grows as fast as it is read.
	mostPages = 5
	// rounds is how often each shard is read: a record can be read some time after it was put.
	rounds = 2
)

// refusedMark is the mark of events that must be refused: way's events count from 1.
func (r *run) refusedMark() []byte { return []byte(r.Mark + "/0") }

// leavesNone reads what comes into the stream while a request is answered, and looks for the request's events there.
func (r *run) leavesNone(ctx context.Context, ask func() outcome) outcome {
	unread := func(err error) outcome {
		return unread(err, "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords, and kms:Decrypt on its key,", "the stream "+r.stream)
	}
	tips, err := r.tips(ctx)
	if err != nil {
		return unread(err)
	}
	found := ask()
	if found.status != Holds {
		return found
	}
	if len(tips) == 0 {
		found.note += fmt.Sprintf("; the stream was not read, because it has over %d shards", mostShards)
	}
	for round := range rounds {
		if round > 0 {
			select {
			case <-ctx.Done():
				return unknown(ctx.Err(), "")
			case <-r.Clock.After(r.Poll):
			}
		}
		for i := range tips {
			record, err := r.markedAfter(ctx, &tips[i])
			switch {
			case err != nil:
				return unread(err)
			case record != nil:
				return differs("no event of the refused request in the stream", "the record "+aws.ToString(record.SequenceNumber),
					"the API writes events of a request that it refuses; compare the integration's template with the stack (make diff), and deploy the API again")
			}
		}
	}
	return found
}

// tips are iterators at the ends of the open shards; none where there are too many to read.
func (r *run) tips(ctx context.Context) ([]*string, error) {
	list, err := r.AWS.Kinesis.ListShards(ctx, &kinesis.ListShardsInput{
		StreamName: aws.String(r.stream), MaxResults: aws.Int32(mostShards), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	})
	if err != nil || list.NextToken != nil {
		return nil, err
	}
	var tips []*string
	for _, shard := range list.Shards {
		iterator, err := r.AWS.Kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: aws.String(r.stream), ShardId: shard.ShardId, ShardIteratorType: types.ShardIteratorTypeLatest,
		})
		if err != nil {
			return nil, err
		}
		tips = append(tips, iterator.ShardIterator)
	}
	return tips, nil
}

// markedAfter is the first record after an iterator that has the mark of a refused event; nil where there is none. It moves the iterator.
func (r *run) markedAfter(ctx context.Context, iterator **string) (*types.Record, error) {
	for range mostPages {
		if *iterator == nil {
			return nil, nil // the shard was closed
		}
		page, err := r.AWS.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: *iterator})
		if err != nil {
			return nil, err
		}
		*iterator = page.NextShardIterator
		for _, record := range page.Records {
			if bytes.Contains(record.Data, r.refusedMark()) {
				return &record, nil
			}
		}
		if aws.ToInt64(page.MillisBehindLatest) == 0 {
			return nil, nil
		}
	}
	return nil, nil
}
