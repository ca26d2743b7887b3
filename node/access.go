package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/storage/journal"
)

// openAccess opens the log of who looked at private data. It takes no entries before
// it was held against the ledger, when it is empty: its node may have lost one.
func (n *Node) openAccess() error {
	rows, err := journal.Open(n.stores.vault)
	if err != nil {
		return err
	}
	n.access, err = accesslog.Open(accesslog.Config{
		Region: n.cfg.Region, Node: n.cfg.Node, Store: rows, Clock: n.now, Now: time.Now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open the access log: %w", err)
	}
	n.onClose(func() error {
		if err := n.access.Flush(true); !errors.Is(err, access.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// place is whose access log this node's is.
func (n *Node) place() access.Place {
	return access.Place{Origin: n.genesis.Genesis.Origin, Region: n.cfg.Region, Node: n.cfg.Node}
}

// headOf is a head of the ledger as the log understands it; nil for none.
func headOf(h *ledger.AccessHead) (*access.Head, error) {
	if h == nil {
		return nil, nil
	}
	root, err := access.ParseRoot(h.Root)
	return &access.Head{Log: h.Log, Size: h.Size, Root: root}, err
}

// verifyAccess reads the whole access log once, in the background, against every head
// that the ledger has of it.
func (n *Node) verifyAccess(ctx context.Context) {
	books, done, err := n.books()
	if err != nil {
		return
	}
	list, err := books.AccessHeads(n.cfg.Node)
	done()
	var heads []access.Head
	for _, h := range list {
		head, bad := headOf(h)
		err = errors.Join(err, bad)
		heads = append(heads, *head)
	}
	if err == nil {
		err = n.access.Verify(ctx, heads)
	}
	if err != nil && ctx.Err() == nil {
		n.log.Error("couldn't verify the access log", "error", err)
	}
}

func (n *Node) signHead(h access.Head) ([]byte, error) { return n.place().Sign(h, n.secrets.log) }

// auditing is what the public door shows auditors of access logs with.
func (n *Node) auditing() *public.Auditing {
	return &public.Auditing{Sign: n.signHead, Anchor: n.anchorer.Anchor, Ask: n.peers.Looks, Waited: n.anchorer.Unanchored}
}

// looks answers other regions from this node's own ledger.
type looks struct{ *Node }

// Show implements peer.Looks.
func (n looks) Show(ctx context.Context, region string, q accesslog.Question) (v1.AccessRows, error) {
	if q.From == 0 && q.Size == 0 {
		n.anchorer.Freshen(ctx)
	}
	books, done, err := n.books()
	if err != nil {
		return v1.AccessRows{}, err
	}
	defer done()
	return n.access.Show(ctx, books, region, q, n.signHead)
}

// anchorLate is for how long entries may wait for the ledger before that is an alarm.
const anchorLate = 2 * time.Hour

// probeAccess warns of a log that takes nothing, or that nobody vouches for.
func (n *Node) probeAccess(context.Context) error {
	if err := n.access.Closed(); err != nil {
		return fmt.Errorf("nobody is given private data: %w; see OPERATIONS, who looked", err)
	}
	if late := n.anchorer.Unanchored(); late > anchorLate {
		return fmt.Errorf("entries of the access log have waited %s for the ledger; is there a majority?", late.Round(time.Minute))
	}
	return nil
}
