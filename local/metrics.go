package local

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/kinesis"
)

// openMetrics makes the metrics and the alarms. It comes before what it measures.
func (p *Pipeline) openMetrics() (err error) {
	p.metrics = cloudwatch.NewMetrics()
	p.streamMetrics = map[string]*cloudwatch.StreamMetrics{}
	for _, stream := range p.declared.streams {
		p.streamMetrics[stream.Name] = cloudwatch.NewStreamMetrics(p.metrics, stream.Name)
	}
	p.alarms, err = cloudwatch.OpenWatch(p.declared.alarms, cloudwatch.WatchOptions{
		Metrics: p.metrics, Path: filepath.Join(p.opts.Data, "cloudwatch", "alarms.json"), Clock: p.opts.Clock, Logger: p.opts.Logger,
		Changed: p.sayChanged,
	})
	return err
}

// streamMeasures measure the declared streams. Calls of others, which clients create, are not measured.
func (p *Pipeline) streamMeasures() kinesis.Measures {
	return kinesis.Measures{
		Written: func(w kinesis.Written) {
			if m := p.streamMetrics[w.Stream]; m != nil {
				m.Written(w)
			}
		},
		Read: func(r kinesis.ReadCall) {
			if m := p.streamMetrics[r.Stream]; m != nil {
				m.Read(r)
			}
		},
	}
}

// watch evaluates the alarms at the end of each minute, until ctx is done.
func (p *Pipeline) watch(ctx context.Context) {
	clock := p.opts.Clock
	for {
		now := clock.Now()
		minute := now.Truncate(time.Minute).Add(time.Minute)
		timer := clock.NewTimer(minute.Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.Chan():
			// A machine that slept wakes long after the minute. What is measured must be as late as what is evaluated: otherwise
			// the minutes before the evaluation lack data, which raises alarms.
			if last := clock.Now().Truncate(time.Minute); last.After(minute) {
				minute = last
			}
			p.endMinute(minute)
		}
	}
}

// endMinute measures what lasts, and then evaluates the alarms.
func (p *Pipeline) endMinute(at time.Time) {
	for _, delivery := range p.deliveries {
		delivery.Measure(at)
	}
	p.alarms.Evaluate()
}

// sayChanged prints a change of an alarm's state. The first state after the start needs no reason.
func (p *Pipeline) sayChanged(c cloudwatch.Change) {
	said := fmt.Sprintf("alarm %s: %s -> %s", c.Alarm, c.From, c.To)
	if c.From != cloudwatch.InsufficientData || c.To != cloudwatch.OK {
		said += ": " + c.Reason
	}
	fmt.Fprintln(p.opts.Out, said)
}
