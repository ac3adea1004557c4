package firehose_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/tfjson"
)

const (
	streamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/events"
	roleARN   = "arn:aws:iam::000000000000:role/delivery"
)

// resource returns a minimal delivery stream, with changes to its two blocks.
func resource(top, s3 map[string]any) string {
	extended := map[string]any{"bucket_arn": "arn:aws:s3:::events", "role_arn": roleARN}
	maps.Copy(extended, s3)
	body := map[string]any{
		"name": "delivery", "destination": "extended_s3", "extended_s3_configuration": extended,
		"kinesis_source_configuration": map[string]any{"kinesis_stream_arn": streamARN, "role_arn": roleARN},
	}
	maps.Copy(body, top)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	text, _ := json.Marshal(map[string]any{"resource": map[string]any{"aws_kinesis_firehose_delivery_stream": map[string]any{"d": body}}})
	return string(text)
}

func read(t *testing.T, text string) ([]firehose.Config, error) {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return firehose.Read(stack)
}

type m = map[string]any

func TestReadDefaults(t *testing.T) {
	got, err := read(t, resource(nil, nil))
	want := []firehose.Config{{
		Name: "delivery", ARN: "arn:aws:firehose:us-east-1:000000000000:deliverystream/delivery", StreamName: "events", StreamARN: streamARN,
		Bucket: "events", BucketARN: "arn:aws:s3:::events", RoleARN: roleARN, SourceRoleARN: roleARN,
		BufferInterval: 5 * time.Minute, BufferMiB: 5, Compression: "UNCOMPRESSED", TimeZone: "UTC",
	}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("error %v, %s", err, cmp.Diff(want, got))
	}
}

func TestReadEverything(t *testing.T) {
	got, err := read(t, resource(
		m{"tags": m{"a": "b"}, "kinesis_source_configuration": m{"kinesis_stream_arn": streamARN, "role_arn": roleARN + "-reader"}, "server_side_encryption": m{"enabled": false}},
		m{
			"buffering_interval": 0, "buffering_size": 128, "compression_format": "GZIP", "custom_time_zone": "Asia/Tokyo",
			"prefix": "a/!{timestamp:yyyy}/", "error_output_prefix": "b/!{firehose:error-output-type}/", "file_extension": ".json.gz",
			"kms_key_arn": "arn:aws:kms:us-east-1:000000000000:key/k", "s3_backup_mode": "Disabled",
			"cloudwatch_logging_options":           m{"enabled": true, "log_group_name": "g", "log_stream_name": "s"},
			"data_format_conversion_configuration": m{"enabled": false, "input_format_configuration": m{}},
			"dynamic_partitioning_configuration":   []any{m{"enabled": false, "retry_duration": 10}},
			"processing_configuration": m{"enabled": true, "processors": []any{
				m{"type": "AppendDelimiterToRecord", "parameters": []any{m{"parameter_name": "Delimiter", "parameter_value": `\n`}}},
			}},
		}))
	want := []firehose.Config{{
		Name: "delivery", ARN: "arn:aws:firehose:us-east-1:000000000000:deliverystream/delivery", StreamName: "events", StreamARN: streamARN,
		Bucket: "events", BucketARN: "arn:aws:s3:::events", RoleARN: roleARN, SourceRoleARN: roleARN + "-reader",
		BufferInterval: 0, BufferMiB: 128, Compression: "GZIP", TimeZone: "Asia/Tokyo", Prefix: "a/!{timestamp:yyyy}/", FileExtension: ".json.gz", Delimiter: "\n",
		ErrorOutputPrefix: "b/!{firehose:error-output-type}/", LogGroup: "g", LogStream: "s",
		KMSKeyARN: "arn:aws:kms:us-east-1:000000000000:key/k",
	}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("error %v, %s", err, cmp.Diff(want, got))
	}
}

