package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/setup"
)

// newNode are the commands about the network's nodes: a bureau makes a further one,
// signs that it belongs to the network, and signs that another is to go.
func newNode(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "node", Short: "the network's nodes: list, make, add, remove"}
	cmd.AddCommand(newNodeList(s), newNodeMake(s), newNodeAdd(), newNodeRemove())
	return cmd
}

func newNodeMake(s *settings) *cobra.Command {
	var f setup.Further
	var dir, genesis string
	cmd := &cobra.Command{
		Use:   "make",
		Short: "make a further node of this bureau: its keys, certificate and configuration",
		Long: "Makes the folder of a further node: a standby, or a machine that is to take another's place.\n" +
			"What all nodes of the bureau share is copied from --home. Sign what it prints with sandi node add.",
		Example: "  sandi node make --dir /etc/sandi-b --home /etc/sandi --region 120000 --suffix b \\\n" +
			"    --public https://gw-b.tj.example:8011 --peer gw-b.tj.example:9011 --gossip gw-b.tj.example:7011",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if genesis == "" {
				genesis = filepath.Join(f.Home, "genesis.json")
			}
			var err error
			if f.Genesis, err = os.ReadFile(genesis); err != nil {
				return fmt.Errorf("couldn't read the genesis: %w; name it with --genesis", err)
			}
			file, err := setup.Add(dir, f)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, s.pick("节点文件已生成于 %s\n接下来：\n", "the node's folder is %s\nwhat follows:\n"), dir)
			fmt.Fprintf(out, "  sandi node add --region %s --key offline/governance.pem -f node-add.jws %s\n  sandi gov submit node-add.jws\n", f.Region, file)
			fmt.Fprintf(out, "  sandi node list -o json > %s\n  sandi serve -c %s\n", filepath.Join(dir, "nodes.json"), filepath.Join(dir, "sandi.yaml"))
			fmt.Fprintln(out, s.pick("节点先不投票；追上账本后，本地区投票节点移除或长时间无应答时由它接替（sandi node list）",
				"it has no vote at first; it is given one when it has caught up and the region's voter is removed, or silent for long (sandi node list)"))
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&dir, "dir", "sandi-b", "folder to make; must be empty or absent")
	fl.StringVar(&f.Home, "home", "", "folder of this bureau's present node, as sandi init made it")
	fl.StringVar(&genesis, "genesis", "", "the network's signed genesis (default: genesis.json in --home)")
	fl.StringVar(&f.Region, "region", "", "this bureau's region")
	fl.StringVar(&f.Suffix, "suffix", "b", "the node's suffix; its id is <region>-<suffix>, and serves once")
	fl.StringVar(&f.Public, "public", "", "base URL of its public API as this bureau's users reach it")
	fl.StringVar(&f.Peer, "peer", "", "host:port for Raft and the peer API as the other bureaus reach it")
	fl.StringVar(&f.Gossip, "gossip", "", "host:port of the health gossip as the other bureaus reach it")
	for _, name := range []string{"home", "region", "public", "peer", "gossip"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

func newNodeAdd() *cobra.Command {
	var g governance
	cmd := &cobra.Command{
		Use:   "add NODE-ADD.json",
		Short: "sign that a node belongs to this bureau and the network; then gov submit",
		Long: "Signs what sandi node make left, with the offline key. Where the bureau has no node left,\n" +
			"another bureau's operator may submit the signed file at theirs.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.sign(cmd, statement.KindNodeAdd, func(string) ([]byte, error) {
				text, err := readBounded(args[0], statement.MaxBytes)
				if err != nil {
					return nil, err
				}
				body, err := statement.ParseNodeAdd(bytes.TrimSpace(text))
				if err != nil {
					return nil, fmt.Errorf("%s: %w", args[0], err)
				}
				return body.Marshal(), nil
			})
		},
	}
	g.flags(cmd)
	return cmd
}

