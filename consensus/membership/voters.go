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

// Finding is one way in which a configuration differs from what genesis allows.
type Finding struct {
	Code string // unknown_node, address, duplicate, voter, missing_voter, region_quorum, too_many, none
	Node string // the server concerned, or empty
}

// Audit compares a Raft configuration with genesis and returns what is wrong
// with it, in a fixed order; nothing for the one that Voters gives. Every
// replica calls it for every configuration entry it applies: a leader alone
// could write any configuration it likes into the log.
func Audit(g *genesis.Genesis, c raft.Configuration) []Finding {
	want := make(map[raft.ServerID]raft.Server)
	region := make(map[raft.ServerID]string)
	for _, s := range Voters(g).Servers {
		want[s.ID] = s
	}
	for _, r := range g.Regions {
		for _, n := range r.Nodes {
			region[raft.ServerID(n.ID)] = r.Code
		}
	}
	var findings []Finding
	found := func(code string, id raft.ServerID) {
		findings = append(findings, Finding{Code: code, Node: string(id)})
	}
	seen := make(map[raft.ServerID]bool)
	var nodes []Node
	for _, s := range c.Servers {
		w, known := want[s.ID]
		switch {
		case seen[s.ID]:
			found("duplicate", s.ID)
		case !known:
			found("unknown_node", s.ID)
		case s.Address != w.Address:
			found("address", s.ID)
		case (s.Suffrage == raft.Voter) && w.Suffrage != raft.Voter:
			found("voter", s.ID)
		}
		seen[s.ID] = true
		nodes = append(nodes, Node{ID: string(s.ID), Region: region[s.ID], Voter: s.Suffrage == raft.Voter})
	}
	for _, w := range Voters(g).Servers {
		i := slices.IndexFunc(c.Servers, func(s raft.Server) bool { return s.ID == w.ID && s.Suffrage == raft.Voter })
		if w.Suffrage == raft.Voter && i < 0 {
			found("missing_voter", w.ID)
		}
	}
	for _, r := range g.Regions { // a region without a server still is a region
		nodes = append(nodes, Node{Region: r.Code})
	}
	if why := Unsafe(nodes); why != "" {
		found(why, "")
	}
	return findings
}
