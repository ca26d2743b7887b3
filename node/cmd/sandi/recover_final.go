package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/recovery"
)

// returnFlags are the flags of `sandi recover --to-final`.
type returnFlags struct {
	toFinal bool
	plan    string
	planOut string
	void    uint64
	voters  []string
}

func (r *returnFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&r.toFinal, "to-final", false, "after a proven fork: back to the last final checkpoint")
	f.StringVar(&r.plan, "plan", "", "with --to-final: a plan from another bureau, to be judged at this node")
	f.StringVar(&r.planOut, "plan-out", "", "with --to-final: write the plan that all bureaus sign (sandi gov return)")
	f.Uint64Var(&r.void, "void", 0, "with --plan-out: leaves of the longest tree that any bureau knows, when it is not this node's")
	f.StringSliceVar(&r.voters, "voter", nil, "with --plan-out: node that returns and votes (default: those that vote now); may be given several times")
}

// check refuses flags that do not go together.
func (r *returnFlags) check() error {
	switch {
	case !r.toFinal && (r.plan != "" || r.planOut != "" || r.void > 0 || len(r.voters) > 0):
		return usagef("--plan, --plan-out, --void and --voter belong to --to-final")
	case r.plan != "" && r.planOut != "":
		return usagef("--plan and --plan-out: judge a plan or write one")
	}
	return nil
}

// readGiven reads files that somebody kept.
func readGiven(paths []string, most int64) ([]recovery.Given, error) {
	var given []recovery.Given
	for _, path := range paths {
		data, err := readBounded(path, most)
		if err != nil {
			return nil, err
		}
		given = append(given, recovery.Given{Name: path, Note: data})
	}
	return given, nil
}

// readOrders joins the files of an order.
func readOrders(paths []string) ([]byte, error) {
	var text []byte
	for _, path := range paths {
		part, err := readBounded(path, recovery.MaxOrder)
		if err != nil {
			return nil, fmt.Errorf("couldn't read --order: %w", err)
		}
		text = append(append(text, part...), '\n')
	}
	return text, nil
}

// putAway renames the files of an order that was carried out.
func putAway(paths []string) error {
	for _, path := range paths {
		if err := os.Rename(path, path+".used"); err != nil {
			return fmt.Errorf("it is done, but the order couldn't be put away: %w; rename it by hand", err)
		}
	}
	return nil
}

// returnToFinal is `sandi recover --to-final`.
func (s *settings) returnToFinal(cmd *cobra.Command, folder *recovery.Folder, r *returnFlags, checkpoints, orders []string, yes bool) error {
	switch begun, err := recovery.Unfinished(folder.Store.Local()); {
	case err != nil:
		return err
	case begun != nil && !yes:
		return &cli.Error{Code: exitDegraded, Err: recovery.ErrUnfinished}
	case begun != nil:
		if _, err := folder.Resume(); err != nil {
			return err
		}
		return s.returned(cmd, orders)
	case yes && len(orders) == 0:
		return usagef("--yes without --order: give what the bureaus have signed")
	}
	given, err := readGiven(checkpoints, checkpoint.MaxNote)
	if err != nil {
		return fmt.Errorf("couldn't read --checkpoint: %w", err)
	}
	text, err := readOrders(orders)
	if err == nil && r.plan != "" {
		text, err = readBounded(r.plan, statement.MaxBytes)
	}
	if err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	if folder.Genesis.Genesis.Clock == genesis.ClockPractice {
		now = 0 // the trial then goes by ledger time
	}
	view, err := folder.LookReturn(cmd.Context(), given, text, now)
	if err != nil {
		return refusedReturn(err)
	}
	if err := s.print(cmd.OutOrStdout(), returnView{view, s.pick}); err != nil {
		return err
	}
	if len(orders) > 0 {
		return s.orderedReturn(cmd, folder, view, text, orders, yes)
	}
	return s.plannedReturn(cmd, folder, view, r, text)
}

// refusedReturn gives an error the exit status of what does not hold.
func refusedReturn(err error) error {
	if errors.Is(err, recovery.ErrOrder) || errors.Is(err, recovery.ErrFinal) || errors.Is(err, recovery.ErrNoFork) || errors.Is(err, recovery.ErrReturned) {
		return &cli.Error{Code: exitVerify, Err: err}
	}
	return err
}

