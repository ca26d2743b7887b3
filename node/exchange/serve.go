package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// maxGrants bounds the offers whose objects are remembered, at some 10 KiB each.
const maxGrants = 256

// grants are the objects of offers that peers have asked for.
type grants struct {
	mu     sync.Mutex
	offers map[Ref][]commitment.Commitment // guarded by mu; the root first
}

// granted gives the objects of an offer of this region, the list of materials
// first, when a region may fetch them now: it is the recipient, and the offer
// stands or was received by it, who may have lost what it had.
func (e *Exchange) granted(ctx context.Context, asker string, ref Ref) ([]commitment.Commitment, error) {
	view, err := e.cfg.Ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, err
	}
	defer view.Close()
	books := e.cfg.Ledger.Books(view)
	o, err := books.Offer(ref.Region, ref.ID)
	switch {
	case err != nil:
		return nil, err
	case o == nil || o.Region != e.cfg.Region || o.ToRegion != asker:
		return nil, ErrAbsent
	case o.State == ledger.OfferReceived:
	case o.State != ledger.OfferOpen || e.expired(o):
		return nil, ErrAbsent
	}
	e.mu.Lock()
	e.asked[asker] = time.Now()
	e.mu.Unlock()
	return e.objects(books, o)
}

func (e *Exchange) objects(books *ledger.Books, o *ledger.Offer) ([]commitment.Commitment, error) {
	ref := Ref{Region: o.Region, ID: o.ID}
	e.grants.mu.Lock()
	list := e.grants.offers[ref]
	e.grants.mu.Unlock()
	if list != nil {
		return list, nil
	}
	body, err := books.OfferBody(o)
	if err != nil {
		return nil, err
	}
	for _, text := range append([]string{body.Root}, commitments(body)...) {
		c, err := commitment.Parse(text)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	e.grants.mu.Lock()
	defer e.grants.mu.Unlock()
	if len(e.grants.offers) >= maxGrants || e.grants.offers == nil {
		e.grants.offers = map[Ref][]commitment.Commitment{}
	}
	e.grants.offers[ref] = list
	return list, nil
}

func commitments(body statement.OfferBody) []string {
	list := make([]string, len(body.Items))
	for i, item := range body.Items {
		list[i] = item.Commitment
	}
	return list
}

func (e *Exchange) expired(o *ledger.Offer) bool { return e.cfg.Clock().Unix() > o.Expires }

// GiveList answers a peer of a region: the salt of the list of materials, and the
// list.
func (e *Exchange) GiveList(ctx context.Context, asker string, ref Ref) ([]byte, error) {
	objects, err := e.granted(ctx, asker, ref)
	if err != nil {
		return nil, err
	}
	salt, err := e.cfg.Vault.Opening(ctx, objects[0])
	if err != nil {
		return nil, absent(err)
	}
	r, o, err := e.cfg.Vault.Get(ctx, objects[0])
	if err != nil {
		return nil, absent(err)
	}
	defer r.Close()
	out := make([]byte, len(salt)+int(min(o.Size, maxList)))
	copy(out, salt[:])
	_, err = io.ReadFull(r, out[len(salt):])
	return out, err
}

// GiveTree answers a peer with the hashes of an object's chunks.
func (e *Exchange) GiveTree(ctx context.Context, asker string, ref Ref, item int) ([]byte, error) {
	c, err := e.given(ctx, asker, ref, item)
	if err != nil {
		return nil, err
	}
	leaves, err := e.tree(ctx, c)
	return leaves, absent(err)
}

// GiveChunk answers a peer with one chunk, read into buf, which is vault.Buffer's.
func (e *Exchange) GiveChunk(ctx context.Context, asker string, ref Ref, item int, chunk int64, buf []byte) ([]byte, error) {
	c, err := e.given(ctx, asker, ref, item)
	if err != nil {
		return nil, err
	}
	p, err := e.cfg.Vault.Open(ctx, c)
	if err != nil {
		return nil, absent(err)
	}
	defer p.Close()
	if err := e.pace.wait(ctx, vault.ChunkSize); err != nil {
		return nil, err
	}
	data, err := p.Chunk(chunk, buf)
	e.marks.bytes.WithLabelValues("given").Add(float64(len(data)))
	return data, absent(err)
}

func (e *Exchange) given(ctx context.Context, asker string, ref Ref, item int) (commitment.Commitment, error) {
	objects, err := e.granted(ctx, asker, ref)
	if err != nil {
		return commitment.Commitment{}, err
	}
	if item < 0 || item+1 >= len(objects) {
		return commitment.Commitment{}, ErrAbsent
	}
	return objects[item+1], nil
}

// absent turns what the vault has not, or not any more, into ErrAbsent. Damage is
// our own failure, and never given out.
func absent(err error) error {
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrPurged) {
		return fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return err
}
