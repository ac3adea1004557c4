package spec

import (
	"strings"
	"testing"
	"time"
)

// queried turns Query on and makes another change.
func queried(change func(e *Environment)) func(e *Environment) {
	return func(e *Environment) {
		e.Query.Enabled = true
		change(e)
	}
}

func columned(columns ...Column) func(e *Environment) {
	return queried(func(e *Environment) { e.Query.Columns = columns })
}

// eventOf is an envelope whose event has a type of so many characters, which those of its two columns do not have.
func eventOf(length int) func(e *Environment) {
	return func(e *Environment) {
		columns := func(name string) []Column {
			return []Column{{Name: "a", Type: "struct<" + strings.Join(numbered("n", 8000), ":int,") + ":int>"}, {Name: "b", Type: "struct<" + name + ":int>"}}
		}
		e.Query.Columns = columns("")
		name := strings.Repeat("b", length-len(e.Query.eventType()))
		columned(columns(name)...)(e)
		e.API.Envelope.Enabled = true
	}
}

func TestQueryRefused(t *testing.T) {
	const (
		off       = `, or set Query.Enabled = false`
		unzipped  = `; use "UNCOMPRESSED" or "GZIP", which Athena can read` + off
		partition = ` with Query.Enabled; use a folder and Hive partitions from the year down, such as "events/dt=!{timestamp:yyyy-MM-dd}/", from which Athena can tell where to read` + off
	)
	testRefusals(t, []refusal{
		{"ZIP", queried(func(e *Environment) { e.Delivery.Compression = ZIP }),
			[]string{`Delivery.Compression is "ZIP" with Query.Enabled` + unzipped}},
		{"Snappy", queried(func(e *Environment) { e.Delivery.Compression = Snappy }),
			[]string{`Delivery.Compression is "Snappy" with Query.Enabled` + unzipped}},
		{"no lines", queried(func(e *Environment) { e.Delivery.NewlineDelimited = false }),
			[]string{`Delivery.NewlineDelimited is false with Query.Enabled; set it to true: Athena reads one event on each line` + off}},
		{"another extension than GZIP's", queried(func(e *Environment) { e.Delivery.Compression, e.Delivery.FileExtension = GZIP, ".json" }), []string{
			`Delivery.FileExtension is ".json", and the objects are compressed with GZIP; end it with ".gz": readers tell the compression by the end of a name, as Athena does` + off}},
		{"GZIP's extension on text", queried(func(e *Environment) { e.Delivery.FileExtension = ".json.gz" }), []string{
			`Delivery.FileExtension is ".json.gz", and the objects are not compressed; leave ".gz" out: readers tell the compression by the end of a name, as Athena does` + off}},
		{"no partitions", queried(prefixed("events/")), []string{`Delivery.Prefix is "events/"` + partition}},
		{"a random string", queried(prefixed("events/!{timestamp:yyyy}/!{firehose:random-string}/")),
			[]string{`Delivery.Prefix is "events/!{timestamp:yyyy}/!{firehose:random-string}/"` + partition}},
		{"an empty folder", queried(prefixed("events//x/year=!{timestamp:yyyy}/")), []string{
			`Delivery.Prefix is "events//x/year=!{timestamp:yyyy}/" with Query.Enabled, whose folder has the part ""; leave that part out: Athena would read another folder` + off}},
		{"folders that paths resolve", queried(prefixed("a/./../year=!{timestamp:yyyy}/")), []string{
			`Delivery.Prefix is "a/./../year=!{timestamp:yyyy}/"; ` + dotSegmentRemedy,
		}},
		{"a struct with a member twice", columned(Column{Name: "a", Type: "array<struct<x:string,x:int>>"}), []string{
			`Query.Columns[0].Type is "array<struct<x:string,x:int>>", a struct with two members "x"; use another name for one: a query could not tell them apart`}},
		{"an event of a long type", eventOf(131073), []string{`Query.Columns makes a type of 131073 characters for the column "event" of API.Envelope; use fewer or shorter columns: Glue takes 131072`}},
		{"a long name of a partition", queried(prefixed("events/" + strings.Repeat("a", 231) + "=!{timestamp:yyyy}/")), []string{
			"Delivery.Prefix has a partition whose name is 231 characters long, with Query.Enabled; use at most 230: Glue takes no longer name of the partition's projection" + off}},
		{"numbers", queried(func(e *Environment) {
			e.Query.Since, e.Query.ScanLimitMiB, e.Query.ResultExpireAfterDays = 1999, 9, 0
		}), []string{
			`Query.Since is 1999; use 2000 to 2100`,
			`Query.ScanLimitMiB is 9; use 10 to 104857600`,
			`Query.ResultExpireAfterDays is 0; use 1 to 36500`,
		}},
		{"name of the results' bucket", queried(func(e *Environment) { e.Query.ResultBucket = "my.results" }), []string{
			`Query.ResultBucket is "my.results"; use "-" in place of ".": S3's TLS certificates do not match addresses of such names`,
		}},
		{"results among the events", queried(func(e *Environment) { e.Query.ResultBucket = "api-kinesis-firehose-bucket-dev" }), []string{
			`Query.ResultBucket is "api-kinesis-firehose-bucket-dev", which is also the events' bucket; use another: results expire, and have other readers than events`,
		}},
		{"results beside the state", queried(func(e *Environment) { e.Query.ResultBucket, e.State.S3 = "state", &S3State{Bucket: "state"} }), []string{
			`State.S3.Bucket is "state", which this environment makes; use a bucket that exists before the environment and outlives it`,
		}},
		{"results in the web page", queried(func(e *Environment) { e.Query.ResultBucket, e.Web.Hosted = "api-kinesis-web-dev", true }), []string{
			`Query.ResultBucket is "api-kinesis-web-dev", which is also the web page's bucket; use another: everything in the web page's bucket is public`,
		}},
	})
	env := Default("dev-s3alias")
	env.Bucket.Name, env.Query.Enabled = "events", true
	checkError(t, env.Validate(), `environment "dev-s3alias": Query.ResultBucket would be "api-kinesis-query-dev-s3alias"; use another: S3 reserves names that end with "-s3alias"`)
}

