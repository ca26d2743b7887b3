package witness

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
)

// Pulled is what a node shows another one. Each is the text of a note, or empty.
type Pulled struct {
	Head      string `json:"head"`      // its own newest checkpoint, under its log key
	Published string `json:"published"` // what it shows
	Final     string `json:"final"`
	Yours     string `json:"yours"` // the newest note with the asker's cosignature, unless one of the above is it
}

// MaxPulled bounds the answer to a pull: four notes as JSON.
const MaxPulled = 4*checkpoint.MaxNote*5/4 + 1<<10

// EncodePulled and DecodePulled are its bytes.
func EncodePulled(p Pulled) []byte {
	text, _ := json.Marshal(p) // four strings
	return text
}

// DecodePulled reads what EncodePulled writes. The notes are not looked at.
func DecodePulled(body []byte) (Pulled, error) {
	var p Pulled
	if err := strict.Decode(body, MaxPulled, 1, &p); err != nil {
		return Pulled{}, fmt.Errorf("couldn't read what a node shows: %w", err)
	}
	return p, nil
}

// watched is what this node knows of another one's notes.
type watched struct {
	mu       sync.Mutex         // one pull at a time
	seen     Pulled             // as it was last found good: the same text needs no second look
	pending  []*checkpoint.Note // that this replica does not reach yet, ascending by size
	notified map[string]bool    // by evidence id: handed on

	reach Reach // guarded by the circle's mutex: who asks does not wait for a pull
}

// Reach is how far another node was when it last answered.
type Reach struct {
	Node string
	Size uint64    // leaves under its own newest checkpoint; nothing before it has shown one
	At   time.Time // of the answer, by this node's clock; zero: none since the start
}

// ErrNotYet: this replica does not reach the note's size.
var ErrNotYet = errors.New("this replica does not reach that checkpoint yet")

// HandlePull is the other side of Peers.Pull: what this node shows to node.
func (w *Witness) HandlePull(ctx context.Context, node string) Pulled {
	var p Pulled
	if head, err := w.Head(ctx); err != nil {
		w.log.Debug("couldn't sign the own checkpoint for a peer", "node", node, "error", err)
	} else if head != nil {
		p.Head = string(head.Marshal())
	}
	published, final := w.board.Published(), w.board.Final()
	if published != nil {
		p.Published = string(published.Marshal())
	}
	if final != nil {
		if p.Final = string(final.Marshal()); p.Final == p.Published {
			p.Final = "" // said already
		}
	}
	if yours := w.board.Cosigned(node); yours != nil && yours != published && yours != final {
		p.Yours = string(yours.Marshal())
	}
	return p
}

