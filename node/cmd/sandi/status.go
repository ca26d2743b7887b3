package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/cli"
)

type statusView struct{ v1.NodeStatus }

func (v statusView) header() table.Row { return table.Row{"", ""} }

func (v statusView) rows() []table.Row {
	rows := []table.Row{
		{"network", v.Name},
		{"node", v.Node + " (" + v.Region + ")"},
		{"version", v.Version},
		{"role", v.Replica.Role},
		{"leader", v.Replica.Leader},
		{"ready", v.Replica.Ready},
		{"voters", strings.Join(v.Replica.Voters, " ")},
		{"others seem", seeming(v.Replica.Hints)},
		{"term", v.Replica.Term},
		{"entries", fmt.Sprintf("%d committed", v.Size)},
		{"root", v.Root},
		{"state digest", v.StateDigest},
		{"ledger time", v.LedgerTime},
		{"clock", v.Now},
		{"synthetic", v.Synthetic},
	}
	if v.Checkpoints != nil {
		rows = slices.Insert(rows, slices.IndexFunc(rows, func(r table.Row) bool { return r[0] == "root" }), v.checkpointRows()...)
	}
	return rows
}

// seeming is what gossip says of the other nodes.
func seeming(hints []v1.Hint) string {
	var list []string
	for _, h := range hints {
		list = append(list, strings.TrimSpace(h.Node+" "+h.State+" "+h.Version))
	}
	return strings.Join(list, ", ")
}

// checkpointRows are how far the entries are signed, and why no further.
func (v statusView) checkpointRows() []table.Row {
	c := v.Checkpoints
	rows := []table.Row{
		{"", shownOf(c.Published) + " published"},
		{"", shownOf(c.Final) + " final"},
		{"", fmt.Sprintf("%d cosigned by this node", c.Cosigned)},
	}
	for _, trouble := range [...]struct{ name, text string }{
		{"does not vote", c.Quarantine}, {"does not sign", c.Stopped}, {"warning", c.Warning}, {"unresolved forks", strings.Join(c.Evidence, " ")},
	} {
		if trouble.text != "" {
			rows = append(rows, table.Row{trouble.name, trouble.text})
		}
	}
	return rows
}

// shownOf is a checkpoint's size, and who signed it.
func shownOf(c *v1.Checkpoint) string {
	if c == nil {
		return "0"
	}
	return fmt.Sprintf("%d (cosigned by %s)", c.Size, strings.Join(c.CosignedBy, " "))
}

func newStatus(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "how a node and its ledger stand; exit 4 when it takes no writes or does not vote",
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
			if c := status.Checkpoints; c != nil && c.Quarantine != "" {
				return &cli.Error{Code: exitDegraded, Err: fmt.Errorf("node %s does not vote: %s", status.Node, c.Quarantine)}
			}
			if !status.Replica.Ready {
				return &cli.Error{Code: exitDegraded, Err: fmt.Errorf("node %s is not ready: it knows no leader of a majority", status.Node)}
			}
			return nil
		},
	}
}
