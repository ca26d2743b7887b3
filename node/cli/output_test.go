package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
)

// refusing is where nothing can be written.
type refusing struct{ with error }

func (w refusing) Write([]byte) (int, error) { return 0, w.with }

// Ensure output that could not be printed is no success, that a command's own failure
// keeps its exit code, and that a reader who went is none.
func TestWatchOutput(t *testing.T) {
	for _, tc := range []struct {
		name string
		out  io.Writer
		err  error
		want int
		says string
	}{
		{"all was printed", io.Discard, nil, cli.ExitOK, ""},
		{"a full disk", refusing{syscall.ENOSPC}, nil, cli.ExitFailed, "couldn't print everything: no space left"},
		{"a full disk, and a finding", refusing{syscall.ENOSPC}, &cli.Error{Code: cli.ExitVerify}, cli.ExitVerify, ""},
		{"a full disk, and a failure", refusing{syscall.ENOSPC}, errors.New("the node is down"), cli.ExitFailed, "the node is down"},
		{"a reader who went", refusing{syscall.EPIPE}, nil, cli.ExitOK, ""},
	} {
		cmd := &cobra.Command{Use: "list", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), "a line") // as tables do, whose errors nobody sees
			return tc.err
		}}
		var errs bytes.Buffer
		cmd.SetOut(tc.out)
		cmd.SetErr(&errs)
		if got := cli.Run(cmd, nil); got != tc.want {
			t.Errorf("%s: exit %d, want %d", tc.name, got, tc.want)
		}
		if !strings.Contains(errs.String(), tc.says) || (tc.says == "") != (errs.Len() == 0) {
			t.Errorf("%s: says %q, want %q", tc.name, errs.String(), tc.says)
		}
	}
}
