package cli

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/spf13/cobra"
)

// WatchOutput makes a command line that could not print all of its output fail: a
// table cut off by a full disk must not pass for the whole. What it gives is called
// with the command's error and adds its own. A reader who has gone (a closed pipe)
// asked for no more.
func WatchOutput(root *cobra.Command) (written func(error) error) {
	out := &output{to: root.OutOrStdout()}
	root.SetOut(out)
	return func(err error) error {
		if ExitCode(err) != ExitOK || out.failed == nil || errors.Is(out.failed, syscall.EPIPE) {
			return err
		}
		return fmt.Errorf("couldn't print everything: %w", out.failed)
	}
}

// output remembers the first failed write. It belongs to the one goroutine that prints.
type output struct {
	to     io.Writer
	failed error
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil && o.failed == nil {
		o.failed = err
	}
	return n, err
}
