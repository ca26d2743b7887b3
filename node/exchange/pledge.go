package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// What is offered has to be there when the recipient comes for it. So an object is not
// purged while an offer of it stands, and an offer is pledged, durably, before its objects
// are looked at: whichever of the two is first, the other one sees it.

// pledge is an offer that is being made: the ledger has not answered yet.
type pledge struct {
	To        string   `json:"to"`
	Materials []string `json:"materials"`
	Until     int64    `json:"until"` // unix s: then its statement is too old for the ledger, or the offer has expired
}

// pledgeLife is how long a statement that was signed may still come onto the ledger.
const pledgeLife = statement.MaxAgeDays * 24 * time.Hour

var errPledge = errors.New("the note of an offer that is being made is damaged")

// pledge notes an offer before its objects are looked at.
func (e *Exchange) pledge(d Draft) error {
	text, err := json.Marshal(pledge{To: d.To, Materials: d.Materials, Until: min(d.Expires, e.cfg.Clock().Add(pledgeLife).Unix())})
	if err != nil {
		return err
	}
	e.pledging.Lock()
	defer e.pledging.Unlock()
	return e.cfg.Local.Set(lateLocalKey(localPledge, d.ID), text, true)
}

// redeem forgets a pledge: the ledger has answered, or nothing was signed.
func (e *Exchange) redeem(id string) error { return e.cfg.Local.Delete(lateLocalKey(localPledge, id)) }

// Purge destroys an object of this vault, as vault.Purge does, but not while an offer of
// it stands: the error is then a *public.Offered.
func (e *Exchange) Purge(ctx context.Context, c commitment.Commitment, reason string) error {
	e.pledging.Lock()
	defer e.pledging.Unlock()
	switch by, err := e.offered(ctx, c.String()); {
	case err != nil:
		return fmt.Errorf("couldn't see whether %s is offered to another bureau: %w", c, err)
	case by != nil:
		return by
	}
	if err := e.cfg.Vault.Purge(ctx, c, reason); err != nil {
		return err
	}
	return e.cfg.Local.Delete(localKey(localTree, c.String()))
}

// offered finds an offer of this region that wants an object, or its list of materials,
// to be here; nil for none.
func (e *Exchange) offered(ctx context.Context, object string) (*public.Offered, error) {
	view, err := e.cfg.Ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, err
	}
	defer view.Close()
	books := e.cfg.Ledger.Books(view)
	if by, err := e.pledged(books, object); by != nil || err != nil {
		return by, err
	}
	for _, region := range books.Regions() {
		list, err := books.WaitingOffers(region.Code)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if o.Region != e.cfg.Region || e.expired(o) {
				continue
			}
			body, err := books.OfferBody(o)
			if err != nil {
				return nil, err
			}
			if o.Root == object || slices.Contains(commitments(body), object) {
				return &public.Offered{Region: o.Region, ID: o.ID, To: o.To, Until: o.Expires}, nil
			}
		}
	}
	return nil, nil
}

// pledged looks among the offers that are being made, and forgets those that the ledger
// has answered since or never will.
func (e *Exchange) pledged(books *ledger.Books, object string) (by *public.Offered, err error) {
	var over []string
	err = e.cfg.Local.Scan(lateLocalKey(localPledge, ""), lateLocalKey(localPledge+1, ""), false, func(key, value []byte) (bool, error) {
		id := strings.Clone(string(key[2:]))
		var p pledge
		if json.Unmarshal(value, &p) != nil {
			return false, errPledge
		}
		answer, err := books.Statement(e.cfg.Region, id)
		switch {
		case err != nil:
			return false, err
		case answer.Committed != nil, answer.Refused != nil, e.cfg.Clock().Unix() > p.Until:
			over = append(over, id)
		case slices.Contains(p.Materials, object):
			by = &public.Offered{Region: e.cfg.Region, ID: id, To: p.To, Until: p.Until}
		}
		return by == nil, nil
	})
	for _, id := range over {
		err = errors.Join(err, e.redeem(id))
	}
	return by, err
}

// Kept is the vault as those who look after it see it: with a Purge that knows of offers.
type Kept struct {
	*vault.Vault
	E *Exchange
}

var _ public.Keeper = Kept{}

// Purge is Exchange.Purge.
func (k Kept) Purge(ctx context.Context, c commitment.Commitment, reason string) error {
	return k.E.Purge(ctx, c, reason)
}
