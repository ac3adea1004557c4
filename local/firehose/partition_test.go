package firehose_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/tfjson"
)

const errorPrefix = "errors/!{firehose:error-output-type}/"

// partitioned is a delivery stream by tenant.
func partitioned(t *testing.T, shards ...string) *world {
	w := newWorld(t, shards...)
	w.cfg.BufferMiB, w.cfg.Prefix, w.cfg.ErrorOutputPrefix = 64, "e/tenant=!{partitionKeyFromQuery:tenant}/!{timestamp:HH}/", errorPrefix
	w.cfg.PartitionQuery = "{tenant:.tenant}"
	return w
}

var suffix = regexp.MustCompile(`delivery-1-[0-9-]{19}-[0-9a-f-]{36}`)

// folders are the bodies of the objects by the folder of their keys. Several objects of a folder are joined.
func (w *world) folders() map[string]string {
	w.bucket.mu.Lock()
	defer w.bucket.mu.Unlock()
	found := map[string]string{}
	for _, o := range w.bucket.objects {
		found[suffix.ReplaceAllString(o.key, "")] += o.body
	}
	return found
}

func (w *world) expectFolders(want map[string]string) {
	w.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, w.folders()); diff != "" {
		w.Errorf("the folders (-want +got):\n%s", diff)
	}
}

// Each partition has a buffer of its own, with its own interval.
func TestEachPartitionHasItsBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		d := w.start()
		defer w.stop()
		w.stream.put("shard-0", `{"tenant":"a","n":1}`, `{"tenant":"b"}`)
		synctest.Wait()
		w.advance(30 * time.Second)
		w.stream.put("shard-0", `{"tenant":"c"}`, `{"tenant":"a","n":2}`)
		synctest.Wait()
		if got := d.Status(); !got.Partitioned || got.Partitions != 3 || got.BufferedRecords != 4 || !got.NextDelivery.Equal(start.Add(time.Minute)) {
			t.Errorf("the status is %+v", got)
		}
		w.advance(30 * time.Second)
		both := map[string]string{"e/tenant=a/15/": `{"tenant":"a","n":1}` + "\n" + `{"tenant":"a","n":2}` + "\n", "e/tenant=b/15/": `{"tenant":"b"}` + "\n"}
		w.expectFolders(both)
		if got := d.Status().Partitions; got != 1 {
			t.Errorf("%d partitions are active", got)
		}
		w.advance(30 * time.Second)
		both["e/tenant=c/15/"] = `{"tenant":"c"}` + "\n"
		w.expectFolders(both)
	})
}

// The checkpoint never passes a record that is in a buffer, whatever has been delivered of other partitions.
func TestCheckpointWaitsForEachPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t, "shard-0", "shard-1")
		w.start()
		w.stream.put("shard-0", `{"tenant":"a","n":1}`)
		w.stream.put("shard-1", `{"tenant":"a","n":9}`)
		synctest.Wait()
		w.advance(30 * time.Second)
		w.stream.put("shard-0", `{"tenant":"b","n":2}`, `{"tenant":"a","n":3}`)
		synctest.Wait()
		w.advance(30 * time.Second) // delivers a: 1, 9 and 3. The record 2 is in the buffer of b.
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "1"`) || !strings.Contains(got, `"shard-1": "1"`) {
			t.Errorf("the checkpoint is %s", got)
		}
		w.stop() // as after kill -9: what is in memory is gone

		w.start()
		w.advance(time.Minute)
		got := w.folders()
		for _, n := range []string{`"n":1}`, `"n":2}`, `"n":3}`, `"n":9}`} {
			if !strings.Contains(got["e/tenant=a/15/"]+got["e/tenant=b/15/"], n) {
				t.Errorf("%s is lost: %v", n, got)
			}
		}
		if strings.Count(got["e/tenant=a/15/"], `"n":1}`) != 1 {
			t.Errorf("a record before the checkpoint is delivered again: %v", got)
		}
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "3"`) {
			t.Errorf("the checkpoint is %s", got)
		}
		w.stop()
	})
}