// plannedReturn judges a plan, writes one, or says that there could be one.
func (s *settings) plannedReturn(cmd *cobra.Command, folder *recovery.Folder, view *recovery.ReturnView, r *returnFlags, text []byte) error {
	var body statement.ReturnBody
	if r.plan != "" {
		var err error
		if body, err = statement.ParseReturn([]byte(strings.TrimSpace(string(text)))); err != nil {
			return usagef("%s is no plan: %v", r.plan, err)
		}
		body.Side = view.SideOf(body)
	} else {
		voters := r.voters
		if len(voters) == 0 {
			voters = view.Voters
		}
		var err error
		if body, err = view.Plan(voters); err != nil {
			return refusedReturn(err)
		}
		body.Void = max(body.Void, r.void)
	}
	if err := folder.JudgePlan(view, body); err != nil {
		return refusedReturn(err)
	}
	name := r.plan
	if r.planOut != "" {
		if err := writeNew(r.planOut, append(body.Marshal(), '\n')); err != nil {
			return err
		}
		name = r.planOut
	}
	if s.output != "table" {
		return nil
	}
	if name == "" {
		fmt.Fprintln(cmd.OutOrStdout(), s.pick("可以退回。以 --plan-out 写出方案，交各局核对", "it can return. Write the plan with --plan-out, for every bureau to judge at its own node (--plan)"))
		return nil
	}
	fmt.Fprintf(cmd.OutOrStdout(), s.pick("方案在本节点成立。本局离线签署，并登记本局节点的新密钥：\n", "the plan holds at this node. Let this bureau sign, and register new keys for its node, beside its own safe:\n")+
		"  sandi gov return --plan %[1]s --side %[2]s --region %[3]s --key offline/governance.pem -f return-%[3]s.jws\n"+
		"  sandi key add --new log-2.pem --node %[4]s --active --region %[3]s --key offline/governance.pem -f return-%[3]s-log.jws\n"+
		"  sandi key add --new cosigner-2.pem --node %[4]s --active --region %[3]s --key offline/governance.pem -f return-%[3]s-cosigner.jws\n",
		name, body.Side, view.Region, view.Node)
	return nil
}

// orderedReturn judges a signed order, and carries it out.
func (s *settings) orderedReturn(cmd *cobra.Command, folder *recovery.Folder, view *recovery.ReturnView, text []byte, orders []string, yes bool) error {
	order, err := folder.JudgeReturn(view, text)
	if err != nil {
		return refusedReturn(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), s.pick("回退令成立: %s 签署，退回 %d 条；请与其他各局电话核对指纹 %s\n",
		"the order holds: signed by %s, back to %d leaves; compare its print with every bureau by telephone: %s\n"), strings.Join(order.Regions, " "), order.Size, order.Print())
	if !yes {
		fmt.Fprintln(cmd.ErrOrStderr(), s.pick("未作任何改动；加 --yes 执行", "nothing was changed; --yes goes on"))
		return nil
	}
	if err := folder.Return(view, order); err != nil {
		return refusedReturn(err)
	}
	return s.returned(cmd, orders)
}

func (s *settings) returned(cmd *cobra.Command, orders []string) error {
	if err := putAway(orders); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), s.pick("已退回。各节点都执行后再启动；作废的声明由各节点自行重新提交，结果见管理端口 /voided",
		"returned. Start it when the other nodes have returned too; the void statements are submitted again by themselves, /voided on the admin address lists what became of each"))
	return nil
}

// returnView is what a return would come to, for people and machines.
type returnView struct {
	*recovery.ReturnView
	pick func(zh, en string) string
}

// MarshalJSON implements json.Marshaler.
func (v returnView) MarshalJSON() ([]byte, error) {
	type tree struct {
		Size uint64 `json:"size"`
		Root string `json:"root"`
	}
	out := struct {
		Node  string               `json:"node"`
		Last  tree                 `json:"last"`
		Index uint64               `json:"index"`
		Term  uint64               `json:"term"`
		Final *tree                `json:"final"`
		Most  uint64               `json:"most"`
		Forks []recovery.ForkView  `json:"forks"`
		Void  []recovery.VoidEntry `json:"void"`
	}{v.Node, tree{v.Last.Size, strict.B64(v.Last.Root[:])}, v.Index, v.Term, nil, v.Most, v.Forks, v.Void}
	if v.Final != nil {
		out.Final = &tree{v.Final.Size, strict.B64(v.Final.Root[:])}
	}
	return json.Marshal(out)
}

func (returnView) header() table.Row { return nil }

// mostShown bounds the void entries of the table; -o json lists all.
const mostShown = 40

