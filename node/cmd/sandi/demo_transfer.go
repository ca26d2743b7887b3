package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/demo"
)

func newDemoTransfer(s *settings) *cobra.Command {
	var c demo.TransferConfig
	cmd := &cobra.Command{
		Use:   "transfer",
		Short: "three files go from one bureau to another with their case; the receipt is kept",
		Long: `Three regions on this machine. Daxing transfers a case to Baoding with a scan, a photo
and footage: draft, approval, offer, letter, fetching from node to node, receipt.
Each step is shown with its time; the receipt is kept for sandi-audit verify.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.BigMiB < 1 || c.BigMiB > 4096 {
				return usagef("--big %d: give 1 to 4096 MiB", c.BigMiB)
			}
			return stage(s, cmd, &c.Config, &c.Report, func() (demo.Transferred, error) { return demo.Transfer(cmd.Context(), c) }, func(out io.Writer, t demo.Transferred) {
				fmt.Fprintf(out, s.pick("移交 %d MiB，%.0f MiB/s；回执核验：sandi-audit verify %s --keys %s\n", "handed over %d MiB at %.0f MiB/s; verify the receipt: sandi-audit verify %s --keys %s\n"), t.Bytes>>20, t.MiBPerS, t.Receipt, t.Keys)
				fmt.Fprintf(out, s.pick("谁看过：共 %d 次，均有证明\n", "who looked: %d looks, all proven\n"), t.Looks)
			})
		},
	}
	stageFlags(cmd, &c.Config, "play and stop; exit 0 only if all came out as written")
	cmd.Flags().Int64Var(&c.BigMiB, "big", demo.DefaultBigMiB, "size of the large file in MiB, at most 4096")
	return cmd
}