// A buffer is delivered as soon as it is full, and no other one with it.
func TestAFullPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		w.cfg.BufferMiB = 1
		w.start()
		defer w.stop()
		large := `{"tenant":"a","x":"` + strings.Repeat("x", 600<<10) + `"}`
		w.stream.put("shard-0", `{"tenant":"b"}`, large, large)
		w.expectFolders(map[string]string{"e/tenant=a/15/": large + "\n" + large + "\n"})
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": ""`) {
			t.Errorf("the checkpoint is %s", got)
		}
	})
}

// All buffers together hold no more than a bound: the largest one is delivered early.
func TestBuffersTogetherAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		d := w.open()
		firehose.SetMost(d, 100)
		w.run(d)
		defer w.stop()
		w.stream.put("shard-0", `{"tenant":"a"}`, `{"tenant":"b","x":"`+strings.Repeat("x", 50)+`"}`, `{"tenant":"c"}`)
		synctest.Wait()
		if got := slices.Collect(maps.Keys(w.folders())); !slices.Equal(got, []string{"e/tenant=b/15/"}) {
			t.Errorf("delivered: %v", got)
		}
	})
}

type errorLine struct {
	AttemptsMade           int
	ArrivalTimestamp       int64
	ErrorCode              string
	ErrorMessage           string
	AttemptEndingTimestamp int64
	RawData                []byte
}

