package witness

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// A node may come back with an older disk: a virtual machine set back, a data
// folder copied from a backup. It has then forgotten votes and entries that it
// acknowledged, and a vote of it could elect a leader without them. Its own disk
// cannot tell. What can tell are its own cosignatures in others' hands: each was
// on disk, synced, before it left. So
//
//   - a node holds its vote back from the start until one peer has answered what
//     it holds that this node cosigned;
//   - a cosignature that this node's own state does not know of, whenever it
//     comes to light, puts the node on probation: it follows and catches up, but
//     neither votes nor stands for election, nor counts for others' read rounds,
//     nor cosigns. The same holds for a Raft store that lies behind the state.
//
// Probation ends when all of this holds, in this order:
//
//  1. Every other voter has been asked what it holds of this node, just now. What
//     was forgotten is then known as far as anybody knows it.
//  2. The ledger here reaches the newest of it and has the same root there. If it
//     has another, the ledger here, or the one that was cosigned, is false; only
//     people can decide, and the node stays on probation for good.
//  3. Every other voter has named one and the same term t, this node follows its
//     leader, and has applied what a read round in t covers (Raft.Rejoin).
//  4. On disk: no vote in any term up to t, ever again.
//
// Why that is enough. Let v be a term in which this node gave a vote that it has
// forgotten, to a candidate c. c was in term v when it asked, and terms never go
// back, so from 3. v <= t; a second vote in v is excluded by 4. A leader elected
// by the forgotten vote in v < t has been superseded: a majority is in t, so
// nothing more can be committed in v, and what was committed in v the leader of t
// had when it was elected, because it was elected without this node's help (it
// gives none since it came back) or with a vote from before it forgot, which was
// an honest one. After 3. this node has those entries too. Asking every other
// voter, and not a majority, matters: c must be among those asked.
//
// The price: with another region down, probation lasts until that region is back.
//
// What is not covered: entries that this node acknowledges while on probation are
// on its disk, but it cannot keep a promise to a newer leader that it has
// forgotten. That matters only if an older leader, cut off and not yet deposed,
// reaches this node before the newer one does, within the older one's lease.

// probation is what this node knows of having forgotten.
type probation struct {
	store   Store
	abstain atomic.Uint64 // no vote in terms up to this one

	mu    sync.Mutex
	held  bool   // no peer has answered since the start
	alone bool   // it need not: known.go, Recovered
	floor uint64 // abstain when all is well
	claim *claim // nil: nothing is known to be forgotten
}

// claim is a cosignature of this node that it does not remember making, or a
// promise that its Raft store has fallen behind.
type claim struct {
	State
	why  string
	note []byte // that carries the cosignature; nil when it is this node's own state
}

// claimText is a claim in the store.
type claimText struct {
	State string `json:"state"`
	Why   string `json:"why"`
	Note  string `json:"note"`
}

const maxClaim = 2*checkpoint.MaxNote + 4<<10

func openProbation(store Store, held bool) (*probation, error) {
	alone, err := store.Get(rowKey(rowAlone, ""))
	if err != nil {
		return nil, fmt.Errorf("couldn't read whether the network was recovered: %w", err)
	}
	p := &probation{store: store, held: held && alone == nil, alone: alone != nil}
	row, err := store.Get(rowKey(rowFloor, ""))
	if err != nil {
		return nil, fmt.Errorf("couldn't read which terms have no vote: %w", err)
	}
	if len(row) == 8 {
		p.floor = binary.BigEndian.Uint64(row)
	}
	if row, err = store.Get(rowKey(rowClaim, "")); err != nil {
		return nil, fmt.Errorf("couldn't read what was forgotten: %w", err)
	}
	if len(row) > 0 {
		if p.claim, err = parseClaim(row); err != nil {
			return nil, err
		}
	}
	p.settle()
	return p, nil
}

func parseClaim(row []byte) (*claim, error) {
	var t claimText
	if err := strict.Decode(row, maxClaim, 1, &t); err != nil {
		return nil, fmt.Errorf("couldn't read what was forgotten: %w", err)
	}
	raw, err := strict.Base64URL(t.State)
	if err != nil {
		return nil, fmt.Errorf("couldn't read what was forgotten: %w", err)
	}
	c := &claim{why: t.Why, note: []byte(t.Note)}
	c.State, err = parseState(raw)
	return c, err
}

// settle requires mu, or nobody else to know p yet.
func (p *probation) settle() {
	if p.held || p.claim != nil {
		p.abstain.Store(math.MaxUint64)
		return
	}
	p.abstain.Store(p.floor)
}

// answered ends the hold of the start. It reports whether it was this call.
func (p *probation) answered() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.held
	p.held = false
	if p.alone && p.store.Delete(rowKey(rowAlone, "")) == nil { // from now on there is somebody to ask
		p.alone = false
	}
	p.settle()
	return was
}

// enter begins probation, or takes note of a newer claim. It reports whether
// there is anything new. The vote is withheld at once, whatever the disk says.
func (p *probation) enter(c claim) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claim != nil && !p.claim.before(c.Size, c.At) {
		return false, nil
	}
	p.claim = &c
	p.settle()
	row, err := json.Marshal(claimText{strict.B64(c.marshal()), c.why, string(c.note)})
	if err == nil {
		err = p.store.Set(rowKey(rowClaim, ""), row, true)
	}
	if err != nil {
		return true, fmt.Errorf("couldn't keep what was forgotten: %w", err)
	}
	return true, nil
}

