package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/docs/runbooks"
	"cdk.tf/go/ingest/drill"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

const drillLong = `Break a part of the pipeline that ingest up runs, or load it, wait until the alarm for that goes off,
print the first commands of its runbook, undo the cause, and wait until the alarm is OK.

NAME is a drill, or the alarm that it is for, such as api-5xx. Without NAME, the command lists
the drills. The environment must declare alarms, as prod does: make up ENV=prod.

A drill takes real time, because an alarm has periods of minutes: from five minutes to fifty, and
hours for late-reader. The command says how long at most before it begins. Ctrl-C undoes the cause.
A cause also ends by itself, 30 s after a drill that was killed. The events of a drill stay in the
stream and in the bucket.`

const drillExample = `  ingest drill                            List the drills.
  ingest drill api-5xx                    Set off the alarm api-5xx of a running ingest up.
  ingest drill bucket-denied --hold 10m   Keep the cause for ten more minutes, to look at it.`

type drillFlags struct {
	env, stack, local string
	hold              time.Duration
	shell             bool
}

func drillCommand() *cobra.Command {
	var f drillFlags
	command := &cobra.Command{
		Use:     "drill [NAME] [flags]",
		Short:   "Set off an alarm of the pipeline on this machine, and see it recover",
		Long:    drillLong,
		Example: drillExample,
		Args:    oneDrill,
		RunE: func(command *cobra.Command, args []string) error {
			if err := f.check(command, args); err != nil {
				return err
			}
			switch {
			case len(args) == 1:
				return runDrill(command, args[0], f)
			case f.shell:
				return printShell(command, f)
			}
			return listDrills(command.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "", "The pipeline runs the environment `ENV` (default the one that it says it runs)")
	flags.StringVar(&f.stack, "stack", "", "The pipeline runs the synthesised stack `FILE`, in place of --env")
	flags.StringVar(&f.local, "local", defaultLocal, "The pipeline is that of the ingest up at `URL`")
	flags.BoolVar(&f.shell, "shell", false, "Print the functions and names that the runbooks' commands use, for the shell: eval \"$(ingest drill --shell)\"")
	flags.DurationVar(&f.hold, "hold", 0, "Keep the cause for `TIME` after the alarm went off, at most 24h, to look at it")
	return command
}

// oneDrill takes one argument at most, which names a drill or an alarm.
func oneDrill(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("drill takes one NAME, and %d were given: %s; run one drill at a time", len(args), strings.Join(args, ", "))
	}
	if len(args) == 0 {
		return nil
	}
	_, err := drill.Find(idOf(args[0]))
	return asUsage(err)
}

// idOf is a drill's or an alarm's name without the beginning that a pager shows: api-kinesis-prod-stream-full is stream-full.
func idOf(name string) string {
	for _, d := range drill.All() {
		for _, id := range d.Alarms {
			if strings.HasSuffix(name, "-"+id) {
				return id
			}
		}
	}
	return name
}

func listDrills(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DRILL\tALARMS\tCAUSE")
	for _, d := range drill.All() {
		fmt.Fprintf(table, "%s\t%s\t%s\n", d.Name, strings.Join(d.Alarms, ", "), d.Says)
	}
	return table.Flush()
}

// maxHold bounds --hold.
const maxHold = 24 * time.Hour

// checkName finds flags that need a drill's name, or have no use for one.
func (f drillFlags) checkName(command *cobra.Command, args []string) (errs []error) {
	if len(args) > 0 {
		if f.shell {
			errs = append(errs, fmt.Errorf("--shell runs no drill, and %s is given; leave one out", args[0]))
		}
		return errs
	}
	for _, flag := range []string{"env", "stack", "hold"} {
		if command.Flags().Changed(flag) {
			errs = append(errs, fmt.Errorf("--%s needs the NAME of a drill; name one, or leave the flag out", flag))
		}
	}
	return errs
}

func (f drillFlags) check(command *cobra.Command, args []string) error {
	errs := append(f.checkName(command, args), bothGiven(command, [2]string{"env", "stack"}), emptyFlags(command, nil))
	if f.hold < 0 || f.hold > maxHold {
		errs = append(errs, fmt.Errorf("--hold is %s; use 0s to 24h", f.hold))
	}
	return errors.Join(asUsage(errors.Join(append(errs, checkEndpoint("--local", f.local))...)), checkStackFile(command, f.stack))
}

func runDrill(command *cobra.Command, name string, f drillFlags) error {
	chosen, err := drill.Find(idOf(name))
	if err != nil {
		return err
	}
	opts, err := f.options(command)
	if err != nil {
		return err
	}
	err = drill.Run(command.Context(), chosen, opts)
	switch {
	case err == nil || command.Context().Err() == nil:
		return err
	case errors.Is(err, drill.ErrNotUndone):
		return fmt.Errorf("%w: %w", errInterrupted, err)
	}
	return fmt.Errorf("%w: nothing is broken any more; an alarm that went off returns to OK by itself", errInterrupted)
}

// printShell prints what the commands of the runbooks need, for the running pipeline.
func printShell(command *cobra.Command, f drillFlags) error {
	ctx := command.Context()
	content, err := fetch(ctx, f.local, "/_local/status")
	if err != nil {
		return fmt.Errorf("--local %s: %w", f.local, err)
	}
	var status struct{ Data string }
	if err := json.Unmarshal(content, &status); err != nil {
		return fmt.Errorf("--local %s: the status cannot be read: %w", f.local, err)
	}
	environments, err := f.outputs(ctx)
	if err != nil {
		return err
	}
	out := command.OutOrStdout()
	for env, outputs := range environments { // there is one
		for _, variable := range [][2]string{
			{"ENV", env}, {"INGEST_API", strings.TrimSuffix(f.local, "/")}, {"AWS_ENDPOINT_URL", outputs.Text("local_aws_url")}, {"DATA", status.Data},
		} {
			fmt.Fprintf(out, "%s=%s\n", variable[0], quoted(variable[1]))
		}
		fmt.Fprint(out, outputsInShell(outputs))
	}
	fmt.Fprintln(out, runbooks.Here())
	return nil
}

// outputsInShell defines the function from which the runbooks' commands have the names of the pipeline.
func outputsInShell(outputs verify.Outputs) string {
	var function strings.Builder
	function.WriteString("out() {\n  case $1 in\n")
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if text := outputs.Text(name); text != "" {
			fmt.Fprintf(&function, "    %s) printf '%%s\\n' %s ;;\n", quoted(name), quoted(text))
		}
	}
	function.WriteString("    *) echo \"out: the pipeline has no output $1\" >&2; return 1 ;;\n  esac\n}\n")
	return function.String()
}

