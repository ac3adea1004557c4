// Package synth turns environments into Terraform JSON, all or nothing.
//
// It validates the environments, runs CDKTF, checks every stack against the project's policy, and only then writes the result
// to the output directory. It returns a panic of CDKTF's Node.js runtime as an error.
package synth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/policy"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
	"cdk.tf/go/ingest/tfjson"
)

// StackFile is the path of a stack's file below the output directory.
func StackFile(name string) string { return filepath.Join("stacks", name, "cdk.tf.json") }

// Run synthesises the environments to outdir/stacks/NAME/cdk.tf.json and outdir/manifest.json. It writes the files of a hosted
// page into the folder web beside its stack, which refers to them there. It removes the file of a stack that is not among the
// environments, and a file that is no longer part of a page. Other files in a stack's folder (.terraform, a plan) stay.
//
// Run returns all problems of the environments and their pages, or all breaches of policy, at once. It then leaves outdir
// unchanged. It also does so if ctx ends before the last step, and returns ctx's cause. CDKTF's runtime cannot be interrupted, so
// Run waits some seconds for its current work.
//
// Runs must not overlap: CDKTF's runtime is one process with one thread.
func Run(ctx context.Context, environments []spec.Environment, outdir string) error {
	pages, err := readPages(environments)
	if err := errors.Join(spec.ValidateAll(environments), err); err != nil {
		return err
	}
	if err := checkRuntime(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(outdir), 0o755); err != nil {
		return err
	}
	// Beside outdir, so that its files can be moved there and need not be copied.
	scratch, err := os.MkdirTemp(filepath.Dir(outdir), filepath.Base(outdir)+".tmp-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err := declare(ctx, environments, pages, scratch); err != nil {
		return err
	}
	if err := writePages(environments, pages, scratch); err != nil {
		return err
	}
	if err := checkPolicy(environments, scratch); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return publish(environments, scratch, outdir)
}

// declare runs the CDKTF app. A panic of jsii contains a JavaScript stack trace, whose first line has the error. If ctx has ended,
// the same signal, such as Ctrl-C, may have ended Node.js too, so declare ignores the panic.
func declare(ctx context.Context, environments []spec.Environment, pages pages, outdir string) (err error) {
	defer func() {
		cause := recover()
		switch {
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case cause != nil:
			err = fmt.Errorf("CDKTF failed in Node.js (it needs version 20 or newer): %s", firstLine(fmt.Sprint(cause)))
		}
	}()
	app := cdktf.NewApp(&cdktf.AppConfig{
		Outdir: jsii.String(outdir),
		// With traces, the JSON would contain line numbers of this program, and change with every edit.
		StackTraces: jsii.Bool(false),
	})
	for _, env := range environments {
		if ctx.Err() != nil {
			return nil
		}
		stacks.New(app, env, pages[env.Name])
	}
	app.Synth()
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

func checkPolicy(environments []spec.Environment, dir string) error {
	found := make([]error, len(environments))
	var checks sync.WaitGroup
	for i, env := range environments {
		checks.Go(func() { found[i] = checkStack(env, dir) })
	}
	checks.Wait()
	return errors.Join(found...)
}

func checkStack(env spec.Environment, dir string) error {
	stack, err := tfjson.ReadFile(filepath.Join(dir, StackFile(env.Name)))
	if err != nil {
		return err
	}
	expect := policy.Expect{Public: env.API.Authorization.Kind == spec.ByNothing}
	var breaches []error
	for _, breach := range each(policy.Check(stack, expect)) {
		breaches = append(breaches, fmt.Errorf("environment %q breaches policy: %w", env.Name, breach))
	}
	return errors.Join(breaches...)
}

// each returns the errors that err joins; none for nil.
func each(err error) []error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}
