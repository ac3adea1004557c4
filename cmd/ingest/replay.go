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

	"cdk.tf/go/ingest/internal/region"
	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/local/apigateway/vtl"
	"cdk.tf/go/ingest/replay"
)

const replayLong = `Put the records that Firehose could not deliver back into the stream.

Firehose writes such records below its error prefix. Fix what they failed for first: what fails
again lands there again. The command deletes nothing.

With --delivered, the command puts what Firehose delivered: each line of the objects that were
written from --since on. Records that go into their own stream are delivered again, so that the
bucket then has a copy of each. The command does not read those copies, as long as the
checkpoint is the same. A line that is not JSON by itself is rejected.

With --env, the command reads the bucket, the prefix, the stream, and the region from
cdktf.out/stacks/ENV/cdk.tf.json. A flag replaces each of them. The credentials are the AWS
CLI's (AWS_PROFILE, AWS_ACCESS_KEY_ID, …). They need s3:ListBucket, s3:GetObject,
kinesis:DescribeStreamSummary, and kinesis:PutRecords, and with customer managed keys
kms:Decrypt and kms:GenerateDataKey.

After each batch, the command writes to the checkpoint what the stream confirmed. After Ctrl-C
or a failure, run the same command again: it continues from the checkpoint. Without that file it
puts everything again. Delivery is at least once and in no order with other records. Objects do
not contain the partition keys of their records, so that each gets a key of its object's key and
its line, or of --partition-key.`

const replayExample = `  ingest replay --env prod --dry-run                                  Count the records, and put nothing.
  ingest replay --env prod                                            Put all of them.
  ingest replay --env prod --since 2026-03-07 --rate 100              Put those since a day, 100 a second.
  ingest replay --env dev --endpoint-url http://127.0.0.1:4566        Put those of a running ingest up.
  ingest replay --env prod --delivered --since 2026-03-07 --until 2026-03-08 --to-env staging
                                                                      Put what was delivered on a day into staging.`

type replayFlags struct {
	env, bucket, prefix, stream, region, endpoint, since, until, errorType, checkpoint, rejected string
	toEnv, toEndpoint, toProfile, partitionKey                                                   string
	rate                                                                                         int
	dryRun, delivered, openEnvelopes                                                             bool
}

func replayCommand() *cobra.Command {
	var f replayFlags
	command := &cobra.Command{
		Use:     "replay [flags]",
		Short:   "Put the records that Firehose could not deliver, or that it delivered, into a stream",
		Long:    replayLong,
		Example: replayExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return runReplay(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "", "Read what the next four flags say from the synthesised stack of `ENV`")
	flags.StringVar(&f.bucket, "bucket", "", "Read the objects in `BUCKET`")
	flags.StringVar(&f.prefix, "prefix", "", "Read the objects whose keys begin with `PREFIX`")
	flags.StringVar(&f.stream, "stream", "", "Put the records into the Kinesis data stream `STREAM`")
	flags.StringVar(&f.region, "region", "", "Use the AWS region `REGION` for the bucket, and without --to-env for the stream (default the region of ENV, or the AWS CLI's)")
	flags.StringVar(&f.endpoint, "endpoint-url", "", "Use `URL` instead of the addresses of AWS, such as ingest up's http://"+localAWS)
	flags.BoolVar(&f.delivered, "delivered", false, "Read the delivered objects instead of the error objects; it needs --since")
	flags.StringVar(&f.toEnv, "to-env", "", "Put the records into the stream of the synthesised stack of `ENV`, in its region")
	flags.StringVar(&f.toEndpoint, "to-endpoint-url", "", "Use `URL` for the stream (default that of --endpoint-url)")
	flags.StringVar(&f.toProfile, "to-profile", "", "Use the AWS `PROFILE` for the stream (default the credentials for the bucket)")
	flags.BoolVar(&f.openEnvelopes, "open-envelopes", false, "Put the event that is in each envelope, without the envelope, and reject a record that is none")
	flags.StringVar(&f.partitionKey, "partition-key", "", "Take each record's partition key from the `JSONPATH` in it, such as $.user_id, where it has one")
	flags.BoolVar(&f.dryRun, "dry-run", false, "Read and count, and write nothing")
	flags.StringVar(&f.since, "since", "", "Put only records that Firehose received, or with --delivered wrote, at `TIME` or later: 2026-03-07T15:00:00Z, or a day (UTC)")
	flags.StringVar(&f.until, "until", "", "Put only those before `TIME`")
	flags.StringVar(&f.errorType, "error-type", "", "Read only objects whose keys contain `TEXT`, such as processing-failed")
	flags.IntVar(&f.rate, "rate", 0, "Put `N` records a second at most (default half of the capacity of the stream's open shards)")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "Keep in `FILE` what is confirmed (default .replay/BUCKET--STREAM.json)")
	flags.StringVar(&f.rejected, "rejected", "", "Write records that can never be put to `FILE` (default beside the checkpoint)")
	return command
}

