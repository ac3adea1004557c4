package spec

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"cdk.tf/go/ingest/internal/bucketname"
	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
)

// Firehose makes a Parquet file of at least 64 MiB (Firehose API reference, BufferingHints). The shortest interval is this
// project's bound: a file of a few rows is larger than its JSON, and slower to read.
const (
	minParquetMiB      = 64
	minParquetInterval = time.Minute
)

func (p *problems) parquet(delivery Delivery) {
	p.whole("Delivery.Parquet.BufferInterval", delivery.Parquet.BufferInterval, minParquetInterval, quota.MaxBufferInterval, time.Second, "seconds")
	p.within("Delivery.Parquet.BufferMiB", delivery.Parquet.BufferMiB, minParquetMiB, quota.MaxBufferMiB)
	oneOf(p, "Delivery.Parquet.Compression", delivery.Parquet.Compression, ParquetSnappy, ParquetGZIP, ParquetUncompressed)
	if delivery.Compression != Uncompressed {
		p.add("Delivery.Compression", is(string(delivery.Compression))+" with Delivery.Format = Parquet",
			`use "UNCOMPRESSED": Firehose requires it, and Delivery.Parquet.Compression compresses the files`)
	}
}

const (
	// minScanMiB is the lowest limit that Athena accepts (API reference, WorkGroupConfiguration: 10,000,000 bytes), in MiB.
	minScanMiB = 10
	// maxScanMiB is 100 TiB, this project's bound against typing errors: about 500 USD for one query.
	maxScanMiB = 100 * 1024 * 1024
	// The bounds of Since are against typing errors too.
	minSince = 2000
	maxSince = 2100
)

func (p *problems) query(e Environment) {
	if e.Delivery.Format == FormatParquet && (!e.Query.Enabled || len(e.Query.Columns) == 0) {
		p.add("Delivery.Format", is(string(e.Delivery.Format))+" without columns",
			"set Query.Enabled = true and Query.Columns: Firehose takes the columns of a Parquet file from the Glue table")
	}
	if !e.Query.Enabled {
		p.withoutQuery(e)
		return
	}
	p.readable(e.Delivery)
	p.columns(e)
	p.eventColumnType(e)
	p.within("Query.Since", e.Query.Since, minSince, maxSince)
	p.within("Query.ScanLimitMiB", e.Query.ScanLimitMiB, minScanMiB, maxScanMiB)
	p.resultBucket(e)
	p.within("Query.ResultExpireAfterDays", e.Query.ResultExpireAfterDays, 1, maxDays)
}

// withoutQuery refuses the options that have no effect without Query.Enabled. It reports nothing with Parquet: there another
// rule requires Query.Enabled, and the options then have an effect.
func (p *problems) withoutQuery(e Environment) {
	if e.Delivery.Format == FormatParquet {
		return
	}
	query, byDefault := e.Query, Default(e.Name).Query
	p.unused("Query.Enabled is false", "set Query.Enabled to true, or leave it out",
		option{"Query.Columns", len(query.Columns) > 0},
		option{"Query.Since", isSet(query.Since, byDefault.Since)},
		option{"Query.ScanLimitMiB", isSet(query.ScanLimitMiB, byDefault.ScanLimitMiB)},
		option{"Query.ResultBucket", query.ResultBucket != ""},
		option{"Query.ResultExpireAfterDays", isSet(query.ResultExpireAfterDays, byDefault.ResultExpireAfterDays)})
}

const orNoQuery = ", or set Query.Enabled = false"

// readable checks that Athena can find and read the delivered objects. Of Firehose's compressions of text, Athena reads GZIP.
// ZIP "is not supported", and Firehose's Snappy is none of the framings that Athena knows (Athena user guide, "Use compression
// in Athena").
func (p *problems) readable(delivery Delivery) {
	if delivery.Compression == ZIP || delivery.Compression == Snappy {
		p.add("Delivery.Compression", is(string(delivery.Compression))+" with Query.Enabled",
			`use "UNCOMPRESSED" or "GZIP", which Athena can read`+orNoQuery)
	}
	if !delivery.NewlineDelimited && delivery.Format == FormatJSON {
		p.add("Delivery.NewlineDelimited", "is false with Query.Enabled", "set it to true: Athena reads one event on each line"+orNoQuery)
	}
	if fault, remedy := objectname.Mismatch(string(delivery.Compression), delivery.FileExtension); fault != "" && delivery.Format == FormatJSON {
		p.add("Delivery.FileExtension", fault, remedy+", as Athena does"+orNoQuery)
	}
	p.readablePrefix(delivery)
}