func (v returnView) rows() []table.Row {
	pick := v.pick
	rows := []table.Row{{pick("节点", "node"), fmt.Sprintf(pick("%s，任期 %d，日志末条 %d，%d 条，根 %s", "%s, term %d, log to entry %d, %d leaves, root %s"), v.Node, v.Term, v.Index, v.Last.Size, strict.B64(v.Last.Root[:]))}}
	if v.Final == nil {
		return append(rows, table.Row{pick("最终检查点", "final checkpoint"), pick("此处没有；以 --checkpoint 提供", "none is known here; give one with --checkpoint")})
	}
	rows = append(rows, table.Row{pick("退回", "back to"), fmt.Sprintf(pick("最终检查点 %d 条，共签 %s，根 %s", "the final checkpoint of %d leaves, cosigned by %s, root %s"),
		v.Final.Size, strings.Join(v.Final.CosignedBy(), " "), strict.B64(v.Final.Root[:]))})
	sides := map[string]string{
		statement.SideFirst: pick("本节点同前者", "this node has the first"), statement.SideSecond: pick("本节点同后者", "this node has the second"),
		statement.SideShort: pick("本节点未及此处", "this node does not reach it"),
	}
	for _, f := range v.Forks {
		side := sides[f.Side]
		if side == "" {
			side = pick("本节点与两者皆不同", "this node has neither")
		}
		rows = append(rows, table.Row{pick("分叉", "fork"), fmt.Sprintf(pick("第 %d 条处两个根：%s 与 %s；%s（%s）", "two roots at %d leaves: one of %s, one of %s; %s (%s)"),
			f.Size, strings.Join(f.First, " "), strings.Join(f.Second, " "), side, cmp.Or(f.ID, pick("见方案", "by the plan")))})
	}
	if len(v.Forks) == 0 {
		rows = append(rows, table.Row{pick("分叉", "fork"), pick("此处无证据；请在有证据的节点制订方案", "no evidence is here; plan at a node that has it")})
	}
	fates := map[string]int{}
	for _, e := range v.Void {
		fates[e.Fate]++
	}
	rows = append(rows, table.Row{pick("作废", "void"), fmt.Sprintf(pick("此处 %d 条：重新提交后成立 %d，不成立 %d，不再提交 %d", "%d entries here: submitted again %d would take effect, %d be refused; %d are not submitted"),
		len(v.Void), fates[recovery.FateAgain], fates[recovery.FateRefused], fates[recovery.FateDropped])})
	for i, e := range v.Void {
		if i == mostShown {
			rows = append(rows, table.Row{"", fmt.Sprintf(pick("……另有 %d 条，见 -o json", "… and %d more: -o json"), len(v.Void)-i)})
			break
		}
		rows = append(rows, table.Row{fmt.Sprint(e.Index), fmt.Sprintf("%s %s %s %s: %s", e.Region, e.Kind, e.ID, e.Record, v.fate(e))})
	}
	return rows
}

// fate is what becomes of an entry, in words.
func (v returnView) fate(e recovery.VoidEntry) string {
	switch e.Fate {
	case recovery.FateAgain:
		return v.pick("成立", "takes effect again")
	case recovery.FateRefused:
		return fmt.Sprintf(v.pick("不成立：%[1]s（%[3]s）", "refused: %[2]s (%[3]s)"), e.Why.ZH, e.Why.EN, e.Why.Code)
	}
	return v.pick("不再提交：涉及节点密钥或者当时的领导权；须由其地区重新作出", "not submitted: it is about a node's keys or the leadership of then; its region acts anew")
}

// newGovReturn signs a plan of a return.
func newGovReturn() *cobra.Command {
	var g governance
	var plan, side string
	cmd := &cobra.Command{
		Use:   "return",
		Short: "sign a return to the last final checkpoint after a proven fork; for sandi recover --to-final, at least two bureaus",
		Long: "Signs the plan that sandi recover --to-final wrote. Each bureau first has its own node judge the\n" +
			"plan (--plan), which also says the side: whose of the two roots its own node has. Ask the others\n" +
			"by telephone first. New log and cosigner keys of the bureau's nodes are signed with sandi key add.",
		Example: "  sandi gov return --plan plan.json --side second --region 120000 --key offline/governance.pem -f return-120000.jws",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := readBounded(plan, statement.MaxBytes)
			if err != nil {
				return fmt.Errorf("couldn't read the plan: %w", err)
			}
			body, err := statement.ParseReturn([]byte(strings.TrimSpace(string(text))))
			if err != nil {
				return usagef("%s is no plan: %v", plan, err)
			}
			body.Side = side
			if _, err := statement.ParseReturn(body.Marshal()); err != nil {
				return usagef("--side: give first, second or short, as sandi recover --to-final says at this bureau's node")
			}
			return g.sign(cmd, statement.KindReturn, func(string) ([]byte, error) { return body.Marshal(), nil })
		},
	}
	g.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&plan, "plan", "", "the plan (sandi recover --to-final --plan-out)")
	f.StringVar(&side, "side", "", "whose root this bureau's own node has: first, second or short")
	for _, name := range []string{"plan", "side"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}
