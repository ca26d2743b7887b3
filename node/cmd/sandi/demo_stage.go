package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/demo"
)

// stageFlags are the flags of every play on a network of its own.
func stageFlags(cmd *cobra.Command, c *demo.Config, once string) {
	f := cmd.Flags()
	f.StringVar(&c.Dir, "dir", demo.DefaultDir(), "folder of the demo network; a former demo in it is cleared")
	f.BoolVar(&c.Once, "once", false, once)
	f.IntVar(&c.PortBase, "port-base", 0, "added to every port, to run beside another demo")
}

// stage plays something step by step and shows each with its time, or with -o json
// what came out. said is the last line of a play that went well.
func stage[T any](s *settings, cmd *cobra.Command, c *demo.Config, report *func(demo.TransferStep), play func() (T, error), said func(io.Writer, T)) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("couldn't find this program's own file: %w", err)
	}
	out := cmd.OutOrStdout()
	c.Binary, c.Lang, c.Log = binary, s.problemLanguage(), slog.New(slog.NewTextHandler(io.Discard, nil))
	c.View = demo.Terminal{W: out, Lang: s.lang, Color: demo.IsTerminal(os.Stdout), Ends: c.Once}
	*report = func(t demo.TransferStep) {
		fmt.Fprintf(out, "  %7d ms  %s\n", t.MS, s.pick(t.ZH, t.EN))
	}
	if s.output == "json" {
		c.View, *report = demo.Silent{}, nil
	}
	got, err := play()
	if s.output == "json" {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return errors.Join(err, enc.Encode(got))
	}
	if err == nil {
		said(out, got)
	}
	return err
}
