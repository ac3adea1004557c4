package kinesis_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// listed is a shard as ListShards returns it.
type listed struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId"`
	AdjacentParentShardID string `json:"AdjacentParentShardId"`
	HashKeyRange          struct{ StartingHashKey, EndingHashKey string }
	SequenceNumberRange   struct{ StartingSequenceNumber, EndingSequenceNumber string }
}

func list(t *testing.T, s *kinesis.Service, more string) []listed {
	t.Helper()
	return named(t, s, `e"`+more+`,"StreamId":"`)
}

func named(t *testing.T, s *kinesis.Service, stream string) (shards []listed) {
	t.Helper()
	text, err := json.Marshal(call(t, s, "ListShards", `{"StreamName":"`+stream+`"}`)["Shards"])
	if err == nil {
		err = json.Unmarshal(text, &shards)
	}
	if err != nil {
		t.Fatal(err)
	}
	return shards
}

// brief describes shards: each one's number, those of its parents, the first hexadecimal digits of its range, and whether it is closed.
func brief(shards []listed) (all []string) {
	number := func(id string) string { return id[len(id)-2:] }
	digits := func(key string) string {
		n, _ := new(big.Int).SetString(key, 10)
		return fmt.Sprintf("%032x", n)[:4]
	}
	for _, shard := range shards {
		text := number(shard.ShardID)
		if shard.ParentShardID != "" {
			text += " of " + number(shard.ParentShardID)
		}
		if shard.AdjacentParentShardID != "" {
			text += "+" + number(shard.AdjacentParentShardID)
		}
		text += " " + digits(shard.HashKeyRange.StartingHashKey) + "-" + digits(shard.HashKeyRange.EndingHashKey)
		if shard.SequenceNumberRange.EndingSequenceNumber != "" {
			text += " closed"
		}
		all = append(all, text)
	}
	return all
}

func numbersOf(all []string) (numbers []string) {
	for _, text := range all {
		numbers = append(numbers, strings.Fields(text)[0])
	}
	return numbers
}

func openShards(shards []listed) []listed {
	return slices.DeleteFunc(slices.Clone(shards), func(s listed) bool { return s.SequenceNumberRange.EndingSequenceNumber != "" })
}

func reshard(t testing.TB, s *kinesis.Service, action, members string) map[string]any {
	t.Helper()
	return call(t, s, action, `{"StreamName":"e",`+members+`}`)
}

const (
	half          = "170141183460469231731687303715884105728"
	threeQuarters = "255211775190703847597530955573826158592"
)

// digits are the hexadecimal digits of a sequence number: 2, creation, shard, index, 00, arrival, shard, 2.
func digits(t *testing.T, number string) string {
	t.Helper()
	n, ok := new(big.Int).SetString(number, 10)
	if !ok {
		t.Fatalf("%q is no number", number)
	}
	return fmt.Sprintf("%x", n)
}

