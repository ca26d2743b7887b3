package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/cli"
)

// maxSheetBytes is what the API takes.
const maxSheetBytes = 8 << 20

func newImport(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "records from spreadsheets: list, template, run"}
	cmd.AddCommand(newImportList(s), newImportTemplate(s, ""), newImportRun(s, ""))
	return cmd
}

// newTransfer holds what people call a transfer; which procedures that are, the law
// documents say.
func newTransfer(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "transfer", Short: "transfers from a spreadsheet: one record and one letter a row"}
	cmd.AddCommand(newImportTemplate(s, "transfer"), newImportRun(s, "transfer"))
	return cmd
}

type importList struct {
	items []v1.Import
	lang  string
}

func (l importList) header() table.Row {
	return heads("procedure", "noun", "title", "steps", "columns|sheet", "letter")
}

func (l importList) rows() []table.Row {
	var rows []table.Row
	for _, i := range l.items {
		title := i.Title.EN
		if l.lang == "zh" {
			title = i.Title.ZH
		}
		rows = append(rows, table.Row{i.Procedure, i.Noun, title, strings.Join(i.Steps, " → "), len(i.Columns), i.Letter})
	}
	return rows
}

func newImportList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "procedures whose records may come from a sheet, by their law documents",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			items, err := c.Imports(cmd.Context())
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), importList{items, s.lang})
		},
	}
}

// importOf finds the procedure that is meant: the named one, or the only one of a noun.
func importOf(ctx context.Context, c *client.Client, noun, named string) (v1.Import, error) {
	items, err := c.Imports(ctx)
	if err != nil {
		return v1.Import{}, err
	}
	var found []v1.Import
	var names []string
	for _, i := range items {
		if i.Procedure == named || named == "" && i.Noun == noun {
			found = append(found, i)
		}
		names = append(names, i.Procedure)
	}
	if len(found) != 1 {
		return v1.Import{}, usagef("name one procedure with --procedure; these may come from a sheet: %s", strings.Join(names, ", "))
	}
	return found[0], nil
}

// named completes a command with how its procedure is given: as the first argument, or
// by the noun and a flag.
func named(cmd *cobra.Command, noun, rest string, args int) *string {
	procedure := new(string)
	if noun == "" {
		cmd.Use += strings.TrimRight(" PROCEDURE "+rest, " ")
		cmd.Args = cobra.ExactArgs(args + 1)
		cmd.PreRun = func(_ *cobra.Command, args []string) { *procedure = args[0] }
		return procedure
	}
	cmd.Use += strings.TrimRight(" "+rest, " ")
	cmd.Args = cobra.ExactArgs(args)
	cmd.Flags().StringVar(procedure, "procedure", "", "when several procedures go by this noun (sandi import list)")
	return procedure
}

func newImportTemplate(s *settings, noun string) *cobra.Command {
	var out string
	cmd := &cobra.Command{Use: "template", Short: "the empty sheet: columns, drop-downs and notes by the law in force"}
	procedure := named(cmd, noun, "", 0)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return s.template(cmd, out, func(c *client.Client, format string) ([]byte, error) {
			i, err := importOf(cmd.Context(), c, noun, *procedure)
			if err != nil {
				return nil, err
			}
			return c.ImportTemplate(cmd.Context(), i.Procedure, format)
		})
	}
	cmd.Flags().StringVarP(&out, "file", "f", "template.xlsx", "file to write, .xlsx or .csv")
	return cmd
}

// template writes an empty sheet to a new file, in the format of its name.
func (s *settings) template(cmd *cobra.Command, out string, ask func(c *client.Client, format string) ([]byte, error)) error {
	format := strings.TrimPrefix(filepath.Ext(out), ".")
	if format != "xlsx" && format != "csv" {
		return usagef("-f %s: give a name that ends in .xlsx or .csv", out)
	}
	c, err := s.client()
	if err != nil {
		return err
	}
	data, err := ask(c, format)
	if err != nil {
		return err
	}
	if err := writeSheet(out, data, false); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), out)
	return nil
}

