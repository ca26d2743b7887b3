package ledger

import (
	"encoding/binary"
	"slices"

	"sandi.internal/gateway/consensus/statement"
)

// Move is a move of leadership as the ledger has it: what regions have signed, not
// what Raft did. Nodes act on the signed statements themselves, which they also
// hand each other directly (consensus/mover): a leader that is to go must not be
// able to keep them back.
type Move struct {
	statement.MoveBody          // of the earliest statement among Leaves
	Regions            []string // that signed it, ascending
	Leaves             []uint64 // of their statements, in the order of Regions
}

// moveLeader judges leader.move. A region's statement waits in its row until
// another region says the same; then the move has taken effect, and moves for its
// term and earlier ones are over. A region that changes its mind signs another.
func (l *Ledger) moveLeader(r Reader, st *statement.Statement) (decision, *Refusal, error) {
	body, refusal := l.moveBody(st)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	last, err := readMove(r, lastMoveKey())
	if err != nil {
		return decision{}, nil, err
	}
	if last != nil && body.Term <= last.Term {
		return decision{}, refuse(CodeMoveStale, "leader", last.Candidate), nil
	}
	own, err := readMove(r, moveKey(st.Region))
	if err != nil {
		return decision{}, nil, err
	}
	if own != nil && own.Same(body) {
		return decision{}, refuse(CodeMoveTwice, "candidate", body.Candidate), nil
	}
	move := &Move{MoveBody: body, Regions: []string{st.Region}, Leaves: []uint64{l.tree.Size()}}
	var waiting []change // rows that the move takes up
	for _, region := range l.regions {
		if region == st.Region {
			continue
		}
		other, err := readMove(r, moveKey(region))
		if err != nil {
			return decision{}, nil, err
		}
		if other != nil && other.Same(body) {
			move.join(other)
			waiting = append(waiting, change{key: moveKey(region), before: other.row()})
		}
	}
	if len(move.Regions) < statement.MoveRegions {
		return decision{changes: []change{{key: moveKey(st.Region), before: own.row(), after: move.row()}}}, nil, nil
	}
	return decision{changes: append(waiting,
		change{key: moveKey(st.Region), before: own.row()}, change{key: lastMoveKey(), before: last.row(), after: move.row()},
	)}, nil, nil
}

// moveBody reads what a region wants and holds its nodes against the roster. Which
// of a region's nodes votes is Raft's matter, not the ledger's: a node that is
// named and has no vote does not stand.
func (l *Ledger) moveBody(st *statement.Statement) (statement.MoveBody, *Refusal) {
	body, err := statement.ParseMove(st.Body)
	if err != nil {
		return body, malformed(err)
	}
	for _, id := range [...]string{body.Leader, body.Candidate} {
		if node := l.registry.Load().nodes[id]; node == nil || !node.Standing() {
			return body, refuse(CodeMoveNode, "node", id)
		}
	}
	return body, nil
}

// JudgeMove judges a leader.move outside the ledger, as it would be admitted now:
// who signed it and what it says, not whether it is repeated or overtaken. Any
// goroutine may call it.
func (l *Ledger) JudgeMove(st *statement.Statement) (statement.MoveBody, *Refusal) {
	if st.Kind != statement.KindLeaderMove {
		return statement.MoveBody{}, refuse(CodeKind, "kind", st.Kind)
	}
	reg := l.registry.Load()
	if reg == nil {
		return statement.MoveBody{}, refuse(CodeKey, "key", st.Key)
	}
	// Keys have not changed since reg.at, so their state there is that of now.
	if _, refusal := l.admitAt(st, nil, Protocol, reg.at); refusal != nil {
		return statement.MoveBody{}, refusal
	}
	if region, known := l.orgs[st.Actor.Org]; !known || region != st.Region {
		return statement.MoveBody{}, refuse(CodeOrg, "org", st.Actor.Org)
	}
	return l.moveBody(st)
}

// join adds another region's statement. Every leaf has another index, so the
// earliest gives the reason alike on every replica.
func (m *Move) join(o *Move) {
	if o.Leaves[0] < slices.Min(m.Leaves) {
		m.MoveBody = o.MoveBody
	}
	i, _ := slices.BinarySearch(m.Regions, o.Regions[0])
	m.Regions = slices.Insert(m.Regions, i, o.Regions[0])
	m.Leaves = slices.Insert(m.Leaves, i, o.Leaves[0])
}

// row is the move as it is stored and digested; nil for none.
func (m *Move) row() []byte {
	if m == nil {
		return nil
	}
	row := appendText(appendText([]byte{rowVersion}, m.Leader), m.Candidate)
	row = appendText(binary.AppendUvarint(row, m.Term), m.Reason)
	row = appendTexts(row, m.Regions)
	for _, leaf := range m.Leaves {
		row = binary.AppendUvarint(row, leaf)
	}
	return row
}

// readMove reads a row of tableMove, nil when there is none.
func readMove(r Reader, key []byte) (*Move, error) {
	row, err := r.Get(key)
	if err != nil || row == nil {
		return nil, err
	}
	return parseMove(row)
}

func parseMove(row []byte) (*Move, error) {
	d := newDecoder(row)
	m := &Move{MoveBody: statement.MoveBody{Leader: d.text(), Candidate: d.text(), Term: d.uvarint(), Reason: d.text()}, Regions: d.texts()}
	for range m.Regions {
		m.Leaves = append(m.Leaves, d.uvarint())
	}
	if err := d.done("a move"); err != nil {
		return nil, err
	}
	if len(m.Regions) == 0 {
		return nil, corrupt("a move")
	}
	return m, nil
}

// LastMove is the latest move of leadership that enough regions have signed, nil
// before the first.
func (b *Books) LastMove() (*Move, error) { return readMove(b.r, lastMoveKey()) }

// WaitingMoves are the moves that wait for another region's statement, by region.
func (b *Books) WaitingMoves() ([]*Move, error) {
	var list []*Move
	lower, upper := tableSpan(tableMove)
	err := b.r.Scan(lower, upper, false, func(k, v []byte) (bool, error) {
		if string(k) == string(lastMoveKey()) {
			return true, nil
		}
		m, err := parseMove(v)
		list = append(list, m)
		return err == nil, err
	})
	return list, err
}