func TestReadTheProjectsOwnStacks(t *testing.T) {
	for _, env := range []string{"dev", "staging", "prod"} {
		written, err := tfjson.ReadFile(goldens.File(t, env))
		if err != nil {
			t.Fatal(err)
		}
		stack, err := written.Resolve(tfjson.Surroundings{Account: "000000000000", Partition: "aws"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := firehose.Read(stack)
		key := "" // its id is computed
		if len(got) == 1 && env != "dev" {
			key = got[0].KMSKeyARN
		}
		if (env != "dev") != strings.HasPrefix(key, "arn:aws:kms:us-east-1:000000000000:key/") {
			t.Errorf("%s: the key is %q", env, key)
		}
		role := "arn:aws:iam::000000000000:role/api-kinesis-delivery-" + env
		want := []firehose.Config{{
			Name:       "api-kinesis-firehose-" + env,
			ARN:        "arn:aws:firehose:us-east-1:000000000000:deliverystream/api-kinesis-firehose-" + env,
			StreamName: "api-kinesis-stream-" + env, StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/api-kinesis-stream-" + env,
			Bucket: "api-kinesis-firehose-bucket-" + env, BucketARN: "arn:aws:s3:::api-kinesis-firehose-bucket-" + env,
			RoleARN: role, SourceRoleARN: role, KMSKeyARN: key, BufferInterval: time.Minute, BufferMiB: 1,
			Prefix:      "events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			Compression: "UNCOMPRESSED", TimeZone: "UTC", Delimiter: "\n", LogGroup: "/aws/kinesisfirehose/api-kinesis-firehose-" + env, LogStream: "S3Delivery",
			ErrorOutputPrefix: "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
		}}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: error %v, %s", env, err, cmp.Diff(want, got))
		}
	}
}

// Without partitions nothing is ever written below the error prefix, so it need not be a valid path.
func TestReadAnErrorPrefixThatNoFileCanHave(t *testing.T) {
	if _, err := read(t, resource(nil, m{"error_output_prefix": "/errors//"})); err != nil {
		t.Error(err)
	}
}

func TestTypes(t *testing.T) {
	if got := firehose.Types(); len(got) != 1 || got[0] != "aws_kinesis_firehose_delivery_stream" {
		t.Errorf("%q", got)
	}
}

func TestReadADelimiterThatIsSwitchedOff(t *testing.T) {
	got, err := read(t, resource(nil, m{"processing_configuration": m{"enabled": false, "processors": []any{m{"type": "Lambda"}}}}))
	if err != nil || got[0].Delimiter != "" {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	zone := func(name string) string {
		return `custom_time_zone is "` + name + `", which Firehose refuses; use UTC or a time zone of its list (developer guide, "Configure Amazon S3 object name format") without "-", such as Asia/Tokyo`
	}
	processors := func(p ...any) m { return m{"processing_configuration": m{"enabled": true, "processors": p}} }
	for _, test := range []struct {
		name    string
		top, s3 m
		want    string // without the address
	}{
		{"another destination", m{"destination": "splunk"}, nil, `destination is "splunk", which is not imitated on one machine; use "extended_s3"`},
		{"another destination's block", m{"opensearch_configuration": m{}}, nil, `opensearch_configuration is not imitated on one machine; leave it out`},
		{"no S3", m{"extended_s3_configuration": nil}, nil, `extended_s3_configuration is there 0 times; declare it once`},
		{"no source", m{"kinesis_source_configuration": nil}, nil, `kinesis_source_configuration is there 0 times; declare it once: direct puts are not imitated on one machine`},
		{"encryption", m{"server_side_encryption": m{"enabled": true}}, nil, `server_side_encryption is on, which AWS refuses with a Kinesis source; leave it out`},
		{"no name", m{"name": "a b"}, nil, `name is "a b"; use 1 to 64 letters, digits, "_", "." and "-"`},
		{"no stream", m{"kinesis_source_configuration": m{"kinesis_stream_arn": "x", "role_arn": roleARN}}, nil, `kinesis_stream_arn is "x"; use the ARN of a Kinesis data stream`},
		{"no bucket", nil, m{"bucket_arn": "events"}, `bucket_arn is "events"; use the ARN of a bucket`},
		{"half a buffer", nil, m{"buffering_size": 1}, `buffering_interval and buffering_size: set both or neither: Firehose requires that`},
		{"a long interval", nil, m{"buffering_size": 1, "buffering_interval": 901}, `buffering_interval is 901; use 0 to 900 (seconds)`},
		{"a large buffer", nil, m{"buffering_size": 129, "buffering_interval": 60}, `buffering_size is 129; use 1 to 128 (MiB)`},
		{"a compression", nil, m{"compression_format": "SNAPPY"}, `compression_format is "SNAPPY"; use one of UNCOMPRESSED, GZIP, ZIP, Snappy, HADOOP_SNAPPY`},
		{"an extension", nil, m{"file_extension": "gz"}, `file_extension is "gz"; begin with "." and use at most 128 of 0-9a-z!-_.*'()`},
		{"a time zone", nil, m{"custom_time_zone": "Local"}, zone("Local")},
		{"no time zone", nil, m{"custom_time_zone": "Mars/Base"}, zone("Mars/Base")},
		{"a zone of three letters", nil, m{"custom_time_zone": "EST"}, zone("EST")},
		{"another", nil, m{"custom_time_zone": "GMT"}, zone("GMT")},
		{"a zone's new name", nil, m{"custom_time_zone": "Asia/Kolkata"}, zone("Asia/Kolkata")},
		{"a zone without a place", nil, m{"custom_time_zone": "Etc/UTC"}, zone("Etc/UTC")},
		{"a place's country", nil, m{"custom_time_zone": "Japan"}, zone("Japan")},
		{"a prefix", nil, m{"prefix": "!{x"}, `prefix holds "!{" that opens no expression; write !{namespace:value}, or leave it out`},
		{"a prefix that no file can have", nil, m{"prefix": "a//"}, `prefix is "a//", with which no object can be a file here: the key "a//2025/09/17/10/delivery-1-2025-09-17-10-10-10-00000000-0000-4000-8000-000000000000" begins or ends with "/" or holds "//"; use another prefix`},
		{"no error prefix", nil, m{"prefix": "!{timestamp:yyyy}/"}, `error_output_prefix is missing; Firehose requires it if prefix holds expressions`},
		{"Parquet", nil, m{"data_format_conversion_configuration": m{"input_format_configuration": m{}}}, `data_format_conversion_configuration (Parquet, ORC) is not imitated on one machine; leave it out`},
		{"a backup", nil, m{"s3_backup_mode": "Enabled"}, `s3_backup_mode is "Enabled", which is not imitated on one machine; use "Disabled"`},
		{"Lambda", nil, processors(m{"type": "Lambda"}), `the processor "Lambda" is not imitated on one machine; AppendDelimiterToRecord and MetadataExtraction are`},
		{"records split", nil, processors(m{"type": "RecordDeAggregation"}), `the processor "RecordDeAggregation" is not imitated on one machine; AppendDelimiterToRecord and MetadataExtraction are`},
		{"another delimiter", nil, processors(m{"type": "AppendDelimiterToRecord", "parameters": m{"parameter_name": "Delimiter", "parameter_value": "|"}}),
			`AppendDelimiterToRecord has Delimiter = "|"; use Delimiter = "\\n", the only one that AWS documents`},
		{"an attribute", nil, m{"color": "red"}, `the attribute extended_s3_configuration[0].color is not imitated on one machine; leave it out of the environment that runs here`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(t, resource(test.top, test.s3))
			if want := "aws_kinesis_firehose_delivery_stream.d: " + test.want; err == nil || err.Error() != want {
				t.Errorf("%v\nwant: %s", err, want)
			}
		})
	}
}

func TestReadReportsEverythingAtOnce(t *testing.T) {
	_, err := read(t, resource(nil, m{"compression_format": "LZ4", "s3_backup_mode": "Enabled", "prefix": "!{"}))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v\nwant three problems", err)
	}
}

