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

func newDemoShare(s *settings) *cobra.Command {
	var c demo.ShareConfig
	cmd := &cobra.Command{
		Use:   "share",
		Short: "one bureau loads a data set, another asks for some of it under an agreement",
		Long: `Three regions on this machine. Hebei enters a data set into the catalogue and loads
2,000 synthetic enterprises; Beijing asks for some fields of some rows, Hebei accepts;
Beijing asks page by page; what is not agreed is refused; Hebei revokes, and the
question that is under way ends. The file stays in the folder of the demo.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.runShare(cmd, c) },
	}
	cmd.Flags().StringVar(&c.Dir, "dir", demo.DefaultDir(), "folder of the demo network; a former demo in it is cleared")
	cmd.Flags().BoolVar(&c.Once, "once", false, "play and stop; exit 0 only if all came out as written")
	cmd.Flags().IntVar(&c.PortBase, "port-base", 0, "added to every port, to run beside another demo")
	return cmd
}

func (s *settings) runShare(cmd *cobra.Command, c demo.ShareConfig) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("couldn't find this program's own file: %w", err)
	}
	out := cmd.OutOrStdout()
	c.Binary, c.Lang, c.Log = binary, s.problemLanguage(), slog.New(slog.NewTextHandler(io.Discard, nil))
	c.View = demo.Terminal{W: out, Lang: s.lang, Color: demo.IsTerminal(os.Stdout)}
	c.Report = func(t demo.TransferStep) {
		fmt.Fprintf(out, "  %7d ms  %s\n", t.MS, s.pick(t.ZH, t.EN))
	}
	if s.output == "json" {
		c.View, c.Report = demo.Silent{}, nil
	}
	got, err := demo.Share(cmd.Context(), c)
	if s.output == "json" {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return errors.Join(err, enc.Encode(got))
	}
	if err == nil {
		fmt.Fprintf(out, s.pick("%s：装载 %d 行，依 %s 提供 %d 行（%d 页）；数据文件 %s\n", "%s: %d rows loaded; under %s %d were given on %d pages; the file is %s\n"), got.DataSet, got.Loaded, got.Agreement, got.Given, got.Pages, got.Rows)
	}
	return err
}
