package firehose

import (
	"maps"
	"slices"
	"time"
)

// Status has what a delivery stream has done since Open, and what it will deliver next.
type Status struct {
	Name string `json:"name"`
	// BufferedRecords and BufferedBytes wait for delivery, which happens at NextDelivery at the latest. Bytes count before
	// compression.
	BufferedRecords int        `json:"bufferedRecords"`
	BufferedBytes   int        `json:"bufferedBytes"`
	NextDelivery    *time.Time `json:"nextDelivery,omitempty"`
	// Partitioned is true with dynamic partitioning. Partitions counts the active partitions.
	Partitioned bool `json:"partitioned,omitempty"`
	Partitions  int  `json:"partitions,omitempty"`
	// Delivered counts what has been delivered since Open.
	DeliveredObjects int `json:"deliveredObjects"`
	DeliveredRecords int `json:"deliveredRecords"`
	DeliveredBytes   int `json:"deliveredBytes"`
	// FailedRecords counts those of them that are below the error prefix.
	FailedRecords int `json:"failedRecords,omitempty"`
	// Failures counts failed attempts to read, deliver or move the checkpoint. LastFailure is the last one's text.
	Failures      int        `json:"failures"`
	LastFailure   string     `json:"lastFailure,omitempty"`
	LastFailureAt *time.Time `json:"lastFailureAt,omitempty"`
	// LastObjects are the last fifty delivered objects, the newest first.
	LastObjects []Object `json:"lastObjects"`
}

const lastObjects = 50

// Status returns a copy of the status.
func (d *DeliveryStream) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.status
	s.LastObjects = append([]Object{}, s.LastObjects...)
	return s
}

// Progress is how far the delivery stream has come in a shard: the sequence number of the last record that it has read, and of the last
// one before which every record is delivered. "" is before the oldest.
func (d *DeliveryStream) Progress(shard string) (read, delivered string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen[shard], d.settled[shard]
}

// showBuffer updates the status with the buffer. The caller has the turn.
func (d *DeliveryStream) showBuffer() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen, d.settled = maps.Clone(d.read), d.checkpoint.After
	d.status.BufferedRecords, d.status.BufferedBytes = d.buffered(), d.bytes
	d.status.Partitioned, d.status.Partitions, d.status.NextDelivery = d.queries != nil, d.partitions(), nil
	d.active, d.since = d.status.Partitions, time.Time{}
	if buffers := d.byAge(); len(buffers) > 0 {
		d.since = buffers[0].since
		due := buffers[0].since.Add(d.cfg.BufferInterval)
		d.status.NextDelivery = &due
	}
}

func (d *DeliveryStream) showDelivered(object Object) {
	d.showBuffer()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.DeliveredObjects++
	d.status.DeliveredRecords += object.Records
	d.status.DeliveredBytes += object.Bytes
	if object.ErrorType != "" {
		d.status.FailedRecords += object.Records
	}
	d.status.LastObjects = slices.Insert(d.status.LastObjects, 0, object)
	if len(d.status.LastObjects) > lastObjects {
		d.status.LastObjects = d.status.LastObjects[:lastObjects]
	}
}

func (d *DeliveryStream) showFailure(what string, err error) {
	now := d.opts.Clock.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Failures++
	d.status.LastFailure, d.status.LastFailureAt = what+": "+err.Error(), &now
}