// Records without a partition are below the error prefix, one in a line, with the reason.
func TestRecordsWithoutAPartition(t *testing.T) {
	const (
		code    = "DynamicPartitioning.MetadataExtractionFailed"
		noValue = "partitionKeys values must not be null or empty"
		notJSON = "Non JSON record provided"
	)
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		w.cfg.Compression = "GZIP"
		d := w.start()
		defer w.stop()
		records := []struct{ data, message string }{
			{`{}`, noValue}, {`{"tenant":null}`, noValue}, {`{"tenant":""}`, noValue},
			{`text`, notJSON}, {`{"tenant":"a"}{"tenant":"b"}`, notJSON}, {"", notJSON},
			{`{"tenant":["a"]}`, "tenant: a partition key is an array"},
			{`{"tenant":{"a":1}}`, "tenant: a partition key is an object"},
			{`[1]`, "the query fails: expected an object but got: array ([1])"},
		}
		for _, record := range records {
			w.stream.put("shard-0", record.data)
		}
		synctest.Wait()
		w.advance(time.Minute)
		got := w.folders()
		lines := strings.Split(strings.TrimSuffix(got["errors/metadata-extraction-failed/"], "\n"), "\n")
		if len(got) != 1 || len(lines) != 9 {
			t.Fatalf("the folders are %v", got)
		}
		for i, text := range lines {
			var line errorLine
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
			want := errorLine{1, start.UnixMilli(), code, records[i].message, start.UnixMilli(), []byte(records[i].data)}
			if diff := cmp.Diff(want, line); diff != "" {
				t.Errorf("%s (-want +got):\n%s", records[i].data, diff)
			}
		}
		status := d.Status()
		if status.FailedRecords != 9 || status.Partitions != 0 || status.LastObjects[0].ErrorType != "metadata-extraction-failed" || status.LastObjects[0].Compression != "UNCOMPRESSED" {
			t.Errorf("the status is %+v", status)
		}
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "9"`) {
			t.Errorf("the checkpoint is %s", got)
		}
		w.expectLog(`level=WARN msg="records have no partition and are below the error prefix"`)
	})
}

// A value stands in the key as it is. One with which no file can exist is an error.
func TestValuesInKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		w.start()
		defer w.stop()
		w.stream.put("shard-0", `{"tenant":7}`, `{"tenant":true}`, `{"tenant":9007199254740993}`, `{"tenant":"é b/c%=*"}`, `{"tenant":"x//y"}`, `{"tenant":"`+strings.Repeat("x", 1100)+`"}`)
		synctest.Wait()
		w.advance(time.Minute)
		got := w.folders()
		failed := strings.Count(got["errors/metadata-extraction-failed/"], "cannot be a file on this machine")
		delete(got, "errors/metadata-extraction-failed/")
		want := []string{"e/tenant=7/15/", "e/tenant=9007199254740992/15/", "e/tenant=true/15/", "e/tenant=é b/c%=*/15/"}
		if keys := slices.Sorted(maps.Keys(got)); failed != 2 || !slices.Equal(keys, want) {
			t.Errorf("%d failed, and the folders are %q", failed, keys)
		}
	})
}

// A delivery stream has at most 500 active partitions. Records of further ones are errors until a partition is delivered.
func TestLimitOfActivePartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		w.start()
		defer w.stop()
		for i := range 501 {
			w.stream.put("shard-0", fmt.Sprintf(`{"tenant":%d}`, i))
		}
		w.stream.put("shard-0", `{"tenant":0}`) // an active one takes more
		synctest.Wait()
		w.advance(time.Minute)
		w.stream.put("shard-0", `{"tenant":500}`)
		synctest.Wait()
		w.advance(time.Minute)
		got := w.folders()
		var line errorLine
		if err := json.Unmarshal([]byte(got["errors/activePartitionExceeded/"]), &line); err != nil {
			t.Fatal(err)
		}
		want := errorLine{1, start.UnixMilli(), "DynamicPartitioning.ActivePartitionsLimitExceeded", "the delivery stream has 500 active partitions, its limit", start.UnixMilli(), []byte(`{"tenant":500}`)}
		if diff := cmp.Diff(want, line); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if len(got) != 502 || got["e/tenant=500/15/"] == "" || strings.Count(got["e/tenant=0/15/"], "\n") != 2 {
			t.Errorf("%d folders", len(got))
		}
	})
}

// A query without an end costs no more than its steps: its record is an error, and the next one is delivered.
func TestAQueryWithoutAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		w.cfg.PartitionQuery = `{tenant:(if .loop then [range(1e12)]|length else .tenant end)}`
		w.start()
		defer w.stop()
		w.stream.put("shard-0", `{"loop":true}`, `{"tenant":"a"}`)
		synctest.Wait()
		w.advance(time.Minute)
		got := w.folders()
		if !strings.Contains(got["errors/metadata-extraction-failed/"], "the query takes more than 1000000 steps") || got["e/tenant=a/15/"] == "" {
			t.Errorf("%v", got)
		}
	})
}

// A bucket that is away keeps every buffer, and delivers each of them once.
func TestPartitionsOutliveAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		w.bucket.setFail(func(attempt int) error {
			if attempt < 3 {
				return errS3
			}
			return nil
		})
		w.start()
		defer w.stop()
		w.stream.put("shard-0", `{"tenant":"a"}`, `{"tenant":"b"}`, `{}`)
		synctest.Wait()
		w.advance(time.Minute)
		w.advance(time.Second)
		w.advance(2 * time.Second)
		got := w.folders()
		if len(got) != 3 || strings.Count(w.bucket.bodies(), "\n") != 3 {
			t.Errorf("%v", got)
		}
	})
}

func TestFlushDeliversEachPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := partitioned(t)
		d := w.open()
		w.stream.put("shard-0", `{"tenant":"a"}`, `{"tenant":"b"}`, `{}`)
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.folders(); len(got) != 3 {
			t.Errorf("%v", got)
		}
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "3"`) {
			t.Errorf("the checkpoint is %s", got)
		}
	})
}

