package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// ndjson is the content type of a batch with an event in each line, which API Gateway does not write anew.
const ndjson = "application/x-ndjson"

// eventsOfBatch is how many events a run sends in one batch.
const eventsOfBatch = 3

// wayChecks follow events from the request to the bucket.
func wayChecks(p *Pipeline) []check {
	var checks []check
	for _, route := range p.routes {
		for _, contentType := range route.contentTypes {
			what := "an event"
			if route.batch {
				what = fmt.Sprintf("%d events at once", eventsOfBatch)
			}
			id, title := "way"+route.path, fmt.Sprintf("POST %s takes %s as %s", route.path, what, contentType)
			if contentType != jsonType {
				id += " " + contentType
			}
			checks = append(checks, check{
				id: id, title: title, hidden: func(r *run) string { return r.noLines(route, contentType) },
				look: func(ctx context.Context, r *run) outcome { return r.submit(ctx, route, contentType) },
			})
		}
	}
	return append(checks,
		check{id: "way/stream", title: "Each event is in the stream at its shard and sequence number, as it was sent and with its partition key", hidden: nothingSent, look: streamHas},
		check{id: "way/bucket", title: "Each event is in the bucket, byte for byte as in the stream", late: true, hidden: notInLines, look: bucketHas},
		check{id: "way/order", title: "Events with one partition key are in the bucket in their order", late: true, hidden: noOrder, look: inOrder},
	)
}

// noLines says why a route's events cannot go one a line.
func (r *run) noLines(to route, contentType string) string {
	if contentType != ndjson {
		return ""
	}
	if one, err := r.make(to, 0); err == nil && !bytes.HasPrefix(bytes.TrimSpace(one), []byte("{")) {
		return "a line of NDJSON takes an object alone, and the event that is known of POST " + to.path + " is none"
	}
	return ""
}

func nothingSent(r *run) string {
	if len(r.events) == 0 {
		return "the API acknowledged no event of this run"
	}
	return ""
}

// submit sends an event, or a batch, and remembers what the API acknowledges.
func (r *run) submit(ctx context.Context, to route, contentType string) outcome {
	bodies, err := r.bodies(to)
	if err != nil {
		return unknown(err, knowEvent)
	}
	a, err := r.send(ctx, to, request{contentType: contentType, body: r.payload(to, contentType, bodies)})
	if err != nil {
		return unsent(err)
	}
	if found, kept := r.keptFrom(ctx, to, a); kept {
		return found
	}
	results := resultsOf(a, to)
	if a.status != 200 || len(results) != len(bodies) {
		return differs(fmt.Sprintf("200 with %d shards and sequence numbers", len(bodies)), a.String(), remedyFor(a.status))
	}
	for i, fields := range results {
		e := &event{
			route: to, body: bodies[i], rewritten: to.batch && contentType != ndjson, requestID: a.field("requestId"),
			shard: text(fields["shardId"]), number: text(fields["sequenceNumber"]), asked: a.asked, answered: a.answered,
		}
		if e.shard == "" || e.number == "" || e.requestID == "" {
			return differs("a requestId, a shardId and a sequenceNumber", a.String(), "the API's answer is not the stack's accepted.vtl; deploy the stack again")
		}
		r.events = append(r.events, e)
	}
	return r.hasCORS(a, holds("%s", millis(a.answered.Sub(a.asked).Milliseconds())))
}

// keptFrom reports whether an answer shows nothing of the pipeline: a limit, refused credentials or an outage is in the way.
func (r *run) keptFrom(ctx context.Context, to route, a answer) (outcome, bool) {
	if a.limited() {
		return a.notLooked(), true
	}
	if found, shut := to.shuts(a); shut {
		return found, true
	}
	return r.outage(ctx, a)
}

// outage reports whether an answer is that of an outage: no route takes an event. Where one does, a deployment that lacks a permission for
// another can be the cause, so the answer differs.
func (r *run) outage(ctx context.Context, a answer) (found outcome, down bool) {
	for _, to := range r.routes {
		if found, down = r.takesNothing(ctx, to, a); !down {
			break
		}
	}
	return found, down
}

// resultsOf are what an answer says of each event.
func resultsOf(a answer, to route) []map[string]any {
	if !to.batch {
		return []map[string]any{a.fields()}
	}
	var results []map[string]any
	list, _ := a.fields()["results"].([]any)
	for _, one := range list {
		fields, _ := one.(map[string]any)
		results = append(results, fields)
	}
	return results
}

