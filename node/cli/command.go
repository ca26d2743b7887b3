package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Error carries an exit code other than 1 up to Main. A nil Err prints nothing:
// the command has already said what it found.
type Error struct {
	Code int
	Err  error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.Err }

// Usagef is an error of the call's form: exit 2.
func Usagef(format string, args ...any) error {
	return &Error{Code: ExitUsage, Err: fmt.Errorf(format, args...)}
}

// ExitCode is what a command's error means to a shell.
func ExitCode(err error) int {
	var coded *Error
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &coded):
		return coded.Code
	}
	return ExitFailed
}

// Run runs a command line until it ends or is interrupted, prints its error in one
// line on the standard error, and returns the exit code.
func Run(root *cobra.Command, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root.SetArgs(args)
	written := WatchOutput(root)
	err := written(root.ExecuteContext(ctx))
	var coded *Error
	if err != nil && (!errors.As(err, &coded) || coded.Err != nil) {
		line, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintln(root.ErrOrStderr(), root.Name()+":", line)
	}
	return ExitCode(err)
}

// Groups makes every command that only holds others say which of them is unknown,
// with exit code 2; alone, it prints its help. Every other command says what it takes
// when it is called in another form, with exit code 2 too.
func Groups(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		Groups(sub)
	}
	if cmd.Runnable() {
		formed(cmd)
		return
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		hint := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf(" (did you mean %q?)", near[0])
		}
		return Usagef("unknown command %q%s; `%s --help` lists them", args[0], hint, cmd.CommandPath())
	}
}

// formed makes a command refuse a wrong number of arguments, and flags that are missing,
// in our words: cobra's say neither which nor where to look.
func formed(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			err := args(cmd, given)
			var coded *Error
			if err == nil || errors.As(err, &coded) { // the command's own words
				return err
			}
			_, takes, _ := strings.Cut(cmd.Use, " ")
			switch {
			case takes == "":
				return Usagef("`%s` takes no arguments, not %q; see `%[1]s --help`", cmd.CommandPath(), given)
			case len(given) == 0:
				return Usagef("give %s; see `%s --help`", takes, cmd.CommandPath())
			}
			return Usagef("give %s, not %q; see `%s --help`", takes, given, cmd.CommandPath())
		}
	}
	before, plain := cmd.PreRunE, cmd.PreRun
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		switch { // the first that there is, as cobra does
		case before != nil:
			if err := before(cmd, args); err != nil {
				return err
			}
		case plain != nil:
			plain(cmd, args)
		}
		var missing []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; required && !f.Changed {
				missing = append(missing, "--"+f.Name)
			}
		})
		if len(missing) > 0 {
			return Usagef("give %s; see `%s --help`", strings.Join(missing, " and "), cmd.CommandPath())
		}
		return nil
	}
}
