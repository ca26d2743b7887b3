package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/recovery"
)

const recoverLong = `For a network that has lost its majority for good: two of three nodes will never come
back. Run it at each node that is left, while it is stopped.

Without --order it looks and changes nothing: how far this node's ledger goes, which
cosigned checkpoints are known here and in the files of --checkpoint (ask every bureau
and auditor for the newest they kept: /log/checkpoint, the file checkpoint in a bundle),
and which leaves of them are missing here.

With --order it also judges the order: signed by at least two bureaus (sandi gov
recovery), about exactly this tree. With --yes it goes on: the survivors are the only
voters, the order is the first entry of the recovered ledger, and its files are renamed
to *.used. A tree shorter than a known checkpoint is refused: there is no way around it
but to find a node or a backup that has the rest.

The lost machines must never start again with their old data folders.

With --to-final: after a proven fork, back to the last final checkpoint (OPERATIONS.md,
"A proven fork"). Run it at every node, all of them stopped. It shows the fork, which
entries are void, and what becomes of each when it is submitted again; --plan-out writes
the plan that at least two bureaus sign (sandi gov return), --plan judges another
bureau's. What is final is never given up. All log and cosigner keys end: a key must not
sign two trees of one size. Name the new ones in sandi.yaml before --order … --yes.

Exit: 0 done, or it could be; 4 looked, and it could not go on; 3 the order or a
checkpoint does not hold.`

func newRecover(s *settings) *cobra.Command {
	var config string
	var checkpoints, orders []string
	var yes bool
	var back returnFlags
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "lost majority or proven fork: look what is left, and go on under an order of two bureaus",
		Long:  recoverLong,
		Example: "  sandi recover -c sandi.yaml --checkpoint tianjin.note --checkpoint auditor.note\n" +
			"  sandi recover -c sandi.yaml --checkpoint tianjin.note --order 110000.jws --order 130000.jws --yes\n" +
			"  sandi recover -c sandi.yaml --to-final --plan-out plan.json\n" +
			"  sandi recover -c sandi.yaml --to-final --order return.jws --yes",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := back.check(); err != nil {
				return err
			}
			if yes && len(orders) == 0 && !back.toFinal {
				return usagef("--yes without --order: give the order that two bureaus have signed")
			}
			cfg, err := node.LoadConfig(config)
			if err != nil {
				return err
			}
			folder, done, err := node.OpenStopped(cfg)
			if err != nil {
				return fmt.Errorf("%w; stop the node first", err)
			}
			defer func() { err = errors.Join(err, done()) }()
			if back.toFinal {
				return s.returnToFinal(cmd, folder, &back, checkpoints, orders, yes)
			}
			return s.recover(cmd, folder, checkpoints, orders, yes)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&config, "config", "c", cli.Env("SANDI_CONFIG", "sandi.yaml"), "the stopped node's configuration (SANDI_CONFIG)")
	f.StringArrayVar(&checkpoints, "checkpoint", nil, "a cosigned checkpoint that somebody kept; may be given several times")
	f.StringArrayVar(&orders, "order", nil, "a bureau's signed order, or a file with all of them; may be given several times")
	f.BoolVar(&yes, "yes", false, "go on; without it nothing is changed")
	back.flags(cmd)
	return cmd
}

func (s *settings) recover(cmd *cobra.Command, folder *recovery.Folder, checkpoints, orders []string, yes bool) error {
	given, err := readGiven(checkpoints, checkpoint.MaxNote)
	if err != nil {
		return fmt.Errorf("couldn't read --checkpoint: %w", err)
	}
	view, err := folder.Look(given)
	if err != nil {
		return err
	}
	if err := s.print(cmd.OutOrStdout(), remainsView{view, s.pick}); err != nil {
		return err
	}
	if len(orders) == 0 {
		if err := view.Allows(view.Last.Size); err != nil {
			return &cli.Error{Code: exitDegraded, Err: err}
		}
		if s.output == "table" {
			fmt.Fprintf(cmd.OutOrStdout(), s.pick("可以恢复。各局（至少两个）离线签署：\n", "it can go on. Let at least two bureaus sign, each beside its own safe:\n")+
				"  sandi gov recovery --region … --key offline/governance.pem --size %d --root %s --survivor %s -f order.jws\n",
				view.Last.Size, strict.B64(view.Last.Root[:]), view.Node)
		}
		return nil
	}
	text, err := readOrders(orders)
	if err != nil {
		return err
	}
	order, err := folder.Judge(view, text)
	if err != nil {
		return &cli.Error{Code: exitVerify, Err: err}
	}
	what := s.pick("恢复令成立: %s 签署，%d 条，存续节点 %s\n", "the order holds: signed by %s, %d leaves, survivors %s\n")
	fmt.Fprintf(cmd.ErrOrStderr(), what, strings.Join(order.Regions, " "), order.Size, strings.Join(order.Survivors, " "))
	if !yes {
		fmt.Fprintln(cmd.ErrOrStderr(), s.pick("未作任何改动；加 --yes 执行", "nothing was changed; --yes goes on"))
		return nil
	}
	if err := folder.Execute(view, order); err != nil {
		return err
	}
	if err := putAway(orders); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), s.pick("已恢复。全部存续节点执行后再启动；已失去的机器不得以旧数据启动",
		"recovered. Start it when every survivor has been; the lost machines must never start with their old data"))
	return nil
}