// A split and a merge make the shards that kinesalite's tests found on AWS.
func TestSplitAndMerge(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 1})
	_, one := put(t, s, "e", "a", "one")
	clock.Advance(time.Minute)
	reshard(t, s, "SplitShard", `"ShardToSplit":"shardId-000000000000","NewStartingHashKey":"`+half+`"`)
	if shard, two := put(t, s, "e", "a", "two"); shard != "shardId-000000000001" || two <= one {
		t.Errorf("after the split %s is in %s", two, shard)
	}
	clock.Advance(time.Minute)
	reshard(t, s, "SplitShard", `"ShardToSplit":"x-2","NewStartingHashKey":"`+threeQuarters+`"`)
	reshard(t, s, "MergeShards", `"ShardToMerge":"1","AdjacentShardToMerge":"shardId-000000000003"`)
	shards := list(t, s, "")
	want := []string{"00 0000-ffff closed", "01 of 00 0000-7fff closed", "02 of 00 8000-ffff closed", "03 of 02 8000-bfff closed", "04 of 02 c000-ffff", "05 of 01+03 0000-bfff"}
	if diff := cmp.Diff(want, brief(shards)); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]string{"a": "05", "b": "05", "d": "05", "6": "05", "2": "04"} {
		if shard, _ := put(t, s, "e", key, ""); shard[len(shard)-2:] != want {
			t.Errorf("%s is in %s, want %s", key, shard, want)
		}
	}
	created := fmt.Sprintf("%09x", noon.Unix()-2)
	split, child := fmt.Sprintf("%09x", noon.Unix()+60), fmt.Sprintf("%09x", noon.Unix()+61)
	for number, want := range map[string]string{
		shards[0].SequenceNumberRange.StartingSequenceNumber: "2" + created + "0" + "0000000000000000" + "00" + created + "00000000" + "2",
		shards[0].SequenceNumberRange.EndingSequenceNumber:   "2" + created + "0" + "7fffffffffffffff" + "00" + split + "00000000" + "2",
		shards[1].SequenceNumberRange.StartingSequenceNumber: "2" + child + "1" + "0000000000000000" + "00" + child + "00000001" + "2",
	} {
		if got := digits(t, number); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	summary := call(t, s, "DescribeStreamSummary", `{"StreamName":"e"}`)["StreamDescriptionSummary"].(map[string]any)
	described := call(t, s, "DescribeStream", `{"StreamName":"e","Limit":5}`)["StreamDescription"].(map[string]any)
	if summary["OpenShardCount"] != 2.0 || summary["StreamStatus"] != "ACTIVE" || len(described["Shards"].([]any)) != 5 || described["HasMoreShards"] != true {
		t.Errorf("%v\n%v", summary, described)
	}
	status := s.Status().Streams[0].Shards
	if got := status[5]; len(status) != 6 || got.Closed != nil || fmt.Sprint(got.Parents) != "[shardId-000000000001 shardId-000000000003]" || got.Records != 4 {
		t.Errorf("status %+v", got)
	}
	if got := status[0]; got.Closed == nil || !got.Closed.Equal(noon.Add(time.Minute)) || got.Records != 1 || got.Latest != one {
		t.Errorf("status %+v", got)
	}
}

// The totals of the first three are those of moto's test_update_shard_count, verified against AWS (getmoto/moto); risingwavelabs/risingwave#9961 shows the open shards of four to three on AWS.
func TestUpdateShardCount(t *testing.T) {
	for _, test := range []struct {
		from, to, total int
		open            string
	}{
		{2, 4, 6, "02 03 04 05"},
		{4, 2, 6, "04 05"},
		{4, 5, 15, "04 08 11 13 14"},
		{1, 2, 3, "01 02"},
		{4, 3, 11, "06 09 10"},
		{3, 3, 3, "00 01 02"},
		{5, 10, 15, "05 06 07 08 09 10 11 12 13 14"},
	} {
		s := open(t, kinesis.Options{}, map[string]int{"e": test.from})
		answer := reshard(t, s, "UpdateShardCount", fmt.Sprintf(`"TargetShardCount":%d,"ScalingType":"UNIFORM_SCALING"`, test.to))
		want := map[string]any{"CurrentShardCount": float64(test.from), "TargetShardCount": float64(test.to), "StreamName": "e", "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/e"}
		if diff := cmp.Diff(want, answer); diff != "" {
			t.Error(diff)
		}
		all := list(t, s, "")
		if opened := strings.Join(numbersOf(brief(openShards(all))), " "); len(all) != test.total || opened != test.open {
			t.Errorf("%d to %d: %d shards, of which %s are open; want %d and %s", test.from, test.to, len(all), opened, test.total, test.open)
		}
		least, most := sizes(openShards(all))
		if spread := most.Sub(most, least); spread.Cmp(big.NewInt(100)) > 0 {
			t.Errorf("%d to %d: the shards differ by %s hash keys: %q", test.from, test.to, spread, brief(all))
		}
	}
}

// sizes are the sizes of the smallest and the largest shard.
func sizes(shards []listed) (least, most *big.Int) {
	for _, shard := range shards {
		start, _ := new(big.Int).SetString(shard.HashKeyRange.StartingHashKey, 10)
		end, _ := new(big.Int).SetString(shard.HashKeyRange.EndingHashKey, 10)
		size := end.Sub(end, start)
		if least == nil || size.Cmp(least) < 0 {
			least = size
		}
		if most == nil || size.Cmp(most) > 0 {
			most = size
		}
	}
	return least, new(big.Int).Set(most)
}

