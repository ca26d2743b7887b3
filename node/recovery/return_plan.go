package recovery

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
)

// Slack over what the planning node has seen, so that another node that is a little
// further on needs no other plan.
const (
	slackIndex = 1024
	slackTerm  = 64
)

// Refusals of a return.
var (
	// ErrNoFork: nothing proves that there are two histories.
	ErrNoFork = errors.New("no fork above the final checkpoint is proved")
	// ErrFinal: a final checkpoint would be voided, or is not of this tree.
	ErrFinal = errors.New("what is final stays")
	// ErrReturned: this node has returned under this order already.
	ErrReturned = errors.New("this node has returned under this order already")
)

// ForkView is a fork as this node sees it.
type ForkView struct {
	ID     string      `json:"id"` // of the evidence; empty when a plan or an order showed it
	Size   uint64      `json:"size"`
	First  []string    `json:"first"`  // regions that signed the one root
	Second []string    `json:"second"` // and the other
	Side   string      `json:"side"`   // whose root this node's own tree has: first, second, short or neither
	notes  [2][]byte   // signed
	roots  [2][32]byte //
}

// sideNeither is a node whose tree has a third root.
const sideNeither = "neither"

// ReturnView is what a return to the last final checkpoint would come to at this node.
type ReturnView struct {
	replica.Remains
	Node   string
	Region string
	Final  *checkpoint.Note // the newest that is known
	Forks  []ForkView       // above it, the first one of the fewest leaves
	Void   []VoidEntry      // this node's entries above it
	Most   uint64           // leaves of the longest tree that is known, here or elsewhere
	finals []Point
}

// VoidEntry is an entry that would be given up.
type VoidEntry struct {
	Index  uint64          `json:"index"`
	Region string          `json:"region"`
	ID     string          `json:"id"`
	Kind   string          `json:"kind"`
	Record string          `json:"record,omitempty"`
	Fate   string          `json:"fate"` // again, refused or dropped
	Why    *ledger.Refusal `json:"why,omitempty"`
	raw    []byte
}

// What becomes of a void entry.
const (
	FateAgain   = "again"   // it is submitted again, and would take effect
	FateRefused = "refused" // it is submitted again, and would be refused: see Why
	FateDropped = "dropped" // it is not: it registers a key that may have signed a void tree, or is about leaders and recoveries of then
)

// submitted reports whether a statement is handed in again. A log or cosigner key that
// was registered in a void entry may have signed void trees: it must not count again.
func submitted(st *statement.Statement) bool {
	switch st.Kind {
	case statement.KindNodeAdd, statement.KindReturn, statement.KindRecovery, statement.KindLeaderMove:
		return false
	case statement.KindKeyAdd:
		body, err := statement.ParseKeyAdd(st.Body)
		return err != nil || body.Node == ""
	}
	return true
}

// LookReturn says what a return would come to, and changes nothing but a folder for the
// trial, Scratch. given are checkpoints from elsewhere, shown is a plan or an order from
// elsewhere (nil: none), whose fork proves itself; now is ledger time for the trial, unix ms.
func (f *Folder) LookReturn(ctx context.Context, given []Given, shown []byte, now int64) (*ReturnView, error) {
	machine, err := f.loaded()
	if err != nil {
		return nil, fmt.Errorf("couldn't load the ledger: %w", err)
	}
	view, err := f.Look(given)
	if err != nil {
		return nil, err
	}
	v := &ReturnView{Remains: view.Remains, Node: f.Node, Most: view.Last.Size}
	if _, region := machine.Roster().Genesis.Node(f.Node); region != nil {
		v.Region = region.Code
	}
	if err := f.finals(machine, view, given, v); err != nil {
		return nil, err
	}
	if err := f.forks(machine, shown, v); err != nil {
		return nil, err
	}
	for _, p := range view.Points {
		v.Most = max(v.Most, p.Size)
	}
	if v.Final == nil || v.Final.Size > v.Last.Size {
		return v, nil
	}
	return v, f.trial(ctx, v, now)
}

// finals finds the newest final checkpoint, and whether this tree has it.
func (f *Folder) finals(machine *ledger.Ledger, view *View, given []Given, v *ReturnView) error {
	keys := machine.Roster().Ever
	known, err := witness.ReadKnown(f.Store.Local(), keys)
	if err != nil {
		return err
	}
	for _, g := range given {
		n, err := keys.Open(g.Note)
		if err != nil {
			return fmt.Errorf("couldn't take the checkpoint %s: %w", g.Name, err)
		}
		known.Notes = append(known.Notes, n)
	}
	for _, n := range known.Notes {
		if machine.PolicyAt(n.Size).Grade(n) != checkpoint.GradeFinal {
			continue
		}
		v.finals = append(v.finals, Point{Size: n.Size, Root: n.Root})
		if v.Final == nil || n.Size > v.Final.Size {
			v.Final = n
		}
	}
	for _, p := range v.finals {
		if root, here := view.Roots[p.Size]; here && root != p.Root {
			return fmt.Errorf("%w: the tree here has another root than the final checkpoint of %d leaves; this node's ledger is not the network's: "+
				"start it with empty data/raft and data/ledger once the others have returned", ErrFinal, p.Size)
		}
	}
	return nil
}