func writeSheet(path string, data []byte, force bool) error {
	return cli.WriteWhole(path, force, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

type importView struct {
	v1.ImportReport
	lang string
}

func (v importView) header() table.Row { return heads("row", "status", "record", "what is wrong") }

func (v importView) rows() []table.Row {
	var rows []table.Row
	for _, r := range v.Items {
		var wrong []string
		for _, e := range r.Errors {
			text := e.EN
			if v.lang == "zh" {
				text = e.ZH
			}
			wrong = append(wrong, strings.TrimSpace(e.Column+" "+text))
		}
		rows = append(rows, table.Row{r.Row, word(r.Status + "|row"), r.Record, strings.Join(wrong, "\n")})
	}
	return rows
}

// importRun is what the command was asked for.
type importRun struct {
	confirm, good       bool
	role, back, letters string
}

func newImportRun(s *settings, noun string) *cobra.Command {
	var o importRun
	use := "run"
	if noun != "" {
		use = "import"
	}
	cmd := &cobra.Command{
		Use:   use,
		Short: "import a sheet: one record a row; without --confirm it only shows what would come of it",
		Long: `Reads a workbook (xlsx) or CSV (UTF-8 or GB18030) and judges every row by the rules
that hold for a single record: all wrong cells at once. With --back the same sheet
is written with a red column of errors.

With --confirm the rows are imported, none when one is wrong (--good: the good ones
alone). It may be broken off and started again with the same sheet: rows that stand
already are recognised by their key columns and stay as they are. --letters writes
one letter a row.`,
		Example: "  sandi transfer template -f leads.xlsx\n  sandi transfer import leads.xlsx --back wrong.xlsx\n  sandi transfer import leads.xlsx --confirm --letters letters/",
	}
	procedure := named(cmd, noun, "FILE", 1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := s.client()
		if err != nil {
			return err
		}
		i, err := importOf(cmd.Context(), c, noun, *procedure)
		if err != nil {
			return err
		}
		data, err := readBounded(args[len(args)-1], maxSheetBytes)
		if err != nil {
			return err
		}
		if o.letters != "" && (!i.Letter || !o.confirm) {
			return usagef("--letters needs --confirm, and a procedure that has letters (sandi import list)")
		}
		return s.importSheet(cmd, c, client.Sheet{Procedure: i.Procedure, Role: o.role, Data: data, Good: o.good}, o)
	}
	f := cmd.Flags()
	f.BoolVar(&o.confirm, "confirm", false, "import; without it nothing is written")
	f.BoolVar(&o.good, "good", false, "with --confirm: import the good rows although others are wrong")
	f.StringVar(&o.role, "role", "", "office role to act in; needed when the token holds several")
	f.StringVar(&o.back, "back", "", "write the same sheet with errors and records to this file")
	f.StringVar(&o.letters, "letters", "", "write one letter a row into this folder")
	return cmd
}

func (s *settings) importSheet(cmd *cobra.Command, c *client.Client, sheet client.Sheet, o importRun) error {
	ctx := cmd.Context()
	report, err := c.PreviewImport(ctx, sheet)
	if err == nil && o.confirm && (report.Bad == 0 || o.good) {
		report, err = c.Import(ctx, sheet)
	}
	if err != nil {
		return err
	}
	if o.back != "" {
		data, err := c.Annotated(ctx, sheet)
		if err != nil {
			return err
		}
		if err := writeSheet(o.back, data, true); err != nil {
			return err
		}
	}
	if o.letters != "" {
		if err := writeLetters(ctx, c, report, o.letters); err != nil {
			return err
		}
	}
	if err := s.print(cmd.OutOrStdout(), importView{report, s.lang}); err != nil {
		return err
	}
	switch {
	case report.Bad > 0:
		return &cli.Error{Code: exitFailed, Err: fmt.Errorf("%d of %d rows are wrong; %d stand on the ledger", report.Bad, report.Rows, report.Done)}
	case !o.confirm:
		fmt.Fprintln(cmd.ErrOrStderr(), s.pick(fmt.Sprintf("%d 行均可导入；加 --confirm 办理", report.Rows), fmt.Sprintf("all %d rows may be imported; add --confirm to do it", report.Rows)))
	case report.Done < report.Rows:
		return errors.New("some rows have no answer yet; run the same command again")
	}
	return nil
}
