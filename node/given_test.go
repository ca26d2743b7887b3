package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// giver gives everything to Hebei, and nothing to others.
type giver struct{}

func (giver) give(region string) ([]byte, error) {
	if region != solo.Hebei {
		return nil, fmt.Errorf("couldn't give: %w", peer.ErrAbsent)
	}
	return []byte("secret"), nil
}

func (g giver) GiveList(_ context.Context, region string, _ peer.OfferRef) ([]byte, error) {
	return g.give(region)
}

func (g giver) GiveTree(_ context.Context, region string, _ peer.OfferRef, _ int) ([]byte, error) {
	return g.give(region)
}

func (g giver) GiveChunk(_ context.Context, region string, _ peer.OfferRef, _ int, _ int64, _ []byte) ([]byte, error) {
	return g.give(region)
}

// lines is an access log in memory that can fail.
type lines struct {
	list []access.Entry
	err  error
}

func (l *lines) Record(_ context.Context, e access.Entry) error {
	if l.err == nil {
		l.list = append(l.list, e)
	}
	return l.err
}

// Ensure what a peer fetches of an offer leaves a line for each object before its first
// byte, an hour's worth in one, that who asks in vain leaves one too, and that nothing is
// given without.
func TestGiven(t *testing.T) {
	n := solo.New(t)
	beijing := n.Bureau(solo.Beijing, solo.Options{})
	body := statement.OfferBody{
		To: solo.Hebei + "-SJ", Root: "sc1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Purpose: "p", Basis: "b", Expires: n.Clock().Add(time.Hour).Unix(),
		Items: []statement.OfferItem{{Commitment: "sc1.BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Size: 3, Media: "text/plain"}},
	}
	ref := peer.OfferRef{Region: solo.Beijing, ID: statement.NewID(n.Clock(), rand.Reader)}
	draft := desk.Draft{ID: ref.ID, Role: "liaison", Org: solo.Beijing + "-SJ", Person: beijing.Desk.Pseudonym("i", "p")}
	if receipt, err := beijing.Desk.State(t.Context(), draft, statement.KindOffer, body.Marshal()); err != nil || receipt.Status != ledger.Committed {
		t.Fatalf("%+v, %v", receipt.Refusal, err)
	}
	books := func() (*ledger.Books, func(), error) {
		view, err := n.Ledger.View(t.Context(), desk.Fresh{Local: true})
		if err != nil {
			return nil, nil, err
		}
		return n.Ledger.Books(view), func() { _ = view.Close() }, nil
	}
	log := &lines{}
	g := newGiven(giver{}, log, books)
	now := time.Now()
	g.now = func() time.Time { return now }
	asks := map[string]func(region string) ([]byte, error){
		body.Root:                func(region string) ([]byte, error) { return g.GiveList(t.Context(), region, ref) },
		body.Items[0].Commitment: func(region string) ([]byte, error) { return g.GiveTree(t.Context(), region, ref, 0) },
		"the same":               func(region string) ([]byte, error) { return g.GiveChunk(t.Context(), region, ref, 0, 0, nil) },
	}
	for what, ask := range asks {
		log.err = fmt.Errorf("%w: %w", access.ErrClosed, syscall.ENOSPC)
		for _, region := range []string{solo.Hebei, solo.Tianjin} {
			if data, err := ask(region); !errors.Is(err, access.ErrClosed) || data != nil {
				t.Errorf("%s to %s without a line: %q, %v", what, region, data, err)
			}
		}
		log.err, log.list, now = nil, nil, now.Add(2*givenAgain)
		for range 3 {
			if data, err := ask(solo.Hebei); err != nil || string(data) != "secret" {
				t.Fatalf("%s: %q, %v", what, data, err)
			}
		}
		if len(log.list) != 1 || log.list[0].Action != access.Export || log.list[0].Region != solo.Hebei || log.list[0].To != body.To || what != "the same" && log.list[0].What[0] != what {
			t.Errorf("%s leaves %+v", what, log.list)
		}
		if _, err := ask(solo.Tianjin); !errors.Is(err, peer.ErrAbsent) {
			t.Errorf("%s to a stranger: %v", what, err)
		}
		if e := log.list[1]; e.Action != access.Denied || e.Region != solo.Tianjin || e.Because != ref.Region+"/"+ref.ID {
			t.Errorf("%s in vain leaves %+v", what, e)
		}
		now = now.Add(2 * givenAgain)
	}
}
