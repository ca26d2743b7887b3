package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/redraw"
)

// maxDrawFile bounds a draw kept as a file: a pool with JSON's escapes, and a rule.
const maxDrawFile = 40 << 20

func newDrawPut(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "put FILE",
		Short: "bring a pool or a rule in at this bureau's node",
		Long: `Bring a pool or a rule in at this bureau's node, which gives it to the other
regions' nodes. Freezing does this by itself; it is needed again when a node has lost
what it kept, and others wait for it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, text, err := readText(args[0])
			if err != nil {
				return err
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			if _, err := c.PutDrawText(cmd.Context(), text); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), s.viewText(t))
		},
	}
}

func newDrawFreeze(s *settings) *cobra.Command {
	var poolFile, ruleFile, role, taken string
	cmd := &cobra.Command{
		Use:   "freeze RECORD",
		Short: "freeze pool and rule of a draw that was defined",
		Long: `Bring pool and rule in at this bureau's node and freeze them in the draw's record:
digests, size, strata, quotas and every exclusion with its reason. The nodes of all
regions then fetch and check both, and contribute by themselves.`,
		Example: "  sandi draw freeze DR-110000-2025-000001 --pool labs.pool --rule labs.rule",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			pool, rule, texts, err := readPair(poolFile, ruleFile)
			if err != nil {
				return err
			}
			at := time.Now()
			if taken != "" {
				if at, err = time.Parse(time.RFC3339, taken); err != nil {
					return usagef("--taken-at %s: give a time such as 2025-05-12T09:00:00+08:00", taken)
				}
			}
			fields, err := freezing(pool.Pool, rule.Rule, map[string]any{"pool_taken_at": at.In(calendar.Zone).Format(time.RFC3339)})
			if err != nil {
				return err
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			for _, text := range texts {
				if _, err := c.PutDrawText(cmd.Context(), text); err != nil {
					return err
				}
			}
			rec, err := c.Record(cmd.Context(), args[0], client.Read{})
			if err != nil {
				return err
			}
			i := slices.IndexFunc(rec.Options, func(o v1.Option) bool { return slices.Contains(o.Require, draw.FieldPool) })
			if i < 0 {
				return fmt.Errorf(s.pick("%s（%s）现在不能冻结名录", "%s (%s) freezes no pool now"), rec.ID, rec.State)
			}
			receipt, err := c.Act(cmd.Context(), client.NewKey(), rec.ID, rec.Head, v1.ActRequest{Event: rec.Options[i].Event, Role: role, Fields: fields})
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), receiptView{receipt})
		},
	}
	f := cmd.Flags()
	f.StringVar(&poolFile, "pool", "", "the pool (sandi draw pool)")
	f.StringVar(&ruleFile, "rule", "", "the rule (sandi draw rule)")
	f.StringVar(&role, "role", "", "office role to act in, when the token has several")
	f.StringVar(&taken, "taken-at", "", "when the pool was taken (default: now)")
	_ = cmd.MarkFlagRequired("pool")
	_ = cmd.MarkFlagRequired("rule")
	return cmd
}

func newDrawGet(s *settings) *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "get RECORD",
		Short: "all that it takes to draw again; -f keeps it for an offline check",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			d, err := c.Draw(cmd.Context(), args[0], file != "")
			if err != nil {
				return err
			}
			if file == "" {
				return s.print(cmd.OutOrStdout(), drawView{d, s.pick})
			}
			text, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				return fmt.Errorf("couldn't write the draw: %w", err)
			}
			err = cli.WriteWhole(file, force, func(w io.Writer) error {
				_, err := w.Write(append(text, '\n'))
				return err
			})
			if errors.Is(err, cli.ErrExists) {
				return fmt.Errorf("%w; give --force to overwrite it", err)
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "file to write, with the texts of pool and rule")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}

// drawView is a draw as a table.
type drawView struct {
	v1.Draw
	pick func(zh, en string) string
}

func (v drawView) header() table.Row { return nil }

func (v drawView) rows() []table.Row {
	at := func(p v1.DrawPart) string {
		if p.Held {
			return p.Digest + v.pick("，本节点留存", ", kept by this node")
		}
		return p.Digest + v.pick("，本节点没有", ", not at this node")
	}
	rows := []table.Row{
		{v.pick("抽取", "draw"), v.ID},
		{v.pick("状态", "state"), v.State},
		{v.pick("抽取内容", "what is drawn"), fmt.Sprintf(v.pick("%s，%[3]d 中抽 %[2]d", "%s, %d of %d"), v.Kind, v.Quota, v.Count)},
		{v.pick("名录", "pool"), at(v.Pool)},
		{v.pick("规则", "rule"), at(v.Rule)},
	}
	for _, e := range v.Exclusions {
		rows = append(rows, table.Row{v.pick("  排除", "  excluded"), e.ID + " " + e.Reason})
	}
	for _, r := range v.Regions {
		what := v.pick("已提交贡献，密钥 ", "contributed under ") + r.Key
		switch {
		case r.Contribution == "" && r.Key == "":
			what = v.pick("未提交贡献：定义抽取时没有登记的抽取密钥", "has not contributed: it had no draw key when the draw was defined")
		case r.Contribution == "":
			what = v.pick("未提交贡献", "has not contributed")
		}
		rows = append(rows, table.Row{v.pick("地区 ", "region ") + r.Region, what})
	}
	if o := v.Outcome; o != nil {
		rows = append(
			rows, table.Row{v.pick("种子", "seed"), o.Seed}, table.Row{v.pick("完整排序", "ranking"), o.Ranking},
			table.Row{v.pick("抽中", "selected"), strings.Join(o.Selected, " ")}, table.Row{v.pick("递补", "reserves"), shorten(o.Reserves, 5)},
		)
	}
	for _, t := range v.Taken {
		rows = append(rows, table.Row{v.pick("  已递补", "  substitute"), t.ID + " → " + t.Record})
	}
	return rows
}

// shorten joins the first of a list.
func shorten(list []string, most int) string {
	if len(list) > most {
		return strings.Join(list[:most], " ") + fmt.Sprintf(" … (%d)", len(list))
	}
	return strings.Join(list, " ")
}

// readDraw reads a draw that was kept as a file.
func readDraw(path string) (*v1.Draw, error) {
	data, err := readUpTo(path, maxDrawFile)
	if err != nil {
		return nil, err
	}
	var d v1.Draw
	if err := json.Unmarshal(data, &d); err != nil || d.ID == "" || len(d.Regions) == 0 {
		return nil, fmt.Errorf("%s is no draw; sandi draw get RECORD -f writes one", path)
	}
	return &d, nil
}

func newDrawRank(s *settings) *cobra.Command {
	var poolFile, ruleFile, drawFile, file string
	var force bool
	cmd := &cobra.Command{
		Use:   "rank",
		Short: "draw again offline, and write the full ranking",
		Long: `Draw again from a pool, a rule and the contributions, and write the full ranking
(sandi-ranking/1): every stratum's candidates in the order drawn. Pool and rule have
to be those that were frozen, and every contribution has to verify.`,
		Example: `  sandi draw get DR-110000-2025-000001 -f draw.json
  sandi draw rank --pool labs.pool --rule labs.rule --contributions draw.json -f labs.ranking`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, _, texts, err := readPair(poolFile, ruleFile)
			if err != nil {
				return err
			}
			d, err := readDraw(drawFile)
			if err != nil {
				return err
			}
			d.Pool.Text, d.Rule.Text = string(texts[0]), string(texts[1])
			d.Outcome, d.Taken = nil, nil // it is drawn, not compared
			r := redraw.Verify(d)
			for _, c := range r.Checks {
				if c.Result == redraw.Fail {
					return &cli.Error{Code: exitVerify, Err: errors.New(s.pick(c.ZH, c.EN))}
				}
			}
			if r.Ranking == nil || len(d.Missing) > 0 {
				return &cli.Error{Code: exitDegraded, Err: fmt.Errorf(s.pick("不能重算：%v 未提交贡献", "it cannot be drawn: %v did not contribute"), d.Missing)}
			}
			return s.keepText(cmd, file, force, r.Ranking.Marshal())
		},
	}
	f := cmd.Flags()
	f.StringVar(&poolFile, "pool", "", "the pool")
	f.StringVar(&ruleFile, "rule", "", "the rule")
	f.StringVar(&drawFile, "contributions", "", "the draw with its contributions (sandi draw get RECORD -f)")
	f.StringVarP(&file, "file", "f", "", "file to write (default: standard output)")
	f.BoolVar(&force, "force", false, "overwrite a file that is there")
	for _, name := range []string{"pool", "rule", "contributions"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

func newDrawVerify(s *settings) *cobra.Command {
	var poolFile, ruleFile string
	cmd := &cobra.Command{
		Use:   "verify RECORD | FILE",
		Short: "draw again and compare everything; exit 3 if something differs",
		Long: `Draw again on this machine and compare: pool and rule with what was frozen, each
region's contribution with its draw key, the seed, the full ranking, who was selected,
the reserves, and vacant places with the order of the reserves. RECORD is asked of the
node; FILE was kept with sandi draw get -f and takes no network.

The keys are those that the node tells. sandi-audit verify proves from a bundle that
they are the regions' own and that the record is the ledger's.

Exit 0: all the same. 3: something differs. 4: it cannot be drawn again, or not yet.`,
		Example: `  sandi draw verify DR-110000-2025-000001
  sandi draw verify draw.json
  sandi draw verify DR-110000-2025-000001 --pool labs.pool --rule labs.rule   # against your own copies`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := s.drawToVerify(cmd, args[0])
			if err != nil {
				return err
			}
			for _, x := range []struct {
				file string
				into *string
			}{{poolFile, &d.Pool.Text}, {ruleFile, &d.Rule.Text}} {
				if x.file == "" {
					continue
				}
				_, text, err := readText(x.file)
				if err != nil {
					return err
				}
				*x.into = string(text)
			}
			return s.tellRedraw(cmd, d, redraw.Verify(d))
		},
	}
	cmd.Flags().StringVar(&poolFile, "pool", "", "your own copy of the pool, instead of the node's")
	cmd.Flags().StringVar(&ruleFile, "rule", "", "your own copy of the rule, instead of the node's")
	return cmd
}

