package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/consensus/access"
)

const (
	// actsEvery is how often a grown log of administrators' acts is looked at: with
	// anchorEvery it stands on the ledger within the hour.
	actsEvery = 15 * time.Minute
	// actsHead begins what names a head: lines and the digest of the last one follow, which
	// is over all before it.
	actsHead = "administrators_log"
	// actsTick is how often it is seen whether that time has come, or what failed may go.
	actsTick = time.Minute
)

// actsNoter writes the head of the administrators' log into the access log, whose own head
// is brought onto the ledger: so a line of administrators that was changed or cut off later
// contradicts what every bureau has.
type actsNoter struct {
	region string
	acts   func(before uint64, limit int, what, who string) (account.Page, error)
	log    access.Log
	now    func() time.Time
	noted  string // the last one since the start
	at     time.Time
}

// note writes the head, when there is a new one.
func (a *actsNoter) note(ctx context.Context) error {
	if a.now().Sub(a.at) < actsEvery {
		return nil
	}
	page, err := a.acts(0, 1, "", "")
	if err != nil || page.Size == 0 {
		return err
	}
	head := fmt.Sprintf("%s/%d/%s", actsHead, page.Size, page.Last)
	if head == a.noted {
		return nil
	}
	if err := a.log.Record(ctx, access.Entry{Action: access.Noted, Region: a.region, What: []string{head}}); err != nil {
		return err
	}
	a.noted, a.at = head, a.now()
	return nil
}

// noteActs works until ctx ends.
func (n *Node) noteActs(ctx context.Context) {
	if n.accounts == nil {
		return
	}
	a := &actsNoter{region: n.cfg.Region, acts: n.accounts.Acts, log: n.access, now: time.Now}
	tick := time.NewTicker(actsTick)
	defer tick.Stop()
	for {
		// A closed access log is a warning of its own (probeAccess).
		if err := a.note(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, access.ErrClosed) {
			n.log.Warn("couldn't note the head of the administrators' log in the access log; this node tries again", "again in", actsTick, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
