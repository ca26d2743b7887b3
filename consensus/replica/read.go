package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/state"
)

// Mode says what a view must show.
type Mode string

const (
	// Linearizable: everything acknowledged anywhere before the call.
	Linearizable Mode = "linearizable"
	// Local: what this node has applied.
	Local Mode = "local"
)

// Consistency is what a caller asks of a view.
type Consistency struct {
	Mode Mode // empty: Local
	// At is the least number of leaves to show: a result's Index + 1 reads
	// what was written. 0 asks for nothing.
	At uint64
	// MaxAge bounds, for Local, the time since the leader was last heard; 0
	// does not.
	MaxAge time.Duration
}

// View is one state of the ledger. It reads like state.View: after a restore
// its reads fail with state.ErrRestored, and a new view must be opened.
type View struct {
	*state.View
	Size  uint64 // leaves it shows, at least
	AgeMs int64  // since this node last heard the leader; 0 on the leader
}

// View opens a view as the caller wants it, waiting as long as ctx allows. The
// caller closes it.
func (r *Replica) View(ctx context.Context, want Consistency) (*View, error) {
	switch want.Mode {
	case Linearizable:
		if err := r.linearize(ctx); err != nil {
			return nil, err
		}
	case Local, "":
		if age := r.age(); want.MaxAge > 0 && age > want.MaxAge {
			return nil, fmt.Errorf("%w: for %s", ErrStale, age.Round(time.Millisecond))
		}
	default:
		return nil, fmt.Errorf("couldn't open a view: unknown consistency %q", want.Mode)
	}
	at := r.progress.now()
	if at.size < want.At {
		var err error
		at, err = r.progress.wait(ctx, r.life.Done(), func(p position) bool { return p.size >= want.At })
		if err != nil {
			return nil, fmt.Errorf("couldn't wait for %d leaves, there are %d: %w", want.At, at.size, err)
		}
	}
	if r.life.Err() != nil {
		return nil, ErrClosed
	}
	return &View{View: r.cfg.Store.View(), Size: at.size, AgeMs: r.age().Milliseconds()}, nil
}

// WaitSize waits until the ledger has more than n leaves and returns how many.
func (r *Replica) WaitSize(ctx context.Context, n uint64) (uint64, error) {
	at, err := r.progress.wait(ctx, r.life.Done(), func(p position) bool { return p.size > n })
	return at.size, err
}

// linearize waits until this node has applied all that was acknowledged before
// the call.
func (r *Replica) linearize(ctx context.Context) error {
	rounds := &r.asking
	if r.leads() {
		rounds = &r.leading
	}
	_, index, err := rounds.join(ctx)
	if err != nil {
		return err
	}
	if r.progress.now().index >= index {
		return nil
	}
	if _, err := r.progress.wait(ctx, r.life.Done(), func(p position) bool { return p.index >= index }); err != nil {
		return fmt.Errorf("couldn't wait for entry %d: %w", index, err)
	}
	return nil
}

// rounds shares one question between all who ask at the same time. Who comes
// while a round runs waits for the next: an answer may only count for those who
// asked before it was sought.
type rounds struct {
	ask   func() (term, index uint64, err error)
	spawn func(func()) bool

	mu      sync.Mutex
	running bool
	next    *round
}

type round struct {
	done        chan struct{}
	term, index uint64
	err         error
}

func (c *rounds) join(ctx context.Context) (term, index uint64, err error) {
	c.mu.Lock()
	if c.next == nil {
		c.next = &round{done: make(chan struct{})}
	}
	mine := c.next
	if !c.running {
		c.running = c.spawn(c.run)
		if !c.running {
			c.next = nil
			c.mu.Unlock()
			return 0, 0, ErrClosed
		}
	}
	c.mu.Unlock()
	select {
	case <-mine.done:
		return mine.term, mine.index, mine.err
	case <-ctx.Done():
		return 0, 0, fmt.Errorf("%w: %w", ErrNoLeader, ctx.Err())
	}
}

func (c *rounds) run() {
	for {
		c.mu.Lock()
		mine := c.next
		c.next = nil
		c.running = mine != nil
		c.mu.Unlock()
		if mine == nil {
			return
		}
		mine.term, mine.index, mine.err = c.ask()
		close(mine.done)
	}
}

