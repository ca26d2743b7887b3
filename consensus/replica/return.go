package replica

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/state"
)

// A return to a final checkpoint does not take entries back out of a ledger: it makes a
// new one, by judging every leaf up to the checkpoint again, and lets it replace the old
// one in one step. What stands in the new one is proved by that, not copied.

// rejudged is how many leaves are judged between two commits: as many as a command holds.
const rejudged = ledger.MaxStatements

// Above gives the statements of the leaves from a size on, in order, with every entry
// that is in the log: some of it may never have been committed.
func (s *Stopped) Above(size uint64, fn func(index uint64, leaf merkle.Leaf) error) error {
	f, err := s.whole()
	if err != nil {
		return err
	}
	defer f.batch.Close()
	last, err := f.tree()
	if err != nil || last.Size <= size {
		return err
	}
	return f.machine.Books(f.batch).Entries(size, last.Size, func(index uint64, entry []byte) (bool, error) {
		leaf, err := merkle.ParseLeaf(entry)
		if err != nil {
			return false, fmt.Errorf("couldn't read leaf %d: %w", index, err)
		}
		return true, fn(index, leaf)
	})
}

// whole is the ledger with every entry of the log.
func (s *Stopped) whole() (*leftover, error) {
	meta, err := s.claimed()
	if err != nil {
		return nil, err
	}
	f, err := s.machine(meta)
	if err != nil {
		return nil, err
	}
	last, err := s.end(meta)
	var l raft.Log
	for index := meta.RaftIndex + 1; err == nil && index <= last; index++ {
		if err = s.Log.GetLog(index, &l); err != nil {
			err = fmt.Errorf("couldn't read entry %d: %w", index, err)
		} else if l.Type == raft.LogCommand {
			f.Apply(&l)
			err = f.err
		}
	}
	if err != nil {
		f.batch.Close()
		return nil, err
	}
	return f, nil
}

// Again makes a ledger of the first want.Size leaves in an empty store, each judged
// again. It is what is wanted, or an error. The machine that comes back has it loaded.
func (s *Stopped) Again(into *state.Store, want Tree) (*ledger.Ledger, error) {
	f, err := s.whole()
	if err != nil {
		return nil, err
	}
	defer f.batch.Close()
	machine, err := s.Ledger()
	if err != nil {
		return nil, err
	}
	judge := func(leaves [][]byte) error {
		s.ahead(machine, leaves)
		batch := into.Batch()
		defer batch.Close()
		if leaves == nil {
			if err := machine.Load(batch); err != nil {
				return fmt.Errorf("couldn't seed the ledger: %w", err)
			}
		}
		for _, entry := range leaves {
			if err := machine.Replay(batch, entry); err != nil {
				return fmt.Errorf("couldn't judge a leaf again: %w", err)
			}
		}
		return batch.Commit(state.Meta{})
	}
	if err := judge(nil); err != nil {
		return nil, err
	}
	var leaves [][]byte
	err = f.machine.Books(f.batch).Entries(0, want.Size, func(_ uint64, entry []byte) (bool, error) {
		if leaves = append(leaves, bytes.Clone(entry)); len(leaves) < rejudged {
			return true, nil
		}
		err := judge(leaves)
		leaves = leaves[:0]
		return true, err
	})
	if err == nil && len(leaves) > 0 {
		err = judge(leaves)
	}
	if err != nil {
		return nil, err
	}
	view := into.View()
	defer view.Close()
	switch got, err := machine.Books(view).Standing(); {
	case err != nil:
		return nil, err
	case got.Size != want.Size || got.Root != want.Root:
		return nil, fmt.Errorf("the ledger here, judged again, has %d leaves and root %x; the final checkpoint has %d and %x", got.Size, got.Root, want.Size, want.Root)
	}
	return machine, nil
}

// ahead verifies the signatures of some leaves on all processors.
func (s *Stopped) ahead(machine *ledger.Ledger, leaves [][]byte) {
	if s.Pool == nil {
		return
	}
	var list []*statement.Statement
	for _, entry := range leaves {
		if leaf, err := merkle.ParseLeaf(entry); err == nil {
			if st, err := s.Pool.Parse(leaf.Stmt); err == nil {
				list = append(list, st)
			}
		}
	}
	s.Pool.Prefetch(list, machine.PublicKey)
}

// Opening is what a returned ledger begins with: statements that all nodes apply alike.
type Opening struct {
	Statements  [][]byte
	Index, Term uint64   // Raft's position behind them
	Voters      []string // node ids, ascending
	Others      []string // that may be given a vote later
}

// ProposedAt is the proposal time of the opening, unix ms: no leader proposes it, so it
// is the latest signed time in it.
func (o *Opening) ProposedAt() (ms int64, err error) {
	for _, raw := range o.Statements {
		st, err := statement.Parse(raw)
		if err != nil {
			return 0, fmt.Errorf("couldn't read a statement of the order: %w", err)
		}
		ms = max(ms, st.AtUnix*1000)
	}
	return ms, nil
}

// Open applies the opening to a ledger that Again made. Every statement of it must take
// effect.
func (o *Opening) Open(machine *ledger.Ledger, into *state.Store) error {
	at, err := o.ProposedAt()
	if err != nil {
		return err
	}
	batch := into.Batch()
	defer batch.Close()
	results, err := machine.Apply(batch, ledger.Command{ProposedAt: at, Statements: o.Statements})
	if err != nil {
		return err
	}
	for i, r := range results {
		if r.Status != ledger.Committed || r.Duplicate {
			return fmt.Errorf("statement %d of the order is refused: %v", i+1, r.Refusal)
		}
	}
	c := configurationOf(o.Voters, o.Others)
	return batch.Commit(state.Meta{RaftIndex: o.Index, RaftTerm: o.Term, Config: raft.EncodeConfiguration(c), ConfigIndex: o.Index})
}

// Replace lets a ledger that was opened take the place of this node's. The Raft log is
// emptied, and no term up to the opening's is voted in. It may be repeated, also after a
// crash; between two steps the node must not start (the caller marks that).
func (s *Stopped) Replace(from *state.Store) error {
	if _, err := s.claimed(); err != nil {
		return err
	}
	meta := from.Meta()
	term, err := s.Log.GetUint64(keyTerm)
	if err != nil {
		return fmt.Errorf("couldn't read the Raft store: %w", err)
	}
	if term > meta.RaftTerm {
		return fmt.Errorf("this node is in term %d, and the order goes on from term %d", term, meta.RaftTerm)
	}
	if err := s.Log.SetUint64(keyTerm, meta.RaftTerm); err != nil {
		return fmt.Errorf("couldn't write the Raft store: %w", err)
	}
	snap, err := from.Snapshot()
	if err != nil {
		return err
	}
	out := newOutgoing(snap)
	err = s.Store.Restore(out, func(c *state.Candidate) error {
		if got := c.Meta(); got.RaftIndex != meta.RaftIndex || got.RaftTerm != meta.RaftTerm {
			return fmt.Errorf("the ledger made anew stands at entry %d, not %d", got.RaftIndex, meta.RaftIndex)
		}
		return nil
	})
	if e := out.Close(); err == nil && e != nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("couldn't put the returned ledger in its place: %w", err)
	}
	return s.Emptied()
}

// Emptied ends what Replace does: the log has nothing that the ledger does not.
func (s *Stopped) Emptied() error {
	if err := s.Log.DeleteAll(); err != nil {
		return fmt.Errorf("couldn't empty the Raft log: %w", err)
	}
	return s.Store.Sync()
}
