package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/cli"
)

func newReport(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "report", Short: "reports: what the records add up to, exactly, and what does not count"}
	cmd.AddCommand(newReportList(s), newReportShow(s))
	return cmd
}

type reportList struct {
	Items []v1.ReportTitle `json:"items"`
	s     *settings
}

func (l reportList) header() table.Row {
	return heads("name", "title|report", "figures")
}

func (l reportList) rows() []table.Row {
	var rows []table.Row
	for _, r := range l.Items {
		var names []string
		for _, f := range r.Figures {
			names = append(names, f.Name)
		}
		rows = append(rows, table.Row{r.Name, l.s.label(r.Title), strings.Join(cli.Wrap(strings.Join(names, ", "), 60), "\n")})
	}
	return rows
}

func newReportList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the reports there are, with their figures", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list, err := c.Reports(cmd.Context())
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), reportList{list, s})
		},
	}
}

func newReportShow(s *settings) *cobra.Command {
	var o client.ReportOptions
	var by, file string
	var force bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "count a report, on the screen or as a workbook",
		Long: `Have the node count a report. It counts the records that this bureau is or was a
party to, and says at which length of the ledger; at the same length every node
gives the same figures. Sums and ratios are exact. What does not count (doubles,
cancelled, reopened, unsolved) is shown with its number and reason.`,
		Example: "  sandi report show technical_help\n" +
			"  sandi report show technical_help --from 2023-01-01 --to 2023-12-31 --by region\n" +
			"  sandi report show technical_help --list problems_solved -o json\n" +
			"  sandi report show listed_floor -f floor.xlsx",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			if file != "" {
				o.Lang = s.lang
				book, err := c.ReportBook(cmd.Context(), args[0], o, client.Read{})
				if err != nil {
					return err
				}
				if err := cli.WriteWhole(file, force, func(w io.Writer) error { _, err := w.Write(book); return err }); err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), s.pick("已写入 ", "wrote ")+file)
				return err
			}
			out, err := c.Report(cmd.Context(), args[0], o, client.Read{})
			if err != nil {
				return err
			}
			if s.output != "table" {
				return s.print(cmd.OutOrStdout(), out)
			}
			return reportView{&out, s, by}.write(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "first day (2022-01-01)")
	f.StringVar(&o.To, "to", "", "last day")
	f.StringVar(&o.Region, "region", "", "only rows of this region")
	f.StringVar(&o.List, "list", "", "a figure: show its rows, record by record")
	f.StringVar(&by, "by", "", "show the breakdowns by this: region, year, quarter, product, … (more with commas)")
	f.StringVarP(&file, "file", "f", "", "write a workbook (xlsx) instead")
	f.BoolVar(&force, "force", false, "overwrite the file if it is there")
	return cmd
}

func (s *settings) label(l v1.Label) string { return s.pick(l.ZH, l.EN) }

// reportView is a report on a terminal.
type reportView struct {
	*v1.Report
	s  *settings
	by string
}

func (v reportView) write(w io.Writer) error {
	fmt.Fprintf(w, "%s  %s\n", v.s.label(v.Title), fmt.Sprintf(v.s.pick("账本长度 %d，%s，%s 可见的 %d 条记录", "ledger length %d, %s, %[4]d records that %[3]s may see"), v.Index, v.LedgerTime, v.Sees, v.Records))
	for _, line := range cli.Wrap(v.s.label(v.Note), 100) {
		fmt.Fprintln(w, line)
	}
	t := cli.NewTable(w)
	t.AppendHeader(v.heading(v.s.pick("指标", "figure")))
	shown := 0
	for i := range v.Figures {
		f := &v.Figures[i]
		row := append(table.Row{v.s.label(f.Title)}, v.number(&f.Number, v.s.label(f.Unit))...)
		switch f.Measure {
		case "spearman":
			row[3] = fmt.Sprintf("n = %d", f.N)
		case "composite":
			row[3] = v.s.pick("见分组（--by）", "see the breakdown (--by)")
		}
		t.AppendRow(row)
		if v.by == "" {
			continue
		}
		for _, c := range f.By {
			if dimensions(c.By) == v.by {
				shown++
				v.groups(t, &c)
			}
		}
	}
	t.Render()
	if v.by != "" && shown == 0 {
		return usagef("--by %s: no figure of this report is broken down so; there are: %s", v.by, strings.Join(v.cuts(), "; "))
	}
	v.leftOut(w)
	v.listed(w)
	return nil
}

