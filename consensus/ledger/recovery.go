package ledger

import (
	"encoding/binary"
	"slices"

	"sandi.internal/gateway/consensus/statement"
)

// Recovery is a recovery of the network as the ledger has it: the regions that signed
// it, and where. What it says was done by operators, offline, before: `sandi recover`
// refuses an order that fewer than statement.RecoveryRegions have signed, or a tree that
// is not the one they name. Its statements are the first act of the recovered network.
type Recovery struct {
	statement.RecoveryBody          // of the earliest statement among Leaves
	Regions                []string // that signed it, ascending
	Leaves                 []uint64 // of their statements, in the order of Regions
}

// recover judges recovery.order. The first statement must come just when the tree stands where
// it says: a recovery that was signed for another tree, or for another moment, can never
// be recorded. Other regions' statements join it.
func (l *Ledger) recover(r Reader, st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseRecovery(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	for _, id := range body.Survivors {
		if node := l.registry.Load().nodes[id]; node == nil || !node.Standing() {
			return decision{}, refuse(CodeMoveNode, "node", id), nil
		}
	}
	last, err := readRecovery(r)
	if err != nil {
		return decision{}, nil, err
	}
	next := &Recovery{RecoveryBody: body, Regions: []string{st.Region}, Leaves: []uint64{l.tree.Size()}}
	root := l.tree.Root()
	switch joins := last != nil && last.Same(body); {
	case joins && slices.Contains(last.Regions, st.Region):
		return decision{}, refuse(CodeRecoverTwice, "size", ""), nil
	case joins:
		next.RecoveryBody, next.Regions, next.Leaves = last.RecoveryBody, slices.Clone(last.Regions), slices.Clone(last.Leaves)
		i, _ := slices.BinarySearch(next.Regions, st.Region)
		next.Regions, next.Leaves = slices.Insert(next.Regions, i, st.Region), slices.Insert(next.Leaves, i, l.tree.Size())
	case body.Size != l.tree.Size() || string(body.Root) != string(root[:]):
		return decision{}, refuse(CodeRecoveryTree, "size", ""), nil
	}
	return decision{changes: []change{{key: recoveryKey(), before: last.row(), after: next.row()}}}, nil, nil
}

// row is the recovery as it is stored and digested; nil for none.
func (m *Recovery) row() []byte {
	if m == nil {
		return nil
	}
	row := binary.AppendUvarint([]byte{rowVersion}, m.Size)
	row = appendText(appendText(row, string(m.Root)), m.Reason)
	row = appendTexts(appendTexts(row, m.Survivors), m.Regions)
	for _, leaf := range m.Leaves {
		row = binary.AppendUvarint(row, leaf)
	}
	return row
}

// readRecovery reads the latest recovery, nil when there was none.
func readRecovery(r Reader) (*Recovery, error) {
	row, err := r.Get(recoveryKey())
	if err != nil || row == nil {
		return nil, err
	}
	d := newDecoder(row)
	m := &Recovery{RecoveryBody: statement.RecoveryBody{Size: d.uvarint(), Root: d.bytes(), Reason: d.text(), Survivors: d.texts()}, Regions: d.texts()}
	for range m.Regions {
		m.Leaves = append(m.Leaves, d.uvarint())
	}
	if err := d.done("a recovery"); err != nil {
		return nil, err
	}
	return m, nil
}

// Recovery is the latest recovery of the network, nil when there was none. It counts
// once statement.RecoveryRegions have signed it.
func (b *Books) Recovery() (*Recovery, error) { return readRecovery(b.r) }

// JudgeRecovery judges a recovery.order outside the ledger, by the keys as they stand in it:
// who signed it, and what it says. Whether the tree is the one that it names is for the
// caller.
func (l *Ledger) JudgeRecovery(st *statement.Statement) (statement.RecoveryBody, *Refusal) {
	if st.Kind != statement.KindRecovery {
		return statement.RecoveryBody{}, refuse(CodeKind, "kind", st.Kind)
	}
	reg := l.registry.Load()
	if reg == nil {
		return statement.RecoveryBody{}, refuse(CodeKey, "key", st.Key)
	}
	// Keys have not changed since reg.at, so their state there is that of now.
	if _, refusal := l.admitAt(st, nil, Protocol, reg.at); refusal != nil {
		return statement.RecoveryBody{}, refusal
	}
	if region, known := l.orgs[st.Actor.Org]; !known || region != st.Region {
		return statement.RecoveryBody{}, refuse(CodeOrg, "org", st.Actor.Org)
	}
	body, err := statement.ParseRecovery(st.Body)
	if err != nil {
		return body, malformed(err)
	}
	for _, id := range body.Survivors {
		if node := reg.nodes[id]; node == nil || !node.Standing() {
			return body, refuse(CodeMoveNode, "node", id)
		}
	}
	return body, nil
}