// options makes the drill's options from the stack and from what the pipeline says of itself.
func (f drillFlags) options(command *cobra.Command) (drill.Options, error) {
	if f.env == "" && f.stack == "" {
		var err error
		if f.stack, err = runningStack(command.Context(), f.local); err != nil {
			return drill.Options{}, err
		}
	}
	stack, source, err := readStack(f.env, f.stack)
	if err != nil {
		return drill.Options{}, err
	}
	outputs, err := f.outputsOf(command.Context(), stack.Name(), source)
	if err != nil {
		return drill.Options{}, err
	}
	pipeline, err := verify.Read(stack, outputs)
	if err != nil {
		return drill.Options{}, fmt.Errorf("%s: %w", source, err)
	}
	api, err := apiOf(stack)
	if err != nil {
		return drill.Options{}, fmt.Errorf("%s: %w", source, err)
	}
	query, stream, err := deliveryOf(stack, pipeline)
	if err != nil {
		return drill.Options{}, err
	}
	cfg, err := verifyFlags{}.configure(command.Context(), pipeline)
	if err != nil {
		return drill.Options{}, err
	}
	client, caller, err := callerOf(pipeline)
	if err != nil {
		return drill.Options{}, err
	}
	caller.AWS = cfg.Credentials
	clock := clockwork.NewRealClock()
	sender, err := verify.NewSender(pipeline, caller, client, clock, "drill")
	if err != nil {
		return drill.Options{}, err
	}
	return drill.Options{
		Environment: pipeline.Name, Local: f.local, Unlimited: pipeline.Outputs.Text("local_unlimited") == "true",
		API: api, Stream: stream, PartitionQuery: query, Sender: sender, Kinesis: drill.Producer(cfg), HTTP: client, Hold: f.hold, Before: f.before(),
		Clock: clock, Wait: waitReal, Out: command.OutOrStdout(),
	}, nil
}

