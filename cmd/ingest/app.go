package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bindings is a package of the AWS provider's bindings, which Go compiles in about a minute. Each stack uses it.
const bindings = "github.com/cdktf/cdktf-provider-aws-go/aws/v19/kinesisstream"

// goRemedy tells how to install Go. go.mod has the version.
const goRemedy = "install Go (https://go.dev/doc/install)"

// checkApp returns an error if the program that synthesises is missing. A shell would only end with status 127.
func (p project) checkApp() error {
	program := p.program()
	if program == "" {
		return nil
	}
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	remedy := `install it, or correct "app"`
	if program == "go" {
		remedy = goRemedy
	}
	return fmt.Errorf("%s is not on PATH; cdktf.json runs %q to synthesise: %s", program, p.App, remedy)
}

// program returns the first word of the app's command, or nothing if it is not a plain name.
func (p project) program() string {
	words := strings.Fields(p.App)
	if len(words) == 0 || strings.ContainsAny(words[0], `=/$"'(`) {
		return ""
	}
	return words[0]
}

// beginning returns the message for the start of a synthesis. It says so if Go must first compile the bindings, which takes
// long.
func (p project) beginning(ctx context.Context) string {
	if p.program() == "go" && !p.compiled(ctx) {
		return "synthesising; Go compiles the AWS provider's bindings first, which takes about a minute"
	}
	return "synthesising"
}

// compiled reports whether Go's build cache has the bindings, as scripts/compiling does. With an empty cache, go list itself
// would take a while.
func (p project) compiled(ctx context.Context) bool {
	folder, err := p.goOutput(ctx, "env", "GOCACHE")
	if err != nil {
		return false
	}
	if _, err := os.Stat(filepath.Join(folder, "00")); err != nil {
		return false
	}
	stale, err := p.goOutput(ctx, "list", "-f", "{{.Stale}}", bindings)
	return err == nil && stale == "false"
}

func (p project) goOutput(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = p.folder
	output, err := command.Output()
	return strings.TrimSpace(string(output)), err
}