// Pull looks at what another node shows: it finds this node's own cosignatures,
// compares each note with the own ledger and takes over what is newer. An error
// means that the node did not answer, or answered what nobody can read. A node
// that shows another history has answered: that is evidence, not an error.
func (w *Witness) Pull(ctx context.Context, node string) error {
	at := w.at(node)
	if at == nil {
		return fmt.Errorf("the network has no other node %s", node)
	}
	p, err := w.cfg.Peers.Pull(ctx, node)
	if err != nil {
		return fmt.Errorf("couldn't ask node %s for its checkpoint: %w", node, err)
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	var fresh []shown
	var size, head uint64
	for _, part := range []shown{{p.Yours, &at.seen.Yours, nil}, {p.Head, &at.seen.Head, nil}, {p.Published, &at.seen.Published, nil}, {p.Final, &at.seen.Final, nil}} {
		if part.text == "" || part.text == *part.seen {
			continue
		}
		if part.note, err = w.open(node, []byte(part.text)); errors.Is(err, errBygone) {
			*part.seen = part.text
			continue
		} else if err != nil {
			return fmt.Errorf("couldn't take what node %s shows: %w", node, err)
		}
		fresh = append(fresh, part)
		size = max(size, part.note.Size)
		if part.seen == &at.seen.Head {
			head = part.note.Size
		}
	}
	w.circle.reached(at, head)
	w.signs.shows(node, size, w.cfg.Ledger.Size())
	if w.probation.answered() {
		w.log.Debug("a peer has answered what this node cosigned", "node", node, "no vote up to term", w.Abstain())
	}
	for _, part := range fresh {
		err := w.take(ctx, node, part.note)
		switch {
		case errors.Is(err, ErrNotYet):
			at.wait(part.note)
		case err == nil, errors.Is(err, ErrForked):
			*part.seen = part.text
		default:
			w.log.Debug("couldn't compare a node's checkpoint", "node", node, "error", err) // a trouble of this node
		}
	}
	for len(at.pending) > 0 && !errors.Is(w.take(ctx, node, at.pending[0]), ErrNotYet) {
		at.pending = at.pending[1:]
	}
	return nil
}

// maxPending bounds the notes of one node that wait for this replica. The
// smallest are kept: a note of a size that is never reached cannot crowd out one
// that will be compared soon.
const maxPending = 8

// wait keeps a note until this replica reaches it: whoever showed it may show
// another one by then.
func (at *watched) wait(n *checkpoint.Note) {
	i, _ := slices.BinarySearchFunc(at.pending, n.Size, func(p *checkpoint.Note, size uint64) int { return cmp.Compare(p.Size, size) })
	for j := i; j < len(at.pending) && at.pending[j].Size == n.Size; j++ {
		if at.pending[j].Root == n.Root {
			return
		}
	}
	at.pending = slices.Insert(at.pending, i, n)
	at.pending = at.pending[:min(len(at.pending), maxPending)]
}

// shown is one part of what a node shows.
type shown struct {
	text string
	seen *string // what was found good last time
	note *checkpoint.Note
}

// open reads a note that a node showed, and looks for this node's own
// cosignature in it.
func (w *Witness) open(from string, raw []byte) (*checkpoint.Note, error) {
	n, err := w.group.Load().Keys.Open(raw)
	if err == nil {
		return n, w.recall(n, from)
	}
	if errors.Is(err, checkpoint.ErrSignature) {
		w.caught(from, err)
	}
	if errors.Is(err, checkpoint.ErrUnsigned) { // by nobody whose key counts today
		if n, e := w.group.Load().Ever.Open(raw); e == nil && w.bygone(n) {
			return nil, errBygone
		}
	}
	return nil, err
}

// errBygone: a note stands under ended keys alone, and there is nothing in it.
var errBygone = errors.New("the checkpoint is signed with keys that count no more")

// caught takes note of a node that sent a signature that does not hold. Honest
// nodes hand on only what they have verified.
func (w *Witness) caught(node string, err error) {
	w.signs.caught(node)
	w.metrics.falsehoods.WithLabelValues(node).Inc()
	w.log.Error("a node sent a signature that does not hold; it is broken or dishonest", "node", node, "error", err)
}

// Accept takes a note of the own origin that another node hands on. The error
// wraps ErrNotYet, ErrForked, or one of checkpoint's for what nobody can read.
func (w *Witness) Accept(ctx context.Context, from string, raw []byte) error {
	n, err := w.open(from, raw)
	if err != nil {
		return err
	}
	return w.take(ctx, from, n)
}

// take compares a note with the own ledger, and shows it if enough regions have
// signed it.
func (w *Witness) take(ctx context.Context, from string, n *checkpoint.Note) error {
	if n.Size > w.cfg.Ledger.Size() {
		return fmt.Errorf("%d leaves: %w", n.Size, ErrNotYet)
	}
	p, err := w.compare(ctx, n, from)
	if err != nil {
		return err
	}
	if grade := w.board.grade(n); grade != checkpoint.GradePublished && grade != checkpoint.GradeFinal {
		return nil // a head: it agrees, and that is all
	}
	if !n.SignedBy(w.logKey) {
		// So that what this region shows verifies under this region's log key.
		signed, err := w.signLog(p.size, p.root)
		if err != nil {
			return err
		}
		n = n.Clone()
		if err := n.Merge(checkpoint.NewNote(n.Checkpoint, signed)); err != nil {
			return err
		}
	}
	return w.board.offer(n)
}

// AcceptEvidence takes evidence that another node found. It must speak for
// itself.
func (w *Witness) AcceptEvidence(from string, raw []byte) error {
	e, err := ParseEvidence(w.group.Load().Ever, raw)
	if errors.Is(err, checkpoint.ErrSignature) {
		w.caught(from, err)
	}
	if err != nil {
		return err
	}
	if w.explained(e) {
		return nil
	}
	e.From, e.Seen = from, w.cfg.Clock().Unix()
	return w.convict(e)
}

// tell hands unresolved evidence to a node that does not have it from here.
func (w *Witness) tell(ctx context.Context, node string) {
	at := w.at(node)
	if at == nil {
		return // it was removed
	}
	for _, e := range w.cases.open() {
		at.mu.Lock()
		known := at.notified[e.ID]
		at.mu.Unlock()
		if known {
			continue
		}
		if err := w.cfg.Peers.PushEvidence(ctx, node, e.Marshal()); err != nil {
			w.log.Debug("couldn't hand evidence on", "node", node, "evidence", e.ID, "error", err)
			return
		}
		at.mu.Lock()
		if at.notified == nil {
			at.notified = make(map[string]bool)
		}
		at.notified[e.ID] = true
		at.mu.Unlock()
	}
}