func TestReshardingRefuses(t *testing.T) {
	s := open(t, kinesis.Options{Clock: clockwork.NewFakeClockAt(noon)}, map[string]int{"e": 3, "large": 5001, "split": 1})
	call(t, s, "CreateStream", `{"StreamName":"demand","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}`)
	call(t, s, "SplitShard", `{"StreamName":"split","ShardToSplit":"0","NewStartingHashKey":"2"}`)
	const notFound, limit, argument = "ResourceNotFoundException", "LimitExceededException", "InvalidArgumentException"
	const onDemand = " is only supported for data streams with the provisioned capacity mode."
	for _, test := range []struct{ action, body, typ, message string }{
		{"UpdateShardCount", `{}`, "ValidationException", "3 validation errors detected: Value null at 'scalingType' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'targetShardCount' failed to satisfy constraint: Member must not be null; Value null at 'streamName' failed to satisfy constraint: Member must not be null"},
		{"UpdateShardCount", `{"StreamName":"e","ScalingType":"X","TargetShardCount":0}`, "ValidationException", "2 validation errors detected: Value 'X' at 'scalingType' failed to satisfy constraint: " +
			"Member must satisfy enum value set: [UNIFORM_SCALING]; Value '0' at 'targetShardCount' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"UpdateShardCount", `{"StreamName":"none","ScalingType":"UNIFORM_SCALING","TargetShardCount":2}`, notFound, "Stream none under account 000000000000 not found."},
		{"UpdateShardCount", `{"StreamName":"e","ScalingType":"UNIFORM_SCALING","TargetShardCount":7}`, limit,
			"UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 3, Target shard count: 7"},
		{"UpdateShardCount", `{"StreamName":"e","ScalingType":"UNIFORM_SCALING","TargetShardCount":1}`, limit,
			"UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 3, Target shard count: 1"},
		{"UpdateShardCount", `{"StreamName":"large","ScalingType":"UNIFORM_SCALING","TargetShardCount":10001}`, limit,
			"Target shard count or number of open shards cannot be greater than 10000. Current open shard count: 5001, Target shard count: 10001"},
		{"UpdateShardCount", `{"StreamName":"large","ScalingType":"UNIFORM_SCALING","TargetShardCount":9999}`, limit, "This request would exceed the shard limit for the account 000000000000 in us-east-1. " +
			"Current shard count for the account: 5010. Limit: 10000. Number of additional shards that would have resulted from this request: 4998. " +
			"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits."},
		{"UpdateShardCount", `{"StreamName":"demand","ScalingType":"UNIFORM_SCALING","TargetShardCount":8}`, "ValidationException", "UpdateShardCount" + onDemand},
		{"SplitShard", `{"StreamName":"demand","ShardToSplit":"0","NewStartingHashKey":"2"}`, "ValidationException", "SplitShard" + onDemand},
		{"MergeShards", `{"StreamName":"demand","ShardToMerge":"0","AdjacentShardToMerge":"1"}`, "ValidationException", "MergeShards" + onDemand},
		{"SplitShard", `{"StreamName":"e","ShardToSplit":"?","NewStartingHashKey":"01"}`, "ValidationException", "2 validation errors detected: " +
			`Value '01' at 'newStartingHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38}); ` +
			"Value '?' at 'shardToSplit' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"SplitShard", `{"StreamName":"none","ShardToSplit":"2147483647","NewStartingHashKey":"0"}`, notFound, "Stream none under account 000000000000 not found."},
		{"SplitShard", `{"StreamName":"none","ShardToSplit":"2147483648","NewStartingHashKey":"0"}`, notFound, "Could not find shard 2147483648 in stream none under account 000000000000."},
		{"SplitShard", `{"StreamName":"e","ShardToSplit":"shardId-5","NewStartingHashKey":"0"}`, notFound, "Could not find shard shardId-000000000005 in stream e under account 000000000000."},
		{"SplitShard", `{"StreamName":"e","ShardToSplit":"shard-0","NewStartingHashKey":"1"}`, argument, "NewStartingHashKey 1 used in SplitShard() on shard shardId-000000000000 in stream e under account 000000000000 " +
			"is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 113427455640312821154458202477256070484."},
		{"SplitShard", `{"StreamName":"e","ShardToSplit":"shard-0","NewStartingHashKey":"113427455640312821154458202477256070484"}`, argument,
			"NewStartingHashKey 113427455640312821154458202477256070484 used in SplitShard() on shard shardId-000000000000 in stream e under account 000000000000 " +
				"is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 113427455640312821154458202477256070484."},
		{"SplitShard", `{"StreamName":"e","ShardToSplit":"shard-2","NewStartingHashKey":"999999999999999999999999999999999999999"}`, argument,
			"NewStartingHashKey 999999999999999999999999999999999999999 used in SplitShard() on shard shardId-000000000002 in stream e under account 000000000000 " +
				"is not both greater than one plus the shard's StartingHashKey 226854911280625642308916404954512140970 and less than the shard's EndingHashKey 340282366920938463463374607431768211455."},
		{"SplitShard", `{"StreamName":"split","ShardToSplit":"0","NewStartingHashKey":"2"}`, argument,
			"Shard shardId-000000000000 in stream split under account 000000000000 has already been merged or split, and thus is not eligible for merging or splitting."},
		{"MergeShards", `{"StreamName":"none","ShardToMerge":"ABKLFD8","AdjacentShardToMerge":"0"}`, notFound, "Could not find shard ABKLFD8 in stream none under account 000000000000."},
		{"MergeShards", `{"StreamName":"e","ShardToMerge":"0","AdjacentShardToMerge":"5"}`, notFound, "Could not find shard shardId-000000000005 in stream e under account 000000000000."},
		{"MergeShards", `{"StreamName":"e","ShardToMerge":"0","AdjacentShardToMerge":"2"}`, argument,
			"Shards shardId-000000000000 and shardId-000000000002 in stream e under account 000000000000 are not an adjacent pair of shards eligible for merging"},
		{"MergeShards", `{"StreamName":"e","ShardToMerge":"1","AdjacentShardToMerge":"0"}`, argument,
			"Shards shardId-000000000001 and shardId-000000000000 in stream e under account 000000000000 are not an adjacent pair of shards eligible for merging"},
		{"MergeShards", `{"StreamName":"split","ShardToMerge":"0","AdjacentShardToMerge":"1"}`, argument,
			"Shard shardId-000000000000 in stream split under account 000000000000 has already been merged or split, and thus is not eligible for merging or splitting."},
		{"ListShards", `{"StreamName":"e","ShardFilter":{"Type":"AT_TIMESTAMP"}}`, argument, "ShardFilter of type AT_TIMESTAMP needs a Timestamp."},
	} {
		r := s.Do(context.Background(), test.action, []byte(test.body))
		var got struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(r.Body, &got); err != nil || r.Status != 400 || got.Type != test.typ || got.Message != test.message {
			t.Errorf("%s %s\n     %d %s\nwant 400 %s: %s", test.action, test.body, r.Status, r.Body, test.typ, test.message)
		}
	}
	if got := len(list(t, s, "")); got != 3 {
		t.Errorf("what is refused leaves %d shards", got)
	}
}

func TestTenScalesADay(t *testing.T) {
	for _, unlimited := range []bool{false, true} {
		clock := clockwork.NewFakeClockAt(noon)
		path := filepath.Join(t.TempDir(), "kinesis.db")
		options := kinesis.Options{Path: path, Clock: clock, Unlimited: unlimited}
		s := open(t, options, map[string]int{"e": 1})
		scale := func(target int) error {
			r := s.Do(context.Background(), "UpdateShardCount", fmt.Appendf(nil, `{"StreamName":"e","ScalingType":"UNIFORM_SCALING","TargetShardCount":%d}`, target))
			if r.Status != 200 {
				return errors.New(string(r.Body))
			}
			return nil
		}
		for i := range 10 {
			if err := scale(1 + (i+1)%2); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Hour)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, options, nil)
		const want = `{"__type":"LimitExceededException","message":"UpdateShardCount cannot scale more than 10 times in 24 hours. Current open shard count: 1, Target shard count: 2"}`
		if err := scale(2); unlimited != (err == nil) || !unlimited && err.Error() != want {
			t.Errorf("unlimited %v: %v\nwant %s", unlimited, err, want)
		}
		err := s.Declare(kinesis.Config{Name: "e", Mode: "PROVISIONED", Shards: 2, Retention: 24 * time.Hour})
		const remedy = "set shard_count to 1, wait, or start with --unlimited, or start with another --data folder"
		if unlimited != (err == nil) || !unlimited && !strings.Contains(err.Error(), remedy) {
			t.Errorf("unlimited %v: %v\nwant %s", unlimited, err, remedy)
		}
		clock.Advance(14 * time.Hour)
		if err := scale(2); err != nil {
			t.Errorf("unlimited %v: a day after the first: %v", unlimited, err)
		}
	}
}

// An iterator of any type reaches the end of a closed shard, whose last answer names the child shards.
func TestReadingAClosedShard(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock, Unlimited: true}, map[string]int{"e": 2})
	var numbers []string
	for _, data := range []string{"one", "two", "three"} {
		_, number := put(t, s, "e", "a", data)
		numbers = append(numbers, number)
	}
	before := iteratorOf(t, s, `"ShardId":"0","ShardIteratorType":"LATEST"`)
	clock.Advance(time.Second)
	reshard(t, s, "MergeShards", `"ShardToMerge":"0","AdjacentShardToMerge":"1"`)
	clock.Advance(2 * time.Second)
	end := list(t, s, "")[0].SequenceNumberRange.EndingSequenceNumber
	for kind, want := range map[string]string{
		`"ShardIteratorType":"TRIM_HORIZON"`: "one two, three", `"ShardIteratorType":"LATEST"`: "",
		`"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"` + numbers[0] + `"`: "two three",
		`"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"` + end + `"`:           "",
		`"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"` + end + `"`:        "",
		`"ShardIteratorType":"AT_TIMESTAMP","Timestamp":1772625602`:                                 "",
	} {
		if got := strings.Join(readToEnd(t, s, iteratorOf(t, s, `"ShardId":"0",`+kind), 2), ", "); got != want {
			t.Errorf("%s reads %q, want %q", kind, got, want)
		}
	}
	answer := call(t, s, "GetRecords", `{"ShardIterator":"`+before+`"}`)
	next, given := answer["NextShardIterator"]
	children := []any{map[string]any{
		"ShardId": "shardId-000000000002", "ParentShards": []any{"shardId-000000000000", "shardId-000000000001"},
		"HashKeyRange": map[string]any{"StartingHashKey": "0", "EndingHashKey": "340282366920938463463374607431768211455"},
	}}
	if diff := cmp.Diff(children, answer["ChildShards"]); diff != "" || next != nil || !given || answer["MillisBehindLatest"] != 2000.0 {
		t.Errorf("%v\n%s", answer, diff)
	}
	if answer := call(t, s, "GetRecords", `{"ShardIterator":"`+iteratorOf(t, s, `"ShardId":"2","ShardIteratorType":"LATEST"`)+`"}`); answer["NextShardIterator"] == nil || answer["ChildShards"] != nil {
		t.Errorf("an open shard answers %v", answer)
	}
}

