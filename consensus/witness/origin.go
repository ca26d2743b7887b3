package witness

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// Why a checkpoint is not cosigned. AddCheckpoint turns them into status codes.
var (
	errBehind = errors.New("the caller's old size is not the size that was cosigned last")
	errRoot   = errors.New("another root at the size that was cosigned last")
	errProof  = errors.New("the consistency proof does not hold")
)

// origin is one log that this node cosigns. What it signs always continues what
// it signed before: one caller at a time compares, persists and signs.
type origin struct {
	key    []byte // of its State in the store
	store  Store
	self   checkpoint.Key
	signer checkpoint.Signer
	clock  func() time.Time

	mu   sync.Mutex // owns last; held from the comparison until the state is on disk
	last State
}

func openOrigin(c Config, key []byte, self checkpoint.Key) (*origin, error) {
	last, err := readState(c.Store, key)
	return &origin{key: key, store: c.Store, self: self, signer: c.Cosigner, clock: c.Clock, last: last}, err
}

// state is what was promised last.
func (o *origin) state() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// add cosigns a checkpoint that a caller knows to continue size old, as C2SP
// tlog-witness says. The error wraps errBehind, errRoot, errProof or the
// store's.
func (o *origin) add(old uint64, proof []merkle.Hash, c checkpoint.Checkpoint, at point) (checkpoint.Signature, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if old != o.last.Size {
		return checkpoint.Signature{}, fmt.Errorf("old %d, last %d: %w", old, o.last.Size, errBehind)
	}
	if c.Size == old && c.Root != o.last.Root {
		return checkpoint.Signature{}, errRoot
	}
	if err := merkle.VerifyConsistency(old, c.Size, proof, o.last.Root, c.Root); err != nil {
		return checkpoint.Signature{}, fmt.Errorf("%w: %w", errProof, err)
	}
	return o.sign(c, at)
}

// extend cosigns a checkpoint of this node's own tree, which was re-hashed from
// the last cosignature on and therefore continues it.
func (o *origin) extend(c checkpoint.Checkpoint, at point) (checkpoint.Signature, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Size < o.last.Size {
		return checkpoint.Signature{}, fmt.Errorf("size %d, last %d: %w", c.Size, o.last.Size, errBehind)
	}
	if c.Size == o.last.Size && c.Root != o.last.Root {
		return checkpoint.Signature{}, errRoot
	}
	return o.sign(c, at)
}

// sign requires mu. The promise is on disk before the signature exists; if the
// signing fails, or the process dies, a promise without a signature remains,
// which binds nobody else.
func (o *origin) sign(c checkpoint.Checkpoint, at point) (checkpoint.Signature, error) {
	next := State{Size: c.Size, Root: c.Root, At: max(o.clock().Unix(), o.last.At, 1), Index: at.index, Term: at.term}
	if err := o.store.Set(o.key, next.marshal(), true); err != nil {
		return checkpoint.Signature{}, fmt.Errorf("couldn't keep what is about to be cosigned: %w", err)
	}
	o.last = next
	return checkpoint.Cosign(c, o.self, o.signer, next.At)
}

// remember takes over a cosignature that this node made and has forgotten.
func (o *origin) remember(s State) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.last.before(s.Size, s.At) {
		return nil
	}
	if err := o.store.Set(o.key, s.marshal(), true); err != nil {
		return fmt.Errorf("couldn't keep what was cosigned: %w", err)
	}
	o.last = s
	return nil
}
