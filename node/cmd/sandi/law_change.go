package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// lawChanges are the commands by which all bureaus together change the law: one
// proposes with its offline key, the others vote with theirs, and any says that it
// is adopted. Each signed file goes to the bureau's own node with gov submit.
func lawChanges(s *settings) []*cobra.Command {
	return []*cobra.Command{newLawPropose(), newLawVote(), newLawAdopt(), newLawProposals(s)}
}

func newLawPropose() *cobra.Command {
	var g governance
	var from string
	cmd := &cobra.Command{
		Use:   "propose FILE",
		Short: "sign the next version of a procedure, the deadline rules or the calendar; then gov submit",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := readBounded(args[0], statement.MaxLawText)
			if err != nil {
				return err
			}
			body, err := proposalOf(text)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			at, err := g.signedAt()
			if err != nil {
				return err
			}
			if body.From = at.Unix(); from != "" {
				if body.From, err = statement.ParseAt(from); err != nil {
					return usagef("--from: %v; write it as 2026-01-01T00:00:00+08:00", err)
				}
			}
			return g.sign(cmd, statement.KindLawPropose, func(string) ([]byte, error) {
				out := body.Marshal()
				_, err := statement.ParsePropose(out)
				return out, err
			})
		},
	}
	g.flags(cmd)
	cmd.Flags().StringVar(&from, "from", "", "adopted not before, as 2026-01-01T00:00:00+08:00 (default: the signed time)")
	return cmd
}

// proposalOf tells what a text is by reading it.
func proposalOf(text []byte) (statement.ProposeBody, error) {
	document, fault := procedure.Parse(text)
	if fault == nil {
		return statement.ProposeBody{Form: statement.LawProcedure, Name: document.Name, Version: document.Version, Text: text}, nil
	}
	if rules, err := calendar.ParseRules(text); err == nil {
		return statement.ProposeBody{Form: statement.LawRules, Name: statement.LawRules, Version: rules.Version, Text: text}, nil
	}
	if days, err := calendar.Parse(text); err == nil {
		return statement.ProposeBody{Form: statement.LawCalendar, Name: statement.LawCalendar, Version: days.Version, Text: text}, nil
	}
	return statement.ProposeBody{}, fmt.Errorf("neither a procedure, a rule table nor a calendar; as a procedure: %w", fault)
}

func newLawVote() *cobra.Command {
	var g governance
	var no bool
	cmd := &cobra.Command{
		Use:   "vote REGION/ID",
		Short: "sign this bureau's approval of a proposal, or with --no its refusal; then gov submit",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.signProposal(cmd, statement.KindLawVote, args[0], !no)
		},
	}
	g.flags(cmd)
	cmd.Flags().BoolVar(&no, "no", false, "refuse: the proposal is closed")
	return cmd
}

func newLawAdopt() *cobra.Command {
	var g governance
	cmd := &cobra.Command{
		Use:   "adopt REGION/ID",
		Short: "sign that a proposal which all bureaus approved of comes into force; then gov submit",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.signProposal(cmd, statement.KindLawAdopt, args[0], false)
		},
	}
	g.flags(cmd)
	return cmd
}

func (g *governance) signProposal(cmd *cobra.Command, kind, name string, approve bool) error {
	region, id, ok := strings.Cut(name, "/")
	body := statement.ProposalBody{Region: region, Proposal: id, Approve: approve}.Marshal(kind)
	if _, err := statement.ParseProposal(kind, body); !ok || err != nil {
		return usagef("%q is not a proposal; write it as `sandi law proposals` shows it, such as 120000/01J9…", name)
	}
	return g.sign(cmd, kind, func(string) ([]byte, error) { return body, nil })
}

type proposalList struct {
	Items []v1.Proposal `json:"items"`
}

func (l proposalList) header() table.Row {
	return heads("proposal", "text", "version", "state", "approved", "not before")
}

func (l proposalList) rows() []table.Row {
	var rows []table.Row
	for _, p := range l.Items {
		var state any = word(p.State + "|proposal")
		if p.Rejected != "" {
			state = both("%[2]s 已否决", "%[1]s by %[2]s", p.State, p.Rejected)
		}
		rows = append(rows, table.Row{p.Region + "/" + p.ID, p.Name, p.Version, state, strings.Join(p.Approved, " "), shortTime(p.From)})
	}
	return rows
}

func shortTime(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return t.Format("2006-01-02 15:04")
}

func newLawProposals(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "proposals [REGION/ID]",
		Short: "what bureaus have proposed as law; with a name, the text to vote on",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				list, err := c.Proposals(cmd.Context())
				if err != nil {
					return err
				}
				return s.print(cmd.OutOrStdout(), proposalList{list})
			}
			region, id, _ := strings.Cut(args[0], "/")
			p, err := c.Proposal(cmd.Context(), region, id)
			if err != nil {
				return err
			}
			return s.printText(cmd.OutOrStdout(), p, p.Text)
		},
	}
}