func iteratorOf(t *testing.T, s *kinesis.Service, members string) string {
	t.Helper()
	return reshard(t, s, "GetShardIterator", members)["ShardIterator"].(string)
}

// readToEnd returns the data of each answer until one has no next iterator.
func readToEnd(t *testing.T, s *kinesis.Service, it string, limit int) (all []string) {
	t.Helper()
	for {
		answer := call(t, s, "GetRecords", fmt.Sprintf(`{"ShardIterator":"%s","Limit":%d}`, it, limit))
		var data []string
		for _, r := range answer["Records"].([]any) {
			text, err := base64.StdEncoding.DecodeString(r.(map[string]any)["Data"].(string))
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, string(text))
		}
		all = append(all, strings.Join(data, " "))
		if it, _ = answer["NextShardIterator"].(string); it == "" {
			return all
		}
	}
}

// A consumer in the process reaches a placeholder that shows that the shard is closed.
func TestConsumingAClosedShard(t *testing.T) {
	ctx := t.Context()
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 1})
	_, one := put(t, s, "e", "a", "one")
	_, two := put(t, s, "e", "a", "two")
	waited := make(chan error)
	go func() { waited <- s.Wait(ctx, "e", shard0, two) }()
	reshard(t, s, "SplitShard", `"ShardToSplit":"0","NewStartingHashKey":"`+half+`"`)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	end := list(t, s, "")[0].SequenceNumberRange.EndingSequenceNumber
	shards, err := s.Shards(ctx, "e")
	if want := fmt.Sprintf("[{shardId-000000000000 [] %s} {shardId-000000000001 [shardId-000000000000] } {shardId-000000000002 [shardId-000000000000] }]", end); err != nil || fmt.Sprint(shards) != want {
		t.Errorf("%v %v\nwant %s", shards, err, want)
	}
	if latest, err := s.Latest(ctx, "e", shard0); err != nil || latest != end || !kinesis.IsEnd(end) || kinesis.IsEnd(two) || kinesis.IsEnd("") {
		t.Errorf("the newest is %s, %v", latest, err)
	}
	read := func(after string, limit int) (text string) {
		records, err := s.Records(ctx, "e", shard0, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			text += fmt.Sprintf("%s%s %v %v; ", r.Data, map[bool]string{true: "the end"}[r.SequenceNumber == end], r.Empty, r.Missed)
		}
		return text
	}
	for _, test := range []struct {
		after string
		limit int
		want  string
	}{
		{"", 2, "one false false; two false false; "}, {"", 3, "one false false; two false false; the end true false; "},
		{one, 10, "two false false; the end true false; "}, {two, 1, "the end true false; "}, {end, 10, ""},
	} {
		if got := read(test.after, test.limit); got != test.want {
			t.Errorf("after %q at most %d: %q, want %q", test.after, test.limit, got, test.want)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Wait(ended, "e", shard0, end); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end Wait says %v", err)
	}
	clock.Advance(24*time.Hour + time.Millisecond)
	if got := read(one, 10); got != "the end true true; " {
		t.Errorf("when all have expired: %q", got)
	}
}

