package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

// maxFieldsBytes bounds the JSON that a person hands over.
const maxFieldsBytes = 1 << 20

func newRecord(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "record", Short: "records: list, read, open, act"}
	cmd.AddCommand(
		newRecordList(s),
		newRecordRead(s, "get", "one record, its limits and what may be done next", (*client.Client).Record, func(r v1.Record) tabular { return recordView{r} }),
		newRecordRead(s, "history", "every act of a record, oldest first", (*client.Client).History, func(e []v1.Entry) tabular { return historyView(e) }),
		newRecordRead(s, "deadlines", "every run of every limit of a record", (*client.Client).Deadlines, func(d []v1.Deadline) tabular { return deadlineView(d) }),
		newRecordOpen(s), newRecordAct(s), newRecordPrivate(s),
	)
	return cmd
}

// newRecordRead is a command that fetches something of one record and prints it.
func newRecordRead[T any](s *settings, use, short string, fetch func(*client.Client, context.Context, string, client.Read) (T, error), view func(T) tabular) *cobra.Command {
	return &cobra.Command{
		Use:   use + " RECORD",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			v, err := fetch(c, cmd.Context(), args[0], client.Read{})
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), view(v))
		},
	}
}

type recordList []v1.RecordRow

func (l recordList) header() table.Row {
	return heads("record", "procedure", "state", "parties", "updated", "due")
}

func (l recordList) rows() []table.Row {
	var rows []table.Row
	for _, r := range l {
		var due any = ""
		if len(r.Dues) > 0 {
			due = r.Dues[0].Name + " " + r.Dues[0].Due
			if r.Dues[0].Overdue {
				due = both("%s 逾期", "%s OVERDUE", due)
			}
		}
		rows = append(rows, table.Row{r.ID, r.Procedure, r.State, parties(r.Parties), r.UpdatedAt, due})
	}
	return rows
}

func parties(p map[string]v1.Party) string {
	var out []string
	for _, name := range sortedKeys(p) {
		out = append(out, name+"="+firstNonEmpty(p[name].Org, p[name].Region))
	}
	return strings.Join(out, " ")
}

func newRecordList(s *settings) *cobra.Command {
	var f client.Filter
	var most int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "records that this bureau is a party to",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list := recordList{}
			for row, err := range c.Records(cmd.Context(), f, client.Read{}) {
				if err != nil {
					return err
				}
				if list = append(list, row); len(list) >= most {
					break
				}
			}
			return s.print(cmd.OutOrStdout(), list)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.Procedure, "procedure", "", "only this procedure")
	fl.StringVar(&f.State, "state", "", "only this state")
	fl.StringVar(&f.Region, "region", "", "only records of this owner region")
	fl.StringVar(&f.Counterpart, "counterpart", "", "only records with this other region")
	fl.BoolVar(&f.Overdue, "overdue", false, "only overdue ones")
	fl.StringVar(&f.Text, "text", "", "document number, credit code or name")
	fl.StringVar(&f.Sort, "sort", "", "order, as the API documents it")
	fl.IntVar(&most, "limit", 50, "at most this many")
	return cmd
}

type recordView struct{ v1.Record }

func (v recordView) header() table.Row { return table.Row{"", ""} }

func (v recordView) rows() []table.Row {
	r := v.Record
	rows := []table.Row{
		{word("record"), r.ID},
		{word("procedure"), fmt.Sprintf("%s v%d", r.Procedure, r.Version)},
		{word("state"), r.State},
		{word("parties"), parties(r.Parties)},
		{word("created"), r.CreatedAt},
		{word("updated"), r.UpdatedAt},
		{word("head"), r.Head},
	}
	for _, name := range sortedKeys(r.Fields) {
		rows = append(rows, table.Row{"  " + name, string(r.Fields[name])})
	}
	for _, name := range sortedKeys(r.Commits) {
		rows = append(rows, table.Row{"  " + name, both("承诺值 %s", "commitment %s", r.Commits[name])})
	}
	for _, d := range r.Deadlines {
		rows = append(rows, table.Row{word("limit"), v1.Label{
			ZH: fmt.Sprintf("%s %s %s（%s）", d.Name, d.DueDate, verdict(d).in("zh"), d.Cite),
			EN: fmt.Sprintf("%s %s %s (%s)", d.Name, d.DueDate, d.Verdict, d.Cite),
		}})
	}
	for _, o := range r.Options {
		rows = append(rows, table.Row{word("next"), both("%s：由 %s 办理，须填 %s", "%s by %s needs %s", o.Event, actors(o.By), strings.Join(o.Require, ","))})
	}
	return rows
}

func actors(by []v1.OptionActor) string {
	var out []string
	for _, a := range by {
		out = append(out, a.Party+"."+a.Role)
	}
	return strings.Join(out, "|")
}

type historyView []v1.Entry

func (v historyView) header() table.Row {
	return heads("entry", "signed", "event", "state", "by", "late for")
}

