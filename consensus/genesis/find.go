package genesis

import (
	"strconv"

	"sandi.internal/gateway/consensus/statement"
)

// Region returns the region with a code, nil when there is none.
func (g *Genesis) Region(code string) *Region {
	for i := range g.Regions {
		if g.Regions[i].Code == code {
			return &g.Regions[i]
		}
	}
	return nil
}

// Node returns the node with an id and its region, nil when there is none.
func (g *Genesis) Node(id string) (*Node, *Region) {
	for i := range g.Regions {
		for j := range g.Regions[i].Nodes {
			if n := &g.Regions[i].Nodes[j]; n.ID == id {
				return n, &g.Regions[i]
			}
		}
	}
	return nil, nil
}

// Voters counts the voting nodes of all regions.
func (g *Genesis) Voters() int {
	n := 0
	for i := range g.Regions {
		n += g.Regions[i].voters()
	}
	return n
}

func (r *Region) voters() int {
	n := 0
	for i := range r.Nodes {
		if r.Nodes[i].Voter {
			n++
		}
	}
	return n
}

// FinalRegions is how many regions must cosign a checkpoint for it to be final.
func (g *Genesis) FinalRegions() int {
	if g.Final == finalAll {
		return len(g.Regions)
	}
	n, _ := strconv.Atoi(g.Final) // check has seen it
	return n
}

// CreatedUnix is CreatedAt in unix seconds: where ledger time starts.
func (g *Genesis) CreatedUnix() int64 {
	at, _ := statement.ParseAt(g.CreatedAt) // check has seen it
	return at
}