func TestShardFilters(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock, Unlimited: true}, map[string]int{"e": 2})
	clock.Advance(10 * time.Hour)
	reshard(t, s, "MergeShards", `"ShardToMerge":"0","AdjacentShardToMerge":"1"`) // 2
	clock.Advance(10 * time.Hour)
	reshard(t, s, "SplitShard", `"ShardToSplit":"2","NewStartingHashKey":"`+half+`"`) // 3 and 4
	clock.Advance(time.Hour)
	at := func(typ string, hour int) string {
		return fmt.Sprintf(`{"Type":"%s","Timestamp":%d}`, typ, noon.Add(time.Duration(hour)*time.Hour).Unix())
	}
	filters := func(wants map[string]string) {
		t.Helper()
		for filter, want := range wants {
			if got := strings.Join(numbersOf(brief(list(t, s, `,"ShardFilter":`+filter))), " "); got != want {
				t.Errorf("%s lists %s, want %s", filter, got, want)
			}
		}
	}
	filters(map[string]string{
		`null`: "00 01 02 03 04", `{"Type":"FROM_TRIM_HORIZON"}`: "00 01 02 03 04", `{"Type":"AT_TRIM_HORIZON"}`: "00 01", `{"Type":"AT_LATEST"}`: "03 04",
		`{"Type":"AFTER_SHARD_ID","ShardId":"shardId-000000000002"}`: "03 04",
		at("AT_TIMESTAMP", 5): "00 01", at("AT_TIMESTAMP", 15): "02", at("AT_TIMESTAMP", 21): "03 04", at("AT_TIMESTAMP", -5): "00 01",
		at("FROM_TIMESTAMP", 5): "00 01 02 03 04", at("FROM_TIMESTAMP", 15): "02 03 04", at("FROM_TIMESTAMP", 21): "03 04", at("FROM_TIMESTAMP", -5): "00 01 02 03 04",
	})
	var paged []string
	body := `{"StreamName":"e","MaxResults":1,"ShardFilter":` + at("FROM_TIMESTAMP", 15) + `}`
	for token := ""; body != ""; body = fmt.Sprintf(`{"MaxResults":1,"NextToken":"%s"}`, token) {
		answer := call(t, s, "ListShards", body)
		paged = append(paged, answer["Shards"].([]any)[0].(map[string]any)["ShardId"].(string))
		if token, _ = answer["NextToken"].(string); token == "" {
			break
		}
	}
	if want := "[shardId-000000000002 shardId-000000000003 shardId-000000000004]"; fmt.Sprint(paged) != want {
		t.Errorf("page by page %v, want %s", paged, want)
	}
	clock.Advance(14 * time.Hour) // 35 hours after the start the horizon is at 11
	filters(map[string]string{`null`: "02 03 04", `{"Type":"AT_TRIM_HORIZON"}`: "02", at("AT_TIMESTAMP", 5): "02", at("FROM_TIMESTAMP", 5): "02 03 04"})
	r := s.Do(context.Background(), "GetShardIterator", []byte(`{"StreamName":"e","ShardId":"0","ShardIteratorType":"TRIM_HORIZON"}`))
	if want := `{"__type":"ResourceNotFoundException","message":"Shard shardId-000000000000 in stream e under account 000000000000 does not exist"}`; r.Status != 400 || string(r.Body) != want {
		t.Errorf("of a shard that has expired: %d %s", r.Status, r.Body)
	}
	if got := readToEnd(t, s, iteratorOf(t, s, `"ShardId":"2","ShardIteratorType":"TRIM_HORIZON"`), 1); len(got) != 1 {
		t.Errorf("the shard that is closed gives %v", got)
	}
}

