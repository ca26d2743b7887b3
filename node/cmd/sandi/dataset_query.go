package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/v1"
)

// csvOutput marks the commands that also take -o csv.
const csvOutput = "csv"

// answered is what a question gave, over its pages.
type answered struct {
	DataSet  string            `json:"data_set"`
	Columns  []string          `json:"columns"`
	Rows     []json.RawMessage `json:"rows"`
	Next     string            `json:"next,omitempty"`
	LoadedAt string            `json:"loaded_at"`
	Evidence []string          `json:"evidence"`
}

func (a answered) header() table.Row {
	var row table.Row
	for _, c := range a.Columns {
		row = append(row, c)
	}
	return row
}

func (a answered) rows() []table.Row {
	var rows []table.Row
	for _, r := range a.Rows {
		var row table.Row
		for _, c := range cellsOf(r) {
			row = append(row, c)
		}
		rows = append(rows, row)
	}
	return rows
}

// cellsOf are the values of a row as text, harmless to a spreadsheet.
func cellsOf(row json.RawMessage) []string {
	d := json.NewDecoder(bytes.NewReader(row))
	d.UseNumber() // long numbers keep their digits
	var values []any
	if err := d.Decode(&values); err != nil {
		return []string{string(row)}
	}
	cells := make([]string, len(values))
	for i, v := range values {
		if v != nil {
			cells[i] = sheet.Disarm(fmt.Sprint(v))
		}
	}
	return cells
}

func newDatasetQuery(s *settings) *cobra.Command {
	var q v1.DataQuestion
	var all bool
	cmd := &cobra.Command{
		Use:   "query DATASET --agreement AGREEMENT --purpose PURPOSE",
		Short: "ask another bureau's data set under an agreement",
		Long: `This bureau's node asks the publisher's, which gives the agreed fields of the rows
that the agreement's filter takes, a page at a time. Each page stands in the access
log of both bureaus before you see it, with your purpose; signed evidence of each
is kept here (sandi agreement answers).

--filter narrows further, over agreed fields: text, dates, choices and codes as
"…", whole numbers as such, decimals as whole numbers of their last place (12.50 is
1250), known.x for whether x is there. What the filter cannot decide is not given.
Without --all one page is asked; next in -o json is the cursor of the next one.
-o csv is for spreadsheets: text that one would take for a formula is disarmed.`,
		Example:     "  sandi dataset query DS-130000-2025-000001 --agreement DA-110000-2025-000001 --purpose inspection --fields uscc,grade --filter 'grade == \"D\"'\n  sandi dataset query DS-130000-2025-000001 --agreement DA-110000-2025-000001 --purpose statistics --all -o csv > rows.csv",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{csvOutput: ""},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			got := answered{Rows: []json.RawMessage{}}
			out := newPages(cmd.OutOrStdout(), s.output)
			for first := true; first || all && q.Cursor != ""; first = false {
				page, err := c.QueryDataSet(cmd.Context(), args[0], q)
				if err != nil {
					return err
				}
				q.Cursor = page.Next
				got.DataSet, got.Columns, got.LoadedAt, got.Next = page.DataSet, page.Columns, page.LoadedAt, page.Next
				got.Evidence = append(got.Evidence, page.Evidence)
				if out == nil {
					got.Rows = append(got.Rows, page.Rows...)
				} else if err := out.add(page, first); err != nil {
					return err
				}
			}
			if out != nil {
				return nil
			}
			return s.print(cmd.OutOrStdout(), got)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Agreement, "agreement", "", "record of the agreement (sandi agreement list)")
	f.StringVar(&q.Purpose, "purpose", "", "one of the agreement's purposes")
	f.StringVar(&q.Case, "case", "", "record in whose name you ask")
	f.StringSliceVar(&q.Fields, "fields", nil, "agreed fields, by commas; all when not given")
	f.StringVar(&q.Filter, "filter", "", "CEL over agreed fields")
	f.IntVar(&q.Limit, "limit", 0, "rows of a page, 1 to 1000 (200)")
	f.StringVar(&q.Cursor, "cursor", "", "begin behind this cursor; the question has to be the same")
	f.StringVar(&q.Role, "role", "", "office role to ask in; needed when the token holds several")
	f.BoolVar(&all, "all", false, "every page")
	cobra.CheckErr(cmd.MarkFlagRequired("agreement"))
	cobra.CheckErr(cmd.MarkFlagRequired("purpose"))
	return cmd
}

// pages writes pages as CSV while they come, so that none is kept.
type pages struct{ w *csv.Writer }

func newPages(w io.Writer, output string) *pages {
	if output != csvOutput {
		return nil
	}
	return &pages{csv.NewWriter(w)}
}

func (p *pages) add(page v1.DataPage, first bool) error {
	if first {
		if err := p.w.Write(page.Columns); err != nil {
			return err
		}
	}
	for _, row := range page.Rows {
		if err := p.w.Write(cellsOf(row)); err != nil {
			return err
		}
	}
	p.w.Flush()
	return p.w.Error()
}
