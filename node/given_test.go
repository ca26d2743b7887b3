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

// offering is an offer of Beijing's that stands on a ledger, with the files behind it,
// the log that their giving is written to, and a clock.
type offering struct {
	*given
	t     *testing.T
	looks solo.Looks
	body  statement.OfferBody
	ref   peer.OfferRef
	at    time.Time
}

func newOffering(t *testing.T) *offering {
	n := solo.New(t)
	beijing := n.Bureau(solo.Beijing, solo.Options{})
	o := &offering{t: t, at: time.Unix(0, 0), ref: peer.OfferRef{Region: solo.Beijing, ID: statement.NewID(n.Clock(), rand.Reader)}}
	o.body = statement.OfferBody{
		To: solo.Hebei + "-SJ", Root: "sc1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Purpose: "p", Basis: "b", Expires: n.Clock().Add(time.Hour).Unix(),
		Items: []statement.OfferItem{{Commitment: "sc1.BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Size: 3, Media: "text/plain"}},
	}
	draft := desk.Draft{ID: o.ref.ID, Role: "liaison", Org: solo.Beijing + "-SJ", Person: beijing.Desk.Pseudonym("i", "p")}
	if receipt, err := beijing.Desk.State(t.Context(), draft, statement.KindOffer, o.body.Marshal()); err != nil || receipt.Status != ledger.Committed {
		t.Fatalf("%+v, %v", receipt.Refusal, err)
	}
	o.given = newGiven(giver{}, &o.looks, func() (*ledger.Books, func(), error) {
		view, err := n.Ledger.View(t.Context(), desk.Fresh{Local: true})
		if err != nil {
			return nil, nil, err
		}
		return n.Ledger.Books(view), func() { _ = view.Close() }, nil
	})
	o.now = func() time.Time { return o.at }
	return o
}

// fetch asks for an object of the offer: its list, its file's tree, its file's bytes.
func (o *offering) fetch(what, region string) ([]byte, error) {
	switch what {
	case "list":
		return o.GiveList(o.t.Context(), region, o.ref)
	case "tree":
		return o.GiveTree(o.t.Context(), region, o.ref, 0)
	}
	return o.GiveChunk(o.t.Context(), region, o.ref, 0, 0, nil)
}

var objects = []string{"list", "tree", "chunk"}

// Ensure what a peer fetches of an offer leaves one line an hour for each object, and
// that the line says what was given to whom for what.
func TestGiven(t *testing.T) {
	o := newOffering(t)
	for hour := range 2 {
		for range 3 {
			for _, what := range objects {
				if data, err := o.fetch(what, solo.Hebei); err != nil || string(data) != "secret" {
					t.Fatalf("%s: %q, %v", what, data, err)
				}
			}
		}
		if len(o.looks.Entries) != 2*(hour+1) {
			t.Fatalf("hour %d leaves %+v", hour, o.looks.Entries)
		}
		for i, want := range []string{o.body.Root, o.body.Items[0].Commitment} {
			e := o.looks.Entries[2*hour+i]
			if e.Action != access.Export || e.Region != solo.Hebei || e.To != o.body.To || e.Because != o.ref.Region+"/"+o.ref.ID || e.What[0] != want || e.Purpose != o.body.Purpose {
				t.Errorf("%+v", e)
			}
		}
		o.at = o.at.Add(givenAgain)
	}
}

// Ensure that who asks in vain leaves a line too.
func TestGivenInVain(t *testing.T) {
	for _, what := range objects {
		o := newOffering(t)
		if _, err := o.fetch(what, solo.Tianjin); !errors.Is(err, peer.ErrAbsent) {
			t.Errorf("%s to a stranger: %v", what, err)
		}
		if list := o.looks.Entries; len(list) != 1 || list[0].Action != access.Denied || list[0].Region != solo.Tianjin || list[0].Because != o.ref.Region+"/"+o.ref.ID {
			t.Errorf("%s in vain leaves %+v", what, list)
		}
	}
}

// Ensure that nothing is given, nor refused, without a line.
func TestGivenUnlogged(t *testing.T) {
	o := newOffering(t)
	o.looks.Err = fmt.Errorf("%w: %w", access.ErrClosed, syscall.ENOSPC)
	for _, what := range objects {
		for _, region := range []string{solo.Hebei, solo.Tianjin} {
			if data, err := o.fetch(what, region); !errors.Is(err, access.ErrClosed) || errors.Is(err, peer.ErrAbsent) || data != nil {
				t.Errorf("%s to %s without a line: %q, %v", what, region, data, err)
			}
		}
	}
}
