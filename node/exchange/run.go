package exchange

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
)

const (
	// tick is how often offers are looked at without news of them.
	tick = time.Second
	// transfersMax is how many offers are fetched at a time; each has window chunks
	// on their way.
	transfersMax = 2
	// Pauses of an offer that could not be fetched: first, doubling, up to most.
	restFirst, restMost = time.Second, time.Minute
	// progressKept bounds what is remembered of transfers.
	progressKept = 1000
)

// errEnded says that an offer is no longer to be fetched.
var errEnded = errors.New("the offer has ended")

// errPending says that the ledger has not answered yet.
var errPending = errors.New("the ledger has not answered yet")

// job is an offer to this region that is worked on, or rests.
type job struct {
	running  bool
	failures int
	rest     time.Time // not before
}

// Run fetches what is offered to this region, and looks after what this region
// offers, until ctx ends.
func (e *Exchange) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	every := time.NewTicker(tick)
	defer every.Stop()
	lender := newLender(e)
	for ctx.Err() == nil {
		if err := e.look(ctx, &running, lender); err != nil && ctx.Err() == nil {
			e.cfg.Logger.Warn("couldn't look for private objects to exchange; it will look again", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-every.C:
		case <-e.news:
		}
	}
	return nil
}

// look starts what is to be done and not being done.
func (e *Exchange) look(ctx context.Context, running *sync.WaitGroup, lender *lender) error {
	todo, own, err := e.open(ctx)
	if err != nil {
		return err
	}
	for _, ref := range todo {
		if e.begin(ref) {
			running.Go(func() { e.end(ctx, ref, e.carry(ctx, ref)) })
		}
	}
	lender.serve(ctx, running, own)
	for _, o := range own {
		ref := Ref{Region: o.Region, ID: o.ID}
		if e.expired(o) && e.begin(ref) {
			running.Go(func() { e.end(ctx, ref, e.expire(ctx, o)) })
		}
	}
	return nil
}

// open lists the offers to this region that stand, with those that were being
// fetched when the node stopped, and the open offers of this region.
func (e *Exchange) open(ctx context.Context) (todo []Ref, own []*ledger.Offer, err error) {
	err = e.cfg.Local.Scan(localKey(localInbox, ""), localKey(localInbox+1, ""), false, func(key, _ []byte) (bool, error) {
		region, id, ok := strings.Cut(string(key[2:]), "/")
		if !ok {
			return false, errInbox
		}
		todo = append(todo, Ref{Region: region, ID: id})
		return true, nil
	})
	if err != nil {
		return nil, nil, err
	}
	view, err := e.cfg.Ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, nil, err
	}
	defer view.Close()
	books := e.cfg.Ledger.Books(view)
	for _, region := range books.Regions() {
		offers, err := books.WaitingOffers(region.Code)
		if err != nil {
			return nil, nil, err
		}
		for _, o := range offers {
			switch {
			case region.Code == e.cfg.Region && !e.expired(o):
				todo = append(todo, Ref{Region: o.Region, ID: o.ID})
			case o.Region == e.cfg.Region:
				own = append(own, o)
			}
		}
	}
	return todo, own, nil
}

// begin takes an offer up when it is not being worked on, does not rest, and there
// is a place for it.
func (e *Exchange) begin(ref Ref) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	j := e.jobs[ref]
	if j == nil {
		j = new(job)
		e.jobs[ref] = j
	}
	if j.running || time.Now().Before(j.rest) || e.running == transfersMax {
		return false
	}
	j.running = true
	e.running++
	return true
}

// end leaves an offer: for good, or for a while.
func (e *Exchange) end(ctx context.Context, ref Ref, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running--
	j := e.jobs[ref]
	j.running = false
	if err == nil || errors.Is(err, errEnded) {
		delete(e.jobs, ref)
		if len(e.progress) > progressKept {
			clear(e.progress)
		}
		select {
		case e.news <- struct{}{}: // the place is free
		default:
		}
		return
	}
	rest := restFirst << min(j.failures, 6)
	j.rest = time.Now().Add(min(rest, restMost)/2 + mathrand.N(min(rest, restMost)/2))
	j.failures++
	p := e.progress[ref]
	p.Note = err.Error()
	e.progress[ref] = p
	if ctx.Err() == nil {
		e.cfg.Logger.Warn("private objects couldn't be exchanged yet; it will be tried again", "region", ref.Region, "offer", ref.ID, "failures", j.failures, "err", err)
	}
}

// carry brings one offer as far as it goes.
func (e *Exchange) carry(ctx context.Context, ref Ref) error {
	t, err := e.transfer(ctx, ref)
	if err != nil {
		return err
	}
	switch {
	case t.offer.State == ledger.OfferReceived:
	case t.offer.State != ledger.OfferOpen || e.expired(t.offer):
		return e.abandon(t)
	}
	row, err := e.inbox(ref)
	if err != nil {
		return err
	}
	list, err := t.fetch(ctx)
	var wrong *mismatch
	if errors.As(err, &wrong) {
		return e.contest(ctx, t, wrong)
	}
	if err != nil {
		return err
	}
	if t.offer.State == ledger.OfferOpen {
		if err := e.sign(ctx, t, row.Receipt, statement.KindReceipt, statement.ReceiptBody{Region: ref.Region, Offer: ref.ID, Root: t.offer.Root}.Marshal()); err != nil {
			return err
		}
	}
	for _, item := range list.Items {
		x, err := item.expected("")
		if err != nil {
			return err
		}
		if err := e.cfg.Vault.Admit(ctx, x.Commitment); err != nil {
			return err
		}
	}
	e.marks.transfers.WithLabelValues("delivered").Inc()
	e.note(ref, func(p *Progress) { *p = Progress{Bytes: t.offer.Bytes, Total: t.offer.Bytes} })
	e.cfg.Logger.Info("received private objects", "region", ref.Region, "offer", ref.ID, "objects", len(list.Items), "bytes", t.offer.Bytes)
	return e.cfg.Local.Delete(inboxKey(ref))
}

