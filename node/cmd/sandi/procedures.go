package main

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
)

type procedureList struct {
	Items []v1.Procedure `json:"items"`
	lang  string
}

func (l procedureList) header() table.Row {
	return heads("name", "title", "version", "prefix", "basis")
}

func (l procedureList) rows() []table.Row {
	var rows []table.Row
	for _, p := range l.Items {
		title := p.Title.EN
		if l.lang == "zh" {
			title = p.Title.ZH
		}
		rows = append(rows, table.Row{p.Name, title, p.Version, p.Prefix, strings.Join(p.Basis, "; ")})
	}
	return rows
}

func newProcedures(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "procedures [NAME]",
		Short: "the law in force; with a name, the whole document",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				list, err := c.Procedures(cmd.Context())
				if err != nil {
					return err
				}
				return s.print(cmd.OutOrStdout(), procedureList{list, s.lang})
			}
			p, err := c.Procedure(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.printText(cmd.OutOrStdout(), p, p.Text)
		},
	}
}