// extraction is a partitioned delivery stream's block, with changes.
func extraction(query string, changes m) m {
	s3 := m{
		"prefix": "e/tenant=!{partitionKeyFromQuery:tenant}/", "error_output_prefix": errorPrefix, "buffering_size": 64, "buffering_interval": 60,
		"dynamic_partitioning_configuration": m{"enabled": true},
		"processing_configuration": m{"enabled": true, "processors": []any{m{"type": "MetadataExtraction", "parameters": []any{
			m{"parameter_name": "MetadataExtractionQuery", "parameter_value": query},
			m{"parameter_name": "JsonParsingEngine", "parameter_value": "JQ-1.6"},
		}}}},
	}
	maps.Copy(s3, changes)
	return s3
}

func TestReadPartitions(t *testing.T) {
	got, err := read(t, resource(nil, extraction("{tenant:.tenant}", nil)))
	if err != nil || got[0].PartitionQuery != "{tenant:.tenant}" || got[0].PartitionRetry != 5*time.Minute || got[0].Delimiter != "" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = read(t, resource(nil, extraction("{tenant:.tenant}", m{"dynamic_partitioning_configuration": m{"enabled": true, "retry_duration": 0}})))
	if err != nil || got[0].PartitionRetry != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	// The stack that the catalogue declares.
	stack := goldenStack(t, "option-partitions")
	got, err = firehose.Read(stack)
	if err != nil || got[0].PartitionQuery != `{kind:(if .event == "order" or .event == "view" then .event else "other" end),tenant:(.tenant)}` || got[0].Delimiter != "\n" || got[0].PartitionRetry != 10*time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
}

