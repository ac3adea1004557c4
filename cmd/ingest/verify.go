package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/internal/excerpt"
	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/internal/wholefile"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

const verifyLong = `Show that a deployed pipeline works: send events of its own, find each of them in the stream and in the
bucket, and compare what clients are answered, and what surrounds the pipeline, with the synthesised stack.
docs/verify.md has every check.

The stack is cdktf.out/stacks/ENV/cdk.tf.json. What it was deployed as comes from terraform output in that
folder, from a file with --outputs, or from a running ingest up with --local.

The credentials are the AWS CLI's (AWS_PROFILE, AWS_ACCESS_KEY_ID, …). An API that asks its clients for more
gets what its curl command needs, from the environment variables API_KEY, TOKEN, CLIENT_CERT and CLIENT_KEY.

Before it starts, the command says how much it sends at most and what that costs. Its events stay in the
bucket and have a field by which they can be left out. It deletes nothing, except with --clean.

A check holds, differs (with both sides and a remedy), is unknown (something keeps the command from looking)
or is not shown (this pipeline, or a request, cannot show it; the report says why). The exit status is 0
only if no check differs or is unknown.`

const verifyExample = `  ingest verify --env dev --preflight           Look at the account before make deploy.
  ingest verify --env dev                       Verify what is deployed.
  ingest verify --env dev --local               Verify the dev pipeline of a running ingest up.
  ingest verify --env dev --smoke               Send one event, and find it in the bucket.
  ingest verify --env prod --outputs out.json --report verify.json --report verify.xml`

type verifyFlags struct {
	env, stack, outputs, local string
	groups, reports            []string
	timeout                    time.Duration
	smoke, throttle, clean     bool
	preflight                  bool
}

// defaultLocal is where ingest up serves the API unless told otherwise.
const defaultLocal = "http://" + localAPI

