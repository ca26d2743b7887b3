package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

func newExpert(s *settings) *cobra.Command {
	const noun = "expert" // that the law documents give to what is imported here
	cmd := &cobra.Command{Use: noun, Short: "the expert pool: search, import"}
	cmd.AddCommand(newExpertSearch(s), newImportTemplate(s, noun), newImportRun(s, noun))
	return cmd
}

type poolView struct {
	v1.PoolSearch
	lang string
}

func (v poolView) header() table.Row {
	return append(append(heads("record", "region", "fields|expert", "term|expert"), both("%s 年次数", "served %s", v.Year)), heads("days", "last there", "not because of")...)
}

func (v poolView) rows() []table.Row {
	var rows []table.Row
	for _, m := range v.Items {
		rows = append(rows, v.row(m))
	}
	for _, m := range v.Excluded {
		rows = append(rows, v.row(m))
	}
	return rows
}

func (v poolView) row(m v1.PoolMember) table.Row {
	var skills, reasons []string
	for _, s := range m.Skills {
		skills = append(skills, v.words(s.ZH, s.EN))
	}
	for _, r := range m.Reasons {
		reasons = append(reasons, strings.TrimSpace(v.words(r.ZH, r.EN)+" "+firstNonEmpty(r.Record, r.Unit)))
	}
	last := ""
	if len(m.Visits) > 0 {
		last = m.Visits[0].To
	}
	return table.Row{m.Record, m.Region, strings.Join(skills, ","), m.From + " – " + m.To, m.Load.Services, m.Load.Days, last, strings.Join(reasons, "; ")}
}

func (v poolView) words(zh, en string) string {
	if v.lang == "zh" {
		return zh
	}
	return en
}

func newExpertSearch(s *settings) *cobra.Command {
	var w client.Wanted
	cmd := &cobra.Command{
		Use:   "search",
		Short: "who may be chosen: by field, region and days, without a conflict",
		Long: `Lists the experts against whom nothing speaks, those who served least this year
first. With --without-conflict-with, who must stay away from that party is left
out: same employer or group, units that the expert named, consulting, the host's
own region, visits in the last rounds, declarations. --excluded shows them with
the reasons, as a draw records them. Names and telephones are not here: see
sandi record private.`,
		Example: "  sandi expert search --field cable --from 2025-12-01 --to 2025-12-03 \\\n      --without-conflict-with 91130108MA0000AB1C --excluded",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			found, err := c.Experts(cmd.Context(), w, client.Read{})
			if err != nil {
				return err
			}
			if err := s.print(cmd.OutOrStdout(), poolView{found, s.lang}); err != nil {
				return err
			}
			if hidden := found.Free - len(found.Items); hidden > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "%d more; give a larger --limit\n", hidden)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&w.Field, "field", "", "what they are good at (sandi procedures expert lists the fields)")
	f.StringVar(&w.Region, "region", "", "home region")
	f.StringVar(&w.From, "from", "", "first day of the service, YYYY-MM-DD (default: today)")
	f.StringVar(&w.To, "to", "", "last day (default: the first)")
	f.StringVar(&w.Party, "without-conflict-with", "", "credit code of whom they would visit")
	f.StringVar(&w.Group, "group", "", "credit code of that party's group")
	f.StringVar(&w.Host, "host", "", "region where the party lies (default: by its credit code)")
	f.StringVar(&w.Round, "round", "", "record of the plan: its own visits do not count")
	f.StringVar(&w.Pool, "pool", "", "procedure whose records the pool is, when the law has several")
	f.BoolVar(&w.Excluded, "excluded", false, "also who may not, with the reasons")
	f.IntVar(&w.Limit, "limit", 0, "at most this many (default 200)")
	return cmd
}