func goldenStack(t *testing.T, env string) *tfjson.Stack {
	t.Helper()
	written, err := tfjson.ReadFile(goldens.Path(env))
	if err != nil {
		t.Fatal(err)
	}
	stack, err := written.Resolve(tfjson.Surroundings{Account: "000000000000", Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestReadRefusesPartitions(t *testing.T) {
	const query = "{tenant:.tenant}"
	without := func(parameters ...any) m {
		return m{"processing_configuration": m{"enabled": true, "processors": []any{m{"type": "MetadataExtraction", "parameters": parameters}}}}
	}
	named := func(name, value string) m { return m{"parameter_name": name, "parameter_value": value} }
	for _, test := range []struct {
		name string
		s3   m
		want string
	}{
		{"no processor", extraction(query, m{"processing_configuration": nil}), `dynamic_partitioning_configuration is on, and "Processing Configuration is not enabled when DataPartitioning is enabled"; add the processor MetadataExtraction
prefix holds "!{partitionKeyFromQuery:tenant}", which needs dynamic partitioning; add dynamic_partitioning_configuration and the processor MetadataExtraction, or leave it out`},
		{"no partitioning", extraction(query, m{"dynamic_partitioning_configuration": m{"enabled": false}}), `the processor MetadataExtraction "can only be present when Dynamic Partitioning is enabled"; set dynamic_partitioning_configuration.enabled to true`},
		{"only a key", m{"prefix": "e/!{partitionKeyFromQuery:tenant}/", "error_output_prefix": errorPrefix}, `prefix holds "!{partitionKeyFromQuery:tenant}", which needs dynamic partitioning; add dynamic_partitioning_configuration and the processor MetadataExtraction, or leave it out`},
		{"a small buffer", extraction(query, m{"buffering_size": 63}), `buffering_size is 63, and "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."; raise it`},
		{"a short interval", extraction(query, m{"buffering_interval": 59}), `buffering_interval is 59, and "BufferingHints.IntervalInSeconds must be at least 60 seconds when Dynamic Partitioning is enabled."; raise it`},
		{"a long retry", extraction(query, m{"dynamic_partitioning_configuration": m{"enabled": true, "retry_duration": 7201}}), `retry_duration is 7201; use 0 to 7200 (seconds)`},
		{"no query", extraction(query, without(named("JsonParsingEngine", "JQ-1.6"))), `MetadataExtraction has no MetadataExtractionQuery; add one, such as {tenant:.tenant}
prefix holds "!{partitionKeyFromQuery:tenant}", which needs dynamic partitioning; add dynamic_partitioning_configuration and the processor MetadataExtraction, or leave it out`},
		{"another engine", extraction(query, without(named("MetadataExtractionQuery", query), named("JsonParsingEngine", "JQ-1.7"))), `JsonParsingEngine is "JQ-1.7"; use "JQ-1.6", the only one that Firehose has
prefix holds "!{partitionKeyFromQuery:tenant}", which needs dynamic partitioning; add dynamic_partitioning_configuration and the processor MetadataExtraction, or leave it out`},
		{"no object", extraction(".tenant", nil), `MetadataExtractionQuery is not the construction of one object; write one object such as {tenant:.tenant}, with keys of letters, digits and "_"`},
		{"a newer jq", extraction("{tenant:(.tenant|ltrim)}", nil), `MetadataExtractionQuery calls ltrim/0, which jq 1.6 does not have; use a function of jq 1.6's manual`},
		{"no key in the prefix", extraction(query, m{"prefix": "e/!{timestamp:yyyy}/"}), `"S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"; add the keys of MetadataExtractionQuery to prefix`},
		{"a key too many", extraction("{tenant:.tenant,shop:.shop}", nil), `the key "shop" of MetadataExtractionQuery is not in prefix, and "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression"; add it or leave it out`},
		{"a key too few", extraction(query, m{"prefix": "e/!{partitionKeyFromQuery:tenant}/!{partitionKeyFromQuery:shop}/"}), `prefix holds "!{partitionKeyFromQuery:shop}", which MetadataExtractionQuery does not have; add it there or leave it out`},
		{"no type of error", extraction(query, m{"error_output_prefix": "errors/"}), `error_output_prefix holds no !{firehose:error-output-type}; add it: Firehose requires it if prefix holds expressions`},
		{"an error prefix that no file can have", extraction(query, m{"error_output_prefix": "errors//" + "!{firehose:error-output-type}/"}), `error_output_prefix is "errors//!{firehose:error-output-type}/", with which no object can be a file here: the key "errors//metadata-extraction-failed/delivery-1-2025-09-17-10-10-10-00000000-0000-4000-8000-000000000000" begins or ends with "/" or holds "//"; use another prefix`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(t, resource(nil, test.s3))
			const address = "aws_kinesis_firehose_delivery_stream.d: "
			if want := address + strings.ReplaceAll(test.want, "\n", "\n"+address); err == nil || err.Error() != want {
				t.Errorf("%v\nwant: %s", err, want)
			}
		})
	}
}

// described asks for an operation of a delivery stream that is running.
func described(action, body string, running ...firehose.Config) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", "Firehose_20150804."+action)
	request.Header.Set("Authorization", "any")
	answer := httptest.NewRecorder()
	firehose.Described{Streams: running}.ServeHTTP(answer, request)
	return answer
}

// A wrong member is an error, which names it, and not an empty list or a stream that is not found.
func TestDescribeNamesAWrongMember(t *testing.T) {
	for _, test := range []struct {
		action, body string
		status       int
		want         string
	}{
		{"DescribeDeliveryStream", `{}`, 400, "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null"},
		{"DescribeDeliveryStream", `{"deliverystreamname":"d"}`, 400, "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null"},
		{"DescribeDeliveryStream", `{"DeliveryStreamName":""}`, 400, "Value '' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular"},
		{"DescribeDeliveryStream", `{"DeliveryStreamName":"a b"}`, 400, "Value 'a b' at 'deliveryStreamName' failed"},
		{"DescribeDeliveryStream", `{"DeliveryStreamName":"` + strings.Repeat("a", 65) + `"}`, 400, "Member must have length less than or equal to 64"},
		{"DescribeDeliveryStream", `{"DeliveryStreamName":"other"}`, 400, "ResourceNotFoundException"},
		{"ListDeliveryStreams", `{"DeliveryStreamType":"Foo"}`, 400, "Value 'Foo' at 'deliveryStreamType' failed to satisfy constraint: Member must satisfy enum value set: [DirectPut, KinesisStreamAsSource, "},
		{"ListDeliveryStreams", `{"Limit":0}`, 400, "Value '0' at 'limit' failed"},
		{"ListDeliveryStreams", `{"ExclusiveStartDeliveryStreamName":"a b"}`, 400, "Value 'a b' at 'exclusiveStartDeliveryStreamName' failed"},
		{"ListDeliveryStreams", `{"DeliveryStreamType":"DirectPut"}`, 200, `"DeliveryStreamNames":[]`},
		{"ListDeliveryStreams", `{"DeliveryStreamType":"KinesisStreamAsSource","Limit":1,"ExclusiveStartDeliveryStreamName":"c"}`, 200, `"DeliveryStreamNames":["d"]`},
		{"ListDeliveryStreams", `{}`, 200, `"DeliveryStreamNames":["d"]`},
	} {
		got := described(test.action, test.body, firehose.Config{Name: "d"})
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%s %s: %d %s", test.action, test.body, got.Code, got.Body)
		}
	}
}

