package spec

import "time"

// Format is how events stand in the delivered objects.
type Format string

const (
	// FormatJSON leaves every event as it was sent.
	FormatJSON Format = "JSON"
	// FormatParquet has Firehose convert events to Apache Parquet, by the columns of the Glue table. It needs
	// [Query.Enabled] and [Query.Columns]. An event that does not fit the columns goes below the error prefix.
	FormatParquet Format = "Parquet"
)

// Buffer is what a delivery waits for: whichever is reached first.
type Buffer struct {
	// Interval is the longest time that a record waits.
	Interval time.Duration
	// MiB is the size of the records, before compression or conversion.
	MiB int
}

// Buffer is the one that holds in the delivery's format.
func (d Delivery) Buffer() Buffer {
	if d.Format == FormatParquet {
		return Buffer{d.Parquet.BufferInterval, d.Parquet.BufferMiB}
	}
	return Buffer{d.BufferInterval, d.BufferMiB}
}

// Interval is the longest time that a record waits in the delivery's format.
func (d Delivery) Interval() time.Duration { return d.Buffer().Interval }

// Parquet is how Firehose makes Parquet files.
type Parquet struct {
	// BufferInterval is the longest time that a record waits: whole seconds, 60 s to 900 s.
	BufferInterval time.Duration
	// BufferMiB is the size of JSON in MiB at which a file is made, 64 to 128.
	BufferMiB int
	// Compression within the files.
	Compression ParquetCompression
}

// ParquetCompression is a compression of the blocks within a Parquet file.
type ParquetCompression string

// The compressions that Firehose offers (API reference, ParquetSerDe): the first for speed, the second for size.
const (
	ParquetSnappy       ParquetCompression = "SNAPPY"
	ParquetGZIP         ParquetCompression = "GZIP"
	ParquetUncompressed ParquetCompression = "UNCOMPRESSED"
)

// Query lets Athena's SQL read what was delivered: a Glue table over the events' prefix, whose partitions are computed from
// the prefix and never have to be added, a workgroup that bounds a query, and a bucket of results. Off, it makes nothing.
//
// The events' prefix must be a folder and then Hive partitions by date, as the default is; the objects must be as Athena
// can read them: a line each, uncompressed or GZIP, or Parquet.
type Query struct {
	Enabled bool

	// Columns of the table. Without any the table has one, event, which is the whole event as JSON text: then
	// json_extract_scalar(event, '$.user.id') reads any event, whatever its shape.
	Columns []Column

	// Since is the year of the first event, 2000 to 2100. A query that names no year looks for partitions from then on.
	Since int

	// ScanLimitMiB ends a query that reads more, in MiB: 10, which is Athena's least, to 104,857,600 (100 TiB).
	ScanLimitMiB int

	// ResultBucket overrides the derived PREFIX-query-ENV, the global name of the bucket of results.
	ResultBucket string

	// ResultExpireAfterDays deletes a query's result, at least 1. The query can be run again.
	ResultExpireAfterDays int
}

// Column is one property of the events. Whatever else an event holds stays in the object, and out of the table (in Parquet:
// out of both).
type Column struct {
	// Name is the property's in lower case: a-z, 0-9 and "_", at most 255. Upper case in an event makes no difference.
	Name string
	// Type is one of Hive's, without spaces: boolean, tinyint, smallint, int, bigint, float, double, decimal(P,S), string,
	// char(N), varchar(N), date, timestamp, array<T>, map<K,V> and struct<NAME:T,…>.
	Type string
	// Comment is shown beside the column: one line of at most 255 characters, or nothing.
	Comment string
}