func verifyCommand() *cobra.Command {
	var f verifyFlags
	command := &cobra.Command{
		Use:     "verify [flags]",
		Short:   "Show that a deployed pipeline works",
		Long:    verifyLong,
		Example: verifyExample,
		Args:    argumentOfLocal,
		RunE:    func(command *cobra.Command, _ []string) error { return runVerify(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "dev", "Verify the environment `ENV`, as it was last synthesised")
	flags.StringVar(&f.stack, "stack", "", "Verify the synthesised stack `FILE`, in place of --env")
	flags.StringVar(&f.outputs, "outputs", "", "Read the deployment's outputs from `FILE`, of cdktf output --outputs-file or terraform output -json (default terraform output in the stack's folder)")
	flags.StringVar(&f.local, "local", "", "Verify the pipeline of the ingest up at `URL`; without a URL, at "+defaultLocal)
	flags.Lookup("local").NoOptDefVal = defaultLocal
	flags.BoolVar(&f.smoke, "smoke", false, "Send one event, find it in the stream and in the bucket, and check nothing else")
	flags.StringSliceVar(&f.groups, "groups", nil, "Run the checks of these groups alone: `NAMES` of way, contract, surroundings and assumptions")
	flags.BoolVar(&f.preflight, "preflight", false, "Look at the AWS account before an apply: names, quotas, settings that others share, and permissions; sends no event")
	flags.BoolVar(&f.throttle, "throttle", false, "Send requests until the API throttles them, to see its 429")
	flags.DurationVar(&f.timeout, "timeout", 0, "Wait `TIME` for the events in the bucket (default three times the delivery stream's buffer interval, and two minutes)")
	flags.StringSliceVar(&f.reports, "report", nil, "Write the report to `FILE`: JSON, or JUnit's XML if its name ends in .xml")
	flags.BoolVar(&f.clean, "clean", false, "Delete the objects that have nothing but events of this run")
	return command
}

// argumentOfLocal refuses arguments, and knows the one that is meant for --local.
func argumentOfLocal(command *cobra.Command, args []string) error {
	if local := command.Flags().Lookup("local"); len(args) == 1 && local.Changed && local.Value.String() == defaultLocal {
		return usagef("--local takes its address after an equals sign; write --local=%s", args[0])
	}
	return noArguments(command, args)
}

// errInterrupted is Ctrl-C in a verification.
var errInterrupted = errors.New("interrupted")

func runVerify(command *cobra.Command, f verifyFlags) error {
	if err := f.check(command); err != nil {
		return err
	}
	if f.preflight {
		return runPreflight(command, f)
	}
	ctx := command.Context()
	opts, err := f.options(ctx)
	if err != nil {
		return err
	}
	if err := verify.Ready(ctx, opts); err != nil {
		return err
	}
	stderr := command.ErrOrStderr()
	opts.Progress = stderr
	fmt.Fprintf(stderr, "verifying %s: %s\n", opts.Pipeline.SubmitURL(), opts.Cost())
	report, err := verify.Run(ctx, opts)
	if writeErr := f.write(report); writeErr != nil {
		return writeErr
	}
	if err != nil {
		return fmt.Errorf("%w after %s; the events that it sent stay in the pipeline: %s", errInterrupted, many(len(report.Results), "check"), many(len(report.Events), "event"))
	}
	fmt.Fprintln(stderr)
	if err := report.Text(command.OutOrStdout()); err != nil {
		return err
	}
	if !report.Holds() {
		return fmt.Errorf("%s did not hold; the report has the remedies", many(report.Count(verify.Differs)+report.Count(verify.Unknown), "check"))
	}
	return nil
}

// check finds every problem of the flags at once.
func (f verifyFlags) check(command *cobra.Command) error {
	errs := []error{f.checkSources(command), checkEndpoint("--local", f.local)}
	for _, group := range f.groups {
		if !slices.Contains(verify.Groups, group) {
			errs = append(errs, fmt.Errorf("--groups: there is no group %q; use %s", group, strings.Join(verify.Groups, ", ")))
		}
	}
	if command.Flags().Changed("timeout") && (f.timeout < time.Second || f.timeout > time.Hour) {
		errs = append(errs, fmt.Errorf("--timeout is %s; use 1s to 1h", f.timeout))
	}
	errs = append(errs, f.checkReports()...)
	if err := errors.Join(errs...); err != nil {
		return asUsage(err)
	}
	if err := checkStackFile(command, f.stack); err != nil {
		return err
	}
	return f.emptyReports()
}

// checkReports finds reports that would replace each other, or what the command reads.
func (f verifyFlags) checkReports() (errs []error) {
	for i, name := range f.reports {
		errs = append(errs, otherThan("--report", name, "--stack", f.stack), otherThan("--report", name, "--outputs", f.outputs))
		if f.stack == "" {
			errs = append(errs, otherThanStackOf(f.env, "--report", name))
		}
		for _, other := range f.reports[:i] {
			errs = append(errs, otherThan("--report", name, "another --report", other))
		}
	}
	return errs
}

// checkSources finds flags that exclude or need each other.
func (f verifyFlags) checkSources(command *cobra.Command) error {
	errs := []error{
		bothGiven(command, [][2]string{{"env", "stack"}, {"local", "outputs"}, {"smoke", "groups"}, {"smoke", "throttle"}}...),
		emptyFlags(command, map[string]string{"stack": aFile, "outputs": aFile, "report": aFile}),
	}
	switch {
	case f.preflight:
		errs = append(errs, checkPreflight(command))
	case f.stack != "" && f.outputs == "" && f.local == "":
		errs = append(errs, errors.New("--stack needs the deployment's outputs; name them with --outputs, or give --local"))
	}
	return errors.Join(errs...)
}

// emptyReports removes the reports of an earlier run before this one begins, so that none of them stands for this one if it fails.
// It finds files that cannot be written before anything is sent.
func (f verifyFlags) emptyReports() error {
	for _, name := range f.reports {
		target, regular, err := wholefile.Target(name)
		if err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		if info, err := os.Stat(target); !regular && err == nil && !info.IsDir() {
			continue // a pipe's reader would see its end
		}
		file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // a report is for others to read
		if err != nil {
			return fmt.Errorf("--report: %w; name a file that can be written", err)
		}
		if err := file.Close(); err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		_ = os.Remove(target) // one that its folder keeps is empty
	}
	return nil
}

func (f verifyFlags) write(report *verify.Report) error {
	for _, name := range f.reports {
		form := report.JSON
		if strings.HasSuffix(name, ".xml") {
			form = report.JUnit
		}
		var text bytes.Buffer
		if err := errors.Join(form(&text), wholefile.Write(name, text.Bytes())); err != nil {
			return fmt.Errorf("--report %s: %w", name, err)
		}
	}
	return nil
}

// options makes the verification's options: the pipeline, and the credentials that it asks for.
func (f verifyFlags) options(ctx context.Context) (verify.Options, error) {
	pipeline, err := f.pipeline(ctx)
	if err != nil {
		return verify.Options{}, err
	}
	cfg, err := f.configure(ctx, pipeline)
	if err != nil {
		return verify.Options{}, err
	}
	client, caller, err := callerOf(pipeline)
	if err != nil {
		return verify.Options{}, err
	}
	caller.AWS = cfg.Credentials
	poll := 5 * time.Second
	if pipeline.Local {
		poll = 500 * time.Millisecond
	}
	return verify.Options{
		Pipeline: pipeline, Mark: time.Now().UTC().Format("20060102T150405Z") + "-" + uuid.NewString()[:8],
		Caller: caller, AWS: verify.NewClients(cfg), HTTP: client, Groups: f.groups, Smoke: f.smoke, Clean: f.clean, Throttle: f.throttle,
		Timeout: f.timeout, Poll: poll, Clock: clockwork.NewRealClock(),
	}, nil
}

// pipeline reads the stack and the outputs of its deployment.
func (f verifyFlags) pipeline(ctx context.Context) (*verify.Pipeline, error) {
	stack, source, err := readStack(f.env, f.stack)
	if err != nil {
		return nil, err
	}
	outputs, err := f.readOutputs(ctx, stack)
	if err != nil {
		return nil, err
	}
	pipeline, err := verify.Read(stack, outputs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return pipeline, nil
}

// readOutputs gives the deployment's outputs.
func (f verifyFlags) readOutputs(ctx context.Context, stack *tfjson.Stack) (verify.Outputs, error) {
	var content []byte
	var err error
	var source string
	switch {
	case f.local != "":
		source = "--local " + f.local
		content, err = fetchConfig(ctx, f.local)
	case f.outputs != "":
		source = "--outputs " + f.outputs
		if content, err = readable.File(f.outputs); err != nil {
			return nil, ofFile("--outputs", f.outputs, err)
		}
	default:
		source = "--env " + f.env
		content, err = f.terraformOutput(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	outputs, err := verify.ParseOutputs(content, stack.Name())
	if err != nil {
		return nil, fmt.Errorf("%s: what was read %w", source, err)
	}
	return outputs, nil
}

// maxFetched bounds what is read of a running pipeline's answer, in bytes.
const maxFetched = 16 << 20

// fetchConfig reads the outputs that ingest up serves.
func fetchConfig(ctx context.Context, base string) ([]byte, error) {
	return fetch(ctx, base, "/config.json")
}

// fetch reads one of the paths that ingest up serves beside the API.
func fetch(ctx context.Context, base, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("no pipeline answers (%w); start one with make up, or give its address: --local=URL", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is answered with %s: this is not ingest up's API; give the address that ingest up prints after API, without a path", strings.TrimPrefix(path, "/"), response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxFetched))
}

// terraformOutput reads the outputs in the state of the environment, with Terraform or OpenTofu.
func (f verifyFlags) terraformOutput(ctx context.Context) ([]byte, error) {
	const instead = "name a file of outputs with --outputs (npx cdktf output ENV --outputs-file FILE), or verify a running ingest up with --local"
	file, err := environmentFile("--env", f.env, instead)
	if err != nil {
		return nil, err
	}
	program := cmp.Or(os.Getenv("TERRAFORM_BINARY_NAME"), "terraform") // as cdktf and make choose it
	if _, err := exec.LookPath(program); err != nil {
		return nil, fmt.Errorf("%s is not on PATH, which reads the outputs from the state; install it, name another program in TERRAFORM_BINARY_NAME, or %s", program, instead)
	}
	command := exec.CommandContext(ctx, program, "-chdir="+filepath.Dir(file), "output", "-json", "-no-color")
	content, err := command.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("%s output says %q; deploy the environment from this folder first (make deploy ENV=%s), run %s -chdir=%s init where somebody else deployed it, or %s",
			program, beginningOf(failed.Stderr), f.env, program, filepath.Dir(file), instead)
	}
	if strings.TrimSpace(string(content)) == "{}" {
		return nil, fmt.Errorf("the state has no outputs, so nothing is deployed; deploy the environment first (make deploy ENV=%s), %s", f.env, instead)
	}
	return content, err
}

// beginningOf is how the first error of Terraform's begins, on one line: its explanation fills a screen, and warnings may stand before it.
func beginningOf(message []byte) string {
	text := strings.Join(strings.Fields(strings.NewReplacer("│", "", "╷", "", "╵", "").Replace(string(message))), " ")
	if at := strings.Index(text, "Error: "); at > 0 {
		text = text[at:]
	}
	return excerpt.Bytes(text, 160)
}

// configure makes the AWS configuration: that of ingest up, or that of the AWS command line.
func (f verifyFlags) configure(ctx context.Context, p *verify.Pipeline) (aws.Config, error) {
	if !p.Local {
		return configure(ctx, p.Region, "", "")
	}
	id, secret := "test", "test" // ingest up's own
	if p.Outputs.Text("local_test_keys") != "true" {
		id, secret = cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), id), cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), secret)
	}
	return aws.Config{
		Region: p.Region, BaseEndpoint: aws.String(p.Outputs.Text("local_aws_url")), HTTPClient: sdkhttp.Keep(nil),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	}, nil
}

// callerOf takes what the API asks its clients for from the environment variables that the output curl names.
func callerOf(p *verify.Pipeline) (*http.Client, verify.Caller, error) {
	caller := verify.Caller{APIKey: os.Getenv("API_KEY"), Token: os.Getenv("TOKEN")}
	var errs []error
	if p.AsksForKey() && caller.APIKey == "" {
		errs = append(errs, errors.New("API_KEY is not set, and the API asks for a key; set it to one of the output api_key_ids: aws apigateway get-api-key --include-value --api-key ID (ingest up prints its keys)"))
	}
	if p.AsksForToken() && caller.Token == "" {
		if caller.Token = "local"; !p.Local { // ingest up verifies none
			errs = append(errs, errors.New("TOKEN is not set, and the API asks for a token; set it to one that its authorizer takes"))
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // a check sees an answer as it came
	client := &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if p.AsksForCertificate() && !p.Local {
		certificate, err := tls.LoadX509KeyPair(os.Getenv("CLIENT_CERT"), os.Getenv("CLIENT_KEY"))
		if err != nil {
			errs = append(errs, fmt.Errorf("the API asks for a client certificate: %w; set CLIENT_CERT and CLIENT_KEY to PEM files", err))
		}
		transport.TLSClientConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	return client, caller, errors.Join(errs...)
}
