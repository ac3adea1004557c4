package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/replay"
	"cdk.tf/go/ingest/tfjson"
)

const replayLong = `Put the records that Firehose could not deliver back into the stream.

Firehose writes such records below its error prefix. Fix what they failed for first: what fails
again lands there again. The command deletes nothing.

With --env, the command reads the bucket, the error prefix, the stream, and the region from
cdktf.out/stacks/ENV/cdk.tf.json. A flag replaces each of them. The credentials are the AWS
CLI's (AWS_PROFILE, AWS_ACCESS_KEY_ID, …). They need s3:ListBucket, s3:GetObject,
kinesis:DescribeStreamSummary, and kinesis:PutRecords, and with customer managed keys
kms:Decrypt and kms:GenerateDataKey.

After each batch, the command writes to the checkpoint what the stream confirmed. After Ctrl-C
or a failure, run the same command again: it continues from the checkpoint. Without that file it
puts everything again. Delivery is at least once and in no order with other records. Error
records do not contain their partition key, so that each gets a key of its object's key and its
line.`

const replayExample = `  ingest replay --env prod --dry-run                                  Count the records, and put nothing.
  ingest replay --env prod                                            Put all of them.
  ingest replay --env prod --since 2026-03-07 --rate 100              Put those since a day, 100 a second.
  ingest replay --env dev --endpoint-url http://127.0.0.1:4566        Put those of a running ingest up.`

type replayFlags struct {
	env, bucket, prefix, stream, region, endpoint, since, until, errorType, checkpoint, rejected string
	rate                                                                                         int
	dryRun                                                                                       bool
}

func replayCommand() *cobra.Command {
	var f replayFlags
	command := &cobra.Command{
		Use:     "replay [flags]",
		Short:   "Put the records that Firehose could not deliver back into the stream",
		Long:    replayLong,
		Example: replayExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return runReplay(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "", "Read what the next four flags say from the synthesised stack of `ENV`")
	flags.StringVar(&f.bucket, "bucket", "", "Read the error objects in `BUCKET`")
	flags.StringVar(&f.prefix, "prefix", "", "Read the objects whose keys begin with `PREFIX`")
	flags.StringVar(&f.stream, "stream", "", "Put the records into the Kinesis data stream `STREAM`")
	flags.StringVar(&f.region, "region", "", "Use the AWS region `REGION` for both (default the region of ENV, or the AWS CLI's)")
	flags.StringVar(&f.endpoint, "endpoint-url", "", "Use `URL` instead of the addresses of AWS, such as ingest up's http://127.0.0.1:4566")
	flags.BoolVar(&f.dryRun, "dry-run", false, "Read and count, and write nothing")
	flags.StringVar(&f.since, "since", "", "Put only records that Firehose received at `TIME` or later: 2026-03-07T15:00:00Z, or a day (UTC)")
	flags.StringVar(&f.until, "until", "", "Put only records that Firehose received before `TIME`")
	flags.StringVar(&f.errorType, "error-type", "", "Read only objects whose keys contain `TEXT`, such as processing-failed")
	flags.IntVar(&f.rate, "rate", 0, "Put `N` records a second at most (default half of the capacity of the stream's open shards)")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "Keep in `FILE` what is confirmed (default .replay/BUCKET--STREAM.json)")
	flags.StringVar(&f.rejected, "rejected", "", "Write records that can never be put to `FILE` (default beside the checkpoint)")
	return command
}

func runReplay(command *cobra.Command, f replayFlags) error {
	opts, err := f.options(command)
	if err != nil {
		return err
	}
	if err := connect(command.Context(), &opts); err != nil {
		return err
	}
	f.files(&opts)
	stderr := command.ErrOrStderr()
	fmt.Fprintf(stderr, "from s3://%s/%s to %s in %s\n", opts.Bucket, opts.Prefix, opts.Stream, opts.Region)
	summary, err := replay.Run(command.Context(), opts)
	if opts.DryRun && err == nil {
		tellDryRun(command.OutOrStdout(), summary)
		return nil
	}
	if err == nil || summary.Objects > 0 {
		tell(command.OutOrStdout(), summary)
	}
	switch {
	case errors.Is(err, replay.ErrInterrupted) && !opts.DryRun:
		return fmt.Errorf("%w; %s has the confirmed records; run the same command again to continue", err, opts.Checkpoint)
	case err != nil:
		return err
	case summary.Rejected > 0:
		return fmt.Errorf("not everything could be put: %s, each a record or a whole object; %s has the reasons, and their objects are still there", many(summary.Rejected, "reject"), opts.Rejected)
	case summary.Archived > 0:
		return fmt.Errorf("%d objects are archived and were not read; restore them (aws s3api restore-object), and replay again", summary.Archived)
	}
	return nil
}

