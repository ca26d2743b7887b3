package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/calendar"
)

// accessPage is a page of the access log.
type accessPage v1.AccessLog

func (p accessPage) header() table.Row {
	return heads("no", "time", "action", "region", "organisation", "role", "person", "record", "what", "why")
}

func (p accessPage) rows() []table.Row {
	var rows []table.Row
	for _, look := range p.Items {
		var e access.Entry
		if err := json.Unmarshal([]byte(look.Entry), &e); err != nil {
			rows = append(rows, table.Row{look.Index, "", word("unreadable")})
			continue
		}
		rows = append(rows, table.Row{
			look.Index, time.UnixMilli(e.Time).In(calendar.Zone).Format(time.DateTime), word(e.Action + "|access"), e.Region, e.Org, e.Role, e.Person, e.Record,
			strings.Join(e.What, "\n"), strings.Join(words(e.Reason, e.Purpose, e.Because), "; "),
		})
	}
	return rows
}

func newAccessLog(s *settings) *cobra.Command {
	var l client.Looks
	cmd := &cobra.Command{
		Use:   "access-log",
		Short: "your own node's log of who looked at private data, the latest first",
		Long: `Lists this node's access log, for the bureau's own auditors. With -o json each entry
comes with the proof that it stands under the head; that none is missing shows
sandi audit who-looked.`,
		Example: "  sandi audit access-log --record EX-110000-2025-000012\n  sandi audit access-log --from 2025-11-01T00:00:00+08:00 --limit 200 -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			page, err := c.AccessLog(cmd.Context(), l)
			if err != nil {
				return err
			}
			if err := s.print(cmd.OutOrStdout(), accessPage(page)); err != nil || s.output != "table" || page.Next == "" {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), s.pick("还有更早的记录：加 --cursor %s\n", "there are earlier ones: add --cursor %s\n"), page.Next)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&l.Record, "record", "", "only what is about this record, or about what it names")
	flags.StringVar(&l.Person, "person", "", "only looks of this pseudonym")
	flags.StringVar(&l.From, "from", "", "not before this instant, e.g. 2025-11-01T00:00:00+08:00")
	flags.StringVar(&l.To, "to", "", "before this instant")
	flags.StringVar(&l.Cursor, "cursor", "", "go on where the last page ended")
	flags.IntVar(&l.Limit, "limit", 50, "entries, at most 200")
	cmd.AddCommand(newAccessBegin(s))
	return cmd
}

// newAccessBegin answers for a log that takes no entries any more.
func newAccessBegin(s *settings) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "begin --reason damaged|lost|restored",
		Short: "answer for an access log that takes no entries any more, and begin another (operator)",
		Long: `A node whose access log was damaged, lost with its disk, or restored from an older
backup gives private data to nobody. Find out what happened first, and keep the old
data folder. Then this command begins another log: who ran it stands in its first
entry, and the reason stands on the ledger for ever.

It takes a token with the role operator and the scope node:operate.`,
		Example: "  sandi audit access-log begin --reason restored",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reason == "" {
				return usagef("say why with --reason damaged, lost or restored; it stands on the ledger")
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			done, err := c.BeginAccess(cmd.Context(), reason)
			if err != nil {
				return err
			}
			return s.printText(cmd.OutOrStdout(), done, begunText(s, done))
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "damaged, lost or restored")
	complete(cmd, "reason", "damaged", "lost", "restored")
	return cmd
}

func begunText(s *settings, done v1.AccessAnchored) string {
	if done.Head == nil || done.Head.Index == nil {
		return s.pick("已另起访问日志；日志头将在半小时内入账。\n", "Another access log has begun; its head comes onto the ledger within half an hour.\n")
	}
	return fmt.Sprintf(s.pick("已另起访问日志 %d，账上第 %d 条记有原因。\n", "Access log %d has begun; entry %d of the ledger says why.\n"), done.Head.Log, *done.Head.Index)
}
