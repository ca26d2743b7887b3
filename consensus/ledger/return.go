package ledger

import (
	"cmp"
	"encoding/binary"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
)

// Why a return to a final checkpoint is refused.
const (
	CodeReturnNote  Code = "return_to_no_final_checkpoint"
	CodeReturnTree  Code = "return_of_another_tree"
	CodeReturnFork  Code = "return_without_a_fork"
	CodeReturnVoid  Code = "return_voids_too_little"
	CodeReturnTwice Code = "return_signed"
	CodeReturnLate  Code = "return_overtaken"
)

// Return is a return to a final checkpoint after a proven fork, as the ledger has it:
// which regions signed it, and where. Its statements are the first leaves behind the
// checkpoint; what any node had there before is void. What operators do with their nodes
// is `sandi recover --to-final`.
//
// It is in force once statement.ReturnRegions have signed it and the fork's two sides are
// both some signing region's own tree. From its first leaf on no log or cosigner key of
// before counts: they may have signed trees of the void entries, and a key must never
// sign two trees of one size. Regions register new ones (key.add).
type Return struct {
	statement.ReturnBody          // of the earliest statement
	Size                 uint64   // leaves that stay: of the final checkpoint
	Fork                 uint64   // leaves at which the two trees differ
	Regions              []string // that signed it, as they came
	Sides                []string // what each says of its own node's tree
}

// InForce reports whether enough regions have signed it.
func (t *Return) InForce() bool {
	return len(t.Regions) >= statement.ReturnRegions && slices.Contains(t.Sides, statement.SideFirst) && slices.Contains(t.Sides, statement.SideSecond)
}

// Voids reports whether trees of a size were given up, if their keys were (NoteKey).
func (t *Return) Voids(size uint64) bool { return t.InForce() && t.Size < size && size <= t.Void }

// returnTo judges return.order. Its statements must follow the checkpoint at once, with
// nothing between them: a return that was signed for another tree, or came too late, can
// never be recorded. A region that signs later joins what is in force.
func (l *Ledger) returnTo(st *statement.Statement) (decision, *Refusal, error) {
	body, refusal := l.returnBody(st)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	reg, index := l.registry.Load(), l.tree.Size()
	if last := reg.lastReturn(); last != nil && last.Same(body) {
		return l.joinReturn(last, st.Region, body)
	}
	note, refusal := l.returnNote(body)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	if root := l.tree.Root(); note.Size != index || note.Root != root {
		return decision{}, refuse(CodeReturnTree, "size", ""), nil
	}
	fork, err := reg.rosterOf(l.genesis).Keys.OpenFork(body.First, body.Second)
	switch {
	case err != nil, fork.First.Size <= note.Size:
		return decision{}, refuse(CodeReturnFork), nil
	case body.Void < fork.First.Size:
		return decision{}, refuse(CodeReturnVoid), nil
	}
	return l.returns(nil, nil, &Return{ReturnBody: body, Size: note.Size, Fork: fork.First.Size, Regions: []string{st.Region}, Sides: []string{body.Side}}), nil, nil
}

// joinReturn adds a region to the latest return. The one that brings it into force ends
// every log and cosigner key.
func (l *Ledger) joinReturn(last *Return, region string, body statement.ReturnBody) (decision, *Refusal, error) {
	next := *last
	next.Regions, next.Sides = append(slices.Clone(last.Regions), region), append(slices.Clone(last.Sides), body.Side)
	switch {
	case slices.Contains(last.Regions, region):
		return decision{}, refuse(CodeReturnTwice, "size", ""), nil
	case last.InForce():
		return l.returns(nil, last, &next), nil, nil
	case l.tree.Size() != last.Size+uint64(len(last.Regions)):
		return decision{}, refuse(CodeReturnLate, "size", ""), nil
	}
	var ended []*Key
	if next.InForce() {
		for _, k := range l.registry.Load().keys {
			if noteKind(k.Use) == 0 || k.Life.Revoked != 0 {
				continue
			}
			key := *k
			var err error
			if key.Life, err = k.Life.Revoke(next.Size); err != nil {
				return decision{}, lifeRefusal(err), nil
			}
			ended = append(ended, &key)
		}
	}
	slices.SortFunc(ended, func(a, b *Key) int { return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID)) })
	return l.returns(ended, last, &next), nil, nil
}

// returns is the decision that puts keys, and a return, in place of what they were.
func (l *Ledger) returns(keys []*Key, before, after *Return) decision {
	d := l.registers(keys, nil)
	d.changes = append(d.changes, change{key: returnKey(after.Size), before: before.row(), after: after.row()})
	if before != nil {
		d.registry.returns = d.registry.returns[:len(d.registry.returns)-1]
	}
	d.registry.returns = append(slices.Clip(d.registry.returns), after)
	return d
}

// returnBody reads what a region wants and holds its nodes against the roster.
func (l *Ledger) returnBody(st *statement.Statement) (statement.ReturnBody, *Refusal) {
	body, err := statement.ParseReturn(st.Body)
	if err != nil {
		return body, malformed(err)
	}
	for _, id := range body.Nodes {
		if node := l.registry.Load().nodes[id]; node == nil || !node.Standing() {
			return body, refuse(CodeMoveNode, "node", id)
		}
	}
	return body, nil
}

