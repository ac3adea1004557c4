package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

const verifyLong = `Show that a deployed pipeline works: send events of its own, find each in the stream and in the bucket, and
compare the answers to clients, and what surrounds the pipeline, with the synthesised stack.`

type verifyFlags struct {
	env, stack, outputs, local, endpoint string
	groups                               []string
	timeout                              time.Duration
	throttle                             bool
}

// defaultLocal is where ingest up serves the API unless told otherwise.
const defaultLocal = "http://127.0.0.1:8080"

func verifyCommand() *cobra.Command {
	var f verifyFlags
	command := &cobra.Command{
		Use:   "verify [flags]",
		Short: "Show that a deployed pipeline works",
		Long:  verifyLong,
		Args:  noArguments,
		RunE:  func(command *cobra.Command, _ []string) error { return runVerify(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "dev", "Verify the environment `ENV`, as it was last synthesised")
	flags.StringVar(&f.stack, "stack", "", "Verify the synthesised stack `FILE`, in place of --env")
	flags.StringVar(&f.outputs, "outputs", "", "Read the deployment's outputs from `FILE`: of cdktf output --outputs-file, or of terraform output -json (default the state of ENV, by terraform output)")
	flags.StringVar(&f.local, "local", "", "Verify the pipeline of a running ingest up at `URL`")
	flags.Lookup("local").NoOptDefVal = defaultLocal
	flags.DurationVar(&f.timeout, "timeout", 0, "Wait `TIME` for the events in the bucket (default three times the delivery stream's buffer interval, and two minutes)")
	flags.BoolVar(&f.throttle, "throttle", false, "Send more than the API's rate, to see 429")
	return command
}

func runVerify(command *cobra.Command, f verifyFlags) error {
	ctx := command.Context()
	stack, source, err := f.read()
	if err != nil {
		return err
	}
	outputs, err := f.readOutputs(ctx, stack.Name())
	if err != nil {
		return err
	}
	pipeline, err := verify.Read(stack, outputs)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	cfg, err := f.configure(ctx, pipeline)
	if err != nil {
		return err
	}
	poll := 5 * time.Second
	if pipeline.Local {
		poll = 200 * time.Millisecond
	}
	report, err := verify.Run(ctx, verify.Options{
		Pipeline: pipeline, Mark: time.Now().UTC().Format("20060102T150405Z") + "-" + uuid.NewString()[:8],
		Caller: verify.Caller{AWS: cfg.Credentials, APIKey: os.Getenv("API_KEY"), Token: os.Getenv("TOKEN")},
		AWS:    verify.NewClients(cfg), HTTP: &http.Client{Timeout: time.Minute}, Groups: f.groups, Timeout: f.timeout, Poll: poll, Throttle: f.throttle,
		Clock: clockwork.NewRealClock(), Progress: command.ErrOrStderr(),
	})
	if err != nil {
		return err
	}
	if err := report.Text(command.OutOrStdout()); err != nil {
		return err
	}
	if !report.Holds() {
		return errors.New("the pipeline is not what its stack declares; the table has what differs, and the remedies")
	}
	return nil
}

// read gives the stack, and the flag that named it.
func (f verifyFlags) read() (*tfjson.Stack, string, error) {
	return planFlags{env: f.env, stack: f.stack}.read()
}

// readOutputs gives the deployment's outputs.
func (f verifyFlags) readOutputs(ctx context.Context, name string) (verify.Outputs, error) {
	var content []byte
	var err error
	var source string
	switch {
	case f.local != "":
		source = "--local " + f.local
		content, err = fetchConfig(ctx, f.local)
	case f.outputs != "":
		source = "--outputs " + f.outputs
		content, err = os.ReadFile(f.outputs)
	default:
		source = "terraform output"
		content, err = f.terraformOutput(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	outputs, err := verify.ParseOutputs(content, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return outputs, nil
}

func fetchConfig(ctx context.Context, base string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+"/config.json", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w; start it with make up", err)
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

func (f verifyFlags) terraformOutput(ctx context.Context) ([]byte, error) {
	file, err := environmentFile("--env", f.env, "name the outputs with --outputs")
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, "terraform", "-chdir="+filepath.Dir(file), "output", "-json")
	return command.Output()
}

func (f verifyFlags) configure(ctx context.Context, p *verify.Pipeline) (aws.Config, error) {
	if p.Local {
		return aws.Config{
			Region: p.Region, BaseEndpoint: aws.String(p.Outputs.Text("local_aws_url")), HTTPClient: sdkhttp.Keep(nil),
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		}, nil
	}
	return configure(ctx, p.Region, f.endpoint, "")
}