// options makes the replay's options from the flags. It reports every problem at once.
func (f replayFlags) options(command *cobra.Command) (replay.Options, error) {
	target, err := f.target(command)
	errs := []error{err}
	opts := replay.Options{
		Target: target, ErrorType: f.errorType, Rate: f.rate, DryRun: f.dryRun,
		Clock: clockwork.NewRealClock(), Jitter: rand.Float64,
		Progress: command.ErrOrStderr(), Terminal: isTerminal(command.ErrOrStderr()),
	}
	opts.Since, err = moment("--since", f.since)
	errs = append(errs, err)
	opts.Until, err = moment("--until", f.until)
	errs = append(errs, err)
	if f.since != "" && f.until != "" && err == nil && !opts.Since.Before(opts.Until) {
		errs = append(errs, usagef("--since %s is not before --until %s; swap them", f.since, f.until))
	}
	if address, err := url.Parse(f.endpoint); f.endpoint != "" && (err != nil || address.Host == "" || !strings.HasPrefix(address.Scheme, "http")) {
		errs = append(errs, usagef("--endpoint-url is %q; use an address such as http://127.0.0.1:4566", f.endpoint))
	}
	if command.Flags().Changed("rate") && f.rate < 1 {
		errs = append(errs, usagef("--rate is %d; use 1 or more records a second", f.rate))
	}
	return opts, errors.Join(errs...)
}

// target returns the values of the environment's stack, overridden by flags.
func (f replayFlags) target(command *cobra.Command) (replay.Target, error) {
	var t replay.Target
	if command.Flags().Changed("env") {
		stack, err := readEnvironment(f.env, "leave the flag out and use the others")
		if err != nil {
			return t, err
		}
		if t, err = replay.TargetOf(stack); err != nil {
			return t, fmt.Errorf("--env %s: %w", f.env, err)
		}
		if t.Prefix == "" && f.prefix == "" {
			return t, fmt.Errorf("--env %s: its error prefix begins with an expression, so error objects cannot be told from other objects; name --prefix, such as processing-failed/", f.env)
		}
	}
	t.Bucket, t.Prefix, t.Stream = cmp.Or(f.bucket, t.Bucket), cmp.Or(f.prefix, t.Prefix), cmp.Or(f.stream, t.Stream)
	t.Region, t.Endpoint = cmp.Or(f.region, t.Region), f.endpoint
	var errs []error
	for _, needed := range []struct{ flag, value, example string }{
		{"--bucket", t.Bucket, ""}, {"--prefix", t.Prefix, ", such as errors/"}, {"--stream", t.Stream, ""},
	} {
		if needed.value == "" {
			errs = append(errs, usagef("%s is missing; name it%s, or an environment with --env", needed.flag, needed.example))
		}
	}
	return t, errors.Join(errs...)
}

// readEnvironment reads the last synthesised stack of an environment. instead is what to use instead of --env, for an error.
func readEnvironment(env, instead string) (*tfjson.Stack, error) {
	file, err := environmentFile(env, instead)
	if err != nil {
		return nil, err
	}
	stack, err := tfjson.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--env: %w; run make synth again", err)
	}
	return stack, nil
}

// environmentFile returns the file of the last synthesised stack of an environment, with the same arguments.
func environmentFile(env, instead string) (string, error) {
	p, err := thisProject()
	if err != nil {
		return "", fmt.Errorf("--env: %w, or %s", err, instead)
	}
	stacks := filepath.Join(p.folder, p.Output, "stacks")
	made := names(stacks)
	switch {
	case len(made) == 0:
		return "", fmt.Errorf("--env: nothing is synthesised in %s; run make synth", short(stacks))
	case !slices.Contains(made, env):
		return "", usagef("--env: no environment named %q is synthesised (make synth synthesises all); %s", env, nearest.Remedy(env, made))
	}
	return short(filepath.Join(stacks, env, "cdk.tf.json")), nil
}

