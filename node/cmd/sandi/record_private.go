package main

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

type privateView struct {
	v1.PrivateValues
	lang string
}

func (v privateView) header() table.Row { return heads("field", "", "value", "commitment") }

func (v privateView) rows() []table.Row {
	var rows []table.Row
	for _, item := range v.Items {
		title, value := item.Title.EN, string(item.Value)
		if v.lang == "zh" {
			title = item.Title.ZH
		}
		var shown any = value
		if value == "" {
			shown = both("（%s 没有留存）", "(not kept in %s)", v.From)
		}
		rows = append(rows, table.Row{item.Field, title, shown, item.Commitment})
	}
	return rows
}

type readingList []v1.Reading

func (l readingList) header() table.Row {
	return heads("at", "what", "region", "organisation", "role", "person", "because", "fields")
}

func (l readingList) rows() []table.Row {
	var rows []table.Row
	for _, e := range l {
		var what any = word(e.Kind + "|reading")
		if e.Refused {
			what = v1.Label{ZH: word(e.Kind+"|reading").in("zh") + "（被拒绝）", EN: e.Kind + " (refused)"}
		}
		rows = append(rows, table.Row{e.At, what, e.Region, e.Org, e.Role, e.Person, e.Because, strings.Join(e.Fields, ",")})
	}
	return rows
}

func newRecordPrivate(s *settings) *cobra.Command {
	var because string
	var log bool
	cmd := &cobra.Command{
		Use:   "private RECORD",
		Short: "what a record keeps at home, for those whom the law lets read it",
		Long: `Shows the fields that are not on the ledger: those that stay in the vault of the
region that stated them (home), and those of which the ledger has a commitment
(commit). The procedure says which office roles may read them.

Another bureau's home fields (an expert's name and telephone) are asked of that
bureau's node with --because, once the record named there has selected this one
and your region is a party to it. Every reading stands in the log of both
bureaus; --log shows this bureau's.`,
		Example: "  sandi record private EX-110000-2025-000012\n  sandi record private EX-110000-2025-000012 --because MA-130000-2025-000003\n  sandi record private EX-110000-2025-000012 --log",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			if log {
				list, err := c.PrivateLog(cmd.Context(), args[0], client.Read{})
				if err != nil {
					return err
				}
				return s.print(cmd.OutOrStdout(), readingList(list))
			}
			v, err := c.Private(cmd.Context(), args[0], because, client.Read{})
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), privateView{v, s.lang})
		},
	}
	cmd.Flags().StringVar(&because, "because", "", "the record that selected this one; asks the bureau at home")
	cmd.Flags().BoolVar(&log, "log", false, "who has read it, by this bureau's log")
	return cmd
}