// leave ends probation for this claim: first the floor, then the claim, each
// synced, so that a crash between them leaves the node on probation.
func (p *probation) leave(c *claim, term uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claim != c {
		return errors.New("couldn't end the probation: a newer cosignature came to light")
	}
	floor := max(p.floor, term)
	if err := p.store.Set(rowKey(rowFloor, ""), binary.BigEndian.AppendUint64(nil, floor), true); err != nil {
		return fmt.Errorf("couldn't keep which terms have no vote: %w", err)
	}
	if err := p.store.Set(rowKey(rowClaim, ""), nil, true); err != nil {
		return fmt.Errorf("couldn't end the probation: %w", err)
	}
	p.floor, p.claim = floor, nil
	p.settle()
	return nil
}

func (p *probation) now() (c *claim, held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.claim, p.held
}

// Abstain is the term up to which this node gives no vote: the highest uint64
// while it must not vote at all.
func (w *Witness) Abstain() uint64 { return w.probation.abstain.Load() }

// Quarantine is why this node is on probation; empty when it is not.
func (w *Witness) Quarantine() string {
	if c, _ := w.probation.now(); c != nil {
		return c.why
	}
	return ""
}

// Cosigned is what any ledger of this node has to contain: the checkpoint that it
// cosigned last, and one that it has forgotten.
func (w *Witness) Cosigned() ledger.Check {
	own := w.own.state()
	check := ledger.Check{Points: []ledger.Point{{Size: own.Size, Root: own.Root}}, Signed: own.Size}
	if c, _ := w.probation.now(); c != nil {
		check.Points = append(check.Points, ledger.Point{Size: c.Size, Root: c.Root})
	}
	return check
}

// lookBack compares Raft's store, as it was found, with what was promised.
func (w *Witness) lookBack() error {
	own, past := w.own.state(), w.cfg.Past
	why := ""
	switch {
	case past.Term < own.Term:
		why = fmt.Sprintf("the Raft store is in term %d, and this node cosigned in term %d", past.Term, own.Term)
	case past.LastIndex < own.Index && w.cfg.Ledger.Size() < own.Size:
		why = fmt.Sprintf("the Raft log ends at entry %d and the ledger at %d leaves, and this node cosigned at entry %d, %d leaves",
			past.LastIndex, w.cfg.Ledger.Size(), own.Index, own.Size)
	default:
		return nil
	}
	return w.forgot(claim{State: own, why: why + ": part of the data folder is older than the rest"})
}

// recall looks for this node's own cosignature in a note that somebody holds.
func (w *Witness) recall(n *checkpoint.Note, from string) error {
	at := cosignedAt(n, w.cfg.Node)
	if at == 0 || !w.own.state().before(n.Size, at) {
		return nil
	}
	own := w.own.state()
	return w.forgot(claim{
		State: State{Size: n.Size, Root: n.Root, At: at},
		why: fmt.Sprintf("%s holds a checkpoint of %d leaves that this node cosigned at %s, and this node remembers only %d leaves: "+
			"the data folder is an old copy, or another machine runs with this node's keys", from, n.Size, when(at), own.Size),
		note: n.Marshal(),
	})
}

// forgot begins probation.
func (w *Witness) forgot(c claim) error {
	fresh, err := w.probation.enter(c)
	if !fresh {
		return nil
	}
	w.log.Error("this node does not vote: it has forgotten what it promised. It follows, catches up and votes again by itself "+
		"once every other node has answered; see OPERATIONS.md, \"A data folder put back\"", "why", c.why)
	return err
}

// errContradiction: the ledger here is not the one that was cosigned.
var errContradiction = errors.New("this node's ledger is not the one that it cosigned; it stays without a vote until an operator has decided, see OPERATIONS.md")

// Heal ends probation if nothing that was forgotten can matter any more; see the
// comment above. It returns nil when the node is not on probation.
func (w *Witness) Heal(ctx context.Context) error {
	voters := w.group.Load().voters
	if w.cfg.Voters != nil {
		voters = w.cfg.Voters()
	}
	for _, node := range voters {
		if err := w.Pull(ctx, node); err != nil {
			return fmt.Errorf("couldn't ask every other voter what this node has cosigned: %w", err)
		}
	}
	c, _ := w.probation.now()
	if c == nil {
		return nil
	}
	p, err := w.point(ctx, c.Size)
	if err != nil {
		return err
	}
	if p.root != c.Root {
		return errors.Join(errContradiction, w.accuseSelf(c, p.root))
	}
	term, err := w.cfg.Raft.Rejoin(ctx)
	if err != nil {
		return fmt.Errorf("couldn't make sure that no forgotten vote matters: %w", err)
	}
	if err := w.own.remember(c.State); err != nil {
		return err
	}
	if err := w.probation.leave(c, term); err != nil {
		return err
	}
	w.log.Warn("this node votes again: it has everything that it had forgotten", "leaves", c.Size, "no vote up to term", term)
	return nil
}

// accuseSelf keeps the note that this node cosigned and its ledger contradicts.
func (w *Witness) accuseSelf(c *claim, root merkle.Hash) error {
	if len(c.note) == 0 {
		return nil
	}
	n, err := w.group.Load().Ever.Open(c.note)
	if err != nil {
		return err
	}
	return w.accuse(n, w.cfg.Node, root)
}
