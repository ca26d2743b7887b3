package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// anchorEvery is how old the oldest entry that the ledger does not vouch for gets
	// before the head is brought onto it. Half of the hour that it may be, so that a
	// network without a majority for a quarter of an hour makes nobody late.
	anchorEvery = 30 * time.Minute
	// anchorTick is how often a node looks, anchorAct bounds one submission, and
	// anchorAgain is between two that failed.
	anchorTick  = 5 * time.Second
	anchorAct   = 20 * time.Second
	anchorAgain = time.Minute
	// anchorFirst is how often a node that has just started looks whether the ledger
	// can be asked.
	anchorFirst = 200 * time.Millisecond
)

// anchorer brings the head of this node's access log onto the ledger, and holds the log
// against the head that stands there.
type anchorer struct {
	region, node, network string
	access                *accesslog.Log
	signer                keyring.Signer
	ledger                desk.Ledger
	clock                 func() time.Time // of statements: real time, or the scenario clock
	now                   func() time.Time // real time: what is late goes by it
	log                   *slog.Logger

	mu    sync.Mutex // one submission at a time; guards the rest
	held  bool       // against a ledger that was not behind
	since time.Time  // when an entry was first seen that the ledger doesn't vouch for; zero: all are
	again time.Time  // not before this
	asked time.Time  // no head for another bureau's auditor before this
	last  *ledger.AccessHead
}

// run works until ctx ends.
func (a *anchorer) run(ctx context.Context) {
	tick := time.NewTicker(anchorTick)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := a.look(ctx); err != nil && ctx.Err() == nil && a.standsHeld() {
			a.log.Warn("couldn't bring the head of the access log onto the ledger; this node tries again", "error", err)
		}
		if !a.standsHeld() { // nobody is given anything private before
			_ = sleep.For(ctx, anchorFirst)
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// standsHeld reports whether the log was held against a ledger that was not behind.
func (a *anchorer) standsHeld() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held
}

// look anchors what has waited for long enough.
func (a *anchorer) look(ctx context.Context) error {
	if err := a.access.Flush(false); err != nil && !errors.Is(err, access.ErrClosed) {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	head, err := a.standing(ctx)
	if err != nil || head == nil {
		return err
	}
	if a.now().Sub(a.since) < anchorEvery || a.now().Before(a.again) {
		return nil
	}
	_, err = a.submit(ctx, *head)
	return err
}

// Anchor brings the head onto the ledger now, when it has grown: somebody wants to show
// who looked. It gives the head that stands there then; nil for none.
func (a *anchorer) Anchor(ctx context.Context) (*ledger.AccessHead, error) {
	if err := a.access.Flush(true); err != nil && !errors.Is(err, access.ErrClosed) {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	head, err := a.standing(ctx)
	if err != nil || head == nil {
		return a.last, err
	}
	return a.submit(ctx, *head)
}

// Freshen is Anchor for other bureaus' auditors, who begin to read: at most one head a
// minute, so that nobody fills the ledger by asking.
func (a *anchorer) Freshen(ctx context.Context) {
	a.mu.Lock()
	early := a.now().Before(a.asked)
	if !early {
		a.asked = a.now().Add(anchorAgain)
	}
	a.mu.Unlock()
	if early {
		return
	}
	if _, err := a.Anchor(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("couldn't bring the head of the access log onto the ledger for an auditor", "error", err)
	}
}

// Unanchored is for how long entries have waited for the ledger, by the real clock.
func (a *anchorer) Unanchored() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() {
		return 0
	}
	return a.now().Sub(a.since)
}

// standing holds the log against the ledger, and gives the head that is to be anchored;
// nil when there is nothing to anchor, or the log is not to be vouched for.
func (a *anchorer) standing(ctx context.Context) (*access.Head, error) {
	view, err := a.ledger.View(ctx, desk.Fresh{Local: a.held})
	if err != nil {
		return nil, err
	}
	a.last, err = a.ledger.Books(view).AccessHead(a.node)
	view.Close()
	if err != nil {
		return nil, err
	}
	anchored, err := headOf(a.last)
	if err != nil {
		return nil, err
	}
	closed := a.access.Hold(anchored)
	a.held = true
	head, err := a.access.Head()
	if closed != nil || err != nil || head.Size == 0 || anchored != nil && head == *anchored {
		a.since = time.Time{} // of a closed log nothing is vouched for; the alarm is given
		return nil, err
	}
	if a.since.IsZero() {
		a.since = a.now()
	}
	return &head, nil
}

// submit signs the head as the bureau's and brings it in.
func (a *anchorer) submit(ctx context.Context, head access.Head) (*ledger.AccessHead, error) {
	ctx, cancel := context.WithTimeout(ctx, anchorAct)
	defer cancel()
	a.again = a.now().Add(anchorAgain)
	body, err := a.body(ctx, head)
	if err != nil {
		return a.last, err
	}
	now := a.clock()
	raw, _, err := statement.Sign(a.signer, statement.Payload{
		Network: a.network, Kind: statement.KindAccessHead, ID: statement.NewID(now, rand.Reader), Region: a.region,
		At: statement.FormatAt(now.Unix()), Actor: statement.Actor{Role: statement.RoleNode, Org: a.region + "-SJ"},
		Request: statement.RequestDigest(body.Marshal()), Body: body.Marshal(),
	})
	if err != nil {
		return a.last, fmt.Errorf("couldn't sign the head of the access log: %w", err)
	}
	result, err := a.ledger.Submit(ctx, raw)
	switch {
	case err != nil:
		return a.last, fmt.Errorf("couldn't submit the head of the access log: %w", err)
	case result.Refusal != nil:
		return a.last, fmt.Errorf("the ledger refused the head of the access log: %s", result.Refusal.Code)
	}
	a.since, a.again = time.Time{}, time.Time{}
	a.last = &ledger.AccessHead{AccessHeadBody: body, Region: a.region, Leaf: result.Index}
	a.log.Info("the head of the access log is on the ledger", "log", head.Log, "entries", head.Size, "index", result.Index)
	return a.last, nil
}

// body is what the head's statement says. The first head of a log after the first says
// why there is another, as the log itself does in its first line.
func (a *anchorer) body(ctx context.Context, head access.Head) (statement.AccessHeadBody, error) {
	body := statement.AccessHeadBody{Node: a.node, Log: head.Log, Size: head.Size, Root: head.Text()}
	if a.last != nil && a.last.Log == head.Log || a.last == nil && head.Log == 1 {
		return body, nil
	}
	rows, err := a.access.Rows(ctx, head.Log, 0, 1, func(string, access.Entry) bool { return true })
	if err != nil {
		return body, err
	}
	first, err := access.Parse(rows[0].Entry)
	body.Reason = first.Reason
	return body, err
}

// measure registers for how long entries have waited.
func (a *anchorer) measure(reg prometheus.Registerer) error {
	return reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_access_log_unanchored_seconds", Help: "For how long the access log has had entries that no head on the ledger covers.",
	}, func() float64 { return a.Unanchored().Seconds() }))
}
