package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/cli"
)

func newDataset(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dataset",
		Short: "shared data sets: the catalogue, the bureau's own rows, questions to another bureau",
		Long: `A data set is a record in the catalogue on the ledger: its columns, owner, contact,
class and rhythm. The rows stay at the owner's node. Another bureau asks for some
fields of some rows under an agreement, while that is in force (sandi agreement).
Entry and agreement are records like any others: sandi procedures shows their law,
sandi record open and sandi record act move them.`,
	}
	cmd.AddCommand(newDatasetList(s), newDatasetShow(s), newDatasetTemplate(s), newDatasetLoad(s), newDatasetQuery(s))
	return cmd
}

type datasetList []v1.DataSet

func (l datasetList) header() table.Row {
	return heads("record", "owner", "title", "state", "columns", "rows here", "loaded")
}

func (l datasetList) rows() []table.Row {
	var rows []table.Row
	for _, d := range l {
		row := table.Row{d.Record, d.Owner, d.Title, d.State, len(d.Columns), "", ""}
		if d.Loaded != nil {
			row[5], row[6] = d.Loaded.Rows, d.Loaded.At
		}
		rows = append(rows, row)
	}
	return rows
}

func newDatasetList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the catalogue, with what this node keeps", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list, err := c.DataSets(cmd.Context(), client.Read{})
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), datasetList(list))
		},
	}
}

type datasetView struct {
	v1.DataSet
	lang string
}

func (v datasetView) header() table.Row {
	return heads("column|data", "", "type", "class|data", "key", "may lack", "choices")
}

func (v datasetView) rows() []table.Row {
	var rows []table.Row
	for _, c := range v.Columns {
		title, kind := c.Title.EN, word(c.Type+"|column").in(v.lang)
		if v.lang == "zh" {
			title = c.Title.ZH
		}
		if c.Places > 0 {
			kind += fmt.Sprintf("(%d)", c.Places)
		}
		rows = append(rows, table.Row{c.Name, title + unit(c.Unit), kind, word(c.Class + "|data"), c.Key, c.MayLack, strings.Join(c.Choices, " ")})
	}
	return rows
}

func unit(u string) string {
	if u == "" {
		return ""
	}
	return " (" + u + ")"
}

func newDatasetShow(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "show DATASET", Short: "the columns of one data set", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			d, err := c.DataSet(cmd.Context(), args[0], client.Read{})
			if err != nil {
				return err
			}
			if err := s.print(cmd.OutOrStdout(), datasetView{d, s.lang}); err != nil {
				return err
			}
			if d.Fault != "" {
				return fmt.Errorf("nothing can be loaded or given: %s", d.Fault)
			}
			return nil
		},
	}
}

func newDatasetTemplate(s *settings) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "template DATASET", Short: "the empty sheet of its rows: columns, drop-downs, notes", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.template(cmd, out, func(c *client.Client, format string) ([]byte, error) {
				return c.DataSetTemplate(cmd.Context(), args[0], format)
			})
		},
	}
	cmd.Flags().StringVarP(&out, "file", "f", "rows.xlsx", "file to write, .xlsx or .csv")
	return cmd
}

type loadView struct {
	v1.DataLoadReport
	lang string
}

func (v loadView) header() table.Row { return heads("row", "column", "what is wrong") }

func (v loadView) rows() []table.Row {
	var rows []table.Row
	for _, f := range v.Faults {
		text := f.Text.EN
		if v.lang == "zh" {
			text = f.Text.ZH
		}
		rows = append(rows, table.Row{f.Row, f.Column, text})
	}
	return rows
}

func newDatasetLoad(s *settings) *cobra.Command {
	var role, back string
	var check bool
	cmd := &cobra.Command{
		Use:   "load DATASET FILE",
		Short: "load the rows of one of the bureau's own data sets from a workbook or CSV",
		Long: `Reads a workbook (xlsx, at most 32 MiB) or CSV (UTF-8 or GB18030, at most 1 GiB) row by
row. If no row is wrong, the rows take the place of those before, all at once;
questions under way end with set_reloaded. If one is wrong nothing changes: what is
wrong is listed with row and column, and --back writes the wrong rows alone, each
with its line, to be mended. The same file again is no new load.`,
		Example: "  sandi dataset template DS-130000-2025-000001 -f rows.xlsx\n  sandi dataset load DS-130000-2025-000001 rows.csv --check --back wrong.csv\n  sandi dataset load DS-130000-2025-000001 rows.csv",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			info, err := os.Stat(args[1])
			if err != nil {
				return fmt.Errorf("couldn't read the sheet: %w", err)
			}
			rows := client.Rows{Set: args[0], Role: role, Check: check, Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(args[1]) }}
			report, err := c.LoadRows(cmd.Context(), rows)
			if err != nil {
				return err
			}
			if back != "" && report.Wrong > 0 {
				data, err := c.WrongRows(cmd.Context(), rows)
				if err == nil {
					err = writeSheet(back, data, true)
				}
				if err != nil {
					return err
				}
			}
			return s.loaded(cmd, report, check)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&check, "check", false, "only say what is wrong")
	f.StringVar(&role, "role", "", "office role to act in; needed when the token holds several")
	f.StringVar(&back, "back", "", "write the rows that are wrong to this CSV file")
	return cmd
}

// loaded says what came of a load.
func (s *settings) loaded(cmd *cobra.Command, r v1.DataLoadReport, check bool) error {
	if s.output != "table" || r.Wrong > 0 {
		if err := s.print(cmd.OutOrStdout(), loadView{r, s.lang}); err != nil {
			return err
		}
	}
	if r.Wrong > 0 {
		return &cli.Error{Code: exitFailed, Err: fmt.Errorf("%d of %d rows are wrong; nothing was loaded", r.Wrong, r.Wrong+r.Rows)}
	}
	text := s.pick(fmt.Sprintf("已装载 %d 行", r.Rows), fmt.Sprintf("%d rows are loaded", r.Rows))
	switch {
	case check:
		text = s.pick(fmt.Sprintf("%d 行均无误；去掉 --check 装载", r.Rows), fmt.Sprintf("all %d rows are right; leave --check out to load them", r.Rows))
	case r.Unchanged:
		text = s.pick("该文件已装载，没有变化", "this very file was loaded before; nothing was done")
	case !r.Done:
		return errors.New("the rows are not loaded; run the same command again")
	}
	fmt.Fprintln(cmd.ErrOrStderr(), text)
	return nil
}
