package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/setup"
)

func newDemo(s *settings) *cobra.Command {
	var c demo.Config
	var timeouts string
	cmd := &cobra.Command{
		Use:   "demo [" + strings.Join(demo.Scenarios(), "|") + "]",
		Short: "three regions on this machine, playing a scenario; synthetic data",
		Long: `Start three regions on this machine, with throw-away keys and a practice clock, and
play a scenario through their public API: every step, refusals included, has to come
out as it is written. The network then stays up until Ctrl-C.

With --by-hand nothing is played. The network stands at the scenario's first day and
people play it in the console, for training or to show it: sign in with the links that
are printed, move the days on with sandi demo clock. What time causes (a window that
ends, a receipt) the nodes do by themselves.`,
		Example:   "  sandi demo charger\n  sandi demo mutual-inspection --once\n  sandi demo charger --by-hand\n  sandi demo clock 2025-09-05T14:20:00+08:00",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: demo.Scenarios(),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Scenario = "charger"
			if len(args) == 1 {
				if c.Scenario = args[0]; !slices.Contains(demo.Scenarios(), c.Scenario) {
					return usagef("no scenario or command %q; `sandi demo --help` lists them", c.Scenario)
				}
			}
			if c.ByHand && c.Once {
				return usagef("--by-hand --once: a demo that is played by hand stays up until Ctrl-C; leave one out")
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
	cmd.Flags().BoolVar(&c.ByHand, "by-hand", false, "play nothing: stay up at the scenario's first day, to be played in the console")
	cmd.AddCommand(newDemoTransfer(s), newDemoShare(s), newDemoLink(s), newDemoClock(s), newKillLeader(s), newTamper(s), newDemoData(s))
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
	c.View = demo.Terminal{W: cmd.OutOrStdout(), Lang: s.lang, Color: demo.IsTerminal(os.Stdout), Ends: c.Once}
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