// returnNote opens the checkpoint that is returned to.
func (l *Ledger) returnNote(body statement.ReturnBody) (*checkpoint.Note, *Refusal) {
	note, refusal := l.finalNote(body.Checkpoint)
	if refusal != nil {
		return nil, refuse(CodeReturnNote)
	}
	return note, nil
}

// lastReturn is the latest return; nil for none.
func (g *registry) lastReturn() *Return {
	if len(g.returns) == 0 {
		return nil
	}
	return g.returns[len(g.returns)-1]
}

// row is the return as it is stored and digested; nil for none.
func (t *Return) row() []byte {
	if t == nil {
		return nil
	}
	row := binary.AppendUvarint([]byte{rowVersion}, t.Size)
	row = binary.AppendUvarint(row, t.Fork)
	for _, note := range [...][]byte{t.Checkpoint, t.First, t.Second} {
		row = appendText(row, string(note))
	}
	for _, n := range [...]uint64{t.Void, t.Index, t.Term} {
		row = binary.AppendUvarint(row, n)
	}
	return appendTexts(appendTexts(appendTexts(appendText(row, t.Side), t.Nodes), t.Regions), t.Sides)
}

func parseReturnRow(row []byte) (*Return, error) {
	d := newDecoder(row)
	t := &Return{Size: d.uvarint(), Fork: d.uvarint()}
	t.Checkpoint, t.First, t.Second = []byte(d.text()), []byte(d.text()), []byte(d.text())
	t.Void, t.Index, t.Term = d.uvarint(), d.uvarint(), d.uvarint()
	t.Side, t.Nodes, t.Regions, t.Sides = d.text(), d.texts(), d.texts(), d.texts()
	if err := d.done("a return"); err != nil {
		return nil, err
	}
	if len(t.Regions) == 0 || len(t.Regions) != len(t.Sides) {
		return nil, corrupt("a return")
	}
	return t, nil
}

// loadReturns adds the returns that a storage holds, the earliest first.
func loadReturns(r Reader, reg *registry) error {
	lower, upper := tableSpan(tableReturn)
	return r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		t, err := parseReturnRow(v)
		reg.returns = append(reg.returns, t)
		return err == nil, err
	})
}

// Returns are the returns in force, the earliest first. They are never changed. Any
// goroutine may call it.
func (l *Ledger) Returns() []*Return {
	reg := l.registry.Load()
	if reg == nil {
		return nil
	}
	return reg.inForce()
}

func (g *registry) inForce() (list []*Return) {
	for _, t := range g.returns {
		if t.InForce() {
			list = append(list, t)
		}
	}
	return list
}

// JudgeReturn judges a return.order outside the ledger, by the keys as they stand in it:
// who signed it, what it says, and that checkpoint and fork are what they claim under
// keys that this ledger ever had. Whether the tree is the checkpoint's is for the caller.
func (l *Ledger) JudgeReturn(st *statement.Statement) (*Return, *Refusal) {
	if st.Kind != statement.KindReturn {
		return nil, refuse(CodeKind, "kind", st.Kind)
	}
	reg := l.registry.Load()
	if reg == nil {
		return nil, refuse(CodeKey, "key", st.Key)
	}
	// Keys have not changed since reg.at, so their state there is that of now.
	if _, refusal := l.admitAt(st, nil, Protocol, reg.at); refusal != nil {
		return nil, refusal
	}
	if region, known := l.orgs[st.Actor.Org]; !known || region != st.Region {
		return nil, refuse(CodeOrg, "org", st.Actor.Org)
	}
	body, refusal := l.returnBody(st)
	if refusal != nil {
		return nil, refusal
	}
	return l.JudgeReturnBody(st.Region, body)
}

// JudgeReturnBody is the same for what nobody has signed yet.
func (l *Ledger) JudgeReturnBody(region string, body statement.ReturnBody) (*Return, *Refusal) {
	ever := l.registry.Load().rosterOf(l.genesis).Ever
	note, err := ever.Open(body.Checkpoint)
	if err != nil || l.PolicyAt(note.Size).Grade(note) != checkpoint.GradeFinal {
		return nil, refuse(CodeReturnNote)
	}
	fork, err := ever.OpenFork(body.First, body.Second)
	switch {
	case err != nil, fork.First.Size <= note.Size:
		return nil, refuse(CodeReturnFork)
	case body.Void < fork.First.Size:
		return nil, refuse(CodeReturnVoid)
	}
	return &Return{ReturnBody: body, Size: note.Size, Fork: fork.First.Size, Regions: []string{region}, Sides: []string{body.Side}}, nil
}

// endedBy reports whether a return ended a key.
func (t *Return) endedBy(life keyring.Life) bool { return life.Revoked == t.Size+1 }

// Settles reports whether a return in force explains a note of the void entries: every
// signature on it is by a key that the return has ended. What such a key signs above the
// checkpoint is of a history that was given up, whoever goes on showing it. Any goroutine
// may call it.
func (l *Ledger) Settles(n *checkpoint.Note) *Return {
	reg := l.registry.Load()
	if reg == nil {
		return nil
	}
	for _, t := range reg.inForce() {
		if !t.Voids(n.Size) {
			continue
		}
		ended := len(n.Signatures) > 0
		for _, s := range n.Signatures {
			k, known := reg.keys[reg.material[string(s.Key.Public)]]
			ended = ended && known && t.endedBy(k.Life)
		}
		if ended {
			return t
		}
	}
	return nil
}
