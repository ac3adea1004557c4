package cloudwatch

import (
	"strings"
	"sync"
	"time"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
)

const (
	countUnit    = "Count"
	inBytes      = "Bytes"
	secondsUnit  = "Seconds"
	milliseconds = "Milliseconds"
)

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// apiMetrics measures an API.
//
// Assumption CW-8: API Gateway sends Count, 4XXError, 5XXError and Latency for each request, and IntegrationLatency for each that it
// relays, with the dimensions ApiName, with ApiName and Stage, and for methods with detailed metrics also with Method and Resource.
// Each request is a sample of 4XXError and 5XXError, 0 or 1, because their average is the share of the requests (developer guide,
// "Amazon API Gateway dimensions and metrics"). Without requests there are no samples. A request that reaches no stage is not counted,
// which AWS does not document.
type apiMetrics struct {
	metrics *Metrics
	name    string
	logs    *Series // lines of the access log; nil without one

	mu     sync.RWMutex
	series map[apiDimensions][]requestSeries
}

type apiDimensions struct{ stage, method, resource string }

// requestSeries are the metrics of a request with the same dimensions.
type requestSeries struct{ count, client, server, latency, integration *Series }

// MeasureAPI returns a function that measures an API's requests. accessLog is the log group of its access log, or empty.
func MeasureAPI(metrics *Metrics, name, accessLog string) func(apigateway.Measured) {
	m := &apiMetrics{metrics: metrics, name: inASCII(name), series: map[apiDimensions][]requestSeries{}}
	if accessLog != "" {
		m.logs = logLines(metrics, accessLog)
	}
	return m.measure
}

// inASCII removes other characters from an API's name, as API Gateway does for the dimension (developer guide, "Amazon API Gateway
// dimensions and metrics").
func inASCII(name string) string {
	return strings.Map(func(r rune) rune {
		if r > 127 {
			return -1
		}
		return r
	}, name)
}

// logLines countUnit the lines of a log group. It has samples only for minutes with a line (CloudWatch Logs user guide, "Monitoring with
// CloudWatch metrics").
func logLines(metrics *Metrics, group string) *Series {
	return metrics.Series("AWS/Logs", "IncomingLogEvents", countUnit, map[string]string{"LogGroupName": group})
}

