package watch

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// maxProven bounds what is remembered as proved.
const maxProven = 10_000

// errTiles says that a node's tiles do not give the root that is signed.
var errTiles = errors.New("the tiles do not give the root of the checkpoint")

// errNobody says that there are no tiles to compare with.
var errNobody = errors.New("no node that answers shows as much as was verified")

// compare holds all notes against the view, which grows on the way: the longest
// first, so that all others only have to be found in it.
func (w *Watcher) compare(ctx context.Context, notes []*shown, r *Round) {
	slices.SortStableFunc(notes, func(a, b *shown) int { return cmp.Compare(b.note.Size, a.note.Size) })
	for _, n := range notes {
		if w.proven[n.note.Checkpoint] {
			w.renew(n.note)
			continue
		}
		switch {
		case w.view == nil && n.weak:
			// Nothing to compare with; its alarm has been raised.
		case w.view == nil:
			w.first(ctx, n, r)
		case n.note.Size == w.view.Size && n.note.Root != w.view.Root:
			w.forked(n, nil, r)
		case n.note.Size == w.view.Size:
			w.prove(n.note)
			w.renew(n.note)
		case n.note.Size > w.view.Size:
			w.grow(ctx, n, r)
		default:
			w.find(ctx, n, notes, r)
		}
	}
}

// first takes a first view: one whose tiles give its root.
func (w *Watcher) first(ctx context.Context, n *shown, r *Round) {
	root, err := merkle.RootAt(n.log.Tree(ctx, n.note.Size), n.note.Size)
	if err == nil && root != n.note.Root {
		err = errTiles
	}
	if err != nil {
		w.broken(n, err, r)
		return
	}
	w.view = n.note
	w.prove(n.note)
}

// grow takes a longer checkpoint for the view if it holds the view.
func (w *Watcher) grow(ctx context.Context, n *shown, r *Round) {
	proof, err := prefix(ctx, n.log, n.note.Checkpoint, w.view.Size)
	switch {
	case err != nil:
		w.broken(n, err, r)
	case proof.Root != w.view.Root:
		w.forked(n, proof, r)
	case !n.weak:
		w.view = n.note
		w.prove(n.note)
	}
}

// find looks for a shorter checkpoint in the view, with the tiles of whoever has
// it.
func (w *Watcher) find(ctx context.Context, n *shown, notes []*shown, r *Round) {
	var proof *Prefix
	err := errNobody
	for _, other := range notes {
		if other.note.Checkpoint != w.view.Checkpoint {
			continue // its tree may be another one
		}
		if proof, err = prefix(ctx, other.log, w.view.Checkpoint, n.note.Size); err == nil {
			break
		}
	}
	switch {
	case err != nil:
		r.Alarms = append(r.Alarms, alarm(KindUncompared, w.cfg.Addrs[n.at], "无法比对其 %d 条的检查点: %s。", "its checkpoint of %d entries could not be compared: %s.", n.note.Size, plain(err.Error())))
	case proof.Root != n.note.Root:
		w.forked(n, proof, r)
	default:
		w.prove(n.note)
	}
}

// broken is an alarm about a node whose tiles cannot be had or are false.
func (w *Watcher) broken(n *shown, err error, r *Round) {
	addr := w.cfg.Addrs[n.at]
	if errors.Is(err, errTiles) {
		r.Alarms = append(r.Alarms, alarm(KindFalse, addr, "其 %d 条的检查点与它自己的哈希树不符。", "its checkpoint of %d entries does not fit its own tiles.", n.note.Size))
		return
	}
	r.Alarms = append(r.Alarms, alarm(KindUncompared, addr, "无法取得其 %d 条的哈希树: %s。", "its tiles for the checkpoint of %d entries cannot be had: %s.", n.note.Size, plain(err.Error())))
}

// prove remembers that the view holds a checkpoint; the view only grows, so this
// stays true.
func (w *Watcher) prove(n *checkpoint.Note) {
	if len(w.proven) >= maxProven {
		clear(w.proven)
	}
	w.proven[n.Checkpoint] = true
}

// renew takes over newer signatures of the view's own checkpoint.
func (w *Watcher) renew(n *checkpoint.Note) {
	if n.Checkpoint == w.view.Checkpoint {
		merged := w.view.Clone()
		if merged.Merge(n) == nil { // the same checkpoint
			w.view = merged
		}
	}
}

// Prefix is the root that a signed tree has at a smaller size, with its proof.
type Prefix struct {
	Size uint64
	Root merkle.Hash
	Path []merkle.Hash // consistency proof between the two sizes
}

// prefix computes the root of a tree at a smaller size from tiles. The signed
// root vouches for what it returns; tiles that do not fit it are errTiles.
func prefix(ctx context.Context, log client.Log, of checkpoint.Checkpoint, size uint64) (*Prefix, error) {
	tree := log.Tree(ctx, of.Size)
	root, err := merkle.RootAt(tree, size)
	if err != nil {
		return nil, err
	}
	path, err := merkle.Consistency(tree, size, of.Size)
	if err != nil {
		return nil, err
	}
	if merkle.VerifyConsistency(size, of.Size, path, root, of.Root) != nil {
		return nil, errTiles
	}
	return &Prefix{size, root, path}, nil
}