// drawToVerify is the draw of a record, asked of the node, or of a file.
func (s *settings) drawToVerify(cmd *cobra.Command, what string) (*v1.Draw, error) {
	if !statement.IsRecordID(what) {
		return readDraw(what)
	}
	c, err := s.client()
	if err != nil {
		return nil, err
	}
	d, err := c.Draw(cmd.Context(), what, true)
	return &d, err
}

// tellRedraw prints what was compared, and says it by the exit code too.
func (s *settings) tellRedraw(cmd *cobra.Command, d *v1.Draw, r *redraw.Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s\n", d.ID, r.Result)
	for _, c := range r.Checks {
		fmt.Fprintf(&text, "  %-14s %s\n", c.Result, s.pick(c.ZH, c.EN))
	}
	for _, e := range d.Exclusions {
		fmt.Fprintf(&text, s.pick("  排除 %s（%s）\n", "  excluded %s (%s)\n"), e.ID, e.Reason)
	}
	for _, t := range r.Strata {
		fmt.Fprintf(&text, s.pick("  层 %s，%d 个可抽:\n    抽中 %s\n    其后 %s\n", "  stratum %s, %d may be drawn:\n    selected %s\n    next     %s\n"), t.Stratum, t.Of, strings.Join(t.Selected, " "), strings.Join(t.Next, " "))
	}
	if err := s.printText(cmd.OutOrStdout(), r, text.String()); err != nil {
		return err
	}
	switch r.Result {
	case redraw.Fail:
		return &cli.Error{Code: exitVerify}
	case redraw.Indeterminate:
		return &cli.Error{Code: exitDegraded}
	}
	return nil
}
