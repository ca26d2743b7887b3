package witness

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
)

// Not every lie leaves two notes that contradict each other. A leader may keep
// entries from a replica, or move ledger time ahead; a node may cosign nothing,
// or answer with signatures that do not hold. None of that can become final, and
// here is what tells the operator.

// falseFor is how long a false signature is worth a warning: whoever sent one is
// broken or dishonest, and will send more.
const falseFor = 10 * time.Minute

// signs of trouble that is not evidence.
type signs struct {
	mu     sync.Mutex           // owns the fields below
	time   int64                // the greatest ledger time that was re-read, unix ms
	lied   map[string]time.Time // by node: when it last sent a signature that does not hold
	beyond map[string]uint64    // by node: leaves of what it shows, while this replica does not reach them

	own, final uint64    // leaves of this replica and of the newest final note, at the last look
	grown      time.Time // when own grew last, or nobody showed more
	finished   time.Time // when final grew last, or was all there is
}

func newSigns() *signs {
	now := time.Now()
	return &signs{lied: make(map[string]time.Time), beyond: make(map[string]uint64), grown: now, finished: now}
}

// saw takes note of a ledger time.
func (s *signs) saw(ms int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.time = max(s.time, ms)
}

// caught takes note of a node's signature that does not hold.
func (s *signs) caught(node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lied[node] = time.Now()
}

// shows takes note of how many leaves a node shows.
func (s *signs) shows(node string, size, own uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if size <= own {
		delete(s.beyond, node)
		return
	}
	if len(s.beyond) == 0 {
		s.grown = time.Now()
	}
	s.beyond[node] = size
}

// look takes note of how far this node and its newest final note are.
func (s *signs) look(own, final uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for node, size := range s.beyond {
		if size <= own {
			delete(s.beyond, node)
		}
	}
	if own > s.own || len(s.beyond) == 0 {
		s.grown = now
	}
	if final > s.final || final >= own {
		s.finished = now
	}
	s.own, s.final = own, final
}

func leaves(n *checkpoint.Note) uint64 {
	if n == nil {
		return 0
	}
	return n.Size
}

// look is a node's regular look at itself.
func (w *Witness) look(context.Context) error {
	w.signs.look(w.cfg.Ledger.Size(), leaves(w.board.Final()))
	return nil
}

// Ahead is how far ledger time lies ahead of this node's clock; 0 when it does
// not. Above two minutes nothing is cosigned.
func (w *Witness) Ahead() time.Duration {
	w.signs.mu.Lock()
	ms := w.signs.time
	w.signs.mu.Unlock()
	return max(time.UnixMilli(ms).Sub(w.cfg.Clock()), 0)
}

// starved is since when others show leaves that this replica does not get, how
// many, and who; 0 when it has all or is catching up.
func (s *signs) starved() (since time.Duration, most uint64, node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, size := range s.beyond {
		if size > most || size == most && id < node {
			most, node = size, id
		}
	}
	if most == 0 {
		return 0, 0, ""
	}
	return time.Since(s.grown), most, node
}

// unfinished is since when there are leaves that do not become final, and 0 while
// there are none, or some have just become it.
func (w *Witness) unfinished() time.Duration {
	own, final := w.cfg.Ledger.Size(), leaves(w.board.Final())
	w.signs.mu.Lock()
	defer w.signs.mu.Unlock()
	if final >= own || final > w.signs.final {
		return 0
	}
	return time.Since(w.signs.finished)
}

// liar is a node that sent a false signature lately.
func (s *signs) liar() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := ""
	for node, at := range s.lied {
		if time.Since(at) < falseFor && (found == "" || node < found) {
			found = node
		}
	}
	return found
}

// Warning is what an operator has to look into: Trouble, or signs that a node of
// the network is broken or dishonest, or cut off. nil when there is nothing.
func (w *Witness) Warning() error {
	if err := w.Trouble(); err != nil {
		return err
	}
	if ahead := w.Ahead(); ahead > maxAhead {
		return fmt.Errorf("ledger time is %s ahead of this node's clock: one of the two is wrong, or a leader moved it; nothing is cosigned until the clock gets there",
			ahead.Round(time.Second))
	}
	if node := w.signs.liar(); node != "" {
		return fmt.Errorf("node %s sent a signature that does not hold; it is broken or dishonest", node)
	}
	if since, most, node := w.signs.starved(); since > w.tuning.Late {
		return fmt.Errorf("node %s shows a checkpoint of %d leaves, and for %s this replica has got no further than %d: it is cut off, or the leader keeps entries from it",
			node, most, since.Round(time.Second), w.cfg.Ledger.Size())
	}
	if since := w.unfinished(); since > w.tuning.Late {
		return fmt.Errorf("for %s no checkpoint has become final beyond %d leaves; not cosigned by %s",
			since.Round(time.Second), leaves(w.board.Final()), w.missing())
	}
	return nil
}

// missing names the nodes that have not cosigned the newest published note.
func (w *Witness) missing() string {
	n := w.board.Published()
	if leaves(n) <= leaves(w.board.Final()) {
		return "any two regions"
	}
	var names []string
	for _, k := range w.group.Load().Keys.List() {
		if k.Kind == checkpoint.KindCosigner && cosignedAt(n, k.Node) == 0 {
			names = append(names, k.Node)
		}
	}
	return strings.Join(names, ", ")
}
