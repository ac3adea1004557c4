package spec

import (
	"maps"
	"reflect"
	"testing"
	"time"
)

func TestDefault(t *testing.T) {
	want := Environment{
		Name:     "x",
		Region:   "us-east-1",
		Names:    Names{Prefix: "api-kinesis"},
		Removal:  "retained",
		Provider: "~> 5.99",
		API: API{
			Authorization: Authorization{Kind: "NONE"},
			Schema: `{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title": "event",
  "type": "object",
  "minProperties": 1
}`,
			MinimumCompressionBytes: -1,

			PartitionKey: PartitionKey{Source: "request id"},
			CORS: CORS{
				AllowOrigins: []string{"*"},
				AllowHeaders: []string{
					"Authorization", "Content-Type", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key",
				},
				AllowMethods:  []string{"OPTIONS", "POST"},
				ExposeHeaders: []string{"Retry-After", "x-amzn-ErrorType", "x-amzn-RequestId"},
				MaxAge:        3600 * time.Second,
			},
			Throttle:      Throttle{RateLimit: 1000, BurstLimit: 500},
			ManageAccount: true,
			Metrics:       true,
		},
		Firewall: Firewall{RateLimit: 30000, MaxBodyBytes: 65536},
		Stream:   Stream{Capacity: Capacity{Mode: "PROVISIONED", Shards: 1}, Retention: 24 * time.Hour},
		Delivery: Delivery{
			BufferInterval:   60 * time.Second,
			BufferMiB:        1,
			Compression:      "UNCOMPRESSED",
			NewlineDelimited: true,
			Format:           "JSON",
			Parquet:          Parquet{BufferInterval: 300 * time.Second, BufferMiB: 128, Compression: "SNAPPY"},
			PartitionRetry:   300 * time.Second,
			Prefix: "events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/" +
				"hour=!{timestamp:HH}/",
			ErrorPrefix: "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/" +
				"day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			TimeZone: "UTC",
		},
		Bucket:     Bucket{NoncurrentExpireAfterDays: 30, AbortUploadsAfterDays: 7, AccessLogExpireAfterDays: 365},
		Query:      Query{Since: 2026, ScanLimitMiB: 10240, ResultExpireAfterDays: 30},
		Logs:       Logs{RetentionDays: 30, Execution: "INFO"},
		Encryption: Encryption{DeletionWindowDays: 30},
		Web:        Web{Folder: "webapp/dist", PriceClass: "PriceClass_100"},
		Alarms:     Alarms{LatencyP99: time.Second, RefusedPercent: 5},
	}
	if got := Default("x"); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestDefaultsShareNothing(t *testing.T) {
	changed := Default("x")
	changed.API.CORS.AllowOrigins[0] = "https://a.example"
	changed.API.CORS.AllowHeaders[0] = "X-Changed"
	if got := Default("x").API.CORS; got.AllowOrigins[0] != "*" || got.AllowHeaders[0] != "Authorization" {
		t.Errorf("a change of one environment shows in another: %+v", got)
	}
}

func TestAllTags(t *testing.T) {
	for _, row := range []struct {
		name       string
		tags, want map[string]string
	}{
		{"defaults", nil, map[string]string{"Project": "api-kinesis", "ManagedBy": "cdktf", "Environment": "x"}},
		{"added", map[string]string{"Team": "a"},
			map[string]string{"Project": "api-kinesis", "ManagedBy": "cdktf", "Environment": "x", "Team": "a"}},
		{"defaults replaced", map[string]string{"Project": "p", "ManagedBy": "m"},
			map[string]string{"Project": "p", "ManagedBy": "m", "Environment": "x"}},
		{"name kept", map[string]string{"Environment": "y"},
			map[string]string{"Project": "api-kinesis", "ManagedBy": "cdktf", "Environment": "x"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			env := Default("x")
			env.Tags = row.tags
			before := maps.Clone(row.tags)
			if got := env.AllTags(); !maps.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
			if !maps.Equal(env.Tags, before) {
				t.Errorf("the environment's own tags became %v", env.Tags)
			}
		})
	}
}

// Each format has a buffer of its own, and both are there by default.
func TestBuffer(t *testing.T) {
	d := Delivery{
		BufferInterval: 60 * time.Second, BufferMiB: 1,
		Parquet: Parquet{BufferInterval: 300 * time.Second, BufferMiB: 128},
	}
	for format, want := range map[Format]Buffer{FormatJSON: {60 * time.Second, 1}, FormatParquet: {300 * time.Second, 128}} {
		d.Format = format
		if got := d.Buffer(); got != want || d.Interval() != want.Interval {
			t.Errorf("%s: %v and %s, want %v", format, got, d.Interval(), want)
		}
	}
}
