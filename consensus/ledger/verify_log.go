package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// verifyChunk is how many leaves are taken in before their signatures are
// checked together.
const verifyChunk = 512

// log re-reads every leaf: form, place, time, signature, tree.
func (v *verifier) log() error {
	reg, err := loadRegistry(v.r, v.head.governed)
	if err != nil {
		return fmt.Errorf("couldn't verify the keys: %w", err)
	}
	walk := &logWalk{v: v, registry: reg, tree: merkle.NewTree(), time: v.l.genesis.CreatedUnix() * 1000}
	walk.points = slices.Clone(v.check.Points)
	slices.SortFunc(walk.points, func(a, b Point) int { return int(min(max(int64(a.Size)-int64(b.Size), -1), 1)) })
	v.levels = make(map[uint8]*levelHash)
	if err := walk.reached(); err != nil {
		return err
	}
	lower, upper := tableSpan(tableLeaf)
	err = v.r.Scan(lower, upper, false, walk.leaf)
	if err == nil {
		err = walk.signatures()
	}
	if err != nil {
		return fmt.Errorf("couldn't verify the log: %w", err)
	}
	switch {
	case walk.tree.Size() != v.head.tree.Size() || walk.tree.Root() != v.head.tree.Root():
		return forged("the leaves do not give the head's root")
	case walk.time != v.head.time:
		return forged("the head's time is not that of the last leaf")
	case v.statements != walk.tree.Size():
		return forged("%d leaves, but %d statement ids", walk.tree.Size(), v.statements)
	case len(walk.points) > 0:
		return forged("the ledger has %d leaves, a known checkpoint %d", walk.tree.Size(), walk.points[0].Size)
	}
	return v.ends(walk.tree.Size())
}

// ends holds the state against what the last leaf says of it, or genesis.
func (v *verifier) ends(size uint64) error {
	want := v.last
	if size == 0 {
		var seed merkle.Digest
		for _, c := range v.l.genesisChanges(seedRegistry(v.l.genesis)) {
			seed.Add(c.key, c.after)
		}
		want = seed.Sum()
	}
	if v.head.digest.Sum() != want {
		return forged("the state is not the one that the last leaf names")
	}
	return nil
}

// logWalk is the walk over the leaves.
type logWalk struct {
	v        *verifier
	registry *registry
	tree     *merkle.Tree
	time     int64
	points   []Point // not yet reached, ascending
	pending  []*statement.Statement
	first    uint64 // leaf index of pending[0]
}

func (w *logWalk) leaf(key, value []byte) (bool, error) {
	index := w.tree.Size()
	if len(key) != 9 || binary.BigEndian.Uint64(key[1:]) != index {
		return false, forged("leaf %d is missing", index)
	}
	leaf, err := merkle.ParseLeaf(value)
	if err != nil || leaf.Seq != index {
		return false, forged("leaf %d is not one", index)
	}
	if leaf.TS != max(w.time, leaf.ProposedAt) {
		return false, forged("leaf %d has a time that the rule does not give", index)
	}
	st, err := statement.Parse(leaf.Stmt)
	if err != nil {
		return false, forged("leaf %d holds no statement: %v", index, err)
	}
	if st.Network != w.v.l.network || !statement.Known(w.v.head.protocol, st.Kind, st.V) {
		return false, forged("leaf %d is of another network or an unknown kind", index)
	}
	w.time, w.v.last = leaf.TS, leaf.State
	for _, s := range w.tree.Append(merkle.LeafHash(value)) {
		level := w.v.levels[s.Level]
		if level == nil {
			level = new(levelHash)
			w.v.levels[s.Level] = level
		}
		level.add(s.Hash)
	}
	if err := w.reached(); err != nil {
		return false, err
	}
	if index < w.v.check.Signed {
		return true, nil
	}
	if len(w.pending) == 0 {
		w.first = index
	}
	if w.pending = append(w.pending, st); len(w.pending) == verifyChunk {
		return true, w.signatures()
	}
	return true, nil
}

// reached holds the tree against the points of its size.
func (w *logWalk) reached() error {
	for len(w.points) > 0 && w.points[0].Size == w.tree.Size() {
		if w.points[0].Root != w.tree.Root() {
			return forged("at size %d the root is not the one that was cosigned", w.points[0].Size)
		}
		w.points = w.points[1:]
	}
	return nil
}

// signatures checks the pending statements, each under the key it names as that
// key stood at its index.
func (w *logWalk) signatures() error {
	pool := w.v.l.pool
	pool.Prefetch(w.pending, func(st *statement.Statement) (keyring.PublicKey, bool) {
		k, ok := w.registry.keys[st.Region+"/"+st.Key]
		if !ok {
			return keyring.PublicKey{}, false
		}
		return k.PublicKey, true
	})
	for i, st := range w.pending {
		index := w.first + uint64(i)
		k, ok := w.registry.keys[st.Region+"/"+st.Key]
		if !ok || k.Life.StateAt(index) != keyring.StateActive || k.Use != useFor(st.Kind) || !pool.Verify(st, k.PublicKey) {
			return forged("leaf %d is not signed by its region", index)
		}
	}
	w.pending = w.pending[:0]
	return nil
}

// Replay judges one leaf again: its statement is applied with the leaf's
// proposal time and must become the same leaf, byte for byte. Starting from an
// empty Tx and repeated for every leaf in order it proves that a ledger obeyed
// the law; Load must have been called.
func (l *Ledger) Replay(tx Tx, entry []byte) error {
	leaf, err := merkle.ParseLeaf(entry)
	if err != nil {
		return forged("not a leaf")
	}
	results, err := l.Apply(tx, Command{ProposedAt: leaf.ProposedAt, Statements: [][]byte{leaf.Stmt}})
	if err != nil {
		return err
	}
	if r := results[0]; r.Status != Committed || r.Duplicate {
		return forged("leaf %d holds a statement that is refused: %v", leaf.Seq, r.Refusal)
	}
	again, err := tx.Get(leafKey(results[0].Index))
	if err != nil {
		return err
	}
	if !bytes.Equal(again, entry) {
		return forged("leaf %d comes out different", leaf.Seq)
	}
	return nil
}