func newNodeRemove() *cobra.Command {
	var g governance
	var reason string
	cmd := &cobra.Command{
		Use:   "remove NODE",
		Short: "sign that a node is to go; then gov submit",
		Long: "One's own node goes at once, as long as another stands. Another bureau's node goes when as many\n" +
			"other bureaus have signed the same as sandi node list says. It is cut off within seconds, its keys\n" +
			"are revoked, and its id never serves again.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := statement.NodeRemoveBody{Node: args[0], Reason: reason}.Marshal()
			if _, err := statement.ParseNodeRemove(body); err != nil {
				return usagef("%v", err)
			}
			return g.sign(cmd, statement.KindNodeRemove, func(string) ([]byte, error) { return body, nil })
		},
	}
	g.flags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "replaced", "ceased, compromised or replaced")
	return cmd
}

// nodesView is the network's nodes.
type nodesView struct {
	v1.Nodes
	zh bool
}

func (v nodesView) pick(zh, en string) string {
	if v.zh {
		return zh
	}
	return en
}

func (v nodesView) header() table.Row {
	return heads("region", "node", "server", "peer", "public", "note")
}

func (v nodesView) rows() []table.Row {
	var rows []table.Row
	for _, n := range v.Nodes.Nodes {
		rows = append(rows, table.Row{n.Region, n.ID, v.server(n), n.Peer, n.Public, v.note(n)})
	}
	return rows
}

func (v nodesView) server(n v1.Node) string {
	if n.Removed != nil {
		return v.pick("已移除", "removed")
	}
	switch n.Server {
	case "voter":
		return v.pick("投票", "voter")
	case "standby":
		return v.pick("备用", "standby")
	}
	return v.pick("待加入", "to be added")
}

// note is what else is to be known: votes against it, and when it came and went.
func (v nodesView) note(n v1.Node) string {
	var notes []string
	if n.Added != nil {
		notes = append(notes, fmt.Sprintf(v.pick("第 %d 条加入", "added by entry %d"), *n.Added))
	}
	if n.Removed != nil {
		notes = append(notes, fmt.Sprintf(v.pick("第 %d 条移除", "removed by entry %d"), *n.Removed))
	} else if len(n.Against) > 0 {
		notes = append(notes, fmt.Sprintf(v.pick("已签署移除：%s（共需 %d 局）", "removal signed by %s, of %d needed"), strings.Join(n.Against, " "), v.Removals))
	}
	return strings.Join(notes, v.pick("；", "; "))
}

// plan is what the leader does about it, a line each.
func (v nodesView) plan() []string {
	names := map[string]string{
		"add": v.pick("将加入 %s，暂不投票", "about to take in %s, without a vote"), "promote": v.pick("将授予 %s 投票权", "about to give %s a vote"),
		"demote": v.pick("将取消 %s 的投票权", "about to take the vote of %s"), "remove": v.pick("将移出 %s", "about to take out %s"),
	}
	var lines []string
	for _, s := range v.Plan {
		if text := names[s.Action]; text != "" {
			lines = append(lines, fmt.Sprintf(text, s.Node))
		}
	}
	for _, w := range v.Waits {
		lines = append(lines, v.pick(w.Text.ZH, w.Text.EN))
	}
	return lines
}

func newNodeList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "the network's nodes, who votes, what the leader is about to change and what it waits for",
		Long:  "With -o json it is also the file that a further node begins with (`nodes` in its sandi.yaml).",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list, err := c.Nodes(cmd.Context())
			if err != nil {
				return err
			}
			if s.output != "table" {
				return s.print(cmd.OutOrStdout(), list)
			}
			view := nodesView{Nodes: list, zh: s.lang == "zh"}
			if err := s.print(cmd.OutOrStdout(), view); err != nil {
				return err
			}
			for _, line := range view.plan() {
				fmt.Fprintln(cmd.OutOrStdout(), line)
			}
			return nil
		},
	}
}