func (v historyView) rows() []table.Row {
	var rows []table.Row
	for _, e := range v {
		by := strings.TrimSpace(e.Org + " " + e.Role)
		rows = append(rows, table.Row{e.Index, e.At, e.Event, e.To, firstNonEmpty(by, "-"), strings.Join(e.Late, ",")})
	}
	return rows
}

// verdict is how a deadline stands.
func verdict(d v1.Deadline) word { return word(d.Verdict + "|deadline") }

type deadlineView []v1.Deadline

func (v deadlineView) header() table.Row {
	return heads("limit", "rule", "owed by", "started", "due|deadline", "strict", "verdict", "basis")
}

func (v deadlineView) rows() []table.Row {
	var rows []table.Row
	for _, d := range v {
		var due any = d.DueDate
		if d.Provisional {
			due = both("%s（暂定）", "%s (provisional)", d.DueDate)
		}
		rows = append(rows, table.Row{d.Name, d.Rule, d.Region, d.Started, due, d.StrictDate, verdict(d), d.Cite})
	}
	return rows
}

type receiptView struct{ v1.Receipt }

func (v receiptView) header() table.Row { return table.Row{"", ""} }

func (v receiptView) rows() []table.Row {
	rows := []table.Row{{word("statement"), v.ID}, {word("status"), word(v.Status)}, {word("record"), v.Record}}
	if v.Index != nil {
		rows = append(rows, table.Row{word("entry"), *v.Index}, table.Row{word("leaf hash"), v.LeafHash})
	}
	if v.Refusal != nil {
		rows = append(rows, table.Row{word("refused"), v.Refusal.Code + ": " + v.Refusal.ZH + " / " + v.Refusal.EN + " " + v.Refusal.Cite})
	}
	return rows
}

func newRecordOpen(s *settings) *cobra.Command {
	var role, fields, key string
	cmd := &cobra.Command{
		Use:     "open PROCEDURE",
		Short:   "open a record; fields are JSON (sandi procedures PROCEDURE lists them)",
		Example: "  sandi record open assistance --role clerk --fields @request.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := fieldsOf(fields, cmd.InOrStdin())
			if err != nil {
				return err
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			receipt, err := c.Open(cmd.Context(), firstNonEmpty(key, client.NewKey()), v1.OpenRequest{Procedure: args[0], Role: role, Fields: raw})
			if err != nil {
				return err
			}
			return s.answer(cmd, c, receipt)
		},
	}
	actFlags(cmd, &role, &fields, &key)
	return cmd
}

func newRecordAct(s *settings) *cobra.Command {
	var role, fields, key, head string
	cmd := &cobra.Command{
		Use:   "act RECORD EVENT",
		Short: "make an event happen to a record",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := fieldsOf(fields, cmd.InOrStdin())
			if err != nil {
				return err
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			if head == "" { // the version as it is now
				rec, err := c.Record(cmd.Context(), args[0], client.Read{})
				if err != nil {
					return err
				}
				head = rec.Head
			}
			receipt, err := c.Act(cmd.Context(), firstNonEmpty(key, client.NewKey()), args[0], head, v1.ActRequest{Event: args[1], Role: role, Fields: raw})
			if err != nil {
				return err
			}
			return s.answer(cmd, c, receipt)
		},
	}
	actFlags(cmd, &role, &fields, &key)
	cmd.Flags().StringVar(&head, "head", "", "version of the record the decision was made on (default: the present one)")
	return cmd
}

// answer waits for the ledger's answer to a statement and prints it.
func (s *settings) answer(cmd *cobra.Command, c *client.Client, receipt v1.Receipt) error {
	receipt, err := c.Await(cmd.Context(), receipt)
	if err != nil {
		return err
	}
	return s.print(cmd.OutOrStdout(), receiptView{receipt})
}

func actFlags(cmd *cobra.Command, role, fields, key *string) {
	cmd.Flags().StringVar(role, "role", "", "office role to act in; needed when the token holds several")
	cmd.Flags().StringVar(fields, "fields", "{}", "JSON object, @FILE, or - for standard input")
	cmd.Flags().StringVar(key, "key", "", "statement id (ULID), to repeat a call safely")
}

// fieldsOf reads the fields argument: JSON text, @FILE or - for standard input.
func fieldsOf(arg string, stdin io.Reader) (json.RawMessage, error) {
	raw := []byte(arg)
	var err error
	switch {
	case arg == "-":
		raw, err = io.ReadAll(io.LimitReader(stdin, maxFieldsBytes+1))
	case strings.HasPrefix(arg, "@"):
		raw, err = readBounded(arg[1:], maxFieldsBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the fields: %w", err)
	}
	if len(raw) > maxFieldsBytes {
		return nil, usagef("the fields are longer than 1 MiB")
	}
	if !json.Valid(raw) {
		return nil, usagef("the fields are not a JSON object")
	}
	return raw, nil
}
