package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cdk.tf/go/ingest/internal/nearest"
)

// These are the program's exit statuses.
const (
	statusDone = iota
	statusFailed
	// statusUsage is the status for a wrong command line: the program did nothing.
	statusUsage
	// statusInterrupted is the status that a shell expects after Ctrl-C.
	statusInterrupted = 130
)

// usageError is an error that only another command line avoids.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// asUsage makes an error a usage error. nil stays nil.
func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// usagef is fmt.Errorf for a usage error.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// printUsage prints how to use a command, with the texts of flags in lines of 100 characters. A template in its place would keep every
// exported method of AWS's SDK in the program, because cobra then loads package text/template, which calls methods by name.
func printUsage(command *cobra.Command) error {
	out := command.OutOrStderr()
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(out, "Usage:\n  %s COMMAND [flags]\n", command.CommandPath())
	} else {
		fmt.Fprintf(out, "Usage:\n  %s\n", command.UseLine())
	}
	if command.HasExample() {
		fmt.Fprintf(out, "\nExamples:\n%s\n", command.Example)
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprint(out, "\nCommands:\n")
		for _, below := range command.Commands() {
			if below.IsAvailableCommand() || below.Name() == "help" {
				fmt.Fprintf(out, "  %-*s %s\n", below.NamePadding(), below.Name(), below.Short)
			}
		}
	}
	if command.HasAvailableLocalFlags() {
		fmt.Fprintf(out, "\nFlags:\n%s\n", strings.TrimRight(command.LocalFlags().FlagUsagesWrapped(100), " \n"))
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(out, usageEnd, command.CommandPath())
	}
	return nil
}

const usageEnd = `
Exit status: 0 after success and help, 1 after a failure, 2 after a usage error, and 130
after Ctrl-C in a replay, a verification, a drill or a plan of a sample.

For the flags of a command, run "%s COMMAND --help".
`

// addHelpFlags gives each command a flag --help as the last of its flags.
func addHelpFlags(commands ...*cobra.Command) {
	for _, command := range commands {
		command.Flags().SortFlags = false
		command.Flags().BoolP("help", "h", false, "Print this help")
	}
}

// helpCommand is cobra's help command, but it refuses an unknown command.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		Args:  cobra.ArbitraryArgs,
		RunE: func(command *cobra.Command, args []string) error {
			about, _, err := command.Root().Find(args)
			if err == nil && about == command.Root() && len(args) > 0 {
				err = unknownCommand(about, args)
			}
			if err != nil {
				return err
			}
			return about.Help()
		},
	}
}

// checkCommand refuses an unknown command, before cobra reads its flags as the root's.
func checkCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil
	}
	if found, _, err := root.Find(args); err == nil && found == root {
		return unknownCommand(root, args)
	}
	return nil
}

// unknownCommand refuses arguments of the root command: they are names of unknown commands.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() || command.Name() == "help" {
			known = append(known, command.Name())
		}
	}
	slices.Sort(known)
	return usagef("%s has no command %q; %s", root.Name(), args[0], nearest.Remedy(args[0], known))
}

// noArguments refuses arguments of a command that takes only flags.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if flag := givenSwitch(command); flag != "" && (args[0] == "true" || args[0] == "false") {
		return usagef("%s takes no argument, but has %q; write --%s=%[2]s", command.CommandPath(), args[0], flag)
	}
	if command.Flags().Lookup("env") != nil {
		return usagef("%s takes no argument, but has %q; name an environment with --env %s", command.CommandPath(), args[0], args[0])
	}
	return usagef("%s takes no argument, but has %q; see %s --help", command.CommandPath(), args[0], command.CommandPath())
}

// givenSwitch is a switch on the command line, or nothing. Its value follows after "=", so that pflag takes one after a space for an
// argument.
func givenSwitch(command *cobra.Command) (name string) {
	command.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Value.Type() == "bool" {
			name = flag.Name
		}
	})
	return name
}

// flagError returns an error for a wrong flag, with what to use instead.
func flagError(command *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		invalid *pflag.InvalidValueError
		bare    *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &unknown):
		dashes, name := typedFlag(unknown)
		return usagef("%s has no flag %s%s; %s", command.CommandPath(), dashes, name, flagRemedy(command, name))
	case errors.As(err, &bare):
		return usagef("--%s needs a value; see %s --help", bare.GetFlag().Name, command.CommandPath())
	case errors.As(err, &invalid) && errors.Is(err, errTwice):
		return usagef("--%s is given twice, with %q the second time; give it once", invalid.GetFlag().Name, invalid.GetValue())
	case errors.As(err, &invalid):
		return usagef("--%s is %q; use %s", invalid.GetFlag().Name, invalid.GetValue(), valueRemedy(invalid.GetFlag().Value.Type()))
	}
	return usagef("%w; see %s --help", err, command.CommandPath())
}

