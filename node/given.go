package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
)

const (
	// givenAgain is after how long another line says that a peer fetches an object: a
	// large one comes in thousands of chunks, and one line stands for all of them.
	givenAgain = time.Hour
	// givenMost bounds what is remembered of that.
	givenMost = 4096
	// givenList is the number of an offer's list of materials.
	givenList = -1
)

// given is what peers are given of offers, noted in the access log before they get it.
type given struct {
	peer.Objects
	log   access.Log
	books func() (*ledger.Books, func(), error)
	now   func() time.Time

	mu    sync.Mutex
	noted map[part]time.Time // guarded by mu
}

// part is an object of an offer, as a region fetches it.
type part struct {
	region string // that asks
	offer  peer.OfferRef
	item   int
}

func newGiven(o peer.Objects, log access.Log, books func() (*ledger.Books, func(), error)) *given {
	return &given{Objects: o, log: log, books: books, now: time.Now, noted: map[part]time.Time{}}
}

var _ peer.Objects = (*given)(nil)

// GiveList implements peer.Objects.
func (g *given) GiveList(ctx context.Context, region string, o peer.OfferRef) ([]byte, error) {
	data, err := g.Objects.GiveList(ctx, region, o)
	return g.noteOf(ctx, part{region, o, givenList}, data, err)
}

// GiveTree implements peer.Objects.
func (g *given) GiveTree(ctx context.Context, region string, o peer.OfferRef, item int) ([]byte, error) {
	data, err := g.Objects.GiveTree(ctx, region, o, item)
	return g.noteOf(ctx, part{region, o, item}, data, err)
}

// GiveChunk implements peer.Objects.
func (g *given) GiveChunk(ctx context.Context, region string, o peer.OfferRef, item int, chunk int64, buf []byte) ([]byte, error) {
	data, err := g.Objects.GiveChunk(ctx, region, o, item, chunk, buf)
	return g.noteOf(ctx, part{region, o, item}, data, err)
}

// noteOf notes that a part was read for a peer, or asked for in vain, and only then
// gives it.
func (g *given) noteOf(ctx context.Context, p part, data []byte, err error) ([]byte, error) {
	e := access.Entry{Action: access.Export, Region: p.region, Because: p.offer.Region + "/" + p.offer.ID}
	switch {
	case errors.Is(err, peer.ErrAbsent):
		e.Action, e.Reason = access.Denied, "not_found"
		if noted := g.log.Record(ctx, e); noted != nil {
			return nil, noted
		}
		return nil, err
	case err != nil:
		return nil, err // our own failure; the peer asks again
	}
	g.mu.Lock()
	at, known := g.noted[p]
	g.mu.Unlock()
	if known && g.now().Sub(at) < givenAgain {
		return data, nil
	}
	if err := g.describe(&e, p); err != nil {
		return nil, err
	}
	if err := g.log.Record(ctx, e); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.noted) >= givenMost {
		clear(g.noted)
	}
	g.noted[p] = g.now()
	return data, nil
}

// describe says what the part is.
func (g *given) describe(e *access.Entry, p part) error {
	books, done, err := g.books()
	if err != nil {
		return err
	}
	defer done()
	o, err := books.Offer(p.offer.Region, p.offer.ID)
	if err != nil {
		return err
	}
	if o == nil {
		return peer.ErrAbsent
	}
	body, err := books.OfferBody(o)
	if err != nil {
		return err
	}
	e.Record, e.Purpose, e.To, e.What = o.Record, body.Purpose, o.To, []string{o.Root}
	if p.item >= 0 && p.item < len(body.Items) {
		e.What = []string{body.Items[p.item].Commitment}
	}
	return nil
}
