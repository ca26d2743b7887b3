package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/demo/threeyears"
)

func newDemoData(s *settings) *cobra.Command {
	var c demo.DataConfig
	cmd := &cobra.Command{
		Use:   "three-years",
		Short: "load three years of synthetic work, then hold the reports to its figures",
		Long: `Start three regions on this machine and load a synthetic data set of three years
(2022 to 2024) through their public API: monitoring, help, drives, analyses,
ratings, lists, with doubles, cancelled, reopened and unsolved ones among them.
Then every node counts every report. The exit code is 0 only if all figures are
what the data were made to give: 50 products and 1,510 batches, 945 dispatches,
274 trainings and meetings, 10 clusters, 1,279 enterprises, 766 problems solved.`,
		Example: "  sandi demo three-years --once\n  sandi demo three-years --seed 7 --dir /tmp/three --port-base 100",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.runDemoData(cmd, c) },
	}
	f := cmd.Flags()
	f.StringVar(&c.Dir, "dir", demo.DefaultDir(), "folder of the demo network; a former demo in it is cleared")
	f.BoolVar(&c.Once, "once", false, "load, check, stop")
	f.IntVar(&c.PortBase, "port-base", 0, "added to every port, to run beside another demo")
	f.Uint64Var(&c.Seed, "seed", 1, "equal seeds give equal data")
	f.IntVar(&c.Writers, "writers", threeyears.DefaultWriters, "how many cases are worked on at the same time")
	return cmd
}

func (s *settings) runDemoData(cmd *cobra.Command, c demo.DataConfig) error {
	if c.Writers < 1 || c.Writers > 4096 {
		return usagef("--writers %d: give 1 to 4096", c.Writers)
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("couldn't find this program's own file: %w", err)
	}
	c.Binary, c.Log = binary, slog.New(slog.NewTextHandler(io.Discard, nil))
	shown := cli.NewProgress(os.Stderr)
	c.Progress = func(p threeyears.Progress) {
		shown.Show(s.pick("第 %d / %d 季度，已登记 %d / %d 项", "quarter %d of %d, %d of %d statements"), p.Quarter+1, threeyears.Quarters, p.Statements, p.Total)
	}
	out := cmd.OutOrStdout()
	c.View = demo.Terminal{W: out, Lang: s.lang, Color: demo.IsTerminal(os.Stdout), Ends: c.Once}
	if s.output == "json" {
		c.View = demo.Silent{}
	}
	c.Loaded = func(d demo.DataSummary) {
		shown.Done()
		if s.output != "json" {
			s.sayLoaded(out, &d, c.Once)
		}
	}
	sum, err := demo.RunData(cmd.Context(), c)
	shown.Done()
	if s.output == "json" {
		return errors.Join(err, json.NewEncoder(out).Encode(sum))
	}
	return err
}

func (s *settings) sayLoaded(w io.Writer, d *demo.DataSummary, once bool) {
	fmt.Fprintf(w, s.pick("%d 份记录，%d 项声明，用时 %s（每秒 %.0f 项）；三地节点的 %d 个数字全部相符\n", "%d records, %d statements in %s (%.0f a second); all %d figures of the three nodes agree\n"),
		d.Cases, d.Load.Statements, d.Load.Took.Round(100*time.Millisecond), d.Load.PerSecond, d.Check.Figures)
	if !once {
		fmt.Fprintln(w, s.pick("网络继续运行，按 Ctrl-C 结束；另开终端，凭上面的令牌和地址：bin/sandi report list", "the network stays up; Ctrl-C ends it; in another terminal, with the token and address above: bin/sandi report list"))
	}
}