// typedFlag is an unknown flag as it was typed, less the letters of a group that are flags. pflag reads -env, the form of Go's own
// commands, as the letters e, n and v.
func typedFlag(unknown *pflag.NotExistError) (dashes, name string) {
	if letters, _, _ := strings.Cut(unknown.GetSpecifiedShortnames(), "="); letters != "" {
		return "-", letters
	}
	return "--", unknown.GetSpecifiedName()
}

// onceOnly is the value of a flag that may be there once.
type onceOnly struct {
	pflag.Value
	given bool
}

var errTwice = errors.New("it is given twice")

// Set implements pflag.Value.
func (o *onceOnly) Set(text string) error {
	if o.given {
		return errTwice
	}
	o.given = true
	return o.Value.Set(text)
}

// takeOneStack makes a second environment or stack of a command an error. pflag takes the last value of a flag, as a script wants that
// replaces an address or a folder; but who names two environments means both.
func takeOneStack(commands ...*cobra.Command) {
	for _, command := range commands {
		for _, name := range []string{"env", "stack", "to-env"} {
			if flag := command.Flags().Lookup(name); flag != nil && flag.Value.Type() == "string" {
				flag.Value = &onceOnly{Value: flag.Value}
			}
		}
	}
}

// aFile is the remedy for an empty flag that names a file.
const aFile = "name a file"

// emptyFlags finds flags that are given without a text, such as --since "$DAY" in a script without DAY: they would silently count as
// left out. remedies say what to give a flag, by its name. A flag whose remedy is "" has a check of its own.
func emptyFlags(command *cobra.Command, remedies map[string]string) error {
	var errs []error
	command.Flags().Visit(func(flag *pflag.Flag) {
		empty := flag.Value.String() == ""
		if list, is := flag.Value.(pflag.SliceValue); is {
			empty = len(list.GetSlice()) == 0
			if flag.Value.Type() == "stringSlice" && slices.ContainsFunc(list.GetSlice(), func(part string) bool { return strings.TrimSpace(part) == "" }) {
				errs = append(errs, usagef("--%s has a comma with nothing before or after it; leave the comma out", flag.Name))
			}
		}
		remedy, known := remedies[flag.Name]
		if !known {
			remedy = "give it a value"
		}
		if empty && remedy != "" {
			errs = append(errs, usagef("--%s is empty; %s, or leave the flag out", flag.Name, remedy))
		}
	})
	return errors.Join(errs...)
}

// bothGiven refuses each pair of flags of which only one can be given.
func bothGiven(command *cobra.Command, pairs ...[2]string) error {
	var errs []error
	for _, pair := range pairs {
		if flags := command.Flags(); flags.Changed(pair[0]) && flags.Changed(pair[1]) {
			errs = append(errs, fmt.Errorf("--%s and --%s are both given; give one", pair[0], pair[1]))
		}
	}
	return errors.Join(errs...)
}

// quoted is a text as a POSIX shell reads it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// plainWord matches what a POSIX shell reads as one word as it stands.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// word is a text within a printed command, quoted only where a shell would read it otherwise.
func word(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return quoted(text)
}

// valueRemedy returns the form of a value for a flag's type.
func valueRemedy(typ string) string {
	switch typ {
	case "duration":
		return "a number with its unit, such as 5s or 1m"
	case "interval":
		return `a number with its unit, such as 5s or 1m, or "` + ownInterval + `"`
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	}
	return "a value of the type " + typ
}

// flagRemedy names the nearest flag of the command, or else of another command.
func flagRemedy(command *cobra.Command, typed string) string {
	if near := nearest.Name(typed, flagNames(command)); near != "" {
		return "did you mean --" + near + "?"
	}
	help := "see " + command.CommandPath() + " --help"
	for _, other := range command.Root().Commands() {
		near := nearest.Name(typed, flagNames(other))
		if near == "" || other == command {
			continue
		}
		if owners := commandsWith(command.Root(), near); len(owners) > 1 {
			return fmt.Sprintf("the commands %s have --%s; %s", strings.Join(owners, ", "), near, help)
		}
		return fmt.Sprintf("%s has --%s; %s", other.CommandPath(), near, help)
	}
	return help
}

// commandsWith are the names of the commands that have a flag.
func commandsWith(root *cobra.Command, flag string) (names []string) {
	for _, command := range root.Commands() {
		if slices.Contains(flagNames(command), flag) {
			names = append(names, command.Name())
		}
	}
	return names
}

func flagNames(command *cobra.Command) []string {
	var names []string
	command.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}
