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
	err := root.ExecuteContext(ctx)
	var coded *Error
	if err != nil && (!errors.As(err, &coded) || coded.Err != nil) {
		line, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintln(root.ErrOrStderr(), root.Name()+":", line)
	}
	return ExitCode(err)
}

// Groups makes every command that only holds others say which of them is unknown,
// with exit code 2; alone, it prints its help.
func Groups(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		Groups(sub)
	}
	if cmd.Runnable() {
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
