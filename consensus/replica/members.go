package replica

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/membership"
)

const (
	// membersEvery is how often the leader compares the configuration with the
	// roster, and a follower asks what the leader plans.
	membersEvery = 2 * time.Second
	// askMax bounds one question to another node.
	askMax = 2 * time.Second
	// changeMax bounds one change: it commits within a round trip, or the voters
	// that it needs are gone.
	changeMax = 10 * time.Second
	// steady is how long a node must have kept up before it is given a vote.
	steady = 10 * time.Second
	// nearBy is how many entries a node may be behind and still be caught up:
	// what a busy network commits while a question travels.
	nearBy = 1024
)

// Health is what a node says about itself to the leader, and the leader to its
// followers.
type Health struct {
	Applied  uint64 `json:"applied"`  // Raft index of the last entry applied
	Abstains bool   `json:"abstains"` // it gives no vote at present
	// What a leader plans; nothing on others.
	Plan  []membership.Step `json:"plan,omitempty"`
	Waits []membership.Wait `json:"waits,omitempty"`
}

// members brings Raft's configuration to what the roster wants: every node of the
// network a server, one voter per region, one change at a time. Only the leader
// changes anything, only from here, and only what membership.Plan finds safe.
type members struct {
	r *Replica

	mu    sync.Mutex // guards all below
	since map[string]time.Time
	plan  []membership.Step
	waits []membership.Wait
}

// keep runs until the replica closes.
func (m *members) keep() {
	tick := time.NewTicker(m.r.cfg.Tuning.withDefaults().MembersEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-m.r.life.Done():
			return
		}
		m.turn(m.r.life)
	}
}

// turn is one look, and one change at most.
func (m *members) turn(ctx context.Context) {
	r := m.r
	rf := r.raft.Load()
	if rf == nil {
		return
	}
	if rf.State() != raft.Leader || r.progress.now().term != rf.CurrentTerm() { // or its term is not open yet
		m.follow(ctx)
		return
	}
	// The committed configuration, not Raft's latest: while a change is under way
	// Raft refuses another one that goes by what was before it.
	config := r.config.Load()
	view := membership.View(r.roster(), config.Configuration, m.ask(ctx, rf, config.Configuration))
	plan := membership.Plan(view)
	m.tell(plan, membership.Waits(view))
	if len(plan) > 0 && ctx.Err() == nil {
		m.change(ctx, rf, plan[0], config.index)
	}
}

// follow is a follower's turn: it asks the leader, for its own operator.
func (m *members) follow(ctx context.Context) {
	m.mu.Lock()
	m.since = nil
	m.mu.Unlock()
	leader := m.r.leader()
	if leader == "" || leader == m.r.cfg.NodeID {
		m.tell(nil, nil)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	if h, err := m.r.cfg.Peers.Health(ctx, leader); err == nil {
		m.tell(h.sane(m.r.roster()))
	}
}

// sane is what another node says of the configuration, as far as it speaks of this
// network's nodes: it is shown to people.
func (h Health) sane(r membership.Roster) (plan []membership.Step, waits []membership.Wait) {
	for _, s := range h.Plan {
		if s.Region != "" && r.RegionOf(s.Node) == s.Region {
			plan = append(plan, s)
		}
	}
	for _, w := range h.Waits {
		own := w.Region == "" || r.Region(w.Region) != nil
		if own && membership.IsWait(w.Code) && (w.Node == "" || r.RegionOf(w.Node) == w.Region) {
			waits = append(waits, w)
		}
	}
	return plan, waits
}

func (m *members) tell(plan []membership.Step, waits []membership.Wait) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan, m.waits = plan, waits
}

// told is what was planned at the last look, and what waits.
func (m *members) told() (plan []membership.Step, waits []membership.Wait) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.plan), slices.Clone(m.waits)
}

