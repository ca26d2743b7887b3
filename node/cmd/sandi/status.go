package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/cli"
)

// statusView is what a node says of itself, with what waits for this bureau.
type statusView struct {
	v1.NodeStatus
	nodes   nodesView     // not in machines' form: sandi node list gives it
	waiting []v1.Proposal // on which this bureau has not voted
}

// MarshalJSON implements json.Marshaler: machines get what the API says.
func (v statusView) MarshalJSON() ([]byte, error) { return json.Marshal(v.NodeStatus) }

func (v statusView) header() table.Row { return table.Row{"", ""} }

func (v statusView) rows() []table.Row {
	rows := []table.Row{
		{word("network"), v.Name},
		{word("node"), v.Node + " (" + v.Region + ")"},
		{word("version"), v.Version},
		{word("role|replica"), word(v.Replica.Role + "|replica")},
		{word("leader"), v.Replica.Leader},
		{word("ready"), v.Replica.Ready},
		{word("voters"), strings.Join(v.Replica.Voters, " ")},
		{word("standbys"), v.standbys()},
		{word("others seem"), seeming(v.Replica.Hints)},
		{word("term"), v.Replica.Term},
		{word("entries"), both("已上账 %d 条", "%d committed", v.Size)},
		{word("root"), v.Root},
		{word("state digest"), v.StateDigest},
		{word("ledger time"), v.LedgerTime},
		{word("clock"), v.Now},
		{word("synthetic"), v.Synthetic},
	}
	for _, line := range v.nodes.plan() {
		rows = append(rows, table.Row{word("voters"), line})
	}
	for _, n := range v.nodes.Nodes.Nodes {
		if n.Removed == nil && len(n.Against) > 0 {
			rows = append(rows, table.Row{word("awaits votes"), n.ID + ": " + v.nodes.note(n)})
		}
	}
	for _, m := range v.Moves {
		rows = append(rows, table.Row{word("awaits signature"), both("移交领导 %s → %s，任期 %d：%s 已签署（%d，共需 %d），%s 前有效", "leader.move %s -> %s, term %d: signed by %s (%d of %d), until %s", m.Leader, m.Candidate, m.Term, strings.Join(m.Regions, " "), len(m.Regions), m.Needs, m.Until)})
	}
	for _, p := range v.waiting {
		rows = append(rows, table.Row{word("awaits your vote"), both("%s/%s：%s 第 %d 版", "%s/%s: %s %d", p.Region, p.ID, p.Name, p.Version)})
	}
	rows = append(rows, v.accessRows()...)
	if v.Checkpoints != nil {
		rows = slices.Insert(rows, slices.IndexFunc(rows, func(r table.Row) bool { return r[0] == word("root") }), v.checkpointRows()...)
	}
	return rows
}

// anchorLate is for how many seconds entries of the access log may wait for the ledger.
const anchorLate = 2 * 3600

// accessRows are how the log of who looked at private data stands.
func (v statusView) accessRows() []table.Row {
	a := v.AccessLog
	if a == nil {
		return nil
	}
	rows := []table.Row{{word("access log"), both("共 %d 条，其中 %d 条的摘要已登记到账本", "%d entries, %d under a head on the ledger", a.Size, a.Anchored)}}
	if a.Closed != "" {
		rows = append(rows, table.Row{word("no private data"), a.Closed})
	}
	if a.Unanchored > anchorLate {
		rows = append(rows, table.Row{word("warning"), both("查阅日志已有 %d 分钟未登记到账本", "entries of the access log have waited %d minutes for the ledger", a.Unanchored/60)})
	}
	return rows
}

// standbys are the nodes without a vote.
func (v statusView) standbys() string {
	var list []string
	for _, n := range v.nodes.Nodes.Nodes {
		if n.Removed == nil && n.Server != "voter" {
			list = append(list, n.ID)
		}
	}
	return strings.Join(list, " ")
}

// seeming is what gossip says of the other nodes.
func seeming(hints []v1.Hint) v1.Label {
	var zh, en []string
	for _, h := range hints {
		zh = append(zh, strings.TrimSpace(h.Node+" "+word(h.State+"|node").in("zh")+" "+h.Version))
		en = append(en, strings.TrimSpace(h.Node+" "+h.State+" "+h.Version))
	}
	return v1.Label{ZH: strings.Join(zh, "，"), EN: strings.Join(en, ", ")}
}

// checkpointRows are how far the entries are signed, and why no further.
func (v statusView) checkpointRows() []table.Row {
	c := v.Checkpoints
	rows := []table.Row{
		{"", shownOf(c.Published, "已公布", "published")},
		{"", shownOf(c.Final, "最终", "final")},
		{"", both("%d 由本节点共签", "%d cosigned by this node", c.Cosigned)},
	}
	for _, o := range c.Others {
		rows = append(rows, table.Row{"", reachOf(o)})
	}
	for _, trouble := range [...]struct {
		name word
		text string
	}{
		{"does not vote", c.Quarantine}, {"does not sign", c.Stopped}, {"warning", c.Warning}, {"unresolved forks", strings.Join(c.Evidence, " ")},
	} {
		if trouble.text != "" {
			rows = append(rows, table.Row{trouble.name, trouble.text})
		}
	}
	return rows
}

// reachOf is how far another node was when it last answered.
func reachOf(o v1.Reach) v1.Label {
	if o.AgoS == nil {
		return both("%s 在本节点启动以来未应答", "%s has not answered since this node started", o.Node)
	}
	return both("%d 由 %s 签署，%d 秒前应答", "%d signed by %s, %d s ago", o.Size, o.Node, *o.AgoS)
}

// shownOf is a checkpoint's size, who signed it, and what it is.
func shownOf(c *v1.Checkpoint, zh, en string) v1.Label {
	if c == nil {
		return v1.Label{ZH: "0 " + zh, EN: "0 " + en}
	}
	by := strings.Join(c.CosignedBy, " ")
	return v1.Label{ZH: fmt.Sprintf("%d %s（%s 共签）", c.Size, zh, by), EN: fmt.Sprintf("%d (cosigned by %s) %s", c.Size, by, en)}
}

// gather asks for what waits. Proposals need a leader; without one the status says
// so itself.
func (v *statusView) gather(ctx context.Context, c *client.Client, zh bool) error {
	list, err := c.Nodes(ctx)
	if err != nil {
		return err
	}
	v.nodes = nodesView{Nodes: list, zh: zh}
	if !v.Replica.Ready {
		return nil
	}
	proposals, err := c.Proposals(ctx)
	if err != nil {
		return err
	}
	for _, p := range proposals {
		if p.State == "open" && !slices.Contains(p.Approved, v.Region) {
			v.waiting = append(v.waiting, p)
		}
	}
	return nil
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
			view := statusView{NodeStatus: status}
			if s.output == "table" {
				if err := view.gather(cmd.Context(), c, s.lang == "zh"); err != nil {
					return err
				}
			}
			if err := s.print(cmd.OutOrStdout(), view); err != nil {
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
