package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
)

func newOffer(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "offer",
		Short: "private files on their way to another bureau: make, list, wait, withdraw",
		Long: `An offer stands on the ledger: what (by commitment), for which purpose and on which
legal basis, for whom, until when. The recipient's node fetches the bytes from this
node, verifies them, and signs a receipt; only then can its people open them.`,
	}
	cmd.AddCommand(newOfferMake(s), newOfferList(s), newOfferGet(s), newOfferWait(s), newOfferWithdraw(s))
	return cmd
}

type offerAnswerView struct{ v1.OfferAnswer }

func (v offerAnswerView) header() table.Row { return table.Row{"", ""} }

func (v offerAnswerView) rows() []table.Row {
	return append([]table.Row{{word("offer"), v.Region + "/" + v.ID}, {word("list"), v.Root}}, receiptView{v.Receipt}.rows()...)
}

func newOfferMake(s *settings) *cobra.Command {
	var r v1.OfferRequest
	var key string
	var days int
	cmd := &cobra.Command{
		Use:   "make COMMITMENT...",
		Short: "offer files of this bureau's vault",
		Example: `  sandi offer make sc1.… sc1.… --to 130000-SJ --record CT-120000-2025-000018 \
    --purpose "investigation of the case" --basis "程序规定 第14条"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.To == "" || r.Purpose == "" || r.Basis == "" {
				return usagef("give --to, --purpose and --basis")
			}
			r.Materials = args
			if days > 0 {
				r.Expires = statement.FormatAt(time.Now().AddDate(0, 0, days).Unix())
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			answer, err := c.Offer(cmd.Context(), firstNonEmpty(key, client.NewKey()), r)
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), offerAnswerView{answer})
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.To, "to", "", "organisation of another region, e.g. 130000-SJ")
	f.StringVar(&r.Record, "record", "", "the record it is for")
	f.StringVar(&r.Purpose, "purpose", "", "what the recipient may use it for; on the ledger")
	f.StringVar(&r.Basis, "basis", "", "provision that allows it; on the ledger")
	f.StringVar(&r.Role, "role", "", "office role to act in; needed when the token holds several")
	f.IntVar(&days, "days", 0, "days that the offer stands (default: 30)")
	f.StringVar(&key, "key", "", "statement id (ULID), to repeat a call safely")
	return cmd
}

type offerList []v1.Offer

func (l offerList) header() table.Row {
	return heads("offer", "to", "record", "state", "files", "bytes", "fetched", "expires")
}

func (l offerList) rows() []table.Row {
	var rows []table.Row
	for _, o := range l {
		fetched := "-"
		if o.Received != nil {
			fetched = fmt.Sprint(*o.Received)
		}
		rows = append(rows, table.Row{o.Region + "/" + o.ID, o.To, firstNonEmpty(o.Record, "-"), word(o.State + "|offer"), o.Count, o.Bytes, fetched, o.Expires})
	}
	return rows
}

func newOfferList(s *settings) *cobra.Command {
	var record, state string
	var most int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "offers that this bureau made or may fetch, the latest of a region first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list := offerList{}
			for o, err := range c.Offers(cmd.Context(), record, state) {
				if err != nil {
					return err
				}
				if list = append(list, o); len(list) >= most {
					break
				}
			}
			return s.print(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().StringVar(&record, "record", "", "only those for this record")
	cmd.Flags().StringVar(&state, "state", "", "open, fulfilled, called_off or contested")
	cmd.Flags().IntVar(&most, "limit", 50, "at most this many")
	return cmd
}

type offerView struct{ v1.Offer }

func (v offerView) header() table.Row { return table.Row{"", ""} }

func (v offerView) rows() []table.Row {
	o := v.Offer
	rows := []table.Row{
		{word("offer"), o.Region + "/" + o.ID},
		{word("to"), o.To},
		{word("record"), firstNonEmpty(o.Record, "-")},
		{word("state"), word(o.State + "|offer")},
		{word("purpose"), o.Purpose},
		{word("basis"), o.Basis},
		{word("list"), o.Root},
		{word("expires"), o.Expires},
	}
	if o.EndedBy != "" {
		rows = append(rows, table.Row{word("ended by"), o.EndedBy})
	}
	if o.Received != nil {
		rows = append(rows, table.Row{word("fetched"), both("%d 字节，共 %d 字节 %s", "%d of %d bytes %s", *o.Received, o.Bytes, o.Note)})
	}
	for _, item := range o.Items {
		rows = append(rows, table.Row{word("file"), fmt.Sprintf("%s %d %s", item.Commitment, item.Size, item.Media)})
	}
	return rows
}

func newOfferGet(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "get REGION/ID",
		Short: "one offer with its files",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return s.showOffer(cmd, args[0], 0) },
	}
}

func newOfferWait(s *settings) *cobra.Command {
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "wait REGION/ID",
		Short: "wait until an offer has ended, and say how",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return s.showOffer(cmd, args[0], patience) },
	}
	cmd.Flags().DurationVar(&patience, "patience", 10*time.Minute, "how long to wait")
	return cmd
}

// showOffer prints an offer, after it has ended or the patience is over.
func (s *settings) showOffer(cmd *cobra.Command, name string, patience time.Duration) error {
	region, id, ok := strings.Cut(name, "/")
	if !ok {
		return usagef("%s: an offer is named REGION/ID, as `sandi offer list` prints it", name)
	}
	c, err := s.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), max(patience, time.Minute))
	defer cancel()
	until := time.Now().Add(patience)
	for {
		o, err := c.OfferByID(ctx, region, id)
		if err != nil {
			return err
		}
		if o.State != "open" || !time.Now().Before(until) {
			if err := s.print(cmd.OutOrStdout(), offerView{o}); err != nil || patience == 0 || o.State != "open" {
				return err
			}
			return errors.New("the offer is still open; wait longer with --patience")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func newOfferWithdraw(s *settings) *cobra.Command {
	var r v1.WithdrawRequest
	cmd := &cobra.Command{
		Use:   "withdraw REGION/ID",
		Short: "withdraw an offer that nobody has received",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			region, id, ok := strings.Cut(args[0], "/")
			if !ok {
				return usagef("%s: an offer is named REGION/ID, as `sandi offer list` prints it", args[0])
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			receipt, err := c.Withdraw(cmd.Context(), client.NewKey(), region, id, r)
			if err != nil {
				return err
			}
			return s.answer(cmd, c, receipt)
		},
	}
	cmd.Flags().StringVar(&r.Reason, "reason", "mistake", "destroyed, mistake or superseded")
	cmd.Flags().StringVar(&r.Role, "role", "", "office role to act in; needed when the token holds several")
	return cmd
}
