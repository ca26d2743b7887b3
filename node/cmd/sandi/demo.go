package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/setup"
)

func newDemo(s *settings) *cobra.Command {
	var c demo.Config
	var timeouts string
	cmd := &cobra.Command{
		Use:       "demo [" + strings.Join(demo.Scenarios(), "|") + "]",
		Short:     "three regions on this machine, playing a scenario; synthetic data",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: demo.Scenarios(),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Scenario = "charger"
			if len(args) == 1 {
				c.Scenario = args[0]
			}
			switch timeouts {
			case "demo":
			case "production":
				c.Timeouts = setup.ProductionTimeouts
			default:
				return usagef("--timeouts %s: give demo or production", timeouts)
			}
			return s.runDemo(cmd, c)
		},
	}
	stageFlags(cmd, &c, "play, compare the nodes, export the audit bundle, stop; exit 0 only if all came out as written")
	cmd.Flags().StringVar(&timeouts, "timeouts", "demo", "Raft's timeouts: demo (one machine), or production (three cities)")
	cmd.AddCommand(newDemoTransfer(s), newDemoShare(s), newDemoLink(s), newKillLeader(s), newTamper(s), newDemoData(s))
	return cmd
}

func (s *settings) runDemo(cmd *cobra.Command, c demo.Config) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("couldn't find this program's own file: %w", err)
	}
	c.Binary = binary
	c.Lang = s.problemLanguage()
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	c.View = demo.Terminal{W: cmd.OutOrStdout(), Lang: s.lang, Color: demo.IsTerminal(os.Stdout)}
	if s.output == "json" {
		c.View = demo.Silent{}
	}
	summary, err := demo.Run(cmd.Context(), c)
	if s.output == "json" {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		return errors.Join(err, enc.Encode(summary))
	}
	return err
}

func newKillLeader(s *settings) *cobra.Command {
	var dir, victim string
	cmd := &cobra.Command{
		Use:   "kill-leader",
		Short: "kill the running demo's leader while writing; nothing is lost",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			say := func(zh, en string) { fmt.Fprintln(out, s.pick(zh, en)) }
			if s.output == "json" {
				say = func(string, string) {}
			}
			f, err := demo.KillLeader(cmd.Context(), dir, victim, say)
			if s.output == "json" {
				return errors.Join(err, json.NewEncoder(out).Encode(f))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", demo.DefaultDir(), "folder of the running demo")
	cmd.Flags().StringVar(&victim, "region", "", "kill the node of this region instead of the leader")
	return cmd
}
