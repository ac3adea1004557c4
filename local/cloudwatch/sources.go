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

// measured are the units of the metrics that are measured here, by [kindOf].
func measured() map[string]string {
	all := NewMetrics()
	api := &apiMetrics{metrics: all, series: map[apiDimensions][]requestSeries{}}
	api.of(apiDimensions{method: "any"})
	MeasureDelivery(all, NewStreamMetrics(all, ""), firehose.Config{LogGroup: "any"})
	units := map[string]string{}
	for _, s := range all.byKey {
		units[kindOf(s.namespace, s.name, s.dimensions)] = s.unit
	}
	return units
}

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
	logs    *series // lines of the access log; nil without one

	mu     sync.RWMutex
	series map[apiDimensions][]requestSeries
}

type apiDimensions struct{ stage, method, resource string }

// requestSeries are the metrics of a request with the same dimensions.
type requestSeries struct{ count, client, server, latency, integration *series }

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
func logLines(metrics *Metrics, group string) *series {
	return metrics.series("AWS/Logs", "IncomingLogEvents", countUnit, map[string]string{"LogGroupName": group})
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
		metric := func(name, unit string) *series {
			return m.metrics.series("AWS/ApiGateway", name, unit, dimensions)
		}
		found = append(found, requestSeries{
			metric("Count", countUnit), metric("4XXError", countUnit), metric("5XXError", countUnit),
			metric("Latency", milliseconds), metric("IntegrationLatency", milliseconds),
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.series[d] = found
	return found
}

func (m *apiMetrics) measure(r apigateway.Measured) {
	for _, s := range m.of(apiDimensions{r.Stage, r.Method, r.Resource}) {
		s.count.add(r.At, 1)
		s.client.add(r.At, one(r.Status >= 400 && r.Status < 500))
		s.server.add(r.At, one(r.Status >= 500))
		s.latency.add(r.At, inMilliseconds(r.Latency))
		if r.Integration >= 0 {
			s.integration.add(r.At, inMilliseconds(r.Integration))
		}
	}
	if m.logs != nil {
		m.logs.add(r.At, 1)
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
	bytes, records, writesThrottled, readsThrottled *series
	put, puts                                       putSeries
	batchRecords                                    *series
	got                                             struct{ bytes, records, latency, success, age *series }
}

type putSeries struct{ bytes, latency, success *series }

// NewStreamMetrics measures a stream by its name.
func NewStreamMetrics(metrics *Metrics, stream string) *StreamMetrics {
	metric := func(name, unit string) *series {
		return metrics.series("AWS/Kinesis", name, unit, map[string]string{"StreamName": stream})
	}
	m := &StreamMetrics{
		bytes: metric("IncomingBytes", inBytes), records: metric("IncomingRecords", countUnit),
		writesThrottled: metric("WriteProvisionedThroughputExceeded", countUnit), readsThrottled: metric("ReadProvisionedThroughputExceeded", countUnit),
		put:          putSeries{metric("PutRecord.Bytes", inBytes), metric("PutRecord.Latency", milliseconds), metric("PutRecord.Success", countUnit)},
		puts:         putSeries{metric("PutRecords.Bytes", inBytes), metric("PutRecords.Latency", milliseconds), metric("PutRecords.Success", countUnit)},
		batchRecords: metric("PutRecords.Records", countUnit),
	}
	m.got.bytes, m.got.records, m.got.latency = metric("GetRecords.Bytes", inBytes), metric("GetRecords.Records", countUnit), metric("GetRecords.Latency", milliseconds)
	m.got.success, m.got.age = metric("GetRecords.Success", countUnit), metric("GetRecords.IteratorAgeMilliseconds", milliseconds)
	return m
}

// Written measures a call.
func (m *StreamMetrics) Written(w kinesis.Written) {
	put := m.put
	if w.Batch {
		put = m.puts
		m.batchRecords.add(w.At, float64(w.Records))
	}
	put.success.add(w.At, one(w.Records > 0))
	put.latency.add(w.At, inMilliseconds(w.Latency))
	m.writesThrottled.add(w.At, float64(w.Throttled))
	if w.Records > 0 {
		put.bytes.add(w.At, float64(w.Bytes))
		m.bytes.add(w.At, float64(w.Bytes))
		m.records.add(w.At, float64(w.Records))
	}
}

// Read measures a call.
func (m *StreamMetrics) Read(r kinesis.ReadCall) {
	m.readsThrottled.add(r.At, one(r.Throttled))
	if r.Throttled {
		m.got.success.add(r.At, 0)
		return
	}
	m.gave(firehose.ReadCall{At: r.At, Calls: 1, Records: r.Records, Bytes: r.Bytes, Behind: r.Behind, Latency: r.Latency})
}

// gave measures successful reads.
func (m *StreamMetrics) gave(r firehose.ReadCall) {
	m.got.success.addMany(r.At, 1, r.Calls)
	m.got.records.addMany(r.At, float64(r.Records), r.Calls)
	m.got.bytes.addMany(r.At, float64(r.Bytes), r.Calls)
	m.got.latency.addMany(r.At, inMilliseconds(r.Latency), r.Calls)
	m.got.age.addMany(r.At, inMilliseconds(r.Behind), r.Calls)
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
	read                               struct{ bytes, records, behind *series }
	success, records, bytes, age       *series
	partitions, tooManyPartitions, log *series
}

// MeasureDelivery measures a delivery stream. stream is what it reads.
func MeasureDelivery(metrics *Metrics, stream *StreamMetrics, cfg firehose.Config) firehose.Measures {
	metric := func(name, unit string) *series {
		return metrics.series("AWS/Firehose", name, unit, map[string]string{"DeliveryStreamName": cfg.Name})
	}
	m := &deliveryMetrics{
		success: metric("DeliveryToS3.Success", countUnit), records: metric("DeliveryToS3.Records", countUnit),
		bytes: metric("DeliveryToS3.Bytes", inBytes), age: metric("DeliveryToS3.DataFreshness", secondsUnit),
		partitions: metric("PartitionCount", countUnit), tooManyPartitions: metric("PartitionCountExceeded", countUnit),
	}
	m.read.bytes, m.read.records = metric("DataReadFromKinesisStream.Bytes", inBytes), metric("DataReadFromKinesisStream.Records", countUnit)
	m.read.behind = metric("KinesisMillisBehindLatest", milliseconds)
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
			stream.readsThrottled.addMany(r.At, 0, r.Calls)
			m.read.behind.addMany(r.At, inMilliseconds(r.Behind), r.Calls)
			if r.Records > 0 {
				m.read.records.add(r.At, float64(r.Records))
				m.read.bytes.add(r.At, float64(r.Bytes))
			}
		},
		Wrote: m.wrote,
		Held:  m.held,
		Logged: func(at time.Time) {
			if m.log != nil {
				m.log.add(at, 1)
			}
		},
	}
}

func (m *deliveryMetrics) wrote(w firehose.Write) {
	m.success.add(w.At, one(w.Success))
	if w.Success {
		m.records.add(w.At, float64(w.Records))
		m.bytes.add(w.At, float64(w.Bytes))
		m.age.add(w.At, w.Age.Seconds())
	}
}

func (m *deliveryMetrics) held(h firehose.Held) {
	if h.Age >= 0 {
		m.age.add(h.At, h.Age.Seconds())
	}
	if h.Partitioned {
		m.partitions.add(h.At, float64(h.Partitions))
		m.tooManyPartitions.add(h.At, one(h.Exceeded))
	}
}