func TestDescribeEncryption(t *testing.T) {
	for key, want := range map[string]string{
		"": `"EncryptionConfiguration":{"NoEncryptionConfig":"NoEncryption"}`, "arn:key": `"EncryptionConfiguration":{"KMSEncryptionConfig":{"AWSKMSKeyARN":"arn:key"}}`,
	} {
		got := described("DescribeDeliveryStream", `{"DeliveryStreamName":"d"}`, firehose.Config{Name: "d", KMSKeyARN: key}).Body.String()
		if strings.Count(got, want) != 2 { // of both destinations
			t.Errorf("with the key %q: %s", key, got)
		}
	}
	cfgs, err := firehose.Read(goldenStack(t, "staging"))
	if err != nil || !strings.Contains(cfgs[0].KMSKeyARN, ":kms:") {
		t.Errorf("staging's key is %q, %v", cfgs[0].KMSKeyARN, err)
	}
}

func TestDescribePartitions(t *testing.T) {
	cfgs, err := firehose.Read(goldenStack(t, "option-partitions"))
	if err != nil {
		t.Fatal(err)
	}
	answer := described("DescribeDeliveryStream", fmt.Sprintf(`{"DeliveryStreamName":%q}`, cfgs[0].Name), cfgs...)
	var got struct {
		DeliveryStreamDescription struct {
			Destinations []struct{ ExtendedS3DestinationDescription map[string]any }
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	to := got.DeliveryStreamDescription.Destinations[0].ExtendedS3DestinationDescription
	if diff := cmp.Diff(m{"Enabled": true, "LogGroupName": cfgs[0].LogGroup, "LogStreamName": cfgs[0].LogStream}, to["CloudWatchLoggingOptions"]); diff != "" || cfgs[0].LogGroup == "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(m{"Enabled": true, "RetryOptions": m{"DurationInSeconds": 600.0}}, to["DynamicPartitioningConfiguration"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	processing, _ := to["ProcessingConfiguration"].(m)
	parameter := func(name, value string) any { return m{"ParameterName": name, "ParameterValue": value} }
	want := []any{
		m{"Type": "MetadataExtraction", "Parameters": []any{parameter("MetadataExtractionQuery", cfgs[0].PartitionQuery), parameter("JsonParsingEngine", "JQ-1.6")}},
		m{"Type": "AppendDelimiterToRecord", "Parameters": []any{parameter("Delimiter", `\n`)}},
	}
	if diff := cmp.Diff(want, processing["Processors"]); diff != "" || processing["Enabled"] != true {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
