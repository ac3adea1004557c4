package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/local"
)

const upLong = `Run the pipeline of an environment on this machine, without an AWS account.

The command synthesises the environments, reads cdktf.out/stacks/ENV/cdk.tf.json, and serves
what that stack declares. With --stack, it synthesises nothing and serves the stack in that
file: edit the file to change what runs.

An event that the API acknowledged is on disk. Ctrl-C delivers what is buffered and ends. After
any other end, the next start delivers the rest, as long as the stream keeps it (24 hours in
dev).`

const upExample = `  ingest up                                             Run dev.
  ingest up --env staging --api 127.0.0.1:9090          Run staging at another address.
  ingest up --stack cdktf.out/stacks/dev/cdk.tf.json    Run a stack as the file has it.
  ingest up --unlimited --buffer-interval 0             Run dev without rate limits, and deliver each record at once.`

// localAPI and localAWS are where the command serves the API and AWS's services unless told otherwise.
const (
	localAPI = "127.0.0.1:8080"
	localAWS = "127.0.0.1:4566"
)

// upFlags are the flags of the command.
type upFlags struct {
	env, stack, api, aws, data, web string
	bufferInterval                  interval
	allowHosts, accessKeys          []string
	unlimited, allowUnverified      bool
	verbose                         bool
}

func upCommand() *cobra.Command { return upCommandOf(&upFlags{}) }

// upCommandOf makes the command. It stores the flags in f.
func upCommandOf(f *upFlags) *cobra.Command {
	f.bufferInterval = interval{5 * time.Second, true}
	command := &cobra.Command{
		Use:     "up [flags]",
		Short:   "Run an environment's pipeline on this machine",
		Long:    upLong,
		Example: upExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return up(command, *f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "dev", "Run the environment `ENV`; every environment is synthesised and must be valid")
	flags.StringVar(&f.stack, "stack", "", "Run the synthesised stack in `FILE` as it is, instead of --env")
	flags.StringVar(&f.api, "api", localAPI, "Serve the API and the web page at `HOST:PORT`; port 0 takes a free one")
	flags.StringVar(&f.aws, "aws", localAWS, "Serve Kinesis and S3 at `HOST:PORT`, over HTTP without TLS")
	flags.StringArrayVar(&f.allowHosts, "allow-host", nil, "Answer requests for `HOST` too, a name or an IP address such as host.docker.internal; "+
		"a leading dot includes all names below it; repeatable")
	flags.StringVar(&f.data, "data", "", "Keep the stream, the objects, and the logs in `FOLDER` (default "+dataRoot+"/ENV, of the stack's environment)")
	flags.StringVar(&f.web, "web", "", "Serve the built web page in `FOLDER` (default "+builtWeb+" of the project)")
	flags.Var(&f.bufferInterval, "buffer-interval", "Deliver a record after `DURATION` at most, 0s to 900s; 0s delivers each record at once, "+
		"and \""+ownInterval+"\" takes the stack's own interval")
	flags.StringArrayVar(&f.accessKeys, "access-key", []string{"test:test"}, "Accept the access key `ID:SECRET` where the API asks for IAM authorisation; "+
		"it may invoke everything; repeatable")
	flags.BoolVar(&f.unlimited, "unlimited", false, "Apply no rate limits, neither the stage's and the usage plans' nor the shards'")
	flags.BoolVar(&f.allowUnverified, "allow-unverified", false, "Let requests pass that cannot be verified here: those of Cognito and Lambda authorizers, "+
		"of callers' networks, and of client certificates (mutual TLS)")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "Log every request")
	return command
}

func up(command *cobra.Command, f upFlags) error {
	opts, err := f.options(command)
	if err != nil {
		return err
	}
	if err := local.Check(opts); err != nil {
		return err
	}
	if f.data == "" {
		sayFormerLayout(command.ErrOrStderr(), opts.Data)
	}
	if opts.Stack == "" {
		if opts.Stack, err = synthesise(command, f.env); err != nil {
			return err
		}
	}
	boundMemory()
	pipeline, err := local.Open(opts)
	if err != nil {
		return err
	}
	err = pipeline.Run(command.Context())
	fmt.Fprintln(command.OutOrStdout(), "ended")
	return err
}

// memoryLimit is the size of the heap, in bytes, above which Go collects as often as needed. The bodies in flight (64 MiB,
// local/apigateway), times the copies that a mapping template makes of them, fit below it.
const memoryLimit = 256 << 20

// boundMemory lets the heap grow to five times its live size before a collection, up to memoryLimit. Here only a few MiB are
// live, so with the default Go would collect many times a second. GOGC and GOMEMLIMIT override this.
func boundMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

func synthesise(command *cobra.Command, env string) (string, error) {
	p, err := thisProject()
	if err != nil {
		return "", fmt.Errorf("%w, or name a synthesised stack with --stack", err)
	}
	file, err := p.synthesise(command.Context(), env, command.OutOrStdout(), command.ErrOrStderr())
	if err != nil {
		return "", err
	}
	return short(file), nil
}

// checkAddresses checks both addresses. One address for both would be reported as taken, by a program that nobody finds.
func (f upFlags) checkAddresses() error {
	errs := []error{checkAddress("--api", f.api), checkAddress("--aws", f.aws)}
	if f.api == f.aws && f.api != "" && !strings.HasSuffix(f.api, ":0") {
		errs = append(errs, fmt.Errorf("--api and --aws are both %s; give each a port of its own", f.api))
	}
	return errors.Join(errs...)
}

