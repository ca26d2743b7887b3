package witness_test

import (
	"errors"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/witness"
)

// A node with a genuine certificate and genuine keys that lies, in every way that
// we could think of. Each test is a row of the table in node/docs/THREATS.md:
// what the honest nodes do about it. Whatever it is, nothing becomes final that
// contradicts anything else that is final.

// honest are the running nodes but one.
func (n *network) honest(liar *clustertest.Node) []*clustertest.Node {
	return slices.DeleteFunc(n.Running(), func(node *clustertest.Node) bool { return node == liar })
}

// keys are what everybody knows of everybody.
func (n *network) keys() *checkpoint.Keys {
	n.t.Helper()
	keys, err := checkpoint.FromGenesis(n.Signed.Genesis)
	if err != nil {
		n.t.Fatal(err)
	}
	return keys
}

// signed is a checkpoint under a node's log key.
func (n *network) signed(node *clustertest.Node, c checkpoint.Checkpoint) *checkpoint.Note {
	n.t.Helper()
	key, _ := n.keys().Of(node.Region, node.ID, checkpoint.KindLog)
	s, err := checkpoint.SignLog(c, key, node.Keys().Log)
	if err != nil {
		n.t.Fatal(err)
	}
	return checkpoint.NewNote(c, s)
}

// cosigned is a checkpoint under a node's log and cosigner keys.
func (n *network) cosigned(node *clustertest.Node, c checkpoint.Checkpoint, at int64) *checkpoint.Note {
	n.t.Helper()
	note := n.signed(node, c)
	if err := note.Merge(checkpoint.NewNote(c, n.cosignature(node, c, at))); err != nil {
		n.t.Fatal(err)
	}
	return note
}

func (n *network) cosignature(node *clustertest.Node, c checkpoint.Checkpoint, at int64) checkpoint.Signature {
	n.t.Helper()
	key, _ := n.keys().Of(node.Region, node.ID, checkpoint.KindCosigner)
	s, err := checkpoint.Cosign(c, key, node.Keys().Cosigner, at)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// checkpoint is any tree of the network.
func (n *network) checkpoint(size uint64, root byte) checkpoint.Checkpoint {
	return checkpoint.Checkpoint{Origin: n.Signed.Genesis.Origin, Size: size, Root: merkle.Hash{root}}
}

// awaitExposed waits until all honest nodes hold evidence against the liar that
// anybody with the keys of genesis can check, and have stopped cosigning; then it
// checks that nothing final contradicts.
func (n *network) awaitExposed(liar *clustertest.Node, honest ...*clustertest.Node) {
	n.t.Helper()
	against := func(e witness.Evidence) bool {
		again, err := witness.ParseEvidence(n.keys(), e.Marshal())
		if err != nil || again.ID != e.ID {
			n.t.Fatalf("the evidence does not speak for itself: %v", err)
		}
		for _, raw := range [][]byte{e.First, e.Second} {
			note, err := n.keys().Open(raw)
			if err != nil {
				n.t.Fatal(err)
			}
			if slices.ContainsFunc(note.Signatures, func(s checkpoint.Signature) bool { return s.Key.Node == liar.ID }) {
				return true
			}
		}
		return false
	}
	n.Await("evidence against "+liar.ID+" on every honest node", func() bool {
		return !slices.ContainsFunc(honest, func(node *clustertest.Node) bool {
			w := n.at(node)
			return !slices.ContainsFunc(w.Evidence(), against) || !errors.Is(w.Trouble(), witness.ErrFork) || !errors.Is(w.Warning(), witness.ErrFork)
		})
	})
	n.checkFinal()
}

// awaitWarning waits until a node warns of something.
func (n *network) awaitWarning(node *clustertest.Node, of string) {
	n.t.Helper()
	n.Await(node.ID+" warns of "+of, func() bool {
		err := n.at(node).Warning()
		return err != nil && strings.Contains(err.Error(), of)
	})
}

// checkFinal checks that whatever any node ever showed is one history, and the
// history of each ledger that reaches it, but for those of deceived nodes.
func (n *network) checkFinal(deceived ...*clustertest.Node) {
	n.t.Helper()
	type shown struct {
		node string
		note *checkpoint.Note
	}
	finals := map[uint64]shown{}
	for _, node := range n.Running() {
		board := n.at(node).Board()
		for _, note := range append(board.Earlier(), board.Final(), board.Published()) {
			if note == nil {
				continue
			}
			if other, ok := finals[note.Size]; ok && other.note.Root != note.Root {
				n.t.Errorf("%s and %s show two roots at size %d", other.node, node.ID, note.Size)
			}
			finals[note.Size] = shown{node.ID, note}
		}
	}
	for _, node := range n.Running() {
		if slices.Contains(deceived, node) {
			continue
		}
		view := node.Store.View()
		books := node.Ledger.Books(view)
		for at, s := range finals {
			if at > size(node) {
				continue
			}
			if root, err := merkle.RootAt(books, at); err != nil || root != s.note.Root {
				n.t.Errorf("%s has another root at size %d than %s shows: %v", node.ID, at, s.node, err)
			}
		}
		_ = view.Close()
	}
}

// impose has all nodes commit one entry that no honest leader would propose.
func (n *network) impose(liar *clustertest.Node, at time.Time, statements ...[]byte) {
	n.t.Helper()
	honest := n.honest(liar)
	n.Await("the same log everywhere", func() bool {
		return honest[0].Replica.Status().LastRaft == honest[1].Replica.Status().LastRaft
	})
	n.CutRaft(liar) // nobody is elected, or hears anything else, before both have it
	n.CutRaft(honest[0])
	for _, node := range honest {
		n.FoistAt(liar, node, at, statements...)
	}
	n.Heal()
}

// healthy waits until the network is at one and nobody complains.
func (n *network) healthy(atLeast uint64) {
	n.t.Helper()
	n.awaitFinal(atLeast)
	n.checkFinal()
	for _, node := range n.Running() {
		if w := n.at(node); len(w.Evidence()) > 0 || w.Trouble() != nil {
			n.t.Errorf("%s: %v, %v", node.ID, w.Evidence(), w.Trouble())
		}
	}
}