func (r *run) bodies(to route) ([][]byte, error) {
	count := 1
	if to.batch {
		count = eventsOfBatch
	}
	var bodies [][]byte
	for i := range count {
		body, err := r.make(to, len(r.events)+i+1)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// payload is the body of a request with events.
func (r *run) payload(to route, contentType string, bodies [][]byte) []byte {
	switch {
	case !to.batch:
		return bodies[0]
	case contentType == ndjson:
		return bytes.Join(bodies, []byte("\n"))
	}
	return slices.Concat([]byte(`{"events": [`), bytes.Join(bodies, []byte(", ")), []byte(`]}`))
}

// remedyFor is what an operator does about an answer that is no 200.
func remedyFor(status int) string {
	switch status {
	case 401:
		return "set TOKEN to a token that the authorizer takes"
	case 403:
		return "check the credentials (execute-api:Invoke on the output submit_arn, API_KEY, TOKEN), the environment's Access and its firewall"
	case 429:
		return "a limit of the API, of its key or of the stream refuses the request; run the command later, with another key, or with the limit raised"
	case 500, 502, 503, 504:
		return "read docs/runbooks/ and the access log's line of this requestId: API Gateway could not write to the stream"
	}
	return "compare the deployment with the stack: make diff"
}

// streamHas reads each event at its sequence number.
func streamHas(ctx context.Context, r *run) outcome {
	found := holds("%s", events(len(r.events)))
	for _, e := range r.events {
		record, err := r.record(ctx, e)
		switch {
		case errors.Is(err, errNoRecord) || codeOf(err) == "InvalidArgumentException": // Kinesis has given no such number
			found = differs("the event of request "+e.requestID, oneLine(err)+", for "+e.number+" of "+e.shard, "the answer 200 was given for an event that is not in the stream: compare the deployment with the stack (make diff)")
			continue
		case err != nil:
			return worse(found, unread(err, "kinesis:GetShardIterator and kinesis:GetRecords, and kms:Decrypt on its key,", "the stream "+r.stream))
		case !e.same(record.Data):
			found = differs(short(string(e.body)), short(string(record.Data)), "the mapping template is not the stack's; deploy the stack again")
		default:
			if want := r.keyOf(ctx, e); want != "" && want != aws.ToString(record.PartitionKey) {
				found = differs("the partition key "+want, aws.ToString(record.PartitionKey), "the mapping template is not the stack's; deploy the stack again")
			}
		}
		e.key, e.data, e.arrived = aws.ToString(record.PartitionKey), record.Data, aws.ToTime(record.ApproximateArrivalTimestamp)
	}
	return found
}

// keyOf is the partition key that the stack's template gives an event; "" where the event came in a batch, or the template needs more
// than a verification knows.
func (r *run) keyOf(ctx context.Context, e *event) string {
	template, err := vtl.Parse(e.route.template)
	if err != nil || e.route.batch {
		return ""
	}
	rendered, err := template.Render(ctx, &vtl.Request{
		Body: e.body, Header: map[string]string{e.route.keyHeader: r.Mark}, Context: map[string]any{"requestId": e.requestID},
	})
	var put struct{ PartitionKey string }
	if err != nil || json.Unmarshal(rendered.Body, &put) != nil {
		return ""
	}
	return put.PartitionKey
}

var errNoRecord = errors.New("the stream has no record at the sequence number")

// readable is how long a record may take until a reader sees it. Kinesis promises no time; it is below a second (FAQ, "put-to-get
// delay").
const readable = 30 * time.Second

// throttledShard is the code of a shard that is read more than five times a second, by all its readers together: Firehose is one.
const throttledShard = "ProvisionedThroughputExceededException"

// record reads an event's record. A record can be read some time after its acknowledgement, and once the shard has time for it.
func (r *run) record(ctx context.Context, e *event) (types.Record, error) {
	for deadline := r.Clock.Now().Add(readable); ; {
		record, err := r.recordNow(ctx, e)
		if !errors.Is(err, errNoRecord) && codeOf(err) != throttledShard || r.Clock.Now().After(deadline) {
			return record, err
		}
		select {
		case <-ctx.Done():
			return record, ctx.Err()
		case <-r.Clock.After(r.Poll):
		}
	}
}

func (r *run) recordNow(ctx context.Context, e *event) (types.Record, error) {
	iterator, err := r.AWS.Kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: aws.String(r.stream), ShardId: aws.String(e.shard),
		ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: aws.String(e.number),
	})
	if err != nil {
		return types.Record{}, err
	}
	page, err := r.AWS.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator, Limit: aws.Int32(1)})
	if err != nil {
		return types.Record{}, err
	}
	for _, record := range page.Records {
		if aws.ToString(record.SequenceNumber) == e.number {
			return record, nil
		}
	}
	return types.Record{}, errNoRecord
}

// same reports whether a record is an event as the stack's template writes it.
func (e *event) same(data []byte) bool {
	if !strings.Contains(e.route.template, "receivedAt") {
		return bytes.Equal(data, e.body) || e.rewritten && sameJSON(data, e.body)
	}
	var envelope struct {
		RequestID string          `json:"requestId"`
		Event     json.RawMessage `json:"event"`
	}
	if json.Unmarshal(data, &envelope) != nil || envelope.RequestID != e.requestID {
		return false
	}
	return bytes.Equal(envelope.Event, e.body) || e.rewritten && sameJSON(envelope.Event, e.body)
}

func sameJSON(a, b []byte) bool {
	var left, right any
	return json.Unmarshal(a, &left) == nil && json.Unmarshal(b, &right) == nil && reflect.DeepEqual(left, right)
}

func noOrder(r *run) string {
	if why := cmp.Or(nothingSent(r), notInLines(r)); why != "" {
		return why
	}
	keys := map[string]int{}
	for _, e := range r.events {
		if keys[e.key]++; e.key != "" && keys[e.key] > 1 {
			return ""
		}
	}
	return "each event of this run has a partition key of its own, its request's ID"
}
