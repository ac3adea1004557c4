package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/plan"
)

const planLong = `Say what an environment takes and what it costs, from its synthesised stack: each limit on an event's
path with its use at the peak, the first to fail, what more load needs, and a month's bill by line with
what would change the bill.

The load is the environment's Load. --rate, --bytes, --batch and --month try other values. With --rate, the
events of a month change in proportion. With --sample, the stack's mapping template makes records of real
events: the report has their sizes, how Firehose rounds them up, the hottest partition keys and shards, and
the rate at which Kinesis throttles. Their mean size replaces the load's.

With --against, it says only what differs from the plans of another version, such as those of the branch into
which a pull request is merged: of one stack's file, or of the folder that its synthesis wrote. With a folder,
it compares every environment that one of the versions has, or the one of --env.

The prices are list prices; docs/prices.md has their sources. The command calls nothing on AWS, so it knows
neither quotas that were raised nor discounts.`

const planExample = `  ingest plan --env prod
  ingest plan --env dev --rate 500 --bytes 800 --batch 100
  ingest plan --env prod --sample events.ndjson
  ingest plan --env prod --markdown > plan.md
  ingest plan --against ../main/cdktf.out --markdown`

type planFlags struct {
	env, stack     string
	sample         string
	against        string
	try            plan.Try
	json, markdown bool
}

func planCommand() *cobra.Command {
	var f planFlags
	command := &cobra.Command{
		Use:     "plan [flags]",
		Short:   "Say what an environment takes and costs",
		Long:    planLong,
		Example: planExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return writePlan(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "dev", "Plan the environment `ENV`, as it was last synthesised")
	flags.StringVar(&f.stack, "stack", "", "Plan the synthesised stack `FILE`, in place of --env")
	flags.IntVar(&f.try.Rate, "rate", 0, "Compute with `N` events a second at the peak")
	flags.IntVar(&f.try.Bytes, "bytes", 0, "Compute with records of `N` bytes on average")
	flags.IntVar(&f.try.Batch, "batch", 0, "Compute with `N` events in each request")
	flags.IntVar(&f.try.Month, "month", 0, "Compute with `N` events a month")
	flags.StringVar(&f.sample, "sample", "", "Read events from `FILE`, one JSON value in each line, and say how large they are and how they spread over the shards")
	flags.StringVar(&f.against, "against", "", "Say only what differs from the synthesised stack `PATH`, or from the stacks in it if it is a folder such as cdktf.out")
	flags.BoolVar(&f.json, "json", false, "Write JSON, for programs")
	flags.BoolVar(&f.markdown, "markdown", false, "Write Markdown, for a pull request")
	return command
}

func writePlan(command *cobra.Command, f planFlags) error {
	if err := f.check(command); err != nil {
		return err
	}
	if f.against != "" {
		return f.writeDifferences(command)
	}
	stack, source, err := readStack(f.env, f.stack)
	if err != nil {
		return err
	}
	pipeline, err := plan.Read(stack)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	sample, err := f.readSample(command.Context(), pipeline)
	if err != nil {
		return ofFile("--sample", f.sample, err)
	}
	if sample != nil && f.try.Bytes == 0 {
		f.try.Bytes = max(1, sample.MeanBytes)
	}
	report, err := pipeline.Report(f.try)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	report.Sample = sample
	name, out := environmentOf(stack, f.stack), command.OutOrStdout()
	switch {
	case f.json:
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	case f.markdown:
		return report.Markdown(out, name)
	}
	return report.Text(out, name)
}

// readSample reads the events of --sample; nil without the flag. The file may be a pipe into which nobody writes, so Ctrl-C does not wait
// for it.
func (f planFlags) readSample(ctx context.Context, pipeline *plan.Pipeline) (*plan.Sample, error) {
	if f.sample == "" {
		return nil, nil
	}
	type result struct {
		sample *plan.Sample
		err    error
	}
	read := make(chan result, 1)
	go func() {
		sample, err := sampleOf(ctx, pipeline, f.sample)
		read <- result{sample, err}
	}()
	select {
	case r := <-read:
		return r.sample, r.err
	case <-ctx.Done():
		return nil, errInterrupted
	}
}

func sampleOf(ctx context.Context, pipeline *plan.Pipeline, file string) (*plan.Sample, error) {
	events, err := os.Open(file)
	if err != nil {
		return nil, readable.Explain(file, err)
	}
	defer func() { _ = events.Close() }()
	sample, err := pipeline.Sample(ctx, events)
	return sample, readable.Explain(file, err)
}

// check finds every problem of the flags at once.
func (f planFlags) check(command *cobra.Command) error {
	errs := []error{bothGiven(command, [2]string{"env", "stack"})}
	changed := command.Flags().Changed
	if f.json && f.markdown {
		errs = append(errs, errors.New("--json and --markdown are both given; give one"))
	}
	errs = append(errs, f.checkAgainst(changed)...)
	errs = append(errs, f.checkBounds(changed)...)
	errs = append(errs, emptyFlags(command, map[string]string{"stack": aFile, "sample": aFile, "against": "name a synthesised stack or a folder of them"}))
	if err := errors.Join(errs...); err != nil {
		return asUsage(err)
	}
	return checkStackFile(command, f.stack)
}

// checkBounds finds the numbers that are out of bounds.
func (f planFlags) checkBounds(changed func(string) bool) []error {
	var errs []error
	for _, bound := range []struct {
		flag        string
		value, most int
	}{{"rate", f.try.Rate, 10_000_000}, {"bytes", f.try.Bytes, quota.MaxRecordBytes}, {"batch", f.try.Batch, quota.MaxPutRecords}, {"month", f.try.Month, 1e15}} {
		if changed(bound.flag) && (bound.value < 1 || bound.value > bound.most) {
			errs = append(errs, fmt.Errorf("--%s is %d; use 1 to %d", bound.flag, bound.value, bound.most))
		}
	}
	return errs
}