func runReplay(command *cobra.Command, f replayFlags) error {
	opts, own, err := f.options(command)
	if err != nil {
		return err
	}
	if err := f.connect(command.Context(), &opts); err != nil {
		return err
	}
	opts.Feeds = feeds(own, opts.Target)
	f.files(&opts)
	if err := checkRejected(opts); err != nil {
		return err
	}
	stderr := command.ErrOrStderr()
	fmt.Fprintln(stderr, route(opts.Target))
	if f.delivered {
		sayCopies(stderr, own, opts)
	}
	summary, err := replay.Run(command.Context(), opts)
	if opts.DryRun && err == nil {
		tellDryRun(command.OutOrStdout(), summary)
		return nil
	}
	if err == nil || summary.Objects > 0 {
		tell(command.OutOrStdout(), summary)
	}
	return outcome(opts, summary, err)
}

// checkRejected finds a file of rejected records that cannot be one, which else the first of them would find.
func checkRejected(opts replay.Options) error {
	for _, own := range []string{"", ".lock", ".tmp"} { // the checkpoint's, beside it
		if err := otherThan("--rejected", opts.Rejected, "--checkpoint", opts.Checkpoint+own); err != nil {
			return err
		}
	}
	if info, err := os.Stat(opts.Rejected); err == nil && info.IsDir() {
		return fmt.Errorf("--rejected: %s is a folder; name a file", opts.Rejected)
	}
	return nil
}

