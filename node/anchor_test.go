package node

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
)

// anchoring is a bureau's access log with the anchorer of its node.
type anchoring struct {
	*anchorer
	t    *testing.T
	net  *solo.Network
	keys *solo.Local
	now  atomic.Int64
}

func newAnchoring(t *testing.T) *anchoring {
	a := &anchoring{t: t, net: solo.New(t), keys: solo.NewLocal()}
	a.start()
	return a
}

// start opens the log that the keys hold, as a node that begins.
func (a *anchoring) start() {
	a.t.Helper()
	l, err := accesslog.Open(accesslog.Config{
		Region: solo.Hebei, Node: "130000-a", Store: solo.Rows{Local: a.keys}, Clock: a.net.Clock, Now: a.real, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.anchorer = &anchorer{
		region: solo.Hebei, node: "130000-a", network: a.net.Genesis.Network(), access: l, signer: a.net.Keys.Region(solo.Hebei).Statement,
		ledger: a.net.Ledger, clock: a.net.Clock, now: a.real, log: slog.New(slog.DiscardHandler),
	}
}

func (a *anchoring) real() time.Time { return time.Unix(a.now.Load(), 0) }

// pass lets real time pass, and the anchorer look.
func (a *anchoring) pass(d time.Duration) {
	a.t.Helper()
	a.now.Add(int64(d / time.Second))
	if err := a.look(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}

func (a *anchoring) record(n int) {
	a.t.Helper()
	for range n {
		if err := a.access.Record(a.t.Context(), access.Entry{Action: access.Read, Region: solo.Hebei}); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *anchoring) heads() []*ledger.AccessHead {
	a.t.Helper()
	view, err := a.net.Ledger.View(a.t.Context(), desk.Fresh{Local: true})
	if err != nil {
		a.t.Fatal(err)
	}
	defer view.Close()
	list, err := a.net.Ledger.Books(view).AccessHeads("130000-a")
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

// Ensure a log that grows is anchored within the hour, once, and one that does not grow
// is not.
func TestAnchored(t *testing.T) {
	a := newAnchoring(t)
	if err := a.access.Record(t.Context(), access.Entry{Action: access.Read, Region: solo.Hebei}); !errors.Is(err, access.ErrClosed) {
		t.Fatalf("before the ledger was read: %v", err)
	}
	a.pass(0)
	a.pass(2 * time.Hour)
	if len(a.heads()) != 0 {
		t.Fatal("an empty log was anchored")
	}
	a.record(3)
	a.pass(0)
	a.record(2)
	a.pass(anchorEvery - time.Second)
	if len(a.heads()) != 0 || a.Unanchored() != anchorEvery-time.Second {
		t.Fatalf("too early; unanchored for %s", a.Unanchored())
	}
	a.pass(time.Second)
	for range 3 {
		a.pass(2 * time.Hour)
	}
	list := a.heads()
	if len(list) != 1 || list[0].Size != 5 || list[0].Log != 1 || a.Unanchored() != 0 {
		t.Fatalf("%+v, unanchored for %s", list, a.Unanchored())
	}
	a.record(1)
	if h, err := a.Anchor(t.Context()); err != nil || h.Size != 6 {
		t.Errorf("%+v, %v", h, err)
	}
	if h, err := a.Anchor(t.Context()); err != nil || h.Size != 6 || len(a.heads()) != 2 {
		t.Errorf("again: %+v, %v", h, err)
	}
	a.record(1)
	a.Freshen(t.Context())
	a.record(1)
	a.Freshen(t.Context()) // not twice in a minute
	if n := len(a.heads()); n != 3 {
		t.Errorf("%d heads", n)
	}
}

// Ensure that a ledger which cannot be reached makes the log late, visibly, and that
// nothing is lost.
func TestAnchorLate(t *testing.T) {
	a := newAnchoring(t)
	a.pass(0)
	a.record(1)
	a.pass(0)
	a.net.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return errors.New("no majority") }})
	a.now.Add(int64((3 * time.Hour).Seconds()))
	if err := a.look(t.Context()); err == nil {
		t.Error("anchored without a ledger")
	}
	if late := a.Unanchored(); late != 3*time.Hour {
		t.Errorf("late by %s", late)
	}
	a.net.Ledger.Break(nil)
	a.pass(anchorAgain)
	if len(a.heads()) != 1 || a.Unanchored() != 0 {
		t.Errorf("%+v", a.heads())
	}
}

// Ensure a node that lost its log, or got an older one back, gives nothing until
// somebody answers for it, and that the ledger then says so.
func TestLostLog(t *testing.T) {
	a := newAnchoring(t)
	a.pass(0)
	a.record(3)
	if _, err := a.Anchor(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.keys = solo.NewLocal() // the disk is gone
	a.start()
	a.pass(0)
	if err := a.access.Closed(); !errors.Is(err, access.ErrClosed) {
		t.Fatalf("a lost log is open: %v", err)
	}
	a.pass(time.Hour)
	if n := len(a.heads()); n != 1 {
		t.Fatalf("%d heads of a lost log", n)
	}
	if err := a.access.Begin(t.Context(), 1, access.Entry{Region: solo.Hebei, Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	a.record(1)
	if h, err := a.Anchor(t.Context()); err != nil || h.Log != 2 || h.Size != 2 || h.Reason != "lost" {
		t.Fatalf("%+v, %v", h, err)
	}
	a.record(1)
	if h, err := a.Anchor(t.Context()); err != nil || h.Log != 2 || h.Size != 3 || h.Reason != "" {
		t.Fatalf("%+v, %v", h, err)
	}
}
