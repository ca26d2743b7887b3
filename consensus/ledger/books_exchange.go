package ledger

import (
	"strings"

	"sandi.internal/gateway/consensus/statement"
)

// offersRead bounds how many offers are looked at for one page of a list.
const offersRead = 5000

// OfferFilter says which offers are wanted. Those that do not take part in an offer
// must not be shown it: give Party.
type OfferFilter struct {
	Party  string     // region that made it or may fetch; empty: any
	Record string     // that it is for; empty: any
	State  OfferState // empty: any
	After  string     // cursor: "region/id" of the last one seen
	Limit  int
}

// Offer reads an offer; nil when there is none.
func (b *Books) Offer(region, id string) (*Offer, error) { return readOffer(b.r, region, id) }

// OfferBody reads what an offer's statement says.
func (b *Books) OfferBody(o *Offer) (statement.OfferBody, error) {
	c, err := readLeaf(b.r, o.Leaf)
	if err != nil {
		return statement.OfferBody{}, err
	}
	if c == nil {
		return statement.OfferBody{}, corrupt("the leaf of an offer")
	}
	return statement.ParseOffer(c.Statement.Body)
}

// Offers lists offers, the latest of a region first. next is the cursor of the next
// page, empty at the end; a page may hold fewer than Limit and have a next.
func (b *Books) Offers(f OfferFilter) (list []*Offer, next string, err error) {
	lower, upper := prefixSpan([]byte{tableOffer, offerRow})
	if f.After != "" {
		region, id, _ := strings.Cut(f.After, "/")
		upper = offerKey(region, id)
	}
	looked := 0
	err = b.r.Scan(lower, upper, true, func(_, v []byte) (bool, error) {
		o, err := parseOffer(v)
		if err != nil {
			return false, err
		}
		looked++
		if f.takes(o) {
			list = append(list, o)
		}
		if len(list) == f.Limit || looked == offersRead {
			next = o.Region + "/" + o.ID
			return false, nil
		}
		return true, nil
	})
	return list, next, err
}

func (f *OfferFilter) takes(o *Offer) bool {
	return (f.Party == "" || f.Party == o.Region || f.Party == o.ToRegion) && (f.Record == "" || f.Record == o.Record) &&
		(f.State == "" || f.State == o.State)
}

// WaitingOffers lists the open offers to a region, by region and id.
func (b *Books) WaitingOffers(to string) ([]*Offer, error) {
	var keys []string
	lower, upper := prefixSpan(appendTable(nil, tableOffer, string(rune(offerWaiting)), to, "/"))
	err := b.r.Scan(lower, upper, false, func(k, _ []byte) (bool, error) {
		keys = append(keys, string(k[len(lower):]))
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]*Offer, 0, len(keys))
	for _, key := range keys {
		region, id, _ := strings.Cut(key, "/")
		o, err := readOffer(b.r, region, id)
		if err != nil {
			return nil, err
		}
		if o == nil {
			return nil, corrupt("the way to an offer")
		}
		list = append(list, o)
	}
	return list, nil
}