func TestColumnsRefused(t *testing.T) {
	const (
		name = `; use the property's name in lower case: a-z, 0-9 and "_", not beginning with a digit, at most 255`
		kind = `; use one of Hive's types without spaces, such as string, bigint, double, boolean, timestamp, decimal(10,2), array<string>, map<string,string> or struct<id:string>`
		text = "; use one line without control characters, U+FFFE and U+FFFF: Glue takes no others"
	)
	testRefusals(t, []refusal{
		{"a long type", columned(Column{Name: "a", Type: strings.Repeat("array<", 20000) + "int" + strings.Repeat(">", 20000)}),
			[]string{"Query.Columns[0].Type is 140003 characters long; use at most 131072"}},
		{"upper case", columned(Column{Name: "userId", Type: "string"}), []string{`Query.Columns[0].Name is "userId"` + name}},
		{"hyphen", columned(Column{Name: "user-id", Type: "string"}), []string{`Query.Columns[0].Name is "user-id"` + name}},
		{"256 characters", columned(Column{Name: strings.Repeat("a", 256), Type: "string"}),
			[]string{`Query.Columns[0].Name is "` + strings.Repeat("a", 256) + `"` + name}},
		{"twice", columned(Column{Name: "a", Type: "string"}, Column{Name: "a", Type: "int"}),
			[]string{`Query.Columns[1].Name is "a", which another column has too; use another: Athena ignores case`}},
		{"a partition", columned(Column{Name: "month", Type: "string"}),
			[]string{`Query.Columns[0].Name is "month", which a partition of Delivery.Prefix or Delivery.PartitionBy has too; leave the column out or rename the partition`}},
		{"type", columned(Column{Name: "a", Type: "integer"}), []string{`Query.Columns[0].Type is "integer"` + kind}},
		{"comment", columned(Column{Name: "a", Type: "int", Comment: "a\nb"}), []string{`Query.Columns[0].Comment is "a\nb"` + text}},
		{"a comment that is no text", columned(Column{Name: "a", Type: "int", Comment: "a\uFFFF"}, Column{Name: "b", Type: "int", Comment: "\uFFFE"}),
			[]string{`Query.Columns[0].Comment is "a\uffff"` + text, `Query.Columns[1].Comment is "\ufffe"` + text}},
		{"long comment", columned(Column{Name: "a", Type: "int", Comment: strings.Repeat("é", 128)}), []string{`Query.Columns[0].Comment is 256 bytes long; use at most 255`}},
	})
}