func (v reportView) heading(first string) table.Row {
	return table.Row{first, v.s.pick("数值", "value"), v.s.pick("单位", "unit"), v.s.pick("分子/分母", "num/den"), v.s.pick("95% 区间", "95% interval"), v.s.pick("标注", "mark")}
}

func (v reportView) number(n *v1.Number, unit string) table.Row {
	of, interval, mark := "", "", ""
	if n.Den != "" {
		of = n.Num + "/" + n.Den
	}
	if n.Low != "" {
		interval = n.Low + " .. " + n.High
	}
	if n.Small {
		mark = v.s.pick("小样本", "small sample")
	}
	if n.Met != nil {
		mark = v.s.pick("未达到 ", "below ") + n.Floor
		if *n.Met {
			mark = v.s.pick("达到 ", "reaches ") + n.Floor
		}
	}
	return table.Row{firstNonEmpty(n.Value, "-"), unit, of, interval, mark}
}

func (v reportView) groups(t table.Writer, c *v1.Cut) {
	for i := range c.Groups {
		g := &c.Groups[i]
		var key []string
		for _, cell := range g.Key {
			key = append(key, v.cell(&cell))
		}
		t.AppendRow(append(table.Row{"  " + strings.Join(key, " / ")}, v.number(&g.Number, "")...))
	}
}

func (v reportView) cell(c *v1.Cell) string {
	if c.Name == nil || v.s.label(*c.Name) == "" {
		return c.Code
	}
	return v.s.label(*c.Name)
}

func dimensions(by []v1.Dimension) string {
	var names []string
	for _, d := range by {
		names = append(names, d.Name)
	}
	return strings.Join(names, ",")
}

// cuts are the breakdowns that the report has.
func (v reportView) cuts() []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range v.Figures {
		for _, c := range f.By {
			if name := dimensions(c.By); !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	return out
}

func (v reportView) leftOut(w io.Writer) {
	if len(v.LeftOut) == 0 {
		return
	}
	t := cli.NewTable(w)
	t.AppendHeader(table.Row{v.s.pick("未计入", "left out"), v.s.pick("原因", "why"), v.s.pick("数量", "count")})
	for _, l := range v.LeftOut {
		t.AppendRow(table.Row{v.s.label(l.Title), v.s.label(l.Reason), l.Count})
	}
	t.Render()
}

func (v reportView) listed(w io.Writer) {
	if v.Listed == nil {
		return
	}
	t := cli.NewTable(w)
	head := table.Row{v.s.pick("记录", "record"), v.s.pick("账本条目", "leaf"), v.s.pick("日期", "date"), v.s.pick("数额", "amount"), v.s.pick("未计入", "left out")}
	for _, c := range v.Listed.Columns {
		head = append(head, v.s.label(c.Title))
	}
	t.AppendHeader(head)
	for _, rows := range [][]v1.ReportRow{v.Listed.Counted, v.Listed.Omitted} {
		for i := range rows {
			r := &rows[i]
			row := table.Row{r.Record, r.Index, r.Date, r.Amount, r.Code}
			for k := range r.Values {
				row = append(row, v.cell(&r.Values[k]))
			}
			t.AppendRow(row)
		}
	}
	t.Render()
	if v.Listed.Truncated {
		fmt.Fprintln(w, v.s.pick("清单过长，未全部列出；请缩短期间", "there are more rows than are listed; ask for a shorter period"))
	}
}