// The names are those of AWS's list, which has some that IANA replaced; this process must know each.
func TestReadsEveryTimeZone(t *testing.T) {
	for _, zone := range objectname.Zones() {
		got, err := read(t, resource(nil, m{"custom_time_zone": zone}))
		if err != nil || got[0].TimeZone != zone {
			t.Errorf("%s: %v", zone, err)
		}
		if _, err := time.LoadLocation(zone); err != nil {
			t.Error(err)
		}
	}
}

// A declaration that Firehose accepts and that is probably a mistake runs, with a warning.
func TestReadWarns(t *testing.T) {
	const (
		address = "aws_kinesis_firehose_delivery_stream.d: "
		week    = `"YYYY", the year of the week: the days about New Year land in the folder of another year; write "yyyy"`
		among   = `, so that Firehose on AWS writes failed records among the events; make sure that neither begins with the other`
		failed  = "!{firehose:error-output-type}/"
	)
	for _, test := range []struct {
		name, prefix, errors string
		want                 []string
	}{
		{"nothing", "", "", nil},
		{"two folders", "a/!{timestamp:yyyy/MM/dd}/", "b/" + failed, nil},
		{"two of one beginning", "events/!{timestamp:yyyy}/", "events-failed/" + failed, nil},
		{"the year of the week", "a/!{timestamp:YYYY}/!{timestamp:MM}/", "b/" + failed, []string{address + "prefix holds " + week}},
		{"of an error prefix", "a/!{timestamp:yyyy}/", "b/" + failed + "!{timestamp:YYYY}/", []string{address + "error_output_prefix holds " + week}},
		{"an error prefix below", "a/!{timestamp:yyyy}/", "a/errors/" + failed, []string{address + `error_output_prefix begins with "a/errors/" and prefix with "a/"` + among}},
		{"an error prefix above", "a/b/!{timestamp:yyyy}/", "a/" + failed, []string{address + `error_output_prefix begins with "a/" and prefix with "a/b/"` + among}},
		{"one prefix for both", "a/!{timestamp:yyyy}/", "a/" + failed, []string{address + `error_output_prefix begins with "a/" and prefix with "a/"` + among}},
		{"no prefix", "", "errors/" + failed, nil}, // events begin with a year
		{"an error prefix of expressions", "a/", failed, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(t, resource(nil, m{"prefix": test.prefix, "error_output_prefix": test.errors}))
			if err != nil || !slices.Equal(got[0].Warnings, test.want) {
				t.Errorf("%v, warnings\n%q, want\n%q", err, got[0].Warnings, test.want)
			}
		})
	}
}

// So do objects whose names claim another compression.
func TestReadWarnsOfAnExtension(t *testing.T) {
	for _, test := range []struct{ compression, extension, want string }{
		{"GZIP", ".json.gz", ""},
		{"GZIP", ".json", `file_extension is ".json", and the objects are compressed with GZIP; end it with ".gz": readers tell the compression by the end of a name`},
		{"HADOOP_SNAPPY", ".snappy", ""},
		{"", ".gz", `file_extension is ".gz", and the objects are not compressed; leave ".gz" out: readers tell the compression by the end of a name`},
	} {
		got, err := read(t, resource(nil, m{"compression_format": test.compression, "file_extension": test.extension}))
		var want []string
		if test.want != "" {
			want = []string{"aws_kinesis_firehose_delivery_stream.d: " + test.want}
		}
		if err != nil || !slices.Equal(got[0].Warnings, want) {
			t.Errorf("%s: %v, warnings\n%q, want\n%q", test.extension, err, got[0].Warnings, want)
		}
	}
}