// transfer reads an offer from the ledger.
func (e *Exchange) transfer(ctx context.Context, ref Ref) (*transfer, error) {
	view, err := e.cfg.Ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, err
	}
	defer view.Close()
	books := e.cfg.Ledger.Books(view)
	o, err := books.Offer(ref.Region, ref.ID)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fmt.Errorf("%w: it is not on this node's ledger", errEnded)
	}
	t := &transfer{e: e, ref: ref, offer: o, nodes: e.cfg.Nodes(ref.Region)}
	t.body, err = books.OfferBody(o)
	return t, err
}

func inboxKey(ref Ref) []byte { return localKey(localInbox, ref.Region+"/"+ref.ID) }

// inbox notes, durably, that an offer is being fetched, and under which id its
// receipt will be signed.
func (e *Exchange) inbox(ref Ref) (row inboxRow, err error) {
	text, err := e.cfg.Local.Get(inboxKey(ref))
	if err != nil {
		return row, err
	}
	if text != nil {
		if json.Unmarshal(text, &row) != nil || row.Receipt == "" {
			return row, errInbox
		}
		return row, nil
	}
	row.Receipt = statement.NewID(e.cfg.Clock(), rand.Reader)
	return row, e.cfg.Local.Set(inboxKey(ref), row.marshal(), true)
}

// sign states something in the bureau's name and wants it committed.
func (e *Exchange) sign(ctx context.Context, t *transfer, id, kind string, body []byte) error {
	receipt, err := e.cfg.Desk.State(ctx, desk.Draft{ID: id, Role: statement.RoleNode, Org: e.cfg.Region + "-SJ"}, kind, body)
	switch {
	case err != nil:
		return fmt.Errorf("couldn't state %s: %w", kind, err)
	case receipt.Pending:
		return errPending
	case receipt.Refusal != nil && receipt.Refusal.Code == ledger.CodeOfferEnded:
		again, err := e.transfer(ctx, t.ref)
		if err != nil {
			return err
		}
		if again.offer.State == ledger.OfferReceived && kind == statement.KindReceipt {
			return nil // another node of this region was faster
		}
		return errors.Join(errEnded, e.abandon(again))
	case receipt.Refusal != nil:
		return fmt.Errorf("couldn't state %s: the ledger refused it: %s", kind, receipt.Refusal.Code)
	}
	return nil
}

// contest states that something else came than was offered, and keeps what came.
func (e *Exchange) contest(ctx context.Context, t *transfer, m *mismatch) error {
	body := statement.DisputeBody{Region: t.ref.Region, Offer: t.ref.ID, Reason: m.reason, Item: m.item, Chunk: m.chunk, Got: strict.B64(m.digest[:])}
	var err error
	if body.Evidence, err = e.keepEvidence(ctx, t.ref, m); err != nil {
		return fmt.Errorf("couldn't keep the evidence: %w", err)
	}
	e.cfg.Logger.Error("another bureau gave something else than it offered", "region", t.ref.Region, "offer", t.ref.ID, "reason", m.reason, "item", m.item, "chunk", m.chunk, "evidence", body.Evidence)
	if t.offer.State == ledger.OfferReceived {
		return m // what is here was received long ago; a copy that differs now changes nothing
	}
	if err := e.sign(ctx, t, statement.NewID(e.cfg.Clock(), rand.Reader), statement.KindDispute, body.Marshal()); err != nil {
		return err
	}
	e.marks.transfers.WithLabelValues("contested").Inc()
	return e.abandon(t)
}

// abandon leaves nothing of an offer that ended without a receipt.
func (e *Exchange) abandon(t *transfer) error {
	for _, text := range commitments(t.body) {
		c, err := commitment.Parse(text)
		if err != nil {
			return err
		}
		if err := e.cfg.Vault.Discard(c); err != nil {
			return err
		}
	}
	return e.cfg.Local.Delete(inboxKey(t.ref))
}

// expire withdraws an offer of this region whose time has passed.
func (e *Exchange) expire(ctx context.Context, o *ledger.Offer) error {
	d := desk.Draft{ID: statement.NewID(e.cfg.Clock(), rand.Reader), Role: statement.RoleNode, Org: e.cfg.Region + "-SJ"}
	receipt, err := e.Withdraw(ctx, d, o.ID, statement.WithdrawExpired)
	if err == nil && receipt.Refusal != nil && receipt.Refusal.Code != ledger.CodeOfferEnded {
		err = fmt.Errorf("couldn't withdraw an offer that has expired: %s", receipt.Refusal.Code)
	}
	return err
}