// readablePrefix checks that Athena can tell from the prefix where to read. Athena takes no empty folder (user guide, "Specify a table
// location in Amazon S3"). The paths of Hadoop, by which it reads, drop it.
func (p *problems) readablePrefix(delivery Delivery) {
	byDate := delivery
	byDate.PartitionBy = nil // another rule reports a field that has the name of a date
	partitioning, ok := byDate.Partitioning()
	if !ok {
		p.add(prefixField, is(delivery.Prefix)+" with Query.Enabled",
			`use a folder and Hive partitions from the year down, such as "events/dt=!{timestamp:yyyy-MM-dd}/", from which Athena can tell where to read`+orNoQuery)
		return
	}
	if strings.Contains(partitioning.Folder, "//") {
		p.add(prefixField, fmt.Sprintf("%s with Query.Enabled, whose folder has the part %q", is(delivery.Prefix), ""),
			"leave that part out: Athena would read another folder"+orNoQuery)
	}
	for _, partition := range partitioning.Partitions {
		if len(partition.Name) > maxProjectedName {
			p.add(prefixField, fmt.Sprintf("has a partition whose name is %d characters long, with Query.Enabled", len(partition.Name)), projectedRemedy()+orNoQuery)
		}
	}
}

// maxProjectedName keeps the longest key of a partition's projection within the 255 bytes of a table parameter's key (Glue API reference,
// TableInput, Parameters).
const maxProjectedName = 255 - len("projection.") - len(".interval.unit")

func projectedRemedy() string {
	return fmt.Sprintf("use at most %d: Glue takes no longer name of the partition's projection", maxProjectedName)
}

// The bounds of names and comments are Glue's (API reference, Column). Names are those that Athena accepts without quotes.
var (
	columnPattern    = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,254}$`)
	maxColumnType    = 131072
	maxColumnComment = 255
)

func (p *problems) columns(e Environment) {
	partitioning, _ := e.Delivery.Partitioning()
	for _, column := range e.ownColumns() {
		if partitioning.hasDate(column.Name) { // another rule reports a field
			p.add(prefixField, fmt.Sprintf("%s, whose partition %q is a column of the table too", is(e.Delivery.Prefix), column.Name), "rename the partition")
		}
	}
	seen := map[string]bool{}
	for i, column := range e.Query.Columns {
		field := fmt.Sprintf("Query.Columns[%d].", i)
		switch {
		case !columnPattern.MatchString(column.Name):
			p.add(field+"Name", is(column.Name), `use the property's name in lower case: a-z, 0-9 and "_", not beginning with a digit, at most 255`)
		case seen[column.Name]:
			p.add(field+"Name", is(column.Name)+", which another column has too", "use another: Athena ignores case")
		case partitioning.has(column.Name) && !e.API.Envelope.Enabled: // in an envelope it is a field of the event
			p.add(field+"Name", is(column.Name)+", which a partition of Delivery.Prefix or Delivery.PartitionBy has too", "leave the column out or rename the partition")
		}
		seen[column.Name] = true
		p.columnType(field+"Type", column.Type)
		p.columnComment(field+"Comment", column.Comment)
	}
}

// columnComment checks a comment. Both Glue's API reference and the AWS provider (internal/service/glue/catalog_table.go) bound its bytes.
func (p *problems) columnComment(field, comment string) {
	if len(comment) > maxColumnComment {
		p.add(field, fmt.Sprintf("is %d bytes long", len(comment)), fmt.Sprintf("use at most %d", maxColumnComment))
	}
	if strings.ContainsFunc(comment, isNoText) {
		p.add(field, is(comment), "use one line without control characters, U+FFFE and U+FFFF: Glue takes no others")
	}
}

// isNoText reports whether a character is none of Glue's single-line strings (developer guide, "Common data types"). They may hold a tab,
// which no client shows as one.
func isNoText(r rune) bool { return unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' }

func (p *problems) columnType(field, text string) {
	if len(text) > maxColumnType {
		p.add(field, fmt.Sprintf("is %d characters long", len(text)), fmt.Sprintf("use at most %d", maxColumnType))
	} else if !isColumnType(text) {
		p.add(field, is(text), "use one of Hive's types without spaces, such as string, bigint, double, boolean, timestamp, decimal(10,2), array<string>, map<string,string> or struct<id:string>")
	} else if name := repeatedMember(text); name != "" {
		p.add(field, fmt.Sprintf("%s, a struct with two members %q", is(text), name), "use another name for one: a query could not tell them apart")
	}
}

// eventColumnType bounds the type of the column with the event, which in an envelope is a struct of all declared columns.
func (p *problems) eventColumnType(e Environment) {
	if !e.API.Envelope.Enabled {
		return
	}
	if length := len(e.Query.eventType()); length > maxColumnType {
		p.add("Query.Columns", fmt.Sprintf("makes a type of %d characters for the column %q of API.Envelope", length, eventColumn),
			fmt.Sprintf("use fewer or shorter columns: Glue takes %d", maxColumnType))
	}
}

func (p *problems) resultBucket(e Environment) {
	const field = "Query.ResultBucket"
	name := e.QueryBucketName()
	switch remedy, suffix := ownBucketRemedy(name), bucketname.ReservedSuffix(name); {
	case remedy != "" && e.Query.ResultBucket != "":
		p.add(field, is(name), remedy)
	case suffix != "" && e.Query.ResultBucket == "":
		p.add(field, fmt.Sprintf("would be %q", name), suffixRemedy(suffix))
	case name == e.BucketName():
		p.add(field, is(name)+", which is also the events' bucket", "use another: results expire, and have other readers than events")
	case e.Web.Hosted && name == e.WebBucketName():
		p.add(field, is(name)+", which is also the web page's bucket", "use another: everything in the web page's bucket is public")
	}
}
