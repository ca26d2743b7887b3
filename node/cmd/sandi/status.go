package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
)

type statusView struct{ v1.NodeStatus }

func (v statusView) header() table.Row { return table.Row{"", ""} }

func (v statusView) rows() []table.Row {
	return []table.Row{
		{"network", v.Name},
		{"node", v.Node + " (" + v.Region + ")"},
		{"version", v.Version},
		{"role", v.Replica.Role},
		{"leader", v.Replica.Leader},
		{"ready", v.Replica.Ready},
		{"voters", strings.Join(v.Replica.Voters, " ")},
		{"term", v.Replica.Term},
		{"entries", v.Size},
		{"root", v.Root},
		{"state digest", v.StateDigest},
		{"ledger time", v.LedgerTime},
		{"clock", v.Now},
		{"synthetic", v.Synthetic},
	}
}

func newStatus(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "how a node and its ledger stand; exit 4 when it takes no writes",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			status, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if err := s.print(cmd.OutOrStdout(), statusView{status}); err != nil {
				return err
			}
			if !status.Replica.Ready {
				return &exitError{code: exitDegraded, err: fmt.Errorf("node %s is not ready: it knows no leader of a majority", status.Node)}
			}
			return nil
		},
	}
}
