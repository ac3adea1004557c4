package spec

import "time"

// Format is a format of the delivered objects.
type Format string

const (
	// FormatJSON leaves every event as the client sent it.
	FormatJSON Format = "JSON"
	// FormatParquet makes Firehose convert events to Apache Parquet, by the columns of the query table. It needs Query.Enabled and
	// Query.Columns. An event that does not fit the columns goes below Delivery.ErrorPrefix. `ingest up` refuses Parquet.
	FormatParquet Format = "Parquet"
)

// Buffer is when Firehose delivers: at the interval or the size, whichever is reached first.
type Buffer struct {
	// Interval is the longest time that a record waits.
	Interval time.Duration
	// MiB is the size of the records, before compression or conversion.
	MiB int
}

// Buffer returns the buffer that applies to the delivery's format.
func (d Delivery) Buffer() Buffer {
	if d.Format == FormatParquet {
		return Buffer{d.Parquet.BufferInterval, d.Parquet.BufferMiB}
	}
	return Buffer{d.BufferInterval, d.BufferMiB}
}

// Interval returns the longest time that a record waits in the delivery's format.
func (d Delivery) Interval() time.Duration { return d.Buffer().Interval }

// Parquet has the options of [FormatParquet].
type Parquet struct {
	// BufferInterval is the longest time that a record waits: whole seconds, 60 to 900. It replaces Delivery.BufferInterval.
	BufferInterval time.Duration
	// BufferMiB is the size of JSON in MiB at which Firehose makes a file, 64 to 128. It replaces Delivery.BufferMiB.
	BufferMiB int
	// Compression is the compression of the blocks in a file.
	Compression ParquetCompression
}

// ParquetCompression is a compression of the blocks within a Parquet file.
type ParquetCompression string

// Firehose offers these compressions (API reference, ParquetSerDe). Snappy is for speed, GZIP for size.
const (
	ParquetSnappy       ParquetCompression = "SNAPPY"
	ParquetGZIP         ParquetCompression = "GZIP"
	ParquetUncompressed ParquetCompression = "UNCOMPRESSED"
)

// Query lets you read the delivered events with SQL in Amazon Athena. It makes a Glue table over Delivery.Prefix, a workgroup that
// limits each query, and a bucket for the results. Athena computes the table's partitions from the prefix, so that nobody has to
// add them.
//
// The prefix must be a folder followed by Hive partitions by date, as the default is. No part of the folder is empty. The objects must be JSON with one event
// on each line, uncompressed or GZIP, or Parquet.
type Query struct {
	// Enabled makes the table, the workgroup and the bucket. Athena charges for what each query reads.
	Enabled bool

	// Columns are the table's columns. Without any the table has one column, event, which is the whole event as JSON text:
	// json_extract_scalar(event, '$.user.id') then reads a property of any event.
	Columns []Column

	// Since is the year of the first event in Delivery.TimeZone, 2000 to 2100. A query without a condition on the year reads the partitions from
	// this year on.
	Since int

	// ScanLimitMiB is the most that one query may read in MiB: 10, which is Athena's minimum, to 104,857,600 (100 TiB). Athena
	// ends a query that reads more.
	ScanLimitMiB int

	// ResultBucket is the name of the bucket for results. Empty derives PREFIX-query-ENV. Bucket names are global.
	ResultBucket string

	// ResultExpireAfterDays is the number of days after which S3 deletes a query's result, at least 1. You can run the query
	// again.
	ResultExpireAfterDays int
}

// Column is one property of the events. The delivered JSON also has the properties without a column. Parquet does not.
type Column struct {
	// Name is the property's name in lower case: a-z, 0-9 and "_", at most 255 characters. Athena ignores the case of an
	// event's property names.
	Name string
	// Type is a Hive type, without spaces: boolean, tinyint, smallint, int, bigint, float, double, decimal(P,S), string,
	// char(N), varchar(N), date, timestamp, array<T>, map<K,V> or struct<NAME:T,…>.
	Type string
	// Comment describes the column: one line of at most 255 bytes, or nothing. A letter with an accent is two bytes.
	Comment string
}