// outcome returns the error with which a replay ends, if it did not put everything.
func outcome(opts replay.Options, summary replay.Summary, err error) error {
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

// route says from where to where a replay goes.
func route(t replay.Target) string {
	text := fmt.Sprintf("from s3://%s/%s", t.Bucket, t.Prefix)
	if t.ToRegion != t.Region {
		text += " in " + t.Region
	}
	text += fmt.Sprintf(" to %s in %s", t.Stream, t.ToRegion)
	if t.ToEndpoint != t.Endpoint {
		text += " at " + cmp.Or(t.ToEndpoint, replay.AWS)
	}
	return text
}

// sayCopies says that a replay into a bucket's own stream leaves its records in the bucket twice.
func sayCopies(stderr io.Writer, own replay.Target, opts replay.Options) {
	const copies = "the bucket gets a second copy of each record, in new objects"
	switch {
	case opts.Feeds && own.Bucket == "":
		fmt.Fprintln(stderr, "if this stream's records land in this bucket,", copies)
	case opts.Feeds:
		fmt.Fprintln(stderr, "the records go into the stream that they came from:", copies)
	}
}

// feeds reports whether the records land in the bucket again, or may: without --env it is unknown. own is what the stack of
// --env says.
func feeds(own, t replay.Target) bool {
	if own.Bucket == "" {
		return true
	}
	return t.Bucket == own.Bucket && t.Stream == own.Stream && t.ToRegion == t.Region && t.ToEndpoint == t.Endpoint
}

// options makes the replay's options from the flags, and returns what the stack of --env says. It reports every problem at once.
func (f replayFlags) options(command *cobra.Command) (opts replay.Options, own replay.Target, err error) {
	if err := emptyFlags(command, map[string]string{"env": "", "to-env": ""}); err != nil {
		return opts, own, err
	}
	own, err = f.source(command)
	target := own
	if err == nil {
		target, err = f.target(command, own)
	}
	errs := []error{err}
	opts = replay.Options{
		Target: target, Delivered: f.delivered, OpenEnvelopes: f.openEnvelopes, ErrorType: f.errorType, Rate: f.rate, DryRun: f.dryRun,
		Clock: clockwork.NewRealClock(), Jitter: rand.Float64,
		Progress: command.ErrOrStderr(), Terminal: isTerminal(command.ErrOrStderr()),
	}
	errs = append(errs, f.times(&opts))
	if f.delivered && f.errorType != "" {
		errs = append(errs, usagef("--error-type selects error objects; leave it out, or leave out --delivered"))
	}
	if f.partitionKey != "" {
		if opts.KeyPath, err = vtl.ParsePath(f.partitionKey); err != nil {
			errs = append(errs, usagef("--partition-key: %w; use a path such as $.user_id", err))
		}
	}
	errs = append(errs, f.checkNames(), checkEndpoint("--endpoint-url", f.endpoint), checkEndpoint("--to-endpoint-url", f.toEndpoint))
	if command.Flags().Changed("rate") && f.rate < 1 {
		errs = append(errs, usagef("--rate is %d; use 1 or more records a second", f.rate))
	}
	return opts, own, errors.Join(errs...)
}

// checkNames finds addresses and ARNs in place of names, which the SDK would send as names.
func (f replayFlags) checkNames() error {
	var errs []error
	if strings.ContainsAny(f.bucket, "/:") {
		errs = append(errs, usagef("--bucket is %q; use the bucket's name alone, and --prefix for the beginning of the keys", f.bucket))
	}
	if strings.ContainsAny(f.stream, "/:") {
		errs = append(errs, usagef("--stream is %q; use the stream's name alone, without its ARN", f.stream))
	}
	if f.region != "" && !region.Valid(f.region) {
		errs = append(errs, usagef("--region is %q; %s", f.region, region.Remedy(f.region)))
	}
	return errors.Join(errs...)
}

// times sets the bounds of time.
func (f replayFlags) times(opts *replay.Options) error {
	var since, until error
	opts.Since, since = moment("--since", f.since)
	opts.Until, until = moment("--until", f.until)
	switch {
	case since != nil || until != nil:
		return errors.Join(since, until)
	case f.delivered && f.since == "":
		return usagef("--since is missing, and --delivered needs it; use a time such as 2026-03-07T15:00:00Z, or a day such as 2026-03-07 (UTC)")
	case f.since != "" && f.until != "" && opts.Since.Equal(opts.Until):
		return usagef("--since and --until are both %s, so nothing is between them; use a later --until", f.since)
	case f.since != "" && f.until != "" && !opts.Since.Before(opts.Until):
		return usagef("--since %s is not before --until %s; swap them", f.since, f.until)
	}
	return nil
}

func checkEndpoint(flag, text string) error {
	address, err := url.Parse(text)
	if text != "" && (err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https") {
		example := "http://" + localAWS
		if flag == "--local" {
			example = defaultLocal
		}
		return usagef("%s is %q; use an address such as %s", flag, text, example)
	}
	return nil
}

// target returns the values of the environment's stack, overridden by flags.
func (f replayFlags) target(command *cobra.Command, t replay.Target) (replay.Target, error) {
	t.Bucket, t.Prefix, t.Stream = cmp.Or(f.bucket, t.Bucket), cmp.Or(f.prefix, t.Prefix), cmp.Or(f.stream, t.Stream)
	t.Region, t.Endpoint = cmp.Or(f.region, t.Region), f.endpoint
	t.ToRegion = t.Region
	if command.Flags().Changed("to-env") {
		to, err := f.destination()
		if err != nil {
			return t, err
		}
		t.Stream, t.ToRegion = to.Stream, to.ToRegion
	}
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

// source returns what the stack of --env says, or nothing without the flag.
func (f replayFlags) source(command *cobra.Command) (t replay.Target, err error) {
	if !command.Flags().Changed("env") {
		return t, nil
	}
	stack, err := readEnvironment("--env", f.env, "leave the flag out and use the others")
	if err != nil {
		return t, err
	}
	read, what, example := replay.TargetOf, "error", "processing-failed/"
	if f.delivered {
		read, what, example = replay.DeliveredOf, "delivered", "events/"
	}
	if t, err = read(stack); err != nil {
		return t, fmt.Errorf("--env %s: %w", f.env, err)
	}
	if t.Prefix == "" && f.prefix == "" {
		return t, fmt.Errorf("--env %s: its %s prefix begins with an expression, so %s objects cannot be told from other objects; name --prefix, such as %s", f.env, what, what, example)
	}
	return t, nil
}

// destination returns the stream of --to-env.
func (f replayFlags) destination() (t replay.Target, err error) {
	if f.stream != "" {
		return t, usagef("--stream and --to-env both name the stream; use one of them")
	}
	stack, err := readEnvironment("--to-env", f.toEnv, "leave the flag out and use --stream")
	if err != nil {
		return t, err
	}
	if t, err = replay.StreamOf(stack); err != nil {
		return t, fmt.Errorf("--to-env %s: %w", f.toEnv, err)
	}
	return t, nil
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
func (f replayFlags) connect(ctx context.Context, opts *replay.Options) error {
	from, err := configure(ctx, opts.Region, opts.Endpoint, "")
	if err != nil {
		return err
	}
	opts.Region = from.Region
	// The address of one service, such as AWS_ENDPOINT_URL_S3, is in its client alone.
	objects := s3.NewFromConfig(from, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	opts.From = objects
	to := from.Copy() // its credentials are retrieved once, because that may ask a person for a code
	to.Region = cmp.Or(opts.ToRegion, opts.Region)
	if f.toProfile != "" {
		if to, err = configure(ctx, to.Region, cmp.Or(f.endpoint, aws.ToString(from.BaseEndpoint)), f.toProfile); err != nil {
			return err
		}
	}
	stream := kinesis.NewFromConfig(to, func(o *kinesis.Options) {
		if f.toEndpoint != "" { // the SDK prefers the address of the configuration's sources to that of the configuration
			o.BaseEndpoint = aws.String(f.toEndpoint)
		}
	})
	opts.To, opts.ToRegion = stream, to.Region
	opts.Endpoint, opts.ToEndpoint = aws.ToString(objects.Options().BaseEndpoint), aws.ToString(stream.Options().BaseEndpoint)
	return nil
}

// configure reads the AWS configuration, with values that replace its own unless they are empty.
func configure(ctx context.Context, region, endpoint, profile string) (aws.Config, error) {
	// The SDK's log does not help the reader of the errors.
	more := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if region != "" {
		more = append(more, config.WithRegion(region))
	}
	if endpoint != "" {
		more = append(more, config.WithBaseEndpoint(endpoint))
	}
	if profile != "" {
		more = append(more, config.WithSharedConfigProfile(profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, more...)
	if err != nil {
		return cfg, fmt.Errorf("AWS's configuration cannot be read: %w; correct it, or choose another profile in %s", err, profileFlag(profile))
	}
	if cfg.Region == "" {
		return cfg, usagef("--region is missing; name it, or an environment with --env")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("there are no AWS credentials (%w); set %s, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for ingest up: test and test)", err, profileFlag(profile))
	}
	cfg.HTTPClient = sdkhttp.Keep(cfg.HTTPClient)
	return cfg, nil
}

// profileFlag names where a profile was, or can be, chosen.
func profileFlag(profile string) string {
	if profile != "" {
		return "--to-profile"
	}
	return "AWS_PROFILE"
}

// files sets the paths of the checkpoint and of the file of rejected records. Without flags they are named for the bucket and
// the stream.
func (f replayFlags) files(opts *replay.Options) {
	name := opts.Bucket + "--" + opts.Stream
	if opts.Delivered {
		name += "--delivered"
	}
	if opts.ToRegion != opts.Region {
		name += "--" + opts.ToRegion
	}
	name += host(opts.Endpoint)
	if opts.ToEndpoint != opts.Endpoint {
		name += cmp.Or(host(opts.ToEndpoint), "--"+replay.AWS)
	}
	name = strings.NewReplacer("/", "-", ":", "-").Replace(name)
	opts.Checkpoint = cmp.Or(f.checkpoint, filepath.Join(".replay", name+".json"))
	opts.Rejected = cmp.Or(f.rejected, strings.TrimSuffix(opts.Checkpoint, ".json")+".rejected.jsonl")
}

// host returns the part of a file's name for an address.
func host(endpoint string) string {
	if address, err := url.Parse(endpoint); err == nil && address.Host != "" {
		return "--" + address.Host
	}
	return ""
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
	fmt.Fprintf(out, "put %s from %s\n", many(s.Put, "record"), many(s.Begun, "object"))
	tellRest(out, s)
}

func tellDryRun(out io.Writer, s replay.Summary) {
	fmt.Fprintf(out, "dry run: nothing was put or written\nwould put %s (%d bytes) from %s", many(s.Put, "record"), s.Bytes, many(s.Begun, "object"))
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