// askLeader is a round of a follower's readers.
func (r *Replica) askLeader() (term, index uint64, err error) {
	ctx, cancel := context.WithTimeout(r.life, r.roundMax())
	defer cancel()
	leader := r.leader()
	if leader == "" || leader == r.cfg.NodeID {
		return 0, 0, ErrNoLeader
	}
	term, index, err = r.cfg.Peers.ReadIndex(ctx, leader)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s does not answer for the present: %w", ErrNoLeader, leader, err)
	}
	// This term's entries reach at least as far as index: it is open.
	r.notice(leader, term, index)
	return term, index, nil
}

// HandleReadIndex is the leader's side of Peers.ReadIndex.
func (r *Replica) HandleReadIndex(ctx context.Context) (term, index uint64, err error) {
	if !r.leads() {
		return 0, 0, ErrNoLeader
	}
	return r.leading.join(ctx)
}

// HandleTerm is the other side of Peers.Term. A node that may have forgotten a
// newer term names none: it must not count for anybody's round.
func (r *Replica) HandleTerm() uint64 {
	if rf := r.raft.Load(); rf != nil && !r.silenced(rf) {
		return rf.CurrentTerm()
	}
	return 0
}

var errDeposed = errors.New("a newer term has begun")

// confirm is a round of the leader's readers, its own and the followers'. It
// proves that no newer leader existed when it was called: a majority of
// the voters, this node among them, still is in this node's term afterwards. Any
// newer leader would have had to move a majority on, and two majorities share a
// node. The commit index of the beginning then covers all that was acknowledged:
// by earlier terms, because this term's first entry is applied, and by this one,
// because it is this node's own.
func (r *Replica) confirm() (term, index uint64, err error) {
	rf := r.raft.Load()
	if rf == nil || rf.State() != raft.Leader || r.silenced(rf) {
		return 0, 0, ErrNoLeader
	}
	// mine, not term: the goroutines below may outlive this call.
	mine := rf.CurrentTerm()
	if at := r.progress.now(); at.term != mine {
		return 0, 0, fmt.Errorf("%w: term %d is not open yet", ErrNoLeader, mine)
	}
	index = rf.CommitIndex()
	ctx, cancel := context.WithTimeout(r.life, r.roundMax())
	defer cancel()
	peers, need := r.voters(rf)
	answers := make(chan error, len(peers))
	for _, id := range peers {
		if !r.spawn(func() { answers <- r.sameTerm(ctx, id, mine) }) {
			return 0, 0, ErrClosed
		}
	}
	r.metrics.rounds.Inc()
	if err := majority(answers, len(peers), need); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	return mine, index, nil
}

// majority waits for need answers without an error, of at most count. One that
// knows a newer term decides at once.
func majority(answers <-chan error, count, need int) error {
	var errs []error
	for range count {
		if need == 0 {
			break
		}
		err := <-answers
		switch {
		case err == nil:
			need--
		case errors.Is(err, errDeposed):
			return err
		default:
			errs = append(errs, err)
		}
	}
	if need > 0 {
		return fmt.Errorf("too few answers: %w", errors.Join(errs...))
	}
	return nil
}

func (r *Replica) sameTerm(ctx context.Context, node string, term uint64) error {
	theirs, err := r.cfg.Peers.Term(ctx, node)
	switch {
	case err != nil:
		return err
	case theirs > term:
		return errDeposed
	case theirs < term:
		return fmt.Errorf("node %s is still in term %d", node, theirs)
	}
	return nil
}

// voters lists the other voters, and how many of them make a majority with this
// node.
func (r *Replica) voters(rf *instance) (others []string, need int) {
	total := 0
	for _, s := range rf.GetConfiguration().Configuration().Servers {
		if s.Suffrage != raft.Voter {
			continue
		}
		total++
		if string(s.ID) != r.cfg.NodeID {
			others = append(others, string(s.ID))
		}
	}
	need = total/2 + 1 - (total - len(others))
	return others, need
}

// roundMax bounds one round: a leader that gets no answers for an election
// timeout is about to lose its lease anyway.
func (r *Replica) roundMax() time.Duration {
	return time.Duration(r.cfg.Genesis.Timeouts.ElectionMS) * time.Millisecond
}

// age is how long ago this node heard the leader.
func (r *Replica) age() time.Duration {
	rf := r.raft.Load()
	if rf == nil {
		return time.Since(r.opened)
	}
	if rf.State() == raft.Leader {
		return 0
	}
	last := rf.LastContact()
	if last.IsZero() {
		last = r.opened
	}
	return time.Since(last)
}