// moment parses a point in time as a person types it. It returns zero for an empty text.
func moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usagef("%s is %q; use a time such as 2026-03-07T15:00:00Z, or a day such as 2026-03-07 (UTC)", flag, text)
}

// connect makes the clients. Without flags they use the credentials, region and endpoint of the AWS command line.
func connect(ctx context.Context, opts *replay.Options) error {
	// The SDK's log does not help the reader of the errors.
	more := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if opts.Region != "" {
		more = append(more, config.WithRegion(opts.Region))
	}
	if opts.Endpoint != "" {
		more = append(more, config.WithBaseEndpoint(opts.Endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, more...)
	if err != nil {
		return fmt.Errorf("AWS's configuration cannot be read: %w; correct it, or choose another profile in AWS_PROFILE", err)
	}
	if cfg.Region == "" {
		return usagef("--region is missing; name it, or an environment with --env")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("there are no AWS credentials (%w); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for ingest up: test and test)", err)
	}
	opts.Region, opts.Endpoint = cfg.Region, aws.ToString(cfg.BaseEndpoint)
	cfg.HTTPClient = sdkhttp.Keep(cfg.HTTPClient)
	opts.To = kinesis.NewFromConfig(cfg)
	opts.From = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = opts.Endpoint != "" })
	return nil
}

// files sets the paths of the checkpoint and of the file of rejected records. Without flags they are named for the bucket and
// the stream.
func (f replayFlags) files(opts *replay.Options) {
	name := opts.Bucket + "--" + opts.Stream
	if address, err := url.Parse(opts.Endpoint); err == nil && address.Host != "" {
		name += "--" + address.Host
	}
	name = strings.NewReplacer("/", "-", ":", "-").Replace(name)
	opts.Checkpoint = cmp.Or(f.checkpoint, filepath.Join(".replay", name+".json"))
	opts.Rejected = cmp.Or(f.rejected, strings.TrimSuffix(opts.Checkpoint, ".json")+".rejected.jsonl")
}

// isTerminal reports whether w is a terminal, and not a file or a pipe.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

func tell(out io.Writer, s replay.Summary) {
	fmt.Fprintf(out, "put %s from %s\n", many(s.Put, "record"), many(s.Objects-s.Complete, "object"))
	tellRest(out, s)
}

func tellDryRun(out io.Writer, s replay.Summary) {
	fmt.Fprintf(out, "dry run: nothing was put or written\nwould put %s (%d bytes) from %s", many(s.Put, "record"), s.Bytes, many(s.Objects-s.Complete, "object"))
	if s.Put > 0 {
		least := time.Duration(float64(s.Put) / s.Rate * float64(time.Second))
		fmt.Fprintf(out, ", in %s or more at %.0f a second", max(least.Round(time.Second), time.Second), s.Rate)
	}
	fmt.Fprintln(out)
	tellRest(out, s)
}

// tellRest prints a line for every count that is not 0.
func tellRest(out io.Writer, s replay.Summary) {
	for _, code := range slices.Sorted(maps.Keys(s.ByCode)) {
		fmt.Fprintf(out, "  %d %s\n", s.ByCode[code], cmp.Or(code, "(no error code)"))
	}
	for _, line := range []struct {
		count      int
		what, text string
	}{
		{s.Complete, "object", "put completely by an earlier replay"},
		{s.Earlier, "record", "of other objects, put by an earlier replay"},
		{s.Outside, "record", "outside --since and --until"},
		{s.Retried, "time", "a record was put again, because the stream had refused it"},
		{s.Rejected, "reject", "in total, each a record or a whole object"},
		{s.Gone, "object", "deleted meanwhile"},
		{s.Archived, "object", "archived and not read"},
	} {
		if line.count > 0 {
			fmt.Fprintf(out, "%s %s\n", many(line.count, line.what), line.text)
		}
	}
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
