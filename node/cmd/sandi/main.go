// Command sandi is a region's node and its tools. Commands are noun-verb;
// `sandi help` lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/node/cli"
)

// Exit codes: see node/cli.
const (
	exitOK       = cli.ExitOK
	exitFailed   = cli.ExitFailed
	exitUsage    = cli.ExitUsage
	exitVerify   = cli.ExitVerify
	exitDegraded = cli.ExitDegraded
	exitDenied   = cli.ExitDenied
)

func main() { os.Exit(run(os.Args[1:])) }

// run is main with a return value, so that tests can call it.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	written := cli.WatchOutput(root)
	err := written(root.ExecuteContext(ctx))
	var coded *cli.Error
	if err != nil && (!errors.As(err, &coded) || coded.Err != nil) {
		line, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintln(os.Stderr, "sandi:", line)
	}
	return exitCode(err)
}

// exitCode is what a command's error means to a shell.
func exitCode(err error) int {
	var coded *cli.Error
	var refusal *problem.Problem
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &coded):
		return coded.Code
	case errors.As(err, &refusal) && (refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusForbidden):
		return exitDenied
	default:
		return cli.ExitCode(err)
	}
}

// usagef is an error of the call's form: exit 2.
func usagef(format string, args ...any) error { return cli.Usagef(format, args...) }
