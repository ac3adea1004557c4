package main

import (
	"fmt"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

// ownInterval is the value of the flag that means the stack's own interval.
const ownInterval = "stack"

// interval is the value of --buffer-interval: a duration, or the stack's own interval if it is not set. The zero value means
// the stack's own. If it is set, 0 s means 0 s.
type interval struct {
	duration time.Duration
	set      bool
}

// String, Set and Type implement pflag.Value.
func (i *interval) String() string {
	if !i.set {
		return ownInterval
	}
	return i.duration.String()
}

func (i *interval) Set(text string) error {
	if text == ownInterval {
		*i = interval{}
		return nil
	}
	duration, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	*i = interval{duration, true}
	return nil
}

func (i *interval) Type() string { return "interval" }

func (i *interval) check() error {
	if i.set && (i.duration < quota.MinBufferInterval || i.duration > quota.MaxBufferInterval) {
		return fmt.Errorf("--buffer-interval is %s; use %gs to %gs, Firehose's own bounds, or %s for the stack's own", i,
			quota.MinBufferInterval.Seconds(), quota.MaxBufferInterval.Seconds(), ownInterval)
	}
	return nil
}

// replacement returns the interval that replaces the stack's own, or nil to keep that.
func (i *interval) replacement() *time.Duration {
	if !i.set {
		return nil
	}
	return &i.duration
}
