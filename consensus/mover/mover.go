package mover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// lookEvery is how often a node looks whether a move is in force: a move has
	// to have effect within seconds.
	lookEvery = 250 * time.Millisecond
	// pushEvery is how often a node is offered again what it has not taken.
	pushEvery = 2 * time.Second
	// callMax bounds one call of another node, and one attempt to move.
	callMax = 5 * time.Second
	// maxAge is how old a move may be, by its signed time: long enough for two
	// bureaus to open their safes, too short to keep one in a drawer.
	maxAge = 72 * time.Hour
)

// ErrRefused is returned for what is no move that could ever be in force here.
var ErrRefused = errors.New("not a move of leadership that counts here")

// Raft is the replica as the mover needs it; *replica.Replica is one.
type Raft interface {
	Standing() (term uint64, leader string, leads bool)
	Stand(ctx context.Context) error
	HandTo(ctx context.Context, node string) error
	Submit(ctx context.Context, raw []byte) (ledger.Result, error)
}

// Peers is how moves reach the other nodes; *peer.Client is one.
type Peers interface {
	// PushMove hands a signed leader.move to a node. ErrRefused says that the node
	// wants nothing of it, now or later.
	PushMove(ctx context.Context, node string, raw []byte) error
}

// Store is a keyspace of this node alone; *state.Local is one.
type Store interface {
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// Config is what a Mover works with.
type Config struct {
	Node    string
	Genesis *genesis.Genesis
	// Roster is genesis with the nodes that stand now; nil: those it began with.
	Roster func() *genesis.Genesis
	// Judge is *ledger.Ledger.JudgeMove.
	Judge   func(st *statement.Statement) (statement.MoveBody, *ledger.Refusal)
	Raft    Raft
	Peers   Peers
	Store   Store
	Clock   func() time.Time // real time, or the scenario clock of a practice network
	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: not registered
}

// Mover is safe for concurrent use.
type Mover struct {
	cfg     Config
	grace   time.Duration // for an honest leader to hand over in good order
	wake    chan struct{}
	metrics *metrics

	mu    sync.Mutex
	held  []*held              // by region, then id
	done  uint64               // highest term of a move whose candidate came to lead
	since map[move]time.Time   // since when a move has been in force here
	tried map[string]time.Time // node and statement -> last offer; zero time: it has it
}

// move is what regions have to agree on.
type move struct {
	leader, candidate string
	term              uint64
}

func moveOf(b statement.MoveBody) move { return move{b.Leader, b.Candidate, b.Term} }

// New reads what this node held before.
func New(cfg Config) (*Mover, error) {
	m := &Mover{
		cfg: cfg, grace: time.Duration(cfg.Genesis.Timeouts.ElectionMS) * time.Millisecond,
		wake: make(chan struct{}, 1), since: make(map[move]time.Time), tried: make(map[string]time.Time),
	}
	if err := m.load(); err != nil {
		return nil, err
	}
	m.metrics = newMetrics(cfg.Metrics, m)
	return m, nil
}

// Take judges and keeps a signed leader.move from anywhere: this bureau's
// operator, or another node. The error wraps ErrRefused; repeats are no error.
func (m *Mover) Take(raw []byte) error {
	st, err := statement.Parse(raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	body, refusal := m.cfg.Judge(st)
	if refusal != nil {
		return fmt.Errorf("%w: %w", ErrRefused, refusal)
	}
	if !m.fresh(st) {
		return fmt.Errorf("%w: signed at %s", ErrRefused, st.At)
	}
	if term, _, _ := m.cfg.Raft.Standing(); body.Term+statement.MoveTerms < term {
		return fmt.Errorf("%w: it is for term %d, this is %d", ErrRefused, body.Term, term)
	}
	added, err := m.keep(&held{st, body})
	if err == nil && added {
		m.cfg.Logger.Warn("a region wants leadership to move", "region", st.Region, "leader", body.Leader, "candidate", body.Candidate,
			"term", body.Term, "reason", body.Reason, "statement", st.ID)
		m.stir()
	}
	return err
}

// fresh holds the signed time against this node's clock.
func (m *Mover) fresh(st *statement.Statement) bool {
	now := m.cfg.Clock().Unix()
	return st.AtUnix <= now+statement.MaxAheadS && st.AtUnix >= now-int64(maxAge.Seconds())
}

func (m *Mover) stir() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Run acts on what is held until ctx ends.
func (m *Mover) Run(ctx context.Context) {
	defer m.metrics.unregister()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		if m.Held() > 0 {
			m.offer(ctx, &calls)
			m.look(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-tick.C:
		}
	}
}

// look finds the moves in force and acts on them.
func (m *Mover) look(ctx context.Context) {
	term, leader, leads := m.cfg.Raft.Standing()
	if err := m.sweep(term, leader); err != nil {
		m.cfg.Logger.Error("couldn't forget a move of leadership", "error", err)
	}
	for _, c := range m.concluded() {
		m.record(ctx, c)
	}
	inForce := m.inForce(term, leader)
	m.remember(inForce)
	for _, mv := range inForce {
		switch {
		case leads && mv.leader == m.cfg.Node:
			m.cfg.Logger.Warn("two regions want another leader: handing over", "candidate", mv.candidate, "term", term)
			m.attempt(ctx, "handed", func(ctx context.Context) error { return m.cfg.Raft.HandTo(ctx, mv.candidate) })
		case mv.candidate == m.cfg.Node && m.due(mv):
			m.cfg.Logger.Warn("two regions want this node to lead: standing for election", "leader", mv.leader, "term", term)
			m.attempt(ctx, "stood", m.cfg.Raft.Stand)
		}
	}
}

func (m *Mover) attempt(ctx context.Context, what string, act func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	m.metrics.acts.WithLabelValues(what).Inc()
	if err := act(ctx); err != nil {
		m.cfg.Logger.Warn("couldn't move leadership yet", "error", err)
	}
}

// inForce lists the moves that this node has to do something about, if it is the
// one: signed by enough regions, judged again under the keys of this moment.
func (m *Mover) inForce(term uint64, leader string) []move {
	m.mu.Lock()
	defer m.mu.Unlock()
	regions := make(map[move][]string)
	for _, h := range m.held {
		mv := moveOf(h.body)
		if mv.term <= m.done || !mv.covers(term) || leader != "" && leader != mv.leader || !m.fresh(h.st) || slices.Contains(regions[mv], h.st.Region) {
			continue
		}
		if _, refusal := m.cfg.Judge(h.st); refusal != nil {
			continue // its key was revoked since
		}
		regions[mv] = append(regions[mv], h.st.Region)
	}
	var list []move
	for mv, by := range regions {
		if len(by) >= statement.MoveRegions {
			list = append(list, mv)
		}
	}
	return list
}

// covers reports whether a move is for a term.
func (mv move) covers(term uint64) bool {
	return term >= mv.term && term <= mv.term+statement.MoveTerms
}

// remember notes since when moves have been in force, and forgets the others.
func (m *Mover) remember(inForce []move) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for mv := range m.since {
		if !slices.Contains(inForce, mv) {
			delete(m.since, mv)
		}
	}
	for _, mv := range inForce {
		if _, known := m.since[mv]; !known {
			m.since[mv] = time.Now()
		}
	}
}

// due reports whether the grace of an honest leader is over. It begins again, so
// that an election that was lost is not disturbed by the next attempt.
func (m *Mover) due(mv move) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.since[mv]) < m.grace {
		return false
	}
	m.since[mv] = time.Now().Add(m.grace)
	return true
}

