package node_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/genesis"
)

// Ensure a sheet of 100 rows goes through three real nodes, that the receiving region
// gets every letter, and that a second run of the same sheet adds nothing.
func TestImportSheet(t *testing.T) {
	n := found(t, genesis.ClockPractice, time.Date(2025, 11, 3, 9, 0, 0, 0, time.FixedZone("", 8*3600)))
	const rows = 100
	var text strings.Builder
	text.WriteString("lead_no,source_code,cause,clue,party_kind,shop_id,actual_division,jurisdiction_ground,named_reporter,reporter_included,receiver_org,doc_no,sender_filed\n")
	for i := range rows {
		fmt.Fprintf(&text, "P-%d,report,other,（合成）第%d行平台店铺涉嫌违法，已固定网页证据并附截图。,platform_shop,S-%d,120114,art10_2,否,否,120000-SJ,京技管商务消移送〔2025〕%d号,否\n", i, i, i, i+1)
	}
	sheet := client.Sheet{Procedure: "lead_transfer", Role: "liaison", Data: []byte(text.String())}
	door := n.door(0, "liaison")
	var first, again v1.ImportReport
	n.await("an import", func(ctx context.Context) error {
		var err error
		if first, err = door.Import(ctx, sheet); err == nil && first.Done < rows {
			err = fmt.Errorf("%d of %d rows are done: %+v", first.Done, rows, first.Items[0])
		}
		return err
	})
	size := n.status(0).Size
	again, err := door.Import(t.Context(), sheet)
	if err != nil || again.Done != rows || again.Items[rows-1].Record != first.Items[rows-1].Record {
		t.Fatalf("again: %d done, %v", again.Done, err)
	}
	// The receiving node's own receipts are entries, the second run's rows are not.
	n.await("every receipt", func(ctx context.Context) error {
		got := 0
		for row, err := range n.door(1, "liaison").Records(ctx, client.Filter{Procedure: "lead_transfer", State: "received"}, client.Read{}) {
			if err != nil {
				return err
			}
			if row.Owner == n.Regions[0].Code {
				got++
			}
		}
		if got != rows {
			return fmt.Errorf("%d of %d are received", got, rows)
		}
		return nil
	})
	if after := n.status(0).Size; after < 3*rows || after >= 4*rows || size < 2*rows {
		t.Errorf("%d entries, %d after the first run, for %d rows of two steps and a receipt", after, size, rows)
	}
}