// forks gathers the forks above the final checkpoint.
func (f *Folder) forks(machine *ledger.Ledger, shown []byte, v *ReturnView) error {
	keys := machine.Roster().Ever
	cases, err := witness.ReadEvidence(f.Store.Local(), keys)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(shown) {
		if body, ok := bodyIn(bytes.TrimSpace(line)); ok {
			cases = append(cases, witness.Evidence{First: body.First, Second: body.Second})
			break // all say the same, or the order is refused
		}
	}
	var sizes []uint64
	for _, e := range cases {
		fork, err := keys.OpenFork(e.First, e.Second)
		if err != nil || v.Final != nil && fork.First.Size <= v.Final.Size {
			continue
		}
		first, second := fork.First, fork.Second
		if slices.Compare(first.Root[:], second.Root[:]) > 0 { // alike at every node, whoever found it
			first, second = second, first
		}
		roots := [2][32]byte{first.Root, second.Root}
		if slices.ContainsFunc(v.Forks, func(k ForkView) bool { return k.Size == first.Size && k.roots == roots }) {
			continue // every node finds the same fork once more
		}
		v.Forks = append(v.Forks, ForkView{
			ID: e.ID, Size: first.Size, First: first.Signers(), Second: second.Signers(),
			notes: [2][]byte{first.Marshal(), second.Marshal()}, roots: roots,
		})
		sizes = append(sizes, first.Size)
		v.Most = max(v.Most, first.Size)
	}
	slices.SortStableFunc(v.Forks, func(a, b ForkView) int { return cmp.Compare(a.Size, b.Size) })
	remains, err := f.stopped().Look(sizes...)
	if err != nil {
		return err
	}
	for i := range v.Forks {
		v.Forks[i].Side = sideOf(v.Forks[i].roots, remains.Roots, v.Forks[i].Size)
	}
	return nil
}

// bodyIn is the return in a line of a plan or of an order, whoever signed it.
func bodyIn(line []byte) (statement.ReturnBody, bool) {
	if st, err := statement.Parse(line); err == nil && st.Kind == statement.KindReturn {
		line = st.Body
	}
	body, err := statement.ParseReturn(line)
	return body, err == nil
}

// sideOf says which of two roots a tree has at a size.
func sideOf(roots [2][32]byte, have map[uint64][32]byte, size uint64) string {
	switch root, reaches := have[size]; {
	case !reaches:
		return statement.SideShort
	case root == roots[0]:
		return statement.SideFirst
	case root == roots[1]:
		return statement.SideSecond
	}
	return sideNeither
}

// trial makes the ledger of the final checkpoint beside the real one, and hands the void
// entries in there.
func (f *Folder) trial(ctx context.Context, v *ReturnView, now int64) (err error) {
	scratch, err := f.openScratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.close()) }()
	machine, err := f.stopped().Again(scratch.store, replica.Tree{Size: v.Final.Size, Root: v.Final.Root})
	if err != nil {
		return err
	}
	batch := scratch.store.Batch()
	defer batch.Close()
	err = f.stopped().Above(v.Final.Size, func(index uint64, leaf merkle.Leaf) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		st, err := statement.Parse(leaf.Stmt)
		if err != nil {
			return fmt.Errorf("couldn't read the statement of leaf %d: %w", index, err)
		}
		e := VoidEntry{Index: index, Region: st.Region, ID: st.ID, Kind: st.Kind, Record: st.Record, Fate: FateDropped, raw: slices.Clone(leaf.Stmt)}
		if submitted(st) {
			results, err := machine.Apply(batch, ledger.Command{ProposedAt: max(now, leaf.ProposedAt), Statements: [][]byte{e.raw}})
			if err != nil {
				return err
			}
			if e.Fate, e.Why = FateAgain, results[0].Refusal; e.Why != nil {
				e.Fate = FateRefused
			}
		}
		v.Void = append(v.Void, e)
		return nil
	})
	return err
}

// Plan is what the bureaus sign, as this node sees it: to the newest final checkpoint,
// because of the fork of the fewest leaves.
func (v *ReturnView) Plan(voters []string) (statement.ReturnBody, error) {
	var body statement.ReturnBody
	switch {
	case v.Final == nil:
		return body, fmt.Errorf("%w: none is known here; give one with --checkpoint", ErrFinal)
	case v.Final.Size > v.Last.Size:
		return body, fmt.Errorf("%w: it has %d leaves, and this node %d; plan at a node that has them", ErrFinal, v.Final.Size, v.Last.Size)
	}
	at := slices.IndexFunc(v.Forks, func(k ForkView) bool { return k.Side != sideNeither })
	if at < 0 {
		return body, fmt.Errorf("%w: no evidence that two regions stand for is here; plan at a node that has it", ErrNoFork)
	}
	fork := v.Forks[at]
	slices.Sort(voters)
	return statement.ReturnBody{
		Checkpoint: v.Final.Marshal(), First: fork.notes[0], Second: fork.notes[1], Void: v.Most,
		Index: v.Index + slackIndex, Term: v.Term + slackTerm, Nodes: slices.Compact(voters), Side: fork.Side,
	}, nil
}
