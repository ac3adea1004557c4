package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/internal/readable"
)

// project is a CDKTF project: the folder of cdktf.json, and the content of that file.
type project struct {
	folder string
	// App is the command that synthesises, and Output the folder that it writes to.
	App    string `json:"app"`
	Output string `json:"output"`
}

// thisProject returns the project of the working folder.
func thisProject() (project, error) {
	folder, err := os.Getwd()
	if err != nil {
		return project{}, err
	}
	return findProject(folder)
}

// short returns a path relative to the working folder, if possible.
func short(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(folder, path); err == nil {
		return relative
	}
	return path
}

// findProject looks for cdktf.json in a folder and the folders above it. Its errors end with a remedy, to which a command adds
// its own.
func findProject(from string) (project, error) {
	for folder := from; ; folder = filepath.Dir(folder) {
		file := filepath.Join(folder, "cdktf.json")
		text, err := readable.File(file)
		if errors.Is(err, fs.ErrNotExist) {
			if folder == filepath.Dir(folder) {
				return project{}, fmt.Errorf("no cdktf.json in %s or above; run this in the project's folder", from)
			}
			continue
		}
		if err != nil {
			return project{}, err
		}
		p := project{folder: folder}
		if err := readable.JSON(text, &p); err != nil {
			return project{}, fmt.Errorf("%s is not a CDKTF project file: %w; correct it", file, err)
		}
		if p.App == "" {
			return project{}, fmt.Errorf("%s has no command in \"app\"; correct it", file)
		}
		p.Output = cmp.Or(p.Output, "cdktf.out")
		return p, nil
	}
}

// interruptTime is how long an interrupted synthesis may take to end: CDKTF's Node.js process finishes its step first.
const interruptTime = 15 * time.Second

// synthesise runs the project's app for every environment, as the cdktf command does. It returns the stack file of env.
func (p project) synthesise(ctx context.Context, env string, stdout, stderr io.Writer) (string, error) {
	if err := p.checkApp(); err != nil {
		return "", err
	}
	fmt.Fprintln(stdout, p.beginning(ctx))
	app := exec.CommandContext(ctx, "sh", "-c", p.App)
	app.Dir = p.folder
	// It synthesises every environment, because a synthesis removes the stacks that it did not make.
	app.Env = append(without(os.Environ(), "ENV"), "CDKTF_OUTDIR="+p.Output)
	app.Stdout, app.Stderr = stdout, stderr
	// The app runs below sh and go: a signal goes to all of them, and the app takes the time to clean up after itself.
	app.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	app.Cancel = func() error { return syscall.Kill(-app.Process.Pid, syscall.SIGINT) }
	app.WaitDelay = interruptTime
	if err := app.Run(); err != nil {
		return "", fmt.Errorf("the synthesis (%s) failed: %w; nothing was started", p.App, err)
	}
	stacks := filepath.Join(p.folder, p.Output, "stacks")
	if made := names(stacks); !slices.Contains(made, env) {
		return "", usagef("--env: no environment is named %q; %s", env, nearest.Remedy(env, made))
	}
	return filepath.Join(stacks, env, "cdk.tf.json"), nil
}

func without(environment []string, name string) []string {
	return slices.DeleteFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
}
