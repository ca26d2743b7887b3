package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

const (
	// window is how many chunks of an object are asked for at a time.
	window = 4
	// attempts at one chunk before the fetch is left for a while, and the first pause
	// between them; it doubles.
	attempts   = 4
	firstPause = 100 * time.Millisecond
)

// mismatch is what came and is not what was offered.
type mismatch struct {
	reason string // statement.DisputeList, DisputeChunk or DisputeWhole
	item   int
	chunk  int64
	got    []byte // nil: only its digest is known
	digest [32]byte
}

func (m *mismatch) Error() string {
	return fmt.Sprintf("what came is not what was offered: %s of item %d, chunk %d", m.reason, m.item, m.chunk)
}

func differs(reason string, item int, chunk int64, got []byte) *mismatch {
	return &mismatch{reason: reason, item: item, chunk: chunk, got: bytes.Clone(got), digest: sha256.Sum256(got)}
}

// transfer is the fetch of one offer. It belongs to one goroutine.
type transfer struct {
	e     *Exchange
	ref   Ref
	offer *ledger.Offer
	body  statement.OfferBody
	nodes []string // of the owner's region; the first is asked first
}

// fetch brings everything that is offered here, complete and durable, admitted or
// not. The error is a *mismatch when something else came.
func (t *transfer) fetch(ctx context.Context) (*List, error) {
	list, err := t.list(ctx)
	if err != nil {
		return nil, err
	}
	t.e.note(t.ref, func(p *Progress) { *p = Progress{Total: t.offer.Bytes} })
	for i, item := range list.Items {
		if err := t.object(ctx, i, item); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ask asks the owner's nodes until one answers.
func (t *transfer) ask(ctx context.Context, question func(node string) ([]byte, error)) (data []byte, err error) {
	pause := firstPause
	for try := range attempts {
		for i, node := range t.nodes {
			var failed error
			if data, failed = question(node); failed == nil {
				t.nodes[0], t.nodes[i] = t.nodes[i], t.nodes[0]
				return data, nil
			}
			err = failed
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		if try+1 < attempts && sleep.For(ctx, pause) != nil {
			return nil, ctx.Err()
		}
		pause *= 2
	}
	return nil, fmt.Errorf("couldn't fetch from %s: %w", t.ref.Region, err)
}

// list fetches the list of materials, or finds it here.
func (t *transfer) list(ctx context.Context) (*List, error) {
	root, err := commitment.Parse(t.offer.Root)
	if err != nil {
		return nil, err
	}
	text, err := t.e.read(ctx, root)
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrPurged) {
		text, err = t.fetchList(ctx, root)
	}
	if err != nil {
		return nil, err
	}
	list, err := parseList(text, t.body)
	if err != nil {
		return nil, differs(statement.DisputeList, 0, 0, text)
	}
	return list, nil
}

func (t *transfer) fetchList(ctx context.Context, root commitment.Commitment) ([]byte, error) {
	data, err := t.ask(ctx, func(node string) ([]byte, error) { return t.e.cfg.Peers.List(ctx, node, t.ref) })
	if err != nil {
		return nil, err
	}
	if len(data) <= commitment.SaltSize || len(data) > commitment.SaltSize+maxList {
		return nil, differs(statement.DisputeList, 0, 0, data)
	}
	text := data[commitment.SaltSize:]
	x := vault.Expected{
		Commitment: root, Salt: commitment.Salt(data[:commitment.SaltSize]), Size: int64(len(text)), SHA256: sha256.Sum256(text),
		Meta: vault.Meta{Name: "materials.json", MediaType: "application/json", Org: t.offer.To},
	}
	in, err := t.e.cfg.Vault.Receive(ctx, x)
	if errors.Is(err, commitment.ErrMismatch) {
		return nil, differs(statement.DisputeList, 0, 0, data)
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.Have() == 0 {
		if err := in.Append(bytes.Clone(text)); err != nil {
			return nil, err
		}
	}
	if err := in.Complete(); err != nil {
		return nil, err
	}
	return text, t.e.cfg.Vault.Admit(ctx, root)
}

// read gives a small object of this vault.
func (e *Exchange) read(ctx context.Context, c commitment.Commitment) ([]byte, error) {
	p, err := e.cfg.Vault.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if p.Size > maxList {
		return nil, errList
	}
	return p.Chunk(0, vault.Buffer())
}

// object fetches one object.
func (t *transfer) object(ctx context.Context, n int, item Item) error {
	x, err := item.expected(t.offer.To)
	if err != nil {
		return err
	}
	in, err := t.e.cfg.Vault.Receive(ctx, x)
	switch {
	case errors.Is(err, vault.ErrExists):
		t.e.note(t.ref, func(p *Progress) { p.Bytes += item.Size })
		return nil
	case err != nil:
		return err
	}
	defer in.Close()
	t.e.note(t.ref, func(p *Progress) { p.Bytes += min(in.Have()*vault.ChunkSize, item.Size) })
	if in.Have() < in.Count() {
		leaves, err := t.leaves(ctx, n, item, in.Count())
		if err != nil {
			return err
		}
		if err := t.chunks(ctx, n, in, leaves); err != nil {
			return err
		}
	}
	err = in.Complete()
	if errors.Is(err, commitment.ErrMismatch) {
		sum := in.Sum()
		return errors.Join(&mismatch{reason: statement.DisputeWhole, item: n, digest: sum}, in.Close(), t.e.cfg.Vault.Discard(x.Commitment))
	}
	return err
}

// leaves fetches the hashes of an object's chunks.
func (t *transfer) leaves(ctx context.Context, n int, item Item, count int64) ([]byte, error) {
	leaves, err := t.ask(ctx, func(node string) ([]byte, error) { return t.e.cfg.Peers.Tree(ctx, node, t.ref, n) })
	if err != nil {
		return nil, err
	}
	want, err := digestOf(item.Tree)
	if err != nil {
		return nil, err
	}
	if int64(len(leaves)) != 32*count || treeOf(leaves) != want {
		return nil, differs(statement.DisputeChunk, n, 0, leaves)
	}
	return leaves, nil
}

// piece is a chunk on its way, or why it does not come.
type piece struct {
	data []byte
	err  error
}

var buffers = sync.Pool{New: func() any { b := make([]byte, vault.ChunkSize); return &b }}

// chunks fetches what is missing of an object, several chunks at a time, and adds
// them in their order.
func (t *transfer) chunks(ctx context.Context, n int, in *vault.Intake, leaves []byte) error {
	ctx, stop := context.WithCancel(ctx)
	coming := make(chan chan piece, window)
	var fetchers sync.WaitGroup
	defer fetchers.Wait()
	defer stop()
	first, count := in.Have(), in.Count()
	sizes := make([]int64, 0, count-first)
	for i := first; i < count; i++ {
		sizes = append(sizes, in.ChunkBytes(i))
	}
	nodes := t.nodes
	fetchers.Go(func() {
		defer close(coming)
		for i := first; i < count; i++ {
			next := make(chan piece, 1)
			select {
			case coming <- next:
			case <-ctx.Done():
				return
			}
			fetchers.Go(func() { next <- t.chunk(ctx, nodes, n, i, sizes[i-first], leaves) })
		}
	})
	for next := range coming {
		p := <-next
		if p.err != nil {
			return p.err
		}
		err := in.Append(p.data)
		size := len(p.data)
		p.data = p.data[:cap(p.data)]
		buffers.Put(&p.data)
		if err != nil {
			return err
		}
		t.e.marks.bytes.WithLabelValues("taken").Add(float64(size))
		t.e.note(t.ref, func(g *Progress) { g.Bytes += int64(size) })
	}
	if in.Have() < count {
		return ctx.Err()
	}
	return nil
}

// chunk fetches one chunk and holds it against its leaf. What differs is asked for
// once more before it counts: a fault on the way should not end an offer.
func (t *transfer) chunk(ctx context.Context, nodes []string, n int, number, size int64, leaves []byte) piece {
	buf := *buffers.Get().(*[]byte)
	ask := &transfer{e: t.e, ref: t.ref, nodes: append([]string(nil), nodes...)} // with an order of its own
	for again := false; ; again = true {
		if err := t.e.pace.wait(ctx, int(size)); err != nil {
			return piece{err: err}
		}
		data, err := ask.ask(ctx, func(node string) ([]byte, error) {
			return t.e.cfg.Peers.Chunk(ctx, node, t.ref, n, number, buf[:size])
		})
		if err != nil {
			return piece{err: err}
		}
		if int64(len(data)) == size && sameChunk(data, leaves, number) {
			return piece{data: data}
		}
		if again {
			return piece{err: differs(statement.DisputeChunk, n, number, data)}
		}
	}
}
