package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help that was asked for is on standard output, and is no failure.
func TestHelp(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"", "ingest COMMAND [flags]"},
		{"help", "ingest COMMAND [flags]"},
		{"--help", "ingest COMMAND [flags]"},
		{"help up", "ingest up [flags]"},
		{"up --help", "ingest up [flags]"},
		{"up -h --env nonsense!", "ingest up [flags]"},
		{"help replay", "ingest replay [flags]"},
		{"replay -h", "ingest replay [flags]"},
		{"help backend", "ingest backend [flags]"},
		{"backend --help", "ingest backend [flags]"},
		{"completion --help", "ingest completion COMMAND [flags]"},
		{"help help", "ingest help [COMMAND] [flags]"},
	} {
		status, stdout, stderr := ingest(t, strings.Fields(test.args)...)
		if status != statusDone || stderr != "" || !strings.Contains(stdout, "\nUsage:\n  "+test.want+"\n") {
			t.Errorf("%q ends with %d and says\n%s\n%s", test.args, status, stdout, stderr)
		}
	}
}

// A command that is not there is a usage error of one line, which names the nearest one that is.
func TestUnknownCommands(t *testing.T) {
	var known []string
	for _, command := range newRoot().Commands() {
		if command.IsAvailableCommand() || command.Name() == "help" {
			known = append(known, command.Name())
		}
	}
	slices.Sort(known)
	all := strings.Join(known, ", ")
	for args, want := range map[string]string{
		"upp":                  `ingest has no command "upp"; did you mean up? There are ` + all,
		"replya --env prod":    `ingest has no command "replya"; did you mean replay? There are ` + all,
		"nonsense":             `ingest has no command "nonsense"; use ` + all,
		"help upp":             `ingest has no command "upp"; did you mean up? There are ` + all,
		"--env dev":            "ingest has no flag --env; the commands backend, deployer, drill, hcl, openapi, plan, replay, up, verify have --env; see ingest --help",
		"--verbos":             "ingest has no flag --verbos; ingest up has --verbose; see ingest --help",
		"up dev":               `ingest up takes no argument, but has "dev"; name an environment with --env dev`,
		"up --unlimited false": `ingest up takes no argument, but has "false"; write --unlimited=false`,
		"--nonsense-of-mine":   "ingest has no flag --nonsense-of-mine; see ingest --help",
	} {
		status, stdout, stderr := ingest(t, strings.Fields(args)...)
		if status != statusUsage || stdout != "" || stderr != "error: "+want+"\n" {
			t.Errorf("%q ends with %d and says\n%s%s\nwant %s", args, status, stdout, stderr, want)
		}
	}
}

// One form for all help: imperative sentences that begin with a capital, end without a period in lists, and fit 120 columns.
func TestTheFormOfHelp(t *testing.T) {
	root := newRoot()
	for _, command := range append(root.Commands(), root) {
		if command.IsAvailableCommand() && (command.Short == "" || !isSentenceCase(command.Short)) {
			t.Errorf("%s: its short text is %q", command.CommandPath(), command.Short)
		}
		if command.Name() != "help" && command.IsAvailableCommand() && (command.Example == "" || command.Long == "" && command != root) {
			t.Errorf("%s has no example or no long text", command.CommandPath())
		}
		if first, _, _ := strings.Cut(command.Long, " "); strings.HasSuffix(first, "s") {
			t.Errorf("%s: its long text begins with %q, want an imperative", command.CommandPath(), first)
		}
		checkFlags(t, command)
		for line := range strings.Lines(command.UsageString() + command.Long) {
			if most := 120; len([]rune(line)) > most {
				t.Errorf("%s: over %d columns: %s", command.CommandPath(), most, line)
			}
		}
	}
}

func checkFlags(t *testing.T, command *cobra.Command) {
	t.Helper()
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		name, usage := pflag.UnquoteUsage(flag)
		if !isSentenceCase(usage) {
			t.Errorf("%s --%s: its text is %q", command.CommandPath(), flag.Name, usage)
		}
		if flag.Value.Type() != "bool" && name != strings.ToUpper(name) {
			t.Errorf("%s --%s: its value is named %q, want a word in capitals between backquotes", command.CommandPath(), flag.Name, name)
		}
	})
}

func isSentenceCase(text string) bool {
	return text != "" && strings.ToUpper(text[:1]) == text[:1] && !strings.HasSuffix(text, ".")
}

// A second environment is refused, and the first not left out.
func TestRepeatedFlags(t *testing.T) {
	for args, want := range map[string]string{
		"up --env dev --env prod":       `--env is given twice, with "prod" the second time; give it once`,
		"plan --stack a --stack=b":      `--stack is given twice, with "b" the second time; give it once`,
		"replay --to-env dev --to-env=": `--to-env is given twice, with "" the second time; give it once`,
	} {
		status, stdout, stderr := ingest(t, strings.Fields(args)...)
		if status != statusUsage || stdout != "" || stderr != "error: "+want+"\n" {
			t.Errorf("%q ends with %d and says\n%s%s\nwant %s", args, status, stdout, stderr, want)
		}
	}
}

// A path in a printed command is one word of a shell.
func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"infra/dev": "infra/dev", "../a-b_c.d": "../a-b_c.d", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "~/x": "'~/x'", "ü": "'ü'", "": "''",
	} {
		if got := word(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// A flag without a text is refused by name. A script whose variable is not set would otherwise replay every day, or trust every branch.
func TestEmptyFlags(t *testing.T) {
	for _, command := range newRoot().Commands() {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if !slices.Contains([]string{"string", "stringSlice", "stringArray"}, flag.Value.Type()) {
				return
			}
			status, stdout, stderr := ingest(t, command.Name(), "--"+flag.Name+"=")
			if status == statusDone || stdout != "" || !strings.Contains(stderr, "error: --"+flag.Name) {
				t.Errorf("%s --%s= ends with %d and says\n%s%s", command.Name(), flag.Name, status, stdout, stderr)
			}
		})
	}
	for _, list := range []string{"a,", ",", "a,,b", "a, ,b"} {
		status, _, stderr := ingest(t, "deployer", "--repository", "o/r", "--env", list)
		if status != statusUsage || stderr != "error: --env has a comma with nothing before or after it; leave the comma out\n" {
			t.Errorf("--env %q ends with %d and says\n%s", list, status, stderr)
		}
	}
	status, _, stderr := ingest(t, "replay", "--bucket", "b", "--prefix", "p/", "--stream", "s", "--region", "us-east-1", "--since", "", "--endpoint-url", "")
	want := "error: --since is empty; give it a value, or leave the flag out\nerror: --endpoint-url is empty; give it a value, or leave the flag out\n"
	if status != statusUsage || stderr != want {
		t.Errorf("ends with %d and says\n%s", status, stderr)
	}
}
