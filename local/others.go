package local

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
)

func (p *Pipeline) declares(stream string) bool {
	return slices.ContainsFunc(p.declared.streams, func(cfg kinesis.Config) bool { return cfg.Name == stream })
}

// warnOfOthers logs which streams of the data folder hold undelivered events although the stack does not declare them, as after a
// rename, or in a folder that another environment uses too.
func (p *Pipeline) warnOfOthers() {
	for _, stream := range p.streams.Status().Streams {
		if p.declares(stream.Name) {
			continue
		}
		const remedy = "to deliver them, run the stack that declares the stream: ingest up --stack FILE --data"
		switch backlog, err := p.undeliveredOf(stream.Name); {
		case err != nil:
			p.opts.Logger.Warn(fmt.Sprintf("the data folder %s holds events of the stream %s, which this stack does not declare; they cannot be counted: %v; %s %s",
				p.opts.Data, stream.Name, err, remedy, p.opts.Data))
		case backlog.Events > 0:
			p.opts.Logger.Warn(fmt.Sprintf("the data folder %s holds undelivered events (%d) of the stream %s, which this stack does not declare; "+
				"they are kept until %s; %s %s", p.opts.Data, backlog.Events, stream.Name, backlog.Until.UTC().Format(time.RFC3339), remedy, p.opts.Data))
		}
	}
}

// undeliveredOf counts the events that the slowest of a stream's delivery streams has not delivered. If none has a checkpoint, these
// are all events of the stream.
func (p *Pipeline) undeliveredOf(stream string) (kinesis.Backlog, error) {
	delivered := firehose.Delivered(p.checkpointsDir(), stream)
	if len(delivered) == 0 {
		delivered = append(delivered, nil)
	}
	var most kinesis.Backlog
	for _, after := range delivered {
		backlog, err := p.streams.Backlog(context.Background(), stream, after)
		if err != nil {
			return most, err
		}
		if backlog.Events > most.Events {
			most = backlog
		}
	}
	return most, nil
}
