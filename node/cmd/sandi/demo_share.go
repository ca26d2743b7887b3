package main

import (
	"fmt"
	"io"

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
		RunE: func(cmd *cobra.Command, _ []string) error {
			return stage(s, cmd, &c.Config, &c.Report, func() (demo.Shared, error) { return demo.Share(cmd.Context(), c) }, func(out io.Writer, got demo.Shared) {
				fmt.Fprintf(out, s.pick("%s：装载 %d 行，依 %s 提供 %d 行（%d 页）；数据文件 %s\n", "%s: %d rows loaded; under %s %d were given on %d pages; the file is %s\n"), got.DataSet, got.Loaded, got.Agreement, got.Given, got.Pages, got.Rows)
			})
		},
	}
	stageFlags(cmd, &c.Config, "play and stop; exit 0 only if all came out as written")
	return cmd
}
