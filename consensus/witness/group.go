package witness

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
)

// Roster is which nodes a witness has to do with, and their keys.
type Roster struct {
	Genesis *genesis.Genesis // with the nodes that stand now (genesis.WithNodes)
	Keys    *checkpoint.Keys // that count in a note
	Ever    *checkpoint.Keys // that ever counted: for evidence, and notes that were kept
}

// group is a Roster as this node sees it. It is never changed.
type group struct {
	Roster
	policy checkpoint.Policy
	nodes  []string // all others
	voters []string // those of them with a vote at the start, for Heal where nothing newer is known
}

func groupOf(r Roster, node string) *group {
	g := &group{Roster: r, policy: checkpoint.PolicyOf(r.Genesis)}
	for _, region := range r.Genesis.Regions {
		for _, n := range region.Nodes {
			if n.ID == node {
				continue
			}
			g.nodes = append(g.nodes, n.ID)
			if n.Voter {
				g.voters = append(g.voters, n.ID)
			}
		}
	}
	return g
}

// circle is the group of the moment, and who is looked at.
type circle struct {
	mu      sync.Mutex
	watched map[string]*watched // by node; guarded by mu
	changed chan struct{}       // closed with the next group; guarded by mu
}

// SetRoster takes up that nodes have come or gone. Those that came are looked at
// from now on, those that went no longer; what they signed stays evidence.
func (w *Witness) SetRoster(r Roster) {
	g := groupOf(r, w.cfg.Node)
	w.circle.mu.Lock()
	defer w.circle.mu.Unlock()
	for _, node := range g.nodes {
		if w.circle.watched[node] == nil {
			w.circle.watched[node] = &watched{}
		}
	}
	for node := range w.circle.watched {
		if !slices.Contains(g.nodes, node) {
			delete(w.circle.watched, node)
		}
	}
	w.group.Store(g)
	if w.circle.changed != nil {
		close(w.circle.changed)
	}
	w.circle.changed = make(chan struct{})
}

// at is what is known of another node; nil for a stranger.
func (w *Witness) at(node string) *watched {
	w.circle.mu.Lock()
	defer w.circle.mu.Unlock()
	return w.circle.watched[node]
}

// reached takes note of an answer, and of the size of a checkpoint that was new in it.
func (c *circle) reached(at *watched, size uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at.reach.At = time.Now()
	if size > 0 {
		at.reach.Size = size
	}
}

// Reached is how far every other node was when it last answered, by node.
func (w *Witness) Reached() []Reach {
	w.circle.mu.Lock()
	defer w.circle.mu.Unlock()
	list := make([]Reach, 0, len(w.circle.watched))
	for node, at := range w.circle.watched {
		list = append(list, Reach{Node: node, Size: at.reach.Size, At: at.reach.At})
	}
	slices.SortFunc(list, func(a, b Reach) int { return strings.Compare(a.Node, b.Node) })
	return list
}

// watchAll looks at every other node until ctx ends, at those that come later too.
func (w *Witness) watchAll(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	ends := make(map[string]context.CancelFunc)
	for {
		w.circle.mu.Lock()
		changed := w.circle.changed
		w.circle.mu.Unlock()
		nodes := w.group.Load().nodes
		for node, end := range ends {
			if !slices.Contains(nodes, node) {
				end()
				delete(ends, node)
			}
		}
		for _, node := range nodes {
			if ends[node] != nil {
				continue
			}
			own, end := context.WithCancel(ctx)
			ends[node] = end
			running.Go(func() { w.watch(own, node) })
		}
		select {
		case <-changed:
		case <-ctx.Done():
			for _, end := range ends {
				end()
			}
			return
		}
	}
}

// rosterOf is the roster that genesis gives.
func rosterOf(g *genesis.Genesis) (Roster, error) {
	keys, err := checkpoint.FromGenesis(g)
	if err != nil {
		return Roster{}, fmt.Errorf("couldn't read the checkpoint keys of genesis: %w", err)
	}
	return Roster{Genesis: g, Keys: keys, Ever: keys}, nil
}
