package main

import (
	"context"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

func newAgreement(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agreement",
		Short: "agreements about shared data sets: what may be asked, and what was answered",
		Long: `An agreement says for which purposes, which fields of which rows of a data set one
bureau may ask another, until when. Either side opens it; both bureau heads sign; either
side revokes it at once. It is a record: open it with sandi record open, move it with
sandi record act (propose, accept, revoke).`,
		Example: `  sandi record open data_agreement --role liaison --fields '{"counterpart":"110000-SJ","data_set":"DS-130000-2025-000001",
    "purposes":["inspection"],"use":"…","legal_basis":"…","agreed_columns":["uscc","grade"],"row_filter":"city == \"保定市\"","expires_on":"2025-12-31"}'
  sandi agreement list
  sandi agreement answers DA-130000-2025-000001`,
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "agreements of this bureau, and whether rows are given under them now", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return show(cmd, s, func(ctx context.Context, c *client.Client) (tabular, error) {
					list, err := c.DataAgreements(ctx, client.Read{})
					return agreementList(list), err
				})
			},
		},
		newRecordRead(s, "show", "one agreement", (*client.Client).DataAgreement, func(a v1.DataAgreement) tabular { return agreementList{a} }),
		newRecordRead(s, "answers", "the signed evidence of what this bureau was given, newest first; -o json has the notes", (*client.Client).DataAnswers,
			func(l []v1.DataAnswer) tabular { return answerList(l) }),
	)
	return cmd
}

// show prints what a question to the node gives.
func show(cmd *cobra.Command, s *settings, ask func(context.Context, *client.Client) (tabular, error)) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	v, err := ask(cmd.Context(), c)
	if err != nil {
		return err
	}
	return s.print(cmd.OutOrStdout(), v)
}

type agreementList []v1.DataAgreement

func (l agreementList) header() table.Row {
	return heads("record", "data set", "state", "purposes", "fields|data", "rows", "until", "usable")
}

func (l agreementList) rows() []table.Row {
	var rows []table.Row
	for _, a := range l {
		usable := word("yes")
		if !a.Usable {
			usable = word(a.Why)
		}
		rows = append(rows, table.Row{a.Record, a.DataSet, a.State, strings.Join(a.Purposes, " "), strings.Join(a.Fields, " "), a.Rows, a.Until, usable})
	}
	return rows
}

type answerList []v1.DataAnswer

func (l answerList) header() table.Row {
	return heads("at", "node", "generation", "rows", "sha-256 of the rows", "of the question")
}

func (l answerList) rows() []table.Row {
	var rows []table.Row
	for _, a := range l {
		rows = append(rows, table.Row{a.At, a.Node, a.Generation, a.Rows, a.RowsSHA256, a.Question})
	}
	return rows
}