// ask finds out how the servers are: all that have no vote by asking them, for a
// vote may be theirs next; the voters by what Raft hears of them.
func (m *members) ask(ctx context.Context, rf *instance, config raft.Configuration) func(string) (membership.Health, bool) {
	r := m.r
	answers := make([]Health, len(config.Servers))
	errs := make([]error, len(config.Servers))
	commit := rf.CommitIndex()
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	var asked sync.WaitGroup
	for i, s := range config.Servers {
		if s.Suffrage == raft.Voter || string(s.ID) == r.cfg.NodeID {
			continue
		}
		asked.Go(func() { answers[i], errs[i] = r.cfg.Peers.Health(ctx, string(s.ID)) })
	}
	asked.Wait()
	now, tuning := time.Now(), r.cfg.Tuning.withDefaults()
	health, held := make(map[string]membership.Health), make(map[string]bool)
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.since
	m.since = make(map[string]time.Time)
	for i, s := range config.Servers {
		id := string(s.ID)
		switch {
		case id == r.cfg.NodeID:
			health[id] = membership.Alive
		case s.Suffrage == raft.Voter:
			if health[id] = membership.Alive; r.silent.of(s.ID, now) >= tuning.DeadAfter {
				health[id] = membership.Dead
			}
		case errs[i] != nil:
			health[id] = membership.Dead
		case answers[i].Applied+nearBy < commit:
			health[id] = membership.Lagging
		default:
			since, known := before[id]
			if !known {
				since = now
			}
			m.since[id] = since
			if health[id] = membership.Lagging; now.Sub(since) >= tuning.Steady {
				health[id] = membership.Alive
			}
			held[id] = answers[i].Abstains
		}
	}
	return func(id string) (membership.Health, bool) { return health[id], held[id] }
}

// change makes one step, on the configuration that was looked at and on no other.
func (m *members) change(ctx context.Context, rf *instance, step membership.Step, index uint64) {
	r := m.r
	ctx, cancel := context.WithTimeout(ctx, changeMax)
	defer cancel()
	if step.Node == r.cfg.NodeID && step.Action != membership.Promote {
		r.handOver(ctx) // whoever leads next makes the step
		return
	}
	id, address := raft.ServerID(step.Node), raft.ServerAddress(step.Node)
	var future raft.IndexFuture
	switch step.Action {
	case membership.Add:
		future = rf.AddNonvoter(id, address, index, changeMax)
	case membership.Promote:
		future = rf.AddVoter(id, address, index, changeMax)
	case membership.Demote:
		future = rf.DemoteVoter(id, index, changeMax)
	case membership.Remove:
		future = rf.RemoveServer(id, index, changeMax)
	}
	err := rf.wait(ctx, future)
	m.r.metrics.change(step.Action, err)
	if err != nil {
		level := r.log.Warn
		if errors.Is(err, raft.ErrNotLeader) || errors.Is(err, raft.ErrLeadershipLost) {
			level = r.log.Info // the next leader goes on
		}
		level("couldn't change the Raft configuration; it is looked at again", "change", step.Action.String(), "node", step.Node, "error", err)
		return
	}
	r.log.Info("changed the Raft configuration", "change", step.Action.String(), "node", step.Node, "region", step.Region)
}

// HandleHealth answers another node's question.
func (r *Replica) HandleHealth() Health {
	h := Health{Applied: r.progress.now().index}
	rf := r.raft.Load()
	if rf == nil {
		h.Abstains = true
		return h
	}
	h.Abstains = r.silenced(rf)
	if rf.State() == raft.Leader {
		h.Plan, h.Waits = r.members.told()
	}
	return h
}

// roster is which nodes belong to the network, as far as is known here.
func (r *Replica) roster() membership.Roster {
	if r.cfg.Roster != nil {
		return r.cfg.Roster()
	}
	return membership.Roster{Genesis: r.cfg.Genesis.Genesis}
}

// configuration is a configuration entry that was committed.
type configuration struct {
	raft.Configuration
	index uint64
}

// reconfigured takes note of a committed configuration, or of a roster that has
// changed: who may speak Raft, and whether the roster allows the configuration. It
// belongs to Raft's FSM goroutine, and to Open before there is one.
func (r *Replica) reconfigured(c *configuration) {
	r.config.Store(c)
	roster := r.roster()
	r.fsm.roster = roster.Genesis
	var ids []string
	own := false
	for _, s := range c.Servers {
		ids = append(ids, string(s.ID))
		own = own || string(s.ID) == r.cfg.NodeID
	}
	if !own {
		// A node that has yet to join knows an old configuration only: whoever of
		// the network leads now may send it the rest.
		for _, region := range roster.Regions {
			for _, n := range region.Nodes {
				ids = append(ids, n.ID)
			}
		}
	}
	r.cfg.Transport.SetMembers(ids)
	findings := membership.Audit(roster, c.Configuration)
	before := r.audit.Swap(&findings)
	r.metrics.findings.Set(float64(len(findings)))
	for _, f := range findings {
		if before == nil || !slices.Contains(*before, f) {
			r.log.Error("the Raft configuration is not one that the network's nodes allow", "finding", f.Code, "node", f.Node)
		}
	}
}