func TestParquetRefused(t *testing.T) {
	parquet := func(change func(e *Environment)) func(e *Environment) {
		return func(e *Environment) {
			e.Delivery.Format = FormatParquet
			e.Query.Enabled, e.Query.Columns = true, []Column{{Name: "type", Type: "string"}}
			change(e)
		}
	}
	const columns = `Delivery.Format is "Parquet" without columns; set Query.Enabled = true and Query.Columns: Firehose takes the columns of a Parquet file from the Glue table`
	testRefusals(t, []refusal{
		{"no query", parquet(func(e *Environment) { e.Query.Enabled = false }), []string{columns}},
		{"no columns", parquet(func(e *Environment) { e.Query.Columns = nil }), []string{columns}},
		{"compression", parquet(func(e *Environment) { e.Delivery.Compression = GZIP }),
			[]string{`Delivery.Compression is "GZIP" with Delivery.Format = Parquet; use "UNCOMPRESSED": Firehose requires it, and Delivery.Parquet.Compression compresses the files`}},
		{"format", func(e *Environment) { e.Delivery.Format = "ORC" }, []string{`Delivery.Format is "ORC"; use "JSON" or "Parquet"`}},
		{"buffer", parquet(func(e *Environment) {
			e.Delivery.Parquet = Parquet{BufferInterval: 59 * time.Second, BufferMiB: 63, Compression: "LZO"}
		}), []string{
			`Delivery.Parquet.BufferInterval is 59s; use whole seconds, 60 to 900`,
			`Delivery.Parquet.BufferMiB is 63; use 64 to 128`,
			`Delivery.Parquet.Compression is "LZO"; use "SNAPPY", "GZIP" or "UNCOMPRESSED"`,
		}},
	})
	testAcceptances(t, []acceptance{
		{"defaults", parquet(func(*Environment) {})},
		{"no lines", parquet(func(e *Environment) { e.Delivery.NewlineDelimited = false })},
		{"an extension", parquet(func(e *Environment) { e.Delivery.FileExtension = ".gz" })}, // Athena doesn't read it from the name of a Parquet file
		{"least", parquet(func(e *Environment) { e.Delivery.Parquet = Parquet{time.Minute, 64, ParquetGZIP} })},
		{"most", parquet(func(e *Environment) { e.Delivery.Parquet = Parquet{900 * time.Second, 128, ParquetUncompressed} })},
	})
}

func TestQueryAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"the longest name of a partition", queried(prefixed("events/" + strings.Repeat("a", 230) + "=!{timestamp:yyyy}/"))},
		{"folders that begin with a dot", queried(prefixed(".events/..a/.../year=!{timestamp:yyyy}/"))},
		{"defaults", queried(func(*Environment) {})},
		{"GZIP", queried(func(e *Environment) { e.Delivery.Compression = GZIP })},
		{"GZIP with an extension", queried(func(e *Environment) { e.Delivery.Compression, e.Delivery.FileExtension = GZIP, ".json.gz" })},
		{"text with an extension", queried(func(e *Environment) { e.Delivery.FileExtension = ".json" })},
		{"a time zone", queried(func(e *Environment) { e.Delivery.TimeZone = "Asia/Tokyo" })},
		{"the longest type of an event", eventOf(131072)},
		{"days", queried(prefixed("events/dt=!{timestamp:yyyy-MM-dd}/"))},
		{"columns", columned(Column{"user_id", "string", ""}, Column{"tags", "array<string>", strings.Repeat("é", 127) + "e"})},
		{"bounds", queried(func(e *Environment) {
			e.Query.Since, e.Query.ScanLimitMiB, e.Query.ResultExpireAfterDays = 2100, 104857600, 36500
		})},
		{"bucket", queried(func(e *Environment) { e.Query.ResultBucket = "my-results" })},
		// The rules do not check options that are off.
		{"off", func(e *Environment) { e.Query, e.Delivery.Compression, e.Delivery.Prefix = Query{}, ZIP, "events/" }},
	})
}