// record brings a statement of a move that is done into the ledger. A refusal is an
// answer too: the region may have signed twice.
func (m *Mover) record(ctx context.Context, h *held) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	if _, err := m.cfg.Raft.Submit(ctx, h.st.Raw); err != nil {
		m.cfg.Logger.Debug("couldn't record a move of leadership yet", "statement", h.st.ID, "error", err)
		return
	}
	if err := m.drop(h); err != nil {
		m.cfg.Logger.Error("couldn't forget a move of leadership", "statement", h.st.ID, "error", err)
	}
}

// nodes are the others, as the network has them now.
func (m *Mover) nodes() (others []string) {
	today := m.cfg.Genesis
	if m.cfg.Roster != nil {
		today = m.cfg.Roster()
	}
	for _, r := range today.Regions {
		for _, n := range r.Nodes {
			if n.ID != m.cfg.Node {
				others = append(others, n.ID)
			}
		}
	}
	return others
}

// offer hands what is held to the nodes that do not have it yet, each in its own
// time.
func (m *Mover) offer(ctx context.Context, calls *sync.WaitGroup) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for _, h := range m.held {
		for _, node := range m.nodes() {
			key := node + "/" + h.st.Hash.String()
			if last, known := m.tried[key]; known && (last.IsZero() || now.Sub(last) < pushEvery) {
				continue
			}
			m.tried[key] = now
			calls.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, callMax)
				defer cancel()
				if err := m.cfg.Peers.PushMove(ctx, node, h.st.Raw); err == nil || errors.Is(err, ErrRefused) {
					m.mu.Lock()
					m.tried[key] = time.Time{}
					m.mu.Unlock()
				}
			})
		}
	}
}

// Held is how many signed moves are kept and not over.
func (m *Mover) Held() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.held)
}
