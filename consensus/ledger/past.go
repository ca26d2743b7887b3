package ledger

import (
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Past is an entry of a ledger that is judged again. What follows from the entry
// alone is done already, so that it can be done in parallel; what the judgement
// gives is put where it can be followed in parallel, in order.
type Past struct {
	// Given, all of the same entry.
	Entry     []byte
	Hash      merkle.Hash          // merkle.LeafHash of it
	Leaf      merkle.Leaf          // as it was parsed
	Statement *statement.Statement // of Leaf.Stmt
	Verdict   statement.Verdict    // on its signature; the zero value when not known

	// Given back.

	// Same says that number, times and statement came out as they stand in the
	// entry. Its state digest is not judged: see Changes.
	Same bool
	// Changes is appended to: what the entry has changed in the digested state. A
	// digest that follows them from Ledger.Digest on must give Leaf.State here.
	Changes []Change
}

// verdict is on the statement's signature; nil without a past.
func (p *Past) verdict() *statement.Verdict {
	if p == nil {
		return nil
	}
	return &p.Verdict
}

// Change is a change of the digested state. It may be digested on another
// goroutine than Again's, one goroutine for all changes of a ledger.
type Change struct{ change }

// Digest makes the change in a digest.
func (c *Change) Digest(d *merkle.Digest) { c.digest(d) }

// Again judges one entry of the past: what Apply says of its statement, without
// writing leaf, hashes or head. The ledger must be bare and loaded. An error is
// one of Apply's.
func (l *Ledger) Again(tx Tx, past *Past) (Result, error) {
	past.Same = false
	switch {
	case l.protocol > Protocol:
		return Result{}, ErrProtocol
	case !l.loaded:
		return Result{}, ErrNotLoaded
	}
	var out Result
	if err := l.applyParsed(tx, past.Statement, past, past.Leaf.ProposedAt, &out); err != nil {
		l.loaded = false
		return Result{}, fmt.Errorf("couldn't judge a statement again: %w", err)
	}
	return out, nil
}

// Digest is the digest of the state as Load found it and Apply changed it. It
// belongs to Apply's goroutine; Again does not change it.
func (l *Ledger) Digest() *merkle.Digest { return l.digest.Clone() }