// Shards are split and merged while producers put. Each record is there once. The records of a key are in the order of their
// acknowledgement, from parents to children, now and after a restart.
func TestReshardingUnderLoad(t *testing.T) {
	const producers, each = 16, 60
	path := filepath.Join(t.TempDir(), "kinesis.db")
	s := open(t, kinesis.Options{Path: path, Unlimited: true}, map[string]int{"e": 2})
	var working sync.WaitGroup
	for p := range producers {
		working.Go(func() {
			for i := range each {
				record := fmt.Sprintf(`{"PartitionKey":"%d","Data":"%s"}`, p, base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d", i)))
				action, body := "PutRecord", strings.Replace(record, "{", `{"StreamName":"e",`, 1)
				if i%2 == 1 { // beside one for each shard
					action, body = "PutRecords", `{"StreamName":"e","Records":[`+record+`,{"PartitionKey":"other","Data":"","ExplicitHashKey":"0"},{"PartitionKey":"other","Data":"","ExplicitHashKey":"`+threeQuarters+`"}]}`
				}
				if r := s.Do(context.Background(), action, []byte(body)); r.Status != 200 || strings.Contains(string(r.Body), "ErrorCode") {
					t.Errorf("%d %s", r.Status, r.Body)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		working.Wait()
		close(done)
	}()
	reshardings := 0
	for under := true; under; reshardings++ {
		reshard(t, s, "UpdateShardCount", fmt.Sprintf(`"ScalingType":"UNIFORM_SCALING","TargetShardCount":%d`, []int{4, 3, 5, 4, 2}[reshardings%5]))
		select {
		case <-done:
			under = false
		default:
		}
	}
	t.Logf("resharded %d times", reshardings)
	for range 2 {
		checkKeys(t, s, producers, each)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, kinesis.Options{Path: path}, nil)
	}
}

// checkKeys reads all shards, each after its parents, and checks the records of each key.
func checkKeys(t *testing.T, s *kinesis.Service, producers, each int) {
	t.Helper()
	shards, err := s.Shards(t.Context(), "e")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, shard := range shards {
		for after := ""; ; {
			records, err := s.Records(t.Context(), "e", shard.ID, after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				if after = r.SequenceNumber; !r.Empty {
					got[r.PartitionKey] += string(r.Data) + " "
				}
			}
			if len(records) == 0 {
				break
			}
		}
	}
	want := ""
	for i := range each {
		want += fmt.Sprint(i) + " "
	}
	for p := range producers {
		if got[fmt.Sprint(p)] != want {
			t.Errorf("the records of %d are %q, want %q", p, got[fmt.Sprint(p)], want)
		}
	}
	if got := len(got["other"]); got != producers*each { // two for every second, of one byte
		t.Errorf("of the others %d are there", got)
	}
}