// of returns the metrics of a request, one for each set of dimensions.
func (m *apiMetrics) of(d apiDimensions) []requestSeries {
	m.mu.RLock()
	found := m.series[d]
	m.mu.RUnlock()
	if found != nil {
		return found
	}
	sets := []map[string]string{{"ApiName": m.name}, {"ApiName": m.name, "Stage": d.stage}}
	if d.method != "" {
		sets = append(sets, map[string]string{"ApiName": m.name, "Stage": d.stage, "Method": d.method, "Resource": d.resource})
	}
	for _, dimensions := range sets {
		series := func(name, unit string) *Series {
			return m.metrics.Series("AWS/ApiGateway", name, unit, dimensions)
		}
		found = append(found, requestSeries{
			series("Count", countUnit), series("4XXError", countUnit), series("5XXError", countUnit),
			series("Latency", milliseconds), series("IntegrationLatency", milliseconds),
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.series[d] = found
	return found
}

func (m *apiMetrics) measure(r apigateway.Measured) {
	for _, s := range m.of(apiDimensions{r.Stage, r.Method, r.Resource}) {
		s.count.Add(r.At, 1)
		s.client.Add(r.At, one(r.Status >= 400 && r.Status < 500))
		s.server.Add(r.At, one(r.Status >= 500))
		s.latency.Add(r.At, inMilliseconds(r.Latency))
		if r.Integration >= 0 {
			s.integration.Add(r.At, inMilliseconds(r.Integration))
		}
	}
	if m.logs != nil {
		m.logs.Add(r.At, 1)
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// StreamMetrics measures one stream.
//
// Assumption CW-9: Kinesis sends the metrics of a stream each minute, with the dimension StreamName. Each call is a sample:
// PutRecord.Success, PutRecords.Success and GetRecords.Success have 1 for a call of which a record succeeded, and else 0.
// WriteProvisionedThroughputExceeded has the number of throttled records of each put, which is mostly 0, and
// ReadProvisionedThroughputExceeded has 0 or 1 for each GetRecords ("When the Maximum statistic has a value of 0 (zero), no records
// were throttled"). IncomingBytes and IncomingRecords have a sample for each put of which the stream has taken something (developer
// guide, "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch"). Without calls there are no samples.
//
// AWS does not document that bytes leave partition keys out, nor which refused calls count. Here a call countUnit if its stream exists and
// its role has the permission of Kinesis; calls that Kinesis refuses for a wrong form do not count.
type StreamMetrics struct {
	bytes, records, writesThrottled, readsThrottled *Series
	put, puts                                       putSeries
	batchRecords                                    *Series
	got                                             struct{ bytes, records, latency, success, age *Series }
}

type putSeries struct{ bytes, latency, success *Series }

// NewStreamMetrics measures a stream by its name.
func NewStreamMetrics(metrics *Metrics, stream string) *StreamMetrics {
	series := func(name, unit string) *Series {
		return metrics.Series("AWS/Kinesis", name, unit, map[string]string{"StreamName": stream})
	}
	m := &StreamMetrics{
		bytes: series("IncomingBytes", inBytes), records: series("IncomingRecords", countUnit),
		writesThrottled: series("WriteProvisionedThroughputExceeded", countUnit), readsThrottled: series("ReadProvisionedThroughputExceeded", countUnit),
		put:          putSeries{series("PutRecord.Bytes", inBytes), series("PutRecord.Latency", milliseconds), series("PutRecord.Success", countUnit)},
		puts:         putSeries{series("PutRecords.Bytes", inBytes), series("PutRecords.Latency", milliseconds), series("PutRecords.Success", countUnit)},
		batchRecords: series("PutRecords.Records", countUnit),
	}
	m.got.bytes, m.got.records, m.got.latency = series("GetRecords.Bytes", inBytes), series("GetRecords.Records", countUnit), series("GetRecords.Latency", milliseconds)
	m.got.success, m.got.age = series("GetRecords.Success", countUnit), series("GetRecords.IteratorAgeMilliseconds", milliseconds)
	return m
}

// Written measures a call.
func (m *StreamMetrics) Written(w kinesis.Written) {
	put := m.put
	if w.Batch {
		put = m.puts
		m.batchRecords.Add(w.At, float64(w.Records))
	}
	put.success.Add(w.At, one(w.Records > 0))
	put.latency.Add(w.At, inMilliseconds(w.Latency))
	m.writesThrottled.Add(w.At, float64(w.Throttled))
	if w.Records > 0 {
		put.bytes.Add(w.At, float64(w.Bytes))
		m.bytes.Add(w.At, float64(w.Bytes))
		m.records.Add(w.At, float64(w.Records))
	}
}

// Read measures a call.
func (m *StreamMetrics) Read(r kinesis.ReadCall) {
	m.readsThrottled.Add(r.At, one(r.Throttled))
	if r.Throttled {
		m.got.success.Add(r.At, 0)
		return
	}
	m.gave(firehose.ReadCall{At: r.At, Calls: 1, Records: r.Records, Bytes: r.Bytes, Behind: r.Behind, Latency: r.Latency})
}

// gave measures successful reads.
func (m *StreamMetrics) gave(r firehose.ReadCall) {
	m.got.success.AddMany(r.At, 1, r.Calls)
	m.got.records.AddMany(r.At, float64(r.Records), r.Calls)
	m.got.bytes.AddMany(r.At, float64(r.Bytes), r.Calls)
	m.got.latency.AddMany(r.At, inMilliseconds(r.Latency), r.Calls)
	m.got.age.AddMany(r.At, inMilliseconds(r.Behind), r.Calls)
}

// deliveryMetrics measures one delivery stream.
//
// Assumption CW-10: Firehose sends the metrics of a delivery stream with the dimension DeliveryStreamName.
// DeliveryToS3.Success has a sample of 1 or 0 for each attempt to write an object; Records, Bytes and DataFreshness have one for each
// object. DataFreshness is the age of the oldest record in Firehose, from its arrival there. DataReadFromKinesisStream.Records and
// Bytes have a sample for each read with records. With dynamic partitioning, PartitionCount and PartitionCountExceeded (1 where the
// limit was exceeded, else 0) have a sample each minute (developer guide, "Monitor Amazon Data Firehose with CloudWatch metrics").
//
// Firehose sends them each five minutes (awsdocs/amazon-kinesis-data-firehose-developer-guide, monitoring-with-cloudwatch-metrics.md); here
// they are there each minute, so an alarm here needs up to four minutes less. DataFreshness also has a sample each minute while records
// wait, and none while nothing waits. AWS documents neither. Bytes are those of the object. The local Firehose is not throttled, so
// ThrottledGetRecords, ThrottledGetShardIterator and ThrottledDescribeStream have no samples.
type deliveryMetrics struct {
	read                               struct{ bytes, records, behind *Series }
	success, records, bytes, age       *Series
	partitions, tooManyPartitions, log *Series
}

// MeasureDelivery measures a delivery stream. stream is what it reads.
func MeasureDelivery(metrics *Metrics, stream *StreamMetrics, cfg firehose.Config) firehose.Measures {
	series := func(name, unit string) *Series {
		return metrics.Series("AWS/Firehose", name, unit, map[string]string{"DeliveryStreamName": cfg.Name})
	}
	m := &deliveryMetrics{
		success: series("DeliveryToS3.Success", countUnit), records: series("DeliveryToS3.Records", countUnit),
		bytes: series("DeliveryToS3.Bytes", inBytes), age: series("DeliveryToS3.DataFreshness", secondsUnit),
		partitions: series("PartitionCount", countUnit), tooManyPartitions: series("PartitionCountExceeded", countUnit),
	}
	m.read.bytes, m.read.records = series("DataReadFromKinesisStream.Bytes", inBytes), series("DataReadFromKinesisStream.Records", countUnit)
	m.read.behind = series("KinesisMillisBehindLatest", milliseconds)
	if cfg.LogGroup != "" {
		m.log = logLines(metrics, cfg.LogGroup)
	}
	return m.of(stream)
}

// of measures a delivery stream that reads a stream.
func (m *deliveryMetrics) of(stream *StreamMetrics) firehose.Measures {
	return firehose.Measures{
		Read: func(r firehose.ReadCall) {
			stream.gave(r)
			stream.readsThrottled.AddMany(r.At, 0, r.Calls)
			m.read.behind.AddMany(r.At, inMilliseconds(r.Behind), r.Calls)
			if r.Records > 0 {
				m.read.records.Add(r.At, float64(r.Records))
				m.read.bytes.Add(r.At, float64(r.Bytes))
			}
		},
		Wrote: m.wrote,
		Held:  m.held,
		Logged: func(at time.Time) {
			if m.log != nil {
				m.log.Add(at, 1)
			}
		},
	}
}

func (m *deliveryMetrics) wrote(w firehose.Write) {
	m.success.Add(w.At, one(w.Success))
	if w.Success {
		m.records.Add(w.At, float64(w.Records))
		m.bytes.Add(w.At, float64(w.Bytes))
		m.age.Add(w.At, w.Age.Seconds())
	}
}

func (m *deliveryMetrics) held(h firehose.Held) {
	if h.Age >= 0 {
		m.age.Add(h.At, h.Age.Seconds())
	}
	if h.Partitioned {
		m.partitions.Add(h.At, float64(h.Partitions))
		m.tooManyPartitions.Add(h.At, one(h.Exceeded))
	}
}
