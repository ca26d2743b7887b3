package membership

import (
	"cmp"
	"slices"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/genesis"
)

// Voters is the Raft configuration of a network as its genesis defines it: every
// node, those that vote as voters. All nodes start with these exact bytes, so
// none waits for another. In Raft, a server's address is its id: where it is
// reached may change without a new configuration.
func Voters(g *genesis.Genesis) raft.Configuration {
	var c raft.Configuration
	for _, r := range g.Regions {
		for _, n := range r.Nodes {
			s := raft.Server{ID: raft.ServerID(n.ID), Address: raft.ServerAddress(n.ID), Suffrage: raft.Nonvoter}
			if n.Voter {
				s.Suffrage = raft.Voter
			}
			c.Servers = append(c.Servers, s)
		}
	}
	slices.SortFunc(c.Servers, func(a, b raft.Server) int { return cmp.Compare(a.ID, b.ID) })
	return c
}

// Roster is which nodes belong to a network: those of genesis, and what regions
// have said on the ledger since.
type Roster struct {
	*genesis.Genesis                   // whose nodes are those that stand (genesis.WithNodes)
	Gone             map[string]string // removed nodes, by id: their region
}

// RegionOf is the region of a node, of a removed one too; "" for a stranger.
func (r Roster) RegionOf(id string) string {
	if _, region := r.Node(id); region != nil {
		return region.Code
	}
	return r.Gone[id]
}

// Finding is one way in which a configuration differs from what the roster allows.
type Finding struct {
	Code string // unknown_node, address, duplicate, no_voter, region_quorum, too_many, too_few, none
	Node string // the server concerned, the region of no_voter, or empty
}

// Grave reports whether no honest leader brings this about. A region is without a
// voter for a moment whenever its dead one is replaced.
func (f Finding) Grave() bool { return f.Code != "no_voter" }

// Audit compares a Raft configuration with the roster and returns what is wrong
// with it, in a fixed order; nothing for the one that Voters gives. Every replica
// calls it for every configuration entry it applies: a leader alone could write
// any configuration it likes into the log. A removed node in it is no finding: it
// can reach nobody, and stays until it can be taken out.
func Audit(r Roster, c raft.Configuration) []Finding {
	var findings []Finding
	found := func(code, node string) { findings = append(findings, Finding{Code: code, Node: node}) }
	seen := make(map[raft.ServerID]bool)
	votes := make(map[string]bool)
	var nodes []Node
	for _, s := range c.Servers {
		id, voter := string(s.ID), s.Suffrage == raft.Voter
		region := r.RegionOf(id)
		switch {
		case seen[s.ID]:
			found("duplicate", id)
		case region == "":
			found("unknown_node", id)
		case string(s.Address) != id:
			found("address", id)
		}
		seen[s.ID] = true
		votes[region] = votes[region] || voter
		nodes = append(nodes, Node{ID: id, Region: region, Voter: voter})
	}
	for _, region := range r.Regions { // a region without a server still is a region
		if len(region.Nodes) > 0 && !votes[region.Code] {
			found("no_voter", region.Code)
		}
		nodes = append(nodes, Node{Region: region.Code})
	}
	if why := Unsafe(nodes); why != "" {
		found(why, "")
	}
	return findings
}

// View is the planner's view of a configuration: its servers and the nodes of the
// roster that are not among them. health and held say what is known of a server.
func View(r Roster, c raft.Configuration, health func(id string) (h Health, held bool)) []Node {
	var nodes []Node
	in := make(map[string]bool)
	for _, s := range c.Servers {
		n := Node{ID: string(s.ID), Region: r.RegionOf(string(s.ID)), Voter: s.Suffrage == raft.Voter}
		n.Health, n.Held = health(n.ID)
		standing, _ := r.Node(n.ID)
		n.Removed = standing == nil
		in[n.ID] = true
		nodes = append(nodes, n)
	}
	for _, region := range r.Regions {
		for _, n := range region.Nodes {
			if !in[n.ID] {
				nodes = append(nodes, Node{ID: n.ID, Region: region.Code, Absent: true})
			}
		}
		// A region without a server still counts as one.
		nodes = append(nodes, Node{Region: region.Code, Absent: true, Removed: true})
	}
	return nodes
}
