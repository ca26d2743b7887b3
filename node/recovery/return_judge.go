package recovery

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
)

// JudgePlan says whether this node may return as a plan says, whoever signs it.
func (f *Folder) JudgePlan(v *ReturnView, body statement.ReturnBody) error {
	machine, err := f.loaded()
	if err != nil {
		return err
	}
	t, refusal := machine.JudgeReturnBody(v.Region, body)
	if refusal != nil {
		return badOrder("%s (%w)", refusal.EN, refusal)
	}
	target, err := bodyOf(body.Checkpoint)
	if err != nil {
		return badOrder("%w", err)
	}
	for _, p := range v.finals {
		if p.Size > target.Size {
			return fmt.Errorf("%w: a final checkpoint of %d leaves is known, and the order returns to %d; let the regions sign a plan that returns there", ErrFinal, p.Size, target.Size)
		}
	}
	if target.Size > v.Last.Size {
		return badOrder("it returns to %d leaves, and this node has %d: start it after the others with empty data/raft and data/ledger", target.Size, v.Last.Size)
	}
	remains, err := f.stopped().Look(target.Size)
	if err != nil {
		return err
	}
	if remains.Roots[target.Size] != target.Root {
		return fmt.Errorf("%w: the tree here has another root at the %d leaves that the order returns to", ErrFinal, target.Size)
	}
	regions := make(map[string]bool)
	for _, id := range body.Nodes {
		if _, region := machine.Roster().Genesis.Node(id); region != nil {
			regions[region.Code] = true
		}
	}
	switch {
	case !slices.Contains(body.Nodes, f.Node):
		return badOrder("this node, %s, is not among its nodes %v", f.Node, body.Nodes)
	case len(regions) < statement.ReturnRegions:
		return badOrder("its nodes %v are of one region only, which could then commit alone", body.Nodes)
	case body.Void < v.Most:
		return badOrder("it voids up to %d leaves, and a tree of %d is known here; plan again with --void %d", body.Void, v.Most, v.Most)
	case body.Index <= v.Index || body.Term <= v.Term:
		return badOrder("it goes on from entry %d, term %d, and this node is at %d, %d; plan again at this node", body.Index, body.Term, v.Index, v.Term)
	case v.fork(t) == sideNeither:
		return badOrder("this node's tree has neither root of its fork at %d leaves; look which of this node's forks the bureaus mean", t.Fork)
	}
	return nil
}

// bodyOf is the checkpoint in a note, whoever signed it.
func bodyOf(note []byte) (checkpoint.Checkpoint, error) {
	body, _, found := bytes.Cut(note, []byte("\n\n"))
	if !found {
		return checkpoint.Checkpoint{}, errors.New("not a signed checkpoint")
	}
	return checkpoint.ParseBody(append(bytes.Clone(body), '\n'))
}
