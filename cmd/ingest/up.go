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

const upLong = `Runs an environment's pipeline on this machine, end to end, with no account: it synthesises the
environments, reads the environment's stack (cdktf.out/stacks/ENV/cdk.tf.json), and serves what that declares.

With --stack it synthesises nothing and reads that file: edit it, and what runs is what you wrote.

Ctrl-C delivers what is buffered and ends. Whenever the process ends, what was accepted is delivered after the next
start, as long as that comes within the stream's retention (24 h in dev).`

// upFlags are what a person types.
type upFlags struct {
	env, stack, api, aws, data, web string
	bufferInterval                  interval
	allowHosts, accessKeys          []string
	unlimited, allowUnverified      bool
	verbose                         bool
}

func upCommand() *cobra.Command {
	f := upFlags{bufferInterval: interval{5 * time.Second, true}}
	command := &cobra.Command{
		Use:   "up",
		Short: "Runs an environment's pipeline on this machine",
		Long:  upLong,
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return up(command, f) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.env, "env", "dev", "environment to run; all are synthesised, and all must be valid")
	flags.StringVar(&f.stack, "stack", "", "synthesised stack to run as it is, in place of --env")
	flags.StringVar(&f.api, "api", "127.0.0.1:8080", "address of the API and the web page")
	flags.StringVar(&f.aws, "aws", "127.0.0.1:4566", "address of Kinesis and S3")
	flags.StringArrayVar(&f.allowHosts, "allow-host", nil, "name or IP address that both answer to beside their own and localhost, such as host.docker.internal; "+
		"with a dot before it, all names below it too; may be repeated")
	flags.StringVar(&f.data, "data", ".ingest", "folder of the stream, the objects and the logs")
	flags.StringVar(&f.web, "web", "", "folder of the built web application (default: the project's "+builtWeb+")")
	flags.Var(&f.bufferInterval, "buffer-interval", "the longest that a record waits; 0 delivers each as soon as it can, "+ownInterval+" takes the stack's own")
	flags.StringArrayVar(&f.accessKeys, "access-key", []string{"test:test"}, "ID:SECRET of an access key that IAM authorisation knows; may be repeated")
	flags.BoolVar(&f.unlimited, "unlimited", false, "no rate limits, neither the stage's nor the shards'")
	flags.BoolVar(&f.allowUnverified, "allow-unverified", false, "let requests through Cognito and Lambda authorisers, from anywhere, and without client certificates (mutual TLS), unverified")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "log every request")
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

// memoryLimit is the heap, in bytes, from which on it is collected as often as needed: the bodies that are in flight at
// once (64 MiB, local/apigateway), times the copies that a mapping template makes of them, fit below it.
const memoryLimit = 256 << 20

// boundMemory lets the heap grow to five times what is live before it is collected, up to memoryLimit, unless GOGC and
// GOMEMLIMIT say otherwise: a few MiB are live here, so that the default would collect many times a second.
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

// checkAddress wants a host: without one every interface would be listened on.
func checkAddress(flag, address string) error {
	if host, _, err := net.SplitHostPort(address); err != nil || host == "" {
		return fmt.Errorf("%s is %q; use an address with a host and a port, such as 127.0.0.1:8080", flag, address)
	}
	return nil
}

// hostPattern is a host's name. DNS would take other characters, but none is in the name of a machine (RFC 1123, section 2.1),
// "_" aside, which containers' names have.
var hostPattern = regexp.MustCompile(`^\.?[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`)

// checkHosts wants names alone: the port of a request is no matter.
func (f upFlags) checkHosts() error {
	var errs []error
	for _, host := range f.allowHosts {
		if _, err := netip.ParseAddr(host); err != nil && !hostPattern.MatchString(host) {
			errs = append(errs, fmt.Errorf("--allow-host is %q; use a name or an IP address alone, without a port, such as host.docker.internal", host))
		}
	}
	return errors.Join(errs...)
}

// environmentName is what every environment's name is made of (spec).
var environmentName = regexp.MustCompile(`^[a-z0-9-]+$`)

// checkEnvironment looks at the name alone: which environments there are, only a synthesis tells.
func (f upFlags) checkEnvironment() error {
	if environmentName.MatchString(f.env) {
		return nil
	}
	return fmt.Errorf(`--env is %q; use an environment's name, of a-z, 0-9 and "-", such as dev`, f.env)
}

func (f upFlags) checkStack(command *cobra.Command) error {
	if !command.Flags().Changed("stack") {
		return nil
	}
	switch info, err := os.Stat(f.stack); {
	case f.stack == "":
		return errors.New("--stack is empty; name a synthesised stack, such as cdktf.out/stacks/dev/cdk.tf.json, or leave the flag out")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--stack: there is no file %q; run make synth, then name cdktf.out/stacks/ENV/cdk.tf.json", f.stack)
	case err == nil && info.IsDir():
		return fmt.Errorf("--stack: %q is a folder; name the file in it, such as %s", f.stack, filepath.Join(f.stack, "cdk.tf.json"))
	}
	return nil // what else is wrong with it is said when it is read
}

// builtWeb is where make webapp builds the web application, in the project's folder.
const builtWeb = "webapp/dist"

// webFiles finds the built web application. Outside the project, or before it is built, there is none, which is no error
// but where one is named.
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

// keys are the access keys' secrets by id.
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

// options checks what was typed, every problem at once, before anything runs.
func (f upFlags) options(command *cobra.Command) (local.Options, error) {
	var errs []error
	if command.Flags().Changed("env") && f.stack != "" {
		errs = append(errs, errors.New("--env and --stack are both given; give one: --env synthesises, --stack takes a file as it is"))
	}
	errs = append(errs, f.checkEnvironment(), f.checkStack(command))
	if f.data == "" {
		errs = append(errs, errors.New("--data is empty; name a folder, such as .ingest"))
	}
	web, err := f.webFiles()
	errs = append(errs, err, checkAddress("--api", f.api), checkAddress("--aws", f.aws), f.checkHosts())
	keys, err := f.keys()
	errs = append(errs, f.bufferInterval.check(), err)
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	return local.Options{
		Stack: f.stack, API: f.api, AWS: f.aws, AllowHosts: f.allowHosts, Data: f.data,
		BufferInterval: f.bufferInterval.replacement(), Unlimited: f.unlimited, AllowUnverified: f.allowUnverified, AccessKeys: keys,
		Web: web, Clock: clockwork.NewRealClock(),
		Logger: slog.New(slog.NewTextHandler(command.ErrOrStderr(), &slog.HandlerOptions{Level: level})),
		Out:    command.OutOrStdout(),
	}, errors.Join(errs...)
}