// checkAddress requires a host: without one the server would listen on every interface.
func checkAddress(flag, address string) error {
	if host, _, err := net.SplitHostPort(address); err != nil || host == "" {
		return fmt.Errorf("%s is %q; use an address with a host and a port, such as %s", flag, address, localAPI)
	}
	return nil
}

// hostPattern is the form of a host name (RFC 1123, section 2.1), and "_", which names of containers have. DNS itself allows
// other characters.
var hostPattern = regexp.MustCompile(`^\.?[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`)

// checkHosts requires names without ports: the port of a request does not matter.
func (f upFlags) checkHosts() error {
	var errs []error
	for _, host := range f.allowHosts {
		if _, err := netip.ParseAddr(host); err != nil && !hostPattern.MatchString(host) {
			errs = append(errs, fmt.Errorf("--allow-host is %q; use a name or an IP address alone, without a port, such as host.docker.internal", host))
		}
	}
	return errors.Join(errs...)
}

// environmentName is the form of every environment's name (spec).
var environmentName = regexp.MustCompile(`^[a-z0-9-]+$`)

// checkEnvironment checks only the name's form: only a synthesis shows which environments exist.
func (f upFlags) checkEnvironment() error {
	if environmentName.MatchString(f.env) {
		return nil
	}
	return fmt.Errorf(`--env is %q; use an environment's name, of a-z, 0-9 and "-", such as dev`, f.env)
}

// checkStackFile looks at what --stack names; that it is not empty is checked before.
func checkStackFile(command *cobra.Command, stack string) error {
	if !command.Flags().Changed("stack") || stack == "" {
		return nil
	}
	return checkStackPath(stack)
}

func checkStackPath(stack string) error {
	switch info, err := os.Stat(stack); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--stack: there is no file %q; run make synth, then name cdktf.out/stacks/ENV/cdk.tf.json", stack)
	case err == nil && info.IsDir():
		return fmt.Errorf("--stack: %q is a folder; name the file of a stack, such as %s", stack, stackBelow(stack))
	}
	return nil // reading the file reports everything else
}

// stackBelow is the first stack in a folder that somebody named in its place, such as cdktf.out, or what a stack's path looks like.
func stackBelow(folder string) string {
	for _, pattern := range []string{"cdk.tf.json", "*/cdk.tf.json", "stacks/*/cdk.tf.json"} {
		if found, err := fs.Glob(os.DirFS(folder), pattern); err == nil && len(found) > 0 {
			return filepath.Join(folder, found[0])
		}
	}
	return "cdktf.out/stacks/dev/cdk.tf.json"
}

// builtWeb is the folder in the project where make webapp builds the web application.
const builtWeb = "webapp/dist"

// webFiles finds the built web application. Outside the project, or before it is built, there is none. That is an error only
// with --web.
func (f upFlags) webFiles() (fs.FS, error) {
	folder := f.web
	if folder == "" {
		p, err := thisProject()
		if err != nil {
			return nil, nil //nolint:nilerr // the pipeline runs without its page
		}
		folder = filepath.Join(p.folder, builtWeb)
	}
	if _, err := os.Stat(filepath.Join(folder, "index.html")); err == nil {
		return os.DirFS(folder), nil
	}
	if f.web != "" {
		return nil, fmt.Errorf("--web: there is no index.html in %q; run make webapp, then name %s", f.web, builtWeb)
	}
	return nil, nil
}

// keys returns the secrets of the access keys, by id.
func (f upFlags) keys() (map[string]string, error) {
	keys := map[string]string{}
	var errs []error
	for i, key := range f.accessKeys {
		id, secret, found := strings.Cut(key, ":")
		if !found || id == "" || secret == "" {
			errs = append(errs, fmt.Errorf("--access-key number %d is not of the form ID:SECRET", i+1)) // not shown: it may hold a secret
			continue
		}
		if _, given := keys[id]; given {
			errs = append(errs, fmt.Errorf("--access-key number %d has the id %s of one before it; give each id once", i+1, id))
		}
		keys[id] = secret
	}
	return keys, errors.Join(errs...)
}

// options makes the pipeline's options from the flags. It reports every problem at once, before anything runs.
func (f upFlags) options(command *cobra.Command) (local.Options, error) {
	typed := f.checkTyped(command)
	keys, err := f.keys()
	errs := []error{asUsage(errors.Join(typed, err)), checkStackFile(command, f.stack)}
	web, err := f.webFiles()
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return local.Options{}, err
	}
	data, err := f.dataFolder()
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	return local.Options{
		Stack: f.stack, API: f.api, AWS: f.aws, AllowHosts: f.allowHosts, Data: data,
		BufferInterval: f.bufferInterval.replacement(), Unlimited: f.unlimited, AllowUnverified: f.allowUnverified, AccessKeys: keys,
		Web: web, Clock: clockwork.NewRealClock(),
		Logger: slog.New(slog.NewTextHandler(command.ErrOrStderr(), &slog.HandlerOptions{Level: level})),
		Out:    command.OutOrStdout(),
	}, err
}

// checkTyped checks the flags as far as possible without access to the machine.
func (f upFlags) checkTyped(command *cobra.Command) error {
	var errs []error
	if command.Flags().Changed("env") && f.stack != "" {
		errs = append(errs, errors.New("--env and --stack are both given; give one: --env synthesises, --stack takes a file as it is"))
	}
	errs = append(errs, emptyFlags(command, map[string]string{
		"stack": "name a synthesised stack, such as cdktf.out/stacks/dev/cdk.tf.json", "data": "name a folder, such as " + dataRoot + "/dev",
		"env": "", "api": "", "aws": "",
	}))
	return errors.Join(append(errs, f.checkEnvironment(), f.checkAddresses(), f.checkHosts(), f.bufferInterval.check())...)
}