// remainsView is what is left, for people and machines.
type remainsView struct {
	*recovery.View
	pick func(zh, en string) string
}

// MarshalJSON implements json.Marshaler.
func (v remainsView) MarshalJSON() ([]byte, error) {
	type tree struct {
		Size uint64 `json:"size"`
		Root string `json:"root"`
	}
	return json.Marshal(struct {
		Node        string           `json:"node"`
		Applied     tree             `json:"applied"`
		Last        tree             `json:"last"`
		Index       uint64           `json:"index"`
		Term        uint64           `json:"term"`
		Voters      []string         `json:"voters"`
		Checkpoints []recovery.Point `json:"checkpoints"`
	}{
		v.Node, tree{v.Applied.Size, strict.B64(v.Applied.Root[:])}, tree{v.Last.Size, strict.B64(v.Last.Root[:])}, v.Index, v.Term, v.Voters, v.Points,
	})
}

func (remainsView) header() table.Row { return nil }

func (v remainsView) rows() []table.Row {
	pick := v.pick
	rows := []table.Row{
		{pick("节点", "node"), fmt.Sprintf(pick("%s，任期 %d，日志末条 %d，投票节点 %s", "%s, term %d, log to entry %d, voters %s"), v.Node, v.Term, v.Index, strings.Join(v.Voters, " "))},
		{pick("已执行", "applied"), fmt.Sprintf(pick("%d 条，根 %s", "%d leaves, root %s"), v.Applied.Size, strict.B64(v.Applied.Root[:]))},
		{pick("连同日志", "with the log"), fmt.Sprintf(pick("%d 条，根 %s", "%d leaves, root %s"), v.Last.Size, strict.B64(v.Last.Root[:]))},
	}
	shown := v.Points
	const most = 8 // the newest say it all
	if len(shown) > most {
		shown = shown[len(shown)-most:]
	}
	for _, p := range slices.Backward(shown) {
		said := pick("在此", "is here")
		switch {
		case p.Contradict:
			said = pick("与此处的树矛盾（分叉）", "CONTRADICTS the tree here: a fork")
		case p.Missing > 0:
			said = fmt.Sprintf(pick("此处缺第 %d 至 %d 条", "leaves %d to %d are MISSING here"), v.Last.Size, p.Size-1)
		}
		rows = append(rows, table.Row{pick("检查点", "checkpoint"), fmt.Sprintf(pick("%d 条，共签 %s（%s）：%s", "%d leaves, cosigned by %s (%s): %s"), p.Size, strings.Join(p.CosignedBy, " "), p.From, said)})
	}
	return rows
}

// newGovRecovery signs how a network goes on that has lost its majority.
func newGovRecovery() *cobra.Command {
	var g governance
	var body statement.RecoveryBody
	var root string
	cmd := &cobra.Command{
		Use:   "recovery",
		Short: "sign how the network goes on after a lost majority; for sandi recover, at least two bureaus",
		Long: "Signs the order for sandi recover, which prints size and root. All bureaus sign the same\n" +
			"size, root and survivors, each with its own offline key. Ask the others by telephone first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if body.Root, err = base64.RawURLEncoding.DecodeString(root); err != nil {
				return usagef("--root: give it as sandi recover prints it")
			}
			slices.Sort(body.Survivors)
			text := body.Marshal()
			if _, err := statement.ParseRecovery(text); err != nil {
				return usagef("%v", err)
			}
			return g.sign(cmd, statement.KindRecovery, func(string) ([]byte, error) { return text, nil })
		},
	}
	g.flags(cmd)
	f := cmd.Flags()
	f.Uint64Var(&body.Size, "size", 0, "leaves of the tree that is accepted (sandi recover)")
	f.StringVar(&root, "root", "", "its root (sandi recover)")
	f.StringSliceVar(&body.Survivors, "survivor", nil, "node that goes on and votes; may be given several times")
	f.StringVar(&body.Reason, "reason", "lost", "lost or destroyed")
	for _, name := range []string{"size", "root", "survivor"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}
