package ledger

import (
	"encoding/binary"
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// statementRow is where a committed statement lies: its leaf, and the record it
// opened or changed. All else is read from the leaf, which a repeat pays for.
func statementRow(index uint64, record string) []byte {
	return append(binary.AppendUvarint([]byte{rowVersion}, index), record...)
}

func parseStatementRow(row []byte) (index uint64, record string, err error) {
	d := newDecoder(row)
	index = d.uvarint()
	if d.bad {
		return 0, "", corrupt("the place of a statement")
	}
	return index, string(d.rest), nil
}

// repeated answers a statement whose id this region has used before: with the
// first result for the same bytes or the same request, else with a refusal.
// Bytes that were refused get that refusal again, while it is remembered; other
// bytes under a refused id are judged afresh, so that a caller may sign again
// what was overtaken.
func (l *Ledger) repeated(r Reader, st *statement.Statement, out *Result) (bool, error) {
	first, err := l.committed(r, st.Region, st.ID)
	if err != nil {
		return false, err
	}
	if first != nil && first.Statement.Hash == st.Hash {
		*out = first.result()
		return true, nil
	}
	refused, err := l.refusedBefore(r, st)
	switch {
	case err != nil:
		return false, err
	case refused != nil:
		*out = refused.result(st.Region)
		return true, nil
	case first == nil:
		return false, nil
	case first.Statement.Request == st.Request:
		*out = first.result()
		return true, nil
	}
	out.Refusal = refuse(CodeIDReused, "id", st.ID)
	return true, nil
}

// committed finds a statement by its id; nil when the ledger has none. Most ids
// are new and are answered without a read.
func (l *Ledger) committed(r Reader, region, id string) (*Committal, error) {
	if w := l.recents[region]; w.decides(id) && !w.has(id) {
		return nil, nil
	}
	return readCommittal(r, region, id)
}

// Committal is a statement that took effect, with its place.
type Committal struct {
	Statement *statement.Statement
	Index     uint64 // leaf position
	LeafHash  [32]byte
	Leaf      []byte // the leaf's bytes
	TS        int64  // ledger time of the leaf, unix ms
	Record    string // that it opened or changed; empty for governance
}

func (c *Committal) result() Result {
	res := Result{
		Region: c.Statement.Region, ID: c.Statement.ID, Hash: c.Statement.Hash, Status: Committed,
		Index: c.Index, LeafHash: c.LeafHash, Record: c.Record, Duplicate: true,
	}
	if c.Record != "" {
		res.RecordHead = c.Statement.Hash.String()
	}
	return res
}

// readCommittal reads a statement's place and its leaf; nil when there is none.
func readCommittal(r Reader, region, id string) (*Committal, error) {
	row, err := r.Get(statementKey(region, id))
	if err != nil || row == nil {
		return nil, err
	}
	index, record, err := parseStatementRow(row)
	if err != nil {
		return nil, err
	}
	c, err := readLeaf(r, index)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, corrupt("the leaf of a statement")
	}
	c.Record = record
	return c, nil
}

// readLeaf reads one leaf; nil when there is none. Record is not filled in.
func readLeaf(r Reader, index uint64) (*Committal, error) {
	data, err := r.Get(leafKey(index))
	if err != nil || data == nil {
		return nil, err
	}
	return parseLeaf(index, data)
}

func parseLeaf(index uint64, data []byte) (*Committal, error) {
	leaf, err := merkle.ParseLeaf(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", corrupt("a leaf"), err)
	}
	if leaf.Seq != index {
		return nil, corrupt("a leaf with another position")
	}
	st, err := statement.Parse(leaf.Stmt)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", corrupt("the statement of a leaf"), err)
	}
	return &Committal{Statement: st, Index: index, LeafHash: merkle.LeafHash(data), Leaf: data, TS: leaf.TS}, nil
}