// runningStack is the file of the stack that a pipeline says it runs.
func runningStack(ctx context.Context, base string) (string, error) {
	content, err := fetch(ctx, base, "/_local/status")
	if err != nil {
		return "", err
	}
	var status struct{ Stack string }
	if err := json.Unmarshal(content, &status); err != nil || status.Stack == "" {
		return "", fmt.Errorf("the pipeline at %s does not say which stack it runs; name it with --env or --stack", base)
	}
	if _, err := os.Stat(status.Stack); err != nil {
		return "", fmt.Errorf("the pipeline at %s runs the stack %s, which is not found from this folder; run the command where ingest up runs, or name the stack with --stack", base, status.Stack)
	}
	return status.Stack, nil
}

// outputsOf are the outputs of the running pipeline, which must run the environment of the named stack.
func (f drillFlags) outputsOf(ctx context.Context, env, source string) (verify.Outputs, error) {
	environments, err := f.outputs(ctx)
	if err != nil {
		return nil, err
	}
	if outputs, runs := environments[env]; runs {
		return outputs, nil
	}
	return nil, fmt.Errorf("the pipeline at %s runs %s, and %s is of %s; leave --env and --stack out, or name the address of that pipeline with --local",
		f.local, strings.Join(slices.Sorted(maps.Keys(environments)), ", "), source, env)
}

// outputs are the outputs of the running pipeline, by the environment that it runs.
func (f drillFlags) outputs(ctx context.Context) (map[string]verify.Outputs, error) {
	config, err := fetchConfig(ctx, f.local)
	if err != nil {
		return nil, fmt.Errorf("--local %s: %w", f.local, err)
	}
	var environments map[string]verify.Outputs
	if err := json.Unmarshal(config, &environments); err != nil {
		return nil, fmt.Errorf("--local %s: config.json cannot be read: %w", f.local, err)
	}
	return environments, nil
}

// before is the line that makes the runbooks' commands work in a shell.
func (f drillFlags) before() string {
	local := ""
	if f.local != defaultLocal {
		local = " --local " + quoted(f.local)
	}
	return `shell=$(bin/ingest drill --shell` + local + `) && eval "$shell"`
}

// apiOf is the name of the stack's REST API.
func apiOf(stack *tfjson.Stack) (string, error) {
	for _, api := range stack.Resources("aws_api_gateway_rest_api") {
		if name, ok := api.Body["name"].(string); ok {
			return name, nil
		}
	}
	return "", errors.New("the stack has no REST API, so its alarms cannot be drilled")
}

// deliveryOf finds the delivery stream's query of partitions and its stream.
func deliveryOf(stack *tfjson.Stack, p *verify.Pipeline) (query, stream string, err error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: p.Account})
	if err != nil {
		return "", "", err
	}
	deliveries, err := firehose.Read(resolved)
	if err != nil {
		return "", "", err
	}
	if len(deliveries) == 0 {
		return "", "", errors.New("the stack has no delivery stream, so nothing of its pipeline can be drilled")
	}
	return deliveries[0].PartitionQuery, deliveries[0].StreamName, nil
}

// waitReal waits on the machine's clock.
func waitReal(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
