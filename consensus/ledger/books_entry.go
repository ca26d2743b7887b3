package ledger

import "sandi.internal/gateway/consensus/merkle"

// Entry finds the leaf of a region's statement id as it lies there: its index and
// bytes, with the envelope read but not the statement. Nil bytes mean that the
// ledger has not committed such a statement.
func (b *Books) Entry(region, id string) (leaf merkle.Leaf, entry []byte, err error) {
	row, err := b.r.Get(statementKey(region, id))
	if err != nil || row == nil {
		return leaf, nil, err
	}
	index, _, err := parseStatementRow(row)
	if err != nil {
		return leaf, nil, err
	}
	if entry, err = b.r.Get(leafKey(index)); err != nil {
		return leaf, nil, err
	}
	if leaf, err = merkle.ParseLeaf(entry); err != nil || leaf.Seq != index {
		return leaf, nil, corrupt("the leaf of a statement")
	}
	return leaf, entry, nil
}
